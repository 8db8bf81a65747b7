//! The index of one installation: its actions, the templates and the workflows that people saved.

use super::api::{Filter, Hit, IndexSpec, Query, Record};
use super::embedded::EmbeddedIndex;
use super::entry::{EntryKind, action_fields, template_fields, workflow_fields};
use super::sparse::{EmbedKind, Field, SparseEmbedder};
use crate::planner::ActionRanker;
use crate::templates;
use sayflow_engine::action::Catalogue;
use sayflow_protocol::Workflow;
use std::sync::{Arc, OnceLock};

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
    index: OnceLock<EmbeddedIndex>,
}

impl Library {
    /// A library of these actions and of the embedded templates.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, index: OnceLock::new() }
    }

    /// Adds a saved workflow, in place of the one with its name.
    pub fn put_workflow(&self, workflow: &Workflow) {
        if let Err(why) = self.index().put(vec![record(EntryKind::Workflow, &workflow.name, &workflow_fields(workflow))]) {
            tracing::error!(workflow = workflow.name, %why, "a saved workflow could not be indexed");
        }
    }

    /// Forgets a saved workflow.
    pub fn remove_workflow(&self, name: &str) {
        self.index().take_out(&[&EntryKind::Workflow.id(name)]);
    }

    /// Actions and proven workflows for a request.
    pub async fn retrieve(&self, text: &str) -> Retrieved {
        Retrieved {
            actions: self.search(text, &[EntryKind::Action], ACTIONS).await,
            demonstrations: self.search(text, &[EntryKind::Template, EntryKind::Workflow], DEMONSTRATIONS).await,
        }
    }

    /// The best entries of some kinds. A score says how much of the text the entry covers, from 0 (nothing) to 1
    /// (every word, and often); about 0.5 is a good match. Ids are plain names.
    #[allow(clippy::unused_async, reason = "the contract of searches")]
    pub async fn search(&self, text: &str, kinds: &[EntryKind], limit: usize) -> Vec<Hit> {
        self.search_words(text, kinds, limit)
    }

    /// The same by words alone, in the embedded index, at once.
    pub fn search_words(&self, text: &str, kinds: &[EntryKind], limit: usize) -> Vec<Hit> {
        let sparse = SparseEmbedder.embed_one(EmbedKind::Query, text);
        let query = Query { sparse: Some(&sparse), filter: Some(Filter { kinds }), limit, ..Query::default() };
        let hits = self.index().find(&query).unwrap_or_else(|why| {
            tracing::error!(%why, "the index refused a search");
            Vec::new()
        });
        let ids: Vec<&str> = hits.iter().map(|hit| hit.id.as_str()).collect();
        let scores = self.index().coverage(&sparse, SparseEmbedder.heaviest(), &ids);
        hits.iter().zip(scores).map(|(hit, score)| Hit { id: EntryKind::name_of(&hit.id).to_owned(), kind: hit.kind, score }).collect()
    }

    fn index(&self) -> &EmbeddedIndex {
        self.index.get_or_init(|| self.build())
    }

    fn build(&self) -> EmbeddedIndex {
        let index = EmbeddedIndex::new(IndexSpec { fingerprint: SparseEmbedder.fingerprint().to_owned(), dense: None });
        let actions = self.catalogue.specs().map(|spec| record(EntryKind::Action, &spec.id, &action_fields(spec)));
        let templates = templates::all().iter().map(|one| record(EntryKind::Template, &one.info.name, &template_fields(&one.info)));
        if let Err(why) = index.put(actions.chain(templates).collect()) {
            tracing::error!(%why, "the library could not be indexed");
        }
        index
    }
}

fn record(kind: EntryKind, name: &str, fields: &[Field]) -> Record {
    Record { id: kind.id(name), kind, sparse: SparseEmbedder.embed_fields(fields), dense: None }
}

impl ActionRanker for Library {
    fn rank(&self, text: &str, limit: usize) -> Vec<(String, f32)> {
        self.search_words(text, &[EntryKind::Action], limit).into_iter().map(|hit| (hit.id, hit.score)).collect()
    }
}
