//! The port `Store` in a Blob Storage container.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use azure_core::http::StatusCode;
use azure_storage_blob::{
    BlobClient, BlobContainerClient,
    models::{
        BlobClientAcquireLeaseOptions, BlobClientDeleteOptions, BlobClientGetPropertiesResultHeaders,
        BlobClientUploadOptions, BlobContainerClientListBlobsOptions, ListBlobsResponse,
    },
};
use bytes::Bytes;
use futures::TryStreamExt;

use super::call::{code, code_of, within};
use crate::{
    error::{Error, Kind, Result, refused},
    random::Random,
    store::{
        Entry, Etag, LEASES, Lease, Listing, PAGE_SIZE, Page, Store, When, check_key, check_path,
        check_prefix, check_ttl, check_value,
    },
};

/// The metadata that tells which write made a blob.
const WRITE: &str = "write";
/// How often taking a lease starts over, because its blob went away in between.
const LEASE_ATTEMPTS: u32 = 3;

/// The port `Store` in a Blob Storage container.
///
/// Leases lie on empty blobs of their own, `leases/<key>`, which their release deletes.
#[derive(Clone)]
pub struct BlobStore {
    container: Arc<BlobContainerClient>,
    random: Arc<dyn Random>,
}

impl BlobStore {
    pub(super) fn new(container: BlobContainerClient, random: Arc<dyn Random>) -> Self {
        Self { container: Arc::new(container), random }
    }

    fn blob(&self, key: &str) -> BlobClient {
        self.container.blob_client(key)
    }

    fn lease_blob(&self, key: &str) -> BlobClient {
        self.container.blob_client(&format!("{LEASES}{key}"))
    }

    /// Creates the container; one that is there already is success.
    async fn create_container(&self) -> Result<()> {
        match within("container", self.container.create(None)).await {
            Err(error) if code_of(&error) != "ContainerAlreadyExists" => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes a blob, and creates the container first if it is missing.
    async fn upload(&self, blob: &BlobClient, what: &str, bytes: &Bytes, options: &Write) -> Result<Etag> {
        let upload = || within(what, blob.upload(bytes.clone().into(), Some(options.clone().into())));
        let uploaded = match upload().await {
            Err(error) if code_of(&error) == "ContainerNotFound" => {
                self.create_container().await?;
                upload().await
            }
            uploaded => uploaded,
        };
        etag(what, uploaded?.etag)
    }

    /// The tag of a blob, if it was this very write that made it.
    ///
    /// A write whose answer was lost is sent again by the SDK, and then finds its own effect in its way.
    async fn written_by_us(&self, blob: &BlobClient, what: &str, write: &str) -> Result<Option<Etag>> {
        let properties = match within(what, blob.get_properties(None)).await {
            Err(error) if is_missing(&error) => return Ok(None),
            properties => properties?,
        };
        let metadata = properties.metadata().map_err(|error| unexpected(what).because(error))?;
        let found = properties.etag().map_err(|error| unexpected(what).because(error))?;
        match metadata.get(WRITE).is_some_and(|found| found == write) {
            true => etag(what, found).map(Some),
            false => Ok(None),
        }
    }

    /// Makes the blob that a lease lies on; one that is there already is success.
    async fn create_lease_blob(&self, key: &str) -> Result<()> {
        let write = Write { when: When::Absent, id: self.random.uuid().to_string() };
        match self.upload(&self.lease_blob(key), key, &Bytes::new(), &write).await {
            Err(error) if !matches!(error.kind(), Kind::Conflict | Kind::Taken) => Err(error),
            _ => Ok(()),
        }
    }
}

/// A write: its condition, and the id that is left with the value.
#[derive(Clone)]
struct Write {
    when: When,
    id: String,
}

impl From<Write> for BlobClientUploadOptions<'_> {
    fn from(write: Write) -> Self {
        let options =
            Self { metadata: Some(HashMap::from([(WRITE.to_owned(), write.id)])), ..Default::default() };
        match write.when {
            When::Any => options,
            When::Absent => options.if_not_exists(),
            When::Match(etag) => Self { if_match: Some(etag.as_str().into()), ..options },
        }
    }
}

#[async_trait]
impl Store for BlobStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>> {
        check_key(key)?;
        let blob = self.blob(key);
        let read = async {
            let answer = blob.download(None).await?;
            Ok((answer.properties.etag.clone(), answer.body.collect().await?))
        };
        match within(key, read).await {
            Err(error) if is_missing(&error) => Ok(None),
            read => {
                let (found, bytes) = read?;
                Ok(Some(Entry { bytes, etag: etag(key, found)? }))
            }
        }
    }

    async fn put(&self, key: &str, bytes: Bytes, when: When) -> Result<Etag> {
        check_key(key)?;
        check_value(key, &bytes)?;
        let (blob, write) = (self.blob(key), Write { when, id: self.random.uuid().to_string() });
        match self.upload(&blob, key, &bytes, &write).await {
            Err(error) if error.kind() == Kind::Conflict || is_missing(&error) => {
                self.written_by_us(&blob, key, &write.id).await?.ok_or_else(|| conflict(key, error))
            }
            written => written,
        }
    }

    async fn delete(&self, key: &str, when: When) -> Result<()> {
        check_path(key)?;
        let if_match = match when {
            When::Any => None,
            When::Match(etag) => Some(etag.as_str().into()),
            When::Absent => {
                return Err(refused(format!("{key}: deleting what is absent; pass Match or Any")));
            }
        };
        let options = BlobClientDeleteOptions { if_match, ..Default::default() };
        let blob = self.blob(key);
        match within(key, blob.delete(Some(options))).await {
            Err(error) if is_missing(&error) => Ok(()),
            // A condition on a blob that is gone fails too, and gone is what was asked for.
            Err(error) if error.kind() == Kind::Conflict => match within(key, blob.exists()).await? {
                true => Err(error),
                false => Ok(()),
            },
            deleted => deleted.map(drop),
        }
    }

    async fn list(&self, prefix: &str, after: Option<Page>) -> Result<Listing> {
        check_prefix(prefix)?;
        let options = BlobContainerClientListBlobsOptions {
            prefix: Some(prefix.to_owned()),
            maxresults: i32::try_from(PAGE_SIZE).ok(),
            marker: after.map(|page| page.0),
            ..Default::default()
        };
        let first_page = async {
            let mut pages = self.container.list_blobs(Some(options))?.into_pages();
            pages.try_next().await?.map(|page| page.into_model()).transpose()
        };
        match within(prefix, first_page).await {
            Err(error) if is_missing(&error) => Ok(Listing::default()),
            page => Ok(page?.map(listing).unwrap_or_default()),
        }
    }

    async fn lease(&self, key: &str, ttl: Duration) -> Result<Lease> {
        check_key(key)?;
        let seconds = check_ttl(key, ttl)?;
        // An id of our own makes an acquire that is sent twice the same acquire.
        let id = self.random.uuid().to_string();
        let blob = self.lease_blob(key);
        for _ in 0..LEASE_ATTEMPTS {
            let options =
                BlobClientAcquireLeaseOptions { proposed_lease_id: Some(id.clone()), ..Default::default() };
            match within(key, blob.acquire_lease(seconds.cast_signed(), Some(options))).await {
                Err(error) if is_missing(&error) => self.create_lease_blob(key).await?,
                taken => {
                    taken?;
                    return Ok(Lease { key: key.to_owned(), id, ttl: Duration::from_secs(seconds.into()) });
                }
            }
        }
        Err(Error::new(Kind::Taken, format!("{key}: others take and release its lease all the time")))
    }

    async fn renew(&self, lease: &Lease) -> Result<()> {
        match within(&lease.key, self.lease_blob(&lease.key).renew_lease(lease.id.clone(), None)).await {
            Err(error) if is_missing(&error) || error.kind() == Kind::Taken => {
                let message = format!("{}: its lease was lost; stop this work", lease.key);
                Err(Error::new(Kind::Taken, message).because(error))
            }
            renewed => renewed.map(drop),
        }
    }

    async fn release(&self, lease: Lease) -> Result<()> {
        let options = BlobClientDeleteOptions { lease_id: Some(lease.id), ..Default::default() };
        match within(&lease.key, self.lease_blob(&lease.key).delete(Some(options))).await {
            Err(error) if !is_missing(&error) && error.kind() != Kind::Taken => Err(error),
            _ => Ok(()),
        }
    }
}

fn listing(page: ListBlobsResponse) -> Listing {
    let keys = page.blob_items.into_iter().filter_map(|blob| blob.name).collect();
    Listing { keys, next: page.next_marker.filter(|marker| !marker.is_empty()).map(Page) }
}

/// A condition on a value that is not there fails as one on another version does.
fn conflict(key: &str, error: Error) -> Error {
    Error::new(Kind::Conflict, format!("{key}: the value is not in the expected state; read it again"))
        .because(error)
}

/// Neither blob nor container.
fn is_missing(error: &Error) -> bool {
    let source =
        std::error::Error::source(error).and_then(|source| source.downcast_ref::<azure_core::Error>());
    source.is_some_and(|source| {
        source.http_status() == Some(StatusCode::NotFound)
            || matches!(code(source), "BlobNotFound" | "ContainerNotFound")
    })
}

fn etag(what: &str, found: Option<azure_core::http::Etag>) -> Result<Etag> {
    found.map(|etag| Etag::new(etag.to_string())).ok_or_else(|| unexpected(what))
}

fn unexpected(what: &str) -> Error {
    Error::new(Kind::Unavailable, format!("{what}: Azure's answer has no tag; try again later"))
}
