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
    let only_in = |one: &str, other: &str| {
        let others: HashSet<&str> = other.lines().collect();
        one.lines().filter(|line| !others.contains(line)).take(50).map(str::to_owned).collect::<Vec<_>>()
    };
    let (stale, fresh) = (only_in(&stored, text), only_in(text, &stored));
    panic!("{} is out of date; MUSTER_UPDATE=1 writes it anew\nit has {stale:#?}\nnow {fresh:#?}", path.display());
}
