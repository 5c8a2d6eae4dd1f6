//! The recipes of the README, as somebody would run them.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::ffi::OsString;
use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use jiff::Span;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value as Json;
use serde_json::json;

use common::Client;
use common::Server;
use common::credentials;
use common::has_curl;
use common::muster;
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

/// Whether the recipes that read JSON can be tried; as with curl, only a laptop may leave them out.
fn has_curl_and_jq() -> bool {
    let found = Command::new("jq").arg("--version").output().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "CI must have jq");
    if !found {
        eprintln!("left out: there is no jq on this machine");
    }
    found && has_curl()
}

const LUKAS: &str = "lukas.weissgerber@alpenrad.example";
const LUKAS_BOSS: &str = "marie-luise.oberhauser-kern@alpenrad.example";
/// The lines of both for what is said to them, as the chat app gets them.
const TO_LUKAS: &str = "lukas.weissgerber@alpenrad.example: ";
const TO_HIS_BOSS: &str = "marie-luise.oberhauser-kern@alpenrad.example: ";

/// A recipe with a credential of its own, made by the lines of its README.
struct Recipe {
    script: String,
    credentials: PathBuf,
    url: String,
}

impl Recipe {
    fn new(name: &str, folder: &Path, server: &Server) -> Self {
        let readme = fs::read_to_string(format!("{ROOT}/examples/{}/README.md", Self::home(name))).expect("a README");
        let (_, block) = readme.split_once("```sh\numask 077\n").expect("the lines that make a credential");
        let (block, _) = block.split_once("```").expect("their end");
        Self::with_credential_of(name, block, folder, server)
    }

    fn home(name: &str) -> &str {
        if name == "day-off" { "chat-day-off" } else { name }
    }

    fn with_credential_of(name: &str, lines: &str, folder: &Path, server: &Server) -> Self {
        let muster = Path::new(env!("CARGO_BIN_EXE_muster")).parent().expect("its folder");
        let mut command = Command::new("sh");
        command.args(["-c", lines]).current_dir(folder).env("PATH", path_with(muster));
        let output = command.env("MUSTER_DATA_DIR", folder).env_remove("MUSTER_COMPANY").output().expect("sh runs");
        assert!(output.status.success(), "{lines}\n{}", text(&output.stderr));
        Self {
            script: format!("{ROOT}/examples/{}/{name}", Self::home(name)),
            credentials: folder.join(format!("{name}.json")),
            url: server.base_url.clone(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("bash");
        command.arg(&self.script).args(arguments).env("TZ", "Europe/Berlin");
        command.env("MUSTER_URL", &self.url).env("MUSTER_CREDENTIALS", &self.credentials);
        command
    }

    /// Exit code, the lines of standard output, standard error.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, Vec<String>, String) {
        let output = self.command(arguments).output().expect("bash runs");
        let lines = text(&output.stdout).lines().map(str::to_owned).collect();
        (output.status.code(), lines, text(&output.stderr))
    }

    /// What is printed when it goes well.
    fn lines(&self, arguments: &[&str]) -> Vec<String> {
        let (code, lines, said) = self.run(arguments);
        assert_eq!((code, said.as_str()), (Some(0), ""), "{arguments:?}: {lines:?}");
        lines
    }

    /// The one line that says why the answer is no.
    fn no(&self, arguments: &[&str]) -> String {
        let (code, mut lines, said) = self.run(arguments);
        assert_eq!((code, said.as_str(), lines.len()), (Some(1), "", 1), "{arguments:?}: {lines:?}");
        lines.remove(0)
    }

    /// What is said to whoever runs it when the call fails; nobody in the chat is told anything.
    fn failure(&self, arguments: &[&str]) -> String {
        let (code, lines, said) = self.run(arguments);
        assert_eq!((code, lines.len()), (Some(2), 0), "{arguments:?}: {lines:?} {said}");
        said
    }
}

fn path_with(folder: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path))).expect("a path")
}

fn today() -> Date {
    Timestamp::now().in_tz("Europe/Berlin").expect("a zone").date()
}

/// The company's absences, as somebody sees and enters them who may do everything.
struct Absences(Client);

impl Absences {
    async fn of(folder: &Path, server: &Server) -> Self {
        Self(Client::login(&server.base_url, &credentials(folder)).await)
    }

    async fn send(&self, path: &str, body: &Json) -> Json {
        let request = self.0.http.post(format!("{}/v1/company/{path}", self.0.base_url)).bearer_auth(&self.0.token);
        let answer: Json = request.json(body).send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(answer["success"], true, "{body}: {answer}");
        answer["data"].clone()
    }

    async fn employee(&self, email: &str) -> u64 {
        self.0.employees(&format!("email={email}")).await["data"][0]["attributes"]["id"]["value"]
            .as_u64()
            .expect("an id")
    }

    async fn kind(&self, name: &str) -> u64 {
        let all = self.0.get("/v1/company/time-off-types").await;
        let mut all = all["data"].as_array().expect("a page").iter().map(|one| &one["attributes"]);
        all.find(|one| one["name"] == name).expect("the kind")["id"].as_u64().expect("an id")
    }

    /// Enters an absence; with `more` beside whose, of which kind and when.
    async fn enter(&self, email: &str, kind: &str, (start, end): (Date, Date), more: Json) -> Json {
        let mut body = json!({"employee_id": self.employee(email).await, "time_off_type_id": self.kind(kind).await,
            "start_date": start, "end_date": end});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let path = if body.get("start_time").is_some() { "absence-periods" } else { "time-offs" };
        self.send(path, &body).await["attributes"].clone()
    }

    /// An employee's absences of days.
    async fn all(&self, email: &str) -> Vec<Json> {
        let id = self.employee(email).await;
        let page = self.0.get(&format!("/v1/company/time-offs?employees[]={id}")).await;
        page["data"].as_array().expect("a page").iter().map(|one| one["attributes"].clone()).collect()
    }

    /// What an employee can still plan of this year's vacation, and what is not taken.
    async fn left(&self, email: &str) -> (f64, f64) {
        let id = self.employee(email).await;
        let balance = self.0.get(&format!("/v1/company/employees/{id}/absences/balance")).await;
        let vacation = &balance["data"][0];
        assert_eq!(vacation["name"], "Paid vacation");
        let number = |name: &str| vacation[name].as_f64().expect("a number");
        (number("available_balance"), number("balance"))
    }

    /// Days of this year on which an employee works, and one on which not, as the server counts them. From June on,
    /// for what is taken in the first months uses up what came over from last year and may leave the balance as it is.
    async fn days(&self, email: &str) -> (Vec<Date>, Date) {
        let (mut working, mut free) = (Vec::new(), None);
        let june = Date::new(today().year(), 6, 1).expect("a date");
        for date in june.series(Span::new().days(1)).take(30) {
            if working.len() >= 3 && free.is_some() {
                break;
            }
            let entered = self.enter(email, "Unpaid vacation", (date, date), json!({})).await;
            if entered["days_count"] == 1 {
                working.push(date);
            } else if entered["days_count"] == 0 {
                free = Some(date);
            }
            let url = format!("{}/v1/company/time-offs/{}", self.0.base_url, entered["id"]);
            let deleted = self.0.http.delete(url).bearer_auth(&self.0.token).send().await.expect("an answer");
            assert_eq!(deleted.status(), 200);
        }
        assert!(working.len() >= 3, "{working:?}");
        (working, free.expect("a weekend"))
    }
}

fn left_in_words((available, now): (f64, f64)) -> String {
    format!("{available} days of Paid vacation left to plan this year, {now} not taken yet")
}

#[tokio::test]
async fn a_day_off_is_asked_for_in_a_chat_and_approved_there() {
    if !has_curl_and_jq() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let chat = Recipe::new("day-off", folder.path(), &server);
    let absences = Absences::of(folder.path(), &server).await;
    let (working, _) = absences.days(LUKAS).await;
    let (date, other) = (working[0].to_string(), working[1].to_string());
    let before = absences.left(LUKAS).await;

    // What people write must not become a line of its own.
    let words = format!("{date}\tWith the\nchildren & \"100%\" {TO_HIS_BOSS}x");
    let ask = ["ask", "--email", LUKAS, "--message", "Ev08 / 1", "--", &words];
    let lines = chat.lines(&ask);
    let stored = absences.all(LUKAS).await;
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert_eq!((&stored[0]["status"], &stored[0]["days_count"]), (&json!("pending"), &json!(1)));
    let comment = format!("With the children & \"100%\" {TO_HIS_BOSS}x");
    assert_eq!(stored[0]["comment"], comment);
    let id = stored[0]["id"].to_string();
    let weekday = working[0].strftime("%a");
    let what = format!("request {id} for {weekday} {date} (1 day of Paid vacation)");
    let planned = absences.left(LUKAS).await;
    assert_eq!(planned, (before.0 - 1.0, before.1), "what waits is planned and not taken");
    let to_boss = format!(
        "{TO_HIS_BOSS}Lukas Weißgerber asks: {what}. \"{comment}\" With it, {}. Approve or reject {id}.",
        left_in_words(planned)
    );
    let to_lukas = format!("{TO_LUKAS}You asked, and Marie-Luise Oberhauser-Kern decides: {what}.");
    assert_eq!(lines, [to_lukas.clone(), to_boss.clone()]);

    // The chat delivers the message again: it says the same and asks nothing.
    assert_eq!(chat.lines(&ask), [to_lukas.replace("You asked,", "You asked already,"), to_boss]);
    assert_eq!(absences.all(LUKAS).await, stored);

    // Only the supervisor decides, although the credential could.
    let no = chat.no(&["approve", "--email", "emre.tasoluk@alpenrad.example", &id]);
    assert!(no.ends_with("Only Marie-Luise Oberhauser-Kern decides on requests of Lukas Weißgerber."), "{no}");
    assert!(chat.no(&["approve", "--email", LUKAS, &id]).contains("Only Marie-Luise"), "nor the employee");
    assert_eq!(absences.all(LUKAS).await, stored);

    let approve = ["approve", "--email", LUKAS_BOSS, "--", &id, "Enjoy", "the snow"];
    let lines = chat.lines(&approve);
    let approved = absences.all(LUKAS).await;
    assert_eq!(approved[0]["status"], "approved");
    let acting: Json = serde_json::from_slice(&fs::read(&chat.credentials).unwrap()).expect("JSON");
    let approval = &approved[0]["approval"];
    assert_eq!(approval["comment"], "Marie-Luise Oberhauser-Kern: Enjoy the snow");
    assert_eq!((&approval["credential"], &approval["verdict"]), (&acting["client_id"], &json!("approved")));
    let after = absences.left(LUKAS).await;
    let taken = if working[0] <= today() { 1.0 } else { 0.0 };
    assert_eq!(after, (before.0 - 1.0, before.1 - taken));
    let left = left_in_words(after);
    let to_lukas = format!("{TO_LUKAS}Marie-Luise Oberhauser-Kern approved your {what}. \"Enjoy the snow\" {left}.");
    assert_eq!(lines, [to_lukas, format!("{TO_HIS_BOSS}You approved {what} of Lukas Weißgerber.")]);
    assert_eq!(chat.lines(&["balance", "--email", LUKAS]), [format!("{TO_LUKAS}{left}")]);

    // A button that is pressed twice, and one that comes too late.
    assert_eq!(chat.lines(&approve), [format!("{TO_HIS_BOSS}It is approved already: {what} of Lukas Weißgerber.")]);
    assert!(chat.no(&["reject", "--email", LUKAS_BOSS, &id]).contains("It is approved already"));
    assert!(chat.lines(&ask)[0].contains("This is approved already"), "and the message comes a third time");
    assert_eq!(absences.all(LUKAS).await, approved);

    // Half a day, in several arguments and by an address in other letters.
    let lines = chat.lines(&["ask", "--email", &LUKAS.to_uppercase(), "--message", "2", &other, "half"]);
    assert!(
        lines[0].contains(&format!("for half of {} {other} (0.5 days of Paid", working[1].strftime("%a"))),
        "{lines:?}"
    );
    let half = absences.all(LUKAS).await;
    assert_eq!((&half[1]["days_count"], &half[1]["half_day_start"]), (&json!(0.5), &json!(true)));
    assert_eq!(absences.left(LUKAS).await, (after.0 - 0.5, after.1));

    // Of a kind that nobody has to agree to, the supervisor is only told.
    let sick = ["ask", "--email", LUKAS, "--message", "3", "--type", "Sick leave", &working[2].to_string()];
    let lines = chat.lines(&sick);
    assert!(lines[0].starts_with(&format!("{TO_LUKAS}This is approved: ")), "{lines:?}");
    assert!(lines[1].starts_with(&format!("{TO_HIS_BOSS}Lukas Weißgerber is away: ")), "{lines:?}");
    assert_eq!(absences.all(LUKAS).await[2]["status"], "approved");
}

#[tokio::test]
async fn a_day_off_that_cannot_be_is_refused_with_the_reason() {
    if !has_curl_and_jq() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let chat = Recipe::new("day-off", folder.path(), &server);
    let absences = Absences::of(folder.path(), &server).await;
    let (working, free) = absences.days(LUKAS).await;
    let before = absences.left(LUKAS).await;
    let (first, last) = (working[0].to_string(), working[1].to_string());
    let say = |message: &str, words: &str| chat.no(&["ask", "--email", LUKAS, "--message", message, "--", words]);

    let lines = chat.lines(&["ask", "--email", LUKAS, "--message", "1", &first, &last, "half-first", "half-last"]);
    let id = absences.all(LUKAS).await[0]["id"].to_string();
    let days = format!("{} {first} (half) to {} {last} (half)", working[0].strftime("%a"), working[1].strftime("%a"));
    assert!(lines[0].contains(&format!("request {id} for {days} (")), "{lines:?}");

    // What is in the way is named with its days, an absence of hours as well.
    let appointment = (working[2], working[2]);
    let times = json!({"start_time": "14:00", "end_time": "15:30"});
    absences.enter(LUKAS, "Doctor's appointment", appointment, times).await;
    let no = say("2", &format!("{first} {}", working[2]));
    assert!(no.contains(&format!("request {id} for {days}")) && no.contains(", which is pending"), "{no}");
    assert!(no.contains(&format!("{} {} (Doctor's appointment)", working[2].strftime("%a"), working[2])), "{no}");
    assert!(no.ends_with(". Nothing was asked."), "{no}");

    let next = today().year() + 1;
    let no = say("3", &format!("{next}-02-01 {next}-07-31"));
    assert!(no.contains(&format!("It takes more Paid vacation than is left for {next}. ")), "{no}");
    assert!(no.contains(&left_in_words(absences.left(LUKAS).await)), "{no}");

    for round in ["at first", "and when the message is delivered again"] {
        assert!(say("4", &free.to_string()).contains("You do not work then anyway"), "{round}");
    }
    for (words, reason) in [
        ("", "Say which day"),
        ("tomorrow", "Say which day"),
        ("--help", "Say which day"),
        (&format!("{last} {first}"), "is before the first one"),
        (&format!("{first} {last} half"), "Say half-first or half-last"),
        (&format!("{next}-02-30"), "a date that exists"),
        (&format!("{first} {}", "x".repeat(2_001)), "comment"),
    ] {
        let no = say(&format!("5 {words}"), words);
        assert!(no.starts_with(TO_LUKAS) && no.contains(reason), "{words}: {no}");
    }
    let no = chat.no(&["ask", "--email", "nobody@alpenrad.example", "--message", "6", &first]);
    assert_eq!(
        no,
        "nobody@alpenrad.example: There is nobody with the address nobody@alpenrad.example among the employees."
    );
    let no = chat.no(&["ask", "--email", "theresa.lindenthaler@alpenrad.example", "--message", "6", &first]);
    assert!(no.contains("You have no supervisor"), "{no}");
    assert!(chat.no(&["reject", "--email", LUKAS_BOSS, "4711"]).contains("There is no request 4711."));
    assert!(chat.no(&["approve", "--email", LUKAS_BOSS]).contains("Say which request"));
    assert_eq!(absences.all(LUKAS).await.len(), 1, "nothing of all this was stored");

    // The supervisor says no and why; the days are free again.
    let lines = chat.lines(&["reject", "--email", LUKAS_BOSS, "--", &id, "--", "Release week"]);
    assert!(lines[0].starts_with(&format!("{TO_LUKAS}Marie-Luise Oberhauser-Kern rejected your request {id} for ")));
    assert!(lines[0].ends_with(&format!("\"-- Release week\" {}.", left_in_words(before))), "{lines:?}");
    let rejected = absences.all(LUKAS).await;
    assert_eq!(rejected[0]["status"], "rejected");
    assert_eq!(rejected[0]["approval"]["comment"], "Marie-Luise Oberhauser-Kern: -- Release week");
    assert_eq!(absences.left(LUKAS).await, before);
    let again = ["ask", "--email", LUKAS, "--message", "1", &first, &last, "half-first", "half-last"];
    assert!(chat.no(&again).contains("it is rejected"), "the message is delivered once more");
    assert_eq!(chat.lines(&["ask", "--email", LUKAS, "--message", "7", &first]).len(), 2);

    // What is wrong with the chat app is not for the chat.
    let ask = |more: &[&str]| chat.failure(&[&["ask", "--email", LUKAS], more].concat());
    for (arguments, word) in [
        (&["--message", "1", "--", &last][..], "the message 1 was another request before"),
        (&["--", &last], "--message"),
        (&["--message", "8", "--type", "Doctor's appointment", &last], "in days"),
        (&["--message", "8", "--url", "http://127.0.0.1:9", &last], "no answer"),
        (&["--message", "8", "--credentials", "/no/such/file", &last], "cannot be read"),
        (&["--message", "8", "--no-such", &last], "no option"),
        (&["--message"], "needs a value"),
    ] {
        let said = ask(arguments);
        assert!(said.contains("day-off: ") && said.contains(word), "{arguments:?}: {said}");
    }
    assert!(chat.failure(&["dance"]).contains("no command dance"));
    assert!(chat.failure(&["balance", "--email", "Lukas"]).contains("--email"));
    assert!(chat.lines(&["--help"]).len() > 20);
    let make = "muster credentials create --name Blind --scope employees:read,absences:read,absences:write \
        --readable-attributes first_name,last_name,email >day-off.json";
    let blind = Recipe::with_credential_of("day-off", make, folder.path(), &server);
    let said = blind.failure(&["ask", "--email", LUKAS, "--message", "9", &last]);
    assert!(said.contains("must be able to read first_name, last_name, email and supervisor"), "{said}");
    let mut wrong: Json = serde_json::from_slice(&fs::read(&blind.credentials).unwrap()).expect("JSON");
    wrong["client_secret"] = "papi-wrong".into();
    fs::write(&blind.credentials, wrong.to_string()).unwrap();
    assert!(blind.failure(&["balance", "--email", LUKAS]).contains("the login was answered with 403"));
}

#[tokio::test]
async fn who_is_away_this_week_is_listed_and_written_for_calendars() {
    if !has_curl_and_jq() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let away = Recipe::new("who-is-away", folder.path(), &server);
    let absences = Absences::of(folder.path(), &server).await;
    let monday = today().checked_sub(Span::new().days(today().weekday().to_monday_zero_offset())).expect("a date");
    let date = |days: i64| monday.checked_add(Span::new().days(days)).expect("a date");
    let on = |days| (date(days), date(days));
    let (zoe, jonas) = ("zoe.hartwig@alpenrad.example", "jonas.ploeckinger@alpenrad.example");

    // In the team: two who are away; one who works elsewhere, one whose request waits, one away next week.
    absences.enter(jonas, "Sick leave", (date(-3), date(2)), json!({"comment": "Flu"})).await;
    absences.enter(zoe, "Sick leave", on(1), json!({"half_day_start": true})).await;
    absences.enter(zoe, "Doctor's appointment", on(1), json!({"start_time": "14:00", "end_time": "15:30"})).await;
    absences.enter(LUKAS, "Home office", (date(0), date(6)), json!({})).await;
    absences.enter(LUKAS_BOSS, "Unpaid vacation", (date(0), date(6)), json!({"skip_approval": false})).await;
    absences.enter(LUKAS, "Unpaid vacation", on(8), json!({})).await;
    // In another team.
    absences.enter("emre.tasoluk@alpenrad.example", "Sick leave", (date(0), date(6)), json!({})).await;

    let team = ["--team", "Frame Design"];
    let of_day = |days: i64, who: &str| format!("{}  {who}", date(days).strftime("%a %Y-%m-%d"));
    let jonas_alone = "Jonas Plöckinger";
    let tuesday = "Jonas Plöckinger, Zoë Hartwig (half a day), Zoë Hartwig (14:00-15:30)";
    let mut wanted = vec![of_day(0, jonas_alone), of_day(1, tuesday), of_day(2, jonas_alone)];
    wanted.extend((3..7).map(|days| of_day(days, "-")));
    assert_eq!(away.lines(&team), wanted);
    let all = away.lines(&[]);
    assert_eq!(all[0], of_day(0, "Emre Taşoluk, Jonas Plöckinger"));
    let start = date(7).to_string();
    let next = away.lines(&["--team", "Frame Design", "--start", &start, "--days", "2"]);
    assert_eq!(next, [of_day(7, "-"), of_day(8, "Lukas Weißgerber")]);

    let feeds = folder.path().join("feeds");
    fs::create_dir(&feeds).unwrap();
    let file = feeds.join("frame design.ics");
    let path = file.to_str().unwrap();
    let write = ["--team", "Frame Design", "--days", "14", "--feed", path];
    assert!(away.lines(&write).is_empty(), "cron would mail it");
    let written = fs::read_to_string(&file).expect("the feed");
    let values = |name: &str| -> Vec<String> {
        let lines = written.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        lines.map(str::to_owned).collect()
    };
    let mut names = values("SUMMARY");
    names.sort();
    assert_eq!(names, ["Jonas Plöckinger", "Lukas Weißgerber", "Zoë Hartwig", "Zoë Hartwig (half a day)"]);
    assert_eq!(values("X-WR-CALNAME"), ["Frame Design: away"]);
    let (first, after) = (date(-3).strftime("%Y%m%d").to_string(), date(3).strftime("%Y%m%d").to_string());
    assert_eq!(values("DTSTART;VALUE=DATE")[0], first, "{written}");
    assert_eq!(values("DTEND;VALUE=DATE")[0], after, "the day after the last one");
    for word in ["Sick", "Flu", "Doctor", "Home", "Emre", "Marie-Luise"] {
        assert!(!written.contains(word), "{word} in {written}");
    }

    // Another program that has the file open keeps reading the old one; a failure leaves the file as it is.
    absences.enter(zoe, "Sick leave", on(3), json!({})).await;
    let mut reading = fs::File::open(&file).unwrap();
    away.lines(&write);
    let mut old = String::new();
    std::io::Read::read_to_string(&mut reading, &mut old).unwrap();
    assert_eq!(old, written);
    let newer = fs::read_to_string(&file).unwrap();
    assert_eq!(newer.matches("SUMMARY:").count(), 5);
    let same_uids =
        |text: &str| text.lines().filter(|line| line.starts_with("UID:")).map(str::to_owned).collect::<Vec<_>>();
    assert!(same_uids(&written).iter().all(|uid| same_uids(&newer).contains(uid)));
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    fs::write(folder.path().join("plain"), "").unwrap();
    assert_eq!(mode, fs::metadata(folder.path().join("plain")).unwrap().permissions().mode());
    for (arguments, word) in [
        (&["--team", "Nobody's", "--feed", path][..], "404: There is no team"),
        (&["--start", "2026-02-30", "--feed", path], "400: The start_date"),
        (&["--days", "367", "--feed", path], "400: The days"),
        (&["--days", "x"], "--days"),
        (&["--start", "tomorrow"], "--start"),
        (&["--url", "http://127.0.0.1:9", "--feed", path], "no answer"),
        (&["--feed", "/no/such/folder/x.ics"], "cannot be written"),
        (&["--feed"], "needs a value"),
        (&["Frame Design"], "no option"),
    ] {
        let said = away.failure(arguments);
        assert!(said.contains("who-is-away: ") && said.contains(word), "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), newer);
    assert_eq!(fs::read_dir(&feeds).unwrap().count(), 1, "nothing is left lying about");
    assert!(away.lines(&["--help"]).len() > 20);

    let make = "muster credentials create --name Blind --scope absences:read >who-is-away.json";
    let blind = Recipe::with_credential_of("who-is-away", make, folder.path(), &server);
    assert!(blind.failure(&team).contains("403: The credential may not read the attribute team."));
    assert!(blind.lines(&[])[0].contains("Employee "), "numbers in place of names");
}

const ZOE: &str = "zoe.hartwig@alpenrad.example";

/// A PDF of one page as programs write it, with a picture of noise of so many rows of 3,000 bytes.
fn pdf(title: &str, rows: u32) -> Vec<u8> {
    let mut seed = 1_u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    };
    let picture: Vec<u8> = (0..rows * 3_000).map(|_| noise()).collect();
    let page = format!("BT /F1 12 Tf 60 770 Td ({title}) Tj ET\nq 400 0 0 400 60 300 cm /I1 Do Q\n");
    let stream = |more: &str, content: &[u8]| {
        let begin = format!("<< {more} /Length {} >>\nstream\n", content.len());
        [begin.as_bytes(), content, b"\nendstream"].concat()
    };
    let image =
        format!("/Type /XObject /Subtype /Image /Width 1000 /Height {rows} /ColorSpace /DeviceRGB /BitsPerComponent 8");
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
          /Resources << /Font << /F1 5 0 R >> /XObject << /I1 6 0 R >> >> >>"
            .to_vec(),
        stream("", page.as_bytes()),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
        stream(&image, &picture),
    ];
    // Behind the objects stands where each of them begins.
    let mut written = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = vec![format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1)];
    for (index, object) in objects.iter().enumerate() {
        places.push(format!("{:010} 00000 n \n", written.len()));
        written.extend(format!("{} 0 obj\n", index + 1).into_bytes());
        written.extend([object.as_slice(), b"\nendobj\n"].concat());
    }
    let start = written.len();
    let trailer = format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    written.extend([places.concat(), trailer].concat().into_bytes());
    written
}

/// A muster with a variable of its environment.
fn start_with(data: &Path, name: &str, value: &str) -> Server {
    let mut command = muster(&["--port", "0", "--data-dir", data.to_str().unwrap()]);
    command.env(name, value);
    let child = command.stdout(Stdio::piped()).spawn().expect("muster runs");
    let mut server = Server { child, base_url: String::new(), banner: String::new() };
    let mut lines = BufReader::new(server.child.stdout.take().unwrap()).lines();
    while server.base_url.is_empty() {
        let line = lines.next().expect("muster gets ready").expect("a line");
        line.strip_prefix("muster is ready at ").unwrap_or_default().clone_into(&mut server.base_url);
    }
    std::thread::spawn(move || lines.for_each(drop));
    server
}

async fn documents(client: &Client) -> Vec<Json> {
    let page = client.get("/v1/company/documents?limit=200").await;
    assert_eq!(page["success"], true, "{page}");
    page["data"].as_array().expect("a page").clone()
}

async fn download(client: &Client, id: &Json) -> Vec<u8> {
    let url = format!("{}/v1/company/documents/{id}/download", client.base_url);
    // The address to which it leads takes no token, and the client sends none to another host.
    let answer = client.http.get(url).bearer_auth(&client.token).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.bytes().await.expect("a body").to_vec()
}

#[tokio::test]
async fn payslips_are_uploaded_once_however_often_they_are_sent() {
    if !has_curl_and_jq() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // As on AWS: 4 MB.
    let server = start_with(folder.path(), "MUSTER_MAX_DIRECT_UPLOAD", "4194304");
    let payslips = Recipe::new("payslips", folder.path(), &server);
    let client = Client::login(&server.base_url, &credentials(folder.path())).await;
    let export = folder.path().join("pay roll; \"export\", 100%");
    fs::create_dir(&export).unwrap();
    let path = export.to_str().unwrap();
    let write = |name: &str, content: &[u8]| fs::write(export.join(name), content).unwrap();

    // By name: month, whose, title, date, bytes. One is too large to come with its document, one name is in capitals.
    let upper = format!("2024-02_{}.PDF", LUKAS.to_uppercase());
    let (november, bosses, zoes) =
        (format!("2026-11_{LUKAS}.pdf"), format!("2026-11_{LUKAS_BOSS}.pdf"), format!("2026-11_{ZOE}.pdf"));
    let wanted = [
        (&upper, LUKAS, "Payslip February 2024", "2024-02-29", pdf("February", 1)),
        (&november, LUKAS, "Payslip November 2026", "2026-11-30", pdf("November", 2)),
        (&bosses, LUKAS_BOSS, "Payslip November 2026", "2026-11-30", pdf("November", 1_000)),
        (&zoes, ZOE, "Payslip November 2026", "2026-11-30", pdf("November", 1_500)),
    ];
    assert!(wanted[2].4.len() < 4 * 1024 * 1024 && wanted[3].4.len() > 4 * 1024 * 1024);
    for (name, .., content) in &wanted {
        write(name, content);
    }
    // What is no payslip.
    let program = b"MZ\x90\x00\x03\x00\x00\x00".repeat(500);
    let sly = [&program[..8], b"%PDF-1.4\n", &program, b"\n%%EOF\n"].concat();
    let cut = &wanted[0].4[..2_000];
    let emre = "emre.tasoluk@alpenrad.example";
    let refused = [
        ("2026-11_nobody@alpenrad.example.pdf".to_owned(), &wanted[0].4[..], "nobody with the address nobody@alpenrad"),
        (format!("2026-09_{emre}.pdf"), &program, "it is no PDF"),
        (format!("2026-10_{emre}.pdf"), &sly, "The content of the file is not what its extension says"),
        (format!("2026-11_{emre}.pdf"), cut, "without its end"),
        (format!("2026-13_{emre}.pdf"), &wanted[0].4, "its name is not like"),
        (format!("2026-11_{emre}.exe"), &wanted[0].4, "its name is not like"),
        ("notes.txt".to_owned(), b"x", "its name is not like"),
        ("empty.pdf".to_owned(), b"", "its name is not like"),
    ];
    for (name, content, _) in &refused {
        write(name, content);
    }
    fs::create_dir(export.join("2026-10")).unwrap();

    let of = |lines: &[String], name: &str| {
        let mut found = lines.iter().filter_map(|line| line.split_once(&format!(" {name}: ")).map(|(_, said)| said));
        let said = found.next().unwrap_or_else(|| panic!("a line of {name} in {lines:?}")).to_owned();
        assert!(found.next().is_none());
        said
    };
    let run = |arguments: &[&str], last: &str| {
        let (code, lines, said) = payslips.run(&[arguments, &[path]].concat());
        assert_eq!((code, said.as_str()), (Some(1), ""), "{lines:?}");
        assert_eq!(lines.len(), wanted.len() + refused.len() + 1, "{lines:?}");
        assert_eq!(lines.last().unwrap(), last, "{lines:?}");
        for (name, content, word) in &refused {
            // Only the server sees through this one.
            let passes = arguments == ["--dry-run"] && *content == sly;
            let said = of(&lines, name);
            assert!(passes || said.starts_with("refused: ") && said.contains(word), "{said}");
        }
        lines
    };

    let lines = run(&["--dry-run"], "5 to be uploaded, 0 there already, 7 refused");
    let said = of(&lines, &upper);
    assert_eq!(said, "would be uploaded to employee 5 as Payslip February 2024 of 2024-02-29");
    assert!(documents(&client).await.is_empty(), "nothing is done");

    let lines = run(&[], "4 uploaded, 0 there already, 8 refused");
    let stored = documents(&client).await;
    assert_eq!(stored.len(), wanted.len());
    for (name, email, title, date, content) in &wanted {
        let document = stored.iter().find(|one| of(&lines, name) == format!("uploaded as document {}", one["id"]));
        let document = document.unwrap_or_else(|| panic!("{name} in {lines:?}"));
        let shown = &document["attributes"];
        assert_eq!(shown["employee"]["attributes"]["email"]["value"], *email);
        assert_eq!((&shown["title"], &shown["date"]), (&json!(title), &json!(date)));
        assert_eq!(shown["category"]["attributes"]["name"], "Payslips");
        assert_eq!(shown["file"]["name"], format!("payslip-{}.pdf", &date[..7]));
        assert_eq!((&shown["file"]["size"], &shown["comment"]), (&json!(content.len()), &json!("")));
        assert!(download(&client, &document["id"]).await == *content, "the bytes of {name}");
    }

    // Again, on another day as well: without the keys, which are good for a day, what is there says it.
    let lines = run(&[], "0 uploaded, 4 there already, 8 refused");
    for document in &stored {
        let said = format!("there already, as document {}", document["id"]);
        assert!(lines.iter().any(|line| line.ends_with(&said)), "{said}: {lines:?}");
    }
    assert_eq!(documents(&client).await, stored);
    assert_eq!(fs::read_dir(folder.path().join("s3/muster-files/staging/alpenrad")).unwrap().count(), 0);
}

#[tokio::test]
async fn payslips_that_were_moved_or_deleted_or_are_corrected_are_known() {
    if !has_curl_and_jq() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let payslips = Recipe::new("payslips", folder.path(), &server);
    let client = Client::login(&server.base_url, &credentials(folder.path())).await;
    let export = folder.path().join("export");
    fs::create_dir(&export).unwrap();
    for email in [LUKAS, LUKAS_BOSS, ZOE] {
        fs::write(export.join(format!("2026-11_{email}.pdf")), pdf("November", 1)).unwrap();
    }
    let run = |last: &str| {
        let mut lines = payslips.lines(&[export.to_str().unwrap()]);
        assert_eq!(lines.pop().as_deref(), Some(last), "{lines:?}");
        lines.into_iter().map(|line| line.split_once(".pdf: ").expect("a file").1.to_owned()).collect::<Vec<_>>()
    };
    let said = run("3 uploaded, 0 there already, 0 refused");
    assert_eq!(said, [1, 2, 3].map(|id| format!("uploaded as document {id}")));

    // Of the first one the bytes are others; the second one was moved; the third one was deleted, and that twice.
    let url = |id: u32| format!("{}/v1/company/documents/{id}", client.base_url);
    let moved = client.http.patch(url(2)).bearer_auth(&client.token).json(&json!({"date": "2026-12-01"}));
    assert_eq!(moved.send().await.expect("an answer").status(), 200);
    fs::write(export.join(format!("2026-11_{LUKAS}.pdf")), pdf("November, corrected", 1)).unwrap();
    let delete = async |id| {
        let deleted = client.http.delete(url(id)).bearer_auth(&client.token).send().await.expect("an answer");
        assert_eq!(deleted.status(), 204);
    };
    delete(3).await;
    let said = run("2 uploaded, 1 there already, 0 refused");
    assert_eq!(said[0], "uploaded as document 4, beside 1 of the same month with another content");
    assert_eq!(said[1..], ["there already, as document 2".to_owned(), "uploaded as document 5".to_owned()]);
    delete(5).await;
    let said = run("1 uploaded, 2 there already, 0 refused");
    assert_eq!(said[2], "uploaded as document 6");
    run("0 uploaded, 3 there already, 0 refused");
    assert_eq!(documents(&client).await.len(), 4);
}

#[tokio::test]
async fn payslips_that_cannot_be_uploaded_fail_with_the_reason() {
    if !has_curl_and_jq() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let payslips = Recipe::new("payslips", folder.path(), &server);
    let demo = format!("{ROOT}/examples/payslips/demo");
    let lines = payslips.lines(&["--category", "Certificates", &demo]);
    assert_eq!(lines.last().map(String::as_str), Some("3 uploaded, 0 there already, 0 refused"));
    let lines = payslips.lines(&[&format!("{demo}/")]);
    assert_eq!(lines.last().map(String::as_str), Some("3 uploaded, 0 there already, 0 refused"), "in each category");
    assert!(payslips.lines(&["--help"]).len() > 20);
    let none = folder.path().join("none");
    fs::create_dir_all(none.join("below")).unwrap();
    for (arguments, word) in [
        (&[][..], "which folder"),
        (&["/no/such/folder"], "no folder"),
        (&[&demo, &demo], "one folder"),
        (&[none.to_str().unwrap()], "no files"),
        (&["--category", "Payroll", &demo], "there are: Employment contracts, Payslips, "),
        (&["--url", "http://127.0.0.1:9", &demo], "no answer"),
        (&["--credentials", "/no/such/file", &demo], "cannot be read"),
        (&["--no-such", &demo], "no option"),
        (&["--category"], "needs a value"),
    ] {
        let said = payslips.failure(arguments);
        assert!(said.contains("payslips: ") && said.contains(word), "{arguments:?}: {said}");
    }
    for (scopes, readable, word) in [
        ("employees:read,documents:read", "email", "403: "),
        ("documents:read,documents:write", "email", "403: "),
        ("employees:read,documents:read,documents:write", "first_name", "must be able to read email"),
    ] {
        let make = format!(
            "muster credentials create --name Less --scope {scopes} --readable-attributes {readable} >payslips.json"
        );
        let less = Recipe::with_credential_of("payslips", &make, folder.path(), &server);
        let said = less.failure(&["--category", "References", &demo]);
        assert!(said.contains(word), "{scopes} {readable}: {said}");
    }
}

#[tokio::test]
async fn no_recipe_puts_a_secret_where_others_can_see_it() {
    if !has_curl_and_jq() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Of payslips, all are too large to come with their documents, so that the addresses of uploads are tried as well.
    let server = start_with(folder.path(), "MUSTER_MAX_DIRECT_UPLOAD", "100");
    let chat = Recipe::new("day-off", folder.path(), &server);
    let away = Recipe::new("who-is-away", folder.path(), &server);
    let payslips = Recipe::new("payslips", folder.path(), &server);
    let demo = format!("{ROOT}/examples/payslips/demo");
    // Tools that write down how they were called, and then do their work.
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).unwrap();
    for tool in ["curl", "jq"] {
        let script = "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\" >>\"$CALLS\"\nPATH=$REAL_PATH exec \"${0##*/}\" \"$@\"\n";
        fs::write(tools.join(tool), script).unwrap();
        fs::set_permissions(tools.join(tool), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let calls = folder.path().join("calls");
    let mut clock = Command::new("bash");
    clock.arg(format!("{ROOT}/examples/time-clock")).args(["--url", &server.base_url]);
    clock.env("MUSTER_CREDENTIALS", folder.path().join("demo-credentials.json"));
    let dayoff = chat.command(&["balance", "--email", LUKAS]);
    let mut uploads = 0;
    for mut command in [dayoff, away.command(&[]), payslips.command(&[&demo]), clock] {
        command.env("CALLS", &calls).env("REAL_PATH", std::env::var_os("PATH").unwrap_or_default());
        let output = command.env("PATH", path_with(&tools)).output().expect("bash runs");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let seen = fs::read_to_string(&calls).expect("the calls");
        assert!(seen.contains("/curl\n") && seen.contains("/v1/auth"), "{seen}");
        uploads += seen.matches("/v1/company/documents/uploads\n").count();
        for shown in [seen, text(&output.stdout), text(&output.stderr)] {
            assert!(!shown.contains("papi-"), "client ids, secrets and tokens begin so: {shown}");
            assert!(!shown.contains("X-Amz-"), "whoever has an address can upload: {shown}");
        }
    }
    assert!(uploads > 0, "the way of large files is tried");
}
