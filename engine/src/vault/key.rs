//! The vault's key and where it comes from.

use super::VaultError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngExt;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Length of a key in bytes (AES-256).
const KEY_BYTES: usize = 32;
/// The largest file that may hold a key, in bytes; more is some other file.
const MAX_FILE_BYTES: u64 = 4096;

/// The key that seals all accounts. It prints as its id and is wiped from memory when dropped.
#[derive(Clone)]
pub struct VaultKey(Zeroizing<[u8; KEY_BYTES]>);

/// Where the key comes from. It is asked only when a key is needed, and creates one only for a vault that has sealed
/// nothing yet. Another place, such as the operating system's keyring, is one more variant with a `load` and a
/// `create`.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A file: 32 bytes, or the same in hexadecimal or base64.
    File(PathBuf),
    /// A key that is at hand.
    Given(VaultKey),
}

impl KeySource {
    /// The file that the operator named (`SAYFLOW_KEY_FILE`), else `vault.key` in the data folder.
    pub fn choose(named: Option<PathBuf>, data_folder: &Path) -> Self {
        Self::File(named.unwrap_or_else(|| data_folder.join("vault.key")))
    }

    /// The key that is there.
    ///
    /// # Errors
    /// When there is none, or it is no key.
    pub fn load(&self) -> Result<VaultKey, VaultError> {
        match self {
            Self::File(path) => VaultKey::from_file(path),
            Self::Given(key) => Ok(key.clone()),
        }
    }

    /// The key that is there, else a new one that is kept there.
    ///
    /// # Errors
    /// When what is there is no key, or the place cannot be written.
    pub fn load_or_create(&self) -> Result<VaultKey, VaultError> {
        match self {
            Self::File(path) if !path.exists() => VaultKey::create_file(path),
            other => other.load(),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Given(_) => f.write_str("the program that opened the vault"),
        }
    }
}

impl VaultKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self(Zeroizing::new(rand::rng().random()))
    }

    /// The key in a file.
    ///
    /// # Errors
    /// When the file is missing, cannot be read, or holds no key.
    pub fn from_file(path: &Path) -> Result<Self, VaultError> {
        let unreadable = |why: std::io::Error| {
            let error = VaultError::key(format!("the vault's key file {} cannot be read: {why}", path.display()));
            match why.kind() {
                ErrorKind::NotFound => {
                    error.help("put the key file back, or name it in SAYFLOW_KEY_FILE: without it the stored accounts stay shut")
                }
                _ => error.help("make the file readable for the account that Sayflow runs as"),
            }
        };
        let size = path.metadata().map_err(unreadable)?.len();
        if size > MAX_FILE_BYTES {
            return Err(Self::no_key(path));
        }
        let bytes = Zeroizing::new(std::fs::read(path).map_err(unreadable)?);
        Self::parse(&bytes).ok_or_else(|| Self::no_key(path))
    }

    /// What tells keys apart without giving anything away.
    pub fn id(&self) -> String {
        let digest = Sha256::new().chain_update(b"sayflow vault key id\0").chain_update(self.0.as_slice()).finalize();
        hex::encode(&digest[..8])
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    fn no_key(path: &Path) -> VaultError {
        VaultError::key(format!("{} holds no key for the vault", path.display()))
            .help("it must hold 32 random bytes, or the same in hexadecimal or base64: openssl rand -base64 32")
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        if let Ok(key) = <[u8; KEY_BYTES]>::try_from(bytes) {
            return Some(Self(Zeroizing::new(key)));
        }
        let text = std::str::from_utf8(bytes).ok()?.trim();
        let decoded = Zeroizing::new(match text.len() {
            KEY_BYTES => text.as_bytes().to_vec(),
            len if len == 2 * KEY_BYTES => hex::decode(text).ok()?,
            _ => STANDARD.decode(text).ok()?,
        });
        <[u8; KEY_BYTES]>::try_from(decoded.as_slice()).ok().map(|key| Self(Zeroizing::new(key)))
    }

    /// Writes a new key where there is no file; another process that was quicker wins.
    fn create_file(path: &Path) -> Result<Self, VaultError> {
        let failed = |why: std::io::Error| {
            VaultError::key(format!("the vault's key file {} cannot be written: {why}", path.display()))
                .help("make its folder writable, or name another place in SAYFLOW_KEY_FILE")
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let key = Self::generate();
        let text = Zeroizing::new(STANDARD.encode(key.0.as_slice()) + "\n");
        // Written aside and linked into place, so that no reader ever meets half a key and none is overwritten.
        let aside = folder.join(format!(".vault.key.{}", uuid::Uuid::now_v7()));
        let written = write_private(&aside, text.as_bytes()).and_then(|()| std::fs::hard_link(&aside, path));
        let removed = std::fs::remove_file(&aside);
        match written {
            Err(why) if why.kind() == ErrorKind::AlreadyExists => Self::from_file(path),
            Err(why) => Err(failed(why)),
            Ok(()) => removed.map(|()| key).map_err(failed),
        }
    }
}

fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VaultKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_raw_bytes_hexadecimal_and_base64() {
        let raw = [7_u8; 32];
        let key = VaultKey::parse(&raw).unwrap();
        for text in [hex::encode(raw), hex::encode(raw) + "\n", STANDARD.encode(raw), STANDARD.encode(raw) + "\n"] {
            assert_eq!(VaultKey::parse(text.as_bytes()).unwrap().id(), key.id(), "{text}");
        }
        assert!(VaultKey::parse(b"secret").is_none());
        assert!(VaultKey::parse(b"").is_none());
    }

    #[test]
    fn creates_a_file_that_only_the_owner_reads_and_finds_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/vault.key");
        let source = KeySource::File(path.clone());
        let key = source.load_or_create().unwrap();
        assert_eq!(source.load_or_create().unwrap().id(), key.id());
        assert_eq!(source.load().unwrap().id(), key.id());
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path().join("deep")).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn says_how_to_make_a_key_when_the_file_holds_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "hunter2").unwrap();
        let error = VaultKey::from_file(&path).unwrap_err();
        assert!(error.help.as_ref().unwrap().contains("openssl rand"));
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn a_key_prints_as_its_id() {
        let key = VaultKey::parse(&[65; 32]).unwrap();
        assert_eq!(format!("{key:?}"), format!("VaultKey({})", key.id()));
        assert!(!format!("{:?}", KeySource::Given(key)).contains("AAAA"));
    }
}
