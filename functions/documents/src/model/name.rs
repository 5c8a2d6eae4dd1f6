//! File names that can be shown and saved anywhere.

/// Longest name, in characters: what file systems take, also where a character has four bytes.
const MAX_NAME: usize = 60;
/// Longest extension of which anything is known.
const MAX_EXTENSION: usize = 12;

/// What can be kept of a name that a client sent: its last part, without what
/// would not be seen or would be seen as something else. None if nothing is left.
#[must_use]
pub fn safe(sent: &str) -> Option<String> {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|c| !is_hidden(*c)).collect();
    let visible: String = visible.chars().map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    // Leading dots hide files, and trailing ones are dropped by some systems.
    let name = visible.trim_matches(|c: char| c.is_whitespace() || c == '.');
    let name = shortened(name);
    (!name.is_empty()).then_some(name)
}

/// Control characters, and those that turn or hide what stands around them: with
/// one of them, `exe.fdp` is shown as what looks like a PDF.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Takes the middle out of a name that is too long, so that its extension stays.
fn shortened(name: &str) -> String {
    if name.chars().count() <= MAX_NAME {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().count() <= MAX_EXTENSION => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let room = MAX_NAME - extension.chars().count();
    let stem: String = stem.chars().take(room).collect();
    format!("{}{extension}", stem.trim_end())
}

/// The extension of a name in lower case; empty without one.
#[must_use]
pub fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_lose_what_would_deceive() {
        for (sent, kept) in [
            ("../../etc/passwd.txt", Some("passwd.txt")),
            ("C:\\Users\\me\\Lohn März.pdf", Some("Lohn März.pdf")),
            ("a\u{202e}fdp.exe", Some("afdp.exe")),
            ("a\u{0}b\r\n.pdf", Some("ab.pdf")),
            (".htaccess", Some("htaccess")),
            ("a<b>:c.pdf", Some("a_b__c.pdf")),
            ("..", None),
            ("", None),
            ("\u{200b}", None),
        ] {
            assert_eq!(safe(sent).as_deref(), kept, "{sent:?}");
        }
        let long = safe(&format!("{}.pdf", "a".repeat(1_000))).expect("a name");
        assert!(long.ends_with("a.pdf") && long.chars().count() == MAX_NAME);
        assert_eq!((extension("A.PDF"), extension("a")), ("pdf".to_owned(), String::new()));
    }

    proptest! {
        #[test]
        fn a_safe_name_is_safe_again_and_names_no_place(sent in "\\PC{0,200}|[a./\\\\]{0,20}") {
            if let Some(name) = safe(&sent) {
                prop_assert_eq!(safe(&name), Some(name.clone()));
                prop_assert!(!name.contains(['/', '\\']) && name.chars().count() <= MAX_NAME);
                prop_assert!(!name.chars().any(is_hidden));
            }
        }
    }
}
