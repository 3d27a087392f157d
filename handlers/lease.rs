//! Work that only one worker does at a time.

use std::time::Duration;

use crate::App;
use crate::host::Failure;

/// How long a lease lasts without renewal.
const TTL: Duration = Duration::from_secs(60);
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(20);

/// What became of work under a lease.
pub enum Leased<T> {
    /// It was done.
    Done(T),
    /// Somebody else is at it, or the lease was lost on the way: the work was stopped.
    Taken,
}

/// Does work while holding a lease on a key, and stops it when the lease is lost.
///
/// The lease is a courtesy among workers: whoever writes still writes conditionally.
pub async fn leased<T>(
    app: &App,
    key: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<Leased<T>, Failure> {
    let lease = match app.store.lease(key, TTL).await {
        Err(error) if error.kind() == platform::Kind::Taken => return Ok(Leased::Taken),
        lease => lease?,
    };
    let mut work = std::pin::pin!(work);
    let done = loop {
        tokio::select! {
            done = &mut work => break done.map(Leased::Done),
            () = app.clock.sleep(RENEWAL) => {}
        }
        match app.store.renew(&lease).await {
            Err(error) if error.kind() == platform::Kind::Taken => return Ok(Leased::Taken),
            renewed => renewed?,
        }
    };
    app.store.release(lease).await?;
    done
}
