//! No overlap, ever: attendances under concurrency, through HTTP.
//!
//! The size finds a bug within seconds; `MUSTER_RACES=20` runs twenty times as many requests.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use attendances::model::Day;
use serde_json::Value as Json;
use serde_json::json;
use tests::Answer;
use tests::Client;
use tests::Muster;
use tests::audit;

const PATH: &str = "/v1/company/attendances";
const WRITERS: usize = 64;

fn rounds() -> usize {
    std::env::var("MUSTER_RACES").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// Numbers that look random, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A period of one to three hours that begins at a quarter of an hour, on one of three days.
fn any_row(random: &mut Random, employees: &[u64]) -> Json {
    let start = 6 * 60 + 15 * random.below(48);
    let end = start + 60 * (1 + random.below(3));
    let employee = employees[usize::try_from(random.below(employees.len() as u64)).expect("an index")];
    json!({
        "employee": employee,
        "date": format!("2026-03-{:02}", 2 + random.below(3)),
        "start_time": format!("{:02}:{:02}", start / 60, start % 60),
        "end_time": format!("{:02}:{:02}", end / 60, end % 60),
        "break": 0,
    })
}

/// What each row of a batch got: an id, or the ids in its way.
fn results(answer: &Answer, rows: &[Json]) -> Vec<(Json, Option<u64>)> {
    match answer.status {
        200 => {
            let ids = answer.body["data"]["id"].as_array().expect("ids");
            assert_eq!(ids.len(), rows.len());
            rows.iter().zip(ids).map(|(row, id)| (row.clone(), id.as_u64())).collect()
        }
        400 => {
            let details = answer.body["error"]["detailed_message"].as_array().expect("rows");
            assert_eq!(details.len(), rows.len());
            for detail in details.iter().filter(|detail| detail["id"].is_null()) {
                assert_eq!(detail["error_msg"], "Existing overlapping attendances periods", "{detail}");
                assert!(!detail["conflicting_ids"].as_array().expect("ids").is_empty(), "{detail}");
            }
            rows.iter().zip(details).map(|(row, detail)| (row.clone(), detail["id"].as_u64())).collect()
        }
        status => panic!("{status}: {}", answer.body),
    }
}

/// The stored periods, as rows were sent.
fn stored(days: &[Day]) -> BTreeMap<u64, Json> {
    let rows = days.iter().flat_map(|day| {
        day.periods.iter().map(|period| {
            let row = json!({
                "employee": day.employee.get(),
                "date": day.date.to_string(),
                "start_time": period.work.start.to_string(),
                "end_time": period.work.end.map(|end| end.to_string()),
                "break": 0,
            });
            (u64::from(period.id.get()), row)
        })
    });
    rows.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_stored_once_and_nothing_overlaps() {
    let (muster, client, employees) = Muster::staffed(3).await;
    for round in 0..rounds() {
        let writers = (0..WRITERS).map(|writer| {
            let (client, employees) = (client.clone(), employees.clone());
            tokio::spawn(async move {
                let mut random = Random((round * WRITERS + writer) as u64);
                let rows: Vec<Json> = (0..5).map(|_| any_row(&mut random, &employees)).collect();
                let answer = client.post(PATH, &json!({ "attendances": rows })).await;
                results(&answer, &rows)
            })
        });
        let mut accepted = BTreeMap::new();
        for writer in writers.collect::<Vec<_>>() {
            for (row, id) in writer.await.expect("no panic") {
                if let Some(id) = id {
                    assert!(accepted.insert(id, row).is_none(), "the id {id} was given twice");
                }
            }
        }
        let days = audit::attendance(&muster, employees.clone()).await;
        assert_eq!(stored(&days), accepted);
        assert!(accepted.len() >= 9, "each day of each employee has room for one: {accepted:?}");
        for id in accepted.keys() {
            assert_eq!(client.delete(&format!("{PATH}/{id}")).await.status, 200);
        }
        assert!(audit::attendance(&muster, employees.clone()).await.is_empty());
    }
}

/// One writer of the test below: what it created, and what it deleted.
async fn wreak(client: Client, employees: Vec<u64>, seed: u64, known: Vec<u64>) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let mut random = Random(seed);
    let (mut created, mut deleted) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..4 {
        let any = known[usize::try_from(random.below(known.len() as u64)).expect("an index")];
        let path = format!("{PATH}/{any}");
        match random.below(4) {
            0 => {
                let row = any_row(&mut random, &employees);
                let answer = client.post(PATH, &json!({"attendances": [row]})).await;
                created.extend(results(&answer, &[row]).into_iter().filter_map(|(_, id)| id));
            }
            1 => {
                let answer = client.delete(&path).await;
                assert!(matches!(answer.status, 200 | 404 | 409), "{}", answer.body);
                if answer.status == 200 {
                    assert!(deleted.insert(any), "{any} was deleted twice");
                }
            }
            _ => {
                // Onto another day or over another period; the employee stays.
                let mut row = any_row(&mut random, &employees);
                row.as_object_mut().expect("an object").remove("employee");
                let answer = client.patch(&path, &row).await;
                assert!(matches!(answer.status, 200 | 400 | 404 | 409), "{}", answer.body);
            }
        }
    }
    (created, deleted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_deleting_and_creating_at_once_leave_no_overlap_and_no_ghost() {
    let (muster, client, employees) = Muster::staffed(3).await;
    let mut alive = BTreeSet::new();
    for employee in &employees {
        for day in 2..5 {
            let rows: Vec<Json> = (0..4)
                .map(|part| {
                    json!({
                        "employee": employee, "date": format!("2026-03-{day:02}"), "break": 0,
                        "start_time": format!("{:02}:00", 6 + 3 * part), "end_time": format!("{:02}:30", 6 + 3 * part),
                    })
                })
                .collect();
            let answer = client.post(PATH, &json!({ "attendances": rows })).await;
            alive.extend(results(&answer, &rows).into_iter().filter_map(|(_, id)| id));
        }
    }
    for round in 0..rounds() {
        let known: Vec<u64> = alive.iter().copied().collect();
        let writers = (0..WRITERS).map(|writer| {
            let seed = (1_000 + round * WRITERS + writer) as u64;
            tokio::spawn(wreak(client.clone(), employees.clone(), seed, known.clone()))
        });
        let mut deletions = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            let (created, deleted) = writer.await.expect("no panic");
            alive.extend(created);
            deletions.extend(deleted);
        }
        let deleted: BTreeSet<u64> = deletions.iter().copied().collect();
        assert_eq!(deleted.len(), deletions.len(), "a period was deleted twice");
        alive.retain(|id| !deleted.contains(id));
        let days = audit::attendance(&muster, employees.clone()).await;
        assert_eq!(stored(&days).into_keys().collect::<BTreeSet<_>>(), alive);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_decisions_counts() {
    let (muster, client, employees) = Muster::staffed(1).await;
    let row = json!({
        "employee": employees[0], "date": "2026-03-02", "start_time": "08:00", "end_time": "12:00", "break": 0,
    });
    let answer = client.post(PATH, &json!({"attendances": [row], "skip_approval": false})).await;
    let id = answer.body["data"]["id"][0].clone();
    let deciders = (0..WRITERS).map(|index| {
        let (client, id) = (client.clone(), id.clone());
        let verdict = if index % 2 == 0 { "approve" } else { "reject" };
        tokio::spawn(async move { client.post(&format!("{PATH}/{id}/{verdict}"), &json!({})).await })
    });
    let mut counted = Vec::new();
    for decider in deciders.collect::<Vec<_>>() {
        let answer = decider.await.expect("no panic");
        assert!(matches!(answer.status, 200 | 409), "{}", answer.body);
        counted.extend((answer.status == 200).then(|| answer.body["data"]["status"].clone()));
    }
    assert_eq!(counted.len(), 1);
    assert_eq!(client.get(&format!("{PATH}/{id}")).await.body["data"]["attributes"]["status"], counted[0]);
    audit::attendance(&muster, employees).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_name_is_given_once_among_active_projects() {
    let (_muster, client, _) = Muster::staffed(0).await;
    let path = format!("{PATH}/projects");
    let writers = (0..WRITERS).map(|index| {
        let (client, path) = (client.clone(), path.clone());
        let name = if index % 2 == 0 { "One" } else { "oNE" };
        tokio::spawn(async move { client.post(&path, &json!({"name": name, "active": true})).await })
    });
    let mut created = 0;
    for writer in writers.collect::<Vec<_>>() {
        let answer = writer.await.expect("no panic");
        match answer.status {
            200 => created += 1,
            status => assert_eq!((status, answer.body["success"].clone()), (400, json!(false)), "{}", answer.body),
        }
    }
    assert_eq!(created, 1);
    let projects = client.get(&path).await.body["data"].clone();
    assert_eq!(projects.as_array().map(Vec::len), Some(2), "and the one of the company file: {projects}");
}
