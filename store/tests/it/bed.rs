//! A store to test, on either database.

use sayflow_store::Store;
use sayflow_store::testing::Postgres;
use tempfile::TempDir;

/// A store with what it stands on.
pub(crate) struct Bed {
    pub(crate) store: Store,
    pub(crate) folder: TempDir,
    pub(crate) server: Option<Server>,
}

/// A PostgreSQL with one database.
pub(crate) struct Server {
    pub(crate) postgres: Postgres,
    pub(crate) url: String,
}

impl Server {
    /// The database's name.
    pub(crate) fn database(&self) -> &str {
        self.url.rsplit('/').next().unwrap()
    }
}

impl Bed {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        Self { store, folder, server: None }
    }

    pub(crate) async fn postgres() -> Self {
        let postgres = Postgres::start();
        let url = postgres.new_database();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_at(folder.path(), Some(&url)).await.unwrap();
        Self { store, folder, server: Some(Server { postgres, url }) }
    }

    /// Closes the store and opens it again.
    pub(crate) async fn reopened(self) -> Self {
        self.store.close().await;
        let Self { folder, server, .. } = self;
        let url = server.as_ref().map(|server| server.url.as_str());
        let store = Store::open_at(folder.path(), url).await.unwrap();
        Self { store, folder, server }
    }
}
