//! What callers hear of the writer while the disk is full or the database cannot be written, and after.

use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::open::Store;
use crate::sql::Connection;

/// How much room the disk seems to have, in pages; never less than the database takes now.
struct Disk(&'static str);

const FULL: Disk = Disk("PRAGMA max_page_count = 1");
const ROOMY: Disk = Disk("PRAGMA max_page_count = 1000000");

impl Write for Disk {
    type Output = ();

    async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
        connection.execute(self.0, &[]).await?;
        Ok(())
    }
}

#[tokio::test]
async fn a_full_disk_is_reported_what_was_there_stays_and_with_room_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    store.set_meta("before", "yes").await.unwrap();
    store.write(FULL).await.unwrap();
    let refused = store.set_meta("big", &"x".repeat(1 << 20)).await.err().unwrap();
    assert!(matches!(&refused, StoreError::DiskFull { .. }), "{refused:?}");
    assert_eq!(store.meta("before").await.unwrap().as_deref(), Some("yes"));
    assert_eq!(store.meta("big").await.unwrap(), None);
    store.write(ROOMY).await.unwrap();
    store.set_meta("big", &"x".repeat(1 << 20)).await.unwrap();
}

const FROZEN: Disk = Disk("PRAGMA query_only = 1");

#[tokio::test]
async fn a_database_that_cannot_be_written_is_named_and_can_still_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    store.set_meta("k", "before").await.unwrap();
    store.write(FROZEN).await.unwrap();
    for _ in 0..2 {
        let refused = store.set_meta("k", "after").await.err().unwrap();
        assert!(matches!(&refused, StoreError::ReadOnly { .. }), "{refused:?}");
        assert!(refused.to_string().contains(folder.path().to_str().unwrap()), "{refused}");
    }
    assert_eq!(store.meta("k").await.unwrap().as_deref(), Some("before"));
    store.close().await;
    let store = Store::open(folder.path()).await.unwrap();
    store.set_meta("k", "after").await.unwrap();
}

#[tokio::test]
async fn on_a_full_disk_a_small_write_that_fits_is_made_beside_one_that_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    store.set_meta("k", "v").await.unwrap();
    store.write(FULL).await.unwrap();
    let big = "x".repeat(1 << 20);
    let (small, large) = futures::join!(store.set_meta("k", "w"), store.set_meta("big", &big));
    assert_eq!(small, Ok(()));
    assert!(matches!(large, Err(StoreError::DiskFull { .. })), "{large:?}");
    assert_eq!(store.meta("k").await.unwrap().as_deref(), Some("w"));
}
