//! Work that only one worker does at a time.

use std::time::Duration;

use platform::Lease;

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
    // Both go on at once: work that stood still while the lease is renewed could hold what the renewal waits for.
    let done = tokio::select! {
        biased;
        done = work => done.map(Leased::Done),
        lost = keep(app, &lease) => return lost.map(|Lost| Leased::Taken),
    };
    app.store.release(lease).await?;
    done
}

/// The lease is somebody else's now.
struct Lost;

/// Renews a lease again and again, until it is lost.
async fn keep(app: &App, lease: &Lease) -> Result<Lost, Failure> {
    loop {
        app.clock.sleep(RENEWAL).await;
        match app.store.renew(lease).await {
            Err(error) if error.kind() == platform::Kind::Taken => return Ok(Lost),
            renewed => renewed?,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use async_trait::async_trait;
    use bytes::Bytes;
    use chrono::DateTime;
    use platform::{Entry, Etag, Listing, ManualClock, Page, Store, When};
    use tokio::sync::Notify;

    use super::*;
    use crate::config::Settings;

    /// A store whose renewals wait for something that the work has to do.
    struct Slow {
        store: Arc<dyn Store>,
        asked: Arc<Notify>,
        answered: Arc<Notify>,
    }

    #[async_trait]
    impl Store for Slow {
        async fn get(&self, key: &str) -> platform::Result<Option<Entry>> {
            self.store.get(key).await
        }

        async fn put(&self, key: &str, bytes: Bytes, when: When) -> platform::Result<Etag> {
            self.store.put(key, bytes, when).await
        }

        async fn delete(&self, key: &str, when: When) -> platform::Result<()> {
            self.store.delete(key, when).await
        }

        async fn list(&self, prefix: &str, after: Option<Page>) -> platform::Result<Listing> {
            self.store.list(prefix, after).await
        }

        async fn lease(&self, key: &str, ttl: Duration) -> platform::Result<Lease> {
            self.store.lease(key, ttl).await
        }

        async fn renew(&self, lease: &Lease) -> platform::Result<()> {
            self.asked.notify_one();
            self.answered.notified().await;
            self.store.renew(lease).await
        }

        async fn release(&self, lease: Lease) -> platform::Result<()> {
            self.store.release(lease).await
        }
    }

    #[tokio::test]
    async fn work_goes_on_while_its_lease_is_renewed() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::TempDir::new().unwrap();
        let id = "6b4cf4a9-4e2e-4b5c-8f2e-1f2c3d4e5f60";
        let vars = [
            ("WHEELHOUSE_PLATFORM", "embedded"),
            ("WHEELHOUSE_DATA_FOLDER", folder.path().to_str().unwrap()),
            ("WHEELHOUSE_MANAGED_IDENTITY_CLIENT_ID", id),
            ("WHEELHOUSE_APP_CLIENT_ID", id),
            ("IDENTITY_ENDPOINT", "http://127.0.0.1:9"),
            ("IDENTITY_HEADER", "nobody"),
        ];
        let vars: BTreeMap<_, _> =
            vars.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
        let mut app = App::open(Settings::from_vars(vars).unwrap(), clock.clone()).await.unwrap();
        let (asked, answered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        app.store =
            Arc::new(Slow { store: app.store.clone(), asked: asked.clone(), answered: answered.clone() });
        let work = async {
            for _ in 0..5 {
                asked.notified().await;
                answered.notify_one();
            }
            Ok(())
        };
        let time = async {
            loop {
                clock.sleepers(1).await;
                clock.advance(RENEWAL);
                tokio::task::yield_now().await;
            }
        };
        let done = async {
            tokio::select! {
                done = leased(&app, "tenants/a/work", work) => matches!(done, Ok(Leased::Done(()))),
                () = time => false,
            }
        };
        assert!(
            tokio::time::timeout(Duration::from_secs(30), done).await.expect("nobody waits for the other")
        );
    }
}
