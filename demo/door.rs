//! A second door to the same Wheelhouse, at which people sign in: the first lets in this machine alone.

use std::sync::Arc;

use anyhow::{Context, Result};
use platform::Clock;
use simulator::Simulator;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;
use wheelhouse::config::{Public, Settings};

/// The door; it closes when it is dropped.
pub struct Door {
    /// Its address.
    pub url: Url,
    server: JoinHandle<()>,
}

impl Door {
    /// Opens it at a port of this machine, 0 for a free one, and makes its address known to the tenants' sign-in.
    pub async fn open(
        simulator: &Simulator,
        settings: Settings,
        clock: Arc<dyn Clock>,
        port: u16,
    ) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.with_context(|| {
            format!("port {port} on 127.0.0.1 can't be used; give another one with --port")
        })?;
        // Browsers take cookies that ask for TLS from this name without it.
        let url: Url = format!("http://localhost:{}/", listener.local_addr()?.port()).parse()?;
        for path in ["consent/callback", "sign-in/callback"] {
            simulator.register_redirect(url.join(path)?);
        }
        let home_tenant = simulator.home_tenant().tenant_id().parse()?;
        let public = Some(Public { url: url.clone(), home_tenant });
        let router = wheelhouse::router(Settings { public, ..settings }, clock);
        let server = tokio::spawn(async move {
            if let Err(error) = wheelhouse::host::serve(listener, router).await {
                tracing::error!(%error, "the door broke");
            }
        });
        Ok(Self { url, server })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.server.abort();
    }
}
