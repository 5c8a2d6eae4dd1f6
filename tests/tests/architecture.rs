//! Who may import whom, read from the sources.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file below a folder, with its text up to its tests.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source");
                let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                found.push((path, code));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// Fails for each line of code (comments aside) that holds one of the words.
fn forbid(sources: &[(PathBuf, String)], words: &[&str], why: &str) {
    for (path, text) in sources {
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for word in words {
                assert!(!line.contains(word), "{}: `{}`: {why}", path.display(), line.trim());
            }
        }
    }
}

/// The files whose path holds `part`.
fn named(sources: &[(PathBuf, String)], part: &str) -> Vec<(PathBuf, String)> {
    let wanted: Vec<_> = sources.iter().filter(|(path, _)| path.to_string_lossy().contains(part)).cloned().collect();
    assert!(!wanted.is_empty(), "nothing is called {part}");
    wanted
}

/// A module of a function: its file, and those in the folder of the same name where it has one.
fn module(sources: &[(PathBuf, String)], name: &str) -> Vec<(PathBuf, String)> {
    let (file, folder) = (format!("/src/{name}.rs"), format!("/src/{name}/"));
    let of_module = |path: &Path| {
        let path = path.to_string_lossy();
        path.ends_with(&file) || path.contains(&folder)
    };
    let wanted: Vec<_> = sources.iter().filter(|(path, _)| of_module(path)).cloned().collect();
    assert!(!wanted.is_empty(), "nothing is called {name}");
    wanted
}

#[test]
fn the_pure_half_of_shared_knows_no_http_aws_or_environment() {
    let shared = sources("shared/src");
    for pure in [
        "src/ids.rs",
        "src/scope.rs",
        "src/error.rs",
        "src/patch.rs",
        "src/record.rs",
        "src/clock.rs",
        "src/calendar.rs",
        "src/holidays.rs",
        "src/text.rs",
        "src/wire.rs",
        "src/company.rs",
        "src/credential.rs",
        "src/credential/",
        "src/attributes/",
    ] {
        let words = ["aws_", "lambda_", "axum", "tokio", "std::env", "crate::aws", "crate::http", "crate::deps"];
        forbid(&named(&shared, pure), &words, "the pure half must not know it");
    }
    forbid(&named(&shared, "src/aws/"), &["axum", "crate::http", "crate::deps", "lambda_"], "the store is below HTTP");
    forbid(
        &named(&shared, "src/http/"),
        &["aws_sdk", "aws_smithy", "serde_dynamo", "AttributeValue"],
        "only shared::aws knows the SDK",
    );
}

#[test]
fn functions_keep_to_their_layers_and_to_themselves() {
    let functions = ["auth", "employees", "attendances", "absences", "documents", "pictures", "console"];
    for function in functions {
        let own = sources(&format!("functions/{function}/src"));
        forbid(
            &own,
            &["aws_sdk", "aws_smithy", "serde_dynamo", "AttributeValue", "SdkError"],
            "only shared::aws knows the SDK",
        );
        for other in functions.into_iter().filter(|other| *other != function) {
            forbid(&own, &[&format!("use {other}::"), &format!(" {other}::")], "functions do not import each other");
        }
        forbid(
            &module(&own, "model"),
            &["axum", "http::", "shared::aws::table", "shared::aws::keys", "tokio"],
            "a model knows no HTTP and no store",
        );
        forbid(&module(&own, "store"), &["axum", "StatusCode"], "a store knows no HTTP status");
        forbid(
            &module(&own, "handlers"),
            &["shared::aws::keys", "shared::aws::table", "\"C#"],
            "keys belong to the store",
        );
        forbid(&own, &["StatusCode"], "shared::http decides the status");
        let mut expected: Vec<PathBuf> = Vec::new();
        for name in ["main", "lib", "routes", "handlers", "model", "store", "openapi"] {
            expected.extend(module(&own, name).into_iter().map(|(path, _)| path));
        }
        for (path, _) in &own {
            assert!(expected.contains(path), "{} belongs to none of the modules that have rules", path.display());
        }
        let main = fs::read_to_string(root().join(format!("functions/{function}/src/main.rs"))).expect("a main");
        assert!(main.lines().count() <= 30, "main only begins");
    }
}

#[test]
fn keys_are_formatted_in_one_place() {
    for folder in ["shared/src", "functions", "local/src"] {
        let elsewhere: Vec<_> =
            sources(folder).into_iter().filter(|(path, _)| !path.ends_with("aws/keys.rs")).collect();
        forbid(
            &elsewhere,
            &[
                "\"C#",
                "\"CREDENTIAL#",
                "\"ADMINISTRATOR",
                "\"LOGIN#",
                "\"ENTRY#",
                "\"INTEGRATION#",
                "\"RECORD#",
                "\"OPENID#",
                "\"USAGE#",
            ],
            "shared::aws::keys formats keys",
        );
    }
}

#[test]
fn the_record_is_only_added_to() {
    let is_record = |path: &PathBuf| path.ends_with("shared/src/aws/record.rs");
    for folder in ["shared/src", "functions", "local/src"] {
        let (record, others): (Vec<_>, Vec<_>) = sources(folder).into_iter().partition(|(path, _)| is_record(path));
        let others: Vec<_> = others.into_iter().filter(|(path, _)| !path.ends_with("aws/keys.rs")).collect();
        forbid(&others, &["keys::record"], "only shared::aws::record writes and reads entries");
        forbid(&record, &[".delete(", ".delete_if(", ".batch_put(", ".put(item, None)"], "entries stay as they are");
    }
}
