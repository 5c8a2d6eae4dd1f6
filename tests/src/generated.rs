//! Files that tests write: what is in them is asserted, and `MUSTER_UPDATE=1` writes them anew.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// Asserts that a file holds `text`, or writes it where the environment asks for that.
///
/// # Panics
///
/// With the lines that differ, where it holds something else.
pub fn assert_file(path: &Path, text: &str) {
    if std::env::var_os("MUSTER_UPDATE").is_some() {
        fs::write(path, text).expect("the file can be written");
    }
    let stored = fs::read_to_string(path).unwrap_or_default();
    if stored == text {
        return;
    }
    let only_in = |one: &str, other: &str, sign: char| -> String {
        let others: HashSet<&str> = other.lines().collect();
        let lines = one.lines().filter(|line| !others.contains(line));
        lines.take(50).map(|line| format!("{sign} {line}\n")).collect()
    };
    let differing = only_in(&stored, text, '-') + &only_in(text, &stored, '+');
    panic!("{} is out of date; MUSTER_UPDATE=1 writes it anew\n{differing}", path.display());
}
