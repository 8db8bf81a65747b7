//! `server.json`: how a running server is found. Written for the owner's eyes only, because it holds the token.

use sayflow_protocol::api::server::ServerFile;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// A new token: 256 random bits.
pub fn new_token() -> String {
    use rand::RngExt;
    let mut rng = rand::rng();
    format!("{:032x}{:032x}", rng.random::<u128>(), rng.random::<u128>())
}

/// Writes the file (mode 0600); readers see the old one or the new one, never a part.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(path: &Path, server: &ServerFile) -> io::Result<()> {
    let draft = path.with_extension("json.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&draft)?;
    file.write_all(&serde_json::to_vec(server)?)?;
    std::fs::rename(&draft, path)
}

/// Reads the file. A file that is missing or makes no sense names no server.
pub fn read(path: &Path) -> Option<ServerFile> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Removes the file if it still speaks of the server with this token.
pub fn remove(path: &Path, token: &str) {
    if read(path).is_some_and(|server| server.token == token)
        && let Err(why) = std::fs::remove_file(path)
    {
        tracing::warn!("{} could not be removed: {why}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(token: &str) -> ServerFile {
        ServerFile { address: "http://127.0.0.1:1".into(), token: token.into(), pid: 7, version: "0".into(), lasting: false }
    }

    #[test]
    fn what_is_written_is_read_and_only_its_owner_may() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.json");
        assert!(read(&path).is_none());
        write(&path, &server("a")).unwrap();
        assert!(read(&path).is_some_and(|found| found == server("a")));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_server_removes_its_own_file_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.json");
        write(&path, &server("newer")).unwrap();
        remove(&path, "older");
        assert!(read(&path).is_some());
        remove(&path, "newer");
        assert!(read(&path).is_none());
    }

    #[test]
    fn tokens_differ_and_are_long() {
        assert_ne!(new_token(), new_token());
        assert_eq!(new_token().len(), 64);
    }
}
