//! The documents function on Lambda.

use shared::lambda::ReadAhead;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::run_with_objects(ReadAhead::Company, documents::router).await
}
