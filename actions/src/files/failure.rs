//! The file system's errors as errors of a step.

use sayflow_engine::action::StepError;
use std::io::{Error, ErrorKind};

/// What was to be done, for the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Reading,
    Writing,
    Listing,
    Moving,
    Removing,
}

impl Doing {
    fn word(self) -> &'static str {
        match self {
            Self::Reading => "read",
            Self::Writing => "written",
            Self::Listing => "listed",
            Self::Moving => "moved",
            Self::Removing => "removed",
        }
    }
}

pub(super) fn failed(doing: Doing, path: &str, why: &Error) -> StepError {
    let place = if path.is_empty() { "the workspace folder" } else { path };
    let cannot = |code: &str, what: &str| StepError::new(code, format!("{place} cannot be {}: {what}", doing.word()));
    // The confinement reports a way out as a refusal that no system call made.
    if why.kind() == ErrorKind::PermissionDenied && why.raw_os_error().is_none() {
        return cannot("path_outside", "a link in it leads out of the workspace folder").help("copy the file into the workspace folder");
    }
    match why.kind() {
        ErrorKind::NotFound if doing == Doing::Listing => StepError::new("folder_not_found", format!("there is no folder {place}"))
            .help("check the path; it is relative to the workspace folder"),
        ErrorKind::NotFound => StepError::new("file_not_found", format!("there is no file {place}"))
            .help("check the path; it is relative to the workspace folder"),
        ErrorKind::PermissionDenied => {
            cannot("permission_denied", "this user may not do that").help("change the permissions of the file or its folder")
        }
        ErrorKind::ReadOnlyFilesystem => cannot("read_only", "the file system is read-only"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            cannot("disk_full", "there is no space left; nothing was changed").help("free some space and run it again")
        }
        ErrorKind::IsADirectory => is_a_folder(place),
        ErrorKind::NotADirectory if doing == Doing::Listing => StepError::new("not_a_folder", format!("{place} is a file, not a folder")),
        ErrorKind::NotADirectory => cannot("not_a_folder", "something above it is a file, not a folder"),
        ErrorKind::AlreadyExists => {
            StepError::new("file_exists", format!("{place} exists already")).help("choose another name, or remove that file first")
        }
        ErrorKind::InvalidFilename | ErrorKind::InvalidInput => {
            cannot("invalid_path", "its name is too long or has characters that cannot be in one")
        }
        _ => cannot("file_error", &why.to_string()),
    }
}

pub(super) fn is_a_folder(path: &str) -> StepError {
    StepError::new("is_a_folder", format!("{path} is a folder, not a file")).help("name a file in it, or list it with file.list")
}

pub(super) fn not_a_file(path: &str) -> StepError {
    StepError::new("not_a_file", format!("{path} is a device, pipe or socket, not a file"))
}

pub(super) fn too_large(path: &str, max_bytes: usize) -> StepError {
    StepError::new("output_too_large", format!("{path} is larger than the {max_bytes} bytes that a step may hold"))
        .help("split the file, or put the data into a database")
}
