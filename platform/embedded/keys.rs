//! The port `Keys` in a folder: one key file and one file per secret, each readable by its owner only.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    cipher::{Cipher, KEY_LENGTH},
    error::{Error, Kind, Result, refused},
    keys::{Keys, Secret, Wrapped, check_name, check_wrap},
    random::Random,
};

/// The only version that a key file has.
const VERSION: &str = "1";

/// The port `Keys` in a folder.
///
/// `<folder>/key` holds 32 random bytes in base64: every wrapping key in one. `<folder>/secrets/<reference>` holds a
/// secret as it is, without its last line break. Whoever can read the folder can read everything: it is for local
/// mode, where the disk is the boundary.
pub struct FileKeys {
    folder: PathBuf,
    cipher: Cipher,
    random: Arc<dyn Random>,
}

impl FileKeys {
    /// Opens the key file of a folder; makes both on first use.
    ///
    /// Fails with `Refused` if others than the owner may read the file, with `Unreadable` if it holds no key.
    pub fn open(folder: impl AsRef<Path>, random: Arc<dyn Random>) -> Result<Self> {
        let folder = folder.as_ref().to_path_buf();
        let path = folder.join("key");
        if !path.exists() {
            create(&folder, &path, random.as_ref())?;
        }
        let cipher = read_private(&path)?.and_then(|text| STANDARD.decode(text.trim_ascii()).ok());
        let cipher = cipher.and_then(|key| Cipher::new(&key)).ok_or_else(|| no_key(&path))?;
        Ok(Self { folder, cipher, random })
    }
}

#[async_trait]
impl Keys for FileKeys {
    async fn wrap(&self, key: &str, data: &[u8]) -> Result<Wrapped> {
        check_name(key)?;
        check_wrap(data)?;
        let bytes = self.cipher.seal(self.random.as_ref(), context(key).as_bytes(), &[], data);
        let bytes = bytes.ok_or_else(|| refused(format!("key {key:?}: the data cannot be wrapped")))?;
        Ok(Wrapped { key: key.to_owned(), version: VERSION.to_owned(), bytes })
    }

    async fn unwrap(&self, wrapped: &Wrapped) -> Result<Secret> {
        let key = &wrapped.key;
        check_name(key)?;
        if wrapped.version != VERSION {
            let message = format!(
                "key {key:?} has no version {:?}; bring back the key file that made it",
                wrapped.version
            );
            return Err(Error::new(Kind::Gone, message));
        }
        self.cipher.open(context(key).as_bytes(), &wrapped.bytes).map(Secret::new).ok_or_else(|| {
            let folder = self.folder.display();
            let message =
                format!("key {key:?} does not open what was wrapped; was the key file in {folder} replaced?");
            Error::new(Kind::Unreadable, message)
        })
    }

    async fn secret(&self, reference: &str) -> Result<Secret> {
        check_name(reference)?;
        let path = self.folder.join("secrets").join(reference);
        let place = path.display().to_string();
        let read = tokio::task::spawn_blocking(move || read_private(&path)).await;
        let text = read
            .map_err(|error| Error::new(Kind::Unavailable, format!("{place}: not read")).because(error))??;
        let missing =
            || Error::new(Kind::Gone, format!("there is no secret {reference:?}; put it into {place}"));
        let mut text = text.ok_or_else(missing)?;
        if text.ends_with(b"\n") {
            text.pop();
        }
        Ok(Secret::new(text))
    }
}

fn context(key: &str) -> String {
    format!("{key}/{VERSION}")
}

/// Two processes may start at once: the file appears whole under its name, or not at all, and the first one stays.
fn create(folder: &Path, path: &Path, random: &dyn Random) -> Result<()> {
    let mut key = [0; KEY_LENGTH];
    random.fill(&mut key);
    let draft = folder.join(format!("key-{}", random.uuid()));
    let made = create_folder(folder).and_then(|()| write_private(&draft, STANDARD.encode(key).as_bytes()));
    let linked = made.and_then(|()| fs::hard_link(&draft, path)).or_else(|error| match error.kind() {
        ErrorKind::AlreadyExists => Ok(()),
        _ => Err(error),
    });
    let removed = fs::remove_file(&draft);
    linked.and(removed).and_then(|()| sync_folder(folder)).map_err(|error| unavailable(path, error))
}

fn create_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_private(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// A key that a power cut takes with it would take every sealed value with it.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

fn read_private(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(text) => check_private(path).map(|()| Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unavailable(path, error)),
    }
}

#[cfg(unix)]
fn check_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(|error| unavailable(path, error))?.permissions().mode();
    if mode & 0o077 != 0 {
        let path = path.display();
        return Err(refused(format!(
            "{path}: others may read this file; run chmod 600 {path} and replace what it holds"
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_: &Path) -> Result<()> {
    Ok(())
}

fn no_key(path: &Path) -> Error {
    let message =
        format!("{}: this file holds no key (32 bytes in base64); restore it from a copy", path.display());
    Error::new(Kind::Unreadable, message)
}

fn unavailable(path: &Path, error: std::io::Error) -> Error {
    Error::new(Kind::Unavailable, format!("{}: cannot be read or written", path.display())).because(error)
}
