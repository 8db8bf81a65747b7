//! The data lock: one process at a time works on a data folder.

use crate::error::{Place, StoreError};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// The file whose lock is the data lock. The system gives the lock back when the process ends, however it ends.
const LOCK_FILE: &str = "data.lock";

/// Makes the folder if it is not there, so that only its owner can look inside.
pub(crate) fn create_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(|why| StoreError::from_io(folder, "making the data folder", &why))
}

/// Takes the lock and leaves the process's id in it, for the message that another process shows.
pub(crate) fn take(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let fail = |why: std::io::Error| StoreError::from_io(folder, "taking the data lock", &why);
    let mut file = options.open(&path).map_err(fail)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(locked(folder, &mut file)),
        Err(TryLockError::Error(why)) => return Err(fail(why)),
    }
    file.set_len(0).map_err(fail)?;
    file.rewind().map_err(fail)?;
    write!(file, "{}", std::process::id()).map_err(fail)?;
    Ok(file)
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn locked(folder: &Path, file: &mut File) -> StoreError {
    StoreError::Locked { place: Place::Folder(folder.to_owned()), holder: read_pid(file).map(|pid| format!("process {pid}")) }
}
