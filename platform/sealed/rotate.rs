//! Rotation: data keys wrapped by the newest wrapping key, and values sealed by the newest data key.

use std::time::Duration;

use chrono::TimeDelta;
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    MAX_PAGES, Sealed,
    ring::{Pass, Ring, place},
    tenant_of,
    value::Header,
};
use crate::{
    error::{Error, Kind, Result, refused},
    store::{Etag, When},
};

/// How long one data key seals a tenant's new values.
pub const DATA_KEY_LIFE: TimeDelta = TimeDelta::days(90);
/// How long after a new data key was made old values wait: by then no process seals by the one before.
pub const SETTLED: TimeDelta = TimeDelta::hours(1);

/// How many values are looked at between two looks at the time.
const PORTION: usize = 100;
/// How many values are sealed anew at a time: some are many megabytes.
const AT_ONCE: usize = 4;

/// What [`Sealed::rotate`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Data keys that were wrapped anew by the wrapping key's current version.
    pub rewrapped: usize,
    /// Whether a new data key was made.
    pub made: bool,
    /// Values that were sealed anew by the newest data key.
    pub resealed: usize,
    /// Values that name an old data key and do not open by it; the key is kept for the day that they are restored.
    pub unreadable: usize,
    /// Old data keys that sealed nothing any more and were destroyed.
    pub dropped: usize,
    /// Whether old data keys remain; call it again.
    pub unfinished: bool,
}

impl Rotated {
    /// Whether anything was done at all.
    pub fn is_idle(&self) -> bool {
        let Self { rewrapped, made, resealed, dropped, .. } = *self;
        rewrapped + resealed + dropped == 0 && !made
    }
}

impl Sealed {
    /// Brings a tenant's keys up to date, for at most about the time given; call it daily, and again if `unfinished`.
    ///
    /// - Data keys that an older version of the wrapping key wrapped are wrapped anew: afterwards that version may be
    ///   disabled.
    /// - A data key of [`DATA_KEY_LIFE`] gets a successor, which seals from then on.
    /// - Once that is [`SETTLED`], values of older data keys are sealed anew, a portion at a time and each only if nobody
    ///   else wrote it meanwhile; then the old data keys are destroyed.
    ///
    /// Workers go on reading and writing all the time; what they read before a value was sealed anew is out of date for a
    /// conditional write, as after any other write. If somebody else rotates at the same time, or the tenant is
    /// forgotten, this call stops.
    pub async fn rotate(&self, tenant: &str, time: Duration) -> Result<Rotated> {
        if tenant_of(&format!("tenants/{tenant}/"))? != tenant {
            return Err(refused(format!("{tenant:?} is no tenant's id")));
        }
        let Some((ring, etag)) = self.data_keys.ring(tenant).await? else { return Ok(Rotated::default()) };
        let until = self.data_keys.clock.elapsed().saturating_add(time);
        let mut rotation = Rotation { sealed: self, tenant, ring, etag, until, done: Rotated::default() };
        match rotation.run().await {
            Err(error) if error.kind() != Kind::Conflict => Err(error),
            _ => Ok(Rotated { unfinished: rotation.ring.keys.len() > 1, ..rotation.done }),
        }
    }
}

/// One call of [`Sealed::rotate`].
struct Rotation<'a> {
    sealed: &'a Sealed,
    tenant: &'a str,
    ring: Ring,
    etag: Etag,
    until: Duration,
    done: Rotated,
}

/// What became of one value.
enum Seen {
    Resealed,
    Unreadable,
    Nothing,
}

impl Rotation<'_> {
    async fn run(&mut self) -> Result<()> {
        self.rewrap().await?;
        self.renew().await?;
        let made = self.ring.newest(self.tenant)?.made;
        if self.ring.keys.len() == 1 || self.sealed.data_keys.clock.now() < made + SETTLED {
            return Ok(());
        }
        match self.reseal().await? {
            true => self.finish().await,
            false => self.save().await,
        }
    }

    /// Wraps data keys by the current version of the wrapping key.
    async fn rewrap(&mut self) -> Result<()> {
        let (keys, name) = (&self.sealed.data_keys.keys, &self.sealed.data_keys.wrapping_key);
        let current = keys.version(name).await?;
        let mut rewrapped = 0;
        for key in &mut self.ring.keys {
            if key.wrapped.version != current || key.wrapped.key != *name {
                let unwrapped = keys.unwrap(&key.wrapped).await?;
                key.wrapped = keys.wrap(name, unwrapped.expose()).await?;
                rewrapped += 1;
            }
        }
        if rewrapped > 0 {
            self.save().await?;
            self.done.rewrapped = rewrapped;
        }
        Ok(())
    }

    /// Makes a new data key when the newest is old enough.
    async fn renew(&mut self) -> Result<()> {
        let newest = self.ring.newest(self.tenant)?;
        if self.sealed.data_keys.clock.now() < newest.made + DATA_KEY_LIFE {
            return Ok(());
        }
        let number = newest.number.checked_add(1).ok_or_else(|| refused("data keys have no more numbers"))?;
        self.ring.keys.push(self.sealed.data_keys.make(self.tenant, number).await?);
        self.ring.pass = None;
        self.save().await?;
        self.done.made = true;
        Ok(())
    }

    /// Goes on with the pass over all values; `false` if the time is over before its end.
    async fn reseal(&mut self) -> Result<bool> {
        for key in &self.ring.keys {
            // Whoever lost a data key should hear of that, and not of each value.
            self.sealed.data_keys.get(self.tenant, key.number, None).await?;
        }
        let all = format!("tenants/{}/", self.tenant);
        let (place, mut pass, mut page) =
            (place(self.tenant), self.ring.pass.take().unwrap_or_default(), None);
        for _ in 0..MAX_PAGES {
            let listing = self.sealed.store.list(&all, page).await?;
            let keys: Vec<_> =
                listing.keys.iter().filter(|key| **key > pass.through && **key != place).collect();
            for portion in keys.chunks(PORTION) {
                if self.sealed.data_keys.clock.elapsed() >= self.until {
                    self.ring.pass = Some(pass);
                    return Ok(false);
                }
                self.portion(portion, &mut pass).await?;
            }
            page = listing.next;
            if page.is_none() {
                self.ring.pass = Some(pass);
                return Ok(true);
            }
        }
        Err(Error::new(Kind::Unavailable, format!("{all}: more than {MAX_PAGES} pages of values")))
    }

    async fn portion(&mut self, keys: &[&String], pass: &mut Pass) -> Result<()> {
        let looks: Vec<_> = keys.iter().map(|key| self.look(key)).collect();
        let seen: Vec<_> = stream::iter(looks).buffer_unordered(AT_ONCE).try_collect().await?;
        let count = |which: fn(&Seen) -> bool| seen.iter().filter(|seen| which(seen)).count();
        self.done.resealed += count(|seen| matches!(seen, Seen::Resealed));
        pass.unreadable += count(|seen| matches!(seen, Seen::Unreadable));
        if let Some(last) = keys.last() {
            pass.through.clone_from(last);
        }
        Ok(())
    }

    /// Seals one value anew, if an old data key sealed it.
    async fn look(&self, key: &str) -> Result<Seen> {
        let Some(entry) = self.sealed.store.get(key).await? else { return Ok(Seen::Nothing) };
        let Some((header, sealed)) = Header::split(&entry.bytes) else { return Ok(Seen::Nothing) };
        let newest = self.ring.newest(self.tenant)?.number;
        if header.number == newest || self.ring.find(header.number).is_none() {
            return Ok(Seen::Nothing);
        }
        let plain = match self.sealed.open(key, header, sealed).await {
            Err(error) if error.kind() == Kind::Unreadable => {
                tracing::warn!(key, number = header.number, "a value does not open: its data key is kept");
                return Ok(Seen::Unreadable);
            }
            plain => plain?,
        };
        let Some(plain) = plain else { return Ok(Seen::Nothing) };
        let value = self.sealed.seal(key, header.version, &plain).await?;
        match self.sealed.store.put(key, value, When::Match(entry.etag)).await {
            // Whoever was quicker sealed it by the newest data key, or deleted it.
            Err(error) if error.kind() == Kind::Conflict => Ok(Seen::Nothing),
            put => put.map(|_| Seen::Resealed),
        }
    }

    /// Destroys the old data keys, unless some of their values may still be mended.
    async fn finish(&mut self) -> Result<()> {
        let pass = self.ring.pass.take().unwrap_or_default();
        self.done.unreadable = pass.unreadable;
        let before = self.ring.keys.len();
        if pass.unreadable == 0 {
            let newest = self.ring.newest(self.tenant)?.number;
            self.ring.keys.retain(|key| key.number == newest);
        }
        let dropped = before - self.ring.keys.len();
        self.save().await?;
        self.done.dropped = dropped;
        Ok(())
    }

    async fn save(&mut self) -> Result<()> {
        let bytes = self.ring.bytes(self.tenant)?;
        self.etag = self.sealed.store.put(&place(self.tenant), bytes, When::Match(self.etag.clone())).await?;
        Ok(())
    }
}
