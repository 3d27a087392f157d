//! The port `Keys` in a folder: one file per version of the key and one per secret, each readable by its owner only.

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

/// The port `Keys` in a folder.
///
/// `<folder>/key` holds 32 random bytes in base64: every wrapping key in one, version 1. `<folder>/key-2` holds version 2,
/// and so on; the highest wraps, and a file that is added is used at once. `<folder>/secrets/<reference>` holds a secret
/// as it is, without its last line break. Whoever can read the folder can read everything: it is for local mode, where
/// the disk is the boundary.
#[derive(Clone)]
pub struct FileKeys {
    folder: PathBuf,
    random: Arc<dyn Random>,
}

impl FileKeys {
    /// Opens the keys of a folder; makes the first on first use.
    ///
    /// Fails with `Refused` if others than the owner may read the newest, with `Unreadable` if it holds no key.
    pub fn open(folder: impl AsRef<Path>, random: Arc<dyn Random>) -> Result<Self> {
        let keys = Self { folder: folder.as_ref().to_path_buf(), random };
        if keys.current()?.is_none() {
            create(&keys.folder, &keys.path(1), keys.random.as_ref())?;
        }
        keys.newest()?;
        Ok(keys)
    }

    fn path(&self, version: u32) -> PathBuf {
        match version {
            1 => self.folder.join("key"),
            version => self.folder.join(format!("key-{version}")),
        }
    }

    /// The highest version that has a file.
    fn current(&self) -> Result<Option<u32>> {
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            files => files.map_err(|error| unavailable(&self.folder, error))?,
        };
        let versions = files.filter_map(|file| version_of(file.ok()?.file_name().to_str()?));
        Ok(versions.max())
    }

    fn newest(&self) -> Result<(u32, Cipher)> {
        let version = self.current()?.unwrap_or(1);
        let cipher = self.cipher(version)?.ok_or_else(|| no_key(&self.path(version)))?;
        Ok((version, cipher))
    }

    /// The key of a version; `None` if it has no file.
    fn cipher(&self, version: u32) -> Result<Option<Cipher>> {
        let path = self.path(version);
        let Some(text) = read_private(&path)? else { return Ok(None) };
        let key = STANDARD.decode(text.trim_ascii()).ok();
        key.and_then(|key| Cipher::new(&key)).map(Some).ok_or_else(|| no_key(&path))
    }

    fn open_wrapped(&self, wrapped: &Wrapped) -> Result<Secret> {
        let Wrapped { key, version, bytes } = wrapped;
        let cipher = number(version).map(|number| self.cipher(number)).transpose()?.flatten();
        let cipher = cipher.ok_or_else(|| {
            let message =
                format!("key {key:?} has no version {version:?}; bring back the key file that made it");
            Error::new(Kind::Gone, message)
        })?;
        cipher.open(context(key, version).as_bytes(), bytes).map(Secret::new).ok_or_else(|| {
            let folder = self.folder.display();
            let message =
                format!("key {key:?} does not open what was wrapped; was the key file in {folder} replaced?");
            Error::new(Kind::Unreadable, message)
        })
    }

    /// Does what reads files where it holds nobody up.
    async fn read<T: Send + 'static>(
        &self,
        how: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (keys, place) = (self.clone(), self.folder.display().to_string());
        let read = tokio::task::spawn_blocking(move || how(&keys)).await;
        read.map_err(|error| Error::new(Kind::Unavailable, format!("{place}: not read")).because(error))?
    }
}

#[async_trait]
impl Keys for FileKeys {
    async fn version(&self, key: &str) -> Result<String> {
        check_name(key)?;
        let (version, _) = self.read(Self::newest).await?;
        Ok(version.to_string())
    }

    async fn wrap(&self, key: &str, data: &[u8]) -> Result<Wrapped> {
        check_name(key)?;
        check_wrap(data)?;
        let (version, cipher) = self.read(Self::newest).await?;
        let version = version.to_string();
        let bytes = cipher.seal(self.random.as_ref(), context(key, &version).as_bytes(), &[], data);
        let bytes = bytes.ok_or_else(|| refused(format!("key {key:?}: the data cannot be wrapped")))?;
        Ok(Wrapped { key: key.to_owned(), version, bytes })
    }

    async fn unwrap(&self, wrapped: &Wrapped) -> Result<Secret> {
        check_name(&wrapped.key)?;
        let wrapped = wrapped.clone();
        self.read(move |keys| keys.open_wrapped(&wrapped)).await
    }

    async fn secret(&self, reference: &str) -> Result<Secret> {
        check_name(reference)?;
        let path = self.folder.join("secrets").join(reference);
        let missing = format!("there is no secret {reference:?}; put it into {}", path.display());
        let text = self.read(move |_| read_private(&path)).await?;
        let mut text = text.ok_or_else(|| Error::new(Kind::Gone, missing))?;
        if text.ends_with(b"\n") {
            text.pop();
        }
        Ok(Secret::new(text))
    }
}

/// The version that a file's name stands for.
fn version_of(name: &str) -> Option<u32> {
    match name.strip_prefix("key")? {
        "" => Some(1),
        rest => number(rest.strip_prefix('-')?).filter(|version| *version > 1),
    }
}

/// The number of a version, as this program writes it and not otherwise.
fn number(version: &str) -> Option<u32> {
    version.parse().ok().filter(|number: &u32| *number > 0 && number.to_string() == version)
}

fn context(key: &str, version: &str) -> String {
    format!("{key}/{version}")
}

/// Two processes may start at once: the file appears whole under its name, or not at all, and the first one stays.
fn create(folder: &Path, path: &Path, random: &dyn Random) -> Result<()> {
    let mut key = [0; KEY_LENGTH];
    random.fill(&mut key);
    let draft = folder.join(format!("draft-{}", random.uuid()));
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
