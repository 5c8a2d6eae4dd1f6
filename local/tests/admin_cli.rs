//! `muster admin` as a script sees it, and the link that muster prints when it starts.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::Write;
use std::path::Path;
use std::process::Output;
use std::process::Stdio;

use serde_json::Value as Json;
use serde_json::json;

use common::Server;
use common::muster;
use common::text;

const EMAIL: &str = "hr@alpenrad.example";

fn admin(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut all = vec!["admin"];
    all.extend(arguments);
    all.extend(["--data-dir", data.to_str().unwrap()]);
    let mut child =
        muster(&all).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("muster runs");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().expect("it ends")
}

fn shown(data: &Path, arguments: &[&str], input: &str) -> Json {
    let output = admin(data, &[arguments, &["--json"]].concat(), input);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn refused(data: &Path, arguments: &[&str], input: &str, word: &str) {
    let output = admin(data, arguments, input);
    let line = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
    assert!(line.contains(word) && line.trim().lines().count() == 1, "{arguments:?}: {line}");
}

async fn post(url: &str, fields: &[(&str, &str)]) -> u16 {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    http.post(url).form(fields).send().await.expect("an answer").status().as_u16()
}

async fn sign_in(server: &Server, password: &str) -> u16 {
    post(&format!("{}/console/sign-in", server.base_url), &[("email", EMAIL), ("password", password)]).await
}

#[tokio::test]
async fn an_administrator_from_the_first_command_to_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]);
    let first = server.banner.split_whitespace().find(|word| word.contains("/console/sign-in/")).expect("a link");
    assert!(first.starts_with(&server.base_url), "{first}");
    assert_eq!((post(first, &[]).await, post(first, &[]).await), (303, 404), "it works once");

    let created = shown(&data, &["create", "--email", EMAIL], "a long password\n");
    assert_eq!((&created["email"], &created["has_password"]), (&json!(EMAIL), &json!(true)));
    assert_eq!(created["company"], "alpenrad");
    assert_eq!((sign_in(&server, "a long password").await, sign_in(&server, "another one").await), (303, 403));
    refused(&data, &["create", "--email", "HR@alpenrad.example"], "a long password", "with this e-mail address");
    refused(&data, &["create", "--email", "two@alpenrad.example"], "short", "12 to 200 characters");
    refused(&data, &["create", "--email", "nobody"], "a long password", "email");
    refused(&data, &["link", "--email", "nobody@alpenrad.example"], "", "no administrator with this address");
    refused(&data, &["link"], "", "several administrators");
    refused(&data, &["list", "--company", "other"], "", "there is no company other");

    let link = shown(&data, &["link", "--email", EMAIL], "");
    assert_eq!(post(link["link"].as_str().unwrap(), &[]).await, 303);
    shown(&data, &["password", "--email", EMAIL], "yet another password");
    assert_eq!((sign_in(&server, "a long password").await, sign_in(&server, "yet another password").await), (403, 303));
    let all = shown(&data, &["list"], "");
    let emails: Vec<_> = all.as_array().unwrap().iter().map(|one| one["email"].as_str().unwrap()).collect();
    assert_eq!(emails, ["administrator@alpenrad.example", EMAIL]);
    assert!(!all.to_string().contains("argon2"), "{all}");

    shown(&data, &["remove", "--email", EMAIL], "");
    assert_eq!(sign_in(&server, "yet another password").await, 403);
    let audit = muster(&["audit", "--method", "COMMAND", "--json", "--data-dir", data.to_str().unwrap()]).output();
    let audit = text(&audit.unwrap().stdout);
    let id = created["id"].as_str().unwrap();
    for command in ["admin create", "admin link", "admin password", "admin remove"] {
        let entry = audit.lines().find(|line| line.contains(command)).expect("an entry");
        assert!(entry.contains(id) && !entry.contains(EMAIL), "{entry}");
    }
}
