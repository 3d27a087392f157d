//! The port on which the Functions host expects its handler.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

/// The variable in which the host names the port.
const PORT: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";

/// Why the port cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The host's variable is missing or holds no port.
    #[error(
        "{PORT} is {0}; start this program by the Functions host, or set it to a free port, for example 7071"
    )]
    Unnamed(String),
    /// The port cannot be had.
    #[error(
        "cannot listen on 127.0.0.1:{port}, the port in {PORT}: {source}; stop what uses it or name another"
    )]
    Taken {
        /// The port that was asked for.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
}

/// Binds the loopback port that the host names: nobody outside this machine can reach it.
///
/// # Errors
/// [`PortError`] when the variable or the port is not usable.
pub async fn bind(named: Option<&str>) -> Result<TcpListener, PortError> {
    let named = named.ok_or_else(|| PortError::Unnamed("not set".to_owned()))?;
    let port = named.parse().map_err(|_| PortError::Unnamed("not a port number".to_owned()))?;
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .await
        .map_err(|source| PortError::Taken { port, source })
}

/// Answers calls until the process is killed, which is the only end the host knows.
///
/// # Errors
/// What the system says when the listener breaks.
pub async fn serve(listener: TcpListener, router: Router) -> io::Result<()> {
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
    });
    axum::serve(listener, router).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn refusals_name_the_variable_and_the_fix() {
        let refusal = async |named: Option<&str>| bind(named).await.unwrap_err().to_string();
        insta::assert_snapshot!(refusal(None).await, @"FUNCTIONS_CUSTOMHANDLER_PORT is not set; start this program by the Functions host, or set it to a free port, for example 7071");
        insta::assert_snapshot!(refusal(Some("70000")).await, @"FUNCTIONS_CUSTOMHANDLER_PORT is not a port number; start this program by the Functions host, or set it to a free port, for example 7071");
        let taken = bind(Some("0")).await.unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        assert!(
            refusal(Some(&port))
                .await
                .starts_with(&format!("cannot listen on 127.0.0.1:{port}, the port in"))
        );
    }
}
