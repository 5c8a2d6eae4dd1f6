//! A picture is a value of a record and objects in the bucket. Whatever fails
//! between them, at any step: who has a picture can see it, and no object stays
//! that no record knows.

use std::time::Duration;

use shared::aws::uploads::Kind;
use tests::Client;
use tests::Muster;
use tests::faults;
use tests::faults::Fault;
use tests::faults::Faults;
use tests::picture;
use tests::storage;

const ALL: [Fault; 4] = [Fault::CutBefore, Fault::CutAfter, Fault::Refused, Fault::AnswerLost];

/// A company whose storage can fail, and the same company without faults.
struct Scene {
    sound: Muster,
    _faulty: Muster,
    faults: Faults,
    /// A client whose calls can fail, and one whose calls do not.
    client: Client,
    admin: Client,
    employee: u64,
    path: String,
    /// The picture that is there before anything fails, and its width of 4.
    before: Vec<u8>,
}

impl Scene {
    async fn new() -> Self {
        let (sound, admin, employees) = Muster::staffed(1).await;
        let (deps, faults) = faults::deps(sound.deps.clock.clone()).await;
        let served = Muster::serve(deps, sound.company.clone()).await;
        let client = served.bearer(admin.token.as_deref().expect("a token"));
        let path = format!("/v1/company/employees/{}/profile-picture", employees[0]);
        let before = picture::random(8, 8);
        assert_eq!(admin.set_picture(employees[0], &before).await.status, 200);
        assert_eq!(admin.get(&format!("{path}/4")).await.status, 200);
        // The credential is kept from here on, so that each case counts the same calls.
        assert_eq!(client.get("/v1/company/employees?limit=1").await.status, 200);
        Self { sound, _faulty: served, faults, client, admin, employee: employees[0], path, before }
    }

    /// What the record has, after a sweep: a picture that can be seen in every width and nothing else, or nothing.
    async fn check(&self, what: &str) -> Option<Vec<u8>> {
        let seen = self.admin.get(&self.path).await;
        let has_one = !self.admin.value(self.employee, "profile_picture").await.is_null();
        assert_eq!(seen.status == 200, has_one, "{what}: a record without its picture: {}", seen.status);
        self.sound.advance(Duration::from_hours(2));
        while self.sound.sweep(Kind::Picture).await > 0 {}
        let listed = storage::objects().list(&format!("pictures/{}/", self.sound.company)).await.expect("a list");
        let originals = listed.iter().filter(|key| key.ends_with("/original")).count();
        assert_eq!(originals, usize::from(has_one), "{what}: {listed:?}");
        let places: std::collections::BTreeSet<_> = listed.iter().filter_map(|key| key.rsplit_once('/')).collect();
        let places: std::collections::BTreeSet<_> = places.into_iter().map(|(place, _)| place).collect();
        assert_eq!(places.len(), usize::from(has_one), "{what}: sizes of a picture that is gone: {listed:?}");
        if has_one {
            assert_eq!(self.admin.get(&format!("{}/3", self.path)).await.status, 200, "{what}");
        }
        has_one.then_some(seen.bytes)
    }
}

#[tokio::test]
async fn a_picture_that_replaces_another_is_there_or_the_other_still_is() {
    let mut steps = 0;
    for fault in ALL {
        for call in 0.. {
            let scene = Box::pin(Scene::new()).await;
            let after = picture::random(8, 8);
            scene.faults.plan(call, fault);
            let status = scene.client.set_picture(scene.employee, &after).await.status;
            let calls = scene.faults.end();
            let what = format!("{fault:?} at {call}");
            let stored = scene.check(&what).await.expect("one of the two");
            assert!(stored == after || stored == scene.before, "{what}: another picture");
            assert!(status != 200 || stored == after, "{what}: acknowledged and lost");
            steps = steps.max(calls);
            if calls <= call {
                assert_eq!((status, stored == after), (200, true), "without a fault");
                break;
            }
        }
    }
    assert!(steps >= 7, "{steps} calls were cut");
}

#[tokio::test]
async fn a_picture_that_is_removed_is_gone_or_still_there() {
    for fault in ALL {
        for call in 0.. {
            let scene = Box::pin(Scene::new()).await;
            scene.faults.plan(call, fault);
            let status = scene.client.delete(&scene.path).await.status;
            let calls = scene.faults.end();
            let stored = scene.check(&format!("{fault:?} at {call}")).await;
            assert!(status != 204 || stored.is_none(), "{fault:?} at {call}: acknowledged and still there");
            if calls <= call {
                assert_eq!((status, stored), (204, None), "without a fault");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_size_that_could_not_be_kept_is_made_again() {
    for fault in ALL {
        for call in 0.. {
            let scene = Box::pin(Scene::new()).await;
            scene.faults.plan(call, fault);
            let status = scene.client.get(&format!("{}/5", scene.path)).await.status;
            let calls = scene.faults.end();
            assert_eq!(scene.admin.get(&format!("{}/5", scene.path)).await.status, 200);
            assert_eq!(scene.check(&format!("{fault:?} at {call}")).await, Some(scene.before));
            if calls <= call {
                assert_eq!(status, 200, "without a fault");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_size_that_comes_after_its_picture_has_gone_is_swept() {
    let scene = Box::pin(Scene::new()).await;
    let key = storage::objects().list(&format!("pictures/{}/", scene.sound.company)).await.expect("a list");
    let late = key[0].replace("4.png", "5.png");
    assert_eq!(scene.admin.delete(&scene.path).await.status, 204);
    // Somebody had read the record before, and keeps a size only now.
    let content = shared::aws::objects::Content::of("image/png", &scene.before);
    storage::objects().put_bytes(&late, scene.before.clone(), &content).await.expect("an object");
    assert_eq!(scene.check("late").await, None);
}
