//! Sealing and opening: AES-256-GCM with a random 96-bit nonce in front of each ciphertext. What stands beside a
//! ciphertext in the clear is authenticated with it, so that nobody can point a secret at another host.

use super::{VaultError, VaultErrorKind, VaultKey};
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Length of a nonce in bytes.
const NONCE_BYTES: usize = 12;
/// The format that this version writes.
pub(super) const FORMAT: u32 = 1;
/// What the key check is bound to.
const CHECK_CONTEXT: &[u8] = b"sayflow vault key check v1";

/// Encrypts; the result is the nonce and then the ciphertext with its tag.
pub(super) fn seal(key: &VaultKey, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, VaultError> {
    let nonce: [u8; NONCE_BYTES] = rand::rng().random();
    let sealed = cipher(key)
        .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: context })
        .map_err(|_| VaultError::new(VaultErrorKind::Damaged, "the secrets are too long to be sealed"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Decrypts what [`seal`] made with the same key and context; nothing when it was not.
pub(super) fn open(key: &VaultKey, sealed: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    cipher(key).decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: context }).ok().map(Zeroizing::new)
}

fn cipher(key: &VaultKey) -> Aes256Gcm {
    Aes256Gcm::new(key.bytes().into())
}

/// What is kept of the key, to tell a wrong one before anything is opened or sealed with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyCheck {
    v: u32,
    /// The key's id.
    pub(super) id: String,
    /// Nothing at all, sealed, in base64.
    check: String,
}

impl KeyCheck {
    /// The check value of a key.
    pub(super) fn new(key: &VaultKey) -> Result<Self, VaultError> {
        Ok(Self { v: FORMAT, id: key.id(), check: STANDARD.encode(seal(key, b"", CHECK_CONTEXT)?) })
    }

    /// Whether it is the key that the check value was made with.
    pub(super) fn fits(&self, key: &VaultKey) -> bool {
        STANDARD.decode(&self.check).is_ok_and(|sealed| open(key, &sealed, CHECK_CONTEXT).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_with_the_same_key_and_context() {
        let key = VaultKey::generate();
        let sealed = seal(&key, b"xoxb", b"slack").unwrap();
        assert_eq!(open(&key, &sealed, b"slack").unwrap().as_slice(), b"xoxb");
        assert!(open(&key, &sealed, b"other").is_none());
        assert!(open(&VaultKey::generate(), &sealed, b"slack").is_none());
        assert!(open(&key, &sealed[..10], b"slack").is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&key, &changed, b"slack").is_none(), "byte {at}");
        }
    }

    #[test]
    fn no_two_seals_are_alike() {
        let key = VaultKey::generate();
        assert_ne!(seal(&key, b"x", b"").unwrap(), seal(&key, b"x", b"").unwrap());
    }

    #[test]
    fn the_check_value_knows_its_key() {
        let key = VaultKey::generate();
        let check = KeyCheck::new(&key).unwrap();
        assert!(check.fits(&key));
        assert!(!check.fits(&VaultKey::generate()));
    }
}
