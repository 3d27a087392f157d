//! From what came to a text, within bounds.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::error::Error;
use super::limits;

/// Unpacks what is packed by gzip, up to the limit, and reads it as UTF-8; what is none becomes `U+FFFD`.
pub(super) fn text(bytes: &[u8]) -> Result<String, Error> {
    let mut unpacked = Vec::new();
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        let most = limits::FEED_BYTES as u64 + 1;
        let read = MultiGzDecoder::new(bytes).take(most).read_to_end(&mut unpacked);
        read.map_err(|_| Error::unreadable("it is packed by gzip and damaged"))?;
        &unpacked
    } else {
        bytes
    };
    if bytes.len() > limits::FEED_BYTES {
        return Err(too_large());
    }
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// A feed that is larger than any that is read.
pub(super) fn too_large() -> Error {
    let most = limits::FEED_BYTES >> 20;
    Error::refused(format!("it is larger than {most} MB, packed or unpacked; choose a smaller calendar"))
}
