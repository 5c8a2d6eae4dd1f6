//! `muster audit` as a script sees it, and that a stop loses no entry.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Output;
use std::process::Stdio;

use serde_json::Value as Json;
use serde_json::json;

use common::Client;
use common::Server;
use common::credentials;
use common::muster;
use common::send_signal;
use common::text;

fn audit(data: &Path, more: &[&str]) -> Output {
    let mut arguments = vec!["audit", "--data-dir", data.to_str().unwrap()];
    arguments.extend(more);
    muster(&arguments).output().expect("muster runs")
}

fn entries(data: &Path, more: &[&str]) -> Vec<Json> {
    let output = audit(data, &[&["--json"], more].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn help_teaches() {
    let help = text(&muster(&["audit", "--help"]).output().expect("muster runs").stdout);
    assert!(help.contains("muster audit --employee 5") && help.contains("never holds a value"), "{help}");
}

#[tokio::test]
async fn what_was_done_is_shown_and_filtered() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--empty"]);
    let demo = credentials(folder.path());
    let client = Client::login(&server.base_url, &demo).await;
    let id = client.create("audit@test.example").await;
    client.get(&format!("/v1/company/employees/{id}")).await;
    client.get("/v1/company/employees/99").await;
    let client_id = demo["client_id"].as_str().unwrap();
    // An entry comes a moment after its answer.
    let all = (0..100).map(|_| entries(folder.path(), &[])).find(|all| all.len() == 5).expect("five entries");
    let statuses: Vec<_> = all.iter().map(|entry| (entry["route"].as_str().unwrap(), &entry["status"])).collect();
    let one = "/v1/company/employees/{employee_id}";
    let wanted = [(one, 404), (one, 200), ("/v1/company/employees", 200), ("/v1/auth", 200), ("apply", 200)];
    let (routes, wanted_routes): (Vec<_>, Vec<_>) =
        (statuses.iter().map(|one| one.0).collect(), wanted.iter().map(|one| one.0).collect());
    assert_eq!(routes, wanted_routes);
    assert!(statuses.iter().zip(&wanted).all(|(found, wanted)| found.1 == wanted.1), "{statuses:?}");
    assert_eq!(all[0]["actor"], json!({"type": "credential", "id": client_id}));
    assert_eq!((&all[0]["outcome"], &all[0]["ids"]), (&json!("refused"), &json!({"employee": "99"})));
    assert!(all[1]["shown"].as_array().expect("attributes").contains(&json!("first_name")), "{}", all[1]);
    assert_eq!(all[4]["actor"], json!({"type": "operator"}));

    let count = |more: &[&str]| entries(folder.path(), more).len();
    assert_eq!(count(&["--outcome", "refused"]), 1);
    assert_eq!(count(&["--outcome", "ok", "--credential", client_id]), 3);
    assert_eq!(count(&["--employee", &id.to_string()]), 2);
    assert_eq!(count(&["--method", "command"]), 1);
    assert_eq!((count(&["--from", "2020-01-01"]), count(&["--to", "2020-01-01"])), (5, 0));
    assert_eq!(count(&["--route", "/employees", "--limit", "2"]), 2);
    let (newest, oldest) = (all[0]["at"].as_str().unwrap(), all[4]["at"].as_str().unwrap());
    assert_eq!(count(&["--from", newest, "--to", oldest]), 0, "a range that ends before it begins is empty");

    let data = folder.path().to_str().unwrap();
    let change = ["credentials", "change", client_id, "--name", "Renamed", "--data-dir", data];
    assert!(muster(&change).output().expect("muster runs").status.success());
    let command = entries(folder.path(), &["--method", "command", "--limit", "1"]).remove(0);
    assert_eq!((&command["route"], &command["changed"]), (&json!("credentials change"), &json!(["name"])));
    assert_eq!(command["ids"]["credential"], client_id);

    let shown = text(&audit(folder.path(), &["--limit", "2"]).stdout);
    assert!(shown.contains("404  GET") && shown.contains("employee    99") && shown.contains(client_id), "{shown}");
    let nothing = audit(folder.path(), &["--administrator", "nobody"]);
    assert!(nothing.status.success() && text(&nothing.stdout).contains("Nothing like that"));
    for bad in [["--from", "yesterday"], ["--outcome", "good"], ["--employee", "x"], ["--credential", "x"]] {
        assert_eq!(audit(folder.path(), &bad).status.code(), Some(2), "{bad:?}");
    }
}

#[tokio::test]
async fn a_stop_loses_no_entry() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), &["--empty"]);
    let client = Client::login(&server.base_url, &credentials(folder.path())).await;
    let calls = (0..200).map(|number| {
        let url = format!("{}/v1/company/employees/{}", server.base_url, 1_000 + number);
        let request = client.http.get(url).bearer_auth(&client.token);
        tokio::spawn(async move { request.send().await.expect("an answer").headers()["x-request-id"].clone() })
    });
    let calls: Vec<_> = calls.collect();
    let mut ids = BTreeSet::new();
    for call in calls {
        ids.insert(call.await.expect("a call").to_str().unwrap().to_owned());
    }
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
    let entries = entries(folder.path(), &["--limit", "1000"]);
    let recorded: BTreeSet<_> =
        entries.iter().filter_map(|entry| entry["request_id"].as_str().map(str::to_owned)).collect();
    assert_eq!(ids.difference(&recorded).count(), 0);
    assert_eq!((ids.len(), entries.len()), (200, 202));
}

#[tokio::test]
async fn what_comes_can_be_followed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--empty"]);
    let data = folder.path().to_str().unwrap();
    let command = ["audit", "--data-dir", data, "--follow", "--json", "--method", "GET"];
    let mut child = muster(&command).stdout(Stdio::piped()).spawn().expect("muster runs");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let client = Client::login(&server.base_url, &credentials(folder.path())).await;
    for number in [7, 8] {
        client.get(&format!("/v1/company/employees/{number}")).await;
        let line: Json = serde_json::from_str(&lines.next().unwrap().unwrap()).expect("JSON");
        assert_eq!(line["ids"]["employee"], number.to_string());
    }
    send_signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn what_was_there_before_does_not_come_later() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--empty"]);
    let client = Client::login(&server.base_url, &credentials(folder.path())).await;
    for number in [1, 2, 3] {
        client.get(&format!("/v1/company/employees/{number}")).await;
    }
    // An entry comes a moment after its answer.
    (0..100).find(|_| entries(folder.path(), &["--method", "GET"]).len() == 3).expect("three entries");
    let data = folder.path().to_str().unwrap();
    let command = ["audit", "--data-dir", data, "--follow", "--json", "--method", "GET", "--limit", "1"];
    let mut child = muster(&command).stdout(Stdio::piped()).spawn().expect("muster runs");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for number in [3, 4, 5] {
        if number > 3 {
            client.get(&format!("/v1/company/employees/{number}")).await;
        }
        let line: Json = serde_json::from_str(&lines.next().unwrap().unwrap()).expect("JSON");
        assert_eq!(line["ids"]["employee"], number.to_string());
    }
    send_signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
