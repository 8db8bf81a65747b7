//! Writing a whole copy of a SQLite database into a file, which has its last name only once it is durable.

use crate::context::Context;
use crate::copies;
use crate::error::StoreError;
use crate::lock;
use sqlx::SqliteConnection;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Copies the database before a migration, into the folder of automatic copies.
pub(crate) async fn before_migration(context: &Context, connection: &mut SqliteConnection, format: i64) -> Result<(), StoreError> {
    let folder = copies::folder(&context.folder);
    lock::create_folder(&folder)?;
    let to = folder.join(copies::name(format));
    copy(context, connection, &to).await?;
    tracing::info!("kept a copy of the store before its tables change: {}", to.display());
    Ok(())
}

/// Writes a copy under another name first, so that what has the right name is whole.
pub(crate) async fn copy(context: &Context, connection: &mut SqliteConnection, to: &Path) -> Result<(), StoreError> {
    let folder = to.parent().unwrap_or(Path::new("."));
    let fail = |why: io::Error| StoreError::from_io(folder, "writing the copy", &why);
    if to.exists() {
        return Err(StoreError::Other(format!("{} is there already; choose another name", to.display())));
    }
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    // One that a crash left behind.
    let _ = fs::remove_file(&partial);
    private(&partial).map_err(fail)?;
    let copied = sqlx::query("VACUUM INTO $1").bind(partial.to_string_lossy().into_owned()).execute(connection).await;
    let end = match copied {
        Ok(_) => keep(&partial, to).map_err(fail),
        Err(why) => Err(context.explain(&why)),
    };
    if end.is_err() {
        let _ = fs::remove_file(&partial);
    }
    end
}

/// Makes an empty file that only its owner can read.
pub(crate) fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Makes a file durable under its last name.
fn keep(from: &Path, to: &Path) -> io::Result<()> {
    File::open(from)?.sync_all()?;
    fs::rename(from, to)?;
    sync_folder(to)
}

/// Makes the names in the folder of a file durable.
pub(crate) fn sync_folder(of: &Path) -> io::Result<()> {
    match of.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
