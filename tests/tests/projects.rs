//! Projects: what attendance is booked on.

use serde_json::Value as Json;
use serde_json::json;
use tests::Answer;
use tests::Client;
use tests::Muster;

const PATH: &str = "/v1/company/attendances/projects";

async fn start() -> (Muster, Client) {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    (muster, client)
}

async fn create(client: &Client, body: Json) -> Answer {
    client.post(PATH, &body).await
}

async fn book(client: &Client, employee: u64, date: &str, project: &Json) -> Answer {
    let row = json!({
        "employee": employee, "date": date, "start_time": "08:00", "end_time": "09:00", "break": 0,
        "project_id": project,
    });
    client.post("/v1/company/attendances", &json!({"attendances": [row]})).await
}

async fn booked(client: &Client) -> Json {
    let path = "/v1/company/attendances?start_date=2026-01-01&end_date=2026-12-31";
    client.get(path).await.body["data"][0]["attributes"]["project"].clone()
}

#[tokio::test]
async fn a_project_is_created_listed_changed_and_deleted() {
    let (_muster, client) = start().await;
    let created = create(&client, json!({"name": " Ride app ", "active": "True"})).await;
    assert_eq!(created.status, 200, "{}", created.body);
    let project = &created.body["data"];
    assert_eq!((&project["type"], &project["attributes"]["name"]), (&json!("Project"), &json!("Ride app")));
    assert_eq!(project["attributes"]["active"], true);
    for time in ["created_at", "updated_at"] {
        assert!(project["attributes"][time].as_str().is_some_and(|text| text.len() == 25), "{project}");
    }
    let quiet = create(&client, json!({"name": "Quiet", "active": null})).await;
    assert_eq!(quiet.body["data"]["attributes"]["active"], false, "a project is not active unless that is said");
    let form = "application/x-www-form-urlencoded";
    let empty = client.send("POST", PATH, form, "name=Empty&active=").await;
    assert_eq!((empty.status, &empty.body["data"]["attributes"]["active"]), (200, &json!(false)), "{}", empty.body);
    assert_eq!(client.delete(&format!("{PATH}/{}", empty.body["data"]["id"])).await.status, 204);
    let list = client.get(PATH).await;
    assert_eq!(list.body["success"], true);
    let names: Vec<_> =
        list.body["data"].as_array().expect("a list").iter().map(|one| &one["attributes"]["name"]).collect();
    assert_eq!(names, ["Launch", "Ride app", "Quiet"]);
    let path = format!("{PATH}/{}", project["id"]);
    let renamed = client.patch(&path, &json!({"name": "Ride app 2", "active": null})).await;
    assert_eq!(renamed.body["data"]["attributes"]["name"], "Ride app 2");
    assert_eq!(renamed.body["data"]["attributes"]["active"], true, "what is not sent stays");
    let renamed = client.send("PATCH", &path, form, "name=Ride+app&active=+").await;
    assert_eq!((renamed.status, &renamed.body["data"]["attributes"]["active"]), (200, &json!(true)));
    let deleted = client.delete(&path).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    for answer in [client.delete(&path).await, client.patch(&path, &json!({"active": true})).await] {
        let text = format!("Project {} not found", project["id"]);
        assert_eq!((answer.status, &answer.body), (404, &json!({"success": false, "message": text})));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_project_is_said_by_field() {
    let (_muster, client) = start().await;
    for (body, fields) in [
        (json!({}), json!({"name": ["Project name cannot be empty"]})),
        (json!({"name": "  "}), json!({"name": ["Project name cannot be empty"]})),
        (json!({"name": 7}), json!({"name": ["Project name needs to be of type string"]})),
        (
            json!({"name": "x".repeat(256)}),
            json!({"name": ["Project name must be one line of at most 255 characters"]}),
        ),
        (
            json!({"name": "", "active": "perhaps"}),
            json!({"active": ["Active field needs to be of type boolean"], "name": ["Project name cannot be empty"]}),
        ),
        (
            json!({"name": "LAUNCH", "active": true}),
            json!({"name": ["An active project with this name exists already"]}),
        ),
    ] {
        let answer = create(&client, body.clone()).await;
        assert_eq!((answer.status, &answer.body), (400, &json!({"success": false, "error": fields})), "{body}");
    }
    assert_eq!(client.get(PATH).await.body["data"].as_array().map(Vec::len), Some(1));
    for id in ["0", "x", "99999999999"] {
        let answer = client.patch(&format!("{PATH}/{id}"), &json!({"active": true})).await;
        assert_eq!((answer.status, &answer.body["success"]), (404, &json!(false)), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_name_is_free_again_when_its_project_is_closed_or_deleted() {
    let (_muster, client) = start().await;
    // The name of a project that is not active is nobody's.
    let second = create(&client, json!({"name": "launch"})).await.body["data"]["id"].clone();
    let path = format!("{PATH}/{second}");
    let taken = client.patch(&path, &json!({"active": true})).await;
    assert_eq!(taken.body["error"]["name"][0], "An active project with this name exists already");
    assert_eq!(client.patch(&format!("{PATH}/1"), &json!({"active": false})).await.status, 200);
    assert_eq!(client.patch(&path, &json!({"active": true})).await.status, 200);
    assert_eq!(client.patch(&format!("{PATH}/1"), &json!({"active": true})).await.status, 400);
    assert_eq!(client.delete(&path).await.status, 204);
    assert_eq!(client.patch(&format!("{PATH}/1"), &json!({"active": true})).await.status, 200);
}

#[tokio::test]
async fn names_that_differ_in_case_are_one_name() {
    let (_muster, client) = start().await;
    for name in ["Straße", "ΑΣ"] {
        assert_eq!(create(&client, json!({"name": name, "active": true})).await.status, 200, "{name}");
    }
    // A sigma has two forms in lower case, of which one ends a word.
    for (name, status) in [("STRAßE", 400), ("ασ", 400), ("ας", 400), ("Ας", 400), ("ασα", 200), ("STRASSE", 200)]
    {
        let answer = create(&client, json!({"name": name, "active": true})).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_deleted_project_keeps_its_name_where_it_was_booked_on() {
    let (_muster, client) = start().await;
    let employee = client.create_employee(json!({})).await;
    let project = create(&client, json!({"name": "Old", "active": true})).await.body["data"]["id"].clone();
    assert_eq!(book(&client, employee, "2026-03-02", &project).await.status, 200);
    client.patch(&format!("{PATH}/{project}"), &json!({"name": "Renamed"})).await;
    assert_eq!(booked(&client).await["attributes"], json!({"name": "Renamed", "active": true}));
    assert_eq!(client.delete(&format!("{PATH}/{project}")).await.status, 204);
    assert_eq!(booked(&client).await["attributes"], json!({"name": "Renamed", "active": false}));
    let refused = book(&client, employee, "2026-03-03", &project).await;
    assert_eq!(
        refused.body["error"]["detailed_message"][0]["error_msg"],
        format!("The project {project} was deleted.")
    );
    // A change of something else leaves the project alone.
    let id =
        client.get("/v1/company/attendances?start_date=2026-03-02&end_date=2026-03-02").await.body["data"][0]["id"]
            .clone();
    let update = json!({"comment": "x", "project_id": project});
    assert_eq!(client.patch(&format!("/v1/company/attendances/{id}"), &update).await.status, 200);
}
