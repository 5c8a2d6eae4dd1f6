//! Creating, changing and deleting attendances, and what bad input gets.

use muster::apply;
use muster::apply::file::CompanyFile;
use serde_json::Value as Json;
use serde_json::json;
use shared::http::limits::Limits;
use tests::Answer;
use tests::Muster;
use tests::attendances::PATH;
use tests::attendances::create;
use tests::attendances::created;
use tests::attendances::ids;
use tests::attendances::read;
use tests::attendances::row;
use tests::attendances::start;
use tests::audit;

const FAILED: &str = "Error when trying to insert Attendances periods rows";

#[tokio::test]
async fn a_period_is_read_back_as_it_was_sent() {
    let (muster, client, employee) = start().await;
    let answer = create(
        &client,
        json!([{
            "employee": employee, "date": "2026-07-01", "start_time": "8:00", "end_time": "17:30:00", "break": 45,
            "comment": "two\nlines", "project_id": 1,
        }]),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["data"]["message"], "success");
    let id = answer.body["data"]["id"][0].as_u64().expect("an id");
    let shown = read(&client, id).await;
    for (key, value) in [
        ("employee", json!(employee)),
        ("date", json!("2026-07-01")),
        ("start_time", json!("08:00")),
        ("end_time", json!("17:30")),
        ("break", json!(45)),
        ("comment", json!("two\nlines")),
        ("status", json!("confirmed")),
        ("is_holiday", json!(false)),
        ("is_on_time_off", json!(false)),
        ("project", json!({"id": 1, "type": "Project", "attributes": {"name": "Launch", "active": true}})),
        ("id_v2", answer.body["data"]["id_v2"][0].clone()),
    ] {
        assert_eq!(shown[key], value, "{key}");
    }
    assert!(shown["updated_at"].as_str().is_some_and(|at| at.ends_with("+01:00") || at.ends_with("+02:00")));
    assert!(shown.get("approval").is_none(), "nobody decided: {shown}");
    audit::attendance(&muster, [employee]).await;
}

#[tokio::test]
async fn each_row_of_a_batch_answers_for_itself() {
    let (muster, client, employee) = start().await;
    let earlier = created(&client, row(employee, "2026-03-02", "08:00", "12:00")).await;
    let with = |fields: Json| {
        let mut row = row(employee, "2026-03-03", "08:00", "12:00");
        row.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        row
    };
    let closed = client.post(&format!("{PATH}/projects"), &json!({"name": "Closed"})).await.body["data"]["id"].clone();
    let rows = json!([
        row(employee, "2026-03-02", "12:00", "13:00"),
        row(employee, "2026-03-02", "11:59", "12:01"),
        row(9999, "2026-03-02", "08:00", "12:00"),
        with(json!({"project_id": 999})),
        with(json!({"project_id": closed})),
        with(json!({"break": 241})),
        with(json!({"date": "2026-02-30"})),
        with(json!({"date": "0000-12-31"})),
        with(json!({"start_time": "18:00", "end_time": "09:00"})),
        with(json!({"end_time": "08:00"})),
        with(json!({"start_time": "25:00"})),
        with(json!({"employee": "x"})),
        with(json!({"break": null})),
        with(json!({"comment": "x".repeat(1001)})),
        "no row",
        row(employee, "2026-03-04", "08:00", "12:00"),
        row(employee, "2026-03-04", "10:00", "11:00"),
    ]);
    let answer = create(&client, rows.clone()).await;
    assert_eq!((answer.status, answer.message()), (400, FAILED));
    let details = answer.body["error"]["detailed_message"].as_array().expect("rows").clone();
    let said: Vec<_> = details.iter().map(|row| row["error_msg"].as_str().unwrap_or("stored")).collect();
    assert_eq!(
        said,
        [
            "stored",
            "Existing overlapping attendances periods",
            "There is no employee with the id 9999.",
            "There is no project with the id 999.",
            &format!("The project {closed} is not active."),
            "The break of 241 minutes is longer than the period, which has 240.",
            "The date must be a date that exists, in the form 2020-01-31.",
            "The date must be a date that exists, in the form 2020-01-31.",
            "Start time 2026-03-03T18:00:00+01:00 has to be smaller than end time 2026-03-03T09:00:00+01:00",
            "Start time 2026-03-03T08:00:00+01:00 has to be smaller than end time 2026-03-03T08:00:00+01:00",
            "The start_time must be a time of day in the form 08:00, 00:00 to 23:59.",
            "The employee must be a whole number between 1 and 2147483647.",
            "The break of an attendance is required.",
            "The comment may not be longer than 1000 characters.",
            "A row must be an object.",
            "stored",
            "Existing overlapping attendances periods",
        ]
    );
    for (detail, sent) in details.iter().zip(rows.as_array().expect("rows")) {
        assert_eq!(detail["success"], json!(detail["error_msg"].is_null()));
        assert_eq!(detail["id"].is_null(), !detail["error_msg"].is_null());
        for key in ["employee", "date", "start_time", "end_time", "break", "comment", "project_id"] {
            let missing = if key == "comment" { json!("") } else { Json::Null };
            assert_eq!(detail[key], sent.get(key).cloned().unwrap_or(missing), "{key} of {detail}");
        }
    }
    let stored = |index: usize| details[index]["id"].as_u64().expect("an id");
    assert_eq!(details[1]["conflicting_ids"], json!([earlier, stored(0)]), "both are in the way");
    assert_eq!(details[16]["conflicting_ids"], json!([stored(15)]), "a row of the same batch is in the way");
    assert_eq!(ids(&client, "").await, [earlier, stored(0), stored(15)]);
    audit::attendance(&muster, [employee]).await;
}

#[tokio::test]
async fn a_batch_is_taken_in_every_form_in_which_clients_send_it() {
    let (_muster, client, employee) = start().await;
    let form = "application/x-www-form-urlencoded";
    let brackets = format!(
        "attendances[][employee]={employee}&attendances[][date]=2026-01-05&attendances[][start_time]=08:00\
         &attendances[][end_time]=12:00&attendances[]break=0&attendances[][comment]=\
         &attendances[][employee]={employee}&attendances[][date]=2026-01-05&attendances[][start_time]=13:00\
         &attendances[]break=15&skip_approval=false%20&project_id=1"
    );
    let answer = client.send("POST", PATH, form, brackets).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let second = read(&client, answer.body["data"]["id"][1].as_u64().expect("an id")).await;
    assert_eq!((&second["status"], &second["end_time"]), (&json!("pending"), &Json::Null));
    assert_eq!((&second["break"], &second["project"]["id"]), (&json!(15), &json!(1)));
    let numbered = format!(
        "attendances%5B0%5D%5Bemployee%5D={employee}&attendances[0][date]=2026-01-06&attendances[0][start_time]=8:00\
         &attendances[0][end_time]=9:00&attendances[0][break]=0"
    );
    assert_eq!(client.send("POST", PATH, form, numbered.clone()).await.status, 200);
    let one = json!({"attendances": row(employee, "2026-01-07", "08:00", "09:00"), "skip_approval": "True"});
    assert_eq!(client.post(PATH, &one).await.status, 200);
    // An empty field says nothing.
    let other_day = numbered.replace("2026-01-06", "2026-01-09");
    let empty = format!("{other_day}&attendances[0][skip_approval]=&skip_approval=%20");
    let answer = client.send("POST", PATH, form, empty.clone()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let path = format!("{PATH}/{}", answer.body["data"]["id"][0]);
    for (body, status) in [("break=1&skip_approval=false", "pending"), ("break=2&skip_approval=", "confirmed")] {
        let answer = client.send("PATCH", &path, form, body).await;
        assert_eq!((answer.status, &answer.body["data"]["status"]), (200, &json!(status)), "{body}: {}", answer.body);
    }
    assert_eq!(client.send("PATCH", &path, form, "skip_approval=").await.status, 400, "nothing is changed");
    assert_eq!(client.send("DELETE", &path, form, "skip_approval=").await.status, 200);
    let answer = client.send("POST", &format!("{PATH}?skip_approval=false"), form, empty).await;
    assert_eq!(read(&client, answer.body["data"]["id"][0].as_u64().expect("an id")).await["status"], "pending");
    // What is refused comes back with numbers, though a form knows only text; the project stands beside the rows.
    let over = format!(
        "attendances[1][employee]={employee}&attendances[1][date]=2026-01-06&attendances[1][start_time]=8:30\
         &attendances[1][break]=5&project_id=1"
    );
    let refused = client.send("POST", PATH, form, over).await;
    let detail = &refused.body["error"]["detailed_message"][0];
    assert_eq!(
        (&detail["employee"], &detail["break"], &detail["project_id"]),
        (&json!(employee), &json!(5), &json!(1))
    );
    // A row can say for itself whether it waits, and null says nothing.
    let mut own = row(employee, "2026-01-08", "08:00", "09:00");
    own["skip_approval"] = json!(false);
    let answer = client.post(PATH, &json!({"attendances": [own], "skip_approval": null})).await;
    assert_eq!(read(&client, answer.body["data"]["id"][0].as_u64().expect("an id")).await["status"], "pending");
    for day in ["0001-01-01", "9999-12-31"] {
        let row = json!({"employee": employee, "date": day, "start_time": "08:00", "end_time": "09:00", "break": 5});
        let id = created(&client, row).await;
        assert_eq!(read(&client, id).await["date"], day);
    }
}

#[tokio::test]
async fn a_batch_that_cannot_be_read_stores_nothing() {
    let (muster, client, employee) = start().await;
    let good = row(employee, "2026-03-02", "08:00", "12:00");
    let many: Vec<Json> = (1..=101).map(|id| row(id, "2026-03-02", "08:00", "12:00")).collect();
    for (body, field) in [
        (json!({}), "attendances"),
        (json!({"attendances": []}), "attendances"),
        (json!({"attendances": "x"}), "attendances"),
        (json!({"attendances": [good], "skip_approval": "perhaps"}), "skip_approval"),
        (json!({ "attendances": many }), "attendances"),
    ] {
        let answer = client.post(PATH, &body).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.body["error"]["error_data"].get(field).is_some(), "{field}: {}", answer.body);
    }
    let text = client.send("POST", PATH, "text/plain", "attendances").await;
    assert_eq!(text.status, 415);
    let broken = client.send("POST", PATH, "application/json", "{\"attendances\":[").await;
    assert_eq!(broken.status, 400);
    assert!(audit::attendance(&muster, [employee]).await.is_empty());
}

#[tokio::test]
async fn a_running_period_reaches_to_midnight_until_it_ends() {
    let (muster, client, employee) = start().await;
    let running = json!({"employee": employee, "date": "2026-03-02", "start_time": "08:00", "break": 0});
    let id = created(&client, running).await;
    let later = row(employee, "2026-03-02", "20:00", "21:00");
    let refused = create(&client, json!([later])).await;
    assert_eq!(refused.body["error"]["detailed_message"][0]["conflicting_ids"], json!([id]));
    let earlier = created(&client, row(employee, "2026-03-02", "07:00", "08:00")).await;
    let ended = client.patch(&format!("{PATH}/{id}"), &json!({"end_time": "16:00", "break": 30})).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    let after = created(&client, later).await;
    assert_eq!(ids(&client, "").await, [earlier, id, after]);
    audit::attendance(&muster, [employee]).await;
}

#[tokio::test]
async fn an_update_changes_what_is_sent_and_keeps_the_rest() {
    let (muster, client, employee) = start().await;
    let id = created(&client, row(employee, "2026-03-02", "08:00", "12:00")).await;
    let other = created(&client, row(employee, "2026-03-03", "08:00", "12:00")).await;
    let path = format!("{PATH}/{id}");
    let update = |body: Json| {
        let (client, path) = (client.clone(), path.clone());
        async move { client.patch(&path, &body).await }
    };
    let answer = update(json!({"comment": "moved", "project_id": 1, "break": 10})).await;
    assert_eq!(answer.body["data"]["message"], "The attendance period was updated.");
    // Onto another day, over what is there: refused, with what is in the way, and nothing moved.
    let refused = update(json!({"date": "2026-03-03"})).await;
    assert_eq!((refused.status, refused.message()), (400, FAILED));
    let detail = &refused.body["error"]["detailed_message"][0];
    assert_eq!(detail["conflicting_ids"], json!([other]));
    assert_eq!(detail["error_msg"], "Existing overlapping attendances periods");
    for (key, value) in [("employee", json!(employee)), ("date", json!("2026-03-03")), ("project_id", json!(1))] {
        assert_eq!(detail[key], value, "the row is the period as it would have become: {detail}");
    }
    assert_eq!(read(&client, id).await["date"], "2026-03-02");
    // Beside it: it moves. As the vendor's own collection sends it.
    let wrapped = json!({"attendances": {"date": "2026-03-03", "start_time": "12:00", "end_time": "13:00"}});
    assert_eq!(update(wrapped).await.status, 200);
    let shown = read(&client, id).await;
    for (key, value) in [
        ("date", json!("2026-03-03")),
        ("start_time", json!("12:00")),
        ("end_time", json!("13:00")),
        ("break", json!(10)),
        ("comment", json!("moved")),
    ] {
        assert_eq!(shown[key], value, "{key}");
    }
    // What a read gave back is taken.
    assert_eq!(update(shown.clone()).await.status, 200);
    assert_eq!(read(&client, id).await, shown, "nothing changed");
    let cleared = update(json!({"comment": null, "project_id": null, "end_time": null})).await;
    assert_eq!(cleared.status, 200, "{}", cleared.body);
    let shown = read(&client, id).await;
    assert_eq!((&shown["comment"], &shown["project"], &shown["end_time"]), (&json!(""), &Json::Null, &Json::Null));
    audit::attendance(&muster, [employee]).await;
}

#[tokio::test]
async fn an_update_that_breaks_a_rule_names_the_field() {
    let (_muster, client, employee) = start().await;
    let id = created(&client, row(employee, "2026-03-02", "08:00", "12:00")).await;
    for (body, field) in [
        (json!({}), "body"),
        (json!({"comments": "x"}), "body"),
        (json!({"skip_approval": null}), "body"),
        (json!({"attendances": {"employee": employee}, "break": 4}), "body"),
        (json!({"attendances": [{"employee": employee}], "break": 4, "skip_approval": true}), "body"),
        (json!({"start_time": "12:00"}), "end_time"),
        (json!({"end_time": "07:00"}), "end_time"),
        (json!({"break": 300}), "break"),
        (json!({"break": -1}), "break"),
        (json!({"date": "2026-13-01"}), "date"),
        (json!({"date": null}), "date"),
        (json!({"project_id": 999}), "project_id"),
        (json!({"employee": employee + 1, "comment": "x"}), "employee"),
        (json!({"skip_approval": 7}), "skip_approval"),
    ] {
        let answer = client.patch(&format!("{PATH}/{id}"), &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert!(answer.body["error"]["error_data"].get(field).is_some(), "{field}: {}", answer.body);
    }
    let shown = read(&client, id).await;
    assert_eq!((&shown["start_time"], &shown["end_time"]), (&json!("08:00"), &json!("12:00")));
}

#[tokio::test]
async fn an_unknown_period_is_not_found() {
    let (_muster, client, employee) = start().await;
    let id = created(&client, row(employee, "2026-03-02", "08:00", "12:00")).await;
    assert_eq!(
        client.delete(&format!("{PATH}/{id}")).await.body["data"]["message"],
        "The attendance period was deleted."
    );
    for id in [id.to_string(), "4711".to_owned(), "0".to_owned(), "x".to_owned(), "99999999999".to_owned()] {
        let path = format!("{PATH}/{id}");
        for answer in [
            client.get(&path).await,
            client.patch(&path, &json!({"comment": "x", "project_id": 1})).await,
            client.delete(&path).await,
            client.post(&format!("{path}/approve"), &json!({})).await,
            client.post(&format!("{path}/reject"), &json!({})).await,
        ] {
            assert_eq!((answer.status, answer.message()), (404, "The attendance period was not found."), "{path}");
        }
    }
}

#[tokio::test]
async fn a_day_with_23_hours_and_one_with_25_have_room_for_their_breaks() {
    let (_muster, client, employee) = start().await;
    let night = |date: &str, minutes: u64| json!({"employee": employee, "date": date, "start_time": "01:00", "end_time": "04:00", "break": minutes});
    let answer = create(&client, json!([night("2026-03-29", 121), night("2026-03-29", 120)])).await;
    assert_eq!(
        answer.body["error"]["detailed_message"][0]["error_msg"],
        "The break of 121 minutes is longer than the period, which has 120."
    );
    assert_eq!(answer.body["error"]["detailed_message"][1]["success"], true);
    let answer = create(&client, json!([night("2026-10-25", 240)])).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_time_that_the_clocks_skip_is_refused_by_name() {
    let (muster, client, employee) = start().await;
    let spring = |from: &str, until: Json| {
        let mut row = row(employee, "2026-03-29", from, "");
        row["end_time"] = until;
        row
    };
    for (row, field) in [
        (spring("02:30", json!("03:15")), "start_time"),
        (spring("02:10", json!("02:50")), "start_time"),
        (spring("02:00", Json::Null), "start_time"),
        (spring("01:00", json!("02:01")), "end_time"),
        (spring("01:00", json!("02:59")), "end_time"),
    ] {
        let answer = create(&client, json!([row])).await;
        let said = &answer.body["error"]["detailed_message"][0]["error_msg"];
        assert_eq!((answer.status, said), (400, &json!(format!("The clocks skip the {field} on that day."))), "{row}");
    }
    // In that moment, what was before ends.
    let id = created(&client, spring("00:00", json!("02:00"))).await;
    created(&client, spring("03:00", Json::Null)).await;
    let other = created(&client, row(employee, "2026-03-30", "02:30", "03:15")).await;
    for (id, body, field) in
        [(id, json!({"end_time": "02:30"}), "end_time"), (other, json!({"date": "2026-03-29"}), "start_time")]
    {
        let answer = client.patch(&format!("{PATH}/{id}"), &body).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.body["error"]["error_data"].get(field).is_some(), "{field}: {}", answer.body);
    }
    audit::attendance(&muster, [employee]).await;
}

#[tokio::test]
async fn a_period_at_a_time_that_the_clocks_skip_by_now_stays_readable_and_changeable() {
    let file = |zone: &str| tests::COMPANY.replace("time_zone: Europe/Berlin", &format!("time_zone: {zone}"));
    let muster = Muster::with(&file("UTC"), Limits::off()).await;
    let client = muster.admin().await;
    let employee = client.create_employee(json!({})).await;
    let mut night = row(employee, "2026-03-29", "02:30", "03:15");
    night["break"] = json!(10);
    let id = created(&client, night).await;
    let mut file = CompanyFile::parse("a test's company", &file("Europe/Berlin")).expect("a company file");
    file.company.id = muster.company.clone();
    apply::apply(&muster.deps, &file, &mut |_| {}).await.expect("the company is applied");
    // A process that has not read the company before.
    let muster = Muster::twin(&muster).await;
    let client = muster.admin().await;
    let (path, shown) = (format!("{PATH}/{id}"), read(&client, id).await);
    assert_eq!((&shown["start_time"], &shown["end_time"]), (&json!("02:30"), &json!("03:15")));
    assert_eq!(ids(&client, "").await, [id]);
    let longer = client.patch(&path, &json!({"break": 20})).await;
    assert_eq!(longer.message(), "The break of 20 minutes is longer than the period, which has 0.");
    let moved = client.patch(&path, &json!({"end_time": "04:00"})).await;
    assert_eq!((moved.status, moved.message()), (400, "The clocks skip the start_time on that day."));
    for body in [shown, json!({"comment": "x", "skip_approval": false}), json!({"break": 0})] {
        let answer = client.patch(&path, &body).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.body);
    }
    assert_eq!(client.patch(&path, &json!({"start_time": "03:00"})).await.status, 200);
    audit::attendance(&muster, [employee]).await;
}

#[tokio::test]
async fn a_large_batch_is_stored_in_two_round_trips() {
    let (muster, client, first) = start().await;
    let mut employees = vec![first];
    for _ in 1..10 {
        employees.push(client.create_employee(json!({})).await);
    }
    let rows: Vec<Json> = employees
        .iter()
        .flat_map(|employee| (1..=10).map(|day| row(*employee, &format!("2026-03-{day:02}"), "08:00", "12:00")))
        .collect();
    assert_eq!(rows.len(), 100);
    let answer = create(&client, json!(rows)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let line = answer.log_line();
    assert!(line["round_trips"].as_u64().is_some_and(|trips| trips <= 3), "{line}");
    let again = create(&client, json!(rows)).await;
    assert_eq!(again.status, 400, "a batch that is repeated is refused");
    let details = again.body["error"]["detailed_message"].as_array().expect("rows");
    assert!(details.iter().all(|row| row["error_msg"] == "Existing overlapping attendances periods"));
    assert_eq!(audit::attendance(&muster, employees).await.len(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_with_a_key_is_stored_once_however_often_it_is_sent() {
    let (muster, client, employee) = start().await;
    // A row that is refused, so that a repeat without the key would answer otherwise for the other two.
    let rows = json!([
        row(employee, "2026-03-02", "08:00", "12:00"),
        row(employee, "2026-03-02", "11:00", "13:00"),
        row(employee, "2026-03-03", "08:00", "12:00"),
    ]);
    let send = || {
        let request = client.request("POST", PATH).header("Idempotency-Key", "week-10");
        tokio::spawn(Answer::of(request.json(&json!({ "attendances": rows }))))
    };
    let mut answers = Vec::new();
    for sent in [send(), send(), send()] {
        answers.push(sent.await.expect("no panic"));
    }
    answers.push(send().await.expect("no panic"));
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (400, &answers[0].body), "each gets the one answer");
    }
    assert_eq!(answers.iter().filter(|answer| answer.header("idempotency-replayed") == "true").count(), 3);
    assert_eq!(answers[0].body["error"]["detailed_message"][2]["success"], true);
    let days = audit::attendance(&muster, [employee]).await;
    assert_eq!(days.iter().map(|day| day.periods.len()).collect::<Vec<_>>(), [1, 1]);
    let other = client.request("POST", PATH).header("Idempotency-Key", "week-10");
    let other = Answer::of(other.json(&json!({"attendances": [row(employee, "2026-03-04", "08:00", "12:00")]}))).await;
    assert_eq!(other.status, 422, "{}", other.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_100_employees_and_many_days_answers_in_the_order_of_its_rows() {
    let (muster, client, employees) = Muster::staffed(100).await;
    let mut rows = Vec::new();
    for day in 1..=9 {
        for employee in &employees {
            rows.push(row(*employee, &format!("2026-03-{day:02}"), "08:00", "12:00"));
        }
    }
    // Every seventh row comes again at once, and every eleventh names nobody.
    let rows: Vec<Json> = rows
        .into_iter()
        .enumerate()
        .flat_map(|(index, sent)| match index {
            index if index % 7 == 0 => vec![sent.clone(), sent],
            index if index % 11 == 0 => vec![json!({"employee": null}), sent],
            _ => vec![sent],
        })
        .collect();
    let answer = create(&client, json!(rows)).await;
    assert_eq!((answer.status, answer.message()), (400, FAILED));
    let details = answer.body["error"]["detailed_message"].as_array().expect("rows");
    assert_eq!(details.len(), rows.len());
    let mut seen = std::collections::BTreeMap::new();
    for (detail, sent) in details.iter().zip(&rows) {
        assert_eq!(
            (&detail["employee"], &detail["date"]),
            (&sent["employee"], &sent.get("date").cloned().unwrap_or_default())
        );
        let slot = (sent["employee"].as_u64(), sent["date"].as_str());
        match seen.get(&slot) {
            _ if sent["employee"].is_null() => {
                assert_eq!(detail["error_msg"], "The employee of an attendance is required.");
            }
            None => assert!(seen.insert(slot, detail["id"].clone()).is_none() && detail["success"] == true, "{detail}"),
            Some(first) => assert_eq!(detail["conflicting_ids"], json!([first]), "{detail}"),
        }
    }
    assert_eq!(audit::attendance(&muster, employees).await.len(), 900);
}
