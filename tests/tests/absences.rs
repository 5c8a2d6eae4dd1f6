//! Kinds of absence.

use serde_json::json;
use shared::http::limits::Limits;
use tests::DEMO;
use tests::Muster;

const PATH: &str = "/v1/company/time-off-types";

#[tokio::test]
async fn kinds_of_absence_are_listed_in_days_and_hours() {
    let muster = Muster::with(DEMO, Limits::off()).await;
    let client = muster.client(&["absences:read"], &[]).await;
    let body = client.get(PATH).await.body;
    let attributes = |index: usize| body["data"][index]["attributes"].clone();
    assert_eq!(body["data"][0]["type"], "TimeOffType");
    assert_eq!(
        (&attributes(0)["name"], &attributes(0)["category"], &attributes(0)["unit"]),
        (&json!("Paid vacation"), &json!("paid_vacation"), &json!("day"))
    );
    assert_eq!((&attributes(0)["id"], &attributes(0)["approval_required"]), (&json!(1), &json!(true)));
    assert_eq!((&attributes(6)["name"], &attributes(6)["unit"]), (&json!("Doctor's appointment"), &json!("hour")));
    let v2 = attributes(0)["id_v2"].as_str().map(uuid::Uuid::try_parse);
    assert!(v2.is_some_and(|id| id.is_ok()), "{body}");
    assert_eq!(body["metadata"], json!({"total_elements": 7, "current_page": 1, "total_pages": 1}));
}

#[tokio::test]
async fn pages_have_numbers_and_zero_is_the_first() {
    let muster = Muster::with(DEMO, Limits::off()).await;
    let client = muster.client(&["absences:read"], &[]).await;
    let mut pages = Vec::new();
    for offset in 0..=4 {
        let body = client.get(&format!("{PATH}?limit=3&offset={offset}")).await.body;
        assert_eq!((&body["limit"], &body["offset"]), (&json!(3), &json!(offset)));
        assert_eq!(body["metadata"]["total_pages"], 3);
        assert_eq!(body["metadata"]["current_page"], offset.max(1));
        let data = body["data"].as_array().expect("a list");
        pages.push(data.iter().map(|one| one["attributes"]["id"].clone()).collect::<Vec<_>>());
    }
    assert_eq!(json!(pages), json!([[1, 2, 3], [1, 2, 3], [4, 5, 6], [7], []]));
    for bad in ["limit=0", "limit=1001", "offset=-1", "offset=x"] {
        assert_eq!(client.get(&format!("{PATH}?{bad}")).await.status, 400, "{bad}");
    }
    let empty = Muster::with("company: {id: x, name: X, time_zone: UTC}", Limits::off()).await;
    let body = empty.client(&["absences:read"], &[]).await.get(PATH).await.body;
    assert_eq!(body["metadata"], json!({"total_elements": 0, "current_page": 1, "total_pages": 0}));
    assert_eq!((&body["data"], &body["offset"]), (&json!([]), &json!(0)));
}
