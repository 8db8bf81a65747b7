//! Copies of a SQLite store: made when asked for, looked through, and put back.

use crate::error::{Place, StoreError};
use crate::open::Store;
use crate::snapshot::{copy, private, sync_folder};
use crate::{copies, lock, sqlite};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

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
            Some(why) => Err(StoreError::Corrupt { why, copy: copies::newest(&context.folder) }),
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
    let unfit = |why: String| StoreError::Corrupt { why: format!("the backup {}: {why}", file.display()), copy: copies::newest(folder) };
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
        let aside = beside(&format!(".damaged-{}", copies::stamp()));
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
