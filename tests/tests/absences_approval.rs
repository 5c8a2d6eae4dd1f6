//! Absences that wait for approval, and what becomes of them.

use std::time::Duration;

use serde_json::Value as Json;
use serde_json::json;
use tests::Answer;
use tests::Client;
use tests::Muster;
use tests::absence_requests::APPOINTMENT;
use tests::absence_requests::FULL_TIME;
use tests::absence_requests::HOME_OFFICE;
use tests::absence_requests::NOT_FOUND;
use tests::absence_requests::NOT_INSERTED;
use tests::absence_requests::SICK_LEAVE;
use tests::absence_requests::TRAINING;
use tests::absence_requests::VACATION;
use tests::absence_requests::VISIT;
use tests::absence_requests::absence;
use tests::absence_requests::clock;
use tests::absence_requests::create;
use tests::absence_requests::created;
use tests::absence_requests::list;
use tests::absence_requests::multipart;
use tests::absence_requests::path_of;
use tests::absence_requests::read;
use tests::absence_requests::start;
use tests::absence_requests::with;
use tests::audit;

/// Creates an absence that waits for approval.
async fn pending(client: &Client, body: &Json) -> (String, Json) {
    let (path, shown) = created(client, &with(body, json!({"skip_approval": false}))).await;
    assert_eq!(shown["status"], "pending", "{shown}");
    (path, shown)
}

/// Decides on an absence.
async fn decide(client: &Client, path: &str, verdict: &str, body: Json) -> Answer {
    client.post(&format!("{path}/{verdict}"), &body).await
}

/// Asserts that an absence cannot be decided on.
async fn assert_decided(client: &Client, path: &str) {
    let before = read(client, path).await;
    for verdict in ["approve", "reject"] {
        let answer = decide(client, path, verdict, json!({"comment": "again"})).await;
        let text = format!(
            "The absence period is {}; only a pending one can be decided on.",
            before["status"].as_str().expect("a status")
        );
        assert_eq!((answer.status, answer.message()), (409, text.as_str()), "{}", answer.body);
    }
    assert_eq!(read(client, path).await, before);
}

/// Sets the clock forward, so that what is changed next shows it.
fn later(muster: &Muster) {
    muster.advance(Duration::from_secs(5));
}

#[tokio::test]
async fn who_asks_for_approval_gets_it_where_the_kind_has_it() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let dates = jiff::civil::Date::constant(2026, 2, 2).series(jiff::Span::new().days(1));
    let mut dates = dates.map(|date| date.to_string());
    for (kind, asks) in [(VACATION, true), (TRAINING, true), (APPOINTMENT, true), (SICK_LEAVE, false), (VISIT, false)] {
        let waits = if asks { "pending" } else { "approved" };
        for (query, said, status) in [
            ("", Json::Null, "approved"),
            ("", json!(true), "approved"),
            ("", json!("True"), "approved"),
            ("", json!(1), "approved"),
            ("", json!(""), "approved"),
            ("", json!(false), waits),
            ("", json!("false "), waits),
            ("", json!("0"), waits),
            ("?skip_approval=false%20", json!({}), waits),
            ("?skip_approval=True", json!({}), "approved"),
            // What the body says counts.
            ("?skip_approval=false", json!(true), "approved"),
            ("?skip_approval=true", json!(false), waits),
        ] {
            let date = dates.next().expect("a date");
            let mut body = absence(1, kind, &date, &date);
            // An object stands for a field that is not there.
            if !said.is_object() {
                body["skip_approval"] = said.clone();
            }
            let answer = client.post(&format!("{}{query}", path_of(kind)), &body).await;
            assert_eq!(answer.body["data"]["attributes"]["status"], status, "{query} {body}: {}", answer.body);
        }
    }
    audit::absences(&muster, [1]).await;
}

#[tokio::test]
async fn an_empty_field_of_the_body_does_not_overrule_the_query() {
    let (_muster, client) = start(&[FULL_TIME]).await;
    for (kind, said) in [(VACATION, Json::Null), (APPOINTMENT, json!(""))] {
        let body = with(&absence(1, kind, "2026-11-26", "2026-11-26"), json!({"skip_approval": said}));
        let answer = client.post(&format!("{}?skip_approval=false", path_of(kind)), &body).await;
        let shown = &answer.body["data"]["attributes"];
        assert_eq!(shown["status"], "pending", "it says nothing, and the query says that it waits: {shown}");
        let path = format!(
            "{}/{}",
            path_of(kind),
            shown["id"].as_str().map_or_else(|| shown["id"].to_string(), str::to_owned)
        );
        assert_eq!(client.delete(&path).await.status, 200);
    }
}

#[tokio::test]
async fn a_pending_absence_is_approved_or_rejected() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let (credential, secret) = muster.credential(&["absences:read", "absences:write"], &[]).await;
    let login = json!({"client_id": credential.client_id, "client_secret": secret});
    let token = muster.anonymous().post("/v1/auth", &login).await.body["data"]["token"].clone();
    let boss = muster.bearer(token.as_str().expect("a token"));
    for kind in [VACATION, APPOINTMENT] {
        let (approved, before) = pending(&client, &absence(1, kind, "2026-11-23", "2026-11-24")).await;
        let (rejected, _) = pending(&client, &absence(1, kind, "2026-11-25", "2026-11-27")).await;
        assert!(before.get("approval").is_none(), "nobody decided: {before}");
        later(&muster);
        let answer = decide(&boss, &approved, "approve", json!({"comment": "have fun"})).await;
        let wanted = json!({"message": "The absence period was approved.", "status": "approved"});
        assert_eq!((answer.status, &answer.body["data"]), (200, &wanted), "{}", answer.body);
        let shown = read(&client, &approved).await;
        let approval = &shown["approval"];
        assert_eq!(approval["verdict"], "approved");
        assert_eq!(approval["comment"], "have fun");
        assert_eq!(approval["credential"], credential.client_id.to_string());
        assert!(approval["decided_at"].as_str().is_some_and(|at| at.contains('T')), "{approval}");
        assert_ne!(shown["updated_at"], before["updated_at"]);
        assert_eq!(shown["comment"], "", "what is said with a decision is not what was said of the absence");
        // A body is not needed, and a form is one.
        let answer = Answer::of(boss.request("POST", &format!("{rejected}/reject"))).await;
        let wanted = json!({"message": "The absence period was rejected.", "status": "rejected"});
        assert_eq!((answer.status, &answer.body["data"]), (200, &wanted), "{}", answer.body);
        let shown = read(&client, &rejected).await;
        assert_eq!((&shown["status"], &shown["approval"]["verdict"]), (&json!("rejected"), &json!("rejected")));
        assert_eq!(shown["approval"]["comment"], Json::Null);
        for path in [&approved, &rejected] {
            assert_decided(&client, path).await;
            assert_eq!(client.delete(path).await.status, 200, "whatever became of it");
        }
        let (again, _) = pending(&client, &absence(1, kind, "2026-11-25", "2026-11-25")).await;
        let (content_type, form) = multipart("b", &json!({"comment": "no"}));
        assert_eq!(client.send("POST", &format!("{again}/reject"), &content_type, form).await.status, 200);
        assert_eq!(read(&client, &again).await["approval"]["comment"], "no");
    }
    assert_eq!(audit::absences(&muster, [1]).await.len(), 2);
}

#[tokio::test]
async fn only_what_waits_can_be_decided_on_and_only_with_a_comment() {
    let (muster, client) = start(&[FULL_TIME]).await;
    for kind in [VACATION, APPOINTMENT] {
        let (done, _) = created(&client, &absence(1, kind, "2026-11-23", "2026-11-23")).await;
        assert_decided(&client, &done).await;
        let (waits, before) = pending(&client, &absence(1, kind, "2026-11-24", "2026-11-24")).await;
        let path = format!("{waits}/approve");
        for (content_type, body, status) in [
            ("application/json", "{".to_owned(), 400),
            ("application/json", "[]".to_owned(), 400),
            ("application/json", json!({"comment": 5}).to_string(), 400),
            ("application/json", json!({"comment": "x".repeat(1_001)}).to_string(), 400),
            ("text/plain", "yes".to_owned(), 415),
        ] {
            let answer = client.send("POST", &path, content_type, body).await;
            assert_eq!(answer.status, status, "{}", answer.body);
        }
        assert_eq!(read(&client, &waits).await, before);
        let gone = client.delete(&waits).await;
        assert_eq!(gone.status, 200);
        let answer = decide(&client, &waits, "approve", json!({})).await;
        assert_eq!((answer.status, answer.message()), (404, NOT_FOUND));
        assert_eq!(client.delete(&done).await.status, 200);
    }
    assert!(audit::absences(&muster, [1]).await.is_empty());
}

#[tokio::test]
async fn what_was_rejected_frees_its_days_and_stays_as_it_is() {
    let (muster, client) = start(&[FULL_TIME]).await;
    for kind in [VACATION, APPOINTMENT] {
        let body = absence(1, kind, "2026-11-23", "2026-11-27");
        let (path, _) = pending(&client, &body).await;
        let refused = create(&client, &absence(1, SICK_LEAVE, "2026-11-24", "2026-11-24")).await;
        assert_eq!(refused.status, 400, "what waits is in the way: {}", refused.body);
        assert!(refused.message().starts_with(NOT_INSERTED));
        assert_eq!(decide(&client, &path, "reject", json!({})).await.status, 200);
        let before = read(&client, &path).await;
        later(&muster);
        let sick = created(&client, &absence(1, SICK_LEAVE, "2026-11-24", "2026-11-24")).await.0;
        for body in [
            json!({"comment": "please"}),
            json!({"comment": null}),
            json!({"skip_approval": false}),
            json!({"skip_approval": true}),
            json!({"start_date": "2026-12-01", "end_date": "2026-12-02"}),
            json!({"certificate": "submitted"}),
            before.clone(),
        ] {
            let answer = client.patch(&path, &body).await;
            assert_eq!(answer.status, 409, "{body}: {}", answer.body);
            assert!(answer.message().contains("rejected"), "{}", answer.body);
        }
        assert_eq!(read(&client, &path).await, before);
        assert_eq!(list(&client, path_of(kind), "&start_date=2026-11-25&end_date=2026-11-25").await, [before]);
        // It is asked for once more as another one.
        assert_eq!(client.delete(&sick).await.status, 200);
        let (again, _) = created(&client, &body).await;
        audit::absences(&muster, [1]).await;
        for path in [path, again] {
            assert_eq!(client.delete(&path).await.status, 200);
        }
    }
    assert!(audit::absences(&muster, [1]).await.is_empty());
}

#[tokio::test]
async fn a_change_is_approved_as_the_absence_was_unless_it_asks() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let statuses = |path: String, steps: Vec<(Json, &'static str)>| {
        let client = client.clone();
        async move {
            for (body, status) in steps {
                let answer = client.patch(&path, &body).await;
                assert_eq!((answer.status, &answer.body["data"]["status"]), (200, &json!(status)), "{body}");
                assert_eq!(read(&client, &path).await["status"], status, "{body}");
            }
        }
    };
    for kind in [VACATION, APPOINTMENT] {
        let (path, _) = created(&client, &absence(1, kind, "2026-11-23", "2026-11-24")).await;
        let steps = vec![
            (json!({"end_date": "2026-11-25"}), "approved"),
            (json!({"end_date": "2026-11-26", "skip_approval": false}), "pending"),
            (json!({"end_date": "2026-11-24"}), "pending"),
            (json!({"comment": "x"}), "pending"),
            (json!({"skip_approval": "true"}), "approved"),
            (json!({"skip_approval": 0}), "pending"),
            (json!({"skip_approval": null, "comment": "y"}), "pending"),
        ];
        statuses(path.clone(), steps).await;
        let answer = client.patch(&format!("{path}?skip_approval=true"), &json!({"comment": "z"})).await;
        assert_eq!(answer.body["data"]["status"], "approved", "{}", answer.body);
        let answer = client.patch(&format!("{path}?skip_approval=false%20"), &json!({})).await;
        assert_eq!(answer.body["data"]["status"], "pending", "{}", answer.body);
        assert_eq!(decide(&client, &path, "approve", json!({"comment": "yes"})).await.status, 200);
        assert_decided(&client, &path).await;
        let shown = read(&client, &path).await;
        statuses(path.clone(), vec![(json!({"comment": "still the same"}), "approved")]).await;
        assert_eq!(read(&client, &path).await["approval"], shown["approval"]);
        // Once more after a decision, which was one on something else, and refused at last.
        statuses(path.clone(), vec![(json!({"start_date": "2026-11-24", "skip_approval": false}), "pending")]).await;
        assert!(read(&client, &path).await.get("approval").is_none());
        assert_eq!(decide(&client, &path, "reject", json!({"comment": "no"})).await.status, 200);
        assert_eq!(read(&client, &path).await["approval"]["comment"], "no");
        assert_decided(&client, &path).await;
    }
    // Where the kind asks for no approval, nothing waits.
    let (path, _) = created(&client, &absence(1, SICK_LEAVE, "2026-02-02", "2026-02-02")).await;
    statuses(path, vec![(json!({"skip_approval": false}), "approved")]).await;
    let (path, _) = created(&client, &absence(1, HOME_OFFICE, "2026-02-02", "2026-02-02")).await;
    statuses(path, vec![(json!({"skip_approval": false, "comment": "x"}), "approved")]).await;
    audit::absences(&muster, [1]).await;
}

#[tokio::test]
async fn hours_tell_when_they_were_approved_and_when_they_were_changed() {
    let (muster, client) = start(&[FULL_TIME]).await;
    let (path, shown) = pending(&client, &clock(1, APPOINTMENT, "2026-11-26", "09:00", "10:00")).await;
    assert_eq!(shown["approved_at"], Json::Null);
    let created_at = shown["created_at"].clone();
    // What each step makes of the time of the approval: none, that of the step, or as it was.
    let mut before = shown;
    for (step, body, approved) in [
        ("approve", json!({}), "now"),
        ("", json!({"comment": "x"}), "as before"),
        ("", json!({"end_time": "11:00"}), "as before"),
        ("", json!({"skip_approval": true}), "as before, and nothing changes"),
        ("", json!({"skip_approval": false}), "none"),
        ("", json!({"end_time": "12:00"}), "none"),
        ("", json!({"skip_approval": true}), "now"),
        ("", json!({"skip_approval": false, "comment": "y"}), "none"),
        ("reject", json!({"comment": "no"}), "none"),
    ] {
        later(&muster);
        let now = muster.deps.clock.now();
        let answer = match step {
            "" => client.patch(&path, &body).await,
            verdict => decide(&client, &path, verdict, body.clone()).await,
        };
        assert_eq!(answer.status, 200, "{}", answer.body);
        let shown = read(&client, &path).await;
        let instant = |name: &str| shown[name].as_str().map(|at| at.parse::<jiff::Timestamp>().expect("an instant"));
        let changed = instant("updated_at").is_some_and(|at| at >= now);
        assert_eq!(changed, approved != "as before, and nothing changes", "{step} {body}: {shown}");
        match approved {
            "now" => assert!(instant("approved_at").is_some_and(|at| at >= now), "{step} {body}: {shown}"),
            "none" => assert_eq!(shown["approved_at"], Json::Null, "{step} {body}"),
            _ => assert_eq!(shown["approved_at"], before["approved_at"], "{step} {body}"),
        }
        assert_eq!(shown["created_at"], created_at);
        before = shown;
    }
    audit::absences(&muster, [1]).await;
}
