//! Creating, changing and deleting absences, and what bad input gets.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value as Json;
use serde_json::json;
use shared::http::limits::Limits;
use tests::Answer;
use tests::Client;
use tests::Muster;
use tests::absence_requests::APPOINTMENT;
use tests::absence_requests::BAD_ID;
use tests::absence_requests::CARE;
use tests::absence_requests::FULL_TIME;
use tests::absence_requests::HOME_OFFICE;
use tests::absence_requests::NOT_FOUND;
use tests::absence_requests::NOT_INSERTED;
use tests::absence_requests::NOT_VALID;
use tests::absence_requests::PERIODS;
use tests::absence_requests::REMOTE;
use tests::absence_requests::SICK_LEAVE;
use tests::absence_requests::TIME_OFFS;
use tests::absence_requests::VACATION;
use tests::absence_requests::VISIT;
use tests::absence_requests::absence;
use tests::absence_requests::assert_refused;
use tests::absence_requests::clock;
use tests::absence_requests::company;
use tests::absence_requests::create;
use tests::absence_requests::created;
use tests::absence_requests::form;
use tests::absence_requests::list;
use tests::absence_requests::multipart;
use tests::absence_requests::path_of;
use tests::absence_requests::read;
use tests::absence_requests::start;
use tests::absence_requests::with;
use tests::audit;

const BOTH_HALVES: &str =
    "Invalid absence day. Reason: Both half day start and half day end are true for a single-day period";
const FORM: &str = "application/x-www-form-urlencoded";

/// Asserts that neither lists nor the table hold an absence of these employees.
async fn assert_nothing_stored(muster: &Muster, client: &Client, employees: &[u64]) {
    for path in [TIME_OFFS, PERIODS] {
        assert_eq!(list(client, path, "").await, Vec::<Json>::new());
        for employee in employees {
            assert_eq!(list(client, path, &format!("&employees[]={employee}")).await, Vec::<Json>::new());
        }
    }
    assert!(audit::absences(muster, employees.to_vec()).await.is_empty());
}

/// Asserts that an answer says that an absence cannot be stored beside these, by the ids that callers know.
fn assert_overlaps(answer: &Answer, others: &[&Json]) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.message().starts_with(NOT_INSERTED), "{}", answer.body);
    let ids = |ids: Vec<String>| ids.into_iter().collect::<BTreeSet<_>>();
    let wanted = others.iter().map(|other| other.as_str().map_or_else(|| other.to_string(), str::to_owned));
    let said = answer.body["error"]["error_data"]["conflicting_ids"].as_array().cloned().unwrap_or_default();
    let said = said.iter().map(|id| id.as_str().expect("text").to_owned());
    assert_eq!(ids(said.collect()), ids(wanted.collect()), "{}", answer.body);
}

#[tokio::test]
async fn an_absence_of_days_is_read_back_as_it_was_sent() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let body = with(
        &absence(1, SICK_LEAVE, "2026-11-26", "2026-11-30"),
        json!({"half_day_start": true, "half_day_end": false, "comment": "two\nlines"}),
    );
    let answer = client.post(TIME_OFFS, &body).await;
    assert_eq!((answer.status, &answer.body["data"]["type"]), (200, &json!("TimeOffPeriod")), "{}", answer.body);
    let shown = answer.body["data"]["attributes"].clone();
    for (key, value) in [
        ("id", json!(1)),
        ("status", json!("approved")),
        ("start_date", json!("2026-11-26T00:00:00+01:00")),
        ("end_date", json!("2026-11-30T00:00:00+01:00")),
        ("days_count", json!(2.5)),
        ("half_day_start", json!(true)),
        ("half_day_end", json!(false)),
        ("comment", json!("two\nlines")),
        ("created_by", json!("API")),
        ("certificate", json!({"status": "required"})),
    ] {
        assert_eq!(shown[key], value, "{key}");
    }
    let kind = json!({"type": "TimeOffType", "attributes": {"id": 3, "name": "Sick leave", "category": "sick_leave"}});
    assert_eq!(shown["time_off_type"], kind);
    assert_eq!(shown["employee"]["attributes"]["id"]["value"], 1);
    assert_eq!(shown["employee"]["attributes"]["email"]["value"], "e1@test.example");
    assert_eq!(shown["created_at"], shown["updated_at"]);
    assert!(shown.get("approval").is_none(), "nobody decided: {shown}");
    assert_eq!(read(&client, &format!("{TIME_OFFS}/1")).await, shown);
    assert_eq!(list(&client, TIME_OFFS, "").await, [shown]);
    audit::absences(&muster, [1]).await;
}

#[tokio::test]
async fn an_absence_of_hours_is_read_back_as_it_was_sent() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let body = with(&clock(1, VISIT, "2026-11-26", "9:00", "10:30:00"), json!({"comment": "town hall"}));
    let answer = client.post(PERIODS, &body).await;
    assert_eq!((answer.status, &answer.body["data"]["type"]), (201, &json!("AbsencePeriod")), "{}", answer.body);
    let shown = answer.body["data"]["attributes"].clone();
    for (key, value) in [
        ("measurement_unit", json!("hour")),
        ("effective_duration", json!(90)),
        ("status", json!("approved")),
        ("start", json!("2026-11-26T08:00:00.000Z")),
        ("end", json!("2026-11-26T09:30:00.000Z")),
        ("half_day_start", json!(false)),
        ("half_day_end", json!(false)),
        ("comment", json!("town hall")),
        ("origin", json!("api")),
        ("timezone", json!("Europe/Berlin")),
        ("certificate", json!({"status": "not-required"})),
        ("breakdowns", json!([{"date": "2026-11-26", "effective_duration": 90}])),
        ("updated_at", shown["created_at"].clone()),
        ("approved_at", shown["created_at"].clone()),
    ] {
        assert_eq!(shown[key], value, "{key}");
    }
    let kind = &shown["absence_type"];
    assert_eq!((&kind["type"], &kind["attributes"]["name"]), (&json!("AbsenceType"), &json!("Visit")));
    assert_eq!(kind["attributes"]["time_off_type_id"], VISIT);
    assert_eq!(shown["employee"]["attributes"]["id"]["value"], 1);
    let id = shown["id"].as_str().expect("a UUID");
    assert!(
        uuid::Uuid::try_parse(id).is_ok()
            && uuid::Uuid::try_parse(kind["attributes"]["id"].as_str().expect("an id")).is_ok()
    );
    assert_eq!(read(&client, &format!("{PERIODS}/{id}")).await, shown);
    assert_eq!(list(&client, PERIODS, "").await, [shown]);
    audit::absences(&muster, [1]).await;
}

#[tokio::test]
async fn json_forms_and_multipart_make_the_same_absence() {
    let (muster, client) = start(&[FULL_TIME]).await;
    for kind in [VACATION, APPOINTMENT] {
        // As the vendor's own collection sends it.
        let text = json!({
            "employee_id": "1", "time_off_type_id": kind.to_string(),
            "start_date": "2022-09-02", "end_date": "2022-09-02", "half_day_start": "0",
            "half_day_end": "0", "comment": "Optional", "skip_approval": "false",
        });
        let plain = json!({
            "employee_id": 1, "time_off_type_id": kind, "start_date": "2022-09-02", "end_date": "2022-09-02",
            "half_day_start": false, "half_day_end": 0, "comment": "Optional", "skip_approval": false,
        });
        let path = path_of(kind);
        let (content_type, body) = multipart("----WebKitFormBoundary7MA4YWxkTrZu0gW", &text);
        let mut seen = Vec::new();
        for sent in 0..3 {
            let answer = match sent {
                0 => client.post(path, &plain).await,
                1 => client.send("POST", path, FORM, form(&text)).await,
                _ => client.send("POST", path, &content_type, body.clone()).await,
            };
            assert_eq!(answer.status, if kind == VACATION { 200 } else { 201 }, "{}", answer.body);
            let mut shown = answer.body["data"]["attributes"].clone();
            let id = shown["id"].as_str().map_or_else(|| shown["id"].to_string(), str::to_owned);
            assert_eq!(read(&client, &format!("{path}/{id}")).await, shown);
            assert_eq!(client.delete(&format!("{path}/{id}")).await.status, 200);
            assert_eq!((&shown["status"], &shown["comment"]), (&json!("pending"), &json!("Optional")));
            for own in ["id", "id_v2", "created_at", "updated_at"] {
                shown.as_object_mut().expect("an object").remove(own);
            }
            seen.push(shown);
        }
        assert!(seen.iter().all(|shown| *shown == seen[0]), "{seen:?}");
        assert_eq!(seen[0].get("effective_duration"), (kind == APPOINTMENT).then(|| json!(480)).as_ref());
    }
    assert_nothing_stored(&muster, &client, &[1]).await;
}

/// What an absence of days counts, by the answer that creates it; all that reads show is the same.
async fn days_count(client: &Client, employee: u64, days: (&str, &str), halves: (bool, bool)) -> Json {
    let body = absence(employee, VACATION, days.0, days.1);
    let body = with(&body, json!({"half_day_start": halves.0, "half_day_end": halves.1}));
    let (path, shown) = created(client, &body).await;
    assert_eq!(read(client, &path).await, shown);
    assert_eq!(client.delete(&path).await.status, 200);
    assert_eq!((&shown["half_day_start"], &shown["half_day_end"]), (&json!(halves.0), &json!(halves.1)));
    shown["days_count"].clone()
}

#[tokio::test]
async fn days_count_the_working_days_without_holidays() {
    let (_muster, client) = start(&[
        FULL_TIME,
        "work_schedule: Three days, holiday_calendar: Bavaria",
        "work_schedule: Full-time",
        "weekly_working_hours: 20",
        "",
    ])
    .await;
    let (whole, first, last, both) = ((false, false), (true, false), (false, true), (true, true));
    for (employee, days, halves, wanted) in [
        (1, ("2026-11-26", "2026-11-26"), whole, json!(1)),
        (1, ("2026-11-26", "2026-11-26"), first, json!(0.5)),
        (1, ("2026-11-26", "2026-11-26"), last, json!(0.5)),
        (1, ("2026-11-26", "2026-11-30"), both, json!(2)),
        // Weekends: one alone, and one of which half is asked for.
        (1, ("2026-11-28", "2026-11-29"), whole, json!(0)),
        (1, ("2026-11-28", "2026-11-30"), first, json!(1)),
        // This company works on Epiphany of 2026; it has a day of its own in July, and half of Christmas Eve.
        (1, ("2026-01-06", "2026-01-06"), whole, json!(1)),
        (1, ("2027-01-06", "2027-01-06"), whole, json!(0)),
        (1, ("2026-06-29", "2026-07-03"), whole, json!(4)),
        (1, ("2026-12-24", "2026-12-24"), whole, json!(0.5)),
        (1, ("2026-12-24", "2026-12-24"), first, json!(0.5)),
        (1, ("2026-12-25", "2026-12-25"), first, json!(0)),
        (1, ("2026-05-11", "2026-05-15"), whole, json!(4)),
        // Across New Year, and for years: 2026 and 2027 have 522 days that are Monday to Friday.
        (1, ("2026-12-21", "2027-01-08"), whole, json!(11)),
        (1, ("2026-12-21", "2027-01-08"), both, json!(10)),
        (3, ("2026-01-01", "2027-12-31"), whole, json!(522)),
        // Mondays, Tuesdays and Thursdays, with and without a holiday among them.
        (2, ("2026-11-23", "2026-11-29"), whole, json!(3)),
        (2, ("2026-11-25", "2026-11-25"), whole, json!(0)),
        (2, ("2026-11-23", "2026-11-27"), last, json!(3)),
        (2, ("2026-05-11", "2026-05-17"), whole, json!(2)),
        // Without a calendar no day is a holiday, without a schedule the weekend is free.
        (3, ("2026-12-24", "2026-12-25"), whole, json!(2)),
        (4, ("2026-11-23", "2026-11-29"), whole, json!(5)),
        (5, ("2026-11-23", "2026-11-29"), whole, json!(5)),
    ] {
        let count = days_count(&client, employee, days, halves).await;
        assert_eq!(count.as_f64(), wanted.as_f64(), "{employee} {days:?} {halves:?}");
    }
}

/// The minutes of each day of an absence of hours, from the first to the last; they are its whole.
async fn minutes(client: &Client, body: &Json) -> Vec<u64> {
    let (path, shown) = created(client, body).await;
    assert_eq!(read(client, &path).await, shown);
    assert_eq!(client.delete(&path).await.status, 200);
    let breakdowns = shown["breakdowns"].as_array().expect("days");
    let first: jiff::civil::Date = body["start_date"].as_str().expect("a date").parse().expect("a date");
    for (breakdown, date) in breakdowns.iter().zip(first.series(jiff::Span::new().days(1))) {
        assert_eq!(breakdown["date"], date.to_string(), "each of its days is there, one after the other");
    }
    assert_eq!(breakdowns.last().map(|day| &day["date"]), Some(&body["end_date"]));
    let minutes: Vec<u64> = breakdowns.iter().map(|day| day["effective_duration"].as_u64().expect("minutes")).collect();
    assert_eq!(shown["effective_duration"], minutes.iter().sum::<u64>());
    minutes
}

#[tokio::test]
async fn hours_are_those_that_would_have_been_worked() {
    let short_friday = "work_schedule: Short Friday, holiday_calendar: Bavaria";
    let (_muster, client) = start(&[short_friday, "weekly_working_hours: 35", ""]).await;
    let at = |date: &str, from: &str, until: &str| clock(1, VISIT, date, from, until);
    let days = |from: &str, until: &str| absence(1, VISIT, from, until);
    let halves =
        |from: &str, until: &str| with(&days(from, until), json!({"half_day_start": 1, "half_day_end": "true"}));
    for (body, wanted) in [
        (at("2026-11-26", "09:00", "10:30"), vec![90]),
        (at("2026-11-26", "00:00", "23:59"), vec![510]),
        // On Fridays four and a quarter hours, on free days and holidays none, on half a holiday half of them.
        (at("2026-11-27", "08:00", "16:00"), vec![255]),
        (at("2026-11-27", "08:00", "08:01"), vec![1]),
        (at("2026-11-28", "09:00", "10:30"), vec![0]),
        (at("2026-12-25", "09:00", "10:30"), vec![0]),
        (at("2026-12-24", "08:00", "16:00"), vec![255]),
        (at("2026-12-24", "08:00", "09:00"), vec![60]),
        (days("2026-11-26", "2026-11-30"), vec![510, 255, 0, 0, 510]),
        (halves("2026-11-26", "2026-11-30"), vec![255, 255, 0, 0, 255]),
        (halves("2026-11-27", "2026-11-28"), vec![128, 0]),
        (days("2026-12-23", "2026-12-25"), vec![510, 255, 0]),
        (halves("2026-12-24", "2026-12-28"), vec![255, 0, 0, 0, 255]),
        (days("2026-12-30", "2027-01-04"), vec![510, 255, 0, 0, 0, 510]),
        // The vendor's own collection sends a single day without times: all of it. Halves count on several days only.
        (days("2026-11-26", "2026-11-26"), vec![510]),
        (halves("2026-11-26", "2026-11-26"), vec![510]),
        // Times count on a single day only.
        (with(&days("2026-11-26", "2026-11-27"), json!({"start_time": "09:00", "end_time": "08:00"})), vec![510, 255]),
        // Without a schedule: a fifth of the weekly hours, or eight.
        (absence(2, VISIT, "2026-11-26", "2026-11-28"), vec![420, 420, 0]),
        (absence(3, VISIT, "2026-11-26", "2026-11-28"), vec![480, 480, 0]),
    ] {
        assert_eq!(minutes(&client, &body).await, wanted, "{body}");
    }
    let (_, shown) = created(&client, &halves("2026-11-26", "2026-11-26")).await;
    assert_eq!((&shown["half_day_start"], &shown["half_day_end"]), (&json!(false), &json!(false)));
    assert_eq!(shown["start"], "2026-11-25T23:00:00.000Z");
    assert_eq!(shown["end"], "2026-11-26T23:00:00.000Z");
}

#[tokio::test]
async fn where_the_clocks_change_the_minutes_that_pass_count() {
    let (_muster, client) = start(&["work_schedule: Every day"]).await;
    for (date, from, until, wanted) in [
        ("2026-03-29", "01:00", "04:00", 120),
        ("2026-10-25", "01:00", "04:00", 240),
        ("2026-03-29", "03:00", "04:00", 60),
        ("2026-10-25", "03:00", "04:00", 60),
        ("2026-10-25", "00:00", "12:00", 480),
    ] {
        let body = clock(1, VISIT, date, from, until);
        assert_eq!(minutes(&client, &body).await, [wanted], "{body}");
    }
    // The day with 23 hours and the one with 25, from midnight to midnight; the working time is the same.
    for (date, start, end) in [
        ("2026-03-29", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"),
        ("2026-10-25", "2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"),
    ] {
        let (_, shown) = created(&client, &absence(1, VISIT, date, date)).await;
        assert_eq!((&shown["start"], &shown["end"]), (&json!(start), &json!(end)));
        assert_eq!(shown["effective_duration"], 480);
    }
}

/// Bodies that break a rule on both routes, and the fields that are named.
fn wrong_bodies(good: &Json) -> Vec<(Json, Vec<&'static str>)> {
    let required = ["employee_id", "end_date", "start_date", "time_off_type_id"];
    let mut wrong = vec![(json!({}), required.to_vec()), (json!({"comment": "x"}), required.to_vec())];
    for field in required {
        let mut without = good.clone();
        without.as_object_mut().expect("an object").remove(field);
        wrong.extend(
            [without, with(good, json!({field: null})), with(good, json!({field: "  "}))]
                .map(|body| (body, vec![field])),
        );
    }
    for field in ["employee_id", "time_off_type_id"] {
        for value in [
            json!("x"),
            json!(0),
            json!(-1),
            json!(1.5),
            json!("+1"),
            json!(2_147_483_648_u64),
            json!([1]),
            json!(true),
        ] {
            wrong.push((with(good, json!({field: value})), vec![field]));
        }
    }
    for field in ["start_date", "end_date"] {
        for value in ["2026-02-30", "30.11.2026", "2026-1-1", "1899-12-31", "2200-01-01", "tomorrow", "2026-11-26x"] {
            wrong.push((with(good, json!({field: value})), vec![field]));
        }
        wrong.push((with(good, json!({field: 20_261_126})), vec![field]));
    }
    wrong.extend([
        (with(good, json!({"start_date": "2026-11-27", "end_date": "2026-11-26"})), vec!["end_date"]),
        // 2,049 days.
        (with(good, json!({"start_date": "2026-01-01", "end_date": "2031-08-11"})), vec!["end_date"]),
        (with(good, json!({"comment": 1})), vec!["comment"]),
        (with(good, json!({"comment": "x".repeat(2_001)})), vec!["comment"]),
        (with(good, json!({"comment": "\u{7}"})), vec!["comment"]),
        (
            with(
                good,
                json!({"employee_id": "x", "start_date": 5, "end_date": null, "comment": {}, "skip_approval": 5}),
            ),
            vec!["comment", "employee_id", "end_date", "skip_approval", "start_date"],
        ),
    ]);
    for field in ["half_day_start", "half_day_end", "skip_approval"] {
        for value in [json!("maybe"), json!(2), json!([]), json!(0.5)] {
            wrong.push((with(good, json!({field: value})), vec![field]));
        }
    }
    wrong
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_the_names_of_the_fields() {
    let (muster, client) = start(&[FULL_TIME]).await;
    for kind in [VACATION, APPOINTMENT] {
        let good = absence(1, kind, "2026-11-26", "2026-11-26");
        for (body, fields) in wrong_bodies(&good) {
            let answer = client.post(path_of(kind), &body).await;
            assert_eq!(answer.status, 422, "{kind} {body}: {}", answer.body);
            assert_refused(&answer, 422, NOT_VALID, &fields);
        }
        // An empty body has no fields at all; one in the query is one of the body.
        assert_eq!(client.send("POST", path_of(kind), "application/json", "").await.status, 422);
        let answer = client.post(&format!("{}?skip_approval=perhaps", path_of(kind)), &good).await;
        assert_refused(&answer, 422, NOT_VALID, &["skip_approval"]);
    }
    let hours = absence(1, VISIT, "2026-11-26", "2026-11-26");
    for (times, field) in [
        (json!({"start_time": "09:00"}), "end_time"),
        (json!({"start_time": "09:00", "end_time": ""}), "end_time"),
        (json!({"end_time": "09:00"}), "start_time"),
        (json!({"start_time": "09:00", "end_time": "09:00"}), "end_time"),
        (json!({"start_time": "09:00", "end_time": "08:59"}), "end_time"),
        (json!({"start_time": "24:00", "end_time": "24:30"}), "end_time start_time"),
        (json!({"start_time": "9", "end_time": "10:00"}), "start_time"),
        (json!({"start_time": 900, "end_time": "10:00"}), "start_time"),
        (json!({"start_time": "09:00", "end_time": "10:00:30"}), "end_time"),
        (json!({"start_time": "22:00", "end_time": "24:00"}), "end_time"),
    ] {
        let answer = client.post(PERIODS, &with(&hours, times)).await;
        assert_refused(&answer, 422, NOT_VALID, &field.split(' ').collect::<Vec<_>>());
    }
    assert_nothing_stored(&muster, &client, &[1]).await;
    // The longest one is not too long, and the longest comment neither.
    for kind in [VACATION, VISIT] {
        let long = with(&absence(1, kind, "2026-01-01", "2031-08-10"), json!({"comment": "ß".repeat(2_000)}));
        let (path, shown) = created(&client, &long).await;
        assert_eq!(shown["comment"].as_str().map(|text| text.chars().count()), Some(2_000));
        assert_eq!(audit::absences(&muster, [1]).await.len(), 1);
        assert_eq!(client.delete(&path).await.status, 200);
    }
    assert_nothing_stored(&muster, &client, &[1]).await;
}

#[tokio::test]
async fn both_halves_of_a_single_day_are_no_day() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let both = json!({"half_day_start": true, "half_day_end": "1"});
    let day = with(&absence(1, VACATION, "2026-11-26", "2026-11-26"), both.clone());
    assert_refused(&client.post(TIME_OFFS, &day).await, 400, BOTH_HALVES, &["half_day_end"]);
    assert_refused(&client.send("POST", TIME_OFFS, FORM, form(&day)).await, 400, BOTH_HALVES, &["half_day_end"]);
    assert_nothing_stored(&muster, &client, &[1]).await;
    // On two days they are; and an update cannot make one of these days all of it.
    let (path, shown) = created(&client, &with(&absence(1, VACATION, "2026-11-26", "2026-11-27"), both)).await;
    let answer = client.patch(&path, &json!({"end_date": "2026-11-26"})).await;
    assert_refused(&answer, 400, BOTH_HALVES, &["half_day_end"]);
    assert_eq!(read(&client, &path).await, shown);
    let answer = client.patch(&path, &json!({"end_date": "2026-11-26", "half_day_end": false})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(read(&client, &path).await["days_count"], 0.5);
}

#[tokio::test]
async fn what_does_not_exist_or_belongs_elsewhere_is_refused() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let (elsewhere, _) = start(&[FULL_TIME, FULL_TIME]).await;
    for (kind, no_kind) in [(VACATION, "Time-off type not found."), (VISIT, "Absence type not found.")] {
        let path = path_of(kind);
        for stranger in [2, 4_711, 2_147_483_647] {
            let answer = client.post(path, &absence(stranger, kind, "2026-11-26", "2026-11-26")).await;
            assert_eq!((answer.status, answer.message()), (404, "Employee not found."), "{}", answer.body);
        }
        let answer = client.post(path, &absence(1, 99, "2026-11-26", "2026-11-26")).await;
        assert_eq!((answer.status, answer.message()), (404, no_kind), "{}", answer.body);
    }
    for (path, kind) in [(TIME_OFFS, VISIT), (PERIODS, VACATION), (PERIODS, CARE), (TIME_OFFS, CARE)] {
        let answer = client.post(path, &absence(1, kind, "2026-11-26", "2026-11-26")).await;
        assert_refused(&answer, 422, NOT_VALID, &["time_off_type_id"]);
    }
    assert_nothing_stored(&muster, &client, &[1]).await;
    assert_nothing_stored(&elsewhere, &elsewhere.admin().await, &[1, 2]).await;
}

#[tokio::test]
async fn bodies_that_cannot_be_read_store_nothing() {
    let (muster, client) = start(&[FULL_TIME]).await;
    for kind in [VACATION, VISIT] {
        let good = absence(1, kind, "2026-11-26", "2026-11-26").to_string();
        let large = format!("{{\"comment\":\"{}\"}}", "x".repeat(1_100_000));
        for (content_type, body, status) in [
            ("application/json", &good[..good.len() - 1], 400),
            ("application/json", "[]", 400),
            ("application/json", "\"x\"", 400),
            ("multipart/form-data", good.as_str(), 400),
            ("multipart/form-data; boundary=x", "--x", 400),
            ("application/json", large.as_str(), 413),
            ("text/plain", good.as_str(), 415),
            ("application/xml", "<a/>", 415),
        ] {
            let answer = client.send("POST", path_of(kind), content_type, body).await;
            assert_eq!(answer.status, status, "{content_type}: {}", answer.body);
            assert!(!answer.message().is_empty());
        }
    }
    assert_nothing_stored(&muster, &client, &[1]).await;
}

/// What of a day an absence takes, for the table below.
fn part(kind: &str, employee: u64, date: &str) -> Json {
    let whole = |kind| absence(employee, kind, date, date);
    match kind {
        "whole" | "rejected" => whole(VACATION),
        "sick" => whole(SICK_LEAVE),
        "first half" => with(&whole(VACATION), json!({"half_day_start": true})),
        "second half" => with(&whole(SICK_LEAVE), json!({"half_day_end": true})),
        "home" => whole(HOME_OFFICE),
        "hours" => whole(VISIT),
        "pending" => with(&whole(VACATION), json!({"skip_approval": false})),
        "8-10" => clock(employee, VISIT, date, "08:00", "10:00"),
        "9-11" => clock(employee, VISIT, date, "09:00", "11:00"),
        "10-12" => clock(employee, APPOINTMENT, date, "10:00", "12:00"),
        "remote" => clock(employee, REMOTE, date, "08:00", "18:00"),
        other => panic!("{other} is no part of a day"),
    }
}

#[tokio::test]
async fn what_lies_over_others_is_refused_with_their_ids() {
    let (muster, client) = start(&[FULL_TIME, FULL_TIME]).await;
    let dates = jiff::civil::Date::constant(2026, 2, 2).series(jiff::Span::new().days(1));
    let (mut parts, mut dates) = (Vec::new(), dates.map(|date| date.to_string()));
    for (there, new, in_the_way) in [
        (vec!["whole"], "sick", vec![0]),
        (vec!["pending"], "sick", vec![0]),
        (vec!["whole"], "first half", vec![0]),
        (vec!["whole"], "8-10", vec![0]),
        (vec!["hours"], "whole", vec![0]),
        (vec!["hours"], "8-10", vec![0]),
        (vec!["first half"], "whole", vec![0]),
        // Two halves fill a day, whichever they are.
        (vec!["first half"], "second half", vec![]),
        (vec!["first half"], "first half", vec![]),
        (vec!["first half", "second half"], "second half", vec![0, 1]),
        (vec!["first half", "second half"], "8-10", vec![0, 1]),
        // Hours fit beside one half, and beside each other where they do not cross.
        (vec!["second half"], "8-10", vec![]),
        (vec!["8-10"], "second half", vec![]),
        (vec!["second half", "8-10"], "10-12", vec![]),
        (vec!["second half", "8-10"], "9-11", vec![1]),
        (vec!["8-10"], "10-12", vec![]),
        (vec!["8-10"], "9-11", vec![0]),
        (vec!["8-10", "10-12"], "9-11", vec![0, 1]),
        (vec!["8-10", "second half"], "whole", vec![0, 1]),
        // Who works elsewhere is not away, and what was rejected is in nobody's way.
        (vec!["home"], "whole", vec![]),
        (vec!["whole"], "home", vec![]),
        (vec!["home"], "home", vec![]),
        (vec!["remote"], "9-11", vec![]),
        (vec!["whole", "home"], "remote", vec![]),
        (vec!["home", "remote", "8-10"], "whole", vec![2]),
        (vec!["rejected"], "whole", vec![]),
        (vec!["rejected", "rejected", "whole"], "first half", vec![2]),
    ] {
        let date = dates.next().expect("a date");
        let mut ids = Vec::new();
        for part_there in &there {
            let body = part(part_there, 1, &date);
            let asks = with(&body, json!({"skip_approval": *part_there != "rejected"}));
            let (path, shown) = created(&client, if *part_there == "rejected" { &asks } else { &body }).await;
            if *part_there == "rejected" {
                assert_eq!(client.post(&format!("{path}/reject"), &json!({})).await.status, 200);
            }
            ids.push(shown["id"].clone());
        }
        let answer = create(&client, &part(new, 1, &date)).await;
        let wanted: Vec<&Json> = in_the_way.iter().map(|index: &usize| &ids[*index]).collect();
        if wanted.is_empty() {
            assert!(matches!(answer.status, 200 | 201), "{there:?}, {new}: {}", answer.body);
        } else {
            assert_overlaps(&answer, &wanted);
        }
        parts.push(there.len() + usize::from(wanted.is_empty()));
        // Another employee's day is another day.
        let other = create(&client, &part(new, 2, &date)).await;
        assert!(matches!(other.status, 200 | 201), "{}", other.body);
    }
    let stored = audit::absences(&muster, [1, 2]).await;
    assert_eq!(stored.len(), parts.iter().sum::<usize>() + parts.len(), "what was refused is not stored");
}

#[tokio::test]
async fn halves_at_the_ends_of_several_days_share_them() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let days = |from: &str, until: &str, more: Json| with(&absence(1, VACATION, from, until), more);
    let first = created(&client, &days("2026-11-23", "2026-11-25", json!({"half_day_end": true}))).await.1;
    // The day in between is whole, and the last one has room for one more half.
    for (from, until) in [("2026-11-24", "2026-11-24"), ("2026-11-24", "2026-11-26"), ("2026-11-20", "2026-11-23")] {
        let refused = create(&client, &days(from, until, json!({"half_day_start": true}))).await;
        assert_overlaps(&refused, &[&first["id"]]);
    }
    let second = created(&client, &days("2026-11-25", "2026-11-27", json!({"half_day_start": true}))).await.1;
    let refused = create(&client, &clock(1, VISIT, "2026-11-25", "08:00", "09:00")).await;
    assert_overlaps(&refused, &[&first["id"], &second["id"]]);
    // One that lies over all of them names all of them, whatever they are counted in.
    let hours = created(&client, &clock(1, VISIT, "2026-11-28", "08:00", "09:00")).await.1;
    let refused = create(&client, &absence(1, SICK_LEAVE, "2026-11-01", "2026-11-30")).await;
    assert_overlaps(&refused, &[&first["id"], &second["id"], &hours["id"]]);
    assert!(first["id"].is_u64() && hours["id"].is_string());
    assert_eq!(audit::absences(&muster, [1]).await.len(), 3);
}

#[tokio::test]
async fn what_began_years_ago_is_in_the_way_until_it_ends() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let (path, long) = created(&client, &absence(1, VACATION, "2021-03-01", "2026-10-01")).await;
    for day in ["2021-03-01", "2023-07-14", "2026-10-01"] {
        assert_overlaps(&create(&client, &absence(1, VISIT, day, day)).await, &[&long["id"]]);
    }
    for day in ["2021-02-28", "2026-10-02"] {
        created(&client, &absence(1, SICK_LEAVE, day, day)).await;
    }
    assert_eq!(audit::absences(&muster, [1]).await.len(), 3);
    assert_eq!(client.delete(&path).await.status, 200);
    created(&client, &absence(1, VISIT, "2023-07-14", "2023-07-14")).await;
    assert_eq!(audit::absences(&muster, [1]).await.len(), 3);
}

#[tokio::test]
async fn a_deleted_absence_is_gone() {
    let (muster, client) = start(&[FULL_TIME]).await;
    for (kind, other) in [(VACATION, PERIODS), (VISIT, TIME_OFFS)] {
        let (path, shown) = created(&client, &absence(1, kind, "2026-11-26", "2026-12-31")).await;
        // The other route does not know it, by neither of its ids.
        for id in [&shown["id"], &shown["id_v2"]] {
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            let answer = client.delete(&format!("{other}/{id}")).await;
            assert!(matches!(answer.status, 400 | 404), "{}", answer.body);
        }
        assert_eq!(read(&client, &path).await, shown);
        let answer = client.delete(&path).await;
        assert_eq!(
            (answer.status, answer.body),
            (200, json!({"success": true, "data": {"message": "The absence period was deleted."}}))
        );
        for answer in [
            client.delete(&path).await,
            client.get(&path).await,
            client.patch(&path, &json!({"comment": "x"})).await,
            client.post(&format!("{path}/approve"), &json!({})).await,
            client.post(&format!("{path}/reject"), &json!({})).await,
        ] {
            assert_eq!((answer.status, answer.message()), (404, NOT_FOUND), "{}", answer.body);
        }
        assert_nothing_stored(&muster, &client, &[1]).await;
    }
}

#[tokio::test]
async fn an_id_that_cannot_be_one_is_told_from_one_that_no_absence_has() {
    let (_muster, client) = start(&[FULL_TIME]).await;
    let (_, days) = created(&client, &absence(1, VACATION, "2026-11-26", "2026-11-26")).await;
    let (_, hours) = created(&client, &absence(1, VISIT, "2026-11-27", "2026-11-27")).await;
    let uuid = |id: &Json| id.as_str().expect("a UUID").to_owned();
    let random = uuid::Uuid::new_v4().to_string();
    let mut cases = vec![
        (TIME_OFFS, "4711".to_owned(), 404),
        (TIME_OFFS, "2147483647".to_owned(), 404),
        // The number of the absence of hours.
        (TIME_OFFS, "2".to_owned(), 404),
        (PERIODS, random.clone(), 404),
        (PERIODS, uuid(&days["id_v2"]), 404),
        // A kind's id is no absence's.
        (PERIODS, uuid(&hours["absence_type"]["attributes"]["id"]), 404),
    ];
    for bad in ["0", "-1", "+1", "x", "1.0", "2147483648", "99999999999999999999", "%20", &random] {
        cases.push((TIME_OFFS, bad.to_owned(), 400));
    }
    for bad in ["1", "0", "x", "9bba303f-0fbc-4514-9958", "%00", "9bba303f-0fbc-4514-9958-0befa21923fg"] {
        cases.push((PERIODS, bad.to_owned(), 400));
    }
    for (route, id, status) in cases {
        let path = format!("{route}/{id}");
        for answer in [
            client.delete(&path).await,
            client.patch(&path, &json!({"comment": "x"})).await,
            client.post(&format!("{path}/approve"), &json!({})).await,
            client.post(&format!("{path}/reject"), &json!({})).await,
        ] {
            let text = if status == 404 { NOT_FOUND } else { BAD_ID };
            assert_eq!((answer.status, answer.message()), (status, text), "{path}: {}", answer.body);
        }
        // The contract knows only one answer to a read.
        let read = client.get(&path).await;
        assert_eq!((read.status, read.message()), (404, NOT_FOUND), "{path}: {}", read.body);
    }
}

#[tokio::test]
async fn a_request_with_a_key_is_stored_once_however_often_it_is_sent() {
    let (muster, client) = start(&[FULL_TIME]).await;
    for (kind, status) in [(HOME_OFFICE, 200), (REMOTE, 201)] {
        let body = absence(1, kind, "2026-11-26", "2026-11-26");
        let send = |key: &'static str, content_type: String, body: String| {
            let key = format!("{key}-{kind}");
            let request = client.request("POST", path_of(kind)).header("Idempotency-Key", key);
            Answer::of(request.header("content-type", content_type).body(body))
        };
        let json = || send("json", "application/json".to_owned(), body.to_string());
        let (first, again) = (json().await, json().await);
        assert_eq!((first.status, again.status, &again.text), (status, status, &first.text));
        assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
        // Clients make a boundary anew for each time that they send the same form.
        let form = |boundary: &str, body: &Json| {
            let (content_type, body) = multipart(boundary, body);
            send("form", content_type, body)
        };
        let (first, again) = (form("one", &body).await, form("--another-0123456789", &body).await);
        assert_eq!((first.status, again.status, &again.text), (status, status, &first.text));
        assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
        let other = form("one", &absence(1, kind, "2026-11-27", "2026-11-27")).await;
        assert_eq!(other.status, 422, "{}", other.body);
        // Working elsewhere may lie over itself: a request without a key is another one.
        assert_eq!(create(&client, &body).await.status, status);
        assert_eq!(list(&client, path_of(kind), "").await.len(), 3);
    }
    // A refusal is an answer as well.
    let day = absence(1, VACATION, "2026-11-26", "2026-11-26");
    let (path, _) = created(&client, &day).await;
    let send = || Answer::of(client.request("POST", TIME_OFFS).header("Idempotency-Key", "refused").json(&day));
    let refused = send().await;
    assert_eq!(client.delete(&path).await.status, 200);
    let again = send().await;
    assert_eq!((again.status, &again.text), (400, &refused.text));
    assert_eq!(audit::absences(&muster, [1]).await.len(), 6);
}

/// Changes an absence, and what it says then.
async fn changed(client: &Client, path: &str, body: &Json) -> Json {
    let answer = client.patch(path, body).await;
    assert_eq!(answer.status, 200, "{body}: {}", answer.body);
    let shown = read(client, path).await;
    let wanted = json!({"message": "The absence period was updated.", "status": shown["status"]});
    assert_eq!(answer.body["data"], wanted, "{}", answer.body);
    shown
}

/// That what an absence says has these values.
fn assert_says(shown: &Json, wanted: &Json) {
    for (key, value) in wanted.as_object().expect("an object") {
        assert_eq!(shown[key], *value, "{key} of {shown}");
    }
}

#[tokio::test]
async fn an_update_of_days_changes_what_is_sent_and_keeps_the_rest() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let body = with(&absence(1, VACATION, "2026-11-23", "2026-11-27"), json!({"comment": "sea"}));
    let (path, before) = created(&client, &body).await;
    muster.advance(Duration::from_secs(5));
    // Over its own old days.
    let shown = changed(&client, &path, &json!({"start_date": "2026-11-25", "end_date": "2026-12-01"})).await;
    let days =
        json!({"start_date": "2026-11-25T00:00:00+01:00", "end_date": "2026-12-01T00:00:00+01:00", "days_count": 5});
    assert_says(&shown, &days);
    assert_says(&shown, &json!({"comment": "sea", "status": "approved", "created_at": before["created_at"]}));
    assert_ne!(shown["updated_at"], before["updated_at"]);
    let shown = changed(&client, &path, &json!({"half_day_start": true, "half_day_end": "1"})).await;
    assert_says(&shown, &json!({"half_day_start": true, "half_day_end": true, "days_count": 4}));
    // Forms say the same, and an empty field of a form is null.
    let (content_type, text) = multipart("b", &json!({"half_day_end": "0", "comment": ""}));
    assert_eq!(client.send("PATCH", &path, &content_type, text).await.status, 200);
    assert_says(&read(&client, &path).await, &json!({"half_day_start": true, "half_day_end": false, "comment": ""}));
    assert_eq!(client.send("PATCH", &path, FORM, "comment=a+b&half_day_start=false").await.status, 200);
    assert_says(&read(&client, &path).await, &json!({"half_day_start": false, "comment": "a b", "days_count": 5}));
    let shown = changed(&client, &path, &json!({"comment": null})).await;
    assert_says(&shown, &json!({"comment": "", "days_count": 5}));
    // The last day alone, and the first.
    assert_says(&changed(&client, &path, &json!({"end_date": "2026-11-27"})).await, &json!({"days_count": 3}));
    assert_says(&changed(&client, &path, &json!({"start_date": "2026-11-27"})).await, &json!({"days_count": 1}));
    // Across New Year and into another year.
    let shown = changed(&client, &path, &json!({"start_date": "2026-12-21", "end_date": "2027-01-08"})).await;
    assert_says(&shown, &json!({"days_count": 11}));
    audit::absences(&muster, [1]).await;
    let shown = changed(&client, &path, &json!({"start_date": "2024-02-29", "end_date": "2024-02-29"})).await;
    assert_says(&shown, &json!({"start_date": "2024-02-29T00:00:00+01:00", "days_count": 1}));
    assert_eq!(list(&client, TIME_OFFS, "&start_date=2026-01-01").await, Vec::<Json>::new());
    assert_eq!(list(&client, TIME_OFFS, "&start_date=2024-02-29&end_date=2024-02-29").await, [shown]);
    assert_eq!(audit::absences(&muster, [1]).await.len(), 1);
}

#[tokio::test]
async fn an_update_of_hours_changes_what_is_sent_and_keeps_the_rest() {
    let (muster, client) = start(&["work_schedule: Short Friday, holiday_calendar: Bavaria"]).await;
    let (path, _) = created(&client, &clock(1, VISIT, "2026-11-26", "09:00", "11:00")).await;
    let shown = changed(&client, &path, &json!({"start_time": "10:00"})).await;
    assert_says(&shown, &json!({"start": "2026-11-26T09:00:00.000Z", "end": "2026-11-26T10:00:00.000Z"}));
    let shown = changed(&client, &path, &json!({"end_time": "10:45:00"})).await;
    assert_says(&shown, &json!({"end": "2026-11-26T09:45:00.000Z", "effective_duration": 45}));
    // The times go along with the day.
    let shown = changed(&client, &path, &json!({"start_date": "2026-07-03", "end_date": "2026-07-03"})).await;
    assert_says(&shown, &json!({"start": "2026-07-03T08:00:00.000Z", "end": "2026-07-03T08:45:00.000Z"}));
    // `start` and `end`, as a read gives them.
    let instants = json!({"start": "2026-11-26T06:30:00.000Z", "end": "2026-11-26T08:00:00+00:00"});
    let shown = changed(&client, &path, &instants).await;
    assert_says(&shown, &json!({"start": "2026-11-26T06:30:00.000Z", "effective_duration": 90}));
    // All of the day, several days with halves, and a part of one again.
    let shown = changed(&client, &path, &json!({"start_time": null, "end_time": ""})).await;
    assert_says(&shown, &json!({"start": "2026-11-25T23:00:00.000Z", "effective_duration": 510}));
    let shown = changed(&client, &path, &json!({"end_date": "2026-11-27", "half_day_start": true})).await;
    assert_says(&shown, &json!({"half_day_start": true, "effective_duration": 510}));
    let days =
        json!([{"date": "2026-11-26", "effective_duration": 255}, {"date": "2026-11-27", "effective_duration": 255}]);
    assert_eq!(shown["breakdowns"], days);
    audit::absences(&muster, [1]).await;
    let part = json!({"start_date": "2026-11-27", "end_date": "2026-11-27", "start_time": "8:00", "end_time": "9:00"});
    let shown = changed(&client, &path, &part).await;
    assert_says(&shown, &json!({"half_day_start": false, "effective_duration": 60}));
    for (body, field) in [
        (json!({"start_time": "09:00"}), "end_time"),
        (json!({"end_time": "08:00"}), "end_time"),
        (json!({"end_time": "24:00"}), "end_time"),
        (json!({"start_time": "x"}), "start_time"),
        (json!({"start": "2026-11-26T08:00:00.000Z"}), "end"),
        (json!({"end": "2026-11-26T08:00:00.000Z"}), "start"),
        (json!({"start": "now", "end": "2026-11-26T08:00:00.000Z"}), "start"),
        (json!({"start": "2026-11-26T08:00:00.000Z", "end": "2026-11-26T08:00:00.000Z"}), "end_time"),
    ] {
        assert_refused(&client.patch(&path, &body).await, 422, NOT_VALID, &[field]);
    }
    for (start, end, field) in [
        ("1899-12-31", "1900-01-01", "start"),
        ("1899-12-31T09:00:00", "1899-12-31T10:00:00", "start"),
        ("-000044-03-15T09:00:00Z", "-000044-03-15T10:00:00Z", "start"),
        ("2200-01-01T09:00:00", "2200-01-01T10:00:00", "start"),
        ("9999-12-31T09:00:00Z", "9999-12-31T10:00:00Z", "start"),
        ("2199-12-31", "2200-01-02", "end"),
        ("2199-12-31T09:00:00", "2200-01-01T10:00:00", "end"),
        ("2026-11-26", "9999-12-31T23:59:59Z", "end"),
    ] {
        let answer = client.patch(&path, &json!({"start": start, "end": end})).await;
        assert_refused(&answer, 422, NOT_VALID, &[field]);
        let said = &answer.body["error"]["error_data"][field][0];
        assert_eq!(said, &json!(format!("The {field} must lie between 1900 and 2199.")), "{start} until {end}");
    }
    assert_eq!(read(&client, &path).await, shown);
    // Without one of the times the other says nothing; on all of the day one alone says too little.
    for clear in ["start_time", "end_time"] {
        let shown = changed(&client, &path, &json!({clear: null})).await;
        assert_says(&shown, &json!({"start": "2026-11-26T23:00:00.000Z", "end": "2026-11-27T23:00:00.000Z"}));
        assert_refused(&client.patch(&path, &json!({"start_time": "08:00"})).await, 422, NOT_VALID, &["end_time"]);
        assert_refused(&client.patch(&path, &json!({"end_time": "08:00"})).await, 422, NOT_VALID, &["start_time"]);
        changed(&client, &path, &json!({"start_time": "8:00", "end_time": "9:00"})).await;
    }
    audit::absences(&muster, [1]).await;
}

/// That sending back all that a read gave changes nothing, not even the time of the last change.
async fn assert_read_back_changes_nothing(muster: &Muster, client: &Client, path: &str) {
    let before = read(client, path).await;
    muster.advance(Duration::from_secs(5));
    let answer = client.patch(path, &before).await;
    assert_eq!(answer.status, 200, "{before}: {}", answer.body);
    assert_eq!(answer.body["data"]["status"], before["status"]);
    assert_eq!(read(client, path).await, before);
}

#[tokio::test]
async fn an_update_with_what_a_read_gave_changes_nothing() {
    let (muster, client) = start(&["work_schedule: Every day", FULL_TIME]).await;
    let long = with(&absence(1, SICK_LEAVE, "2026-05-04", "2026-05-08"), json!({"half_day_end": true}));
    let (submitted, _) = created(&client, &absence(1, SICK_LEAVE, "2026-06-04", "2026-06-08")).await;
    changed(&client, &submitted, &json!({"certificate": "submitted"})).await;
    let mut paths = vec![submitted];
    for body in [
        long,
        with(&absence(1, VACATION, "2026-03-29", "2026-03-29"), json!({"half_day_start": 1, "comment": " a\tb "})),
        with(&absence(1, VACATION, "2026-04-01", "2026-04-10"), json!({"skip_approval": false, "comment": "x"})),
        absence(1, HOME_OFFICE, "2026-10-25", "2026-10-25"),
        clock(1, VISIT, "2026-02-02", "09:00", "11:15"),
        clock(1, APPOINTMENT, "2026-02-03", "00:00", "23:59"),
        clock(1, VISIT, "2026-10-25", "01:00", "04:00"),
        clock(1, REMOTE, "2026-03-29", "01:00", "04:00"),
        absence(1, REMOTE, "2026-03-29", "2026-03-29"),
        absence(1, REMOTE, "2026-10-24", "2026-10-25"),
        with(&clock(1, APPOINTMENT, "2026-02-04", "09:00", "11:00"), json!({"skip_approval": "false", "comment": "y"})),
        with(&absence(1, VISIT, "2026-12-30", "2027-01-03"), json!({"half_day_start": true, "half_day_end": true})),
        absence(2, VISIT, "2026-02-28", "2026-02-28"),
    ] {
        paths.push(created(&client, &body).await.0);
    }
    // One that was decided on says so, and is sent back with that.
    let (decided, _) =
        created(&client, &with(&absence(2, VACATION, "2026-02-05", "2026-02-05"), json!({"skip_approval": false})))
            .await;
    assert_eq!(client.post(&format!("{decided}/approve"), &json!({"comment": "ok"})).await.status, 200);
    paths.push(decided);
    for path in &paths {
        assert_read_back_changes_nothing(&muster, &client, path).await;
    }
    audit::absences(&muster, [1, 2]).await;
}

#[tokio::test]
async fn a_read_back_of_days_that_begin_at_one_o_clock_changes_nothing() {
    // In Cairo, the clocks skip midnight of 24 April 2026.
    let file = company(&[FULL_TIME]).replace("Europe/Berlin", "Africa/Cairo");
    let muster = Muster::with(&file, Limits::off()).await;
    let client = muster.admin().await;
    let (path, shown) = created(&client, &absence(1, VACATION, "2026-04-24", "2026-04-24")).await;
    assert_eq!(shown["start_date"], "2026-04-24T01:00:00+03:00");
    assert_read_back_changes_nothing(&muster, &client, &path).await;
    assert_eq!(client.delete(&path).await.status, 200);
    for (from, until) in [("2026-04-23", "2026-04-23"), ("2026-04-24", "2026-04-24"), ("2026-04-23", "2026-04-24")] {
        let (path, _) = created(&client, &absence(1, VISIT, from, until)).await;
        assert_read_back_changes_nothing(&muster, &client, &path).await;
        assert_eq!(client.delete(&path).await.status, 200);
    }
}

#[tokio::test]
async fn a_time_that_the_clocks_skip_is_refused_or_read_back_without_a_change() {
    let (muster, client) = start(&["work_schedule: Every day"]).await;
    let mut wrong = Vec::new();
    for (from, until) in [("02:15", "04:00"), ("02:15", "02:45"), ("02:30", "03:30"), ("02:30", "03:15")] {
        let answer = create(&client, &clock(1, VISIT, "2026-03-29", from, until)).await;
        if answer.status == 422 {
            continue;
        }
        let shown = answer.body["data"]["attributes"].clone();
        if shown["start"].as_str() > shown["end"].as_str() {
            wrong.push(format!("{from} until {until} ends before it starts: {} {}", shown["start"], shown["end"]));
        }
        let path = format!("{PERIODS}/{}", shown["id"].as_str().expect("a UUID"));
        muster.advance(Duration::from_secs(5));
        let again = client.patch(&path, &shown).await;
        if again.status != 200 {
            wrong.push(format!("{from} until {until} cannot be sent back: {}", again.body["error"]["error_data"]));
        } else if read(&client, &path).await != shown {
            wrong.push(format!("{from} until {until} is changed by what was read"));
        }
        assert_eq!(client.delete(&path).await.status, 200);
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn instants_that_no_absence_can_have_are_refused_and_not_rounded() {
    let (_muster, client) = start(&["work_schedule: Every day"]).await;
    let (path, before) = created(&client, &clock(1, VISIT, "2026-11-26", "09:00", "10:00")).await;
    let mut taken = Vec::new();
    for (from, until) in [
        // From the evening into the next morning; with seconds; from noon until midnight.
        ("2026-11-26T21:00:00.000Z", "2026-11-27T05:00:00.000Z"),
        ("2026-11-26T08:00:30.000Z", "2026-11-26T09:00:00.000Z"),
        ("2026-11-26T08:00:00.000Z", "2026-11-26T09:00:00.500Z"),
        ("2026-11-26T11:00:00.000Z", "2026-11-26T23:00:00.000Z"),
    ] {
        let answer = client.patch(&path, &json!({"start": from, "end": until})).await;
        if answer.status != 422 {
            let after = read(&client, &path).await;
            taken.push(format!("{from} until {until}: {} until {}", after["start"], after["end"]));
            let back = json!({"start": before["start"], "end": before["end"]});
            assert_eq!(client.patch(&path, &back).await.status, 200);
        }
    }
    assert_eq!(taken, Vec::<String>::new());
}

/// Asserts that an update is refused because it says nothing that could be done.
fn assert_says_nothing(answer: &Answer) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body["error"]["error_data"].get("body").is_some(), "{}", answer.body);
}

#[tokio::test]
async fn an_update_that_breaks_a_rule_names_the_field_and_changes_nothing() {
    let (muster, client) = start(&[FULL_TIME, FULL_TIME]).await;
    let (days, days_before) = created(&client, &absence(1, VACATION, "2026-11-26", "2026-11-27")).await;
    let (hours, hours_before) = created(&client, &clock(1, VISIT, "2026-11-30", "09:00", "10:00")).await;
    muster.advance(Duration::from_secs(5));
    for path in [&days, &hours] {
        for (body, field) in [
            (json!({"start_date": "2026-12-01"}), "end_date"),
            (json!({"end_date": "2026-11-25"}), "end_date"),
            (json!({"end_date": "2036-11-25"}), "end_date"),
            (json!({"start_date": "2026-02-30"}), "start_date"),
            (json!({"end_date": "2200-01-01"}), "end_date"),
            (json!({"half_day_start": "maybe"}), "half_day_start"),
            (json!({"half_day_end": 7}), "half_day_end"),
            (json!({"comment": "x".repeat(2_001)}), "comment"),
            (json!({"certificate": "maybe"}), "certificate"),
            (json!({"certificate": {"status": 1}}), "certificate"),
            (json!({"certificate": true}), "certificate"),
            (json!({"skip_approval": "perhaps"}), "skip_approval"),
            (json!({"employee_id": 2, "comment": "x"}), "employee_id"),
            (json!({"employee_id": "x", "comment": "x"}), "employee_id"),
            (json!({"time_off_type_id": SICK_LEAVE, "comment": "x"}), "time_off_type_id"),
        ] {
            let answer = client.patch(path, &body).await;
            assert_eq!(answer.status, 422, "{body}: {}", answer.body);
            assert_refused(&answer, 422, NOT_VALID, &[field]);
        }
        for body in [json!({}), json!({"comments": "x"}), json!({"employee_id": 1}), json!({"status": "approved"})] {
            assert_says_nothing(&client.patch(path, &body).await);
        }
        let several = client.patch(path, &json!({"start_date": "x", "half_day_end": "x", "certificate": "x"})).await;
        assert_refused(&several, 422, NOT_VALID, &["certificate", "half_day_end", "start_date"]);
        assert_eq!(client.send("PATCH", path, "application/json", "{").await.status, 400);
        assert_eq!(client.send("PATCH", path, "text/plain", "comment").await.status, 415);
    }
    // Days have no times.
    for body in
        [json!({"start_time": "08:00", "end_time": "09:00"}), json!({"start": "2026-12-01", "end": "2026-12-02"})]
    {
        assert_says_nothing(&client.patch(&days, &body).await);
    }
    assert_eq!((read(&client, &days).await, read(&client, &hours).await), (days_before, hours_before));
    // The employee and the kind that it has may be named.
    changed(&client, &days, &json!({"employee_id": "1", "time_off_type_id": VACATION, "comment": "x"})).await;
    assert_eq!(audit::absences(&muster, [1, 2]).await.len(), 2);
}

#[tokio::test]
async fn an_absence_cannot_be_moved_onto_another_one() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let (days, days_before) = created(&client, &absence(1, VACATION, "2026-11-23", "2026-11-24")).await;
    let (hours, hours_before) = created(&client, &clock(1, VISIT, "2026-11-26", "09:00", "10:00")).await;
    let (other, _) = created(&client, &clock(1, VISIT, "2026-11-26", "10:00", "11:00")).await;
    let sick = created(&client, &absence(1, SICK_LEAVE, "2024-01-15", "2024-01-16")).await.1;
    muster.advance(Duration::from_secs(5));
    assert_overlaps(
        &client.patch(&days, &json!({"end_date": "2026-11-26"})).await,
        &[&hours_before["id"], &read(&client, &other).await["id"]],
    );
    assert_overlaps(&client.patch(&other, &json!({"start_time": "09:59"})).await, &[&hours_before["id"]]);
    assert_overlaps(
        &client.patch(&hours, &json!({"start_date": "2026-11-24"})).await,
        &[&days_before["id"], &read(&client, &other).await["id"]],
    );
    // Into a year of which it was not.
    let there = json!({"start_date": "2024-01-16", "end_date": "2024-01-17"});
    assert_overlaps(&client.patch(&days, &there).await, &[&sick["id"]]);
    assert_overlaps(&client.patch(&days, &json!({"start_date": "2024-01-01"})).await, &[&sick["id"]]);
    assert_eq!((read(&client, &days).await, read(&client, &hours).await), (days_before, hours_before));
    assert_eq!(audit::absences(&muster, [1]).await.len(), 4);
}

#[tokio::test]
async fn the_longest_absences_can_be_changed_in_one_step_or_say_that_they_cannot() {
    let (muster, client) = start(&[FULL_TIME]).await;
    // 2,048 days, of which those after the first lie in eleven lists, or in twenty-two where kinds have their own.
    let (days, _) = created(&client, &absence(1, VACATION, "2026-01-01", "2031-08-10")).await;
    let (hours, hours_before) = created(&client, &absence(1, REMOTE, "2026-01-01", "2031-08-10")).await;
    let moved = json!({"start_date": "2036-03-02", "end_date": "2041-10-09"});
    let shown = changed(&client, &days, &moved).await;
    assert_eq!(shown["start_date"], "2036-03-02T00:00:00+01:00");
    let answer = client.patch(&days, &json!({"end_date": "2041-10-10"})).await;
    assert_refused(&answer, 422, NOT_VALID, &["end_date"]);
    assert_eq!(read(&client, &days).await, shown);
    assert_refused(&client.patch(&hours, &moved).await, 422, NOT_VALID, &["start_date"]);
    assert_eq!(read(&client, &hours).await, hours_before);
    changed(&client, &hours, &json!({"comment": "long"})).await;
    assert_eq!(audit::absences(&muster, [1]).await.len(), 2);
    for path in [&days, &hours] {
        assert_eq!(client.delete(path).await.status, 200);
    }
    assert_nothing_stored(&muster, &client, &[1]).await;
}

#[tokio::test]
async fn a_certificate_is_asked_for_by_the_number_of_days() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let status = |shown: &Json| shown["certificate"]["status"].as_str().expect("a status").to_owned();
    // More than three days in a row, free ones included.
    for (from, until, wanted) in [
        ("2026-03-02", "2026-03-04", "not-required"),
        ("2026-03-06", "2026-03-09", "required"),
        ("2026-03-16", "2026-03-20", "required"),
    ] {
        let (path, shown) = created(&client, &absence(1, SICK_LEAVE, from, until)).await;
        assert_eq!((status(&shown), status(&read(&client, &path).await)), (wanted.to_owned(), wanted.to_owned()));
    }
    let (path, shown) = created(&client, &absence(1, SICK_LEAVE, "2026-05-04", "2026-05-06")).await;
    assert_eq!(status(&shown), "not-required");
    for (body, wanted) in [
        (json!({"end_date": "2026-05-07"}), "required"),
        (json!({"end_date": "2026-05-06"}), "not-required"),
        (json!({"end_date": "2026-05-08"}), "required"),
        // None came only because somebody says that none is asked for.
        (json!({"certificate": "not-required"}), "required"),
        (json!({"certificate": {"status": "submitted"}}), "submitted"),
        (json!({"end_date": "2026-05-04"}), "submitted"),
        (json!({"comment": "x"}), "submitted"),
        (json!({"end_date": "2026-05-20"}), "submitted"),
        (json!({"certificate": "required"}), "required"),
        (json!({"certificate": " submitted "}), "submitted"),
        (json!({"end_date": "2026-05-05", "certificate": {"status": "required"}}), "not-required"),
    ] {
        assert_eq!(status(&changed(&client, &path, &body).await), wanted, "{body}");
    }
    // Where none is asked for, one may come.
    let (vacation, shown) = created(&client, &absence(1, VACATION, "2026-08-03", "2026-08-28")).await;
    assert_eq!(status(&shown), "not-required");
    assert_eq!(status(&changed(&client, &vacation, &json!({"certificate": "submitted"})).await), "submitted");
    audit::absences(&muster, [1]).await;
}
