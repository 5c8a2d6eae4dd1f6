//! The employees function on Lambda.

use shared::lambda::ReadAhead;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::run(ReadAhead::Company, employees::router).await
}
