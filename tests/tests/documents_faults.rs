//! A record and an object are two systems. Whatever fails between them, at any
//! step: no record points to an object that is missing, and no object stays that
//! no record knows.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value as Json;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;
use shared::aws::uploads::Kind;
use tests::Client;
use tests::Muster;
use tests::faults;
use tests::faults::Fault;
use tests::faults::Faults;
use tests::storage;

const PATH: &str = "/v1/company/documents";
const PDF: &[u8] = b"%PDF-1.7\nfor the faults\n";
const ALL: [Fault; 4] = [Fault::CutBefore, Fault::CutAfter, Fault::Refused, Fault::AnswerLost];

/// A company whose storage can fail, and the same company without faults.
struct Scene {
    sound: Muster,
    _faulty: Muster,
    faults: Faults,
    client: Client,
    employee: u64,
}

impl Scene {
    async fn new() -> Self {
        let (sound, admin, employees) = Muster::staffed(1).await;
        let (deps, faults) = faults::deps(sound.deps.clock.clone()).await;
        let served = Muster::serve(deps, sound.company.clone()).await;
        let client = served.bearer(admin.token.as_deref().expect("a token"));
        // Credential and settings are kept from here on, so that each case counts the same calls.
        assert_eq!(client.get(&format!("{PATH}?limit=1")).await.status, 200);
        Self { sound, _faulty: served, faults, client, employee: employees[0] }
    }

    async fn objects(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for place in ["files", "staging"] {
            let listed = storage::objects().list(&format!("{place}/{}/", self.sound.company)).await;
            all.extend(listed.expect("a list"));
        }
        all
    }

    /// Each record can be downloaded, and after a sweep nothing is there but what records have.
    async fn check(&self, what: &str) -> usize {
        let admin = self.sound.admin().await;
        let documents = admin.get(PATH).await.body["data"].as_array().expect("a list").clone();
        for document in &documents {
            let download = admin.get(&format!("{PATH}/{}/download", document["id"])).await;
            let got = reqwest::get(download.header("location")).await.expect("an answer");
            assert_eq!(got.status(), 200, "{what}: a record without its file");
            assert_eq!(got.bytes().await.expect("a body").as_ref(), PDF, "{what}");
        }
        self.sound.advance(Duration::from_hours(2));
        while self.sound.sweep(Kind::File).await > 0 {}
        // Staging is emptied by the bucket itself on AWS, and by the upload's sweep here.
        assert_eq!(self.objects().await.len(), documents.len(), "{what}: a file that no record has");
        documents.len()
    }
}

fn announced(employee: u64) -> Json {
    let sha256 = shared::wire::hex(&Sha256::digest(PDF));
    json!({"title": "T", "employee_id": employee, "category_id": 1, "file_name": "a.pdf", "size": PDF.len(), "sha256": sha256})
}

async fn upload(client: &Client, employee: u64) -> u16 {
    let fields = [("title", "T"), ("employee_id", &employee.to_string()), ("category_id", "1")];
    client.upload(&fields, Some(("a.pdf", PDF))).await.status
}

/// Begins an upload without faults and sends its file.
async fn sent(scene: &Scene) -> Json {
    let begun = scene.sound.admin().await.post(&format!("{PATH}/uploads"), &announced(scene.employee)).await;
    let upload = &begun.body["data"];
    let mut request = reqwest::Client::new().put(upload["url"].as_str().expect("a URL")).body(PDF);
    for (name, value) in upload["headers"].as_object().expect("headers") {
        request = request.header(name, value.as_str().expect("a text"));
    }
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    json!({"upload_id": upload["upload_id"]})
}

#[tokio::test]
async fn an_upload_that_breaks_off_anywhere_leaves_nothing_behind() {
    let mut steps = 0;
    for fault in ALL {
        for call in 0.. {
            let scene = Box::pin(Scene::new()).await;
            scene.faults.plan(call, fault);
            let status = upload(&scene.client, scene.employee).await;
            let calls = scene.faults.end();
            let stored = scene.check(&format!("{fault:?} at {call}")).await;
            // An answer of success is kept; one of failure may hide what was done when its answer was lost.
            assert!(status != 201 || stored == 1, "{fault:?} at {call}: acknowledged and lost");
            steps = steps.max(calls);
            if calls <= call {
                assert_eq!((status, stored), (201, 1), "without a fault");
                break;
            }
        }
    }
    assert!(steps >= 6, "{steps} calls were cut");
}

#[tokio::test]
async fn a_presigned_upload_that_breaks_off_anywhere_leaves_nothing_behind() {
    for fault in ALL {
        for call in 0.. {
            let scene = Box::pin(Scene::new()).await;
            let finish = sent(&scene).await;
            scene.faults.plan(call, fault);
            let status = scene.client.post(PATH, &finish).await.status;
            let calls = scene.faults.end();
            let stored = scene.check(&format!("{fault:?} at {call}")).await;
            assert!(status != 201 || stored == 1, "{fault:?} at {call}: acknowledged and lost");
            if calls <= call {
                assert_eq!((status, stored), (201, 1), "without a fault");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_deletion_that_breaks_off_anywhere_is_finished_by_a_sweep() {
    for fault in ALL {
        for call in 0.. {
            let scene = Box::pin(Scene::new()).await;
            assert_eq!(upload(&scene.client, scene.employee).await, 201);
            scene.faults.plan(call, fault);
            let status = scene.client.delete(&format!("{PATH}/1")).await.status;
            let calls = scene.faults.end();
            let stored = scene.check(&format!("{fault:?} at {call}")).await;
            assert!(status != 204 || stored == 0, "{fault:?} at {call}: acknowledged and still there");
            if calls <= call {
                assert_eq!((status, stored), (204, 0), "without a fault");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_sweep_takes_nothing_from_an_upload_that_is_under_way() {
    let scene = Box::pin(Scene::new()).await;
    let finish = sent(&scene).await;
    assert_eq!(scene.sound.sweep(Kind::File).await, 0);
    let admin = scene.sound.admin().await;
    assert_eq!(admin.post(PATH, &finish).await.status, 201);
    // One that began an hour ago is over, and finding that out stores nothing.
    let late = sent(&scene).await;
    scene.sound.advance(Duration::from_mins(61));
    // That, and what the first one may have left in staging.
    assert_eq!(scene.sound.sweep(Kind::File).await, 2);
    assert_eq!(admin.post(PATH, &late).await.status, 404);
    assert_eq!(scene.check("late").await, 1);
}
