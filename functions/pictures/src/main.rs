//! The pictures function on Lambda.

use shared::lambda::read_ahead;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::run_with_objects(read_ahead::nothing, pictures::router).await
}
