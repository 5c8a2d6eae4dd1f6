//! Creating and updating employees, and what bad input gets.

use serde_json::Value as Json;
use serde_json::json;
use tests::Answer;
use tests::Client;
use tests::Muster;
use tests::place;

const PATH: &str = "/v1/company/employees";

async fn start() -> (Muster, Client) {
    let muster = Muster::start().await;
    let admin = muster.admin().await;
    (muster, admin)
}

async fn update(client: &Client, id: u64, fields: Json) -> Answer {
    client.patch(&format!("{PATH}/{id}"), &json!({ "employee": fields })).await
}

async fn total(client: &Client) -> u64 {
    client.get(PATH).await.body["metadata"]["total_elements"].as_u64().expect("a total")
}

fn everything(boss: u64) -> Json {
    json!({
        "email": "ada@test.example",
        "first_name": " Ada ",
        "last_name": "Byron",
        "preferred_name": "Ada B.",
        "gender": "female",
        "position": "Analyst",
        "subcompany": "Test GmbH",
        "department": "IT",
        "office": "Lyon",
        "hire_date": "2020-01-31",
        "weekly_working_hours": 37.5,
        "status": "leave",
        "supervisor_id": boss,
        "custom_attributes": {
            "dynamic_1": "Dr",
            "dynamic_2": "1985-12-10",
            "dynamic_3": 42,
            "dynamic_4": "12.50",
            "dynamic_5": "M",
            "dynamic_6": "https://intranet.example/ada",
            "dynamic_7": ["German", "French"],
            "dynamic_8": "two\nlines",
        },
    })
}

fn assert_everything(read: &Json, boss: u64) {
    for (key, wanted) in [
        ("email", json!("ada@test.example")),
        ("first_name", json!("Ada")),
        ("last_name", json!("Byron")),
        ("preferred_name", json!("Ada B.")),
        ("gender", json!("female")),
        ("position", json!("Analyst")),
        ("subcompany", json!({"type": "Subcompany", "attributes": {"id": 1, "name": "Test GmbH"}})),
        ("department", json!({"type": "Department", "attributes": {"id": 1, "name": "IT"}})),
        ("office", json!({"type": "Office", "attributes": {"id": 2, "name": "Lyon"}})),
        ("hire_date", json!("2020-01-31T00:00:00+01:00")),
        ("weekly_working_hours", json!("37.5")),
        ("status", json!("leave")),
        ("dynamic_1", json!("Dr")),
        ("dynamic_2", json!("1985-12-10T00:00:00+01:00")),
        ("dynamic_3", json!(42)),
        ("dynamic_4", json!(12.5)),
        ("dynamic_5", json!("M")),
        ("dynamic_6", json!("https://intranet.example/ada")),
        ("dynamic_7", json!("German,French")),
        ("dynamic_8", json!("two\nlines")),
    ] {
        assert_eq!(read[key]["value"], wanted, "{key}");
    }
    assert_eq!(read["supervisor"]["value"]["attributes"]["id"]["value"], boss);
    assert_eq!(read["supervisor"]["value"]["attributes"]["last_name"]["value"], "Muster");
}

#[tokio::test]
async fn everything_that_can_be_written_is_read_back() {
    let (_muster, client) = start().await;
    let boss = client.create_employee(json!({})).await;
    let answer = client.post(PATH, &json!({"employee": everything(boss)})).await;
    let id = answer.body["data"]["id"].as_u64().expect("an id");
    assert_eq!(answer.body, json!({"success": true, "data": {"id": id, "message": "success"}}));
    assert_everything(&client.employee(id).await, boss);
}

#[tokio::test]
async fn a_form_and_bracketed_json_write_the_same() {
    let (muster, client) = start().await;
    let boss = client.create_employee(json!({})).await;
    let mut pairs = Vec::new();
    for (name, value) in everything(boss).as_object().expect("fields") {
        match value {
            Json::Object(custom) => {
                for (key, value) in custom {
                    let text = match value {
                        Json::Array(tags) => tags.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(","),
                        Json::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    pairs.push((format!("employee[{name}][{key}]"), text));
                }
            }
            Json::String(text) => pairs.push((format!("employee[{name}]"), text.clone())),
            other => pairs.push((format!("employee[{name}]"), other.to_string())),
        }
    }
    let answer = Answer::of(client.request("POST", PATH).form(&pairs)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_everything(&client.employee(answer.body["data"]["id"].as_u64().expect("an id")).await, boss);

    let other = Muster::start().await;
    let client = other.admin().await;
    let boss = client.create_employee(json!({})).await;
    let bracketed: Json =
        pairs.into_iter().map(|(name, value)| (name, json!(value))).collect::<serde_json::Map<_, _>>().into();
    let answer = client.post(PATH, &bracketed).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.body["data"]["id"].as_u64().expect("an id");
    assert_everything(&client.employee(id).await, boss);

    // Both ways in one body, whichever comes first.
    for (order, body) in [
        json!({"employee[position]": "Chief 0", "employee": {"first_name": "Both 0"}}),
        json!({"employee": {"first_name": "Both 1"}, "employee[position]": "Chief 1"}),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = client.patch(&format!("{PATH}/{id}"), &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(client.value(id, "position").await, format!("Chief {order}"));
        assert_eq!(client.value(id, "first_name").await, format!("Both {order}"));
    }
    drop(muster);
}

#[tokio::test]
async fn the_status_follows_the_day_of_hire_unless_it_is_sent() {
    let (_muster, client) = start().await;
    for (fields, status) in [
        (json!({"hire_date": "2001-01-01"}), "active"),
        (json!({"hire_date": "2999-01-01"}), "onboarding"),
        (json!({}), "onboarding"),
        (json!({"hire_date": "2999-01-01", "status": "inactive"}), "inactive"),
    ] {
        let id = client.create_employee(fields.clone()).await;
        assert_eq!(client.value(id, "status").await, status, "{fields}");
        // An update of the day of hire leaves the status alone.
        assert_eq!(update(&client, id, json!({"hire_date": "2002-02-02"})).await.status, 200);
        assert_eq!(client.value(id, "status").await, status);
    }
}

#[tokio::test]
async fn an_update_changes_what_is_sent_and_clears_what_is_null() {
    let (_muster, client) = start().await;
    let boss = client.create_employee(json!({})).await;
    let id = client.create_employee(json!({
        "position": "Analyst", "office": "Lyon", "supervisor_id": boss, "custom_attributes": {"dynamic_7": "German"},
    }))
    .await;
    let answer = update(&client, id, json!({"position": "CTO"})).await;
    assert_eq!(answer.body, json!({"success": true, "data": {"id": id}, "meta": []}));
    let read = client.employee(id).await;
    assert_eq!(read["position"]["value"], "CTO");
    assert_eq!(read["office"]["value"]["attributes"]["name"], "Lyon");
    assert_eq!(read["dynamic_7"]["value"], "German");

    let cleared =
        json!({"position": null, "office": null, "supervisor_id": null, "custom_attributes": {"dynamic_7": []}});
    assert_eq!(update(&client, id, cleared).await.status, 200);
    let read = client.employee(id).await;
    for key in ["position", "office", "supervisor"] {
        assert_eq!(read[key]["value"], Json::Null, "{key}");
    }
    assert_eq!(read["dynamic_7"]["value"], "");
}

#[tokio::test]
async fn last_modified_moves_with_changes_only() {
    let (muster, client) = start().await;
    let id = client.create_employee(json!({"position": "A"})).await;
    let before = client.employee(id).await;
    muster.advance(std::time::Duration::from_mins(1));
    assert_eq!(update(&client, id, json!({"position": "A"})).await.status, 200);
    assert_eq!(client.employee(id).await["last_modified_at"], before["last_modified_at"], "nothing changed");
    assert_eq!(update(&client, id, json!({"position": "B"})).await.status, 200);
    let after = client.employee(id).await;
    assert_ne!(after["last_modified_at"]["value"], before["last_modified_at"]["value"]);
    assert_eq!(after["created_at"]["value"], before["created_at"]["value"]);
}

#[tokio::test]
async fn what_cannot_be_written_is_ignored_and_named() {
    let (_muster, client) = start().await;
    let body = json!({"employee": {
        "email": "b@test.example", "first_name": "B", "last_name": "B",
        "fix_salary": 9000, "weekly_hours": 40, "team": "Platform", "department": "No such department",
        "custom_attributes": {"dynamic_999": "x"},
    }});
    let answer = client.post(PATH, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let meta = answer.body["meta"].to_string();
    for name in ["fix_salary", "weekly_hours", "team", "department", "dynamic_999"] {
        assert!(meta.contains(name), "{name} in {meta}");
    }
    let id = answer.body["data"]["id"].as_u64().expect("an id");
    let read = client.employee(id).await;
    for key in ["fix_salary", "team", "department"] {
        assert_eq!(read[key]["value"], Json::Null, "{key}");
    }

    let answer = update(&client, id, json!({"email": "c@test.example", "office": "Atlantis", "position": "x"})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["meta"].as_array().map(Vec::len), Some(2), "{}", answer.body);
    assert_eq!(client.value(id, "email").await, "b@test.example");
    let many: serde_json::Map<_, _> = (0..5_000).map(|number| (format!("unknown_{number}"), json!("x"))).collect();
    let answer = update(&client, id, many.into()).await;
    assert_eq!((answer.status, answer.body["meta"].as_array().map(Vec::len)), (200, Some(101)));
    assert_eq!(answer.body["meta"][100], "4900 more attributes were ignored.");
}

#[tokio::test]
async fn rows_that_break_a_rule_are_422_name_the_field_and_store_nothing() {
    let (_muster, client) = start().await;
    let existing = client.create_employee(json!({"email": "Taken@Test.Example", "position": "kept"})).await;
    for (fields, field) in [
        (json!({"email": null}), "email"),
        (json!({"email": "no-address"}), "email"),
        (json!({"email": "tAKEN@tEST.eXAMPLE"}), "email"),
        (json!({"first_name": ""}), "first_name"),
        (json!({"last_name": "x".repeat(256)}), "last_name"),
        (json!({"gender": "unknown"}), "gender"),
        (json!({"status": "retired"}), "status"),
        (json!({"hire_date": "2023-02-29"}), "hire_date"),
        (json!({"hire_date": "31.01.2020"}), "hire_date"),
        (json!({"weekly_working_hours": 169}), "weekly_working_hours"),
        (json!({"weekly_working_hours": "many"}), "weekly_working_hours"),
        (json!({"weekly_working_hours": "1_6"}), "weekly_working_hours"),
        (json!({"position": {"title": "x"}}), "position"),
        (json!({"position": 1e23}), "position"),
        (json!({"office": 7}), "office"),
        (json!({"supervisor_id": 999}), "Supervisor with ID 999 not found"),
        (json!({"supervisor_id": 4_294_967_297_u64}), "Supervisor with ID 4294967297 not found"),
        (json!({"supervisor_id": "boss"}), "supervisor_id"),
        (json!({"custom_attributes": {"dynamic_5": "XXL"}}), "custom_attributes.dynamic_5"),
        (json!({"custom_attributes": {"dynamic_2": "soon"}}), "custom_attributes.dynamic_2"),
        (json!({"custom_attributes": {"dynamic_3": 99_999_999_999_999_999_u64}}), "custom_attributes.dynamic_3"),
        (json!({"custom_attributes": "x"}), "custom_attributes"),
    ] {
        let mut employee = json!({"email": "new@test.example", "first_name": "N", "last_name": "N"});
        employee.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        let created = client.post(PATH, &json!({ "employee": employee })).await;
        assert_eq!(created.status, 422, "{fields}: {}", created.body);
        assert!(created.message().contains(field), "{fields}: {}", created.body);
        if fields.get("email").is_none() {
            let updated = update(&client, existing, fields.clone()).await;
            assert_eq!(updated.status, 422, "{fields}: {}", updated.body);
            assert!(updated.message().contains(field), "{fields}: {}", updated.body);
        }
    }
    assert_eq!(total(&client).await, 1, "nothing was stored");
    // A sigma at the end of a word is another letter in lower case than within it.
    client.create_employee(json!({"email": "ΑΣ@test.example"})).await;
    let other = json!({"employee": {"email": "ασ@test.example", "first_name": "N", "last_name": "N"}});
    assert_eq!(client.post(PATH, &other).await.status, 422);
    assert_eq!(client.value(existing, "position").await, "kept");
    assert_eq!(client.value(existing, "first_name").await, "Erika");
    // The address that was refused with everything else is still free.
    client.create_employee(json!({"email": "new@test.example"})).await;
}

#[tokio::test]
async fn required_fields_are_all_named_at_once() {
    let (_muster, client) = start().await;
    let answer = client.post(PATH, &json!({"employee": {}})).await;
    assert_eq!(answer.status, 422);
    let fields = answer.body["error"]["error_data"].as_object().expect("fields");
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["email", "first_name", "last_name"]);
    // What came and is wrong is not missing.
    let wrong = json!({"employee": {"email": ["a@x.example"], "first_name": null, "last_name": "L"}});
    let answer = client.post(PATH, &wrong).await;
    let told = json!({"email": ["The email must be text."], "first_name": ["The first_name field may not be empty."]});
    assert_eq!((answer.status, &answer.body["error"]["error_data"]), (422, &told));
    for body in [
        json!({}),
        json!({"employee": null}),
        json!({"employee": []}),
        json!({"employee": "x"}),
        json!({"email": "a@b.example"}),
    ] {
        let answer = client.post(PATH, &body).await;
        assert_eq!(answer.status, 422, "{body}");
        assert!(answer.message().contains("employee"), "{body}: {}", answer.body);
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_4xx() {
    place::needs_own_process("bodies as they were sent, where API Gateway makes text of them");
    let (_muster, client) = start().await;
    let id = client.create_employee(json!({})).await;
    let one = format!("{PATH}/{id}");
    for (content_type, body, status) in [
        ("application/json", "{\"employee\":", 400),
        ("application/json", "[]", 400),
        ("application/json", "not json", 400),
        ("application/json", "{\"employee\":{\"first_name\":\"\u{0}\"}}", 400),
        ("application/x-www-form-urlencoded", "employee[first_name=x", 400),
        ("text/plain", "{}", 415),
        ("application/xml", "<employee/>", 415),
        ("multipart/form-data; boundary=x", "--x", 400),
    ] {
        for (method, path) in [("POST", PATH), ("PATCH", one.as_str())] {
            let answer = client.send(method, path, content_type, body).await;
            assert_eq!(answer.status, status, "{method} {content_type} {body}: {}", answer.body);
            assert!(!answer.message().is_empty());
        }
    }
    let broken = [b"{\"employee\":{\"first_name\":\"".as_slice(), &[0xff, 0xfe], b"\"}}"].concat();
    assert_eq!(client.send("POST", PATH, "application/json", broken).await.status, 400);
    let latin = "employee[email]=j@x.example&employee[first_name]=J%FCrgen&employee[last_name]=L";
    let answer = client.send("POST", PATH, "application/x-www-form-urlencoded", latin).await;
    assert_eq!((answer.status, answer.message()), (400, "The form is not UTF-8 text."));
    let large = format!("{{\"employee\":{{\"first_name\":\"{}\"}}}}", "x".repeat(1024 * 1024));
    let answer = client.send("POST", PATH, "application/json", large).await;
    assert_eq!(answer.status, 413);
    assert!(answer.message().contains("1048576"), "{}", answer.body);
    let deep = "[".repeat(100_000);
    assert_eq!(client.send("POST", PATH, "application/json", deep).await.status, 400);
    assert_eq!(total(&client).await, 1);
    for id in ["99", "2147483648", "x"] {
        assert_eq!(
            client.patch(&format!("{PATH}/{id}"), &json!({"employee": {"position": "x"}})).await.status,
            404,
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_supervisor_is_somebody_else_who_is_there_and_closes_no_circle() {
    let (_muster, client) = start().await;
    let top = client.create_employee(json!({})).await;
    let middle = client.create_employee(json!({"supervisor_id": top})).await;
    let bottom = client.create_employee(json!({"supervisor_id": middle.to_string()})).await;

    let own = update(&client, top, json!({"supervisor_id": top})).await;
    assert_eq!(
        (own.status, own.message()),
        (422, format!("Employee {top} cannot be their own supervisor_id.").as_str())
    );
    for below in [middle, bottom] {
        let circle = update(&client, top, json!({"supervisor_id": below})).await;
        assert_eq!(circle.status, 422);
        assert!(circle.message().contains("supervisor_id"), "{}", circle.body);
    }
    assert_eq!(client.value(top, "supervisor").await, Json::Null);

    let gone = client.create_employee(json!({"status": "inactive"})).await;
    let answer = update(&client, top, json!({"supervisor_id": gone})).await;
    assert_eq!((answer.status, answer.message()), (422, format!("Supervisor with ID {gone} not found").as_str()));
    // Moved to the top, the former boss can report to the one who was below.
    assert_eq!(update(&client, middle, json!({"supervisor_id": null})).await.status, 200);
    assert_eq!(update(&client, top, json!({"supervisor_id": bottom})).await.status, 200);
    let read = client.value(top, "supervisor").await;
    assert_eq!(read["attributes"]["id"]["value"], bottom);
}

#[tokio::test]
async fn a_record_larger_than_an_item_is_refused() {
    let (_muster, client) = start().await;
    let long = "ü".repeat(10_001);
    let answer = client.post(PATH, &json!({"employee": {
        "email": "l@test.example", "first_name": "L", "last_name": "L", "custom_attributes": {"dynamic_8": long},
    }}))
    .await;
    assert_eq!(answer.status, 422);
    assert!(answer.message().contains("10000"), "{}", answer.body);
    let id = client.create_employee(json!({"custom_attributes": {"dynamic_8": "ü".repeat(10_000)}})).await;
    assert_eq!(client.value(id, "dynamic_8").await.as_str().map(|text| text.chars().count()), Some(10_000));
}
