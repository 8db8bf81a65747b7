//! The embedded index: exact, in memory, rebuilt at start. Sparse vectors live in postings whose rarity weights are
//! computed at query time, so that they are right after every change; dense vectors are compared by cosine.

mod memory;
mod top;

use super::api::{Filter, Hit, Index, IndexError, IndexSpec, Query, Record};
use super::sparse::SparseVector;
use async_trait::async_trait;
use memory::Memory;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The embedded index. It never waits for anything but its lock, so that everything can also be asked without `async`.
#[derive(Debug)]
pub struct EmbeddedIndex {
    memory: RwLock<Memory>,
}

impl EmbeddedIndex {
    /// An empty one.
    pub fn new(spec: IndexSpec) -> Self {
        Self { memory: RwLock::new(Memory::new(spec)) }
    }

    /// [`Index::upsert`] at once.
    ///
    /// # Errors
    /// When a record does not fit.
    pub fn put(&self, records: Vec<Record>) -> Result<(), IndexError> {
        let mut memory = self.write();
        memory.spec().check(&records)?;
        for record in records {
            memory.remove(&record.id);
            memory.insert(record);
        }
        Ok(())
    }

    /// [`Index::delete`] at once.
    pub fn take_out(&self, ids: &[&str]) -> usize {
        let mut memory = self.write();
        ids.iter().filter(|id| memory.remove(id)).count()
    }

    /// [`Index::query`] at once.
    ///
    /// # Errors
    /// When a vector does not fit.
    pub fn find(&self, query: &Query<'_>) -> Result<Vec<Hit>, IndexError> {
        let memory = self.read();
        memory.spec().check_query(query)?;
        Ok(memory.find(query))
    }

    /// How much of a sparse query each of these entries covers: 0 is nothing, 1 every term at the weight `heaviest`.
    /// Terms that no entry has count as the rarest.
    pub fn coverage(&self, sparse: &SparseVector, heaviest: f32, ids: &[&str]) -> Vec<f32> {
        let memory = self.read();
        let ceiling = memory.ceiling(sparse, heaviest).max(f32::MIN_POSITIVE);
        ids.iter().map(|id| memory.score(sparse, id) / ceiling).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Memory> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Index for EmbeddedIndex {
    async fn ensure(&self, spec: &IndexSpec) -> Result<(), IndexError> {
        self.write().ensure(spec)
    }

    async fn upsert(&self, records: Vec<Record>) -> Result<(), IndexError> {
        self.put(records)
    }

    async fn delete(&self, ids: &[&str]) -> Result<usize, IndexError> {
        Ok(self.take_out(ids))
    }

    async fn query(&self, query: &Query<'_>) -> Result<Vec<Hit>, IndexError> {
        self.find(query)
    }

    async fn count(&self, filter: Option<Filter<'_>>) -> Result<usize, IndexError> {
        Ok(self.read().count(filter))
    }

    async fn maintain(&self) -> Result<(), IndexError> {
        self.write().maintain();
        Ok(())
    }
}
