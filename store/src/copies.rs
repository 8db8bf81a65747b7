//! The automatic copies in a data folder: where they are, and which one is the newest.

use jiff::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the automatic copies are, in the data folder.
const COPIES: &str = "backups";

/// The folder of automatic copies.
pub(crate) fn folder(of: &Path) -> PathBuf {
    of.join(COPIES)
}

/// The name of a copy that is made now, of a database with that format.
pub(crate) fn name(format: i64) -> String {
    format!("sayflow-{format}-{}.db", stamp())
}

/// The newest automatic copy of a folder.
pub(crate) fn newest(of: &Path) -> Option<PathBuf> {
    let copies = fs::read_dir(folder(of)).ok()?;
    let times = copies.filter_map(|entry| {
        let path = entry.ok()?.path();
        let name = path.file_name()?.to_str()?;
        let (_, time) = name.strip_prefix("sayflow-")?.strip_suffix(".db")?.split_once('-')?;
        Some((time.to_owned(), path))
    });
    times.max().map(|(_, path)| path)
}

/// A time in a file's name; sorts by age.
pub(crate) fn stamp() -> String {
    Timestamp::now().strftime("%Y%m%dT%H%M%S%6fZ").to_string()
}
