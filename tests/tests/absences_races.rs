//! No overlap, nothing overdrawn, ever: absences under concurrency, through HTTP.
//!
//! The size finds a bug within seconds; `MUSTER_RACES=20` runs twenty times as many requests.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use absences::model::Absence;
use absences::model::Span;
use absences::model::Status;
use absences::store::ChangeMark;
use absences::store::Head;
use futures_util::FutureExt;
use jiff::civil::Date;
use serde_json::Value as Json;
use serde_json::json;
use shared::aws::away;
use shared::aws::away::AwayDays;
use shared::aws::counts::Deltas;
use shared::aws::counts::Tally;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::keys::Key;
use shared::aws::lists;
use shared::aws::lists::Mark;
use shared::aws::lists::mark_key;
use shared::aws::lists::places;
use shared::company::absences::AbsenceUnit;
use shared::ids::EmployeeId;
use shared::minute::Minute;
use tests::Answer;
use tests::Client;
use tests::Muster;
use tests::absence_requests::APPOINTMENT;
use tests::absence_requests::HOME_OFFICE;
use tests::absence_requests::NOT_INSERTED;
use tests::absence_requests::PERIODS;
use tests::absence_requests::SICK_LEAVE;
use tests::absence_requests::TIME_ACCOUNT;
use tests::absence_requests::TIME_OFFS;
use tests::absence_requests::TRAINING;
use tests::absence_requests::VACATION;
use tests::absence_requests::VISIT;
use tests::absence_requests::absence;
use tests::absence_requests::clock;
use tests::absence_requests::create;
use tests::absence_requests::created;
use tests::absence_requests::path_of;
use tests::absence_requests::read;
use tests::absence_requests::start;
use tests::absence_requests::with;
use tests::audit;

const WRITERS: usize = 64;
/// Told to try again, a client does; each try of the server's has twenty of its own.
const PATIENCE: usize = 20;

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

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).expect("an index")]
    }
}

fn date(first: Date, days: u64) -> String {
    first.checked_add(jiff::Span::new().days(i64::try_from(days).expect("few"))).expect("a date").to_string()
}

/// Sends a request for an absence until it is stored or refused, not only told to come again.
async fn settle(client: &Client, body: &Json) -> Answer {
    for _ in 0..PATIENCE {
        let answer = create(client, body).await;
        if answer.status != 409 {
            assert!(matches!(answer.status, 200 | 201 | 400), "{body}: {}", answer.body);
            assert!(answer.status != 400 || answer.message().starts_with(NOT_INSERTED), "{body}: {}", answer.body);
            return answer;
        }
    }
    panic!("{body} was told {PATIENCE} times to come again");
}

/// Sends all these requests at once; those that were stored, by their ids, and those that were refused.
async fn rush(client: &Client, bodies: Vec<Json>) -> (BTreeMap<String, Json>, Vec<(Json, Answer)>) {
    let writers = bodies.into_iter().map(|body| {
        let client = client.clone();
        tokio::spawn(async move { (settle(&client, &body).await, body) })
    });
    let (mut stored, mut refused) = (BTreeMap::new(), Vec::new());
    for writer in writers.collect::<Vec<_>>() {
        let (answer, body) = writer.await.expect("no panic");
        if answer.status == 400 {
            refused.push((body, answer));
        } else {
            let path = path(&body, &answer.body["data"]["attributes"]["id"]);
            assert!(stored.insert(path, body).is_none(), "an id was given twice: {}", answer.body);
        }
    }
    (stored, refused)
}

/// Where an absence can be read that was asked for with a body.
fn path(body: &Json, id: &Json) -> String {
    let kind = body["time_off_type_id"].as_u64().and_then(|kind| u32::try_from(kind).ok()).expect("a kind");
    format!("{}/{}", path_of(kind), id.as_str().map_or_else(|| id.to_string(), str::to_owned))
}

async fn delete_all(client: &Client, paths: impl IntoIterator<Item = &String>) {
    for path in paths {
        assert_eq!(client.delete(path).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_absences_that_exclude_each_other_one_is_stored() {
    let (muster, client) = start(&[""]).await;
    let day = Date::constant(2026, 6, 15);
    for round in 0..rounds() {
        let mut random = Random(round as u64);
        // Days around one that all of them have, and hours that all have half past nine.
        let days = (0..WRITERS).map(|_| {
            let (before, after) = (random.below(20), random.below(20));
            let kind = random.of(&[VACATION, SICK_LEAVE, TRAINING, VISIT]);
            let start = day.checked_sub(jiff::Span::new().days(i64::try_from(before).expect("few"))).expect("a date");
            absence(1, kind, &start.to_string(), &date(day, after))
        });
        let days: Vec<Json> = days.collect();
        let hours = (0..WRITERS).map(|_| {
            let (from, until) = (random.below(90), 1 + random.below(90));
            let time = |minutes: u64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
            let kind = random.of(&[VISIT, APPOINTMENT]);
            clock(1, kind, "2026-09-01", &time(570 - from), &time(570 + until))
        });
        let hours: Vec<Json> = hours.collect();
        for bodies in [days, hours] {
            let (stored, refused) = rush(&client, bodies).await;
            assert_eq!((stored.len(), refused.len()), (1, WRITERS - 1), "{stored:?}");
            for (body, answer) in refused {
                let ids = answer.body["error"]["error_data"]["conflicting_ids"].clone();
                assert_eq!(ids.as_array().map(Vec::len), Some(1), "{body}: {}", answer.body);
            }
            assert_eq!(audit::absences(&muster, [1]).await.len(), 1);
            delete_all(&client, stored.keys()).await;
        }
    }
    assert!(audit::absences(&muster, [1]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_halves_of_a_day_two_are_stored() {
    let (muster, client) = start(&[""]).await;
    for round in 0..rounds() {
        let mut random = Random(100 + round as u64);
        let halves = (0..WRITERS).map(|_| {
            let half = random.of(&["half_day_start", "half_day_end"]);
            with(&absence(1, random.of(&[VACATION, SICK_LEAVE]), "2026-06-15", "2026-06-15"), json!({half: true}))
        });
        let (stored, refused) = rush(&client, halves.collect()).await;
        assert_eq!((stored.len(), refused.len()), (2, WRITERS - 2), "{stored:?}");
        assert_eq!(audit::absences(&muster, [1]).await.len(), 2);
        delete_all(&client, stored.keys()).await;
    }
}

/// How many half days a request for an absence takes where every Monday to Friday is a working day.
fn halves_of(body: &Json) -> u64 {
    let day = |name: &str| body[name].as_str().expect("a date").parse::<Date>().expect("a date");
    let days = u64::from((day("end_date") - day("start_date")).get_days().unsigned_abs()) + 1;
    2 * days - u64::from(body["half_day_start"] == true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_overdrawn_and_all_that_fits_is_stored() {
    let rules =
        "work_schedule: Full-time, hire_date: 2040-01-01, absence_entitlement: {Vacation: 30, Time account: 20}";
    let (muster, client) = start(&[rules]).await;
    for round in 0..rounds() {
        let mut random = Random(200 + round as u64);
        // Each in a week of its own, so that nothing but the limit is in the way. 2040 begins on a Sunday.
        let days = (0..50_u64).map(|week| {
            let monday =
                Date::constant(2040, 1, 2).checked_add(jiff::Span::new().weeks(i64::try_from(week).expect("few")));
            let monday = monday.expect("a date");
            let body = absence(1, VACATION, &monday.to_string(), &date(monday, random.below(3)));
            with(&body, json!({"half_day_start": random.below(2) == 0, "skip_approval": random.below(2) == 0}))
        });
        let (stored, refused) = rush(&client, days.collect()).await;
        let taken: u64 = stored.values().map(halves_of).sum();
        assert!(taken <= 60, "{taken} half days of 60 are taken");
        for (body, answer) in &refused {
            assert!(taken + halves_of(body) > 60, "{body} had fitted: {taken} half days are taken");
            assert!(answer.message().ends_with("It takes more Vacation than is left for 2040"), "{}", answer.body);
        }
        assert!(!refused.is_empty(), "the limit was not reached");
        delete_all(&client, stored.keys()).await;
        // Hours, all of the same length: exactly as many as there are.
        let hours = (0..WRITERS).map(|writer| {
            let monday = Date::constant(2040, 1, 2);
            let day = date(monday, 7 * (writer as u64 / 4));
            let from = 8 + 2 * (writer % 4);
            let body = clock(1, TIME_ACCOUNT, &day, &format!("{from:02}:00"), &format!("{:02}:00", from + 1));
            with(&body, json!({"skip_approval": random.below(2) == 0}))
        });
        let (stored, refused) = rush(&client, hours.collect()).await;
        assert_eq!((stored.len(), refused.len()), (20, WRITERS - 20));
        assert_eq!(audit::absences(&muster, [1]).await.len(), 20);
        delete_all(&client, stored.keys()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_decisions_counts() {
    let (muster, client) = start(&[""]).await;
    for kind in [VACATION, APPOINTMENT] {
        for _ in 0..rounds() {
            let body = with(&absence(1, kind, "2026-11-26", "2026-11-27"), json!({"skip_approval": false}));
            let (path, _) = created(&client, &body).await;
            let deciders = (0..WRITERS).map(|index| {
                let (client, path) = (client.clone(), path.clone());
                let verdict = if index % 2 == 0 { "approve" } else { "reject" };
                let comment = json!({"comment": format!("number {index}")});
                tokio::spawn(async move { (client.post(&format!("{path}/{verdict}"), &comment).await, comment) })
            });
            let mut counted = Vec::new();
            for decider in deciders.collect::<Vec<_>>() {
                let (answer, comment) = decider.await.expect("no panic");
                assert!(matches!(answer.status, 200 | 409), "{}", answer.body);
                if answer.status == 200 {
                    counted.push((answer.body["data"]["status"].clone(), comment["comment"].clone()));
                }
            }
            assert_eq!(counted.len(), 1, "{counted:?}");
            let shown = read(&client, &path).await;
            assert_eq!((&shown["status"], &shown["approval"]["comment"]), (&counted[0].0, &counted[0].1));
            assert_eq!(audit::absences(&muster, [1]).await.len(), 1);
            assert_eq!(client.delete(&path).await.status, 200);
        }
    }
}

/// An absence of any kind and length around New Year, in whole days, halves or hours.
fn any_body(random: &mut Random, employees: &[u64]) -> Json {
    let kind = random.of(&[VACATION, SICK_LEAVE, TRAINING, HOME_OFFICE, APPOINTMENT, VISIT, TIME_ACCOUNT]);
    let first = Date::constant(2039, 12, 1);
    let start = random.below(70);
    // Most are short, some last for weeks or years.
    let length = random.of(&[0, 0, 0, 1, 2, 4, 9, 40, 400]);
    let body = absence(random.of(employees), kind, &date(first, start), &date(first, start + length));
    let body = with(&body, json!({"skip_approval": random.below(2) == 0}));
    if length == 0 && path_of(kind) == PERIODS {
        let from = 8 + random.below(8);
        return with(&body, json!({"start_time": format!("{from:02}:00"), "end_time": format!("{:02}:30", from + 1)}));
    }
    with(&body, json!({"half_day_start": random.below(3) == 0, "half_day_end": length > 0 && random.below(3) == 0}))
}

/// What one writer did: what it created, what it deleted, and on what it decided.
#[derive(Default)]
struct Done {
    created: BTreeSet<String>,
    deleted: Vec<String>,
    decided: Vec<String>,
}

/// One writer: creates, changes, deletes and decides on what it finds.
async fn wreak(client: Client, employees: Vec<u64>, seed: u64, known: Vec<String>) -> Done {
    let mut random = Random(seed);
    let mut done = Done::default();
    for _ in 0..4 {
        let any = known[usize::try_from(random.below(known.len() as u64)).expect("an index")].clone();
        let body = any_body(&mut random, &employees);
        match random.below(6) {
            0 | 1 => {
                let answer = create(&client, &body).await;
                assert!(matches!(answer.status, 200 | 201 | 400 | 409), "{}", answer.body);
                if answer.status < 400 {
                    done.created.insert(path(&body, &answer.body["data"]["attributes"]["id"]));
                }
            }
            2 => {
                let answer = client.delete(&any).await;
                assert!(matches!(answer.status, 200 | 404 | 409), "{}", answer.body);
                done.deleted.extend((answer.status == 200).then_some(any));
            }
            3 => {
                let verdict = random.of(&["approve", "reject"]);
                let answer = client.post(&format!("{any}/{verdict}"), &json!({})).await;
                assert!(matches!(answer.status, 200 | 404 | 409), "{}", answer.body);
                done.decided.extend((answer.status == 200).then_some(any));
            }
            _ => {
                // Onto other days; the employee and the kind stay, and an approval is sometimes asked for anew.
                let mut change = body;
                for fixed in ["employee_id", "time_off_type_id"] {
                    change.as_object_mut().expect("an object").remove(fixed);
                }
                let answer = client.patch(&any, &change).await;
                assert!(matches!(answer.status, 200 | 400 | 404 | 409 | 422), "{}", answer.body);
            }
        }
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_can_be_done_at_once_leaves_no_overlap_no_ghost_and_no_wrong_sum() {
    let rules = "work_schedule: Full-time, absence_entitlement: {Vacation: 30, Time account: 100, Training: 5}";
    let (muster, client) = start(&[rules, "", rules]).await;
    let employees = vec![1, 2, 3];
    let mut random = Random(7);
    let mut alive = BTreeSet::new();
    while alive.len() < 24 {
        let body = any_body(&mut random, &employees);
        let answer = create(&client, &body).await;
        if answer.status < 400 {
            alive.insert(path(&body, &answer.body["data"]["attributes"]["id"]));
        }
    }
    for round in 0..rounds() {
        let known: Vec<String> = alive.iter().cloned().collect();
        // There is something to decide on: what needs approval asks for it anew.
        let mut pending = 0;
        for path in &known {
            let answer = client.patch(path, &json!({"skip_approval": false})).await;
            pending += usize::from(answer.body["data"]["status"] == "pending");
        }
        assert!(pending > 3, "{pending} of {} wait for a decision", known.len());
        let writers = (0..WRITERS).map(|writer| {
            let seed = (1_000 + round * WRITERS + writer) as u64;
            tokio::spawn(wreak(client.clone(), employees.clone(), seed, known.clone()))
        });
        let (mut deleted, mut decided) = (Vec::new(), 0);
        for writer in writers.collect::<Vec<_>>() {
            let done = writer.await.expect("no panic");
            for path in done.created {
                assert!(alive.insert(path), "an id was given twice");
            }
            deleted.extend(done.deleted);
            decided += done.decided.len();
        }
        assert!(decided > 0, "nothing was decided on");
        let gone: BTreeSet<String> = deleted.iter().cloned().collect();
        assert_eq!(gone.len(), deleted.len(), "an absence was deleted twice");
        alive.retain(|path| !gone.contains(path));
        let stored = audit::absences(&muster, employees.clone()).await;
        let stored: BTreeSet<String> = stored.iter().map(|absence| shown_path(&muster, absence)).collect();
        assert_eq!(stored, alive);
    }
}

fn shown_path(muster: &Muster, absence: &Absence) -> String {
    match absence.unit {
        AbsenceUnit::Day => format!("{TIME_OFFS}/{}", absence.id),
        AbsenceUnit::Hour => format!("{PERIODS}/{}", absence.id.v2(&muster.company)),
    }
}

/// Whether the audit finds nothing wrong.
async fn is_sound(muster: &Muster) -> bool {
    AssertUnwindSafe(audit::absences(muster, [1])).catch_unwind().await.is_ok()
}

async fn put(muster: &Muster, item: Item) {
    muster.deps.table.transaction().put(item).commit().await.expect("the item is stored");
}

async fn remove(muster: &Muster, key: Key) {
    muster.deps.table.transaction().delete(key).commit().await.expect("the item is removed");
}

/// The audit of the tests above sees when one of the items is not as it should be.
#[tokio::test]
async fn the_audit_sees_each_damage() {
    let (muster, client) = start(&[""]).await;
    created(&client, &absence(1, VACATION, "2026-11-23", "2026-11-23")).await;
    created(&client, &absence(1, VISIT, "2026-12-07", "2026-12-08")).await;
    let stored = audit::absences(&muster, [1]).await;
    for absence in &stored {
        damage_copies(&muster, absence).await;
        damage_marks_and_counts(&muster, absence).await;
        assert!(is_sound(&muster).await);
    }
    damage_sums(&muster, &stored).await;
    assert!(is_sound(&muster).await);
    assert_overfull_days_are_seen(&stored);
}

async fn damage_copies(muster: &Muster, absence: &Absence) {
    for key in places(&muster.company, absence) {
        let other = Absence { comment: Some("x".to_owned()), ..absence.clone() };
        remove(muster, key.clone()).await;
        assert!(!is_sound(muster).await, "{key:?} is missing");
        put(muster, Item::encode(key.clone(), &other).expect("an item")).await;
        assert!(!is_sound(muster).await, "{key:?} is another one");
        put(muster, Item::encode(key.clone(), absence).expect("an item")).await;
        // Under another day, or another number.
        let ghost = Key { sk: format!("2001-01-01{}", key.sk.get(10..).unwrap_or_default()), ..key };
        put(muster, Item::encode(ghost.clone(), absence).expect("an item")).await;
        assert!(!is_sound(muster).await, "{ghost:?} is a ghost");
        remove(muster, ghost).await;
    }
}

async fn damage_marks_and_counts(muster: &Muster, absence: &Absence) {
    let mark = mark_key(&muster.company, absence);
    remove(muster, mark.clone()).await;
    assert!(!is_sound(muster).await, "the mark is missing");
    put(muster, Item::encode(mark, &ChangeMark::of(absence)).expect("an item")).await;
    let back = lists::deltas(Some(absence), None);
    for (list, deltas) in lists::deltas(None, Some(absence)) {
        count(muster, &list, &deltas).await;
        assert!(!is_sound(muster).await, "the counts of {list} are twice what they should be");
        count(muster, &list, &back[&list]).await;
    }
}

/// Damages the count of a day without entries, the ledger, and the days on which somebody is away.
async fn damage_sums(muster: &Muster, stored: &[Absence]) {
    let (company, employee) = (&muster.company, EmployeeId::new(1).expect("an id"));
    let stray = |by| {
        let mut deltas = Deltas::default();
        deltas.add(Date::constant(2026, 1, 1), employee, Tally { confirmed: by, unconfirmed: 0 });
        deltas
    };
    count(muster, "TIME_OFF", &stray(1)).await;
    assert!(!is_sound(muster).await, "a day without entries is counted");
    count(muster, "TIME_OFF", &stray(-1)).await;
    assert!(is_sound(muster).await);
    let key = keys::absence_head(company, employee);
    let head: Head = muster.deps.table.get(key.clone()).await.expect("an answer").expect("a head");
    let mut wrong = head.clone();
    wrong.ledger.enter(&Absence { status: Status::Pending, ..stored[0].clone() });
    put(muster, Item::encode(key.clone(), &wrong).expect("an item")).await;
    assert!(!is_sound(muster).await, "the ledger is no sum");
    put(muster, Item::encode(key, &head).expect("an item")).await;
    let key = keys::away(company, 2026, employee);
    let days: AwayDays = muster.deps.table.get(key).await.expect("an answer").expect("days");
    let mut more = days.dates();
    more.insert(Date::constant(2026, 1, 1));
    put(muster, away::item(company, &AwayDays::of(employee, 2026, &more).expect("days")).expect("an item")).await;
    assert!(!is_sound(muster).await, "somebody is away for no reason");
    put(muster, away::item(company, &days).expect("an item")).await;
}

/// Absences that could not have come through the API.
fn assert_overfull_days_are_seen(stored: &[Absence]) {
    let day = &stored[0];
    let time = |hour: u16| Minute::new(60 * hour).expect("a time");
    let hours = |from, until| {
        let span = Span { times: Some((time(from), time(until))), ..day.span };
        Absence { span, ..day.clone() }
    };
    let half = Absence { span: Span { half_start: true, ..day.span }, ..day.clone() };
    let rejected = Absence { status: Status::Rejected, ..day.clone() };
    for (all, sound) in [
        (vec![day.clone()], true),
        (vec![day.clone(), rejected], true),
        (vec![day.clone(), half.clone()], false),
        (vec![half.clone(), half.clone()], true),
        (vec![half.clone(), half.clone(), half.clone()], false),
        (vec![half.clone(), half.clone(), hours(8, 9)], false),
        (vec![half, hours(9, 10), hours(8, 9)], true),
        (vec![hours(9, 11), hours(8, 10)], false),
        (vec![day.clone(), hours(8, 9)], false),
    ] {
        assert_eq!(std::panic::catch_unwind(|| audit::assert_room(&all)).is_ok(), sound, "{all:?}");
    }
}

async fn count(muster: &Muster, list: &str, deltas: &Deltas) {
    let transaction = deltas.write(muster.deps.table.transaction(), &muster.company, list, 0);
    transaction.commit().await.expect("the counts are changed");
}
