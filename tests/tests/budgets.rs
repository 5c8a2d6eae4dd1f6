//! What each endpoint costs the store: one table, in `docs/BUDGETS.md`, that
//! this test compares with what it counts. `MUSTER_UPDATE=1` writes it anew.

use std::fmt::Write;
use std::path::PathBuf;

use console::store;
use serde_json::Value as Json;
use serde_json::json;
use tests::Answer;
use tests::Client;
use tests::Muster;
use tests::console::Browser;
use tests::console::PASSWORD;
use tests::console::administrator;
use tests::console::value_of;
use tests::generated::assert_file;
use tests::log;
use tests::many;
use tests::open_id::Attempt;
use tests::open_id::BEGIN;
use tests::open_id::SigningKey;
use tests::open_id::TestProvider;
use tests::picture;
use tests::place;

const HEAD: &str = "# What each endpoint costs the store

Counted at the SDK by `cargo test -p tests --test budgets`, which fails when a number changes;
`MUSTER_UPDATE=1` in front of it writes this file anew. *Calls* are HTTP requests to DynamoDB and S3,
*round trips* are those that had to wait for another one's answer, plus the first. *Read* and
*write* are capacity units as the store reported them; reads are strongly consistent. Credential
and settings are kept in the process for 30 seconds; the rows that begin with *cold* come from a
process that has just started. *Record* is what the entry of the request costs to write, after the
answer and in no round trip of it; what leaves no entry has none. Where many calls go out together, which of them count as one round trip is chance: there
the table has the bound that is asserted.

| request | calls | round trips | read | write | record |
| --- | ---: | ---: | ---: | ---: | ---: |
";

struct Table {
    rows: String,
}

impl Table {
    fn add(&mut self, name: &str, answer: &Answer) -> Json {
        assert!(answer.status < 500, "{name}: {}", answer.body);
        let line = answer.log_line();
        let number = |key: &str| line[key].as_f64().expect("a number");
        writeln!(
            self.rows,
            "| {name} | {} | {} | {} | {} | {} |",
            number("store_calls"),
            number("round_trips"),
            number("read_units"),
            number("write_units"),
            recorded(answer, &line),
        )
        .expect("a string takes it");
        line
    }
}

impl Table {
    /// The same where many calls go out together: whether two of them count as one round trip is chance, the bound is not.
    fn up_to(&mut self, name: &str, answer: &Answer, round_trips: u64) {
        assert!(answer.status < 500, "{name}: {}", answer.body);
        let line = answer.log_line();
        within(&line, round_trips);
        let number = |key: &str| line[key].as_f64().expect("a number");
        let (calls, read, write) = (number("store_calls"), number("read_units"), number("write_units"));
        let record = recorded(answer, &line);
        writeln!(self.rows, "| {name} | {calls} | ≤ {round_trips} | {read} | {write} | {record} |")
            .expect("a string takes it");
    }
}

/// The write units of the entry of a request.
fn recorded(answer: &Answer, line: &Json) -> u64 {
    let route = line["route"].as_str().unwrap_or_default();
    let is_look = line["method"] == "GET" && answer.status < 400;
    // What an administrator only looks at leaves no entry, but for the record itself.
    let of_console = route.starts_with("/console") || route.starts_with("/admin/");
    if ["/openapi.json", "/health"].contains(&route) || (of_console && is_look && !route.ends_with("/record")) {
        return 0;
    }
    let entry = log::record_line_of(answer.header("x-request-id"));
    let units = entry["units"].as_u64().expect("a number");
    assert!((1..=2).contains(&units), "an entry is short: {entry}");
    if entry["entries"] == 1 {
        assert_eq!(entry["write_units"].as_f64(), Some(f64::from(u32::try_from(units).expect("few"))), "{entry}");
    }
    units
}

fn within(line: &Json, round_trips: u64) {
    let counted = line["round_trips"].as_u64().expect("a number");
    assert!(counted <= round_trips, "{counted} round trips, {round_trips} are allowed: {line}");
}

const PATH: &str = "/v1/company/employees";

async fn reads(table: &mut Table, client: &Client, boss: u64, report: u64) {
    client.get(PATH).await;
    let all = "GET employees, the first 50 of 300";
    within(&table.add(all, &client.get(PATH).await), 1);
    let behind = client.get(&format!("{PATH}?offset=125")).await;
    within(&table.add("GET employees, 50 behind an offset", &behind), 2);
    let last = client.get(&format!("{PATH}?offset=250")).await;
    within(&table.add("GET employees, the last 50", &last), 2);
    table.add("GET employees, past the end", &client.get(&format!("{PATH}?offset=1000")).await);
    let with_boss = client.get(&format!("{PATH}?limit=1&offset=301")).await;
    assert_eq!(with_boss.body["data"][0]["attributes"]["id"]["value"], report);
    within(&table.add("GET employees, one whose supervisor is on another page", &with_boss), 3);
    let email = client.get(&format!("{PATH}?email=boss@test.example")).await;
    within(&table.add("GET employees by email", &email), 2);
    let nobody = client.get(&format!("{PATH}?email=nobody@test.example")).await;
    within(&table.add("GET employees by an unknown email", &nobody), 1);
    let changed = client.get(&format!("{PATH}?updated_since=1999-01-01&limit=50")).await;
    within(&table.add("GET employees, 50 of 302 changed since", &changed), 2);
    let unchanged = client.get(&format!("{PATH}?updated_since=2999-01-01")).await;
    within(&table.add("GET employees, nobody changed since", &unchanged), 1);
    within(&table.add("GET an employee", &client.get(&format!("{PATH}/{boss}")).await), 1);
    let nested = client.get(&format!("{PATH}/{report}")).await;
    within(&table.add("GET an employee with a supervisor", &nested), 2);
    within(&table.add("GET an unknown employee", &client.get(&format!("{PATH}/99999")).await), 1);
    within(&table.add("GET attributes", &client.get(&format!("{PATH}/attributes")).await), 0);
    within(&table.add("GET custom-attributes", &client.get(&format!("{PATH}/custom-attributes")).await), 0);
}

async fn writes(table: &mut Table, client: &Client, boss: u64, report: u64) {
    let create = |email: &str, supervisor: Json| {
        let body =
            json!({"employee": {"email": email, "first_name": "A", "last_name": "B", "supervisor_id": supervisor}});
        let client = client.clone();
        async move { client.post(PATH, &body).await }
    };
    within(&table.add("POST an employee", &create("new@test.example", Json::Null).await), 2);
    within(&table.add("POST an employee with a supervisor", &create("newer@test.example", json!(boss)).await), 2);
    within(&table.add("POST an employee with a taken email", &create("new@test.example", Json::Null).await), 2);
    table.add("POST an employee that breaks a rule", &create("no address", Json::Null).await);
    let with_key = async |email: &str| {
        let body = json!({"employee": {"email": email, "first_name": "A", "last_name": "B"}});
        Answer::of(client.request("POST", PATH).header("idempotency-key", "k").json(&body)).await
    };
    within(&table.add("POST an employee with an idempotency key", &with_key("once@test.example").await), 4);
    within(&table.add("the same again: the stored answer", &with_key("once@test.example").await), 1);
    within(&table.add("another employee with the same key", &with_key("twice@test.example").await), 1);
    let update = |fields: Json| {
        let client = client.clone();
        async move { client.patch(&format!("{PATH}/{report}"), &json!({ "employee": fields })).await }
    };
    within(&table.add("PATCH an employee", &update(json!({"position": "P"})).await), 2);
    within(&table.add("PATCH an employee, nothing changes", &update(json!({"position": "P"})).await), 1);
    update(json!({"supervisor_id": null})).await;
    let supervisor = update(json!({"supervisor_id": boss})).await;
    within(&table.add("PATCH a supervisor with nobody above", &supervisor), 3);
}

const ATTENDANCES: &str = "/v1/company/attendances";
const MARCH: &str = "start_date=2026-03-01&end_date=2026-03-31";

fn period(employee: u64, day: u64, start: u64) -> Json {
    json!({
        "employee": employee, "date": format!("2026-03-{day:02}"), "break": 0,
        "start_time": format!("{start:02}:00"), "end_time": format!("{start:02}:45"),
    })
}

async fn post(client: &Client, rows: &[Json]) -> Answer {
    client.post(ATTENDANCES, &json!({ "attendances": rows })).await
}

/// Attendance of the employees 1 to 20, by the API itself.
async fn attendance_writes(table: &mut Table, client: &Client) {
    within(&table.add("POST an attendance", &post(client, &[period(1, 2, 8)]).await), 2);
    within(&table.add("POST an attendance for a day that has one", &post(client, &[period(1, 2, 9)]).await), 2);
    within(&table.add("POST an attendance over another one", &post(client, &[period(1, 2, 9)]).await), 2);
    within(&table.add("POST an attendance of an unknown employee", &post(client, &[period(9_999, 2, 9)]).await), 1);
    let days: Vec<Json> = (1..=20).flat_map(|employee| (3..=7).map(move |day| period(employee, day, 8))).collect();
    within(&table.add("POST 100 attendances, 20 employees on 5 days", &post(client, &days).await), 3);
    let people: Vec<Json> = (101..=200).map(|employee| period(employee, 10, 8)).collect();
    within(&table.add("POST 100 attendances, 100 employees on a day", &post(client, &people).await), 3);
    let months: Vec<Json> = (0..100)
        .map(|day| {
            let date =
                jiff::civil::Date::constant(2025, 1, 1).checked_add(jiff::Span::new().days(day)).expect("a date");
            json!({"employee": 50, "date": date.to_string(), "start_time": "08:00", "end_time": "12:00", "break": 0})
        })
        .collect();
    within(&table.add("POST 100 attendances, an employee on 100 days", &post(client, &months).await), 3);
    let one = format!("{ATTENDANCES}/1");
    within(&table.add("PATCH an attendance", &client.patch(&one, &json!({"comment": "x"})).await), 3);
    within(&table.add("PATCH an attendance, nothing changes", &client.patch(&one, &json!({"comment": "x"})).await), 2);
    within(
        &table.add("PATCH an attendance onto another day", &client.patch(&one, &json!({"date": "2026-03-20"})).await),
        3,
    );
    within(&table.add("PATCH the project of an attendance", &client.patch(&one, &json!({"project_id": 1})).await), 4);
    within(&table.add("DELETE an attendance", &client.delete(&format!("{ATTENDANCES}/2")).await), 3);
    let pending = client.post(ATTENDANCES, &json!({"attendances": [period(1, 25, 8)], "skip_approval": false})).await;
    let path = format!("{ATTENDANCES}/{}", pending.body["data"]["id"][0]);
    within(&table.add("POST approve", &client.post(&format!("{path}/approve"), &json!({})).await), 3);
    let pending = client.post(ATTENDANCES, &json!({"attendances": [period(1, 26, 8)], "skip_approval": false})).await;
    let other = format!("{ATTENDANCES}/{}", pending.body["data"]["id"][0]);
    within(&table.add("POST reject", &client.post(&format!("{other}/reject"), &json!({})).await), 3);
    within(&table.add("POST approve, not pending", &client.post(&format!("{path}/approve"), &json!({})).await), 2);
}

async fn attendance_reads(table: &mut Table, client: &Client) {
    let list = |query: String| {
        let client = client.clone();
        async move { client.get(&format!("{ATTENDANCES}?{query}")).await }
    };
    within(&table.add("GET attendances, the first 50 of a month", &list(format!("{MARCH}&limit=50")).await), 4);
    let behind = list(format!("{MARCH}&limit=50&offset=100")).await;
    within(&table.add("GET attendances, 50 behind an offset", &behind), 4);
    within(&table.add("GET attendances, past the end", &list(format!("{MARCH}&offset=5000")).await), 1);
    let booked = list("start_date=2026-03-20&end_date=2026-03-20".to_owned()).await;
    within(&table.add("GET attendances with a project", &booked), 4);
    let own = list(format!("{MARCH}&employees[]=3")).await;
    within(&table.add("GET attendances, a month of one employee", &own), 2);
    let many = (101..=150).map(|id| format!("&employees[]={id}")).collect::<Vec<_>>().concat();
    within(&table.add("GET attendances, a month of 50 employees", &list(format!("{MARCH}{many}")).await), 2);
    let changed = list(format!("{MARCH}&updated_from=2020-01-01")).await;
    within(&table.add("GET attendances, a month that changed since", &changed), 3);
    let unchanged = list(format!("{MARCH}&updated_from=2999-01-01")).await;
    within(&table.add("GET attendances, nothing changed since", &unchanged), 1);
    within(&table.add("GET an attendance", &client.get(&format!("{ATTENDANCES}/20")).await), 3);
    within(&table.add("GET an unknown attendance", &client.get(&format!("{ATTENDANCES}/99999")).await), 1);
}

async fn project_rows(table: &mut Table, client: &Client) {
    let path = format!("{ATTENDANCES}/projects");
    within(&table.add("GET projects", &client.get(&path).await), 1);
    let created = client.post(&path, &json!({"name": "New", "active": true})).await;
    within(&table.add("POST a project", &created), 2);
    let one = format!("{path}/{}", created.body["data"]["id"]);
    within(&table.add("PATCH a project", &client.patch(&one, &json!({"name": "Newer"})).await), 2);
    within(&table.add("DELETE a project", &client.delete(&one).await), 2);
}

const TIME_OFFS: &str = "/v1/company/time-offs";
const PERIODS: &str = "/v1/company/absence-periods";

fn absence(kind: u64, employee: u64, first: &str, last: &str) -> Json {
    json!({"employee_id": employee, "time_off_type_id": kind, "start_date": first, "end_date": last})
}

async fn absence_writes(table: &mut Table, client: &Client) {
    let days = |employee: u64, first: &str, last: &str| {
        let (client, body) = (client.clone(), absence(1, employee, first, last));
        async move { client.post(TIME_OFFS, &body).await }
    };
    within(&table.add("POST a time-off of a day", &days(1, "2026-03-02", "2026-03-02").await), 2);
    within(&table.add("POST a time-off of two weeks", &days(1, "2026-04-06", "2026-04-19").await), 2);
    within(&table.add("POST a time-off of 2,048 days", &days(2, "2026-01-01", "2031-08-10").await), 2);
    within(&table.add("POST a time-off over another one", &days(1, "2026-04-10", "2026-04-11").await), 1);
    within(&table.add("POST a time-off of an unknown employee", &days(9_999, "2026-03-02", "2026-03-02").await), 1);
    let hours = client.post(PERIODS, &absence(2, 1, "2026-03-03", "2026-03-03")).await;
    within(&table.add("POST an absence period of a day", &hours), 2);
    let one = format!("{TIME_OFFS}/1");
    within(&table.add("PATCH the comment of a time-off", &client.patch(&one, &json!({"comment": "x"})).await), 3);
    within(&table.add("PATCH a time-off, nothing changes", &client.patch(&one, &json!({"comment": "x"})).await), 2);
    let moved = client.patch(&one, &json!({"start_date": "2026-05-04", "end_date": "2026-05-08"})).await;
    within(&table.add("PATCH the dates of a time-off", &moved), 3);
    let mut pending = absence(1, 3, "2026-06-01", "2026-06-05");
    pending["skip_approval"] = json!(false);
    let pending = client.post(TIME_OFFS, &pending).await;
    let path = format!("{TIME_OFFS}/{}", pending.body["data"]["attributes"]["id"]);
    within(&table.add("POST approve of a time-off", &client.post(&format!("{path}/approve"), &json!({})).await), 3);
    within(&table.add("DELETE a time-off", &client.delete(&path).await), 3);
}

async fn absence_reads(table: &mut Table, client: &Client) {
    for employee in 101..=200 {
        let first = format!("2026-09-{:02}", 1 + employee % 28);
        let last = format!("2026-10-{:02}", 1 + employee % 28);
        assert_eq!(client.post(TIME_OFFS, &absence(1, employee, &first, &last)).await.status, 200);
    }
    let list = |query: &str| {
        let (client, path) = (client.clone(), format!("{TIME_OFFS}?{query}"));
        async move { client.get(&path).await }
    };
    table.up_to("GET time-offs, the first 50", &list("limit=50").await, 5);
    table.up_to("GET time-offs, page 2 of 50", &list("limit=50&offset=2").await, 5);
    let running = list("limit=50&start_date=2026-09-29&end_date=2026-10-05").await;
    table.up_to("GET time-offs of a week, the first 50, which began before", &running, 5);
    within(&table.add("GET time-offs, past the end", &list("limit=50&offset=99").await), 1);
    within(&table.add("GET time-offs of one employee", &list("employees[]=101").await), 2);
    within(&table.add("GET time-offs that changed since", &list("limit=50&updated_from=2020-01-01").await), 3);
    within(&table.add("GET time-offs, nothing changed since", &list("updated_from=2999-01-01").await), 1);
    within(&table.add("GET a time-off", &client.get(&format!("{TIME_OFFS}/1")).await), 2);
    within(&table.add("GET an unknown time-off", &client.get(&format!("{TIME_OFFS}/99999")).await), 1);
    let periods = client.get(&format!("{PERIODS}?start_date=2026-03-01&absence_types[]=2")).await;
    table.up_to("GET absence periods of a kind since a day", &periods, 5);
    let balance = client.get("/v1/company/employees/1/absences/balance").await;
    within(&table.add("GET a balance", &balance), 1);
    let calendar = client.get("/v1/company/absences.ics?start_date=2026-09-28").await;
    table.up_to("GET absences.ics of a week", &calendar, 6);
}

const DOCUMENTS: &str = "/v1/company/documents";

async fn document_rows(table: &mut Table, client: &Client) {
    let fields = [("title", "T"), ("employee_id", "1"), ("category_id", "1")];
    let upload = async || client.upload(&fields, Some(("a.txt", b"agreed"))).await;
    table.up_to("POST a document with its file", &upload().await, 5);
    let mut body = json!({"title": "T", "employee_id": 1, "category_id": 1, "file_name": "a.txt", "size": 6});
    body["sha256"] = json!("0".repeat(64));
    table.up_to("POST an upload", &client.post(&format!("{DOCUMENTS}/uploads"), &body).await, 3);
    let one = format!("{DOCUMENTS}/1");
    for _ in 0..60 {
        assert_eq!(upload().await.status, 201);
    }
    table.up_to("GET documents, the first 50", &client.get(DOCUMENTS).await, 5);
    table.up_to("GET documents, 10 behind an offset", &client.get(&format!("{DOCUMENTS}?offset=50")).await, 5);
    let own = client.get(&format!("{DOCUMENTS}?employees[]=1")).await;
    within(&table.add("GET documents of one employee", &own), 2);
    let changed = client.get(&format!("{DOCUMENTS}?updated_from=2020-01-01")).await;
    within(&table.add("GET documents that changed since", &changed), 3);
    within(&table.add("GET a document", &client.get(&one).await), 2);
    within(&table.add("GET the download of a document", &client.get(&format!("{one}/download")).await), 1);
    within(&table.add("PATCH a document", &client.patch(&one, &json!({"title": "U"})).await), 3);
    within(&table.add("DELETE a document", &client.delete(&one).await), 5);
    within(&table.add("GET document-categories", &client.get("/v1/company/document-categories").await), 0);
}

async fn picture_rows(table: &mut Table, client: &Client, employee: u64) {
    let path = format!("{PATH}/{employee}/profile-picture");
    let set = async || client.set_picture(employee, &picture::random(8, 8)).await;
    table.up_to("PUT a first picture", &set().await, 4);
    table.up_to("PUT a picture in place of another", &set().await, 6);
    within(&table.add("GET a picture", &client.get(&path).await), 2);
    let small = format!("{path}/4");
    within(&table.add("GET a picture in a width for the first time", &client.get(&small).await), 4);
    within(&table.add("GET a picture in a width", &client.get(&small).await), 2);
    within(&table.add("DELETE a picture of two sizes", &client.delete(&path).await), 4);
}

/// Ids with a gap before them, as an import can leave them: the node that is tried first is the wrong one.
async fn gaps(table: &mut Table) {
    let muster = Muster::start().await;
    many::store(&muster, 40_001..=40_100).await;
    let client = muster.client(&["employees:read"], &[]).await;
    client.get(PATH).await;
    let behind = client.get(&format!("{PATH}?offset=50")).await;
    assert_eq!(behind.body["data"][0]["attributes"]["id"]["value"], 40_051);
    within(&table.add("GET employees, 50 behind an offset where ids have gaps of thousands", &behind), 3);
}

async fn open_id_rows(table: &mut Table, muster: &Muster) {
    let key = SigningKey::random("key");
    let provider = TestProvider::start(&[&key]).await;
    let deps = muster.deps.clone().with_open_id(Some(provider.settings(None)));
    let muster = Muster::serve(deps, muster.company.clone()).await;
    let email = administrator(&muster).await.email;
    let begun = muster.anonymous().get(BEGIN).await;
    within(&table.add("GET console sign-in, to the provider", &begun), 1);
    let attempt = Attempt::of(&begun);
    provider.give(Some(&key.sign(&provider.claims(&attempt, email.as_str(), muster.deps.clock.now()))));
    let ended = attempt.end(&muster).await;
    assert_eq!(ended.status, 200, "{}", ended.text);
    within(&table.add("GET console sign-in, back from the provider", &ended), 5);
}

// With more threads than the one that waits for what is written beside the answers.
async fn console_rows(table: &mut Table, muster: &Muster) {
    let account = administrator(muster).await;
    let form = |path: &str, fields: &[(&str, &str)]| Answer::of(muster.anonymous().request("POST", path).form(fields));
    let email = account.email.as_str();
    let signed = form("/console/sign-in", &[("email", email), ("password", PASSWORD)]).await;
    within(&table.add("POST console sign-in", &signed), 3);
    let wrong = form("/console/sign-in", &[("email", email), ("password", "wrong wrong wrong")]).await;
    within(&table.add("POST console sign-in, a wrong password", &wrong), 3);
    let link = store::create_link(&muster.deps, &account).await.expect("a link");
    let path = format!("/console/sign-in/{}", link.reveal());
    within(&table.add("POST console sign-in, by a link", &form(&path, &[]).await), 3);
    let browser = Browser::of(muster, account).await;
    browser.get("/console/credentials").await;
    within(&table.add("GET console credentials", &browser.get("/console/credentials").await), 4);
    let new = browser.get("/console/credentials/new").await;
    let number = value_of(&new.text, "number");
    let fields = [("number", number.as_str()), ("name", "Budget"), ("scopes[]", "absences:read")];
    let created = browser.submit("/console/credentials/new", &fields).await;
    assert_eq!(created.status, 200, "{}", created.text);
    within(&table.add("POST console credentials, shown with the list", &created), 6);
    let body = json!({"name": "Budget", "scopes": ["absences:read"]});
    let created = browser.call("POST", "/admin/v1/credentials", &body).await;
    within(&table.add("POST admin credentials", &created), 2);
    let one = format!("/admin/v1/credentials/{}", created.body["data"]["client_id"].as_str().expect("an id"));
    within(&table.add("PATCH admin credential", &browser.call("PATCH", &one, &json!({"name": "B"})).await), 3);
    let rotated = browser.call("POST", &format!("{one}/rotate"), &json!({})).await;
    within(&table.add("POST admin credential, another secret", &rotated), 3);
    within(&table.add("DELETE admin credential", &browser.call("DELETE", &one, &json!({})).await), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_budget_table_holds() {
    place::needs_own_storage("a table that counts what each call reads");
    let muster = Muster::start().await;
    many::store(&muster, 1..=300).await;
    muster.deps.table.raise(shared::aws::keys::sequence(&muster.company, "employee"), 300).await.expect("a counter");
    let (credential, secret) = muster
        .credential(
            &[
                "employees:read",
                "employees:write",
                "attendances:read",
                "attendances:write",
                "absences:read",
                "absences:write",
                "documents:read",
                "documents:write",
            ],
            &["*"],
        )
        .await;
    let login = json!({"client_id": credential.client_id, "client_secret": secret});
    let nobody = muster.anonymous();
    let mut table = Table { rows: String::new() };

    let first = nobody.post("/v1/auth", &login).await;
    within(&table.add("POST auth, the first of the day", &first), 2);
    within(&table.add("POST auth", &nobody.post("/v1/auth", &login).await), 1);
    let wrong = json!({"client_id": credential.client_id, "client_secret": "wrong"});
    within(&table.add("POST auth, a wrong secret", &nobody.post("/v1/auth", &wrong).await), 2);
    let client = muster.bearer(first.body["data"]["token"].as_str().expect("a token"));
    let boss = client.create_employee(json!({"email": "boss@test.example"})).await;
    let report = client.create_employee(json!({"email": "report@test.example", "supervisor_id": boss})).await;
    assert_eq!((boss, report), (301, 302));

    let twin = Muster::twin(&muster).await;
    let cold = twin.bearer(client.token.as_deref().expect("a token"));
    within(&table.add("cold GET an employee", &cold.get(&format!("{PATH}/{boss}")).await), 2);
    within(&table.add("GET health", &nobody.get("/health").await), 1);
    within(&table.add("GET openapi.json", &nobody.get("/openapi.json").await), 0);
    reads(&mut table, &client, boss, report).await;
    gaps(&mut table).await;
    writes(&mut table, &client, boss, report).await;
    attendance_writes(&mut table, &client).await;
    attendance_reads(&mut table, &client).await;
    project_rows(&mut table, &client).await;
    within(&table.add("GET time-off-types", &client.get("/v1/company/time-off-types").await), 0);
    absence_writes(&mut table, &client).await;
    absence_reads(&mut table, &client).await;
    document_rows(&mut table, &client).await;
    picture_rows(&mut table, &client, report).await;
    open_id_rows(&mut table, &muster).await;
    console_rows(&mut table, &muster).await;
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/BUDGETS.md");
    assert_file(&path, &format!("{HEAD}{}", table.rows));
}
