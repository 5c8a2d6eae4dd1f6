//! What is planned follows new schedules and holidays; what was taken stays.

use muster::apply;
use muster::apply::file::CompanyFile;
use serde_json::Value as Json;
use serde_json::json;
use shared::http::limits::Limits;
use tests::Client;
use tests::Muster;

const FILE: &str = r#"
company: {id: x, name: X, time_zone: Europe/Berlin}
holiday_calendars: [{name: Bavaria, country: DE, state: Bayern}]
work_schedules:
  - {name: Office, monday: "08:00", tuesday: "08:00", wednesday: "08:00", thursday: "08:00", friday: "08:00"}
  - {name: Three days, monday: "08:00", tuesday: "06:00", wednesday: "08:00"}
absence_types: [{name: Vacation, category: paid_vacation}, {name: Appointment, category: other, unit: hour}]
employees:
  - {email: a@x.example, first_name: A, last_name: A, work_schedule: Office, holiday_calendar: Bavaria}
  - {email: b@x.example, first_name: B, last_name: B, work_schedule: Office, holiday_calendar: Bavaria}
"#;

async fn apply(muster: &Muster, text: &str) -> Vec<String> {
    let mut file = CompanyFile::parse("a test's company", text).expect("a company file");
    file.company.id = muster.company.clone();
    let mut said = Vec::new();
    let report = apply::apply(&muster.deps, &file, &mut |line| said.push(line.to_owned())).await;
    report.expect("the file is applied");
    said
}

async fn absent(client: &Client, path: &str, kind: u64, employee: u64, dates: (&str, &str)) -> Json {
    let body = json!({"employee_id": employee, "time_off_type_id": kind, "start_date": dates.0, "end_date": dates.1});
    let answer = client.post(path, &body).await;
    assert!([200, 201].contains(&answer.status), "{}", answer.body);
    answer.body["data"]["attributes"].clone()
}

#[tokio::test]
async fn planned_absences_are_counted_again_and_taken_ones_are_not() {
    let muster = Muster::with(FILE, Limits::off()).await;
    let client = muster.admin().await;
    let (days, hours) = ("/v1/company/time-offs", "/v1/company/absence-periods");
    // Two weeks without a holiday: of 2020, of 2090, and the same of somebody whose schedule stays.
    let taken = absent(&client, days, 1, 1, ("2020-03-02", "2020-03-13")).await;
    let planned = absent(&client, days, 1, 1, ("2090-03-06", "2090-03-17")).await;
    let other = absent(&client, days, 1, 2, ("2090-03-06", "2090-03-17")).await;
    let by_hours = absent(&client, hours, 2, 1, ("2090-05-02", "2090-05-03")).await;
    assert_eq!((&taken["days_count"], &planned["days_count"]), (&json!(10), &json!(10)));
    assert_eq!(by_hours["effective_duration"], 960);

    let part_time = FILE.replacen("work_schedule: Office", "work_schedule: Three days", 1);
    let said = apply(&muster, &part_time).await;
    assert!(said.iter().any(|line| line == "counted 2 upcoming absences again"), "{said:?}");

    let caller = &client;
    let read = |path: String| async move { caller.get(&path).await.body["data"]["attributes"].clone() };
    let counted = |of: &Json| read(format!("{days}/{}", of["id"]));
    assert_eq!(counted(&taken).await, taken, "what was taken stays");
    assert_eq!(counted(&other).await, other, "nobody else's changes");
    let again = counted(&planned).await;
    assert_eq!((&again["days_count"], &again["id"]), (&json!(6), &planned["id"]));
    let id = by_hours["id"].as_str().expect("an id");
    let again = read(format!("{hours}/{id}")).await;
    assert_eq!(again["effective_duration"], 840, "a Tuesday has two hours less");

    // A holiday of the company's own on one of the planned days of both.
    let holiday = part_time.replace("state: Bayern", "state: Bayern, days: [{date: 2090-03-07}]");
    let said = apply(&muster, &holiday).await;
    assert!(said.iter().any(|line| line == "counted 2 upcoming absences again"), "{said:?}");
    assert_eq!((&counted(&planned).await["days_count"], &counted(&other).await["days_count"]), (&json!(5), &json!(9)));
    let said = apply(&muster, &holiday).await;
    assert!(!said.iter().any(|line| line.contains("counted")), "nothing changed: {said:?}");
}
