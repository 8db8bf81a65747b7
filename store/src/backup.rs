//! Copies of a SQLite store: made before tables change, made when asked for, looked through, and put back.

use crate::error::Place;
use crate::open::Context;
use crate::{Store, StoreError, lock, sqlite};
use jiff::Timestamp;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Where the automatic copies are, in the data folder.
const COPIES: &str = "backups";

impl Store {
    /// Writes a copy of the store, as it is now, into a new file, while work goes on.
    ///
    /// # Errors
    /// When the file is there already or cannot be written, or when the rows are on a server: that has its own tools.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        if let Place::Server(address) = self.place() {
            return Err(StoreError::Other(format!("{address} is a PostgreSQL database; copy it with pg_dump")));
        }
        let context = self.context();
        let options = sqlite::options(&sqlite::file(&context.folder)).read_only(true);
        let mut connection = options.connect().await.map_err(|why| context.explain(&why))?;
        let done = copy(context, &mut connection, to).await;
        // What was written is synced already.
        let _ = connection.close().await;
        done
    }

    /// Looks through the whole store for damage. It takes time in proportion to its size; work goes on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with what was found.
    pub async fn check(&self) -> Result<(), StoreError> {
        if let Place::Server(_) = self.place() {
            // PostgreSQL's pages are its own business; that every table can be asked is ours.
            self.number("SELECT CAST(COUNT(*) AS BIGINT) FROM runs r JOIN documents d ON d.hash = r.document_hash", &[]).await?;
            return Ok(());
        }
        let context = self.context();
        let options = sqlite::options(&sqlite::file(&context.folder)).read_only(true);
        let mut connection = options.connect().await.map_err(|why| context.explain(&why))?;
        let found = integrity(&mut connection).await.map_err(|why| context.explain(&why));
        let _ = connection.close().await;
        match found? {
            Some(why) => Err(StoreError::Corrupt { why, copy: newest_copy(&context.folder) }),
            None => Ok(()),
        }
    }

    /// Puts a copy in the place of the database of a folder that nobody has open. The database that was there is kept
    /// beside it as `sayflow.db.damaged-TIME`, whose path is returned.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while a process has the folder open; [`StoreError::Corrupt`] or
    /// [`StoreError::NewerVersion`] when the copy does not do. Then nothing was changed.
    pub async fn restore(folder: &Path, file: &Path) -> Result<Option<PathBuf>, StoreError> {
        lock::create_folder(folder)?;
        let lock = lock::take(folder)?;
        let fresh = folder.join("sayflow.db.restoring");
        let prepared = prepare(folder, file, &fresh).await;
        let end = prepared.and_then(|()| swap(folder, &fresh).map_err(|why| StoreError::from_io(folder, "restoring the database", &why)));
        if end.is_err() {
            // It may not have been made.
            let _ = fs::remove_file(&fresh);
        }
        drop(lock);
        end
    }
}

/// Copies the database before a migration, into the folder of automatic copies.
pub(crate) async fn before_migration(context: &Context, connection: &mut SqliteConnection, format: i64) -> Result<(), StoreError> {
    let copies = context.folder.join(COPIES);
    lock::create_folder(&copies)?;
    let to = copies.join(format!("sayflow-{format}-{}.db", stamp()));
    copy(context, connection, &to).await?;
    tracing::info!("kept a copy of the store before its tables change: {}", to.display());
    Ok(())
}

/// The newest automatic copy of a folder.
pub(crate) fn newest_copy(folder: &Path) -> Option<PathBuf> {
    let copies = fs::read_dir(folder.join(COPIES)).ok()?;
    let times = copies.filter_map(|entry| {
        let path = entry.ok()?.path();
        let name = path.file_name()?.to_str()?;
        let (_, time) = name.strip_prefix("sayflow-")?.strip_suffix(".db")?.split_once('-')?;
        Some((time.to_owned(), path))
    });
    times.max().map(|(_, path)| path)
}

/// A time in a file's name; sorts by age.
fn stamp() -> String {
    Timestamp::now().strftime("%Y%m%dT%H%M%S%6fZ").to_string()
}

/// Writes a copy under another name first, so that what has the right name is whole.
async fn copy(context: &Context, connection: &mut SqliteConnection, to: &Path) -> Result<(), StoreError> {
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
fn private(path: &Path) -> io::Result<File> {
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

fn sync_folder(of: &Path) -> io::Result<()> {
    match of.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Copies a file to where it can take the database's place, and looks whether it may.
async fn prepare(folder: &Path, file: &Path, fresh: &Path) -> Result<(), StoreError> {
    let fail = |why: io::Error| StoreError::from_io(folder, "copying the backup", &why);
    if !file.is_file() {
        return Err(StoreError::Other(format!("there is no backup {}", file.display())));
    }
    let _ = fs::remove_file(fresh);
    let mut to = private(fresh).map_err(fail)?;
    let mut from = File::open(file).map_err(|why| StoreError::Other(format!("the backup {} cannot be read: {why}", file.display())))?;
    io::copy(&mut from, &mut to).map_err(fail)?;
    to.sync_all().map_err(fail)?;
    let unfit = |why: String| StoreError::Corrupt { why: format!("the backup {}: {why}", file.display()), copy: newest_copy(folder) };
    // What a backup is, it is as one file: there is no log beside it.
    let options = sqlite::options(fresh).read_only(true).immutable(true);
    let mut connection = options.connect().await.map_err(|why| unfit(why.to_string()))?;
    let looked = look(&mut connection).await;
    let _ = connection.close().await;
    match looked.map_err(|why| unfit(why.to_string()))? {
        (Some(why), _) => Err(unfit(why)),
        (None, 0) => Err(unfit("it is no database of Sayflow".into())),
        (None, format) if format > sqlite::newest_format() => Err(sqlite::newer(folder, format)),
        (None, _) => Ok(()),
    }
}

async fn look(connection: &mut SqliteConnection) -> Result<(Option<String>, i64), sqlx::Error> {
    let damage = integrity(connection).await?;
    let format: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await?;
    Ok((damage, format))
}

/// What is wrong with a database: damaged pages and indexes, and rows whose counterpart is missing.
async fn integrity(connection: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(10)").fetch_all(&mut *connection).await?;
    if found != ["ok"] {
        return Ok(Some(found.join("; ")));
    }
    let orphan: Option<(String, Option<i64>)> =
        sqlx::query_as("SELECT \"table\", rowid FROM pragma_foreign_key_check LIMIT 1").fetch_optional(connection).await?;
    Ok(orphan.map(|(table, _)| format!("a row of {table} refers to one that is missing")))
}

/// Puts the fresh file in the database's place.
///
/// The old database's log must be out of the way before: it would be played into the fresh one.
fn swap(folder: &Path, fresh: &Path) -> io::Result<Option<PathBuf>> {
    let current = sqlite::file(folder);
    let beside = |suffix: &str| folder.join(format!("sayflow.db{suffix}"));
    let mut kept = None;
    if current.exists() {
        let aside = beside(&format!(".damaged-{}", stamp()));
        fs::hard_link(&current, &aside).or_else(|_| fs::copy(&current, &aside).map(|_| ()))?;
        kept = Some(aside);
    }
    if let (true, Some(aside)) = (beside("-wal").exists(), &kept) {
        let mut log = aside.as_os_str().to_owned();
        log.push("-wal");
        fs::rename(beside("-wal"), log)?;
    }
    for left in ["-wal", "-shm"] {
        match fs::remove_file(beside(left)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
    }
    sync_folder(&current)?;
    fs::rename(fresh, &current)?;
    sync_folder(&current)?;
    Ok(kept)
}
