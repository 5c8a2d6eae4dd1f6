//! Lists of attendances: filters, pages, holidays and projects.

use std::time::Duration;

use attendances::model::Day;
use attendances::model::Period;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value as Json;
use serde_json::json;
use shared::http::limits::Limits;
use tests::COMPANY;
use tests::Client;
use tests::Muster;
use tests::audit;

const PATH: &str = "/v1/company/attendances";
const ALL: &str = "start_date=2026-01-01&end_date=2026-12-31";

fn row(employee: u64, date: &str, hour: u64) -> Json {
    json!({
        "employee": employee, "date": date, "break": 0,
        "start_time": format!("{hour:02}:00"), "end_time": format!("{hour:02}:45"),
    })
}

async fn create(client: &Client, rows: &[Json], skip_approval: bool) {
    let answer = client.post(PATH, &json!({"attendances": rows, "skip_approval": skip_approval})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn get(client: &Client, query: &str) -> Json {
    let answer = client.get(&format!("{PATH}?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    answer.body
}

fn ids(body: &Json) -> Vec<u64> {
    body["data"].as_array().expect("a list").iter().map(|one| one["id"].as_u64().expect("an id")).collect()
}

/// A condition in the words of a query, and as a test of a period.
type Choice = (String, Box<dyn Fn(&Day, &Period) -> bool>);

fn always() -> Choice {
    (String::new(), Box::new(|_, _| true))
}

fn windows() -> Vec<Choice> {
    let within = |from: &str, to: &str| -> Choice {
        let (first, last): (Date, Date) = (from.parse().expect("a date"), to.parse().expect("a date"));
        let query = format!("start_date={from}&end_date={to}");
        (query, Box::new(move |day, _| (first..=last).contains(&day.date)))
    };
    vec![
        within("2026-01-01", "2026-12-31"),
        within("2026-02-27", "2026-03-02"),
        within("2026-03-03", "2026-03-03"),
        within("2026-05-01", "2026-06-01"),
    ]
}

fn employees(ids: &[u64]) -> Vec<Choice> {
    let some = |query: String, wanted: Vec<u64>| -> Choice {
        (query, Box::new(move |day, _| wanted.contains(&u64::from(day.employee.get()))))
    };
    vec![
        always(),
        some(format!("employees[]={}", ids[1]), vec![ids[1]]),
        some(format!("employees%5B%5D={}&employees[]=4711&employees[1]={}", ids[0], ids[3]), vec![ids[0], ids[3]]),
    ]
}

/// Instants in the forms in which clients write them; the company's zone is an hour or two ahead.
fn instants(times: &[Timestamp], name: &str, keeps: fn(Timestamp, Timestamp) -> bool) -> Vec<Choice> {
    let berlin = jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone");
    let choice = |text: String, bound: Timestamp| -> Choice {
        let until = name == "updated_to";
        let bound = if until { bound + Duration::from_millis(999) } else { bound };
        (format!("{name}={text}"), Box::new(move |_, period| keeps(period.updated_at, bound)))
    };
    let second = |at: Timestamp| Timestamp::from_second(at.as_second()).expect("an instant");
    let local = |at: Timestamp| at.to_zoned_datetime(berlin.clone());
    let (zoned, plain, day) = (second(times[1]), second(times[2]), local(times[3]).date());
    let midnight = day.to_zoned_datetime(berlin.clone()).expect("a midnight").timestamp();
    let next = day.tomorrow().and_then(|next| next.to_zoned_datetime(berlin.clone())).expect("a midnight").timestamp();
    vec![
        always(),
        choice(local(zoned).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), zoned),
        choice(local(plain).strftime("%Y-%m-%dT%H:%M:%S").to_string(), plain),
        choice(day.to_string(), if name == "updated_to" { next - Duration::from_secs(1) } else { midnight }),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_combination_of_filters_is_what_a_naive_filter_finds() {
    let (muster, mut client, people) = Muster::staffed(4).await;
    let mut times = Vec::new();
    for step in 0..5_u64 {
        muster.advance(Duration::from_hours(31));
        // A token is good for a day.
        client = muster.admin().await;
        times.push(muster.deps.clock.now());
        let rows: Vec<Json> = people
            .iter()
            .enumerate()
            .flat_map(|(index, employee)| {
                let days = ["2026-02-28", "2026-03-01", "2026-03-03", "2026-05-31", "2026-06-01"];
                days.into_iter()
                    .skip(index % 2 + usize::try_from(step % 2).expect("small"))
                    .map(move |day| row(*employee, day, 8 + step))
            })
            .collect();
        create(&client, &rows, step % 3 != 1).await;
    }
    let days = audit::attendance(&muster, people.clone()).await;
    let pages = [(200, 0), (3, 2), (5, 60)];
    let pending: Vec<Choice> = vec![
        (String::new(), Box::new(|_, period| period.is_confirmed())),
        ("includePending=True".to_owned(), Box::new(|_, _| true)),
    ];
    let mut compared = 0;
    for (window, employee) in combine(&windows(), &employees(&people)) {
        for (from, to) in combine(
            &instants(&times, "updated_from", |at, bound| at >= bound),
            &instants(&times, "updated_to", |at, bound| at <= bound),
        ) {
            for status in &pending {
                let choices = [window, employee, from, to, status];
                let naive: Vec<u64> = days
                    .iter()
                    .flat_map(|day| day.periods.iter().map(move |period| (day, period)))
                    .filter(|(day, period)| choices.iter().all(|choice| choice.1(day, period)))
                    .map(|(_, period)| u64::from(period.id.get()))
                    .collect();
                let (limit, offset) = pages[compared % pages.len()];
                let query = choices.map(|choice| choice.0.as_str()).join("&");
                let body = get(&client, &format!("{query}&limit={limit}&offset={offset}")).await;
                let page: Vec<u64> = naive.iter().skip(offset).take(limit).copied().collect();
                assert_eq!(ids(&body), page, "{query}, {limit} behind {offset}");
                assert_eq!(body["metadata"]["total_elements"], naive.len(), "{query}");
                assert_eq!(body["metadata"]["total_pages"], naive.len().div_ceil(limit), "{query}");
                assert_eq!(body["metadata"]["current_page"], offset / limit, "{query}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 4 * 3 * 4 * 4 * 2);
}

fn combine<'c>(one: &'c [Choice], other: &'c [Choice]) -> Vec<(&'c Choice, &'c Choice)> {
    one.iter().flat_map(|one| other.iter().map(move |other| (one, other))).collect()
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let (_muster, client, people) = Muster::staffed(40).await;
    let rows: Vec<Json> = people
        .iter()
        .flat_map(|employee| {
            let days = if employee % 3 == 0 { 1..3 } else { 2..5 };
            days.map(move |day| row(*employee, &format!("2026-04-{day:02}"), 8 + employee % 5))
        })
        .collect();
    create(&client, &rows, true).await;
    let all = ids(&get(&client, ALL).await);
    assert_eq!(all.len(), rows.len());
    for limit in [1, 7, 16, 33] {
        let mut walked = Vec::new();
        loop {
            let body = get(&client, &format!("{ALL}&limit={limit}&offset={}", walked.len())).await;
            assert_eq!(body["metadata"]["total_elements"], all.len());
            assert_eq!((&body["limit"], &body["offset"]), (&json!(limit), &json!(walked.len())));
            if ids(&body).is_empty() {
                break;
            }
            walked.extend(ids(&body));
        }
        assert_eq!(walked, all, "{limit} at a time");
    }
    let shown = get(&client, ALL).await["data"].clone();
    let order: Vec<_> = shown
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["attributes"]["date"].to_string(), one["attributes"]["employee"].as_u64()))
        .collect();
    assert!(order.is_sorted(), "by day, then by employee");
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_refused() {
    let (_muster, client, _) = Muster::staffed(0).await;
    let many = (1..=201).map(|id| format!("&employees[]={id}")).collect::<Vec<_>>().concat();
    for (query, field) in [
        ("", "start_date"),
        ("start_date=2026-01-01", "end_date"),
        ("end_date=2026-01-01", "start_date"),
        ("start_date=2026-02-30&end_date=2026-03-01", "start_date"),
        ("start_date=2026-03-01&end_date=01.04.2026", "end_date"),
        ("start_date=2026-03-02&end_date=2026-03-01", "end_date"),
        (&format!("{ALL}&limit=0"), "limit"),
        (&format!("{ALL}&limit=1001"), "limit"),
        (&format!("{ALL}&offset=-1"), "offset"),
        (&format!("{ALL}&employees[]=x"), "employees"),
        (&format!("{ALL}{many}"), "employees"),
        (&format!("{ALL}&updated_from=yesterday"), "updated_from"),
        (&format!("{ALL}&updated_to=2026-13-01"), "updated_to"),
        (&format!("{ALL}&includePending=perhaps"), "includePending"),
    ] {
        let answer = client.get(&format!("{PATH}?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.body);
        assert!(answer.body["error"]["error_data"].get(field).is_some(), "{field}: {}", answer.body);
    }
    let empty = get(&client, &format!("{ALL}&updated_to=9999-12-31T23:59:59Z")).await;
    assert_eq!(empty["metadata"], json!({"total_elements": 0, "current_page": 0, "total_pages": 0}));
    assert_eq!(empty["data"], json!([]));
}

#[tokio::test]
async fn fifty_employees_are_filtered_for_in_one_call() {
    let (_muster, client, people) = Muster::staffed(50).await;
    let rows: Vec<Json> = people.iter().map(|employee| row(*employee, "2026-04-01", 8)).collect();
    create(&client, &rows, true).await;
    let wanted = people[..49].iter().map(|id| format!("&employees[]={id}")).collect::<Vec<_>>().concat();
    let answer = client.get(&format!("{PATH}?{ALL}{wanted}")).await;
    assert_eq!(answer.body["metadata"]["total_elements"], 49);
    assert_eq!(answer.log_line()["round_trips"], 2);
}

#[tokio::test]
async fn a_holiday_is_one_for_those_whose_calendar_has_it() {
    let bavarian = "Deutschland (Bayern) Feiertage";
    let file = format!(
        "{COMPANY}employees:\n  \
         - {{id: 1, email: a@test.example, first_name: A, last_name: B, holiday_calendar: {bavarian}}}\n  \
         - {{id: 2, email: b@test.example, first_name: B, last_name: C}}\n"
    );
    // The company has a day of its own, and none on one that the place has.
    let declared = format!("{{name: {bavarian}, country: DE, state: Bayern");
    let own = "days: [{date: 2026-12-24, part: half}, {date: 2026-08-15, part: none}]";
    assert!(file.contains(&declared));
    let muster = Muster::with(&file.replace(&declared, &format!("{declared}, {own}")), Limits::off()).await;
    let client = muster.admin().await;
    let rows: Vec<Json> = ["2026-08-15", "2026-12-24"].map(|date| row(1, date, 8)).to_vec();
    create(&client, &rows, true).await;
    let body = get(&client, "start_date=2026-08-01&end_date=2026-12-31").await;
    let holidays = |body: &Json| {
        let data = body["data"].as_array().expect("a list");
        data.iter().map(|one| one["attributes"]["is_holiday"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(holidays(&body), [json!(false), json!(true)]);
    let rows: Vec<Json> = ["2026-01-06", "2026-01-07"]
        .into_iter()
        .flat_map(|date| [1, 2].map(|employee| row(employee, date, 8)))
        .collect();
    create(&client, &rows, true).await;
    let body = get(&client, "start_date=2026-01-01&end_date=2026-01-31").await;
    assert_eq!(holidays(&body), [json!(true), json!(false), json!(false), json!(false)]);
    // Nobody's calendar is read for a day that is no holiday anywhere.
    let answer = client.get(&format!("{PATH}?start_date=2026-01-07&end_date=2026-01-07")).await;
    assert_eq!(answer.log_line()["store_calls"], 4);
}

#[tokio::test]
async fn what_changed_since_is_found_within_its_days() {
    let (muster, client, people) = Muster::staffed(1).await;
    create(&client, &[row(people[0], "2026-04-01", 8)], true).await;
    muster.advance(Duration::from_hours(1));
    let since = muster.deps.clock.now();
    create(&client, &[row(people[0], "2026-04-02", 8)], true).await;
    let body = get(&client, &format!("{ALL}&updated_from={since}")).await;
    assert_eq!(ids(&body), [2]);
    let none = get(&client, &format!("start_date=2026-04-01&end_date=2026-04-01&updated_from={since}")).await;
    assert_eq!(ids(&none), Vec::<u64>::new());
}
