//! What the tests of the command share.

#![allow(dead_code, reason = "each file of tests uses a part of it")]

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value as Json;
use serde_json::json;

/// How long a test waits for what is sure to come: as long as a busy machine may take.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn muster(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.args(arguments);
    // Whatever the machine has set for its own muster or AWS account is none of a test's business.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("MUSTER_") || name.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The shell's own `kill`, which every machine has.
pub(crate) fn send_signal(child: &Child, name: &str) {
    let done = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status();
    assert!(done.expect("sh runs").success());
}

/// A running server; killed when a test fails.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) base_url: String,
    pub(crate) banner: String,
}

impl Server {
    pub(crate) fn start(data: &Path, more: &[&str]) -> Self {
        let data = data.to_str().unwrap();
        let mut arguments = vec!["--port", "0", "--data-dir", data];
        arguments.extend(more);
        let child = muster(&arguments).stdout(Stdio::piped()).spawn().expect("muster runs");
        let mut server = Self { child, base_url: String::new(), banner: String::new() };
        let mut lines = BufReader::new(server.child.stdout.take().unwrap()).lines();
        while server.base_url.is_empty() {
            let line =
                lines.next().expect("muster gets ready; what it says on standard error is above").expect("a line");
            server.banner.push_str(&line);
            server.banner.push('\n');
            line.strip_prefix("muster is ready at ").unwrap_or_default().clone_into(&mut server.base_url);
        }
        std::thread::spawn(move || lines.for_each(drop));
        server
    }

    pub(crate) fn signal(&self, name: &str) {
        send_signal(&self.child, name);
    }

    pub(crate) fn wait(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("muster does not stop");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn credentials(data: &Path) -> Json {
    serde_json::from_slice(&fs::read(data.join("demo-credentials.json")).expect("the file")).expect("JSON")
}

/// A client with a token for what the credentials file names.
pub(crate) struct Client {
    pub(crate) base_url: String,
    pub(crate) token: String,
    pub(crate) http: reqwest::Client,
}

impl Client {
    pub(crate) async fn login(base_url: &str, credentials: &Json) -> Self {
        let http = reqwest::Client::new();
        let answer = http.post(format!("{base_url}/v1/auth")).json(credentials).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let body: Json = answer.json().await.expect("JSON");
        let token = body["data"]["token"].as_str().expect("a token").to_owned();
        Self { base_url: base_url.to_owned(), token, http }
    }

    pub(crate) async fn employees(&self, query: &str) -> Json {
        self.get(&format!("/v1/company/employees?{query}")).await
    }

    pub(crate) async fn get(&self, path: &str) -> Json {
        let url = format!("{}{path}", self.base_url);
        self.http.get(url).bearer_auth(&self.token).send().await.expect("an answer").json().await.expect("JSON")
    }

    pub(crate) async fn create(&self, email: &str) -> u64 {
        let url = format!("{}/v1/company/employees", self.base_url);
        let body = json!({"employee": {"email": email, "first_name": "A", "last_name": "B"}});
        let answer = self.http.post(url).bearer_auth(&self.token).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.json::<Json>().await.expect("JSON")["data"]["id"].as_u64().expect("an id")
    }
}

/// Whether the lines for curl can be tried. A laptop without it leaves them out and says so; CI must have it.
pub(crate) fn has_curl() -> bool {
    let found = Command::new("curl").arg("--version").output().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "CI must have curl");
    if !found {
        eprintln!("left out: there is no curl on this machine");
    }
    found
}
