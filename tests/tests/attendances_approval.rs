//! Attendances that wait for approval, and what becomes of them.

use serde_json::Value as Json;
use serde_json::json;
use shared::http::limits::Limits;
use tests::Answer;
use tests::COMPANY;
use tests::Muster;
use tests::attendances::PATH;
use tests::attendances::create;
use tests::attendances::created;
use tests::attendances::ids;
use tests::attendances::pending;
use tests::attendances::read;
use tests::attendances::row;
use tests::attendances::start;
use tests::audit;

#[tokio::test]
async fn a_pending_period_is_approved_or_rejected() {
    let (muster, client, employee) = start().await;
    let (approved, rejected) = (
        pending(&client, row(employee, "2026-03-02", "08:00", "12:00")).await,
        pending(&client, row(employee, "2026-03-02", "13:00", "17:00")).await,
    );
    assert_eq!(ids(&client, "").await, Vec::<u64>::new(), "pending ones are not shown unasked");
    assert_eq!(ids(&client, "&includePending=true").await, [approved, rejected]);
    let (credential, secret) = muster.credential(&["attendances:read", "attendances:write"], &[]).await;
    let login = json!({"client_id": credential.client_id, "client_secret": secret});
    let token = muster.anonymous().post("/v1/auth", &login).await.body["data"]["token"].clone();
    let boss = muster.bearer(token.as_str().expect("a token"));
    let answer = boss.post(&format!("{PATH}/{approved}/approve"), &json!({"comment": "thank you"})).await;
    assert_eq!(
        answer.body["data"],
        json!({"message": "The attendance period was approved.", "status": "confirmed"}),
        "{}",
        answer.body
    );
    let answer = Answer::of(boss.request("POST", &format!("{PATH}/{rejected}/reject"))).await;
    assert_eq!(answer.body["data"]["status"], "rejected", "a body is not needed: {}", answer.body);
    let shown = read(&client, approved).await;
    assert_eq!(shown["approval"]["credential"], credential.client_id.to_string());
    assert_eq!(shown["approval"]["comment"], "thank you");
    assert_eq!(shown["approval"]["verdict"], "approved");
    for id in [approved, rejected] {
        for verdict in ["approve", "reject"] {
            let again = client.post(&format!("{PATH}/{id}/{verdict}"), &json!({})).await;
            assert_eq!(again.status, 409, "{}", again.body);
            assert!(again.message().ends_with("only a pending one can be decided on."));
        }
    }
    assert_eq!(ids(&client, "").await, [approved]);
    // What was rejected is in the way until it is corrected or deleted.
    let again = create(&client, json!([row(employee, "2026-03-02", "13:00", "16:00")])).await;
    assert_eq!(again.body["error"]["detailed_message"][0]["conflicting_ids"], json!([rejected]));
    let correction = json!({"end_time": "16:00", "skip_approval": false});
    let corrected = client.patch(&format!("{PATH}/{rejected}"), &correction).await;
    assert_eq!(corrected.body["data"]["status"], "pending");
    assert_eq!(read(&client, rejected).await["approval"]["verdict"], "rejected", "it is still the last decision");
    audit::attendance(&muster, [employee]).await;
}

#[tokio::test]
async fn a_change_that_is_rejected_leaves_what_was_confirmed() {
    let (muster, client, employee) = start().await;
    let id = created(&client, row(employee, "2026-03-02", "08:00", "12:00")).await;
    let path = format!("{PATH}/{id}");
    let ask = |fields: Json| {
        let (client, path) = (client.clone(), path.clone());
        async move {
            let mut body = fields;
            body["skip_approval"] = json!(false);
            let answer = client.patch(&path, &body).await;
            assert_eq!(answer.body["data"]["status"], "pending", "{}", answer.body);
        }
    };
    // Twice, onto another day and then to another time: what counts is what was confirmed.
    ask(json!({"date": "2026-03-03"})).await;
    ask(json!({"end_time": "13:00", "comment": "longer"})).await;
    assert_eq!(ids(&client, "").await, Vec::<u64>::new());
    // Its deletion, asked for meanwhile and refused, leaves the same.
    assert_eq!(client.delete(&format!("{path}?skip_approval=false")).await.body["data"]["status"], "pending");
    let in_the_way = created(&client, row(employee, "2026-03-02", "11:00", "12:00")).await;
    let refused = client.post(&format!("{path}/reject"), &json!({})).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(client.delete(&format!("{PATH}/{in_the_way}")).await.status, 200);
    let rejected = client.post(&format!("{path}/reject"), &json!({})).await;
    assert_eq!(rejected.body["data"]["status"], "confirmed", "{}", rejected.body);
    let shown = read(&client, id).await;
    assert_eq!((&shown["date"], &shown["end_time"]), (&json!("2026-03-02"), &json!("12:00")));
    assert_eq!((&shown["comment"], &shown["approval"]["verdict"]), (&json!(""), &json!("rejected")));
    // One that is approved stays.
    ask(json!({"end_time": "13:00"})).await;
    assert_eq!(client.post(&format!("{path}/approve"), &json!({})).await.status, 200);
    assert_eq!(read(&client, id).await["end_time"], "13:00");
    audit::attendance(&muster, [employee]).await;
}

#[tokio::test]
async fn a_deletion_can_wait_for_approval() {
    let (muster, client, employee) = start().await;
    let mut made = Vec::new();
    for hour in 8..11 {
        made.push(
            created(&client, row(employee, "2026-03-02", &format!("{hour:02}:00"), &format!("{hour:02}:30"))).await,
        );
    }
    for id in &made {
        let answer = client.delete(&format!("{PATH}/{id}?skip_approval=false%20")).await;
        assert_eq!((answer.status, &answer.body["data"]["status"]), (200, &json!("pending")), "{}", answer.body);
    }
    assert_eq!(ids(&client, "").await, Vec::<u64>::new());
    assert_eq!(read(&client, made[0]).await["deletion_pending"], true);
    let approved = client.post(&format!("{PATH}/{}/approve", made[0]), &json!({})).await;
    assert_eq!(approved.body["data"], json!({"message": "The attendance period was deleted."}));
    let refused = client.post(&format!("{PATH}/{}/reject", made[1]), &json!({"comment": "needed"})).await;
    let stays = json!({"message": "The attendance period stays as it was confirmed.", "status": "confirmed"});
    assert_eq!(refused.body["data"], stays);
    assert_eq!(ids(&client, "").await, [made[1]]);
    assert_eq!(ids(&client, "&includePending=1").await, [made[1], made[2]]);
    assert_eq!(client.delete(&format!("{PATH}/{}", made[2])).await.status, 200, "without approval at once");
    // In the body, where the contract has it for other calls, it is read as well: nothing is deleted by mistake.
    let path = format!("{PATH}/{}", made[1]);
    let asked = Answer::of(client.request("DELETE", &path).json(&json!({"skip_approval": false}))).await;
    assert_eq!(asked.body["data"]["status"], "pending", "{}", asked.body);
    let changed = client.patch(&format!("{path}?skip_approval=false"), &json!({"break": 3})).await;
    assert_eq!(changed.body["data"]["status"], "pending", "{}", changed.body);
    // Null and an empty text inside of `attendances` say nothing, so that counts which is said outside.
    for (query, body) in [
        ("?skip_approval=false", json!({"attendances": {"break": 2, "skip_approval": null}})),
        ("", json!({"attendances": [{"break": 1, "skip_approval": null}], "skip_approval": false})),
        ("?skip_approval=true", json!({"attendances": {"break": 0, "skip_approval": " "}, "skip_approval": "false"})),
    ] {
        let changed = client.patch(&format!("{path}{query}"), &body).await;
        assert_eq!(changed.body["data"]["status"], "pending", "{body}: {}", changed.body);
    }
    // What the body says counts, also inside of `attendances`.
    let wrapped = json!({"attendances": {"break": 4, "skip_approval": true}});
    let changed = client.patch(&format!("{path}?skip_approval=false"), &wrapped).await;
    assert_eq!(changed.body["data"]["status"], "confirmed", "{}", changed.body);
    let new = json!({"attendances": [row(employee, "2026-03-05", "08:00", "09:00")]});
    let new = client.post(&format!("{PATH}?skip_approval=false"), &new).await;
    let id = new.body["data"]["id"][0].as_u64().expect("an id");
    assert_eq!(read(&client, id).await["status"], "pending");
    audit::attendance(&muster, [employee]).await;
}

#[tokio::test]
async fn a_company_without_approval_confirms_at_once() {
    let file = COMPANY.replace("time_zone: Europe/Berlin", "time_zone: Europe/Berlin, attendance_approval: false");
    let muster = Muster::with(&file, Limits::off()).await;
    let client = muster.admin().await;
    let employee = client.create_employee(json!({})).await;
    let id = pending(&client, row(employee, "2026-03-02", "08:00", "12:00")).await;
    assert_eq!(ids(&client, "").await, [id]);
    assert_eq!(client.delete(&format!("{PATH}/{id}?skip_approval=false")).await.status, 200);
    assert_eq!(ids(&client, "&includePending=true").await, Vec::<u64>::new());
}
