//! The workspace folder.

use crate::action::StepError;
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

/// Reads and writes below one folder. Paths are relative, with `/`, and cannot leave it.
#[async_trait]
pub trait Files: Send + Sync {
    /// A file's bytes, at most `max_bytes`.
    ///
    /// # Errors
    /// `file_not_found`, `path_outside`, `output_too_large` and the like.
    async fn read(&self, path: &str, max_bytes: usize) -> Result<Bytes, StepError>;

    /// Writes a file, making the folders above it. Overwriting is atomic: readers see the old or the new file.
    ///
    /// # Errors
    /// `path_outside`, `disk_full`, `permission_denied` and the like.
    async fn write(&self, path: &str, content: Bytes, mode: WriteMode) -> Result<(), StepError>;

    /// The files below a folder, recursively, by path. Folders themselves are not listed.
    ///
    /// # Errors
    /// `folder_not_found` and the like.
    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, StepError>;

    /// Renames a file, making the folders above the new place; never overwrites.
    ///
    /// # Errors
    /// `file_not_found`, `file_exists` and the like.
    async fn rename(&self, from: &str, to: &str) -> Result<(), StepError>;

    /// Removes a file.
    ///
    /// # Errors
    /// `file_not_found` and the like.
    async fn remove(&self, path: &str) -> Result<(), StepError>;
}

/// What happens to a file that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WriteMode {
    /// It is replaced.
    #[default]
    Overwrite,
    /// The new content goes behind the old.
    Append,
}

/// A file of a listing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct FileEntry {
    /// Its name.
    pub name: String,
    /// Its path in the workspace folder.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last changed.
    pub modified: Timestamp,
}
