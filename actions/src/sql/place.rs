//! From a `database` parameter to a file that is surely inside the workspace folder.

use sayflow_engine::action::StepError;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The file, with no symlink in its path.
    pub(super) file: PathBuf,
    /// Whether it is there.
    pub(super) exists: bool,
}

/// Finds the file. Symlinks are followed as long as they stay inside the folder.
///
/// # Errors
/// `path_outside`, `folder_not_found`, `invalid_parameters`.
pub(super) fn find(workspace: &Path, database: &str) -> Result<Place, StepError> {
    let outside = || {
        StepError::new("path_outside", format!("the database \"{}\" is outside the workspace folder", database.escape_debug()))
            .help("name a file below the folder that the workflow runs in, such as data/shop.db")
    };
    let relative = Path::new(database);
    if database.trim().is_empty() || database.contains('\0') || database.ends_with('/') {
        return Err(StepError::new("invalid_parameters", format!("\"{}\" names no database file", database.escape_debug()))
            .help("name a file below the folder that the workflow runs in, such as data/shop.db"));
    }
    if !relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(outside());
    }
    let failed = |path: &Path, why: std::io::Error| match why.kind() {
        ErrorKind::NotFound => StepError::new("folder_not_found", format!("the folder of the database \"{database}\" does not exist"))
            .help("create it, or name a file in a folder that exists"),
        _ => StepError::new("permission_denied", format!("the database \"{database}\" cannot be reached ({}): {why}", path.display())),
    };
    let root = workspace.canonicalize().map_err(|why| failed(workspace, why))?;
    let path = root.join(relative);
    match path.canonicalize() {
        Ok(file) if file.starts_with(&root) => Ok(Place { file, exists: true }),
        Ok(_) => Err(outside()),
        // A dangling symlink is not a place to create a file at: it may lead anywhere.
        Err(why) if why.kind() == ErrorKind::NotFound && path.symlink_metadata().is_err() => {
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Err(outside()) };
            let folder = folder.canonicalize().map_err(|why| failed(folder, why))?;
            if folder.starts_with(&root) { Ok(Place { file: folder.join(name), exists: false }) } else { Err(outside()) }
        }
        Err(why) if why.kind() == ErrorKind::NotFound => Err(outside()),
        Err(why) => Err(failed(&path, why)),
    }
}
