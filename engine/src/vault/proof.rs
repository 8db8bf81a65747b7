//! What callers prove with a secret: that they know it, or that they signed something with it. Judged here, in constant
//! time, so that the secret stays where it is.

use super::{Credential, Secret};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The fields that hold what callers prove, the likeliest first.
const FIELDS: [&str; 2] = ["secret", "token"];

impl Secret {
    /// Whether a text is the secret.
    #[expect(clippy::disallowed_methods, reason = "the text goes no further than this comparison")]
    pub fn is(&self, given: &[u8]) -> bool {
        // Digests are of one length, so that not even the length of the secret shows.
        Sha256::digest(self.reveal().as_bytes()).ct_eq(&Sha256::digest(given)).into()
    }

    /// Whether `signature` is the HMAC-SHA256 of the parts, one behind the other, with the secret as key.
    #[expect(clippy::disallowed_methods, reason = "the text goes no further than this comparison")]
    pub fn has_signed(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.reveal().as_bytes()) else { return false };
        for part in parts {
            mac.update(part);
        }
        mac.verify_slice(signature).is_ok()
    }
}

impl Credential {
    /// The secret with which callers prove who they are: the field `secret`, else `token`, else the only secret there is.
    pub fn proof(&self) -> Option<&Secret> {
        FIELDS.iter().find_map(|field| self.secret(field)).or_else(|| match self.secrets.len() {
            1 => self.secrets.values().next(),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_knows_itself_and_what_it_signed() {
        let secret = Secret::new("It's a Secret to Everybody".into());
        assert!(secret.is(b"It's a Secret to Everybody"));
        assert!(!secret.is(b"It's a Secret to Everybod") && !secret.is(b""));
        // The example of GitHub's documentation of its webhooks.
        let signature = hex::decode("757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17").unwrap();
        assert!(secret.has_signed(&[b"Hello, World!"], &signature));
        assert!(secret.has_signed(&[b"Hello", b", ", b"World!"], &signature));
        assert!(!secret.has_signed(&[b"Hello, World?"], &signature));
        assert!(!secret.has_signed(&[b"Hello, World!"], &signature[..31]) && !secret.has_signed(&[b"Hello, World!"], b""));
    }
}
