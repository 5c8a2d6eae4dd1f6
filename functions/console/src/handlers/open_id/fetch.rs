//! Asking a provider: TLS as the AWS SDK has it, a time limit and a limit of what is read; redirects are not followed.

use std::sync::OnceLock;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Request;
use axum::http::uri::Scheme;
use http_body_util::BodyExt;
use http_body_util::Collected;
use http_body_util::Full;
use http_body_util::Limited;
use hyper_rustls::HttpsConnector;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;

use crate::handlers::open_id::Trouble;

/// For one answer. A sign-in has up to four, and all of them come before Lambda gives up after 20 seconds.
const PATIENCE: Duration = Duration::from_secs(4);
/// Bytes of an answer; those of large providers have some 20 KB.
const MOST: usize = 256 * 1024;

/// Connections to a provider. Certificates of the machine are read at the first use, and only where there is TLS.
#[derive(Debug, Default)]
pub struct Fetch {
    plain: OnceLock<Client<HttpConnector, Full<Bytes>>>,
    tls: OnceLock<Client<HttpsConnector<HttpConnector>, Full<Bytes>>>,
}

/// What was asked for, for the log.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// How the provider describes itself.
    Description,
    /// Its public keys.
    Keys,
    /// Tokens for a code.
    Tokens,
    /// What it knows of the user.
    User,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Description => "the provider's description",
            Self::Keys => "the provider's keys",
            Self::Tokens => "the token endpoint",
            Self::User => "the userinfo endpoint",
        }
    }
}

impl Fetch {
    /// Sends a request and reads JSON. Whatever the provider says instead is nowhere in what is told of it.
    pub async fn json<T: DeserializeOwned>(&self, what: What, request: Request<Full<Bytes>>) -> Result<T, Trouble> {
        let silent = |why: &str| Trouble::Silent(format!("{}: {why}", what.name()));
        let bytes = tokio::time::timeout(PATIENCE, self.bytes(what, request));
        let bytes = bytes.await.map_err(|_| silent("no answer in time"))??;
        serde_json::from_slice(&bytes).map_err(|_| silent("the answer cannot be read"))
    }

    async fn bytes(&self, what: What, request: Request<Full<Bytes>>) -> Result<Bytes, Trouble> {
        let silent = |why: String| Trouble::Silent(format!("{}: {why}", what.name()));
        let answered = if request.uri().scheme() == Some(&Scheme::HTTP) {
            self.plain.get_or_init(|| Client::builder(TokioExecutor::new()).build_http()).request(request).await
        } else {
            self.tls()?.request(request).await
        };
        let response = answered.map_err(|_| silent("it cannot be reached".to_owned()))?;
        let status = response.status();
        if !status.is_success() {
            return Err(silent(format!("the answer was {}", status.as_u16())));
        }
        let body = Limited::new(response.into_body(), MOST).collect().await;
        body.map(Collected::to_bytes).map_err(|_| silent("the answer broke off or is too long".to_owned()))
    }

    fn tls(&self) -> Result<&Client<HttpsConnector<HttpConnector>, Full<Bytes>>, Trouble> {
        if let Some(client) = self.tls.get() {
            return Ok(client);
        }
        let builder = HttpsConnectorBuilder::new().with_native_roots();
        let builder = builder.map_err(|_| Trouble::Silent("this machine has no certificates to trust".to_owned()))?;
        let connector = builder.https_only().enable_http1().build();
        Ok(self.tls.get_or_init(|| Client::builder(TokioExecutor::new()).build(connector)))
    }
}
