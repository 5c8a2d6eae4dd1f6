//! Whether a muster is well is told without a credential, and truly.

use serde_json::json;
use tests::Muster;
use tests::faults;
use tests::faults::Fault;

#[tokio::test]
async fn health_is_that_of_the_store() {
    let muster = Muster::start().await;
    let (deps, faults) = faults::deps(muster.deps.clock.clone()).await;
    let served = Muster::serve(deps, muster.company.clone()).await;
    let nobody = served.anonymous();
    let well = json!({"success": true, "data": {"version": env!("CARGO_PKG_VERSION"), "storage": "ok"}});
    let answer = nobody.get("/health").await;
    assert_eq!((answer.status, answer.body), (200, well.clone()));
    faults.plan(0, Fault::CutBefore);
    let answer = nobody.get("/health").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{}", answer.body);
    assert_eq!(answer.message(), "The service is temporarily unavailable. Please try again.");
    let _ = faults.end();
    assert_eq!(nobody.get("/health").await.body, well, "as soon as the store is");
}
