//! The folder, the lock, the migrations, and what refuses to open.

use crate::{events, new, run};
use sayflow_store::{Place, Store, StoreError};
use sqlx::{ConnectOptions, Connection};

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("new/data")).await.unwrap();
    store.create_run(new("r1", 2)).await.unwrap();
    store.close().await;

    let store = Store::open(&folder.path().join("new/data")).await.unwrap();
    assert_eq!(store.run("r1").await.unwrap(), Some(sayflow_store::RunRow { seq: 2, ..run("r1") }));
    assert_eq!(store.run_events("r1", 0, 10).await.unwrap(), events(1..=2));
}

#[tokio::test]
async fn a_closed_store_is_one_file_that_can_be_copied() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    store.create_run(new("r1", 2)).await.unwrap();
    assert!(store.run("r1").await.unwrap().is_some());
    store.close().await;
    assert!(!folder.path().join("sayflow.db-wal").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_look_into_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let _store = Store::open(&data).await.unwrap();
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_second_opener_is_told_who_holds_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let first = Store::open(folder.path()).await.unwrap();
    let refused = Store::open(folder.path()).await.err().unwrap();
    let place = Place::Folder(folder.path().into());
    assert_eq!(refused, StoreError::Locked { place, holder: Some(format!("process {}", std::process::id())) });
    assert!(refused.to_string().contains("stop that process"), "{refused}");

    first.close().await;
    Store::open(folder.path()).await.unwrap();
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    Store::open(folder.path()).await.unwrap().close().await;
    let mut connection = database(&folder).connect().await.unwrap();
    sqlx::query("PRAGMA user_version = 99").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let refused = Store::open(folder.path()).await.err().unwrap();
    assert!(matches!(refused, StoreError::NewerVersion { found: 99, .. }), "{refused:?}");
    assert!(refused.to_string().contains("update Sayflow"), "{refused}");
}

/// `/sys` refuses new folders even to root, for whom permission bits do not hold.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_place_that_cannot_be_written_is_named_with_the_way_out() {
    let refused = Store::open(std::path::Path::new("/sys/kernel/sayflow-data")).await.err().unwrap();
    assert!(matches!(refused, StoreError::ReadOnly { .. }), "{refused:?}");
    assert!(refused.to_string().contains("/sys/kernel/sayflow-data"), "{refused}");
    assert!(refused.to_string().contains("SAYFLOW_HOME"), "{refused}");
}

#[tokio::test]
async fn a_closed_store_refuses_instead_of_hanging() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    store.close().await;
    assert!(store.create_run(new("r1", 1)).await.is_err());
    assert!(store.run("r1").await.is_err());
}

fn database(folder: &tempfile::TempDir) -> sqlx::sqlite::SqliteConnectOptions {
    sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("sayflow.db"))
}
