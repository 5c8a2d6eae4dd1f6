//! What the embedded S3 keeps of an object beside it, and that it goes with the object.

use std::io::ErrorKind;
use std::path::PathBuf;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::S3Request;
use s3s::S3Result;
use s3s::access::S3Access;
use s3s::dto::DeleteObjectInput;
use s3s::dto::DeleteObjectsInput;
use s3s::s3_error;

/// Asked before each call: `s3s-fs` keeps the media type and the digests of an object in files of its root folder, and
/// leaves them there when the object is deleted. A digest tells whether somebody had a certain file.
pub(super) struct Beside {
    root: PathBuf,
}

impl Beside {
    /// Of a root folder.
    pub(super) fn of(root: PathBuf) -> Self {
        Self { root }
    }

    /// Removes what lies beside an object that is about to be deleted. Before and not after it: whoever is cut off
    /// leaves an object, which is found and deleted later.
    async fn remove(&self, bucket: &str, key: &str) -> S3Result<()> {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let name = format!(".bucket-{}.object-{}", encode(bucket), encode(key));
        for kind in ["metadata", "internal"] {
            match tokio::fs::remove_file(self.root.join(format!("{name}.{kind}.json"))).await {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(s3_error!(InternalError)),
                _ => {}
            }
        }
        Ok(())
    }
}

#[async_trait]
impl S3Access for Beside {
    async fn delete_object(&self, request: &mut S3Request<DeleteObjectInput>) -> S3Result<()> {
        self.remove(&request.input.bucket, &request.input.key).await
    }

    async fn delete_objects(&self, request: &mut S3Request<DeleteObjectsInput>) -> S3Result<()> {
        for object in &request.input.delete.objects {
            self.remove(&request.input.bucket, &object.key).await?;
        }
        Ok(())
    }
}
