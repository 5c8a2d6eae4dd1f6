//! The employees function on Lambda.

use shared::lambda::read_ahead;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::run(read_ahead::company, employees::router).await
}
