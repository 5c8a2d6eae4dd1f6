//! Reading employees: lists, pages, filters, one employee, attributes.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value as Json;
use serde_json::json;
use shared::http::limits::Limits;
use tests::Client;
use tests::DEMO;
use tests::Muster;
use tests::place;

fn ids(body: &Json) -> Vec<u64> {
    let data = body["data"].as_array().expect("a list");
    data.iter().map(|one| one["attributes"]["id"]["value"].as_u64().expect("an id")).collect()
}

async fn page(client: &Client, query: &str) -> Json {
    let answer = client.get(&format!("/v1/company/employees?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    answer.body
}

async fn with_employees(count: usize) -> (Muster, Client, Vec<u64>) {
    let muster = Muster::start().await;
    let admin = muster.admin().await;
    let mut created = Vec::new();
    for index in 0..count {
        created.push(admin.create_employee(json!({"first_name": format!("No {index}")})).await);
    }
    (muster, admin, created)
}

#[tokio::test]
async fn pages_cover_every_employee_once_and_count_from_zero() {
    let (_muster, client, created) = with_employees(23).await;
    let mut seen = Vec::new();
    let mut offset = 0;
    loop {
        let body = page(&client, &format!("limit=5&offset={offset}")).await;
        let wanted = json!({"total_elements": 23, "current_page": offset / 5, "total_pages": 5});
        assert_eq!(body["metadata"], wanted);
        assert_eq!((&body["limit"], &body["offset"], &body["success"]), (&json!(5), &json!(offset), &json!(true)));
        let found = ids(&body);
        if found.is_empty() {
            break;
        }
        offset += found.len();
        seen.extend(found);
    }
    assert_eq!(seen, created);
    // An offset between pages, and past the end: the same metadata, an empty list.
    assert_eq!(ids(&page(&client, "limit=4&offset=21").await), created[21..]);
    let beyond = page(&client, "limit=5&offset=1000").await;
    assert_eq!((&beyond["metadata"]["total_elements"], &beyond["data"]), (&json!(23), &json!([])));
}

#[tokio::test]
async fn the_default_is_fifty_and_unknown_parameters_are_ignored() {
    let (_muster, client, created) = with_employees(3).await;
    let body = page(&client, "page=0&foo[]=bar").await;
    assert_eq!((&body["limit"], &body["offset"]), (&json!(50), &json!(0)));
    assert_eq!(ids(&body), created);
}

#[tokio::test]
async fn pages_that_cannot_be_read_are_400_and_name_the_parameter() {
    let (_muster, client, _) = with_employees(0).await;
    for (query, message) in [
        ("limit=0", "The limit must be between 1 and 200."),
        ("limit=201", "The limit must be between 1 and 200."),
        ("limit=ten", "The limit must be between 1 and 200."),
        ("limit=-1", "The limit must be between 1 and 200."),
        ("offset=-1", "The offset must be between 0 and 2147483647."),
        ("offset=99999999999", "The offset must be between 0 and 2147483647."),
        (
            "updated_since=yesterday",
            "The updated_since must be a date (2022-12-24) or a date-time (2022-12-24T08:15:30).",
        ),
    ] {
        let answer = client.get(&format!("/v1/company/employees?{query}")).await;
        assert_eq!((answer.status, answer.message()), (400, message), "{query}");
    }
    assert_eq!(page(&client, "").await["metadata"], json!({"total_elements": 0, "current_page": 0, "total_pages": 0}));
}

#[tokio::test]
async fn an_employee_is_found_by_email_without_regard_to_case() {
    let (_muster, client, _) = with_employees(2).await;
    let id = client.create_employee(json!({"email": "Jürgen.Groß@Test.Example"})).await;
    for email in ["Jürgen.Groß@Test.Example", "jürgen.groß@test.example", "JÜRGEN.groß@TEST.EXAMPLE"] {
        let answer = client.request("GET", "/v1/company/employees").query(&[("email", email)]);
        let answer = tests::Answer::of(answer).await;
        assert_eq!(ids(&answer.body), [id], "{email}");
        assert_eq!(answer.body["metadata"]["total_elements"], 1);
    }
    for nobody in ["email=nobody@test.example", "email=%00", "email=x"] {
        assert_eq!(page(&client, nobody).await["data"], json!([]), "{nobody}");
    }
    let long = format!("email={}", "x".repeat(3_000));
    assert_eq!(page(&client, &long).await["data"], json!([]));
}

#[tokio::test]
async fn attributes_select_in_every_way_of_writing_a_list() {
    let (_muster, client, created) = with_employees(1).await;
    for query in [
        "attributes[]=first_name&attributes[]=dynamic_1",
        "attributes%5B%5D=first_name&attributes%5B%5D=dynamic_1",
        "attributes[0]=first_name&attributes[1]=dynamic_1",
        "attributes=first_name,dynamic_1",
        "attributes[]=first_name&attributes[]=dynamic_1&attributes[]=no_such_attribute",
    ] {
        let body = page(&client, query).await;
        let attributes = body["data"][0]["attributes"].as_object().expect("attributes");
        let keys: BTreeSet<_> = attributes.keys().map(String::as_str).collect();
        assert_eq!(keys, BTreeSet::from(["id", "first_name", "dynamic_1"]), "{query}");
        assert_eq!(ids(&body), created);
    }
    // As forms send a field that nobody filled in.
    for query in ["attributes[]=", "attributes=", "attributes[]=&updated_since=2020-01-01"] {
        assert_eq!(page(&client, query).await["data"], page(&client, "").await["data"], "{query}");
    }
}

#[tokio::test]
async fn updated_since_selects_who_changed() {
    let (muster, client, created) = with_employees(4).await;
    muster.advance(Duration::from_hours(1));
    let since = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1_800);
    let since = since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    for (id, change) in [(created[2], json!({"position": "CTO"})), (created[0], json!({"first_name": "Anna"}))] {
        let answer = client.patch(&format!("/v1/company/employees/{id}"), &json!({ "employee": change })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let select = |query: &str| format!("updated_since={since}{query}");
    let all = page(&client, &select("")).await;
    assert_eq!(ids(&all), [created[0], created[2]], "in the order of their ids");
    assert_eq!(all["metadata"], json!({"total_elements": 2, "current_page": 0, "total_pages": 1}));
    // With attributes: those of whom one of these changed, and only these are shown.
    let first_names = page(&client, &select("&attributes[]=first_name")).await;
    assert_eq!(ids(&first_names), [created[0]]);
    assert_eq!(first_names["data"][0]["attributes"]["first_name"]["value"], "Anna");
    assert_eq!(
        ids(&page(&client, &select("&attributes[]=first_name&attributes[]=position")).await),
        [created[0], created[2]]
    );
    assert_eq!(ids(&page(&client, &select("&attributes[]=gender")).await), Vec::<u64>::new());
    assert_eq!(ids(&page(&client, &select("&attributes[]=last_modified_at")).await).len(), 2);
    // The e-mail filter is ignored; paging counts when it is asked for.
    assert_eq!(ids(&page(&client, &select("&email=nobody@test.example")).await).len(), 2);
    let second = page(&client, &select("&limit=1&offset=1")).await;
    assert_eq!(ids(&second), [created[2]]);
    assert_eq!(second["metadata"], json!({"total_elements": 2, "current_page": 1, "total_pages": 2}));
    assert_eq!(ids(&page(&client, "updated_since=1999-01-01").await), created);
    assert_eq!(page(&client, "updated_since=2999-01-01").await["metadata"]["total_elements"], 0);
}

#[tokio::test]
async fn whether_a_hidden_attribute_changed_cannot_be_learned() {
    let (muster, _admin, _) = with_employees(2).await;
    let client = muster.client(&["employees:read"], &["last_name"]).await;
    let changed = |key: &str| format!("updated_since=1999-01-01&attributes[]={key}");
    assert_eq!(ids(&page(&client, &changed("last_name")).await).len(), 2);
    assert_eq!(ids(&page(&client, &changed("first_name")).await), Vec::<u64>::new());
}

#[tokio::test]
async fn more_changed_employees_than_one_answer_carries_are_paged_and_metadata_says_so() {
    let muster = Muster::start().await;
    let client = muster.client(&["employees:read"], &["first_name"]).await;
    tests::many::store(&muster, 1..=620).await;
    let body = page(&client, "updated_since=1999-01-01").await;
    assert_eq!(body["limit"], 500);
    assert_eq!(body["metadata"], json!({"total_elements": 620, "current_page": 0, "total_pages": 2}));
    assert_eq!(ids(&body).len(), 500);
    assert_eq!(ids(&page(&client, "updated_since=1999-01-01&offset=500").await).len(), 120);
}

#[tokio::test]
async fn an_employee_of_the_demo_company_looks_as_the_contract_says() {
    let muster = Muster::with(DEMO, Limits::off()).await;
    let admin = muster.admin().await;
    let found = page(&admin, "email=lukas.weissgerber@alpenrad.example").await;
    let mut employee = found["data"][0].clone();
    // They are the time of the test; everything else is the same in every run.
    for key in ["created_at", "last_modified_at"] {
        let value = &mut employee["attributes"][key]["value"];
        let text = value.as_str().expect("an instant").to_owned();
        assert!(text.len() == 25 && text.contains('T'), "{text}");
        *value = json!("[instant]");
    }
    insta::assert_json_snapshot!("demo_employee", employee);
    let one = admin.get(&format!("/v1/company/employees/{}", employee["attributes"]["id"]["value"])).await;
    assert_eq!(one.body["success"], true);
    assert_eq!(
        one.body["data"]["attributes"].as_object().map(serde_json::Map::len),
        employee["attributes"].as_object().map(serde_json::Map::len)
    );
}

#[tokio::test]
async fn every_attribute_has_label_value_type_and_universal_id() {
    let (_muster, client, created) = with_employees(1).await;
    let employee = client.employee(created[0]).await;
    for (key, attribute) in employee.as_object().expect("attributes") {
        for part in ["label", "value", "type", "universal_id"] {
            assert!(attribute.get(part).is_some(), "{key} has no {part}");
        }
        let currency = attribute.get("currency").is_some();
        assert_eq!(currency, key.ends_with("_salary"), "{key}");
    }
    assert_eq!(employee["cost_centers"]["value"], json!([]), "a list is never null");
    assert_eq!(employee["absence_entitlement"]["value"], json!([]));
    assert_eq!(employee["position"]["label"], "Job title", "the company's own word");
    assert_eq!(employee["dynamic_1"]["universal_id"], Json::Null);
    assert_eq!(employee["dynamic_2"]["universal_id"], "date_of_birth");
    for key in ["created_at", "last_modified_at"] {
        assert_eq!(employee[key]["type"], "date");
        assert!(employee[key]["value"].is_string(), "never null");
    }
}

#[tokio::test]
async fn employees_who_are_not_there_are_404_in_the_documented_words() {
    let (_muster, client, _) = with_employees(1).await;
    for id in ["99", "0", "-1", "2147483648", "99999999999999999999", "abc", "1.0", "%20", "%2B1", "+1"] {
        let answer = client.get(&format!("/v1/company/employees/{id}")).await;
        assert_eq!((answer.status, answer.message()), (404, "Es ist ein Problem aufgetreten"), "{id}");
        assert!(answer.body["error"]["error_data"]["employee_id"][0].is_string(), "{}", answer.body);
    }
}

#[tokio::test]
async fn attributes_are_listed_as_far_as_they_are_readable() {
    let (muster, admin, _) = with_employees(0).await;
    let all = admin.get("/v1/company/employees/attributes").await;
    let keys: Vec<_> = all.body["data"].as_array().expect("a list").iter().map(|one| one["key"].clone()).collect();
    assert_eq!(keys.len(), 32 + 8);
    assert_eq!(keys[0], "id");
    let tags = all.body["data"].as_array().and_then(|list| list.iter().find(|one| one["key"] == "dynamic_7"));
    let wanted = json!({
        "key": "dynamic_7", "label": "Languages", "type": "tags", "universal_id": null,
        "options": ["German", "English", "French"],
    });
    assert_eq!(tags, Some(&wanted));
    let alias = admin.get("/v1/company/employees/custom-attributes").await;
    assert_eq!(alias.body, all.body);

    let some = muster.client(&["employees:read"], &["first_name", "dynamic_7"]).await;
    let listed = some.get("/v1/company/employees/attributes").await;
    let keys: Vec<_> = listed.body["data"].as_array().expect("a list").iter().map(|one| &one["key"]).collect();
    assert_eq!(keys, ["id", "first_name", "dynamic_7"]);
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_say_so() {
    place::needs_own_process("answers to / and OPTIONS, which the emulator gives itself");
    let (_muster, client, _) = with_employees(0).await;
    for path in
        ["/", "/v1", "/v1/company", "/v1/company/nothing", "/v2/persons", "/v1/company/employees/1/x", "/V1/auth"]
    {
        let answer = client.get(path).await;
        assert_eq!((answer.status, answer.message()), (404, "There is nothing at this path."), "{path}");
    }
    // What is no text names nothing.
    for path in [
        "employees/%ff",
        "employees/1%ff/profile-picture",
        "employees/1/profile-picture/%ff",
        "employees/%ff/absences/balance",
        "attendances/%ff",
        "time-offs/%c3%28",
        "absence-periods/%ff",
        "documents/%ff",
        "documents/%ff/download",
    ] {
        let answer = client.get(&format!("/v1/company/{path}")).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        assert!(!answer.message().is_empty() && answer.header("authorization").starts_with("Bearer "), "{path}");
    }
    for (method, path, allow) in [
        ("DELETE", "/v1/company/employees", "GET,HEAD,POST"),
        ("PUT", "/v1/company/employees/1", "GET,HEAD,PATCH"),
        ("POST", "/v1/company/employees/attributes", "GET,HEAD"),
        ("GET", "/v1/auth", "POST"),
        ("OPTIONS", "/v1/auth", "POST"),
    ] {
        let answer = tests::Answer::of(client.request(method, path)).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert!(!answer.message().is_empty());
        let allowed: BTreeSet<_> = answer.header("allow").split(',').map(str::trim).collect();
        assert_eq!(allowed, allow.split(',').collect(), "{method} {path}");
    }
}

#[tokio::test]
async fn answers_are_json_whatever_is_accepted_and_closed_to_other_origins() {
    place::needs_own_process("request ids that are not API Gateway's");
    let (_muster, client, _) = with_employees(1).await;
    let request = client
        .request("GET", "/v1/company/employees")
        .header("accept", "image/png")
        .header("origin", "https://elsewhere.example")
        .header("x-personio-partner-id", "PARTNER")
        .header("x-personio-app-id", "APP")
        .body("a body that a GET should not have");
    let answer = tests::Answer::of(request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.header("x-request-id").is_empty());
    let named = client.request("GET", "/v1/company/employees").header("x-request-id", "trace-0123456789");
    assert_eq!(tests::Answer::of(named).await.header("x-request-id"), "trace-0123456789");
    let head = tests::Answer::of(client.request("HEAD", "/v1/company/employees")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}
