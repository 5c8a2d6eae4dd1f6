//! Reading absences: how they look, who sees what of them, pages, filters, and who is away beside attendance.

use std::collections::BTreeSet;
use std::slice;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::civil::Date;
use serde_json::Value as Json;
use serde_json::json;
use shared::aws::away;
use shared::aws::away::AwayDays;
use shared::http::limits::Limits;
use shared::ids::EmployeeId;
use tests::Answer;
use tests::COMPANY;
use tests::Client;
use tests::Muster;
use tests::absences::APPOINTMENT;
use tests::absences::HOME_OFFICE;
use tests::absences::Known;
use tests::absences::ON_CALL;
use tests::absences::PERIODS;
use tests::absences::Random;
use tests::absences::SICK_LEAVE;
use tests::absences::TIME_OFFS;
use tests::absences::TRAINING;
use tests::absences::VACATION;
use tests::absences::body;
use tests::absences::company_of;
use tests::absences::created;
use tests::absences::id_of;
use tests::absences::ids;
use tests::absences::later;
use tests::absences::read;
use tests::absences::updated_of;
use tests::absences::walk;
use tests::absences::with;

const ICS: &str = "/v1/company/absences.ics";
const ATTENDANCES: &str = "/v1/company/attendances";

async fn list(client: &Client, path: &str, query: &str) -> Answer {
    let answer = client.get(&format!("{path}?{query}")).await;
    assert_eq!(answer.status, 200, "{path}?{query}: {}", answer.body);
    answer
}

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

/// A company with employees of these numbers, and a client that may do everything.
async fn start(employees: &[u64]) -> (Muster, Client) {
    let muster = Muster::with(&company_of(employees), Limits::off()).await;
    let client = muster.admin().await;
    (muster, client)
}

/// One absence of each unit of an employee: the number of one, the UUID of the other.
async fn one_of_each(client: &Client, employee: u64) -> (String, String) {
    let days = body(employee, VACATION, "2026-03-02", "2026-03-04");
    let hours = body(employee, APPOINTMENT, "2026-04-02", "2026-04-02");
    (id_of(&created(client, TIME_OFFS, &days).await), id_of(&created(client, PERIODS, &hours).await))
}

/// What differs in every run, after its form was checked.
fn redact(attributes: &mut Json) {
    let text = |value: &Json| value.as_str().expect("a text").to_owned();
    for key in ["created_at", "updated_at", "approved_at"] {
        if let Some(value) = attributes.get_mut(key) {
            let shown = text(value);
            assert!(shown.parse::<jiff::Timestamp>().is_ok(), "{key}: {shown}");
            // `2026-11-26T14:29:56+01:00`, or to the millisecond `2026-11-26T13:29:56.510Z`.
            *value = match (shown.len(), shown.ends_with('Z')) {
                (25, false) => json!("[instant with an offset]"),
                (24, true) => json!("[instant in UTC]"),
                _ => panic!("{key}: {shown}"),
            };
        }
    }
    for key in ["id_v2", "/absence_type/attributes/id", "id"] {
        let value = if key.starts_with('/') { attributes.pointer_mut(key) } else { attributes.get_mut(key) };
        if let Some(value) = value.filter(|value| value.is_string()) {
            assert!(uuid::Uuid::try_parse(&text(value)).is_ok(), "{key}: {value}");
            *value = json!("[uuid]");
        }
    }
}

async fn person(muster: &Muster) -> (Client, u64) {
    let client = muster.admin().await;
    let person = json!({"first_name": "Michael", "last_name": "Miller", "email": "michael.miller@test.example"});
    let id = client.create_employee(person).await;
    (client, id)
}

#[tokio::test]
async fn a_time_off_looks_as_the_contract_says() {
    let muster = Muster::start().await;
    let (client, employee) = person(&muster).await;
    let sent = body(employee, VACATION, "2017-12-27", "2017-12-29");
    let sent = with(sent, json!({"half_day_start": true, "half_day_end": false, "comment": "this is a comment"}));
    let answered = client.post(TIME_OFFS, &sent).await;
    let mut listed = list(&client, TIME_OFFS, "").await.body;
    let single = client.get(&format!("{TIME_OFFS}/{}", id_of(&answered.body["data"]["attributes"]))).await;
    assert_eq!(single.body, json!({"success": true, "data": listed["data"][0]}));
    assert_eq!(answered.body, single.body, "a created one is answered as it is read");
    redact(&mut listed["data"][0]["attributes"]);
    insta::assert_json_snapshot!("time_off", listed);
}

#[tokio::test]
async fn an_absence_period_looks_as_the_contract_says() {
    let muster = Muster::start().await;
    let (client, employee) = person(&muster).await;
    let sent = body(employee, APPOINTMENT, "2022-06-01", "2022-06-02");
    let sent = with(sent, json!({"half_day_start": true, "half_day_end": false, "comment": "this is a comment"}));
    let answered = client.post(PERIODS, &sent).await;
    let mut listed = list(&client, PERIODS, "").await.body;
    let single = client.get(&format!("{PERIODS}/{}", id_of(&answered.body["data"]["attributes"]))).await;
    assert_eq!(single.body, json!({"success": true, "data": listed["data"][0]}));
    assert_eq!(answered.body, single.body, "a created one is answered as it is read");
    redact(&mut listed["data"][0]["attributes"]);
    insta::assert_json_snapshot!("absence_period", listed);
}

#[tokio::test]
async fn what_waits_or_was_refused_is_listed_and_says_so() {
    let (_muster, client) = start(&[1]).await;
    let mut seen = Vec::new();
    for (path, kind) in [(TIME_OFFS, VACATION), (PERIODS, TRAINING)] {
        let ask = |start: &str| with(body(1, kind, start, start), json!({"skip_approval": false}));
        let pending = created(&client, path, &ask("2026-03-02")).await;
        let rejected = created(&client, path, &ask("2026-03-03")).await;
        let answer = client.post(&format!("{path}/{}/reject", id_of(&rejected)), &json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        created(&client, path, &body(1, kind, "2026-03-04", "2026-03-04")).await;
        let data = list(&client, path, "").await.body["data"].clone();
        let shown = data.as_array().expect("a list").iter().map(|one| one["attributes"]["status"].clone());
        seen.push(shown.collect::<Vec<_>>());
        assert_eq!(read(&client, path, &id_of(&pending)).await, pending);
    }
    assert_eq!(json!(seen), json!([["pending", "rejected", "approved"], ["pending", "rejected", "approved"]]));
    let data = list(&client, PERIODS, "").await.body["data"].clone();
    let approved = |index: usize| data[index]["attributes"]["approved_at"].clone();
    assert_eq!((approved(0), approved(1)), (Json::Null, Json::Null));
    assert_eq!(approved(2), data[2]["attributes"]["created_at"]);
}

#[tokio::test]
async fn dates_are_days_of_the_companys_zone() {
    let berlin = [
        ("2026-01-15", "2026-01-15T00:00:00+01:00", "2026-01-14T23:00:00.000Z", "2026-01-15T23:00:00.000Z"),
        ("2026-07-15", "2026-07-15T00:00:00+02:00", "2026-07-14T22:00:00.000Z", "2026-07-15T22:00:00.000Z"),
        // The day with 23 hours, and the day with 25.
        ("2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"),
        ("2026-10-25", "2026-10-25T00:00:00+02:00", "2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"),
    ];
    let new_york =
        [("2026-01-15", "2026-01-15T00:00:00-05:00", "2026-01-15T05:00:00.000Z", "2026-01-16T05:00:00.000Z")];
    for (zone, cases) in [("Europe/Berlin", &berlin[..]), ("America/New_York", &new_york[..])] {
        let file = company_of(&[1]).replacen("Europe/Berlin", zone, 1);
        let muster = Muster::with(&file, Limits::off()).await;
        let client = muster.admin().await;
        for (day, shown, start, end) in cases {
            let days = created(&client, TIME_OFFS, &body(1, HOME_OFFICE, day, day)).await;
            assert_eq!((&days["start_date"], &days["end_date"]), (&json!(shown), &json!(shown)), "{zone}, {day}");
            let hours = created(&client, PERIODS, &body(1, ON_CALL, day, day)).await;
            assert_eq!((&hours["start"], &hours["end"]), (&json!(start), &json!(end)), "{zone}, {day}");
            assert_eq!(hours["timezone"], zone);
            // A filter takes the day, and the form in which an answer shows it.
            let encoded = shown.replace('+', "%2B");
            for (path, id) in [(TIME_OFFS, id_of(&days)), (PERIODS, id_of(&hours))] {
                for form in [*day, encoded.as_str()] {
                    let found = list(&client, path, &format!("start_date={form}&end_date={form}")).await;
                    assert_eq!(ids(&found), slice::from_ref(&id), "{zone}, {path}, {form}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_part_of_a_day_begins_and_ends_by_the_clock() {
    let (_muster, client) = start(&[1]).await;
    let day = "2026-07-15";
    let sent = with(body(1, APPOINTMENT, day, day), json!({"start_time": "09:00", "end_time": "10:30"}));
    let sent = created(&client, PERIODS, &sent).await;
    assert_eq!(
        (&sent["start"], &sent["end"]),
        (&json!("2026-07-15T07:00:00.000Z"), &json!("2026-07-15T08:30:00.000Z"))
    );
    assert_eq!(sent["effective_duration"], 90);
    assert_eq!(sent["breakdowns"], json!([{"date": day, "effective_duration": 90}]));
    assert_eq!(read(&client, PERIODS, &id_of(&sent)).await, sent);
}

/// The keys of the employee in an absence.
fn shown_of(attributes: &Json) -> Vec<String> {
    assert_eq!(attributes["employee"]["type"], "Employee");
    let shown = attributes["employee"]["attributes"].as_object().expect("attributes");
    for (key, attribute) in shown {
        for part in ["label", "value", "type", "universal_id"] {
            assert!(attribute.get(part).is_some(), "{key} has no {part}");
        }
    }
    shown.keys().cloned().collect()
}

#[tokio::test]
async fn employees_in_absences_show_what_the_credential_may_read() {
    let (muster, admin) = start(&[1]).await;
    let (day_id, hour_id) = one_of_each(&admin, 1).await;
    for (readable, wanted) in [
        (&[][..], &["id"][..]),
        (&["first_name"], &["id", "first_name"]),
        (&["email", "position", "last_name"], &["id", "last_name", "email"]),
        (&["*"], &["id", "first_name", "last_name", "email"]),
    ] {
        let client = muster.client(&["absences:read"], readable).await;
        for (path, id) in [(TIME_OFFS, &day_id), (PERIODS, &hour_id)] {
            let listed = list(&client, path, "").await;
            assert_eq!(shown_of(&listed.body["data"][0]["attributes"]), wanted, "{path}");
            assert_eq!(shown_of(&read(&client, path, id).await), wanted, "{path}");
        }
        // What a credential that only writes is told of the employee of its own absence.
        let writer = muster.client(&["absences:write"], readable).await;
        for (path, kind) in [(TIME_OFFS, HOME_OFFICE), (PERIODS, ON_CALL)] {
            let answered = created(&writer, path, &body(1, kind, "2027-01-04", "2027-01-05")).await;
            assert_eq!(shown_of(&answered), wanted, "{path}");
            assert_eq!(answered["employee"]["attributes"]["id"]["value"], 1);
            assert_eq!(writer.get(path).await.status, 403, "it only writes");
        }
    }
}

#[tokio::test]
async fn a_credential_without_readable_attributes_learns_of_nobody_more_than_the_number() {
    let fields = "id: 7, email: secret@test.example, first_name: Hidden, last_name: Unseen, team: Platform";
    let file = format!("{COMPANY}employees: [{{{fields}}}]\n");
    let muster = Muster::with(&file, Limits::off()).await;
    let admin = muster.admin().await;
    let (day_id, hour_id) = one_of_each(&admin, 7).await;
    created(&admin, TIME_OFFS, &with(body(7, SICK_LEAVE, "2026-03-10", "2026-03-10"), json!({"comment": "Flu"}))).await;
    let client = muster.client(&["absences:read"], &[]).await;
    let feed = format!("{ICS}?start_date=2026-03-01&days=60");
    let mut seen = Vec::new();
    for path in [TIME_OFFS, PERIODS, &format!("{TIME_OFFS}/{day_id}"), &format!("{PERIODS}/{hour_id}"), &feed] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        for hidden in ["secret", "Hidden", "Unseen", "test.example", "Platform"] {
            assert!(!answer.text.contains(hidden), "{path} tells {hidden}: {}", answer.text);
        }
        seen.push(answer.text);
    }
    let calendar = seen.last().expect("the calendar");
    assert_eq!(calendar.matches("SUMMARY:Employee 7").count(), 3, "{calendar}");
    for hidden in ["Flu", "Sick", "vacation", "Appointment"] {
        assert!(!calendar.contains(hidden), "the calendar tells {hidden}: {calendar}");
    }
    assert_eq!(client.get(&format!("{feed}&team=Platform")).await.status, 403, "who is in which team stays hidden");
    // The same calendar for who may read one name, and for who may read all.
    let some = muster.client(&["absences:read"], &["first_name"]).await.get(&feed).await.text;
    assert!(some.contains("SUMMARY:Hidden\r\n") && !some.contains("Unseen"), "{some}");
    let all = admin.get(&format!("{feed}&team=Platform")).await.text;
    assert_eq!(all.matches("SUMMARY:Hidden Unseen\r\n").count(), 3, "{all}");
}

#[tokio::test]
async fn pages_have_numbers_and_every_record_stands_on_one() {
    let (_muster, client) = start(&[1, 2, 40]).await;
    for (path, kind) in [(TIME_OFFS, HOME_OFFICE), (PERIODS, ON_CALL)] {
        let mut sent = Vec::new();
        for number in 0..7_i64 {
            let (first, employee) = (later(date("2026-03-01"), -(number / 2)), if number % 2 == 0 { 40 } else { 2 });
            let body = body(employee, kind, first, later(first, number * 9));
            sent.push(Known::of(path, &body, &created(&client, path, &body).await));
        }
        // All; a range into which some reach; one employee's; what has changed since.
        for (query, from) in [
            ("", None),
            ("start_date=2026-02-28", Some(date("2026-02-28"))),
            ("employees[]=2", None),
            ("updated_from=2020-01-01", None),
        ] {
            let zeroth = list(&client, path, &format!("{query}&limit=3&offset=0")).await;
            let first = list(&client, path, &format!("{query}&limit=3&offset=1")).await;
            let none = list(&client, path, &format!("{query}&limit=3")).await;
            assert_eq!(zeroth.body["data"], first.body["data"], "0 and 1 are the first page");
            assert_eq!(zeroth.body["metadata"], first.body["metadata"]);
            assert_eq!(zeroth.body, none.body, "0 is what is meant when nothing is said");
            assert_eq!((&zeroth.body["offset"], &first.body["offset"]), (&json!(0), &json!(1)));
            let all = ids(&list(&client, path, query).await);
            assert_in_order(&sent, &all, from);
            for limit in [1, 3, all.len()] {
                assert_eq!(walk(&client, path, query, limit).await, all, "{path}?{query}, {limit} at a time");
            }
            let last = all.len().div_ceil(3);
            for beyond in [last + 1, 2_147_483_647] {
                let beyond = list(&client, path, &format!("{query}&limit=3&offset={beyond}")).await.body;
                let metadata = (&beyond["metadata"]["total_elements"], &beyond["metadata"]["total_pages"]);
                assert_eq!(metadata, (&json!(all.len()), &json!(last)), "{path}?{query}");
                assert_eq!(beyond["data"], json!([]), "{path}?{query}");
            }
        }
        let all = ids(&list(&client, path, "").await).into_iter().collect::<BTreeSet<_>>();
        assert_eq!(all, sent.into_iter().map(|one| one.id).collect());
    }
}

/// Those that began before a day first, then by first day and employee.
fn assert_in_order(sent: &[Known], listed: &[String], from: Option<Date>) {
    let found = listed.iter().map(|id| sent.iter().find(|one| one.id == *id).expect("one that was sent"));
    let order: Vec<_> = found
        .map(|one| {
            let reaches_in = from.is_some_and(|from| one.start < from);
            (!reaches_in).then_some((one.start, one.employee))
        })
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    assert!(from.is_none() || order.first() == Some(&None), "some reach into the range: {order:?}");
}

#[tokio::test]
async fn an_empty_list_has_one_page_number_and_no_pages() {
    let (_muster, client) = start(&[1]).await;
    for path in [TIME_OFFS, PERIODS] {
        for query in ["", "start_date=2026-01-01&end_date=2026-12-31", "employees[]=1", "updated_from=2020-01-01"] {
            let body = list(&client, path, query).await.body;
            let metadata = json!({"total_elements": 0, "current_page": 1, "total_pages": 0});
            let wanted = json!({"success": true, "metadata": metadata, "offset": 0, "limit": 200, "data": []});
            assert_eq!(body, wanted, "{path}?{query}");
        }
    }
}

#[tokio::test]
async fn a_parameter_that_cannot_be_read_is_refused_by_its_name() {
    let (_muster, client) = start(&[1]).await;
    let many = |name: &str| (1..=201).map(|id| format!("&{name}[]={id}")).collect::<Vec<_>>().concat();
    let both = [
        ("limit=0".to_owned(), "limit"),
        ("limit=1001".to_owned(), "limit"),
        ("limit=-1".to_owned(), "limit"),
        ("limit=ten".to_owned(), "limit"),
        ("offset=-1".to_owned(), "offset"),
        ("offset=x".to_owned(), "offset"),
        ("offset=2147483648".to_owned(), "offset"),
        ("start_date=2026-02-30".to_owned(), "start_date"),
        ("start_date=01.04.2026".to_owned(), "start_date"),
        ("start_date=tomorrow".to_owned(), "start_date"),
        ("end_date=2026-13-01".to_owned(), "end_date"),
        ("start_date=2026-03-02&end_date=2026-03-01".to_owned(), "end_date"),
        ("updated_from=yesterday".to_owned(), "updated_from"),
        ("updated_from=2026-02-30".to_owned(), "updated_from"),
        ("updated_to=2026-13-01".to_owned(), "updated_to"),
        ("employees[]=x".to_owned(), "employees"),
        ("employees[]=0".to_owned(), "employees"),
        ("employees[]=1&employees[]=2147483648".to_owned(), "employees"),
        (many("employees"), "employees"),
    ];
    let hours = [
        ("absence_periods[]=1".to_owned(), "absence_periods"),
        ("absence_periods[]=61fe126b".to_owned(), "absence_periods"),
        (many("absence_periods"), "absence_periods"),
        (many("absence_types"), "absence_types"),
    ];
    let refused =
        both.iter().map(|case| (TIME_OFFS, case)).chain(both.iter().chain(&hours).map(|case| (PERIODS, case)));
    for (path, (query, field)) in refused {
        let answer = client.get(&format!("{path}?{query}")).await;
        assert_eq!(answer.status, 400, "{path}?{query}: {}", answer.body);
        assert!(answer.message().contains(field), "{path}?{query}: {}", answer.body);
        let fields = answer.body["error"]["error_data"].as_object().expect("fields");
        assert_eq!(fields.keys().collect::<Vec<_>>(), [field], "{path}?{query}: {}", answer.body);
    }
    // What is sent empty, as forms do, and what nobody asks for is no filter.
    for path in [TIME_OFFS, PERIODS] {
        list(&client, path, "start_date=&end_date=&updated_from=&updated_to=&employees[]=&limit=&offset=&page=0").await;
    }
    list(&client, PERIODS, "absence_types[]=&absence_periods[]=").await;
    // A list of days has no filter of kinds.
    list(&client, TIME_OFFS, "absence_types[]=x&absence_periods[]=x").await;
}

#[tokio::test]
async fn a_kind_of_absence_that_is_not_there_is_not_found() {
    let (_muster, client) = start(&[1]).await;
    let (_, hour_id) = one_of_each(&client, 1).await;
    let (_other, stranger) = start(&[1]).await;
    let types = client.get("/v1/company/time-off-types").await.body["data"].clone();
    let foreign = stranger.get("/v1/company/time-off-types").await.body["data"][1]["attributes"]["id_v2"].clone();
    let (foreign, known) =
        (foreign.as_str().expect("a UUID"), types[1]["attributes"]["id_v2"].as_str().expect("a UUID"));
    for unknown in ["99", "0", "x", foreign, &hour_id, "61fe126b-a7b3-449a-b5ee-3865a6fcc546"] {
        for query in
            [format!("absence_types[]={unknown}"), format!("absence_types[]={known}&absence_types[]={unknown}")]
        {
            let answer = client.get(&format!("{PERIODS}?{query}")).await;
            assert_eq!((answer.status, answer.message()), (404, "models.absence-types.not-found"), "{query}");
        }
    }
    // A kind in days has no absences of hours; both names of one kind are one kind.
    assert_eq!(ids(&list(&client, PERIODS, "absence_types[]=1").await), Vec::<String>::new());
    let twice = format!("absence_types[]={known}&absence_types[]=2");
    assert_eq!(ids(&list(&client, PERIODS, &twice).await), [hour_id]);
}

#[tokio::test]
async fn lists_in_a_query_are_written_in_four_ways() {
    let (_muster, client) = start(&[1, 2, 3]).await;
    for (path, month, kinds) in [
        (TIME_OFFS, "2026-03", [HOME_OFFICE, VACATION, SICK_LEAVE]),
        (PERIODS, "2026-04", [ON_CALL, APPOINTMENT, TRAINING]),
    ] {
        let mut sent = Vec::new();
        for (employee, kind) in (1..=3).zip(kinds) {
            let day = format!("{month}-0{employee}");
            sent.push(created(&client, path, &body(employee, kind, &day, &day)).await);
        }
        let (first, third) = (id_of(&sent[0]), id_of(&sent[2]));
        let mut names = vec![("employees", "1".to_owned(), "3".to_owned())];
        if path == PERIODS {
            names.push(("absence_periods", first.clone(), third.clone()));
            let kind = sent[0]["absence_type"]["attributes"]["id"].as_str().expect("a UUID").to_owned();
            names.push(("absence_types", kind, TRAINING.to_string()));
        }
        for (name, one, other) in names {
            for query in ways(name, &one, &other) {
                assert_eq!(ids(&list(&client, path, &query).await), [first.clone(), third.clone()], "{path}?{query}");
            }
        }
        // An employee who is not there has no absences.
        assert_eq!(ids(&list(&client, path, "employees[]=1&employees[]=4711").await), [first]);
    }
}

/// The ways in which clients write a list of two.
fn ways(name: &str, one: &str, other: &str) -> [String; 4] {
    [
        format!("{name}[]={one}&{name}[]={other}"),
        format!("{name}[0]={one}&{name}[1]={other}"),
        format!("{name}={one},{other}"),
        format!("{name}%5B%5D={other}&{name}%5B%5D={one}"),
    ]
}

#[tokio::test]
async fn an_absence_is_found_under_its_own_unit_only() {
    let (_muster, client) = start(&[1]).await;
    let (day_id, hour_id) = one_of_each(&client, 1).await;
    let day_uuid = read(&client, TIME_OFFS, &day_id).await["id_v2"].as_str().expect("a UUID").to_owned();
    // One of hours has a number as well, which no answer shows: the last digits of its UUID.
    let number = |uuid: &str| u32::from_str_radix(&uuid[28..], 16).expect("a number").to_string();
    assert_eq!(number(&day_uuid), day_id);
    let (_other, stranger) = start(&[1]).await;
    let (_, foreign) = one_of_each(&stranger, 1).await;
    for path in [
        format!("{TIME_OFFS}/{}", number(&hour_id)),
        format!("{TIME_OFFS}/{hour_id}"),
        format!("{TIME_OFFS}/{day_uuid}"),
        format!("{PERIODS}/{day_uuid}"),
        format!("{PERIODS}/{day_id}"),
        format!("{PERIODS}/{foreign}"),
        format!("{PERIODS}/61fe126b-a7b3-449a-b5ee-3865a6fcc546"),
        format!("{PERIODS}/x"),
        format!("{TIME_OFFS}/99"),
        format!("{TIME_OFFS}/0"),
        format!("{TIME_OFFS}/x"),
        format!("{TIME_OFFS}/2147483648"),
    ] {
        let answer = client.get(&path).await;
        assert_eq!((answer.status, answer.message()), (404, "The absence period was not found."), "{path}");
    }
    assert_eq!(ids(&list(&client, TIME_OFFS, "").await), slice::from_ref(&day_id));
    assert_eq!(ids(&list(&client, PERIODS, "").await), slice::from_ref(&hour_id));
    let of_days = list(&client, PERIODS, &format!("absence_periods[]={day_uuid}")).await;
    assert_eq!(ids(&of_days), Vec::<String>::new(), "an absence of days is no absence period");
}

/// A condition in the words of a query, and as a test of an absence.
type Choice = (String, Box<dyn Fn(&Known) -> bool>);

fn always() -> Choice {
    (String::new(), Box::new(|_| true))
}

fn choice(query: impl Into<String>, takes: impl Fn(&Known) -> bool + 'static) -> Choice {
    (query.into(), Box::new(takes))
}

fn window(from: Option<Date>, to: Option<Date>) -> Choice {
    let part = |name: &str, date: Option<Date>| date.map(|date| format!("{name}={date}"));
    let parts: Vec<String> = part("start_date", from).into_iter().chain(part("end_date", to)).collect();
    choice(parts.join("&"), move |one| one.meets(from, to))
}

/// No bounds, a first day, a last day, both; some at the ends of absences, where one day more or less matters.
fn windows(known: &[Known]) -> Vec<Choice> {
    let (long, other) = (longest(known), &known[known.len() / 2]);
    let day = |text: &str| Some(date(text));
    vec![
        window(None, None),
        window(Some(other.end), None),
        window(None, Some(other.start)),
        window(day("2025-12-20"), day("2026-01-10")),
        window(Some(later(long.end, 1)), Some(later(long.end, 100))),
        window(Some(long.end), None),
        window(day("2024-02-29"), day("2024-02-29")),
    ]
}

fn longest(known: &[Known]) -> &Known {
    known.iter().max_by_key(|one| (days_of(one), one.start, one.employee)).expect("an absence")
}

fn days_of(one: &Known) -> i32 {
    one.start.until(one.end).expect("a span").get_days() + 1
}

fn of_employees() -> Vec<Choice> {
    let some = |query: &str, wanted: &'static [u64]| choice(query, move |one| wanted.contains(&one.employee));
    vec![always(), some("employees[]=2147483647&employees[]=4711&employees[]=1", &[1, 2_147_483_647])]
}

/// Since and until the second in which an absence was changed, and until the end of a day, in the forms in which
/// clients write instants.
fn changes(known: &[Known]) -> Vec<Choice> {
    let berlin = jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone");
    let local = |at: jiff::Timestamp, form: &str| at.to_zoned_datetime(berlin.clone()).strftime(form).to_string();
    let mut times: Vec<_> = known.iter().map(|one| one.updated).collect();
    times.sort();
    let (early, late) = (times[times.len() / 4], times[times.len() * 3 / 4]);
    let day = date(&local(times[times.len() / 2], "%Y-%m-%d"));
    let night = day.tomorrow().and_then(|next| next.to_zoned_datetime(berlin.clone())).expect("a midnight").timestamp();
    let (zoned, plain) = (local(early, "%Y-%m-%dT%H:%M:%S%:z"), local(early, "%Y-%m-%dT%H:%M:%S"));
    vec![
        always(),
        choice(format!("updated_from={late}"), move |one| one.updated >= late),
        choice(format!("updated_to={plain}"), move |one| one.updated <= early),
        choice(format!("updated_from={zoned}&updated_to={day}"), move |one| (early..night).contains(&one.updated)),
    ]
}

fn kinds() -> Vec<Choice> {
    vec![
        always(),
        choice("absence_types[]=6", |one| one.kind == ON_CALL),
        choice("absence_types[]=2&absence_types[]=7", |one| one.kind == APPOINTMENT || one.kind == TRAINING),
    ]
}

/// Every third absence of hours, by id.
fn picked(known: &[Known]) -> Choice {
    let some: Vec<String> =
        known.iter().filter(|one| one.path == PERIODS).step_by(3).map(|one| one.id.clone()).collect();
    let wanted: BTreeSet<String> = some.iter().cloned().collect();
    choice(format!("absence_periods[]={}", some.join(",")), move |one| wanted.contains(&one.id))
}

/// One of each of some lists of choices, in every combination.
fn combine<'c>(lists: &[&'c [Choice]]) -> Vec<Vec<&'c Choice>> {
    lists.iter().fold(vec![Vec::new()], |combined, list| {
        let longer = combined
            .iter()
            .flat_map(|some: &Vec<&'c Choice>| list.iter().map(move |one| some.iter().copied().chain([one]).collect()));
        longer.collect()
    })
}

/// Compares each combination of choices, all pages of it, with what a naive filter finds.
async fn compare(client: &Client, path: &'static str, known: &[Known], lists: &[&[Choice]]) -> usize {
    let combined = combine(lists);
    for (index, some) in combined.chunks(4).enumerate() {
        let compared = some.iter().enumerate().map(|(place, choices)| async move {
            let naive = known.iter().filter(|one| one.path == path && choices.iter().all(|choice| choice.1(one)));
            let mut naive: Vec<&Known> = naive.collect();
            let some = |share: usize| naive.len().div_ceil(share).max(1);
            let limit = [1_000, some(2), some(3)][(index + place) % 3];
            let parts: Vec<&str> = choices.iter().map(|choice| choice.0.as_str()).collect();
            let query = parts.join("&");
            let mut walked = walk(client, path, &query, limit).await;
            walked.sort();
            naive.sort_by(|one, other| one.id.cmp(&other.id));
            let naive: Vec<&String> = naive.into_iter().map(|one| &one.id).collect();
            assert_eq!(walked.iter().collect::<Vec<_>>(), naive, "{path}?{query}, {limit} at a time");
        });
        join_all(compared).await;
    }
    combined.len()
}

const PEOPLE: [u64; 15] =
    [1, 2, 3, 15, 16, 17, 31, 32, 100, 101, 4_000, 65_536, 1_000_000, 2_147_483_646, 2_147_483_647];

/// An absence that may be refused because it lies over another one.
fn any_absence(random: &mut Random) -> (&'static str, Json) {
    let (path, kind) = random.one_of(&[
        (TIME_OFFS, VACATION),
        (TIME_OFFS, SICK_LEAVE),
        (TIME_OFFS, HOME_OFFICE),
        (TIME_OFFS, HOME_OFFICE),
        (PERIODS, APPOINTMENT),
        (PERIODS, ON_CALL),
        (PERIODS, TRAINING),
        (PERIODS, ON_CALL),
    ]);
    let overlaps = [HOME_OFFICE, ON_CALL, TRAINING].contains(&kind);
    let days = match random.between(1, 10) {
        // Powers of two and their neighbours, up to the longest that can be.
        1 if kind == HOME_OFFICE => random.one_of(&[2, 3, 33, 64, 65, 1_024, 1_025, 2_047, 2_048]),
        1 if overlaps => random.one_of(&[2, 3, 4, 5, 33, 64, 65]),
        2 if kind == HOME_OFFICE => random.between(300, 2_000),
        // Fewer of these, because an answer shows each of their days.
        2 if overlaps && random.one_in(3) => random.between(300, 2_000),
        3..=5 => random.between(7, if overlaps { 60 } else { 25 }),
        _ => random.between(1, 6),
    };
    let first = later(date("2024-01-01"), random.between(0, 1_095));
    let mut sent = body(random.one_of(&PEOPLE), kind, first, later(first, days - 1));
    if random.one_in(4) {
        sent["skip_approval"] = json!(false);
    }
    if days == 1 && path == PERIODS && random.one_in(2) {
        sent = with(sent, json!({"start_time": "09:15", "end_time": "11:45"}));
    }
    (path, sent)
}

/// Sends absences, those of one employee one after the other; those that are stored.
async fn store(client: &Client, random: &mut Random, count: usize) -> Vec<Known> {
    let sent: Vec<_> = (0..count).map(|_| any_absence(random)).collect();
    let of_each = PEOPLE.iter().map(|employee| {
        let own = sent.iter().filter(|(_, body)| body["employee_id"] == *employee);
        async move {
            let mut stored = Vec::new();
            for (path, body) in own {
                let answer = client.post(path, body).await;
                if answer.status == 200 || answer.status == 201 {
                    stored.push(Known::of(path, body, &answer.body["data"]["attributes"]));
                } else {
                    assert_eq!(answer.status, 400, "{body}: {}", answer.body);
                    assert!(answer.message().contains("overlaps"), "{body}: {}", answer.body);
                }
            }
            stored
        }
    });
    join_all(of_each).await.concat()
}

/// Removes and moves every some absences.
async fn change(client: &Client, random: &mut Random, known: &mut Vec<Known>) -> (usize, usize) {
    let (mut removed, mut moved) = (0, 0);
    for index in (0..known.len()).rev() {
        if random.one_in(5) {
            let answer = client.delete(&known[index].url()).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            known.remove(index);
            removed += 1;
        } else if random.one_in(4) {
            moved += usize::from(shift(client, random, &mut known[index]).await);
        }
    }
    (removed, moved)
}

/// Moves one, longer or shorter than it was; whether it could be.
async fn shift(client: &Client, random: &mut Random, one: &mut Known) -> bool {
    let start = later(one.start, random.between(-200, 200));
    let end = later(start, random.between(0, 70));
    let answer = client.patch(&one.url(), &json!({"start_date": start.to_string(), "end_date": end.to_string()})).await;
    if answer.status == 200 {
        (one.start, one.end) = (start, end);
        one.updated = updated_of(&read(client, one.path, &one.id).await);
        return true;
    }
    let refused = answer.message();
    let as_said = answer.status == 400 && refused.contains("overlaps") || answer.status == 422 && days_of(one) > 60;
    assert!(as_said, "{one:?}: {}", answer.body);
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_combination_of_filters_is_what_a_naive_filter_finds() {
    let muster = Muster::with(&company_of(&PEOPLE), Limits::off()).await;
    let (mut random, mut known) = (Random::seeded(7), Vec::new());
    for _ in 0..4 {
        muster.advance(Duration::from_hours(31));
        // A token is good for a day.
        let client = muster.admin().await;
        known.extend(store(&client, &mut random, 50).await);
    }
    let client = muster.admin().await;
    let long = known.iter().filter(|one| days_of(one) >= 300).count();
    assert!(known.len() > 150 && long > 8 && days_of(longest(&known)) > 2_000, "{} and {long}", known.len());
    let (days, hours) = (windows(&known), windows(&known));
    let days = compare(&client, TIME_OFFS, &known, &[&days]).await;
    let hours = compare(&client, PERIODS, &known, &[&hours, &kinds()]).await;
    assert_eq!((days, hours), (7, 7 * 3));

    muster.advance(Duration::from_hours(31));
    let client = muster.admin().await;
    let (removed, moved) = change(&client, &mut random, &mut known).await;
    assert!(removed > 25 && moved > 25, "{removed} removed and {moved} moved");
    let (windows, changes, picked) = (windows(&known), changes(&known), [always(), picked(&known)]);
    let days = compare(&client, TIME_OFFS, &known, &[&windows, &of_employees(), &changes]).await;
    let hours = compare(&client, PERIODS, &known, &[&windows[..5], &of_employees(), &changes, &kinds(), &picked]).await;
    assert_eq!((days, hours), (7 * 2 * 4, 5 * 2 * 4 * 3 * 2));
}

/// Stores a quarter of an hour of attendance of each of these on each of these days.
async fn attend(client: &Client, employees: &[u64], days: &[Date]) {
    let rows: Vec<Json> = days
        .iter()
        .flat_map(|day| employees.iter().map(move |employee| (employee, day.to_string())))
        .map(|(employee, date)| {
            json!({"employee": employee, "date": date, "start_time": "20:00", "end_time": "20:15", "break": 0})
        })
        .collect();
    for rows in rows.chunks(100) {
        let answer = client.post(ATTENDANCES, &json!({ "attendances": rows })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// Who attended on which day, and whether that was on time off.
async fn on_time_off(client: &Client, query: &str) -> Vec<((u64, Date), bool)> {
    let body = list(client, ATTENDANCES, query).await.body;
    let rows = body["data"].as_array().expect("a list").iter().map(|one| {
        let attributes = &one["attributes"];
        let day = attributes["date"].as_str().map(date).expect("a date");
        let away = attributes["is_on_time_off"].as_bool().expect("yes or no");
        ((attributes["employee"].as_u64().expect("an employee"), day), away)
    });
    rows.collect()
}

const TURN_OF_THE_YEAR: &str = "start_date=2025-12-01&end_date=2026-01-31&limit=1000";

#[tokio::test]
async fn attendance_says_whether_its_day_is_one_of_time_off() {
    let people = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    let (_muster, client) = start(&people).await;
    let days = ["2025-12-29", "2025-12-31", "2026-01-02", "2026-01-05"].map(date);
    attend(&client, &people, &days).await;
    let mut absences = Vec::new();
    for (path, body, fields, then) in [
        (TIME_OFFS, body(1, VACATION, "2025-12-30", "2026-01-03"), json!({}), ""),
        (TIME_OFFS, body(2, SICK_LEAVE, days[1], days[1]), json!({"half_day_start": true}), ""),
        (PERIODS, body(3, APPOINTMENT, days[2], days[2]), json!({"start_time": "09:00", "end_time": "09:30"}), ""),
        (TIME_OFFS, body(4, VACATION, "2025-12-30", "2026-01-03"), json!({"skip_approval": false}), ""),
        (TIME_OFFS, body(5, VACATION, "2025-12-30", "2026-01-03"), json!({"skip_approval": false}), "reject"),
        (TIME_OFFS, body(6, HOME_OFFICE, "2025-12-30", "2026-01-03"), json!({}), ""),
        (PERIODS, body(7, ON_CALL, "2025-12-30", "2026-01-03"), json!({}), ""),
        (PERIODS, body(8, APPOINTMENT, "2025-12-31", "2026-01-02"), json!({"skip_approval": false}), "approve"),
    ] {
        let id = id_of(&created(&client, path, &with(body, fields)).await);
        if !then.is_empty() {
            let answer = client.post(&format!("{path}/{id}/{then}"), &json!({})).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        absences.push(format!("{path}/{id}"));
    }
    let away = async || {
        let rows = on_time_off(&client, TURN_OF_THE_YEAR).await;
        assert_eq!(rows.len(), people.len() * days.len());
        rows.into_iter().filter(|(_, away)| *away).map(|(one, _)| one).collect::<BTreeSet<_>>()
    };
    let [_, silvester, second, _] = days;
    let wanted = [(1, silvester), (1, second), (2, silvester), (3, second), (8, silvester), (8, second)];
    assert_eq!(away().await, wanted.into());
    let one = list(&client, ATTENDANCES, &format!("start_date={second}&end_date={second}&employees[]=3")).await;
    let single = client.get(&format!("{ATTENDANCES}/{}", one.body["data"][0]["id"])).await;
    assert_eq!(single.body["data"]["attributes"]["is_on_time_off"], true, "{}", single.body);

    // One goes, one is moved across the turn of the year, one is made shorter, one is approved.
    let deleted = client.delete(&absences[0]).await;
    let moved = client.patch(&absences[1], &json!({"start_date": second, "end_date": second})).await;
    let shorter = client.patch(&absences[7], &json!({"end_date": silvester})).await;
    let approved = client.post(&format!("{}/approve", absences[3]), &json!({})).await;
    for answer in [deleted, moved, shorter, approved] {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let wanted = [(2, second), (3, second), (4, silvester), (4, second), (8, silvester)];
    assert_eq!(away().await, wanted.into());
}

/// An absence around the turn of the year as it is sent, what becomes of it then, and whether one is away because of it
/// in the end.
fn any_time_off(random: &mut Random, people: &[u64]) -> (&'static str, Json, &'static str, bool) {
    let (path, kind) = random.one_of(&[
        (TIME_OFFS, VACATION),
        (TIME_OFFS, VACATION),
        (PERIODS, APPOINTMENT),
        (PERIODS, APPOINTMENT),
        (TIME_OFFS, HOME_OFFICE),
        (PERIODS, ON_CALL),
    ]);
    let first = later(date("2025-12-20"), random.between(0, 20));
    let sent = body(random.one_of(people), kind, first, later(first, random.between(0, 6)));
    let then = random.one_of(&["", "", "approve", "reject", "pending"]);
    // Nobody has to agree to a kind that may lie over others.
    let decided = kind == VACATION || kind == APPOINTMENT;
    let then = if decided { then } else { "" };
    let sent = with(sent, json!({"skip_approval": then.is_empty(), "half_day_start": random.one_in(3)}));
    (path, sent, then, decided && (then.is_empty() || then == "approve"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_on_time_off_is_what_a_naive_look_at_the_absences_finds() {
    let near: Vec<u64> = (1..=16).collect();
    let people = [&near[..], &[5_000, 60_000, 700_000, 2_000_000_000]].concat();
    let (_muster, client) = start(&people).await;
    let days: Vec<Date> = (0..8).map(|step| later(date("2025-12-21"), step * 3)).collect();
    attend(&client, &people, &days).await;
    let (mut random, mut absences) = (Random::seeded(11), Vec::new());
    for _ in 0..80 {
        let (path, body, then, counts) = any_time_off(&mut random, &people);
        let answer = client.post(path, &body).await;
        if answer.status >= 300 {
            assert!(answer.status == 400 && answer.message().contains("overlaps"), "{body}: {}", answer.body);
            continue;
        }
        let known = Known::of(path, &body, &answer.body["data"]["attributes"]);
        if then == "approve" || then == "reject" {
            assert_eq!(client.post(&format!("{}/{then}", known.url()), &json!({})).await.status, 200);
        }
        absences.push((known, counts));
    }
    assert!(absences.iter().filter(|(_, counts)| *counts).count() > 20 && absences.len() > 45, "{}", absences.len());
    compare_time_off(&client, &people, &absences).await;
    let (before, mut moved) = (absences.len(), 0);
    for index in (0..absences.len()).rev() {
        if random.one_in(4) {
            assert_eq!(client.delete(&absences[index].0.url()).await.status, 200);
            absences.remove(index);
        } else if random.one_in(3) {
            let known = &mut absences[index].0;
            let (start, end) = (later(known.start, random.between(-9, 9)), later(known.end, random.between(9, 12)));
            let answer = client.patch(&known.url(), &json!({"start_date": start, "end_date": end})).await;
            if answer.status == 200 {
                (known.start, known.end) = (start, end);
                moved += 1;
            } else {
                // It is rejected, or would lie over another one.
                assert!(answer.status == 409 || answer.message().contains("overlaps"), "{}", answer.body);
            }
        }
    }
    assert!(before - absences.len() > 8 && moved > 5, "{before}, {} and {moved}", absences.len());
    compare_time_off(&client, &people, &absences).await;
}

/// Compares what pages of attendance say with the absences that count.
async fn compare_time_off(client: &Client, people: &[u64], absences: &[(Known, bool)]) {
    let is_away = |employee: u64, day: Date| {
        let mut own = absences.iter().filter(|(one, counts)| *counts && one.employee == employee);
        own.any(|(one, _)| one.meets(Some(day), Some(day)))
    };
    let (mut away, mut here) = (0, 0);
    for query in [
        TURN_OF_THE_YEAR.to_owned(),
        "start_date=2025-12-24&end_date=2026-01-02&limit=13&offset=31".to_owned(),
        "start_date=2025-12-30&end_date=2025-12-30".to_owned(),
        format!("{TURN_OF_THE_YEAR}&employees[]=1&employees[]=2000000000"),
        format!("{TURN_OF_THE_YEAR}&employees[]=5000&employees[]=60000&employees[]=700000&employees[]=3"),
        format!("{TURN_OF_THE_YEAR}&employees[]={}", people[4]),
    ] {
        let rows = on_time_off(client, &query).await;
        assert!(!rows.is_empty(), "{query}");
        for ((employee, day), shown) in rows {
            assert_eq!(shown, is_away(employee, day), "{query}: {employee} on {day}");
            *(if shown { &mut away } else { &mut here }) += 1;
        }
    }
    assert!(away > 25 && here > 100, "{away} and {here}");
}

/// Who of a thousand are away is read by their keys where few are asked for, and in a run where many are.
#[tokio::test]
async fn time_off_of_few_employees_does_not_cost_that_of_all_between_them() {
    let (muster, client) = start(&[1, 2, 1_000]).await;
    let day = date("2026-03-02");
    let items = (1..=1_000).map(|id| {
        let employee = EmployeeId::new(id).expect("an id");
        let days = AwayDays::of(employee, 2026, &BTreeSet::from([day])).expect("a day");
        away::item(&muster.company, &days).expect("an item")
    });
    muster.deps.table.batch_put(items.collect()).await.expect("the items are stored");
    attend(&client, &[1, 2, 1_000], &[day, later(day, 1)]).await;
    let units = async |query: &str| {
        let answer = list(&client, ATTENDANCES, &format!("start_date={day}&end_date=2026-03-31&{query}")).await;
        let rows = answer.body["data"].as_array().expect("a list");
        for row in rows {
            let attributes = &row["attributes"];
            assert_eq!(attributes["is_on_time_off"], attributes["date"] == day.to_string(), "{attributes}");
        }
        (rows.len(), answer.log_line()["read_units"].as_f64().expect("units"))
    };
    let ((few, of_few), (all, of_all)) = (units("employees[]=1&employees[]=1000").await, units("").await);
    println!("read units: two of a thousand employees {of_few}, a page of three {of_all}");
    assert_eq!((few, all), (4, 6));
    assert!(of_few <= 6.0 && of_all <= 12.0, "{of_few} and {of_all}");
}

#[tokio::test]
async fn times_in_which_nothing_can_have_changed_are_empty() {
    let (_muster, client) = start(&[1]).await;
    one_of_each(&client, 1).await;
    for path in [TIME_OFFS, PERIODS] {
        let all = ids(&list(&client, path, "").await);
        for end in ["9999-12-31", "9999-12-31T23:59:59", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59%2B00:00"] {
            assert_eq!(ids(&list(&client, path, &format!("updated_to={end}")).await), all, "{end} is no end");
        }
        for query in
            ["updated_from=2030-01-01&updated_to=2020-01-01", "updated_to=1960-01-01", "updated_from=2200-01-01"]
        {
            let answer = list(&client, path, query).await;
            assert_eq!((ids(&answer), &answer.body["metadata"]["total_elements"]), (Vec::new(), &json!(0)), "{query}");
        }
    }
}
