//! The index of one installation: its actions, the templates and the workflows that people saved.

use super::embedder::{EmbedKind, SparseEmbedder};
use super::entry::{EntryKind, action_text, template_text, workflow_text};
use super::index::{Index, IndexSpec, Record};
use super::query::{Filter, Hit, Query};
use crate::planner::ActionRanker;
use crate::templates;
use sayflow_engine::action::Catalogue;
use sayflow_protocol::Workflow;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// How many actions are retrieved for one request.
const ACTIONS: usize = 30;
/// How many proven workflows are retrieved for one request.
const DEMONSTRATIONS: usize = 5;

/// What belongs to a request, best first. Ids are plain names without the kind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Retrieved {
    /// Actions by id.
    pub actions: Vec<Hit>,
    /// Templates and saved workflows by name.
    pub demonstrations: Vec<Hit>,
}

/// The searchable whole. Built at the first search, because most commands never search.
pub struct Library {
    catalogue: Arc<Catalogue>,
    index: OnceLock<RwLock<Index>>,
}

impl Library {
    /// A library of these actions and of the embedded templates.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, index: OnceLock::new() }
    }

    /// Adds a saved workflow, in place of the one with its name.
    pub fn put_workflow(&self, workflow: &Workflow) {
        let record = record(EntryKind::Workflow, &workflow.name, &workflow_text(workflow));
        let mut index = self.index().write().unwrap_or_else(PoisonError::into_inner);
        if let Err(why) = index.upsert(vec![record]) {
            tracing::error!(workflow = workflow.name, %why, "a saved workflow could not be indexed");
        }
    }

    /// Forgets a saved workflow.
    pub fn remove_workflow(&self, name: &str) {
        self.index().write().unwrap_or_else(PoisonError::into_inner).delete(&[&EntryKind::Workflow.id(name)]);
    }

    /// Actions and proven workflows for a request.
    pub fn retrieve(&self, text: &str) -> Retrieved {
        Retrieved {
            actions: self.search(text, &[EntryKind::Action], ACTIONS),
            demonstrations: self.search(text, &[EntryKind::Template, EntryKind::Workflow], DEMONSTRATIONS),
        }
    }

    /// The best entries of some kinds. A score says how much of the text the entry covers, from 0 (nothing) to 1
    /// (every word, and often); about 0.5 is a good match. Ids are plain names.
    pub fn search(&self, text: &str, kinds: &[EntryKind], limit: usize) -> Vec<Hit> {
        let sparse = SparseEmbedder.embed_one(EmbedKind::Query, text);
        let index = self.index().read().unwrap_or_else(PoisonError::into_inner);
        let query = Query { sparse: Some(&sparse), filter: Some(Filter { kinds }), limit, ..Query::default() };
        let ceiling = index.ceiling(&sparse, SparseEmbedder.heaviest()).max(f32::MIN_POSITIVE);
        let hits = index.query(&query).unwrap_or_else(|why| {
            tracing::error!(%why, "the index refused a search");
            Vec::new()
        });
        hits.into_iter().map(|hit| Hit { id: EntryKind::name_of(&hit.id).to_owned(), score: hit.score / ceiling, ..hit }).collect()
    }

    fn index(&self) -> &RwLock<Index> {
        self.index.get_or_init(|| RwLock::new(self.build()))
    }

    fn build(&self) -> Index {
        let spec = IndexSpec { fingerprint: SparseEmbedder.fingerprint().to_owned(), dense: None };
        let mut index = Index::new(spec);
        let actions = self.catalogue.specs().map(|spec| record(EntryKind::Action, &spec.id, &action_text(spec)));
        let templates = templates::all().iter().map(|one| record(EntryKind::Template, &one.info.name, &template_text(&one.info)));
        if let Err(why) = index.upsert(actions.chain(templates).collect()) {
            tracing::error!(%why, "the library could not be indexed");
        }
        index
    }
}

fn record(kind: EntryKind, name: &str, text: &str) -> Record {
    Record { id: kind.id(name), kind, sparse: SparseEmbedder.embed_one(EmbedKind::Document, text), dense: None }
}

impl ActionRanker for Library {
    fn rank(&self, text: &str, limit: usize) -> Vec<(String, f32)> {
        self.search(text, &[EntryKind::Action], limit).into_iter().map(|hit| (hit.id, hit.score)).collect()
    }
}
