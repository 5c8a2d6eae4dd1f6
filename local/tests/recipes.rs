//! The recipes of the README, as somebody would run them.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use common::Client;
use common::Server;
use common::credentials;
use common::has_curl;
use common::text;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Runs the time clock against the muster of a data folder: exit code, standard output, standard error.
fn time_clock(data: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new("bash");
    command.arg(format!("{ROOT}/examples/time-clock")).args(arguments);
    command.env_remove("MUSTER_URL").env("MUSTER_CREDENTIALS", data.join("demo-credentials.json"));
    let output = command.output().expect("bash runs");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

async fn periods(client: &Client) -> Json {
    let dates = "start_date=2026-11-01&end_date=2026-11-30";
    client.get(&format!("/v1/company/attendances?{dates}&includePending=true")).await
}

#[tokio::test]
async fn the_time_clock_sends_a_week_and_sends_it_again_without_harm() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let rows = fs::read_to_string(format!("{ROOT}/examples/time-clock.csv")).expect("the file");
    let rows: Vec<&str> = rows.lines().filter(|line| !line.starts_with('#')).collect();
    let first = time_clock(folder.path(), &[]);
    assert_eq!(first, (Some(0), format!("{} stored, 0 refused\n", rows.len()), String::new()));
    let (code, printed, _) = time_clock(folder.path(), &["--url", &server.base_url]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("sent before") && printed.contains(" 0 refused"), "{printed}");

    let client = Client::login(&server.base_url, &credentials(folder.path())).await;
    let stored = periods(&client).await;
    assert_eq!(stored["metadata"]["total_elements"], rows.len());
    let mut shown: Vec<String> = stored["data"].as_array().expect("a page").iter().map(as_row).collect();
    let mut sent: Vec<String> = rows.into_iter().map(str::to_owned).collect();
    shown.sort();
    sent.sort();
    assert_eq!(shown, sent);
}

fn as_row(period: &Json) -> String {
    let attributes = &period["attributes"];
    let text = |name: &str| attributes[name].as_str().expect("text").to_owned();
    let (employee, pause) = (&attributes["employee"], &attributes["break"]);
    format!("{employee},{},{},{},{pause}", text("date"), text("start_time"), text("end_time"))
}

#[tokio::test]
async fn the_time_clock_names_each_row_that_is_refused() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let file = folder.path().join("times.csv");
    let send = |lines: &str| {
        fs::write(&file, lines).unwrap();
        time_clock(folder.path(), &[file.to_str().unwrap()])
    };
    // With the line ends of Windows, and a period that runs.
    let (code, printed, _) = send(
        "# a comment\r\n17,2026-11-16,06:00,10:00,0\r\n17,2026-11-16,09:00,,0\r\n9999,2026-11-16,06:00,10:00,0\r\n\r\n\
         18,2026-11-16,06:00,,0\r\n",
    );
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!((code, lines.len(), lines.last()), (Some(1), 3, Some(&"2 stored, 2 refused")), "{printed}");
    assert!(lines[0].starts_with("refused: line 3 (17,2026-11-16,09:00,,0): Existing overlapping"), "{printed}");
    assert!(lines[1].starts_with("refused: line 4 (9999,"), "{printed}");
    let client = Client::login(&server.base_url, &credentials(folder.path())).await;
    assert_eq!(periods(&client).await["metadata"]["total_elements"], 2);

    for (lines, word) in [("17,16.11.2026,06:00,10:00,0", "line 1"), ("", "no times"), ("17;2026-11-16", "line 1")] {
        let (code, _, said) = send(lines);
        assert!(code == Some(2) && said.starts_with("time-clock: ") && said.contains(word), "{code:?} {said}");
    }
    let many = "17,2026-11-16,06:00,10:00,0\n".repeat(5_001);
    let (code, _, said) = send(&many);
    assert!(code == Some(2) && said.contains("5000"), "what the API says of the whole file is passed on: {said}");
    for arguments in [&["--url"][..], &["--no-such"], &["--url", "http://127.0.0.1:9"], &["/no/such/file"]] {
        let (code, _, said) = time_clock(folder.path(), arguments);
        assert!(code == Some(2) && said.contains("time-clock: "), "{arguments:?}: {said}");
    }
    assert_eq!(time_clock(folder.path(), &["--help"]).0, Some(0));
}

#[tokio::test]
async fn the_lines_that_approve_by_api_work_when_pasted() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let client = Client::login(&server.base_url, &credentials(folder.path())).await;
    let readme = fs::read_to_string(format!("{ROOT}/README.md")).expect("the README");
    let (_, block) = readme.split_once("# send a period that has to be approved, approve it\n").expect("the block");
    let (block, _) = block.split_once("```").expect("its end");
    let script = format!("set -e\n{}", block.replace("http://127.0.0.1:8080", &server.base_url));
    let output = Command::new("sh").args(["-c", &script]).env("TOKEN", &client.token).output().expect("sh runs");
    let answer: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["data"]["status"], "confirmed", "{answer}");
    let shown = periods(&client).await["data"][0]["attributes"].clone();
    let acting = credentials(folder.path())["client_id"].clone();
    assert_eq!((&shown["approval"]["comment"], &shown["approval"]["credential"]), (&"Agreed".into(), &acting));
}
