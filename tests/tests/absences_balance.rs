//! What is left of a kind of absence, and that nobody takes more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use muster::apply;
use muster::apply::file::CompanyFile;
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest::test_runner::RngSeed;
use proptest::test_runner::TestRunner;
use serde_json::Value as Json;
use serde_json::json;
use tests::Answer;
use tests::Client;
use tests::Muster;
use tests::absence_requests::FULL_TIME;
use tests::absence_requests::NOT_INSERTED;
use tests::absence_requests::PERIODS;
use tests::absence_requests::SICK_LEAVE;
use tests::absence_requests::TIME_ACCOUNT;
use tests::absence_requests::TIME_OFFS;
use tests::absence_requests::TRAINING;
use tests::absence_requests::VACATION;
use tests::absence_requests::VISIT;
use tests::absence_requests::absence;
use tests::absence_requests::assert_refused;
use tests::absence_requests::balances;
use tests::absence_requests::clock;
use tests::absence_requests::company;
use tests::absence_requests::create;
use tests::absence_requests::created;
use tests::absence_requests::list;
use tests::absence_requests::path_of;
use tests::absence_requests::read;
use tests::absence_requests::start;
use tests::absence_requests::travel;
use tests::absence_requests::with;
use tests::audit;

/// A Wednesday. The clock goes forward only, so all tests live in years to come.
const MAY_16: &str = "2040-05-16T10:00:00Z";

/// What a company file says of somebody who works full time without holidays, from a day on.
fn hired(date: &str, entitlement: &str) -> String {
    format!("work_schedule: Full-time, hire_date: {date}, absence_entitlement: {entitlement}")
}

/// Books absences that are approved.
async fn book(client: &Client, employee: u64, kind: u32, spans: &[(&str, &str)]) {
    for (from, until) in spans {
        created(client, &absence(employee, kind, from, until)).await;
    }
}

/// Asserts what is left: `balance` and `available_balance`.
async fn assert_left(client: &Client, employee: u64, kind: u32, balance: f64, available: f64) {
    let left = balances(client, employee).await;
    assert_eq!(left.get(&kind), Some(&(balance, available)), "of the employee {employee}");
}

/// Asserts that an answer refuses to take more of a kind than is left for a year.
fn assert_overdrawn(answer: &Answer, kind: &str, year: i16) {
    let text = format!("{NOT_INSERTED}. Reason: It takes more {kind} than is left for {year}");
    assert_refused(answer, 400, &text, &["time_off_type_id"]);
}

#[tokio::test]
async fn a_balance_says_of_each_kind_what_is_left_and_in_what() {
    let rules = hired("2010-01-01", "{Training: 3, Time account: 12.5, Vacation: 30}");
    let (muster, client) = start(&[&rules, FULL_TIME]).await;
    let answer = client.get("/v1/company/employees/1/absences/balance").await;
    assert_eq!((answer.status, &answer.body["success"]), (200, &json!(true)), "{}", answer.body);
    let kind = |id: u32, name: &str, category: &str, unit: &str, left: f64| {
        let kind = json!({"id": id, "name": name, "category": category, "unit": unit});
        with(&kind, json!({"balance": left, "available_balance": left}))
    };
    // In the order of their numbers; kinds without an entitlement are not there.
    let data: Vec<Json> = answer.body["data"].as_array().expect("a list").clone();
    let wanted = [
        kind(VACATION, "Vacation", "paid_vacation", "day", 30.0),
        kind(TIME_ACCOUNT, "Time account", "other", "hour", 12.5),
        kind(TRAINING, "Training", "other", "day", 3.0),
    ];
    assert_eq!(data.len(), wanted.len(), "{}", answer.body);
    for (shown, wanted) in data.iter().zip(&wanted) {
        for (key, value) in wanted.as_object().expect("an object") {
            let same = shown[key] == *value || (value.is_f64() && shown[key].as_f64() == value.as_f64());
            assert!(same, "{key} of {shown}");
        }
    }
    assert!(balances(&client, 2).await.is_empty(), "nothing is limited for whom nothing is said");
    book(&client, 2, VACATION, &[("2026-01-01", "2026-12-31")]).await;
    for id in ["3", "4711", "0", "-1", "x", "99999999999"] {
        let answer = client.get(&format!("/v1/company/employees/{id}/absences/balance")).await;
        // The contract's text for the routes of employees.
        assert_eq!((answer.status, answer.message()), (404, "Es ist ein Problem aufgetreten"), "{id}: {}", answer.body);
    }
    let (elsewhere, _) = start(&[]).await;
    let answer = elsewhere.admin().await.get("/v1/company/employees/1/absences/balance").await;
    assert_eq!(answer.status, 404, "another company's employee: {}", answer.body);
    let blind = muster.client(&["employees:read"], &["*"]).await;
    assert_eq!(blind.get("/v1/company/employees/1/absences/balance").await.status, 403);
}

#[tokio::test]
async fn what_is_taken_counts_up_to_today_and_what_is_planned_is_not_available() {
    let rules = format!("{FULL_TIME}, hire_date: 2040-01-01, absence_entitlement: {{Vacation: 30}}");
    let (muster, client) = start(&[&rules]).await;
    // Ten days in February, of which none is a holiday, and one that lasts since Monday and until Friday next week,
    // with Whit Monday in between: three days until today, nine in all.
    book(&client, 1, VACATION, &[("2040-02-06", "2040-02-17"), ("2040-05-14", "2040-05-25")]).await;
    let client = travel(&muster, MAY_16).await;
    assert_left(&client, 1, VACATION, 17.0, 11.0).await;
    // Planned: half of 24 December is a holiday, and the first day is a half.
    let planned = with(&absence(1, VACATION, "2040-12-20", "2040-12-24"), json!({"half_day_start": true}));
    let (planned, shown) = created(&client, &planned).await;
    assert_eq!(shown["days_count"], 2);
    assert_left(&client, 1, VACATION, 17.0, 9.0).await;
    // What waits is not available, from whenever it is; refused or deleted, it is given back.
    let mut waiting = Vec::new();
    for (from, until) in [("2040-03-05", "2040-03-06"), ("2040-05-28", "2040-05-28"), ("2040-11-05", "2040-11-06")] {
        let body = with(&absence(1, VACATION, from, until), json!({"skip_approval": false}));
        waiting.push(created(&client, &body).await.0);
    }
    assert_left(&client, 1, VACATION, 17.0, 4.0).await;
    let verdict = |path: &str, verdict: &str| {
        let (client, path) = (client.clone(), format!("{path}/{verdict}"));
        async move { assert_eq!(client.post(&path, &json!({})).await.status, 200) }
    };
    verdict(&waiting[0], "approve").await;
    assert_left(&client, 1, VACATION, 15.0, 4.0).await;
    verdict(&waiting[1], "reject").await;
    assert_left(&client, 1, VACATION, 15.0, 5.0).await;
    assert_eq!(client.delete(&waiting[2]).await.status, 200);
    assert_left(&client, 1, VACATION, 15.0, 7.0).await;
    assert_eq!(client.delete(&planned).await.status, 200);
    assert_left(&client, 1, VACATION, 15.0, 9.0).await;
    // A change that asks for approval waits again: until then, it was not taken.
    let asks = client.patch(&waiting[0], &json!({"end_date": "2040-03-05", "skip_approval": false})).await;
    assert_eq!(asks.status, 200, "{}", asks.body);
    assert_left(&client, 1, VACATION, 17.0, 10.0).await;
    // Next year's absences do not count this year, and other kinds never.
    book(&client, 1, VACATION, &[("2041-02-04", "2041-02-05")]).await;
    book(&client, 1, SICK_LEAVE, &[("2040-06-11", "2040-06-15")]).await;
    assert_left(&client, 1, VACATION, 17.0, 10.0).await;
    // The days pass: on Friday next week, all of it is taken, and on the last of the year, all that was approved.
    let client = travel(&muster, "2040-05-25T10:00:00Z").await;
    assert_left(&client, 1, VACATION, 11.0, 10.0).await;
    // In Berlin, the year ends an hour earlier than in Greenwich.
    let client = travel(&muster, "2040-12-31T22:59:00Z").await;
    assert_left(&client, 1, VACATION, 11.0, 10.0).await;
    let client = travel(&muster, "2040-12-31T23:01:00Z").await;
    assert_left(&client, 1, VACATION, 30.0 + 5.0, 30.0 + 5.0 - 2.0).await;
    audit::absences(&muster, [1]).await;
}

#[tokio::test]
async fn part_of_a_year_gives_a_twelfth_for_each_whole_month() {
    let cases = [
        ("hire_date: 2040-03-01, absence_entitlement: {Vacation: 30}", 25.0),
        ("hire_date: 2040-03-02, absence_entitlement: {Vacation: 30}", 22.5),
        ("hire_date: 2040-12-01, absence_entitlement: {Vacation: 30}", 2.5),
        ("hire_date: 2040-12-02, absence_entitlement: {Vacation: 30}", 0.0),
        ("hire_date: 2041-01-01, absence_entitlement: {Vacation: 30}", 0.0),
        // Up to half a day: 25 / 12 * 5 is 10.42, and 25 / 12 is 2.08.
        ("hire_date: 2040-08-01, absence_entitlement: {Vacation: 25}", 10.5),
        ("hire_date: 2040-12-01, absence_entitlement: {Vacation: 25}", 2.5),
        ("hire_date: 2030-01-01, termination_date: 2040-06-30, absence_entitlement: {Training: 30}", 15.0),
        ("hire_date: 2030-01-01, termination_date: 2040-06-29, absence_entitlement: {Training: 30}", 12.5),
        ("hire_date: 2030-01-01, termination_date: 2040-12-31, absence_entitlement: {Training: 30}", 30.0),
        ("hire_date: 2040-02-01, termination_date: 2040-10-15, absence_entitlement: {Training: 30}", 20.0),
        ("hire_date: 2040-02-10, termination_date: 2040-02-20, absence_entitlement: {Training: 30}", 0.0),
        // Of the end of the employment and that of the contract, the one that comes first.
        ("contract_end_date: 2040-03-31, termination_date: 2040-06-30, absence_entitlement: {Training: 30}", 7.5),
        ("contract_end_date: 2040-09-30, termination_date: 2040-06-30, absence_entitlement: {Training: 30}", 15.0),
        ("absence_entitlement: {Training: 30}", 30.0),
        // In hours, to a minute: 10 hours / 12 are 50 minutes, 11 are 55 of them.
        ("hire_date: 2040-12-01, absence_entitlement: {Time account: 10}", 0.83),
        ("hire_date: 2040-12-01, absence_entitlement: {Time account: 10.25}", 0.87),
        ("hire_date: 2040-07-01, absence_entitlement: {Time account: 7.5}", 3.75),
    ];
    // Of what goes over, there are tests below: here, nobody was entitled to anything before.
    let by_year = |fields: &str| fields.replace("{Training: 30}", "{Training: {2039: 0, 2040: 30}}");
    let employees: Vec<String> = cases.iter().map(|(fields, _)| by_year(fields)).collect();
    let (muster, _) = start(&employees.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let client = travel(&muster, MAY_16).await;
    for ((fields, wanted), id) in cases.into_iter().zip(1..) {
        let left: Vec<(f64, f64)> = balances(&client, id).await.into_values().collect();
        assert_eq!(left, [(wanted, wanted)], "{fields}");
    }
}

#[tokio::test]
async fn an_entitlement_is_that_of_the_year() {
    let (muster, client) =
        start(&[&hired("2030-01-01", "{Time account: {2040: 8, 2042: 20}, Training: {2039: 0, 2041: 4}}")]).await;
    let week = ("2041-03-04", "2041-03-04");
    book(&client, 1, TIME_ACCOUNT, &[week]).await;
    assert_overdrawn(
        &create(&client, &absence(1, TIME_ACCOUNT, "2041-03-05", "2041-03-05")).await,
        "Time account",
        2041,
    );
    book(&client, 1, TIME_ACCOUNT, &[("2042-03-03", "2042-03-04")]).await;
    assert_overdrawn(
        &create(&client, &absence(1, TIME_ACCOUNT, "2042-03-05", "2042-03-05")).await,
        "Time account",
        2042,
    );
    for (now, hours, days) in [
        (MAY_16, (8.0, 8.0), (0.0, 0.0)),
        ("2041-03-03T10:00:00Z", (8.0, 0.0), (4.0, 4.0)),
        ("2041-03-04T10:00:00Z", (0.0, 0.0), (4.0, 4.0)),
        ("2042-01-01T10:00:00Z", (20.0, 4.0), (8.0, 8.0)),
    ] {
        let client = travel(&muster, now).await;
        assert_eq!(balances(&client, 1).await, BTreeMap::from([(TIME_ACCOUNT, hours), (TRAINING, days)]), "{now}");
    }
}

#[tokio::test]
async fn what_came_over_is_used_first_and_lapses_when_its_time_is_up() {
    let rules = hired("2030-01-01", "{Vacation: 30}");
    let all = [rules.as_str(); 6];
    let (muster, client) = start(&all).await;
    // In 2039: nothing, 20, 27 and 30 days. What was before 2039 nobody knows.
    book(&client, 1, VACATION, &[("2038-03-01", "2038-03-31")]).await;
    book(&client, 2, VACATION, &[("2039-03-07", "2039-04-01")]).await;
    book(&client, 3, VACATION, &[("2039-03-07", "2039-04-12")]).await;
    book(&client, 4, VACATION, &[("2039-03-07", "2039-04-15")]).await;
    // In 2040, until the end of March: two days, and eight; and five that wait.
    book(&client, 2, VACATION, &[("2040-02-06", "2040-02-07")]).await;
    book(&client, 5, VACATION, &[("2040-02-06", "2040-02-15")]).await;
    created(&client, &with(&absence(6, VACATION, "2040-03-26", "2040-03-30"), json!({"skip_approval": false}))).await;
    for (now, wanted) in [
        // Before any of it: what is planned is not available.
        ("2040-01-15T10:00:00Z", [(35.0, 35.0), (35.0, 33.0), (33.0, 33.0), (30.0, 30.0), (35.0, 27.0), (35.0, 30.0)]),
        ("2040-02-20T10:00:00Z", [(35.0, 35.0), (33.0, 33.0), (33.0, 33.0), (30.0, 30.0), (27.0, 27.0), (35.0, 30.0)]),
        // The last moment, in Berlin, of the last day on which it can be used.
        ("2040-03-31T21:59:00Z", [(35.0, 35.0), (33.0, 33.0), (33.0, 33.0), (30.0, 30.0), (27.0, 27.0), (35.0, 30.0)]),
        // What was not used is lost. What waits has not used it, but would have.
        ("2040-03-31T22:01:00Z", [(30.0, 30.0), (30.0, 30.0), (30.0, 30.0), (30.0, 30.0), (27.0, 27.0), (30.0, 30.0)]),
        // A year later five more went over, but not of what had come over before.
        ("2041-01-01T10:00:00Z", [(35.0, 35.0); 6]),
    ] {
        let client = travel(&muster, now).await;
        let mut left = Vec::new();
        for employee in 1..=6 {
            left.push(balances(&client, employee).await[&VACATION]);
        }
        assert_eq!(left, wanted, "{now}");
    }
}

#[tokio::test]
async fn where_no_end_is_set_all_goes_over_and_so_do_debts() {
    let rules = hired("2030-01-01", "{Training: 5}");
    let (muster, client) = start(&[&rules, &rules, &rules]).await;
    // Four days are left; three are missing; all of three years is left.
    book(&client, 1, TRAINING, &[("2039-06-06", "2039-06-06")]).await;
    book(&client, 2, TRAINING, &[("2039-06-06", "2039-06-15")]).await;
    // Debts of this year, which nobody minds where more may be taken than there is.
    book(&client, 2, TRAINING, &[("2040-07-02", "2040-07-06")]).await;
    for (now, wanted) in [
        ("2040-01-01T10:00:00Z", [(9.0, 9.0), (2.0, -3.0), (10.0, 10.0)]),
        ("2040-12-31T10:00:00Z", [(9.0, 9.0), (-3.0, -3.0), (10.0, 10.0)]),
        ("2041-01-01T10:00:00Z", [(14.0, 14.0), (2.0, 2.0), (15.0, 15.0)]),
        ("2042-12-31T10:00:00Z", [(19.0, 19.0), (7.0, 7.0), (20.0, 20.0)]),
    ] {
        let client = travel(&muster, now).await;
        for (employee, (balance, available)) in (1..).zip(wanted) {
            assert_left(&client, employee, TRAINING, balance, available).await;
        }
    }
}

#[tokio::test]
async fn hours_are_counted_in_hours() {
    let rules = format!("{FULL_TIME}, hire_date: 2040-01-01, absence_entitlement: {{Time account: 40}}");
    let (muster, client) = start(&[&rules]).await;
    let book = |body: Json| {
        let client = client.clone();
        async move { created(&client, &body).await.0 }
    };
    book(clock(1, TIME_ACCOUNT, "2040-05-15", "09:00", "10:30")).await;
    // A hundred minutes, of which today's are taken, whatever the clock says.
    book(clock(1, TIME_ACCOUNT, "2040-05-16", "14:00", "15:40")).await;
    let days = book(with(&absence(1, TIME_ACCOUNT, "2040-06-05", "2040-06-06"), json!({"half_day_end": true}))).await;
    book(with(&clock(1, TIME_ACCOUNT, "2040-07-02", "08:00", "18:00"), json!({"skip_approval": false}))).await;
    // Hours without a rule count nothing, and hours on a free day neither.
    book(absence(1, VISIT, "2040-05-14", "2040-05-14")).await;
    book(absence(1, TIME_ACCOUNT, "2040-05-12", "2040-05-13")).await;
    let client = travel(&muster, MAY_16).await;
    assert_left(&client, 1, TIME_ACCOUNT, 36.83, 16.83).await;
    assert_eq!(client.patch(&days, &json!({"end_date": "2040-06-05"})).await.status, 200);
    assert_left(&client, 1, TIME_ACCOUNT, 36.83, 20.83).await;
    // To the minute: 20 hours and 50 minutes are left, of which a single day takes eight.
    let body = clock(1, TIME_ACCOUNT, "2040-08-02", "08:00", "12:51");
    book_whole_days(&client, &["2040-08-01", "2040-08-03"]).await;
    assert_overdrawn(&create(&client, &body).await, "Time account", 2040);
    created(&client, &with(&body, json!({"end_time": "12:50"}))).await;
    assert_left(&client, 1, TIME_ACCOUNT, 36.83, 0.0).await;
    assert_overdrawn(
        &create(&client, &clock(1, TIME_ACCOUNT, "2040-08-06", "08:00", "08:01")).await,
        "Time account",
        2040,
    );
}

async fn book_whole_days(client: &Client, dates: &[&str]) {
    for date in dates {
        created(client, &absence(1, TIME_ACCOUNT, date, date)).await;
    }
}

#[tokio::test]
async fn nobody_takes_more_than_there_is() {
    let (muster, client) =
        start(&[&hired("2040-01-01", "{Vacation: 10}"), &hired("2040-01-01", "{Vacation: 10}")]).await;
    let (path, before) = created(&client, &absence(1, VACATION, "2040-03-05", "2040-03-09")).await;
    let six = absence(1, VACATION, "2040-04-02", "2040-04-09");
    assert_overdrawn(&create(&client, &six).await, "Vacation", 2040);
    // What waits counts as well, and a half is one too many.
    let asks = with(&six, json!({"skip_approval": false, "half_day_end": true}));
    assert_overdrawn(&create(&client, &asks).await, "Vacation", 2040);
    let (waits, _) = created(&client, &with(&asks, json!({"end_date": "2040-04-06", "half_day_end": false}))).await;
    let half = with(&absence(1, VACATION, "2040-05-02", "2040-05-02"), json!({"half_day_start": true}));
    assert_overdrawn(&create(&client, &half).await, "Vacation", 2040);
    // Free days take nothing.
    created(&client, &absence(1, VACATION, "2040-05-05", "2040-05-06")).await;
    // Longer is more, and so is a whole day for a half; elsewhere or shorter is not.
    let refused = client.patch(&path, &json!({"end_date": "2040-03-12"})).await;
    assert_overdrawn(&refused, "Vacation", 2040);
    assert_eq!(read(&client, &path).await, before);
    let patched = |body: Json| {
        let (client, path) = (client.clone(), path.clone());
        async move { client.patch(&path, &body).await }
    };
    for body in [
        json!({"start_date": "2040-03-12", "end_date": "2040-03-16"}),
        json!({"half_day_start": true}),
        json!({"comment": "x"}),
        json!({"half_day_start": false}),
    ] {
        assert_eq!(patched(body).await.status, 200);
    }
    assert_eq!(patched(json!({"half_day_end": true})).await.status, 200);
    created(&client, &half).await;
    assert_overdrawn(&patched(json!({"half_day_end": false})).await, "Vacation", 2040);
    // What is refused or deleted is there again.
    assert_eq!(client.post(&format!("{waits}/reject"), &json!({})).await.status, 200);
    created(&client, &absence(1, VACATION, "2040-04-02", "2040-04-06")).await;
    assert_overdrawn(&create(&client, &absence(1, VACATION, "2040-06-04", "2040-06-04")).await, "Vacation", 2040);
    assert_eq!(client.delete(&path).await.status, 200);
    book(&client, 1, VACATION, &[("2040-06-04", "2040-06-07")]).await;
    // Another employee has their own.
    book(&client, 2, VACATION, &[("2040-03-05", "2040-03-16")]).await;
    let stored = audit::absences(&muster, [1, 2]).await;
    assert_eq!(stored.len(), 6, "what was refused is not stored");
    let client = travel(&muster, "2040-12-31T10:00:00Z").await;
    assert_left(&client, 1, VACATION, 0.5, 0.5).await;
    assert_left(&client, 2, VACATION, 0.0, 0.0).await;
}

#[tokio::test]
async fn next_year_has_what_can_come_over_and_this_year_lends_it() {
    let rules = hired("2040-01-01", "{Vacation: 30}");
    let (muster, client) = start(&[&rules]).await;
    // Seven weeks until the end of March 2041: thirty days, and the five that can come over.
    let long = |until: &str| absence(1, VACATION, "2041-01-07", until);
    assert_overdrawn(&create(&client, &long("2041-02-25")).await, "Vacation", 2041);
    let (path, _) = created(&client, &long("2041-02-22")).await;
    assert_overdrawn(&client.patch(&path, &json!({"end_date": "2041-02-25"})).await, "Vacation", 2041);
    // Of this year, 25 days are left then. One more would be missing next year, not this one.
    let body = absence(1, VACATION, "2040-02-06", "2040-03-09");
    let (this, _) = created(&client, &body).await;
    let one = absence(1, VACATION, "2040-12-03", "2040-12-03");
    assert_overdrawn(&create(&client, &one).await, "Vacation", 2041);
    assert_overdrawn(&client.patch(&this, &json!({"end_date": "2040-03-12"})).await, "Vacation", 2041);
    assert_eq!(client.patch(&path, &json!({"end_date": "2041-02-21"})).await.status, 200);
    created(&client, &one).await;
    assert_overdrawn(&create(&client, &absence(1, VACATION, "2040-12-04", "2040-12-04")).await, "Vacation", 2041);
    // What comes over lapses: it cannot be taken in summer.
    assert_eq!(client.delete(&path).await.status, 200);
    let summer = |until: &str| absence(1, VACATION, "2041-06-03", until);
    assert_overdrawn(&create(&client, &summer("2041-07-15")).await, "Vacation", 2041);
    created(&client, &summer("2041-07-12")).await;
    book(&client, 1, VACATION, &[("2041-03-04", "2041-03-07")]).await;
    assert_overdrawn(&create(&client, &absence(1, VACATION, "2041-03-11", "2041-03-11")).await, "Vacation", 2041);
    // Of that year nothing is left that could come over.
    assert_overdrawn(&create(&client, &absence(1, VACATION, "2042-01-06", "2042-02-17")).await, "Vacation", 2042);
    book(&client, 1, VACATION, &[("2042-01-06", "2042-02-14")]).await;
    assert_eq!(audit::absences(&muster, [1]).await.len(), 5);
}

#[tokio::test]
async fn an_absence_across_new_year_takes_from_both_years() {
    let rules = hired("2040-01-01", "{Vacation: {2040: 5, 2041: 0, 2042: 3}}");
    let (muster, client) = start(&[&rules, &rules]).await;
    // 27 and 28, and 31 December 2040 are working days; so are 1 to 4 January 2041: three, and what can come over.
    assert_overdrawn(&create(&client, &absence(1, VACATION, "2040-12-27", "2041-01-03")).await, "Vacation", 2041);
    let (path, shown) = created(&client, &absence(1, VACATION, "2040-12-27", "2041-01-02")).await;
    assert_eq!(shown["days_count"], 5);
    assert_overdrawn(&client.patch(&path, &json!({"start_date": "2040-12-26"})).await, "Vacation", 2041);
    // In 2040, both of the days that were to come over are still there.
    let client = travel(&muster, "2040-12-31T10:00:00Z").await;
    assert_left(&client, 1, VACATION, 2.0, 2.0).await;
    let client = travel(&muster, "2041-01-01T10:00:00Z").await;
    assert_left(&client, 1, VACATION, 1.0, 0.0).await;
    let client = travel(&muster, "2041-04-01T10:00:00Z").await;
    assert_left(&client, 1, VACATION, 0.0, 0.0).await;
    assert_left(&client, 2, VACATION, 0.0, 0.0).await;
    let client = travel(&muster, "2042-01-01T10:00:00Z").await;
    assert_left(&client, 1, VACATION, 3.0, 3.0).await;
}

/// Applies a company file in which the entitlements are others.
async fn entitle(muster: &Muster, rules: &str) {
    let mut file = CompanyFile::parse("a test's company", &company(&[rules])).expect("a company file");
    file.company.id = muster.company.clone();
    apply::apply(&muster.deps, &file, &mut |_| {}).await.expect("the company is applied");
}

#[tokio::test]
async fn what_was_overdrawn_already_may_stay_so_but_not_become_more() {
    let (muster, client) = start(&[&hired("2040-01-01", "{Vacation: 30}")]).await;
    let (path, _) = created(&client, &absence(1, VACATION, "2040-03-05", "2040-03-16")).await;
    let body = with(&absence(1, VACATION, "2040-04-02", "2040-04-02"), json!({"skip_approval": false}));
    let (waits, _) = created(&client, &body).await;
    entitle(&muster, &hired("2040-01-01", "{Vacation: 5}")).await;
    let patched = |path: &str, body: Json| {
        let (client, path) = (client.clone(), path.to_owned());
        async move { client.patch(&path, &body).await }
    };
    let shorter = patched(&path, json!({"end_date": "2040-03-14"})).await;
    assert_eq!(shorter.status, 200, "eight days are too many, but less than ten: {}", shorter.body);
    assert_overdrawn(&patched(&path, json!({"end_date": "2040-03-15"})).await, "Vacation", 2040);
    for body in [
        json!({"comment": "x"}),
        json!({"start_date": "2040-03-06", "end_date": "2040-03-15"}),
        json!({"half_day_start": true}),
        json!({"skip_approval": false}),
    ] {
        let answer = patched(&path, body.clone()).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.body);
    }
    assert_overdrawn(&create(&client, &absence(1, VACATION, "2040-06-04", "2040-06-04")).await, "Vacation", 2040);
    created(&client, &absence(1, VACATION, "2040-06-02", "2040-06-03")).await;
    assert_eq!(client.post(&format!("{waits}/approve"), &json!({})).await.status, 200);
    let client = travel(&muster, MAY_16).await;
    assert_left(&client, 1, VACATION, 4.0, -3.5).await;
    assert_eq!(client.delete(&path).await.status, 200);
    assert_left(&client, 1, VACATION, 4.0, 4.0).await;
    audit::absences(&muster, [1]).await;
}

// -------------------------------------------------------------------- the property

/// How much of a working week and of which days somebody is away, as the test itself counts it.
#[derive(Clone, Copy, Debug)]
struct Person {
    /// What the company file says of them.
    fields: &'static str,
    /// Minutes from Monday to Sunday.
    week: [i64; 7],
    /// Whether Bavaria's holidays are theirs.
    bavaria: bool,
    /// The first day, and days or hours a year of vacation, of hours and of training.
    hired: (i16, i64),
    entitled: [i64; 3],
}

const PEOPLE: [Person; 3] = [
    Person {
        fields: "work_schedule: Full-time, holiday_calendar: Bavaria, hire_date: 2031-01-01, \
            absence_entitlement: {Vacation: 6, Time account: 20, Training: 4}",
        week: [480, 480, 480, 480, 480, 0, 0],
        bavaria: true,
        hired: (2031, 1),
        entitled: [6, 20, 4],
    },
    Person {
        fields: "work_schedule: Three days, holiday_calendar: Bavaria, hire_date: 2039-09-01, \
            absence_entitlement: {Vacation: 9, Time account: 15, Training: 7}",
        week: [360, 450, 0, 240, 0, 0, 0],
        bavaria: true,
        hired: (2039, 9),
        entitled: [9, 15, 7],
    },
    Person {
        fields: "work_schedule: Short Friday, hire_date: 2040-03-01, \
            absence_entitlement: {Vacation: 9, Time account: 24, Training: 5}",
        week: [510, 510, 510, 510, 255, 0, 0],
        bavaria: false,
        hired: (2040, 3),
        entitled: [9, 24, 5],
    },
];

/// The kinds that have an entitlement, in the order of [`Person::entitled`]: how much goes over, and until which month.
const KINDS: [(u32, Option<(i64, i8)>); 3] =
    [(VACATION, Some((10, 3))), (TIME_ACCOUNT, None), (TRAINING, Some((i64::MAX, 12)))];
/// Of the years before it, nothing goes over.
const SINCE: i16 = 2039;

/// Bavaria's holidays that are no Saturday or Sunday, and the company's own, in the days that the test uses.
const HOLIDAYS: [&str; 27] = [
    "2039-11-01",
    "2039-12-26",
    "2040-01-06",
    "2040-03-30",
    "2040-04-02",
    "2040-05-01",
    "2040-05-10",
    "2040-05-21",
    "2040-05-31",
    "2040-06-04",
    "2040-08-15",
    "2040-10-03",
    "2040-11-01",
    "2040-12-25",
    "2040-12-26",
    "2041-01-01",
    "2041-04-19",
    "2041-04-22",
    "2041-05-01",
    "2041-05-30",
    "2041-06-10",
    "2041-06-20",
    "2041-08-15",
    "2041-10-03",
    "2041-11-01",
    "2041-12-25",
    "2041-12-26",
];
const HALF_HOLIDAYS: [&str; 2] = ["2040-03-12", "2040-12-24"];

/// An absence as a list shows it, counted by the test itself.
#[derive(Clone)]
struct Counted {
    kind: u32,
    status: String,
    /// Half days or minutes of each day.
    days: Vec<(Date, i64)>,
}

fn text<'j>(absence: &'j Json, name: &str) -> &'j str {
    absence[name].as_str().unwrap_or_else(|| panic!("{name} of {absence}"))
}

fn days_from(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first.series(jiff::Span::new().days(1)).take_while(move |date| *date <= last)
}

impl Person {
    /// What would have been worked on a day: minutes, or the two halves of a day.
    fn due(&self, date: Date, in_halves: bool) -> i64 {
        let minutes = self.week[usize::try_from(date.weekday().to_monday_zero_offset()).expect("a weekday")];
        let whole = if in_halves { 2 * i64::from(minutes > 0) } else { minutes };
        match date.to_string().as_str() {
            date if self.bavaria && HOLIDAYS.contains(&date) => 0,
            date if self.bavaria && HALF_HOLIDAYS.contains(&date) => (whole + 1) / 2,
            _ => whole,
        }
    }

    fn half(&self, date: Date, in_halves: bool) -> i64 {
        let minutes = self.week[usize::try_from(date.weekday().to_monday_zero_offset()).expect("a weekday")];
        let whole = if in_halves { 2 * i64::from(minutes > 0) } else { minutes };
        self.due(date, in_halves).min((whole + 1) / 2)
    }

    fn count(&self, first: Date, last: Date, halves: (bool, bool), in_halves: bool) -> Vec<(Date, i64)> {
        let is_half = |date| (halves.0 && date == first) || (halves.1 && date == last);
        days_from(first, last)
            .map(|date| (date, if is_half(date) { self.half(date, in_halves) } else { self.due(date, in_halves) }))
            .collect()
    }

    fn time_off(&self, absence: &Json) -> Counted {
        let date = |name: &str| text(absence, name)[..10].parse::<Date>().expect("a date");
        let halves = (absence["half_day_start"] == true, absence["half_day_end"] == true);
        let days = self.count(date("start_date"), date("end_date"), halves, true);
        let sum: i64 = days.iter().map(|(_, worth)| worth).sum();
        assert_eq!(absence["days_count"].as_f64().map(|count| count * 2.0), exact(sum), "{absence}");
        let kind = absence["time_off_type"]["attributes"]["id"].as_u64();
        Counted { kind: number(kind), status: text(absence, "status").to_owned(), days }
    }

    fn period(&self, absence: &Json) -> Counted {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let instant = |name: &str| text(absence, name).parse::<Timestamp>().expect("an instant");
        let (start, end) = (instant("start"), instant("end"));
        let local = |at: Timestamp| at.to_zoned_datetime(zone.clone()).datetime();
        let days = if local(end).time() == jiff::civil::Time::midnight() {
            let halves = (absence["half_day_start"] == true, absence["half_day_end"] == true);
            self.count(local(start).date(), local(end).date().yesterday().expect("a date"), halves, false)
        } else {
            let date = local(start).date();
            vec![(date, self.due(date, false).min((end.as_second() - start.as_second()) / 60))]
        };
        let sum: i64 = days.iter().map(|(_, worth)| worth).sum();
        assert_eq!(absence["effective_duration"], sum, "{absence}");
        let kind = absence["absence_type"]["attributes"]["time_off_type_id"].as_u64();
        Counted { kind: number(kind), status: text(absence, "status").to_owned(), days }
    }

    /// Half days or minutes of a year: a twelfth of it for each month, and at least that much.
    fn granted(&self, index: usize, year: i16) -> i64 {
        let parts = if KINDS[index].0 == TIME_ACCOUNT { 60 } else { 2 };
        let months = match year - self.hired.0 {
            ..0 => 0,
            0 => 13 - self.hired.1,
            1.. => 12,
        };
        let twelfths = self.entitled[index] * parts * months;
        twelfths / 12 + i64::from(twelfths % 12 > 0)
    }

    /// What is left at the end of a year if these days are taken and what came over lapses only until a day. Month
    /// by month: what came over is used first.
    fn left(&self, index: usize, taken: &BTreeMap<Date, i64>, year: i16, today: Date) -> i64 {
        let rule = KINDS[index].1;
        let first = if rule.is_some() { SINCE.min(year) } else { year };
        let (mut old, mut fresh) = (0, self.granted(index, first));
        for (year, month) in (first..=year).flat_map(|year| (1..=12).map(move |month| (year, month))) {
            if month == 1 && year > first {
                old = (old + fresh).min(rule.map_or(0, |(most, _)| most));
                fresh = self.granted(index, year);
            }
            let begin = Date::constant(year, month, 1);
            for (_, taken) in taken.range(begin..=begin.last_of_month()) {
                let of_old = (*taken).min(old.max(0));
                old -= of_old;
                fresh -= taken - of_old;
            }
            let lapses = rule.is_some_and(|(_, months)| months < 12 && month == months);
            if lapses && begin.last_of_month() < today {
                old = old.min(0);
            }
        }
        old + fresh
    }
}

/// A number as JSON has it; none that a test makes is too large.
fn exact(number: i64) -> Option<f64> {
    i32::try_from(number).ok().map(f64::from)
}

fn number(number: Option<u64>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).expect("a number")
}

/// The days of absences of a kind that have one of these statuses, up to one.
fn taken(all: &[Counted], kind: u32, statuses: &[&str], until: Date) -> BTreeMap<Date, i64> {
    let mut taken = BTreeMap::new();
    for absence in all.iter().filter(|one| one.kind == kind && statuses.contains(&one.status.as_str())) {
        for (date, worth) in absence.days.iter().filter(|(date, _)| *date <= until) {
            *taken.entry(*date).or_default() += worth;
        }
    }
    taken
}

/// How often each thing happened, so that a test of nothing is seen.
#[derive(Debug, Default)]
struct Seen {
    stored: AtomicU32,
    moved: AtomicU32,
    decided: AtomicU32,
    overdrawn: AtomicU32,
    overlapping: AtomicU32,
}

impl Seen {
    fn note(count: &AtomicU32) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a test knows of its company.
struct World {
    seen: Arc<Seen>,
    muster: Muster,
    client: Client,
    person: Person,
    /// What the lists show.
    shown: Vec<Json>,
}

impl World {
    fn count(&self, absence: &Json) -> Counted {
        if absence["id"].is_u64() { self.person.time_off(absence) } else { self.person.period(absence) }
    }

    /// Reads the lists anew.
    async fn look(&mut self) {
        let (days, hours) = tokio::join!(
            list(&self.client, TIME_OFFS, "&employees[]=1"),
            list(&self.client, PERIODS, "&employees[]=1")
        );
        self.shown = days.into_iter().chain(hours).collect();
    }

    /// Asserts that the endpoint says what the absences in the lists leave.
    async fn assert_balances(&mut self) {
        self.look().await;
        let today = self.muster.deps.clock.now().to_zoned_datetime(TimeZone::get("Europe/Berlin").expect("a zone"));
        let today = today.date();
        let all: Vec<Counted> = self.shown.iter().map(|one| self.count(one)).collect();
        let said = balances(&self.client, 1).await;
        let mut wanted = BTreeMap::new();
        for (index, (kind, _)) in KINDS.into_iter().enumerate() {
            let parts = if kind == TIME_ACCOUNT { 60.0 } else { 2.0 };
            let show = |left: i64| (exact(left).expect("few") / parts * 100.0).round() / 100.0;
            let now = taken(&all, kind, &["approved"], today);
            let planned = taken(&all, kind, &["approved", "pending"], Date::MAX);
            let left = |taken| self.person.left(index, taken, today.year(), today);
            wanted.insert(kind, (show(left(&now)), show(left(&planned))));
        }
        assert_eq!(said, wanted, "on {today}");
        assert!(!self.overdrawn(&all), "a year is overdrawn");
    }

    /// Whether a year is overdrawn in the end with these absences, of the kinds of which nobody may take too much.
    fn overdrawn(&self, all: &[Counted]) -> bool {
        let limited = KINDS.iter().enumerate().filter(|(_, (kind, _))| *kind != TRAINING);
        limited.into_iter().any(|(index, (kind, _))| {
            let taken = taken(all, *kind, &["approved", "pending"], Date::MAX);
            (SINCE..=2042).any(|year| self.person.left(index, &taken, year, Date::constant(year, 12, 31)) < 0)
        })
    }
}

/// Which days a step is about: the first as a number of days after 2039-11-01.
#[derive(Clone, Copy, Debug)]
struct Days {
    first: u16,
    more: u16,
    halves: (bool, bool),
    /// From which hour for how many minutes, where it is a part of a day.
    clock: Option<(u16, u16)>,
}

impl Days {
    fn fields(self, hours: bool) -> Json {
        let first = Date::constant(2039, 11, 1).checked_add(jiff::Span::new().days(self.first)).expect("a date");
        let clock = self.clock.filter(|_| hours);
        let more = if clock.is_some() { 0 } else { self.more };
        let last = first.checked_add(jiff::Span::new().days(more)).expect("a date");
        let fields = json!({
            "start_date": first.to_string(), "end_date": last.to_string(),
            "half_day_start": self.halves.0, "half_day_end": self.halves.1 && more > 0,
        });
        let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        match clock {
            Some((hour, minutes)) => {
                with(&fields, json!({"start_time": time(60 * hour), "end_time": time(60 * hour + minutes)}))
            }
            None if hours => with(&fields, json!({"start_time": null, "end_time": null})),
            None => fields,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Create(u32, Days, bool),
    Decide(usize, bool),
    Delete(usize),
    Move(usize, Days, Option<bool>),
}

fn any_days() -> impl Strategy<Value = Days> {
    // Around the ends of years and of March, sometimes anywhere.
    let first = prop_oneof![3 => 50u16..80, 3 => 140u16..165, 2 => 415u16..440, 1 => 0u16..560];
    let clock = proptest::option::of((7u16..15, 1u16..540));
    (first, 0u16..9, any::<(bool, bool)>(), clock).prop_map(|(first, more, halves, clock)| Days {
        first,
        more,
        halves,
        clock,
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![3 => Just(VACATION), 2 => Just(TIME_ACCOUNT), 2 => Just(TRAINING), 1 => Just(SICK_LEAVE)];
    prop_oneof![
        5 => (kind, any_days(), any::<bool>()).prop_map(|(kind, days, ask)| Step::Create(kind, days, ask)),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(index, approve)| Step::Decide(index, approve)),
        1 => any::<usize>().prop_map(Step::Delete),
        3 => (any::<usize>(), any_days(), any::<Option<bool>>())
            .prop_map(|(index, days, skip)| Step::Move(index, days, skip)),
    ]
}

/// Asserts that what was refused because it takes too much does, and that what was taken does not.
fn assert_fair(world: &World, answer: &Answer, before: &[Counted], candidate: Counted) {
    let message = answer.body["error"]["message"].as_str().unwrap_or_default();
    if message.contains("than is left for") {
        let with = [before, &[candidate]].concat();
        assert!(world.overdrawn(&with), "it would have fitted: {}", answer.body);
        Seen::note(&world.seen.overdrawn);
    } else if answer.status == 400 {
        assert!(answer.body["error"]["error_data"]["conflicting_ids"].is_array(), "{}", answer.body);
        Seen::note(&world.seen.overlapping);
    }
}

/// The absence at an index, its path, its kind, and all others; none if there is none at all.
fn chosen(world: &World, index: usize) -> Option<(Json, String, u32, Vec<Counted>)> {
    let mut all = world.shown.clone();
    let one = all.remove(index.checked_rem(all.len())?);
    let kind = world.count(&one).kind;
    let id = one["id"].as_str().map_or_else(|| one["id"].to_string(), str::to_owned);
    let others = all.iter().map(|one| world.count(one)).collect();
    Some((one, format!("{}/{id}", path_of(kind)), kind, others))
}

/// What a request would take, by the test's own count.
fn candidate(world: &World, kind: u32, days: Days) -> Counted {
    let fields = days.fields(kind == TIME_ACCOUNT);
    let date = |name: &str| text(&fields, name).parse::<Date>().expect("a date");
    let (first, last) = (date("start_date"), date("end_date"));
    let single = first == last && kind == TIME_ACCOUNT;
    let halves = if single { (false, false) } else { (days.halves.0, fields["half_day_end"] == true) };
    let mut counted = world.person.count(first, last, halves, kind != TIME_ACCOUNT);
    if let (Some((_, minutes)), TIME_ACCOUNT) = (days.clock, kind) {
        counted[0].1 = counted[0].1.min(i64::from(minutes));
    }
    Counted { kind, status: "pending".to_owned(), days: counted }
}

async fn take(world: &World, step: &Step) {
    match step {
        Step::Create(kind, days, ask) => {
            let before: Vec<Counted> = world.shown.iter().map(|one| world.count(one)).collect();
            let body = with(&days.fields(*kind == TIME_ACCOUNT), json!({"skip_approval": !ask}));
            let body = with(&body, json!({"employee_id": 1, "time_off_type_id": kind}));
            let answer = create(&world.client, &body).await;
            assert!(matches!(answer.status, 200 | 201 | 400), "{body}: {}", answer.body);
            assert_fair(world, &answer, &before, candidate(world, *kind, *days));
            if answer.status < 400 {
                Seen::note(&world.seen.stored);
            }
        }
        Step::Decide(index, approve) => {
            let Some((one, path, ..)) = chosen(world, *index) else { return };
            let verdict = if *approve { "approve" } else { "reject" };
            let answer = world.client.post(&format!("{path}/{verdict}"), &json!({})).await;
            let wanted = if one["status"] == "pending" { 200 } else { 409 };
            assert_eq!(answer.status, wanted, "{one}: {}", answer.body);
            if wanted == 200 {
                Seen::note(&world.seen.decided);
            }
        }
        Step::Delete(index) => {
            let Some((_, path, ..)) = chosen(world, *index) else { return };
            assert_eq!(world.client.delete(&path).await.status, 200);
        }
        Step::Move(index, days, skip) => {
            let Some((one, path, kind, others)) = chosen(world, *index) else { return };
            let mut body = days.fields(kind == TIME_ACCOUNT);
            if let Some(skip) = skip {
                body["skip_approval"] = json!(skip);
            }
            let answer = world.client.patch(&path, &body).await;
            if one["status"] == "rejected" {
                assert_eq!(answer.status, 409, "{}", answer.body);
            } else {
                assert!(matches!(answer.status, 200 | 400), "{body}: {}", answer.body);
                assert_fair(world, &answer, &others, candidate(world, kind, *days));
                if answer.status == 200 {
                    Seen::note(&world.seen.moved);
                }
            }
        }
    }
}

async fn run(seen: Arc<Seen>, person: Person, today: &str, steps: &[Step]) {
    let (muster, _) = start(&[person.fields]).await;
    let client = travel(&muster, today).await;
    let mut world = World { seen, muster, client, person, shown: Vec::new() };
    for step in steps {
        take(&world, step).await;
        world.assert_balances().await;
    }
    // And later: when what came over lapsed, at the end of the year, and in the next one.
    for later in ["2040-03-31T21:00:00Z", "2040-04-01T10:00:00Z", "2040-12-31T12:00:00Z", "2041-04-01T10:00:00Z"] {
        if *later > *today {
            world.client = travel(&world.muster, later).await;
            world.assert_balances().await;
        }
    }
    audit::absences(&world.muster, [1]).await;
}

/// What was done to absences, in whatever order: what is left is what the lists leave.
#[test]
fn what_is_left_is_the_entitlement_less_what_the_lists_show() {
    let config = ProptestConfig {
        cases: 8,
        max_shrink_iters: 60,
        rng_seed: RngSeed::Fixed(2040),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let today = [Just("2040-01-20T10:00:00Z"), Just("2040-03-31T22:30:00Z"), Just("2040-06-13T10:00:00Z")];
    let cases = (0..PEOPLE.len(), Union::new(today), proptest::collection::vec(any_step(), 20..36));
    let seen = Arc::new(Seen::default());
    let tested = TestRunner::new(config).run(&cases, |(person, today, steps)| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(run(seen.clone(), PEOPLE[person], today, &steps));
        Ok(())
    });
    tested.unwrap_or_else(|error| panic!("{error}"));
    let counts = [&seen.stored, &seen.moved, &seen.decided, &seen.overdrawn, &seen.overlapping];
    assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) >= 5), "{seen:?} is too little of something");
}

#[test]
fn the_holidays_of_the_property_are_working_days_otherwise() {
    for day in HOLIDAYS.iter().chain(&HALF_HOLIDAYS) {
        let date: Date = day.parse().expect("a date");
        assert!(!matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday), "{day}");
    }
}
