//! AES-256-GCM with a random nonce in front of the sealed bytes.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::random::Random;

/// The length of a key in bytes.
pub(crate) const KEY_LENGTH: usize = 32;

/// A key that seals and opens.
///
/// With random nonces one key is good for 2^32 values.
pub(crate) struct Cipher(LessSafeKey);

impl Cipher {
    /// Takes a key of [`KEY_LENGTH`] bytes.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        UnboundKey::new(&AES_256_GCM, key).ok().map(|key| Self(LessSafeKey::new(key)))
    }

    /// Seals bytes for a context that must be the same when they are opened, behind a header that stays as it is; `None`
    /// beyond 64 GiB. The value is made in one piece: values are large, and many are sealed at a time.
    pub(crate) fn seal(
        &self,
        random: &dyn Random,
        context: &[u8],
        header: &[u8],
        plain: &[u8],
    ) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let clear = header.len() + NONCE_LEN;
        let mut value = Vec::with_capacity(clear + plain.len() + AES_256_GCM.tag_len());
        for part in [header, &nonce, plain] {
            value.extend_from_slice(part);
        }
        let nonce = Nonce::assume_unique_for_key(nonce);
        let sealed = value.get_mut(clear..)?;
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(context), sealed).ok()?;
        value.extend_from_slice(tag.as_ref());
        Some(value)
    }

    /// Opens sealed bytes; `None` if they, the context or the key are not the same as when they were sealed.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk()?;
        let mut plain = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.0.open_in_place(nonce, Aad::from(context), &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}
