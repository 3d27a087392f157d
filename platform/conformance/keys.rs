//! What every `Keys` does.

use platform::{Keys, Kind, Wrapped, keys::MAX_WRAP};

use super::fails;

/// Runs the whole suite; the keeper holds one secret `present` of value `s3cret`, and a key `tenants`.
pub async fn suite(keys: &dyn Keys) {
    what_is_wrapped_comes_back(keys).await;
    what_was_changed_does_not(keys).await;
    limits_are_held(keys).await;
    secrets_are_found_and_not_shown(keys).await;
}

async fn what_is_wrapped_comes_back(keys: &dyn Keys) {
    for data in [vec![7; 1], vec![7; 32], vec![7; MAX_WRAP]] {
        let wrapped = keys.wrap("tenants", &data).await.unwrap();
        assert!(!wrapped.bytes.windows(data.len().max(4)).any(|part| part == data), "the data shows");
        let stored = serde_json::to_vec(&wrapped).unwrap();
        let wrapped: Wrapped = serde_json::from_slice(&stored).unwrap();
        assert_eq!(keys.unwrap(&wrapped).await.unwrap().expose(), data);
    }
    let twice = [keys.wrap("tenants", b"same").await.unwrap(), keys.wrap("tenants", b"same").await.unwrap()];
    assert_ne!(twice[0].bytes, twice[1].bytes);
}

async fn what_was_changed_does_not(keys: &dyn Keys) {
    let wrapped = keys.wrap("tenants", &[7; 32]).await.unwrap();
    let mut changed = wrapped.clone();
    changed.bytes[3] ^= 1;
    fails(keys.unwrap(&changed).await, Kind::Unreadable);
    let cut = Wrapped { bytes: wrapped.bytes[..5].to_vec(), ..wrapped.clone() };
    fails(keys.unwrap(&cut).await, Kind::Unreadable);
    let version = "0123456789abcdef0123456789abcdef".to_owned();
    fails(keys.unwrap(&Wrapped { version, ..wrapped.clone() }).await, Kind::Gone);
    keys.unwrap(&wrapped).await.unwrap();
}

/// A key gets a new version while data lies wrapped by the one before; `renew` brings it.
pub async fn rotation(keys: &dyn Keys, renew: impl AsyncFnOnce()) {
    let before = keys.version("tenants").await.unwrap();
    let old = keys.wrap("tenants", b"data key").await.unwrap();
    assert_eq!(old.version, before);
    renew().await;
    let now = keys.version("tenants").await.unwrap();
    assert_ne!(now, before);
    let new = keys.wrap("tenants", b"data key").await.unwrap();
    assert_eq!(new.version, now);
    for wrapped in [&old, &new] {
        assert_eq!(keys.unwrap(wrapped).await.unwrap().expose(), b"data key");
    }
    let swapped = Wrapped { version: now, ..old };
    fails(keys.unwrap(&swapped).await, Kind::Unreadable);
}

async fn limits_are_held(keys: &dyn Keys) {
    fails(keys.wrap("tenants", &[]).await, Kind::Refused);
    fails(keys.wrap("tenants", &[0; MAX_WRAP + 1]).await, Kind::Refused);
    let long = "k".repeat(128);
    for name in ["", "../key", "a/b", "A", "a_b", &long] {
        fails(keys.wrap(name, b"x").await, Kind::Refused);
        fails(keys.secret(name).await, Kind::Refused);
    }
}

async fn secrets_are_found_and_not_shown(keys: &dyn Keys) {
    let secret = keys.secret("present").await.unwrap();
    assert_eq!(secret.expose(), b"s3cret");
    assert_eq!(format!("{secret:?}"), "Secret(6 bytes)");
    let message = fails(keys.secret("missing").await, Kind::Gone);
    assert!(message.contains("missing"), "{message}");
}
