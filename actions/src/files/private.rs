//! Sayflow's own files. A step may not touch them even where they lie in the workspace folder: they hold the key of the
//! vault and the token of the server.

use cap_std::fs::Dir;
use sayflow_engine::action::StepError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that steps are refused, by their absolute paths without links.
#[derive(Debug, Clone, Default)]
pub struct PrivateFiles {
    files: Arc<[PathBuf]>,
}

impl PrivateFiles {
    /// Refuses these files, and what stands beside them with the same name and more behind it (a database's log, a
    /// copy before a change).
    pub fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { files: files.into_iter().map(|file| without_links(&file)).collect() }
    }

    /// Whether steps are refused a file, named by its absolute path without links.
    pub fn refuse(&self, file: &Path) -> bool {
        let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return false };
        self.files.iter().any(|own| {
            own.parent() == file.parent() && own.file_name().and_then(|own| own.to_str()).is_some_and(|own| name.starts_with(own))
        })
    }

    /// # Errors
    /// `path_private` when the file is one of them.
    pub(crate) fn check(&self, file: &Path, shown: &str) -> Result<(), StepError> {
        if !self.refuse(file) {
            return Ok(());
        }
        Err(StepError::new("path_private", format!("{shown} belongs to Sayflow itself, and steps do not touch it"))
            .help("keep the data folder (SAYFLOW_HOME) apart from the folder that workflows work in"))
    }

    /// The same for a path below a folder that is open.
    pub(super) fn check_below(&self, root: &Path, folder: &Dir, path: &str) -> Result<(), StepError> {
        if self.files.is_empty() {
            return Ok(());
        }
        let real = match folder.canonicalize(path) {
            Ok(real) => real,
            Err(why) if why.kind() == ErrorKind::NotFound => {
                let (above, name) = super::path::split(path);
                let above = if above.is_empty() { PathBuf::new() } else { folder.canonicalize(above).unwrap_or_else(|_| above.into()) };
                above.join(name)
            }
            // The work itself fails on such a path, and says why.
            Err(_) => return Ok(()),
        };
        self.check(&without_links(root).join(real), path)
    }
}

/// The path without links, as far as it is there.
fn without_links(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (path.parent().map(Path::canonicalize), path.file_name()) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
