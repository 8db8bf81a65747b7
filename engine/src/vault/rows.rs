//! Where the vault keeps its records.

use async_trait::async_trait;
use sayflow_store::{CredentialRow, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Keeps sealed accounts and single values.
#[async_trait]
pub trait VaultRows: Send + Sync {
    /// All accounts.
    ///
    /// # Errors
    /// When the store fails.
    async fn load_all(&self) -> Result<Vec<CredentialRow>, StoreError>;

    /// Keeps an account in the place of the one with its name.
    ///
    /// # Errors
    /// When the store fails.
    async fn put(&self, row: CredentialRow) -> Result<(), StoreError>;

    /// Removes an account; says whether there was one.
    ///
    /// # Errors
    /// When the store fails.
    async fn remove(&self, name: &str) -> Result<bool, StoreError>;

    /// A single value.
    ///
    /// # Errors
    /// When the store fails.
    async fn meta(&self, key: &str) -> Result<Option<String>, StoreError>;

    /// Keeps a single value.
    ///
    /// # Errors
    /// When the store fails.
    async fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError>;
}

#[async_trait]
impl VaultRows for Store {
    async fn load_all(&self) -> Result<Vec<CredentialRow>, StoreError> {
        self.list_credentials().await
    }

    async fn put(&self, row: CredentialRow) -> Result<(), StoreError> {
        self.put_credential(row).await
    }

    async fn remove(&self, name: &str) -> Result<bool, StoreError> {
        self.delete_credential(name).await
    }

    async fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        Store::meta(self, key).await
    }

    async fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError> {
        Store::set_meta(self, key, value).await
    }
}

/// Keeps everything in memory: for tests, evaluation worlds and dry runs without a store.
#[derive(Debug, Default)]
pub struct MemoryRows {
    rows: Mutex<BTreeMap<String, CredentialRow>>,
    meta: Mutex<BTreeMap<String, String>>,
}

#[async_trait]
impl VaultRows for MemoryRows {
    async fn load_all(&self) -> Result<Vec<CredentialRow>, StoreError> {
        Ok(self.rows.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect())
    }

    async fn put(&self, row: CredentialRow) -> Result<(), StoreError> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).insert(row.name.clone(), row);
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.rows.lock().unwrap_or_else(PoisonError::into_inner).remove(name).is_some())
    }

    async fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.meta.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    async fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.meta.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), value.to_owned());
        Ok(())
    }
}
