//! Files in the bucket. Records say what they are; here they are bytes under a key.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Intercept;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::try_join_all;
use sha2::Digest;
use sha2::Sha256;

use crate::aws::table::classify;
use crate::aws::table::is;
use crate::error::Error;

/// Characters of a name that stay as they are in a header's extended form (RFC 5987).
const PLAIN: &[u8] = b"!#$&+-.^_`|~";

/// The bucket, and the client that reaches it.
#[derive(Clone)]
pub struct Objects {
    client: Client,
    /// Signs and sends nothing, so nothing is counted.
    signer: Client,
    bucket: Arc<str>,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

/// What is known of an object's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its bytes.
    pub size: u64,
    /// Its media type.
    pub media_type: String,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

impl Content {
    /// What is known of bytes that are here.
    #[must_use]
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self { size: bytes.len() as u64, media_type: media_type.to_owned(), sha256: Sha256::digest(bytes).into() }
    }
}

/// A request that its bearer may make once it has the content, without any other right.
#[derive(Clone, PartialEq, Eq)]
pub struct Presigned {
    /// Where to send it.
    pub url: String,
    /// The headers that must come with it, as they are.
    pub headers: BTreeMap<String, String>,
}

impl fmt::Debug for Presigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the address: whoever has it needs nothing else.
        f.debug_struct("Presigned").finish_non_exhaustive()
    }
}

impl Objects {
    /// A bucket by name.
    #[must_use]
    pub fn new(client: Client, signer: Client, bucket: &str) -> Self {
        Self { client, signer, bucket: bucket.into() }
    }

    /// The same bucket through clients whose every call an interceptor sees, and may refuse; what is signed is one, too.
    #[must_use]
    pub fn watched_by<I: Intercept + 'static>(&self, interceptor: impl Fn() -> I) -> Self {
        let watched =
            |client: &Client| Client::from_conf(client.config().to_builder().interceptor(interceptor()).build());
        Self { client: watched(&self.client), signer: watched(&self.signer), bucket: Arc::clone(&self.bucket) }
    }

    /// Stores a file; S3 refuses it if the bytes that arrive have another SHA-256.
    pub async fn put_file(&self, key: &str, file: &Path, content: &Content) -> Result<(), Error> {
        let body = ByteStream::from_path(file).await;
        let body = body.map_err(|_| Error::Internal("PutObject: the file cannot be read".to_owned()))?;
        self.put(key, body, content).await
    }

    /// Stores bytes.
    pub async fn put_bytes(&self, key: &str, bytes: Vec<u8>, content: &Content) -> Result<(), Error> {
        self.put(key, ByteStream::from(bytes), content).await
    }

    async fn put(&self, key: &str, body: ByteStream, content: &Content) -> Result<(), Error> {
        self.client
            .put_object()
            .bucket(&*self.bucket)
            .key(key)
            .content_length(signed(content.size)?)
            .content_type(&content.media_type)
            .checksum_sha256(STANDARD.encode(content.sha256))
            .body(body)
            .send()
            .await
            .map(drop)
            .map_err(|error| classify("PutObject", &error))
    }

    /// Size, media type and SHA-256 of an object; none if there is no object, or one without a checksum.
    pub async fn head(&self, key: &str) -> Result<Option<Content>, Error> {
        let head = self.client.head_object().bucket(&*self.bucket).key(key).checksum_mode(ChecksumMode::Enabled);
        let output = match head.send().await {
            Ok(output) => output,
            Err(error) if is(&error, "NotFound") || is(&error, "NoSuchKey") => return Ok(None),
            Err(error) => return Err(classify("HeadObject", &error)),
        };
        let sha256 = output.checksum_sha256().and_then(|text| STANDARD.decode(text).ok());
        let sha256 = sha256.and_then(|bytes| bytes.try_into().ok());
        let size = output.content_length().and_then(|size| u64::try_from(size).ok());
        let media_type = output.content_type().unwrap_or_default().to_owned();
        Ok(size.zip(sha256).map(|(size, sha256)| Content { size, media_type, sha256 }))
    }

    /// The first bytes of an object, so many at most; none if there is no object.
    pub async fn read(&self, key: &str, most: u64) -> Result<Option<Vec<u8>>, Error> {
        let range = format!("bytes=0-{}", most.saturating_sub(1));
        let output = match self.client.get_object().bucket(&*self.bucket).key(key).range(range).send().await {
            Ok(output) => output,
            Err(error) if is(&error, "NoSuchKey") => return Ok(None),
            Err(error) => return Err(classify("GetObject", &error)),
        };
        let bytes = output.body.collect().await;
        let broken = |_| Error::Unavailable("GetObject: an answer that broke off".to_owned());
        Ok(Some(bytes.map_err(broken)?.into_bytes().to_vec()))
    }

    /// Copies an object within the bucket, without its bytes coming here; `false` if it is not there.
    pub async fn copy(&self, from: &str, to: &str) -> Result<bool, Error> {
        let copied = self
            .client
            .copy_object()
            .bucket(&*self.bucket)
            .copy_source(format!("{}/{from}", self.bucket))
            .key(to)
            .send()
            .await;
        match copied {
            Ok(_) => Ok(true),
            Err(error) if is(&error, "NoSuchKey") => Ok(false),
            Err(error) => Err(classify("CopyObject", &error)),
        }
    }

    /// Removes an object; one that is not there is as good as removed.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let delete = self.client.delete_object().bucket(&*self.bucket).key(key);
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) if is(&error, "NoSuchKey") => Ok(()),
            Err(error) => Err(classify("DeleteObject", &error)),
        }
    }

    /// The keys that begin with a prefix; a thousand at most.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let list = self.client.list_objects_v2().bucket(&*self.bucket).prefix(prefix);
        let output = list.send().await.map_err(|error| classify("ListObjectsV2", &error))?;
        Ok(output.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect())
    }

    /// Removes the objects whose keys begin with a prefix, of which there are few.
    pub async fn delete_all(&self, prefix: &str) -> Result<(), Error> {
        let keys = self.list(prefix).await?;
        try_join_all(keys.iter().map(|key| self.delete(key))).await.map(drop)
    }

    /// An address from which an object can be downloaded for some time, to be saved under a name.
    pub async fn presign_download(
        &self,
        key: &str,
        lifetime: Duration,
        media_type: &str,
        name: &str,
    ) -> Result<String, Error> {
        let get = self
            .signer
            .get_object()
            .bucket(&*self.bucket)
            .key(key)
            .response_content_type(media_type)
            .response_content_disposition(attachment(name));
        let presigned = get.presigned(expiring(lifetime)?).await;
        Ok(presigned.map_err(|error| classify("GetObject", &error))?.uri().to_owned())
    }

    /// A request with which this content, and no other, can be uploaded for some time.
    pub async fn presign_upload(&self, key: &str, lifetime: Duration, content: &Content) -> Result<Presigned, Error> {
        let put = self
            .signer
            .put_object()
            .bucket(&*self.bucket)
            .key(key)
            .content_length(signed(content.size)?)
            .content_type(&content.media_type)
            .checksum_sha256(STANDARD.encode(content.sha256));
        let presigned = put.presigned(expiring(lifetime)?).await.map_err(|error| classify("PutObject", &error))?;
        let headers = presigned.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Presigned { url: presigned.uri().to_owned(), headers })
    }
}

fn signed(size: u64) -> Result<i64, Error> {
    i64::try_from(size).map_err(|_| Error::Internal("a file has more bytes than there are".to_owned()))
}

fn expiring(lifetime: Duration) -> Result<PresigningConfig, Error> {
    PresigningConfig::expires_in(lifetime).map_err(|_| Error::Internal("an address cannot live so long".to_owned()))
}

/// A header that makes whoever gets a file save it under a name, and never show it.
#[must_use]
pub fn attachment(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) { c } else { '_' }).collect();
    let encoded = name.bytes().fold(String::new(), |encoded, byte| {
        if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
            encoded + &char::from(byte).to_string()
        } else {
            encoded + &format!("%{byte:02X}")
        }
    });
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_into_a_header_in_both_forms() {
        let wanted = "attachment; filename=\"Lohn_M_rz_1.pdf\"; filename*=UTF-8''Lohn%20M%C3%A4rz%221.pdf";
        assert_eq!(attachment("Lohn März\"1.pdf"), wanted);
    }
}
