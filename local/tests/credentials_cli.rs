//! `muster credentials` as a script sees it: JSON, exit codes, and what the API then does.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value as Json;
use serde_json::json;

use common::Client;
use common::Server;
use common::credentials;
use common::muster;
use common::text;

/// A data folder with the company of `company.yaml`.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self::with("")
    }

    fn with(more: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let applied = folder.apply(more);
        assert!(applied.status.success(), "{}", text(&applied.stderr));
        folder
    }

    fn apply(&self, more: &str) -> Output {
        let file = self.0.path().join("company.yaml");
        fs::write(&file, format!("company: {{id: c, name: C, time_zone: Europe/Berlin}}\n{more}")).unwrap();
        let data = self.data();
        muster(&["apply", file.to_str().unwrap(), "--data-dir", data.to_str().unwrap()]).output().expect("muster runs")
    }

    fn data(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&self.data(), "c", arguments)
    }

    /// The JSON that a command prints.
    fn json(&self, arguments: &[&str]) -> Json {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// One clear line on standard error, and exit code 2.
    fn refuse(&self, arguments: &[&str], words: &[&str]) {
        let output = self.run(arguments);
        let line = text(&output.stderr);
        assert_eq!((output.status.code(), line.trim_end().lines().count()), (Some(2), 1), "{arguments:?}: {line}");
        for word in words {
            assert!(line.contains(word), "{arguments:?}: {line} lacks {word}");
        }
    }
}

fn run(data: &Path, company: &str, arguments: &[&str]) -> Output {
    let data = data.to_str().unwrap();
    let all = [&["credentials"], arguments, &["--company", company, "--data-dir", data]].concat();
    muster(&all).output().expect("muster runs")
}

fn id(credential: &Json) -> &str {
    credential["client_id"].as_str().expect("a client id")
}

#[test]
fn help_teaches_each_command() {
    for (command, word) in [
        ("create", "--integration slack"),
        ("list", "--json"),
        ("show", "CLIENT_ID"),
        ("change", "--expires-at never"),
        ("disable", "30 seconds"),
        ("enable", "disabled"),
        ("rotate", "--grace 3d"),
        ("remove", "for ever"),
        ("integrations", "company file"),
    ] {
        let output = muster(&["credentials", command, "--help"]).output().expect("muster runs");
        assert!(output.status.success() && text(&output.stdout).contains(word), "{command}: {}", text(&output.stdout));
    }
}

#[test]
fn json_has_the_documented_fields() {
    let folder = Folder::new();
    let created = folder.json(&[
        "create",
        "--name",
        "Clock",
        "--integration",
        "askdante",
        "--expires-at",
        "2999-07-31",
        "--network",
        "192.0.2.0/24,2001:db8::1",
    ]);
    let expected = [
        ("company", json!("c")),
        ("name", json!("Clock")),
        ("integration", json!("askdante")),
        ("state", json!("active")),
        ("scopes", json!(["employees:read", "attendances:read", "attendances:write"])),
        ("readable_attributes", json!(["email", "first_name", "last_name", "status"])),
        ("expires_at", json!("2999-07-31T22:00:00Z")),
        ("networks", json!(["192.0.2.0/24", "2001:db8::1/128"])),
        ("changed_at", json!(null)),
        ("previous_secret_until", json!(null)),
    ];
    for (field, value) in &expected {
        assert_eq!(created[field], *value, "{field}");
    }
    let secret = created["client_secret"].as_str().expect("a secret").to_owned();
    let mut shown = created.clone();
    shown.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(shown.as_object().unwrap().len(), 12, "{shown}");
    // What is looked up says as well what it was used for; nobody has used this one.
    shown["last_used_at"] = json!(null);
    shown["used_scopes"] = json!([]);
    assert_eq!(folder.json(&["show", id(&created)]), shown);
    assert_eq!(folder.json(&["list"]), json!([shown]));
    for arguments in [vec!["show", id(&created)], vec!["list"]] {
        let output = text(&folder.run(&arguments).stdout);
        assert!(output.contains("Clock  active") && output.contains("networks    192.0.2.0/24"), "{output}");
        assert!(!output.contains(&secret), "a secret is shown only once");
    }
}

#[test]
fn options_win_over_what_the_integration_recommends() {
    let folder = Folder::new();
    let less = ["create", "--name", "X", "--integration", "slack", "--scope", "absences:read"];
    let created = folder.json(&[&less[..], &["--readable-attributes", ""]].concat());
    assert_eq!((&created["scopes"], &created["readable_attributes"]), (&json!(["absences:read"]), &json!([])));
    let created = folder.json(&less);
    assert_eq!(created["readable_attributes"].as_array().unwrap().len(), 6, "those of Slack");
    let created = folder.json(&["create", "--name", "X", "--scope", "absences:read"]);
    assert_eq!((&created["integration"], &created["readable_attributes"]), (&json!("other"), &json!([])));
}

#[test]
fn all_that_is_wrong_is_said_in_one_line() {
    let folder = Folder::new();
    folder.refuse(
        &["create", "--name", " ", "--integration", "skype", "--scope", "documents:write", "--network", "home"],
        &["The name is required.", "skype", "documents:write needs documents:read", "home"],
    );
    let create = |more: &[&'static str]| [&["create", "--name", "X"], more].concat();
    folder.refuse(&create(&["--integration", "other"]), &["At least one scope"]);
    folder.refuse(&create(&["--integration", "slack", "--expires-at", "2020-01-01"]), &["in the future"]);
    folder.refuse(&create(&["--integration", "slack", "--network", "10.1.2.3/8"]), &["10.0.0.0/8"]);
    folder.refuse(&create(&["--integration", "slack", "--readable-attributes", "frist_name"]), &["frist_name"]);
    assert_eq!(folder.json(&["list"]), json!([]), "nothing was stored");

    let nobody = "papi-00000000-0000-4000-8000-000000000000";
    for command in ["show", "disable", "enable", "remove"] {
        folder.refuse(&[command, nobody], &["no credential"]);
    }
    folder.refuse(&["change", nobody, "--name", "X"], &["no credential"]);
    folder.refuse(&["change", nobody], &["say what to change"]);
    folder.refuse(&["rotate", nobody, "--grace", "1d"], &["no credential"]);
    for (grace, word) in [("8d", "at most 7 days"), ("soon", "days or hours")] {
        let output = folder.run(&["rotate", nobody, "--grace", grace]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(word), "{}", text(&output.stderr));
    }
}

#[test]
fn a_change_changes_what_it_names_and_nothing_else() {
    let folder = Folder::new();
    let created = folder.json(&["create", "--name", "X", "--integration", "slack"]);
    let renamed = folder.json(&["change", id(&created), "--name", "Y"]);
    let mut expected = created.clone();
    expected.as_object_mut().unwrap().remove("client_secret");
    expected["name"] = json!("Y");
    expected["changed_at"] = renamed["changed_at"].clone();
    assert!(renamed["changed_at"].is_string());
    assert_eq!(renamed, expected);

    let more = ["--expires-at", "2999-12-31", "--network", "192.0.2.1", "--readable-attributes", "*"];
    let changed = folder.json(&[&["change", id(&created)], &more[..]].concat());
    assert_eq!(changed["expires_at"], "2999-12-31T23:00:00Z");
    assert_eq!((&changed["networks"], &changed["readable_attributes"]), (&json!(["192.0.2.1/32"]), &json!(["*"])));
    let back = folder.json(&["change", id(&created), "--expires-at", "never", "--network", "any"]);
    assert_eq!((&back["expires_at"], &back["networks"]), (&json!(null), &json!([])));
    assert_eq!(back["readable_attributes"], json!(["*"]));
    folder.refuse(&["change", id(&created), "--scope", "absences:write"], &["absences:write needs absences:read"]);
    let narrowed = folder.json(&["change", id(&created), "--scope", "absences:read", "--integration", "other"]);
    assert_eq!((&narrowed["scopes"], &narrowed["integration"]), (&json!(["absences:read"]), &json!("other")));
}

#[test]
fn integrations_of_a_company_file_are_there_to_choose() {
    let canteen = "{key: canteen, name: Canteen, scopes: ['absences:read'], readable_attributes: [office]}";
    let folder = Folder::with(&format!("integrations: [{canteen}]"));
    let listed = folder.json(&["integrations"]);
    let keys: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["ms-teams", "slack", "askdante", "pento", "canteen", "other"]);
    assert_eq!(listed[4]["scopes"], json!(["absences:read"]));
    let lines = text(&folder.run(&["integrations"]).stdout);
    assert!(lines.contains("canteen  Canteen") && lines.contains("scopes      as you choose"), "{lines}");
    let created = folder.json(&["create", "--name", "Lunch", "--integration", "canteen"]);
    assert_eq!((&created["integration"], &created["readable_attributes"]), (&json!("canteen"), &json!(["office"])));

    let again = text(&folder.apply(&format!("integrations: [{canteen}]")).stdout);
    assert!(again.contains("settings: 0 created, 0 changed"), "{again}");
    let changed = text(&folder.apply(&format!("integrations: [{}]", canteen.replace("Canteen", "Mensa"))).stdout);
    assert!(changed.contains("changed integration canteen"), "{changed}");
    for (declared, word) in [
        ("{key: x, name: X}", "At least one scope"),
        ("{key: x, name: X, scopes: ['absences:write']}", "needs absences:read"),
        ("{key: x, name: X, scopes: ['absences:read'], readable_attributes: [dynamic_9]}", "dynamic_9"),
        ("{key: other, name: X, scopes: ['absences:read']}", "choose another key"),
        ("{key: X Y, name: X, scopes: ['absences:read']}", "1 to 40"),
        ("{key: x, name: X, scopes: ['absences:admin']}", "absences:admin"),
        (&format!("{canteen}, {canteen}"), "twice"),
    ] {
        let output = folder.apply(&format!("integrations: [{declared}]"));
        assert_eq!(output.status.code(), Some(2), "{declared}");
        assert!(text(&output.stderr).contains(word), "{declared}: {}", text(&output.stderr));
    }
}

#[tokio::test]
async fn what_the_commands_do_the_running_api_follows() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &["--empty"]);
    let json = |arguments: &[&str]| -> Json {
        let output = run(&data, "empty", &[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let login = async |credential: &Json| {
        let request = reqwest::Client::new().post(format!("{}/v1/auth", server.base_url)).json(credential);
        request.send().await.expect("an answer").status().as_u16()
    };
    let created = json(&["create", "--name", "Payroll", "--scope", "employees:read"]);
    let client = Client::login(&server.base_url, &created).await;
    assert_eq!(client.employees("").await["success"], true);

    let rotated = json(&["rotate", id(&created), "--grace", "1d"]);
    assert!(rotated["previous_secret_until"].is_string() && rotated["client_secret"] != created["client_secret"]);
    assert_eq!((login(&created).await, login(&rotated).await), (200, 200));
    let last = json(&["rotate", id(&created), "--grace", "0"]);
    assert_eq!(last["previous_secret_until"], json!(null));
    assert_eq!((login(&created).await, login(&rotated).await, login(&last).await), (403, 403, 200));

    assert_eq!(json(&["disable", id(&created)])["state"], "disabled");
    assert_eq!(login(&last).await, 403);
    assert_eq!(json(&["enable", id(&created)])["state"], "active");
    assert_eq!(login(&last).await, 200);
    json(&["change", id(&created), "--network", "192.0.2.0/24"]);
    assert_eq!(login(&last).await, 403);
    json(&["change", id(&created), "--network", "127.0.0.0/8"]);
    assert_eq!(login(&last).await, 200);
    let removed = json(&["remove", id(&created)]);
    assert_eq!(removed, json!({"client_id": id(&created), "company": "empty", "name": "Payroll", "removed": true}));
    assert_eq!(login(&last).await, 403);
    assert_eq!(json(&["list"]).as_array().unwrap().len(), 1, "the demo credential is left");
}

#[test]
fn each_demo_company_keeps_its_credential() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.yaml");
    fs::write(&file, "company: {id: other, name: Other, time_zone: UTC}").unwrap();
    let other = ["--company", file.to_str().unwrap()];
    let serve = |more: &[&str]| {
        let mut server = Server::start(&folder.path().join("data"), more);
        server.signal("TERM");
        assert_eq!(server.wait(), Some(0));
        let written = credentials(&folder.path().join("data"));
        (written["company"].clone(), written["client_id"].clone(), written["client_secret"].clone())
    };
    let (first, second) = (serve(&["--empty"]), serve(&other));
    assert_ne!(first.1, second.1);
    assert_eq!((serve(&["--empty"]), serve(&other)), (first, second));
}
