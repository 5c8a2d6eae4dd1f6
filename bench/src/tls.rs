//! TLS in front of the embedded store, so that functions do for it what they do for AWS.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use tokio::io;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// An authority of its own, and a certificate that it gave to `localhost`.
#[derive(Debug)]
pub(crate) struct Authority {
    /// Its certificate, as PEM: who trusts it finds the store's certificate good.
    pub(crate) root: String,
    config: Arc<ServerConfig>,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let mut root = CertificateParams::new(Vec::new())?;
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_key = KeyPair::generate()?;
        let root_certificate = root.self_signed(&root_key)?;
        let key = KeyPair::generate()?;
        let leaf = CertificateParams::new(vec!["localhost".to_owned()])?;
        let certificate = leaf.signed_by(&key, &Issuer::new(root, root_key))?;
        let key = PrivateKeyDer::try_from(key.serialize_der())?;
        let config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(Self { root: root_certificate.pem(), config: Arc::new(config) })
    }

    /// Serves TLS on a port of its own and passes on what comes; tells the port.
    pub(crate) async fn front(&self, store: SocketAddr) -> io::Result<u16> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let acceptor = TlsAcceptor::from(self.config.clone());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                // A function is killed with its connections open; how they end says nothing.
                tokio::spawn(async move { pass_on(acceptor, connection, store).await });
            }
        });
        Ok(port)
    }
}

async fn pass_on(acceptor: TlsAcceptor, connection: TcpStream, store: SocketAddr) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut outside = acceptor.accept(connection).await?;
    let mut inside = TcpStream::connect(store).await?;
    inside.set_nodelay(true)?;
    io::copy_bidirectional(&mut outside, &mut inside).await.map(drop)
}
