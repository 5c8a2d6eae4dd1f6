//! Which files are taken, and whether their bytes are what their extensions say.

use crate::model::name;

/// How many of a file's first bytes are looked at.
pub const HEAD: usize = 8 * 1024;

/// What the first bytes of a file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signature {
    /// `%PDF`, near the beginning.
    Pdf,
    /// A ZIP archive: also the formats of office programs since 2007.
    Zip,
    /// A compound file: the formats of office programs before 2007.
    Compound,
    /// One of those two, or RTF: text documents are renamed freely between them.
    Writing,
    /// Text without characters that text does not have.
    Text,
    /// What `infer` knows by these extensions.
    Known(&'static [&'static str]),
    /// Anything that cannot be run: formats that have no signature.
    Inert,
}

/// Each extension that the vendor takes (422 example of the contract), in its
/// order, with its media type. HTML and the like are downloads and nothing else.
const KINDS: &[(&str, &str, Signature)] = &[
    ("pdf", "application/pdf", Signature::Pdf),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", Signature::Zip),
    ("doc", "application/msword", Signature::Writing),
    ("jpg", "image/jpeg", Signature::Known(&["jpg"])),
    ("zip", "application/zip", Signature::Zip),
    ("png", "image/png", Signature::Known(&["png"])),
    ("txt", "text/plain", Signature::Text),
    ("jpeg", "image/jpeg", Signature::Known(&["jpg"])),
    ("odt", "application/vnd.oasis.opendocument.text", Signature::Zip),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Signature::Zip),
    ("rtf", "application/rtf", Signature::Known(&["rtf"])),
    ("htm", "text/html", Signature::Text),
    ("xls", "application/vnd.ms-excel", Signature::Compound),
    ("p7s", "application/pkcs7-signature", Signature::Inert),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", Signature::Zip),
    ("pages", "application/vnd.apple.pages", Signature::Zip),
    ("rar", "application/vnd.rar", Signature::Known(&["rar"])),
    ("ppt", "application/vnd.ms-powerpoint", Signature::Compound),
    ("gif", "image/gif", Signature::Known(&["gif"])),
    ("tif", "image/tiff", Signature::Known(&["tif"])),
    ("html", "text/html", Signature::Text),
    ("msg", "application/vnd.ms-outlook", Signature::Compound),
    ("asc", "application/pgp-signature", Signature::Text),
    ("tiff", "image/tiff", Signature::Known(&["tif"])),
    ("wps", "application/vnd.ms-works", Signature::Compound),
    ("bmp", "image/bmp", Signature::Known(&["bmp"])),
    ("7z", "application/x-7z-compressed", Signature::Known(&["7z"])),
    ("csv", "text/csv", Signature::Text),
    ("ics", "text/calendar", Signature::Text),
    ("vcf", "text/vcard", Signature::Text),
    ("dotx", "application/vnd.openxmlformats-officedocument.wordprocessingml.template", Signature::Zip),
    ("numbers", "application/vnd.apple.numbers", Signature::Zip),
    ("eps", "application/postscript", Signature::Known(&["ps", "eps"])),
    ("gz", "application/gzip", Signature::Known(&["gz"])),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet", Signature::Zip),
    ("otf", "application/vnd.oasis.opendocument.formula-template", Signature::Inert),
    ("odp", "application/vnd.oasis.opendocument.presentation", Signature::Zip),
    ("odg", "application/vnd.oasis.opendocument.graphics", Signature::Zip),
    ("rtfd", "application/rtf", Signature::Inert),
    ("txz", "application/x-xz", Signature::Known(&["xz"])),
    ("webarchive", "application/x-webarchive", Signature::Inert),
    ("xml", "application/xml", Signature::Text),
    ("xps", "application/oxps", Signature::Zip),
    ("md", "text/markdown", Signature::Text),
    ("fax", "image/tiff", Signature::Inert),
];

/// The media type of a file by its name, if such files are taken.
#[must_use]
pub fn media_type(name: &str) -> Option<&'static str> {
    find(name).map(|(_, media_type, _)| *media_type)
}

fn find(name: &str) -> Option<&'static (&'static str, &'static str, Signature)> {
    let extension = name::extension(name);
    KINDS.iter().find(|(known, _, _)| *known == extension)
}

/// The vendor's text for a file of another kind.
#[must_use]
pub fn refusal() -> String {
    let extensions: Vec<&str> = KINDS.iter().map(|(extension, _, _)| *extension).collect();
    format!("The file must be a file of type: {}.", extensions.join(", "))
}

/// Whether the first bytes of a file can be those of a file with its name.
#[must_use]
pub fn matches(name: &str, head: &[u8]) -> bool {
    let Some((_, _, signature)) = find(name) else { return false };
    if can_run(head) && *signature != Signature::Text {
        return false;
    }
    let starts = |magic: &[u8]| head.starts_with(magic);
    let zip = starts(b"PK\x03\x04") || starts(b"PK\x05\x06");
    let compound = starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    match signature {
        Signature::Pdf => {
            head.iter().take(1_024).collect::<Vec<_>>().windows(4).any(|four| four == [&b'%', &b'P', &b'D', &b'F'])
        }
        Signature::Zip => zip,
        Signature::Compound => compound,
        Signature::Writing => zip || compound || starts(b"{\\rtf"),
        // A program has bytes that no text has; a script has not.
        Signature::Text => is_text(head) && !head.starts_with(b"#!"),
        Signature::Known(extensions) => infer::get(head).is_some_and(|kind| extensions.contains(&kind.extension())),
        Signature::Inert => true,
    }
}

/// Whether somebody who opens the file would run it.
fn can_run(head: &[u8]) -> bool {
    use infer::app;
    // Not all that `infer` calls an application is one: signatures and keys are there as well.
    let programs = [app::is_exe, app::is_elf, app::is_mach, app::is_wasm, app::is_java, app::is_dex, app::is_dey];
    programs.iter().any(|is| is(head)) || head.starts_with(b"#!")
}

/// Whether bytes are text: none of them is a control character that text does
/// not have. Texts in UTF-16 have a mark at their beginning.
fn is_text(head: &[u8]) -> bool {
    let marked = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    marked || head.iter().all(|byte| !matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_name_says_or_is_refused() {
        for (name, head) in [
            ("a.pdf", &b"%PDF-1.7\n"[..]),
            ("A.PDF", b"\xef\xbb\xbf%PDF-1.4"),
            ("a.docx", b"PK\x03\x04rest"),
            ("a.doc", b"{\\rtf1"),
            ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            ("a.png", b"\x89PNG\r\n\x1a\n"),
            ("a.jpeg", b"\xff\xd8\xff\xe0"),
            ("a.txt", "Grüße\r\n".as_bytes()),
            ("a.csv", b"a;b\n"),
            ("a.md", b""),
            ("a.p7s", b"\x30\x82\x0a\x00\x06\x09"),
            ("a.asc", b"-----BEGIN PGP SIGNATURE-----\n"),
            ("a.csv", b"MZ;BC\nx;y\n"),
        ] {
            assert!(matches(name, head), "{name}");
        }
        for (name, head) in [
            ("a.pdf", &b"MZ\x90\x00"[..]),
            ("a.pdf", b"\x7fELF\x02\x01\x01\x00"),
            ("a.pdf", b"hello"),
            ("a.txt", b"#!/bin/sh\n"),
            ("a.txt", b"a\x00b"),
            ("a.txt", b"MZ\x90\x00\x03"),
            ("a.p7s", b"MZ\x90\x00"),
            ("a.png", b"\xff\xd8\xff\xe0"),
            ("a.docx", b"%PDF-1.7"),
            ("a.exe", b"MZ"),
            ("a", b"%PDF-1.7"),
        ] {
            assert!(!matches(name, head), "{name}");
        }
    }

    #[test]
    fn the_refusal_is_the_vendors() {
        let text = refusal();
        assert!(text.starts_with("The file must be a file of type: pdf, docx, doc, jpg, zip, png, txt,"));
        assert!(text.ends_with("webarchive, xml, xps, md, fax."));
        assert_eq!(media_type("x.PDF"), Some("application/pdf"));
    }
}
