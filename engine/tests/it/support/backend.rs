//! Where the rows of a test are: a database that vanishes with it. SQLite, or PostgreSQL where `SAYFLOW_TEST_STORE`
//! says `postgres`, so that the same tests hold on both.

use sayflow_store::testing::Postgres;
use sayflow_store::{Store, StoreError};
use std::path::Path;
use std::sync::{Arc, LazyLock, mpsc};
use std::time::Duration;
use tempfile::TempDir;

/// The server of this test program. It goes with the thread that started it, so that thread stays.
static SERVER: LazyLock<Arc<Postgres>> = LazyLock::new(|| {
    let (started, server) = mpsc::channel();
    std::thread::spawn(move || {
        started.send(Arc::new(Postgres::start())).unwrap();
        loop {
            std::thread::park();
        }
    });
    server.recv().expect("PostgreSQL starts")
});

/// A data folder, and a database, of a test's own.
pub struct Backend {
    folder: TempDir,
    url: Option<String>,
}

impl Backend {
    /// SQLite is kept in memory where the machine has a place for that: what dies in these tests is a process, not a
    /// machine.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let postgres = std::env::var("SAYFLOW_TEST_STORE").is_ok_and(|store| store == "postgres");
        Self { folder: folder.unwrap(), url: postgres.then(|| SERVER.new_database()) }
    }

    /// Opens the store that is there. A database server notices only a moment later that a process has died.
    pub async fn open(&self) -> Store {
        for _ in 0..500 {
            match Store::open_at(self.folder.path(), self.url.as_deref()).await {
                Ok(store) => return store,
                Err(StoreError::Locked { .. }) => std::thread::sleep(Duration::from_millis(10)),
                Err(why) => panic!("{why}"),
            }
        }
        panic!("the process before does not let go of its database");
    }

    /// How long the other side gets before everything counts as quiet.
    pub fn breath(&self) -> Duration {
        Duration::from_micros(if self.url.is_some() { 700 } else { 150 })
    }
}
