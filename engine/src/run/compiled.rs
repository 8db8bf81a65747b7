//! Compiled documents, kept so that starting or taking up a run of a known document compiles nothing.

use super::EngineError;
use crate::action::Catalogue;
use crate::plan::Plan;
use sayflow_protocol::workflow::Workflow;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many documents are kept compiled.
const KEPT: usize = 128;

/// A document that can be run. Immutable and shared.
pub struct Compiled {
    /// What the run core works from.
    pub plan: Arc<Plan>,
    /// The document in canonical JSON, as it is stored.
    pub document: Arc<str>,
}

impl Compiled {
    /// The workflow's name.
    pub fn name(&self) -> &str {
        &self.plan.workflow.name
    }
}

type Hash = [u8; 32];

/// Compiled documents by content, the least recently used dropped first.
#[derive(Default)]
pub(super) struct Cache {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_content: HashMap<Hash, (Arc<Compiled>, u64)>,
    by_version: HashMap<(String, u32), (Arc<Compiled>, u64)>,
    clock: u64,
}

impl Cache {
    /// The compiled form of a document.
    pub(super) fn compile(&self, workflow: &Workflow, catalogue: &Catalogue) -> Result<Arc<Compiled>, EngineError> {
        let document = serde_json::to_string(workflow).map_err(|why| EngineError::Document(why.to_string()))?;
        self.get_or_build(document, catalogue, |_| Ok(workflow.clone()))
    }

    /// The compiled form of a stored document.
    pub(super) fn compile_stored(&self, document: String, catalogue: &Catalogue) -> Result<Arc<Compiled>, EngineError> {
        let read = |document: &str| serde_json::from_str(document).map_err(|why| EngineError::Document(why.to_string()));
        self.get_or_build(document, catalogue, read)
    }

    fn get_or_build(
        &self,
        document: String,
        catalogue: &Catalogue,
        read: impl FnOnce(&str) -> Result<Workflow, EngineError>,
    ) -> Result<Arc<Compiled>, EngineError> {
        let hash: Hash = Sha256::digest(document.as_bytes()).into();
        if let Some(known) = self.lock().touch_content(&hash) {
            return Ok(known);
        }
        let plan = Arc::new(Plan::build(&read(&document)?, catalogue)?);
        let compiled = Arc::new(Compiled { plan, document: document.into() });
        self.lock().keep_content(hash, compiled.clone());
        Ok(compiled)
    }

    /// A version that was compiled before; versions never change.
    pub(super) fn version(&self, name: &str, version: u32) -> Option<Arc<Compiled>> {
        let mut entries = self.lock();
        entries.clock += 1;
        let clock = entries.clock;
        let (compiled, used) = entries.by_version.get_mut(&(name.to_owned(), version))?;
        *used = clock;
        Some(compiled.clone())
    }

    pub(super) fn keep_version(&self, name: &str, version: u32, compiled: Arc<Compiled>) {
        let mut entries = self.lock();
        entries.clock += 1;
        let clock = entries.clock;
        entries.by_version.insert((name.to_owned(), version), (compiled, clock));
        drop_oldest(&mut entries.by_version);
    }

    /// Forgets the versions of a name: a workflow that was deleted may be made anew under its name.
    pub(super) fn forget(&self, name: &str) {
        self.lock().by_version.retain(|(known, _), _| known != name);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn touch_content(&mut self, hash: &Hash) -> Option<Arc<Compiled>> {
        self.clock += 1;
        let (compiled, used) = self.by_content.get_mut(hash)?;
        *used = self.clock;
        Some(compiled.clone())
    }

    fn keep_content(&mut self, hash: Hash, compiled: Arc<Compiled>) {
        self.clock += 1;
        self.by_content.insert(hash, (compiled, self.clock));
        drop_oldest(&mut self.by_content);
    }
}

fn drop_oldest<K: Clone + Eq + std::hash::Hash>(entries: &mut HashMap<K, (Arc<Compiled>, u64)>) {
    if entries.len() > KEPT
        && let Some(oldest) = entries.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone())
    {
        entries.remove(&oldest);
    }
}
