//! The `muster` command as a script sees it: exit codes, files, signals, restarts.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value as Json;
use serde_json::json;

use common::Client;
use common::PATIENCE;
use common::Server;
use common::credentials;
use common::has_curl;
use common::muster;
use common::send_signal;
use common::text;

fn run(arguments: &[&str]) -> Output {
    muster(arguments).output().expect("muster runs")
}

/// One clear line on standard error, and exit code 2.
fn assert_refused(output: &Output, word: &str) {
    let line = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert_eq!(line.trim_end().lines().count(), 1, "{line}");
    assert!(line.starts_with("muster: ") && line.contains(word), "{line}");
}

#[test]
fn help_teaches() {
    for (arguments, word) in [
        (vec!["--help"], "muster apply company.yaml"),
        (vec!["serve", "--help"], "--data-dir"),
        (vec!["storage", "--help"], "--dynamodb-port"),
        (vec!["apply", "--help"], "--table"),
        (vec!["credentials", "create", "--help"], "--readable-attributes"),
    ] {
        let output = run(&arguments);
        assert!(output.status.success());
        assert!(text(&output.stdout).contains(word), "{arguments:?}: {}", text(&output.stdout));
    }
}

#[test]
fn what_cannot_begin_says_why_in_one_line_and_exits_2() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_refused(&run(&["--port", &port, "--data-dir", data]), &port);

    let file = folder.path().join("a-file");
    fs::write(&file, "x").unwrap();
    assert_refused(&run(&["--port", "0", "--data-dir", file.join("below").to_str().unwrap()]), "data folder");
    assert_refused(&run(&["--port", "0", "--data-dir", file.to_str().unwrap()]), "data folder");

    for (content, word) in [
        ("company: {id: x}", "name"),
        ("company: {id: x, name: X, time_zone: Mars/Olympus}", "Mars/Olympus"),
        ("company: [", "broken"),
        ("company: {id: x, name: X, time_zone: UTC}\nofices: []", "ofices"),
        (
            "company: {id: x, name: X, time_zone: UTC}\nemployees: [{email: a@b.example, first_name: A, last_name: B, office: Nowhere}]",
            "Nowhere",
        ),
        ("company: {id: x, name: X, time_zone: UTC}\nattributes: [{key: dynamic_1, label: L, type: list}]", "options"),
    ] {
        fs::write(&file, content).unwrap();
        let output = run(&["--port", "0", "--data-dir", data, "--company", file.to_str().unwrap()]);
        assert_refused(&output, word);
    }
    let missing = folder.path().join("missing.yaml");
    assert_refused(&run(&["--port", "0", "--data-dir", data, "--company", missing.to_str().unwrap()]), "missing.yaml");
    assert_eq!(run(&["--no-such-option"]).status.code(), Some(2));
    assert_refused(&run(&["--port", "0", "--data-dir", data, "--rate-limits", "many"]), "MUSTER_RATE_LIMITS");
    let open_id = |more: &[&str]| run(&[&["--port", "0", "--data-dir", data], more].concat());
    assert_refused(&open_id(&["--oidc-issuer", "https://id.example"]), "MUSTER_OIDC_CLIENT_ID");
    assert_refused(&open_id(&["--oidc-client-id", "muster"]), "MUSTER_OIDC_ISSUER");
    assert_refused(&open_id(&["--oidc-issuer", "http://id.example", "--oidc-client-id", "muster"]), "https://");
}

#[tokio::test]
async fn the_demo_company_is_served_and_its_credential_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]);
    let mode = fs::metadata(data.join("demo-credentials.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    let database = fs::metadata(data.join("dynamodb.sqlite")).unwrap().permissions().mode();
    assert_eq!(database & 0o777, 0o600);
    let written = credentials(&data);
    assert_eq!(written["base_url"], server.base_url);
    for field in ["base_url", "client_id", "client_secret"] {
        assert!(server.banner.contains(written[field].as_str().unwrap()), "{field} in {}", server.banner);
    }
    let client = Client::login(&server.base_url, &written).await;
    let all = client.employees("limit=200").await;
    assert!(all["metadata"]["total_elements"].as_u64().unwrap() >= 30);
    let statuses: std::collections::BTreeSet<_> = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["attributes"]["status"]["value"].as_str())
        .collect();
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), ["active", "inactive", "leave", "onboarding"]);
}

#[tokio::test]
async fn what_was_written_survives_a_restart_and_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut created = Vec::new();
    let mut before = Json::Null;
    for round in 0..3 {
        let mut server = Server::start(folder.path(), &["--empty"]);
        let written = credentials(folder.path());
        if round > 0 {
            assert_eq!(written["client_secret"], before["client_secret"], "the same credential");
        }
        before = written;
        let client = Client::login(&server.base_url, &before).await;
        created.push(client.create(&format!("{round}@test.example")).await);
        let all = client.employees("").await;
        let ids: Vec<_> = all["data"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["attributes"]["id"]["value"].as_u64())
            .collect();
        assert_eq!(ids, created);
        server.signal(if round == 1 { "TERM" } else { "KILL" });
        let code = server.wait();
        assert_eq!(code, if round == 1 { Some(0) } else { None });
    }
}

#[tokio::test]
async fn signals_let_requests_in_flight_finish() {
    const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Server::start(folder.path(), &["--empty"]);
        let client = Client::login(&server.base_url, &credentials(folder.path())).await;
        // A body of which only the half has been sent when the signal comes.
        let address = server.base_url.trim_start_matches("http://").to_owned();
        let body = json!({"employee": {"email": "late@test.example", "first_name": "A", "last_name": "B"}}).to_string();
        let head = format!(
            "POST /v1/company/employees HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            client.token,
            body.len()
        );
        let (first, second) = body.split_at(10);
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        std::io::Write::write_all(&mut stream, format!("{head}{first}").as_bytes()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // Said once the body is read, so the request is in flight.
        let mut go_on = [0; GO_ON.len()];
        stream.read_exact(&mut go_on).unwrap();
        assert_eq!(go_on, *GO_ON);
        server.signal(signal);
        // Time for a server that would not wait.
        std::thread::sleep(Duration::from_millis(200));
        std::io::Write::write_all(&mut stream, second.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("success"), "{signal}: {answer}");
        assert_eq!(server.wait(), Some(0), "{signal}");
    }
}

#[tokio::test]
async fn a_data_folder_serves_one_process_and_commands_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Server::start(folder.path(), &["--empty"]);
    assert_refused(&run(&["--port", "0", "--data-dir", data]), "another muster");
    assert_refused(&run(&["storage", "--data-dir", data]), "another muster");

    let created = run(&[
        "credentials",
        "create",
        "--data-dir",
        data,
        "--name",
        "Payroll",
        "--scope",
        "employees:read",
        "--readable-attributes",
        "first_name,last_name",
    ]);
    assert!(created.status.success(), "{}", text(&created.stderr));
    let credential: Json = serde_json::from_slice(&created.stdout).expect("JSON");
    assert_eq!(credential["scopes"], json!(["employees:read"]));
    let client = Client::login(&server.base_url, &credential).await;
    assert_eq!(client.employees("").await["success"], true);

    let list = run(&["credentials", "list", "--data-dir", data]);
    let list = text(&list.stdout);
    assert!(list.contains("Payroll") && list.contains("Demo") && list.contains("first_name last_name"), "{list}");
    assert!(!list.contains(credential["client_secret"].as_str().unwrap()), "a secret is shown only once");
}

#[test]
fn credentials_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let create = |more: &[&str]| {
        let mut arguments = vec!["credentials", "create", "--data-dir", data];
        arguments.extend(more);
        run(&arguments)
    };
    assert_refused(&create(&["--name", "X", "--scope", "employees:read"]), "--company");
    assert_refused(&create(&["--name", "X", "--scope", "employees:read", "--company", "nobody"]), "nobody");
    assert_eq!(create(&["--name", "X"]).status.code(), Some(2));
    assert_eq!(create(&["--name", "X", "--scope", "employees:admin"]).status.code(), Some(2));
    let company = folder.path().join("c.yaml");
    fs::write(&company, "company: {id: c, name: C, time_zone: UTC}").unwrap();
    assert!(run(&["apply", company.to_str().unwrap(), "--data-dir", data]).status.success());
    let with = |more: &[&str]| create(&[&["--company", "c", "--scope", "employees:read"], more].concat());
    assert_refused(&with(&["--name", " "]), "name");
    assert_refused(&with(&["--name", &"x".repeat(300)]), "name");
    assert_refused(&with(&["--name", "X", "--readable-attributes", "frist_name"]), "frist_name");
    assert_refused(&with(&["--name", "X", "--readable-attributes", "dynamic_7"]), "dynamic_7");
    assert!(with(&["--name", "X", "--readable-attributes", "*"]).status.success());
}

#[test]
fn apply_changes_only_what_differs_and_says_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let file = folder.path().join("company.yaml");
    let demo = include_str!("../../companies/demo.yaml");
    fs::write(&file, demo).unwrap();
    let apply = || {
        let output = run(&["apply", file.to_str().unwrap(), "--data-dir", data]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let checked = run(&["apply", "--check", file.to_str().unwrap(), "--data-dir", data]);
    assert!(text(&checked.stdout).contains("36 employees"));
    let first = apply();
    assert!(first.contains("created company alpenrad") && first.contains("created office Munich (1)"), "{first}");
    assert!(first.trim_end().ends_with("employees: 36 created, 0 changed, 0 unchanged"), "{first}");
    let second = apply();
    assert_eq!(second.trim_end().lines().count(), 1, "nothing but the sum: {second}");
    assert!(second.contains(" 0 created, 0 changed") && second.contains("36 unchanged"), "{second}");

    let changed = demo
        .replace("    position: Frame Designer\n", "    position: Senior Frame Designer\n")
        .replace("  - {name: Bristol}", "  - {name: Bristol}\n  - {name: Turin}")
        .replace("{name: Demo tour 2025, active: false}", "{name: Demo tour 2025}")
        .replace("label: Locker number", "label: Locker")
        .replace(", overlap: true", "")
        .replace("{2023: 28, 2026: 30}", "{2023: 28, 2026: 29}");
    fs::write(&file, changed).unwrap();
    let third = apply();
    for line in [
        "created office Turin (5)",
        "changed attribute dynamic_1007",
        "changed project Demo tour 2025 (5)",
        "changed absence_type Home office (6)",
        ": position",
        ": absence_entitlement",
    ] {
        assert!(third.contains(line), "{line} in {third}");
    }
    assert!(!third.contains("Senior"), "no values of persons: {third}");

    for (from, to, word) in [
        ("type: integer", "type: decimal", "dynamic_1007"),
        ("category: other, unit: hour", "category: other, unit: day", "Doctor's appointment cannot change its unit"),
    ] {
        fs::write(&file, demo.replace(from, to)).unwrap();
        assert_refused(&run(&["apply", file.to_str().unwrap(), "--data-dir", data]), word);
    }
}

#[test]
fn apply_refuses_people_who_cannot_be_and_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let file = folder.path().join("company.yaml");
    let person =
        |name: &str, more: &str| format!("  - {{email: {name}@x.example, first_name: {name}, last_name: X{more}}}\n");
    for (people, word) in [
        (person("a", ", supervisor: b@x.example") + &person("b", ", supervisor: a@x.example"), "circle"),
        (person("a", ", supervisor: nobody@x.example"), "nobody@x.example"),
        (person("a", "") + &person("A", ""), "twice"),
        (person("a", ", team: None such"), "None such"),
        (person("a", ", hire_date: 2023-02-30"), "hire_date"),
        (person("a", ", cost_centers: [{name: C, percentage: 50}]"), "100"),
        (person("a", ", shoe_size: 42"), "shoe_size"),
        (person("a", ", absence_entitlement: {V: 10.25}"), "(a@x.example): The absence_entitlement of V"),
    ] {
        let head = "company: {id: x, name: X, time_zone: UTC}\ncost_centers: [{name: C}]\n\
                    absence_types: [{name: V, category: paid_vacation}]\nemployees:\n";
        fs::write(&file, format!("{head}{people}")).unwrap();
        let output = run(&["apply", file.to_str().unwrap(), "--data-dir", data]);
        assert_refused(&output, word);
    }
}

#[test]
fn apply_refuses_lists_that_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let file = folder.path().join("company.yaml");
    let with = |lists: &str| {
        fs::write(&file, format!("company: {{id: x, name: X, time_zone: UTC}}\n{lists}\n")).unwrap();
        run(&["apply", file.to_str().unwrap(), "--data-dir", data])
    };
    for (lists, word) in [
        ("offices: [{name: A}, {name: A}]", "twice"),
        ("offices: [{name: ''}]", "1 to 255 characters"),
        (&format!("teams: [{{name: {}}}]", "a".repeat(256)), "1 to 255 characters"),
        // A name of few enough characters, of four bytes each.
        (&format!("holiday_calendars: [{{name: {}, country: DE}}]", "𝕏".repeat(251)), "more than 1001 bytes"),
        ("projects: [{name: A}, {name: a}]", "twice"),
        ("projects: [{id: 1, name: A}, {id: 1, name: B}]", "twice"),
        ("projects: [{name: ' '}]", "empty"),
        ("projects: [{id: 0, name: A}]", "between 1 and"),
        ("holiday_calendars: [{name: A, country: DE, state: Bayernn}]", "Bayernn"),
        (
            "absence_types: [{name: A, category: other, carry_over: {since: 2026, months: 13}}]",
            "the absence type A: The months",
        ),
    ] {
        assert_refused(&with(lists), word);
    }
    let elsewhere = with("holiday_calendars: [{name: A, country: US}]");
    assert!(text(&elsewhere.stdout).starts_with("created company x"), "nothing was stored before: {elsewhere:?}");
    assert!(text(&elsewhere.stdout).contains("A has 0 holidays of its own: none are known for US"), "{elsewhere:?}");
    let longest = with(&format!("holiday_calendars: [{{name: {}, country: DE}}]", "𝕏".repeat(250)));
    assert_eq!(longest.status.code(), Some(0), "{longest:?}");
}

#[test]
fn apply_knows_again_what_it_stored_of_absences() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("company.yaml");
    let content = "\
company: {id: x, name: X, time_zone: UTC}
absence_types:
  - {name: V, category: paid_vacation, negative_balance: false, certificate_after: 0, overlap: true,
     carry_over: {since: 2025, most: 2.5, months: 3}}
  - {name: H, category: other, unit: hour, certificate_after: 3, carry_over: {since: 2026}}
employees:
  - {email: a@x.example, first_name: A, last_name: X, absence_entitlement: {V: {2025: 28, 2026: 30.5}, H: 7.5}}
";
    fs::write(&file, content).unwrap();
    let apply = || run(&["apply", file.to_str().unwrap(), "--data-dir", data.to_str().unwrap()]);
    let first = text(&apply().stdout);
    assert!(first.contains("created absence_type V (1)") && first.contains("employees: 1 created"), "{first}");
    let second = text(&apply().stdout);
    assert_eq!(second.trim_end().lines().count(), 1, "nothing but the sum: {second}");
    assert!(second.contains(" 0 created, 0 changed") && second.contains("1 unchanged"), "{second}");
}

#[test]
fn a_reader_who_has_seen_enough_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../companies/demo.yaml");
    let mut apply = muster(&["apply", demo, "--data-dir", data]).stdout(Stdio::piped()).spawn().expect("muster runs");
    drop(apply.stdout.take());
    assert_eq!(apply.wait().unwrap().code(), Some(0));
    let again = run(&["apply", demo, "--data-dir", data]);
    assert!(text(&again.stdout).contains(" 0 created, 0 changed"), "all of it was stored: {again:?}");
}

#[test]
fn storage_prints_the_environment_that_points_at_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut child =
        muster(&["storage", "--data-dir", folder.path().to_str().unwrap(), "--dynamodb-port", "0", "--s3-port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("muster runs");
    let mut printed = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        printed.push_str(&line);
        printed.push('\n');
        if line.contains("Ctrl-C") {
            break;
        }
    }
    let file = fs::read_to_string(folder.path().join("storage.env")).unwrap();
    for name in [
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_S3",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "MUSTER_TABLE",
        "MUSTER_BUCKET",
    ] {
        assert!(printed.contains(&format!("export {name}=")), "{printed}");
        assert!(file.contains(&format!("{name}=")), "{file}");
    }
    send_signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn commands_work_on_a_table_behind_the_sdks_own_environment() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let mut storage = muster(&["storage", "--data-dir", data, "--dynamodb-port", "0", "--s3-port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("muster runs");
    let lines = BufReader::new(storage.stdout.take().unwrap()).lines();
    assert!(lines.map(|line| line.expect("a line")).any(|line| line.contains("Ctrl-C")), "it gets ready");
    // As on AWS: a table by name, everything else from the environment; here that leads to the embedded endpoint.
    let file = fs::read_to_string(folder.path().join("storage.env")).unwrap();
    let on_table = |arguments: &[&str]| {
        let mut command = muster(arguments);
        command.args(["--table", "muster"]).current_dir(folder.path());
        command.envs(file.lines().filter_map(|line| line.split_once('=')));
        command.output().expect("muster runs")
    };
    let company = folder.path().join("c.yaml");
    let person = "{email: a@x.example, first_name: A, last_name: B}";
    fs::write(&company, format!("company: {{id: c, name: C, time_zone: UTC}}\nemployees: [{person}]")).unwrap();
    let applied = on_table(&["apply", company.to_str().unwrap()]);
    assert!(text(&applied.stdout).contains("employees: 1 created"), "{}", text(&applied.stderr));
    let scope = ["--company", "c", "--name", "On AWS", "--scope", "employees:read"];
    let created = on_table(&[&["credentials", "create"], &scope[..]].concat());
    assert!(created.status.success(), "{}", text(&created.stderr));
    let list = on_table(&["credentials", "list", "--company", "c"]);
    assert!(text(&list.stdout).contains("On AWS"), "{}", text(&list.stderr));
    send_signal(&storage, "TERM");
    assert_eq!(storage.wait().unwrap().code(), Some(0));
}

/// The lines of a shell block of the README or the banner, run as somebody would paste them.
fn paste(lines: &[String]) -> Vec<Json> {
    let script = format!("set -e\n{}\n", lines.join("\necho\n"));
    let output = Command::new("sh").args(["-c", &script]).output().expect("sh runs");
    assert!(output.status.success(), "{script}\n{}", text(&output.stderr));
    text(&output.stdout)
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn assert_pasted(answers: &[Json]) {
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert_eq!(answers[0]["metadata"]["total_elements"], 36);
    assert_eq!(answers[1]["data"]["message"], "success");
}

#[test]
fn the_curl_lines_of_the_banner_work_when_pasted() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let lines: Vec<String> =
        server.banner.lines().map(str::trim).filter(|line| line.contains("curl -s")).map(str::to_owned).collect();
    assert_eq!(lines.len(), 3);
    assert_pasted(&paste(&lines));
}

#[test]
fn the_curl_lines_of_the_readme_work_when_pasted() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("the README");
    let (_, block) = readme.split_once("# log in, list employees, create one\n").expect("the block");
    let (block, _) = block.split_once("```").expect("its end");
    let file = folder.path().join("demo-credentials.json");
    let lines: Vec<String> = block
        .replace("http://127.0.0.1:8080", &server.base_url)
        .replace("data/demo-credentials.json", file.to_str().unwrap())
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_pasted(&paste(&lines));
    // The same login as on port 9000, where the routers are the same.
    let login = readme.lines().find(|line| line.starts_with("curl -s http://127.0.0.1:9000/")).expect("the line");
    let demo: Json = serde_json::from_slice(&fs::read(&file).unwrap()).expect("JSON");
    let login = login
        .replace("http://127.0.0.1:9000", &server.base_url)
        .replace("client_id=ID", &format!("client_id={}", demo["client_id"].as_str().unwrap()))
        .replace("client_secret=SECRET", &format!("client_secret={}", demo["client_secret"].as_str().unwrap()));
    assert!(paste(&[login])[0]["data"]["expires_in"].is_u64());
}
