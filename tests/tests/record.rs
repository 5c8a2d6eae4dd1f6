//! What is recorded of whom, what is not, and that none of it gets lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures_util::future::join_all;
use futures_util::stream;
use jiff::SignedDuration;
use jiff::Timestamp;
use muster::api;
use serde_json::Value as Json;
use serde_json::json;
use shared::aws::config;
use shared::aws::keys;
use shared::aws::meter::Meter;
use shared::aws::record::DEFAULT_DAYS;
use shared::aws::record::Record;
use shared::aws::table::Range;
use shared::clock::Clock;
use shared::http::limits::Limits;
use shared::ids::AbsenceId;
use shared::ids::ClientId;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;
use shared::record::Actor;
use shared::record::CUT_OFF;
use shared::record::Cursor;
use shared::record::Deed;
use shared::record::Entries;
use shared::record::Entry;
use shared::record::Filter;
use shared::record::Outcome;
use shared::record::Subject;
use shared::record::Touches;
use shared::scope::Scope;
use tests::Answer;
use tests::COMPANY;
use tests::Client;
use tests::Muster;
use tests::console::Browser;
use tests::endpoints::Records;
use tests::endpoints::unique;
use tests::faults;
use tests::faults::Fault;
use tests::log;
use tests::picture;
use tests::place;
use tests::storage;
use tokio::sync::Notify;
use tower::ServiceExt;

/// Endpoints that have to do with nobody's record: they show a company's lists.
const OF_LISTS: [&str; 4] = [
    "/v1/company/employees/attributes",
    "/v1/company/employees/custom-attributes",
    "/v1/company/time-off-types",
    "/v1/company/document-categories",
];

/// Everything with an id that an answer shows, and the attributes of employees in it.
fn shown(company: &CompanyId, body: &Json, ids: &mut BTreeSet<(Subject, u64)>, keys: &mut BTreeSet<String>) {
    match body {
        Json::Array(items) => items.iter().for_each(|item| shown(company, item, ids, keys)),
        Json::Object(map) => {
            let attributes = &map.get("attributes").cloned().unwrap_or_default();
            let number = |value: &Json| value.as_u64().expect("a number");
            match map.get("type").and_then(Json::as_str) {
                Some("Employee") => {
                    ids.insert((Subject::Employee, number(&attributes["id"]["value"])));
                    keys.extend(attributes.as_object().expect("attributes").keys().cloned());
                }
                Some("AttendancePeriod") => {
                    ids.insert((Subject::Attendance, number(&map["id"])));
                    ids.insert((Subject::Employee, number(&attributes["employee"])));
                }
                Some("TimeOffPeriod") => _ = ids.insert((Subject::Absence, number(&attributes["id"]))),
                Some("AbsencePeriod") => {
                    let id =
                        AbsenceId::from_v2(attributes["id"].as_str().expect("a UUID"), company).expect("an absence");
                    ids.insert((Subject::Absence, id.get().into()));
                }
                Some("Document") => _ = ids.insert((Subject::Document, number(&map["id"]))),
                _ => {}
            }
            map.values().for_each(|value| shown(company, value, ids, keys));
        }
        _ => {}
    }
}

/// What a request names, by its path.
fn named(muster: &Muster, path: &str, records: &Records) -> BTreeSet<(Subject, u64)> {
    let employee = (Subject::Employee, records.employee);
    let absence = || {
        let number = records.absence.parse().ok();
        number.unwrap_or_else(|| {
            u64::from(AbsenceId::from_v2(&records.absence, &muster.company).expect("an absence").get())
        })
    };
    match path {
        path if path.contains("/projects/{id}") => BTreeSet::from([(Subject::Project, records.project)]),
        path if path.contains("/attendances/{id}") => {
            BTreeSet::from([(Subject::Attendance, records.attendance), employee])
        }
        path if path.contains("/time-offs/{id}") || path.contains("/absence-periods/{id}") => {
            BTreeSet::from([(Subject::Absence, absence()), employee])
        }
        path if path.contains("/documents/{id}") => BTreeSet::from([(Subject::Document, records.document), employee]),
        path if path.contains("/projects") || OF_LISTS.contains(&path) => BTreeSet::new(),
        _ => BTreeSet::from([employee]),
    }
}

/// An absence that is in the calendar of this week.
async fn away_today(muster: &Muster, client: &Client, employee: u64) {
    let company = muster.deps.companies.get(&muster.company).await.expect("the company");
    let today = company.zone.today(muster.deps.clock.now());
    let body = json!({
        "employee_id": employee, "time_off_type_id": 1, "start_date": today, "end_date": today,
    });
    let away = client.post("/v1/company/time-offs", &body).await;
    assert_eq!(away.status, 200, "{}", away.body);
}

#[tokio::test]
async fn every_endpoint_leaves_an_entry_with_all_that_it_shows_and_names() {
    let muster = Muster::start().await;
    let admin = muster.admin().await;
    let employee = admin.create_employee(json!({})).await;
    // So that there is something on each list.
    for endpoint in
        api::endpoints(&muster.deps).iter().filter(|one| one.path.ends_with("{id}") && one.method == "PATCH")
    {
        Records::of(&admin, endpoint, employee).await;
    }
    let (nobody, secret) = muster.credential(&["reports.custom:read"], &["*"]).await;
    let login = json!({"client_id": nobody.client_id, "client_secret": secret});
    let token = muster.anonymous().post("/v1/auth", &login).await.body["data"]["token"].clone();
    let nobody = (nobody.client_id, muster.bearer(token.as_str().expect("a token")));
    let mut walked = 0;
    for endpoint in api::endpoints(&muster.deps) {
        let Some(_) = endpoint.scope else { continue };
        walked += 1;
        let name = format!("{} {}", endpoint.method, endpoint.path);
        let records = Records::of(&admin, &endpoint, employee).await;

        let refused = records.call(&nobody.1, &endpoint).await;
        let entry = muster.entry_of(&refused).await.unwrap_or_else(|| panic!("{name}: a refusal leaves an entry"));
        assert_eq!((entry.deed.status, entry.outcome), (403, Outcome::Refused), "{name}");
        assert_eq!((&entry.deed.actor, entry.deed.proven), (&Actor::Credential(nobody.0), true), "{name}");
        assert_eq!(entry.deed.touched, Touches::default(), "{name}: nothing was touched");

        if endpoint.path == "/v1/company/absences.ics" {
            away_today(&muster, &admin, employee).await;
        }
        let answer = records.call(&admin, &endpoint).await;
        assert!(answer.status < 400, "{name}: {}", answer.body);
        let entry = muster.entry_of(&answer).await.unwrap_or_else(|| panic!("{name} leaves an entry"));
        let deed = &entry.deed;
        assert_eq!((deed.method.as_str(), deed.route.as_str()), (endpoint.method.as_str(), endpoint.path));
        assert_eq!((deed.status, entry.outcome), (answer.status, Outcome::Ok), "{name}");
        let (mut ids, mut keys) = (named(&muster, endpoint.path, &records), BTreeSet::new());
        if (endpoint.method.as_str(), endpoint.path) == ("POST", "/v1/company/employees") {
            ids = BTreeSet::from([(Subject::Employee, answer.body["data"]["id"].as_u64().expect("an id"))]);
        } else {
            shown(&muster.company, &answer.body, &mut ids, &mut keys);
        }
        for (subject, id) in ids {
            let touched = deed.touched.of(subject);
            let number = u32::try_from(id).expect("a number");
            assert!(touched.contains(number), "{name} touched {subject} {id}, and recorded {:?}", deed.touched);
        }
        assert!(
            keys.iter().all(|key| deed.touched.shown.contains(key.as_str())),
            "{name} showed {keys:?}, and recorded {:?}",
            deed.touched.shown
        );
        assert_eq!(deed.touched.ids.is_empty(), OF_LISTS.contains(&endpoint.path), "{name}: {:?}", deed.touched);
        if (endpoint.method.as_str(), endpoint.path) == ("PATCH", "/v1/company/employees/{employee_id}") {
            assert_eq!(deed.touched.changed, BTreeSet::from(["position".into()]));
        }
    }
    assert!(walked >= 26, "{walked}");
}

#[tokio::test]
async fn whatever_becomes_of_a_call_is_recorded() {
    place::needs_own_process("limits of the test's own");
    let muster = Muster::with(COMPANY, Limits::parse("address=0,login=0,employees=2,uploads=0").expect("limits")).await;
    let client = muster.admin().await;
    let id = client.create_employee(json!({"email": "taken@test.example"})).await;
    let taken = json!({"employee": {"email": "taken@test.example", "first_name": "A", "last_name": "B"}});
    let one = format!("/v1/company/employees/{id}");
    let calls = [
        (client.get("/v1/company/employees/4711").await, 404, "GET", "/v1/company/employees/{employee_id}"),
        (client.get("/v1/nothing/here").await, 404, "GET", "none"),
        (client.delete(&one).await, 405, "DELETE", "/v1/company/employees/{employee_id}"),
        (client.post("/v1/company/employees", &taken).await, 422, "POST", "/v1/company/employees"),
        (
            client.send("PATCH", &one, "application/json", "{").await,
            400,
            "PATCH",
            "/v1/company/employees/{employee_id}",
        ),
        (client.send("PATCH", &one, "text/csv", "a").await, 415, "PATCH", "/v1/company/employees/{employee_id}"),
    ];
    for (answer, status, method, route) in &calls {
        assert_eq!(answer.status, *status, "{method} {route}: {}", answer.body);
        let entry = muster.entry_of(answer).await.expect("an entry");
        let deed = (entry.deed.status, entry.deed.method.as_str(), entry.deed.route.as_str());
        assert_eq!((deed, entry.outcome), ((*status, *method, *route), Outcome::Refused));
    }
    let entry = muster.entry_of(&calls[0].0).await.expect("an entry");
    assert_eq!(entry.deed.touched.of(Subject::Employee).to_string(), "4711", "also who does not exist");
    let throttled = join_all((0..30).map(|_| client.get(&one))).await;
    let throttled = throttled.iter().find(|answer| answer.status == 429).expect("a limit of two a minute");
    assert_eq!(muster.entry_of(throttled).await.expect("an entry").deed.status, 429);
}

#[tokio::test]
async fn logins_are_recorded_where_there_is_a_credential() {
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["employees:read"], &[]).await;
    let nobody = muster.anonymous();
    let login = async |id: &str, secret: &str| {
        nobody.post("/v1/auth", &json!({"client_id": id, "client_secret": secret})).await
    };
    let own = credential.client_id.to_string();
    let (good, wrong) = (login(&own, &secret).await, login(&own, "papi-guess").await);
    let stranger = login(&ClientId::random().to_string(), &secret).await;
    assert_eq!((good.status, wrong.status, stranger.status), (200, 403, 403));
    let read = async |answer: &Answer| {
        muster.entry_of(answer).await.map(|entry| (entry.deed.status, entry.deed.actor, entry.deed.proven))
    };
    let actor = Actor::Credential(credential.client_id);
    assert_eq!(read(&good).await, Some((200, actor.clone(), true)));
    assert_eq!(read(&wrong).await, Some((403, actor.clone(), false)));
    assert_eq!(read(&stranger).await, None);

    // A token that is not good (any more) names its credential all the same; nonsense names nobody.
    let token = good.body["data"]["token"].as_str().expect("a token");
    let (head, tail) = token.split_at(token.len() - 4);
    let forged = format!("{head}{}", if tail == "AAAA" { "BBBB" } else { "AAAA" });
    let refused = muster.bearer(&forged).get("/v1/company/employees").await;
    assert_eq!((refused.status, read(&refused).await), (403, Some((403, actor, false))));
    let other = Muster::start().await;
    for token in ["papi-nonsense", &token.replace("papi-", "papi-A")] {
        let refused = muster.bearer(token).get("/v1/company/employees").await;
        assert_eq!((refused.status, read(&refused).await, other.entry_of(&refused).await), (403, None, None));
    }
    assert_eq!(muster.anonymous().get("/v1/company/employees").await.status, 401);
    let logins = muster.recorded().await.into_iter().filter(|entry| entry.deed.route == "/v1/auth").count();
    assert_eq!(logins, 2);
}

#[tokio::test]
async fn a_failing_store_leaves_an_entry_with_a_5xx() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let id = client.create_employee(json!({})).await;
    let (deps, faults) = faults::deps(Clock::system()).await;
    let broken = Muster::serve(deps, muster.company.clone()).await;
    let client = broken.bearer(client.token.as_deref().expect("a token"));
    let path = format!("/v1/company/employees/{id}");
    assert_eq!(client.get(&path).await.status, 200, "credential and settings are kept now");
    faults.plan(0, Fault::Refused);
    let answer = client.get(&path).await;
    assert_eq!((answer.status, faults.end()), (500, 1));
    let entry = broken.entry_of(&answer).await.expect("an entry");
    assert_eq!((entry.deed.status, entry.outcome), (500, Outcome::Failed));
    assert_eq!(entry.deed.touched.of(Subject::Employee).to_string(), id.to_string());
}

#[tokio::test]
async fn an_answer_that_is_given_again_shows_again() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let employee = client.create_employee(json!({})).await;
    let body = json!({
        "employee_id": employee, "time_off_type_id": 1, "start_date": "2026-12-01", "end_date": "2026-12-01",
    });
    let send = || {
        let request = client.request("POST", "/v1/company/time-offs").header("idempotency-key", "once").json(&body);
        Answer::of(request)
    };
    let (first, again) = (send().await, send().await);
    assert_eq!((first.status, again.header("idempotency-replayed")), (200, "true"));
    let touched = muster.entry_of(&first).await.expect("an entry").deed.touched;
    assert!(touched.shown.contains("last_name") && !touched.of(Subject::Absence).is_empty(), "{touched:?}");
    assert_eq!(muster.entry_of(&again).await.expect("an entry").deed.touched, touched);
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_an_entry() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let read = Arc::new(Notify::new());
    let reader = read.clone();
    let body = stream::poll_fn(move |_| {
        reader.notify_one();
        Poll::<Option<Result<Vec<u8>, std::io::Error>>>::Pending
    });
    let request = Request::post("/v1/company/employees")
        .header("authorization", format!("Bearer {}", client.token.as_deref().expect("a token")))
        .header("content-type", "application/json")
        .header("x-request-id", "hang-up-0001")
        .body(Body::from_stream(body))
        .expect("a request");
    let call = api::router(&muster.deps).oneshot(request);
    tokio::select! {
        answer = call => panic!("the body never ends: {answer:?}"),
        () = read.notified() => {}
    }
    let entries = muster.recorded().await;
    let entry = entries.iter().find(|one| one.deed.request_id.as_deref() == Some("hang-up-0001")).expect("an entry");
    assert_eq!((entry.deed.status, entry.outcome), (CUT_OFF, Outcome::Failed));
}

#[tokio::test]
async fn many_calls_at_once_leave_one_entry_each() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let before = muster.recorded().await.len();
    let answers = join_all((0..120).map(|_| client.get("/v1/company/employees"))).await;
    let ids: BTreeSet<String> = answers.iter().map(|answer| answer.header("x-request-id").to_owned()).collect();
    let entries = muster.recorded().await;
    assert_eq!(entries.len(), before + 120);
    let recorded: BTreeSet<String> = entries.iter().filter_map(|entry| entry.deed.request_id.clone()).collect();
    assert!(ids.is_subset(&recorded));
    assert!(entries.windows(2).all(|pair| pair[0].id > pair[1].id), "the newest first");
}

#[tokio::test]
async fn no_round_trip_of_a_request_is_for_the_record() {
    let muster = Muster::start().await;
    let client = muster.client(&["employees:read"], &["*"]).await;
    client.get("/v1/company/employees/1").await;
    let answer = client.get("/v1/company/employees/1").await;
    let line = answer.log_line();
    assert_eq!((&line["store_calls"], &line["write_units"]), (&json!(1), &json!(0.0)), "{line}");
    muster.deps.record.flush().await;
    let entry = log::record_line_of(answer.header("x-request-id"));
    assert_eq!((&entry["units"], &entry["write_units"], &entry["entries"]), (&json!(1), &json!(1.0), &json!(1)));
}

/// The entries of a month as the table has them.
async fn stored(muster: &Muster, at: Timestamp) -> Vec<Json> {
    let pk = keys::record_month(&muster.company, shared::record::month_of(at));
    let items = muster.deps.table.query(Range { pk, from: None, to: None, limit: None }).await.expect("the entries");
    items.iter().map(shared::aws::items::Item::to_dynamodb_json).collect()
}

#[tokio::test]
async fn entries_end_after_the_retention() {
    let muster = Muster::start().await;
    let record = Record::new(muster.deps.table.clone(), muster.deps.clock.clone(), 30);
    record.note(&muster.company, Deed::command("test", Touches::default())).await;
    record.flush().await;
    let entries = muster.recorded().await;
    let of = |route: &str| entries.iter().find(|entry| entry.deed.route == route).expect("an entry");
    for (route, days) in [("test", 30), ("apply", i64::from(DEFAULT_DAYS))] {
        let entry = of(route);
        let item = stored(&muster, entry.at).await.into_iter().find(|item| item["sk"]["S"] == entry.id.to_string());
        let item = item.expect("an item");
        assert_eq!(item["expires_at"]["N"], (entry.at.as_second() + days * 86_400).to_string(), "{route}");
    }
    // What is over, DynamoDB removes within days; until then it is not shown.
    muster.advance(Duration::from_hours(31 * 24));
    let left = record.list(&muster.company, &Filter::default(), None, 10).await.expect("a page");
    assert!(left.entries.iter().all(|entry| entry.deed.route != "test"), "{:?}", left.entries);
}

/// 700 entries in three months with an empty one between; the newest first.
async fn busy(muster: &Muster) -> Vec<Entry> {
    let client = [ClientId::random(), ClientId::random()];
    for months in [0, 2, 1] {
        muster.advance(Duration::from_hours(24 * 31 * months));
        for number in 0..233_u32 {
            let touched = shared::record::Touched::default();
            touched.touch(Subject::Employee, number % 10);
            let mut deed = Deed::command("test", touched.so_far());
            deed.actor = Actor::Credential(client[number as usize % 2]);
            deed.status = [200, 403, 500][number as usize % 3];
            muster.deps.record.note(&muster.company, deed).await;
        }
    }
    muster.recorded().await.into_iter().filter(|entry| entry.deed.route == "test").collect()
}

#[tokio::test]
async fn lists_are_filtered_and_paged_and_none_is_missing() {
    let muster = Muster::start().await;
    let all = busy(&muster).await;
    assert_eq!(all.len(), 3 * 233);
    let list = async |filter: &Filter, limit: usize| {
        let (mut found, mut after) = (Vec::new(), None::<Cursor>);
        loop {
            // As a page of the console would send it.
            after = after.map(|cursor| cursor.to_string().parse().expect("a cursor"));
            let page = muster.deps.record.list(&muster.company, filter, after, limit).await.expect("a page");
            assert!(page.entries.len() <= limit);
            found.extend(page.entries);
            after = page.next;
            if after.is_none() {
                return found;
            }
        }
    };
    let test = Filter { route: Some("test".to_owned()), ..Filter::default() };
    for limit in [50, 233, 1_000] {
        assert_eq!(list(&test, limit).await, all, "pages of {limit}");
    }
    let (from, to) = (all[500].at, all[100].at);
    let filters = [
        Filter { from: Some(from), ..test.clone() },
        Filter { to: Some(to), ..test.clone() },
        Filter { from: Some(from), to: Some(to), ..test.clone() },
        Filter { outcome: Some(Outcome::Refused), ..test.clone() },
        Filter { actor: Some(all[3].deed.actor.clone()), outcome: Some(Outcome::Failed), ..test.clone() },
        Filter { employee: EmployeeId::new(7), ..test.clone() },
        Filter { method: Some("GET".to_owned()), ..test.clone() },
        Filter { from: Some(to), to: Some(from), ..test.clone() },
    ];
    for filter in filters {
        let wanted: Vec<_> = all.iter().filter(|entry| filter.takes(entry)).cloned().collect();
        assert_eq!(list(&filter, 37).await, wanted, "{filter:?}");
    }
    let other = Muster::start().await;
    assert!(other.recorded().await.iter().all(|entry| entry.deed.route == "apply"), "a company has its own record");
}

#[tokio::test]
async fn a_range_that_ends_before_it_begins_is_empty_and_asks_nobody() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let old = muster.recorded().await[0].id;
    muster.advance(Duration::from_mins(10));
    let now = muster.deps.clock.now();
    let at = |minutes: i64| now + SignedDuration::from_mins(minutes);
    let range = |from: i64, to: Option<i64>| Filter { from: Some(at(from)), to: to.map(at), ..Filter::default() };
    for (filter, cursor) in [
        (range(0, Some(-2)), None),
        (range(0, Some(0)), None),
        (range(90, None), None),
        (range(90, Some(95)), None),
        (range(-5, None), Some(old)),
    ] {
        let meter = Meter::default();
        let after = cursor.map(Cursor::Before);
        let page = meter.measure(muster.deps.record.list(&muster.company, &filter, after, 10)).await;
        assert_eq!(page, Ok(Entries { entries: vec![], next: None }), "{filter:?}");
        assert_eq!(meter.counts().calls, 0, "{filter:?}");

        let sent = [
            filter.from.map(|from| format!("from={from}")),
            filter.to.map(|to| format!("to={}", to - SignedDuration::from_mins(1))),
            cursor.map(|cursor| format!("cursor={cursor}")),
        ];
        let query = sent.into_iter().flatten().collect::<Vec<_>>().join("&");
        let answer = browser.get(&format!("/admin/v1/record?{query}")).await;
        assert_eq!((answer.status, &answer.body["data"]), (200, &json!({"entries": [], "next": null})), "{query}");
        let page = browser.get(&format!("/console/record?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(page.text.contains("Nothing was recorded that fits."), "{query}: {}", page.text);
    }
}

/// What an entry says that an answer's call changed.
async fn changed_by(muster: &Muster, answer: &Answer) -> Vec<String> {
    let entry = muster.entry_of(answer).await.expect("an entry");
    assert_eq!(entry.deed.status, answer.status);
    entry.deed.touched.changed.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn what_was_refused_changed_nothing() {
    let (muster, other) = (Muster::start().await, Muster::start().await);
    let client = muster.admin().await;
    let browser = Browser::new(&muster).await;
    let employee = client.create_employee(json!({"email": "taken@test.example"})).await;
    let (own, _) = muster.credential(&["employees:read"], &[]).await;
    let (foreign, _) = other.credential(&["employees:read"], &[]).await;
    let picture = format!("/v1/company/employees/{employee}/profile-picture");
    let taken = json!({"employee": {"email": "taken@test.example", "first_name": "A", "last_name": "B"}});
    let (api, page) = ("/admin/v1/credentials", "/console/credentials");
    let named = json!({"name": "Renamed"});
    let stale = [("revision", "99"), ("name", "Stale"), ("scopes[]", "employees:read")];
    let refused = [
        (client.delete(&picture).await, 404),
        (client.post("/v1/company/employees", &taken).await, 422),
        (browser.call("PATCH", &format!("{api}/{}", foreign.client_id), &named).await, 404),
        (browser.call("POST", &format!("{api}/{}/disable", foreign.client_id), &json!({})).await, 404),
        (browser.call("POST", &format!("{api}/{}/enable", foreign.client_id), &json!({})).await, 404),
        (browser.call("POST", &format!("{api}/{}/rotate", foreign.client_id), &json!({})).await, 404),
        (browser.submit(&format!("{page}/{}/state", foreign.client_id), &[("disabled", "true")]).await, 404),
        (browser.submit(&format!("{page}/{}", own.client_id), &stale).await, 409),
    ];
    for (answer, status) in &refused {
        assert_eq!(answer.status, *status, "{}", answer.text);
        assert_eq!(changed_by(&muster, answer).await, [""; 0], "{}", answer.text);
        let touched = muster.entry_of(answer).await.expect("an entry").deed.touched;
        assert!(!touched.ids.is_empty(), "what was asked for: {}", answer.text);
    }
    let done = [
        (client.set_picture(employee, &picture::random(8, 8)).await, "profile_picture"),
        (browser.call("PATCH", &format!("{api}/{}", own.client_id), &named).await, "name"),
        (browser.call("POST", &format!("{api}/{}/disable", own.client_id), &json!({})).await, "disabled"),
        (browser.call("POST", &format!("{api}/{}/rotate", own.client_id), &json!({})).await, "client_secret"),
        (browser.submit(&format!("{page}/{}/state", own.client_id), &[("disabled", "false")]).await, "disabled"),
        (client.delete(&picture).await, "profile_picture"),
    ];
    for (answer, field) in &done {
        assert!(answer.status < 400, "{}", answer.text);
        assert_eq!(changed_by(&muster, answer).await, [*field]);
    }
    let same = browser.call("PATCH", &format!("{api}/{}", own.client_id), &named).await;
    assert_eq!((same.status, changed_by(&muster, &same).await.len()), (200, 0), "it was called so before");
}

#[tokio::test]
async fn what_failed_may_have_changed_something() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let employee = client.create_employee(json!({})).await;
    assert_eq!(client.set_picture(employee, &picture::random(8, 8)).await.status, 200);
    let (deps, faults) = faults::deps(Clock::system()).await;
    let broken = Muster::serve(deps, muster.company.clone()).await;
    let client = broken.bearer(client.token.as_deref().expect("a token"));
    assert_eq!(client.get(&format!("/v1/company/employees/{employee}")).await.status, 200, "the credential is kept");
    // After the employee is read, when the picture is taken away.
    faults.plan(1, Fault::AnswerLost);
    let answer = client.delete(&format!("/v1/company/employees/{employee}/profile-picture")).await;
    assert!(faults.end() >= 2 && answer.status >= 500, "{}", answer.body);
    assert_eq!(changed_by(&broken, &answer).await, ["profile_picture"]);
}

#[tokio::test]
async fn a_page_looks_through_a_bounded_part_of_the_record() {
    let muster = Muster::start().await;
    muster.recorded().await;
    let clock = muster.deps.clock.clone();
    clock.advance(Duration::from_hours(24 * 31 * 24));
    let record = Record::new(muster.deps.table.clone(), clock.clone(), 36_500);
    let list = async |after| record.list(&muster.company, &Filter::default(), after, 10).await.expect("a page");
    let first = list(None).await;
    assert!(first.entries.is_empty());
    let Some(Cursor::Month(month)) = first.next else { panic!("there is more: {:?}", first.next) };
    let left = shared::record::month_of(clock.now()).since((jiff::Unit::Month, month)).expect("a span");
    assert_eq!(left.get_months(), 20, "20 queries a page");
    assert!(!list(first.next).await.entries.is_empty(), "but all of it is found");
}

#[tokio::test]
async fn who_comes_when_too_many_wait_waits() {
    let muster = Muster::start().await;
    let record = Record::new(muster.deps.table.clone(), muster.deps.clock.clone(), 1);
    record.hold();
    let note = || record.note(&muster.company, Deed::command("flood", Touches::default()));
    for _ in 0..2_000 {
        note().await;
    }
    tokio::time::timeout(Duration::from_millis(50), note()).await.expect_err("there is no room");
    let ((), ()) = tokio::join!(record.flush(), note());
    record.flush().await;
    let flooded = muster.recorded().await.into_iter().filter(|entry| entry.deed.route == "flood").count();
    assert_eq!(flooded, 2_001, "each once; the one that gave up never came");
}

#[tokio::test]
async fn what_cannot_be_written_is_in_the_log() {
    let muster = Muster::start().await;
    let nowhere = config::table_at(&storage::endpoints().dynamodb, "nowhere");
    let record = Record::new(nowhere, Clock::system(), 1);
    let touched = shared::record::Touched::default();
    touched.touch(Subject::Employee, 815);
    let command = unique();
    record.note(&muster.company, Deed::command(&command, touched.so_far())).await;
    record.close(Duration::from_secs(10)).await;
    let line =
        log::wait_for("the lost entry", |line| line["entry"].as_str().is_some_and(|entry| entry.contains(&command)));
    assert_eq!((&line["level"], &line["company"]), (&json!("ERROR"), &json!(muster.company)), "{line}");
    let deed: Deed = serde_json::from_str(line["entry"].as_str().expect("an entry")).expect("a deed");
    assert_eq!(deed.touched.of(Subject::Employee).to_string(), "815");
}

#[tokio::test]
async fn a_credential_shows_its_last_use_and_its_scopes() {
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["employees:read", "employees:write", "absences:read"], &["*"]).await;
    let usage = async || {
        muster.deps.record.flush().await;
        let found = muster.deps.record.usage(&muster.company, [credential.client_id, ClientId::random()]).await;
        found.expect("the usage").remove(&credential.client_id)
    };
    assert_eq!(usage().await, None, "never used");
    let login = json!({"client_id": credential.client_id, "client_secret": secret});
    muster.anonymous().post("/v1/auth", &json!({"client_id": credential.client_id, "client_secret": "x"})).await;
    assert_eq!(usage().await, None, "a wrong secret is no use");
    let login = muster.anonymous().post("/v1/auth", &login).await;
    let client = muster.bearer(login.body["data"]["token"].as_str().expect("a token"));
    let first = usage().await.expect("a use");
    assert_eq!(first.scopes, BTreeSet::new());
    client.get("/v1/company/employees").await;
    client.get("/v1/company/documents").await;
    let reads = usage().await.expect("a use");
    assert_eq!(reads.scopes, BTreeSet::from(["employees:read".parse::<Scope>().expect("a scope")]), "403 is no use");
    // Once an hour is enough; another scope is written at once.
    muster.advance(Duration::from_mins(30));
    client.get("/v1/company/employees").await;
    assert_eq!(usage().await.as_ref(), Some(&reads));
    client.get("/v1/company/time-offs").await;
    assert_eq!(usage().await.expect("a use").scopes.len(), 2);
    muster.advance(Duration::from_hours(1));
    client.get("/v1/company/employees").await;
    let later = usage().await.expect("a use");
    assert!(later.last_used.as_second() - first.last_used.as_second() >= 90 * 60);
    assert_eq!(later.scopes.len(), 2);
}
