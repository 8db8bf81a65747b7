//! Copies of a SQLite store: before tables change, when asked for, and back.

use crate::{events, new};
use sayflow_store::{RunFilter, Store, StoreError};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::fs;
use std::path::{Path, PathBuf};

/// A store with run `r1`, closed.
async fn left(folder: &Path) {
    let store = Store::open(folder).await.unwrap();
    store.create_run(new("r1", 2)).await.unwrap();
    store.close().await;
}

async fn ids(store: &Store) -> Vec<String> {
    store.list_runs(RunFilter::default(), None, 99).await.unwrap().into_iter().map(|line| line.id).collect()
}

fn copies(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder.join("backups")).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

/// A store in the first format, with three runs of two documents.
async fn first_format(folder: &Path) {
    let only_first = tempfile::tempdir().unwrap();
    fs::copy("migrations/sqlite/0001_first.sql", only_first.path().join("0001_first.sql")).unwrap();
    let options = SqliteConnectOptions::new().filename(folder.join("sayflow.db")).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    Migrator::new(only_first.path()).await.unwrap().run(&mut connection).await.unwrap();
    let rows = "INSERT INTO runs (id, workflow, dry_run, document, workspace, status, created) VALUES
            ('r1', 'a', FALSE, '{\"d\":1}', '/w', 'running', 1), ('r2', 'a', TRUE, '{\"d\":1}', '/w', 'failed', 2),
            ('r3', 'b', FALSE, '{\"d\":2}', '/w', 'queued', 3);
        INSERT INTO run_events (run, seq, at, body) VALUES ('r1', 1, 10, '{\"n\":1}'), ('r1', 2, 20, '{\"n\":2}');
        PRAGMA user_version = 1";
    sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_store_of_an_older_version_is_copied_and_then_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    first_format(folder.path()).await;
    let store = Store::open(folder.path()).await.unwrap();
    let documents: Vec<String> = join_documents(&store, &["r1", "r2", "r3"]).await;
    assert_eq!(documents, ["{\"d\":1}", "{\"d\":1}", "{\"d\":2}"]);
    assert_eq!(store.run("r1").await.unwrap().unwrap().seq, 2);
    assert_eq!(store.run_events("r1", 0, 9).await.unwrap(), events(1..=2));
    assert_eq!(store.interrupted_runs().await.unwrap(), ["r1", "r3"]);
    store.commit_run(crate::more("r1", events(3..=3))).await.unwrap();
    store.check().await.unwrap();
    store.close().await;

    let copies = copies(folder.path());
    assert_eq!(copies.len(), 1, "{copies:?}");
    let name = copies[0].file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("sayflow-1-") && name.ends_with(".db"), "{name}");
    // The copy is the store as it was, and a store.
    let damaged = Store::restore(folder.path(), &copies[0]).await.unwrap().unwrap();
    assert!(damaged.exists(), "{damaged:?}");
    let store = Store::open(folder.path()).await.unwrap();
    assert_eq!(store.run("r1").await.unwrap().unwrap().seq, 2);
}

async fn join_documents(store: &Store, ids: &[&str]) -> Vec<String> {
    let mut documents = Vec::new();
    for id in ids {
        documents.push(store.run(id).await.unwrap().unwrap().document);
    }
    documents
}

#[tokio::test]
async fn a_new_store_and_one_that_is_up_to_date_are_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    left(folder.path()).await;
    left_again(folder.path()).await;
    assert_eq!(copies(folder.path()), [] as [PathBuf; 0]);
}

async fn left_again(folder: &Path) {
    Store::open(folder).await.unwrap().close().await;
}

#[tokio::test]
async fn a_backup_is_made_while_work_goes_on_and_can_be_put_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    store.create_run(new("r1", 2)).await.unwrap();
    let to = folder.path().join("copy.db");
    store.backup(&to).await.unwrap();
    store.create_run(new("r2", 2)).await.unwrap();
    let refused = store.backup(&to).await.err().unwrap();
    assert!(refused.to_string().contains("is there already"), "{refused}");
    let refused = store.backup(&folder.path().join("nowhere/copy.db")).await.err().unwrap();
    assert!(refused.to_string().contains("nowhere"), "{refused}");

    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(Store::restore(elsewhere.path(), &to).await.unwrap(), None);
    let restored = Store::open(elsewhere.path()).await.unwrap();
    assert_eq!(ids(&restored).await, ["r1"]);
    assert_eq!(restored.run_events("r1", 0, 9).await.unwrap(), events(1..=2));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_a_backup() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let to = folder.path().join("copy.db");
    store.backup(&to).await.unwrap();
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn an_open_store_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let to = folder.path().join("copy.db");
    store.backup(&to).await.unwrap();
    let refused = Store::restore(folder.path(), &to).await.err().unwrap();
    assert!(matches!(refused, StoreError::Locked { .. }), "{refused:?}");
}

#[tokio::test]
async fn what_is_no_sound_copy_is_refused_and_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    left(folder.path()).await;
    let store = Store::open(folder.path()).await.unwrap();
    let (sound, torn, newer) = (folder.path().join("sound.db"), folder.path().join("torn.db"), folder.path().join("newer.db"));
    store.backup(&sound).await.unwrap();
    store.close().await;
    fs::copy(&sound, &torn).unwrap();
    damage(&torn, "run_events").await;
    fs::copy(&sound, &newer).unwrap();
    let mut connection = SqliteConnectOptions::new().filename(&newer).connect().await.unwrap();
    sqlx::query("PRAGMA user_version = 99").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let list = folder.path().join("list.db");
    fs::write(&list, "a shopping list; ".repeat(500)).unwrap();
    let empty = folder.path().join("empty.db");
    fs::write(&empty, "").unwrap();

    for bad in [&torn, &list, &empty] {
        let refused = Store::restore(folder.path(), bad).await.err().unwrap();
        assert!(matches!(&refused, StoreError::Corrupt { why, .. } if why.contains(bad.to_str().unwrap())), "{refused:?}");
    }
    let refused = Store::restore(folder.path(), &newer).await.err().unwrap();
    assert!(matches!(refused, StoreError::NewerVersion { found: 99, .. }), "{refused:?}");
    let refused = Store::restore(folder.path(), &folder.path().join("nothing.db")).await.err().unwrap();
    assert!(refused.to_string().contains("nothing.db"), "{refused}");

    let names: Vec<String> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!names.iter().any(|name| name.contains("damaged") || name.contains("restoring")), "{names:?}");
    assert_eq!(ids(&Store::open(folder.path()).await.unwrap()).await, ["r1"]);
}

#[tokio::test]
async fn a_damaged_database_is_reported_with_the_command_that_restores_the_newest_copy() {
    let folder = tempfile::tempdir().unwrap();
    first_format(folder.path()).await;
    left_again(folder.path()).await;
    let copy = copies(folder.path()).remove(0);
    let database = folder.path().join("sayflow.db");
    fs::write(&database, "this is a shopping list, not a database; ".repeat(100)).unwrap();

    let refused = Store::open(folder.path()).await.err().unwrap();
    assert!(matches!(&refused, StoreError::Corrupt { copy: Some(named), .. } if *named == copy), "{refused:?}");
    assert!(refused.to_string().contains(&format!("sayflow restore {}", copy.display())), "{refused}");

    let aside = Store::restore(folder.path(), &copy).await.unwrap().unwrap();
    assert!(fs::read_to_string(&aside).unwrap().contains("shopping list"));
    assert!(aside.file_name().unwrap().to_str().unwrap().starts_with("sayflow.db.damaged-"));
    let mut found = ids(&Store::open(folder.path()).await.unwrap()).await;
    found.sort();
    assert_eq!(found, ["r1", "r2", "r3"]);
}

#[tokio::test]
async fn a_check_finds_damage_that_no_work_has_touched_yet() {
    let folder = tempfile::tempdir().unwrap();
    left(folder.path()).await;
    damage(&folder.path().join("sayflow.db"), "approvals").await;
    let store = Store::open(folder.path()).await.unwrap();
    assert_eq!(ids(&store).await, ["r1"]);
    let found = store.check().await.err().unwrap();
    assert!(matches!(found, StoreError::Corrupt { .. }), "{found:?}");
}

/// Overwrites the page where a table begins.
async fn damage(database: &Path, table: &str) {
    use std::os::unix::fs::FileExt;
    let mut connection = SqliteConnectOptions::new().filename(database).connect().await.unwrap();
    let root: i64 =
        sqlx::query_scalar("SELECT rootpage FROM sqlite_schema WHERE name = $1").bind(table).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let file = fs::OpenOptions::new().write(true).open(database).unwrap();
    file.write_all_at(&[0xAA; 4096], (u64::try_from(root).unwrap() - 1) * 4096).unwrap();
}
