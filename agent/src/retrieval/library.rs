//! The index of one installation: its actions, the templates and the workflows that people saved.

mod entries;
mod remote;
mod shelf;
mod upkeep;
mod version;
mod work;

use super::api::Hit;
use super::embedder::Embedder;
use super::embeddings::Embeddings;
use super::entry::{EntryKind, action_fields, template_fields, workflow_fields};
use super::qdrant::QdrantServer;
use crate::planner::ActionRanker;
use crate::templates;
use entries::Entry;
use sayflow_engine::action::Catalogue;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::template::TemplateInfo;
use shelf::Shelf;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

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

/// What searching uses besides the embedded index of words.
#[derive(Clone)]
pub struct Retrieval {
    /// The server that keeps the vectors; none means that they are kept in memory.
    pub server: Option<QdrantServer>,
    /// Where dense vectors come from; none means that searches go by words alone.
    pub embeddings: Option<Embeddings>,
    /// The folder in which dense vectors are kept over a restart.
    pub folder: Option<PathBuf>,
    /// After how long something that is away is tried again; then after twice as long, up to five minutes.
    pub try_again: Duration,
}

impl Default for Retrieval {
    fn default() -> Self {
        Self { server: None, embeddings: None, folder: None, try_again: Duration::from_secs(5) }
    }
}

/// The searchable whole. Built at the first search, because most commands never search; nothing goes over the network
/// before. With dense vectors or a server, the first search and every change set off work in the background, and
/// searches use what is complete meanwhile.
pub struct Library {
    catalogue: Arc<Catalogue>,
    retrieval: Retrieval,
    shelf: OnceLock<Arc<Shelf>>,
}

impl Library {
    /// A library of these actions and of the embedded templates, searched by words.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self::with(catalogue, Retrieval::default())
    }

    /// The same with dense vectors or a server.
    pub fn with(catalogue: Arc<Catalogue>, retrieval: Retrieval) -> Self {
        Self { catalogue, retrieval, shelf: OnceLock::new() }
    }

    /// Adds a saved workflow, in place of the one with its name. It is found at once.
    pub fn put_workflow(&self, workflow: &Workflow) {
        self.shelf().put(vec![Entry::new(EntryKind::Workflow, &workflow.name, &workflow_fields(workflow))]);
    }

    /// Forgets a saved workflow.
    pub fn remove_workflow(&self, name: &str) {
        self.shelf().remove(&EntryKind::Workflow.id(name));
    }

    /// Adds a template of one's own, in place of the one with its name. It is found at once.
    pub fn put_template(&self, template: &TemplateInfo) {
        self.shelf().put(vec![Entry::new(EntryKind::Template, &template.name, &template_fields(template))]);
    }

    /// Forgets a template of one's own.
    pub fn remove_template(&self, name: &str) {
        self.shelf().remove(&EntryKind::Template.id(name));
    }

    /// Changes where dense vectors come from. Everything is embedded anew in the background; searches use the old
    /// vectors until all new ones are there.
    pub fn use_embeddings(&self, embeddings: Option<Embeddings>) {
        self.shelf().use_embeddings(embeddings);
    }

    /// Actions and proven workflows for a request.
    pub async fn retrieve(&self, text: &str) -> Retrieved {
        Retrieved {
            actions: self.search(text, &[EntryKind::Action], ACTIONS).await,
            demonstrations: self.search(text, &[EntryKind::Template, EntryKind::Workflow], DEMONSTRATIONS).await,
        }
    }

    /// The best entries of some kinds, best first. A score says how much of the text's words the entry covers, from 0
    /// (nothing) to 1 (every word, and often); about 0.5 is a good match. With dense vectors the order is that of the
    /// fused rankings, so that an entry without a common word may stand before others. Ids are plain names.
    pub async fn search(&self, text: &str, kinds: &[EntryKind], limit: usize) -> Vec<Hit> {
        self.shelf().search(text, kinds, limit).await
    }

    /// The same by words alone, in the embedded index, at once.
    pub fn search_words(&self, text: &str, kinds: &[EntryKind], limit: usize) -> Vec<Hit> {
        self.shelf().search_words(text, kinds, limit)
    }

    /// What a person should know about searching, such as that the server is away: each piece of news once.
    pub fn take_news(&self) -> Vec<String> {
        self.shelf.get().map_or_else(Vec::new, |shelf| shelf.news.take())
    }

    /// Returns when no work goes on in the background.
    pub async fn settled(&self) {
        if let Some(shelf) = self.shelf.get() {
            shelf.settled().await;
        }
    }

    /// The embedder that searches use now; none while they go by words alone.
    pub fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        self.shelf.get()?.embedder()
    }

    fn shelf(&self) -> &Arc<Shelf> {
        self.shelf.get_or_init(|| {
            let shelf = Arc::new(Shelf::new(self.retrieval.clone()));
            let actions = self.catalogue.specs().map(|spec| Entry::new(EntryKind::Action, &spec.id, &action_fields(spec)));
            let templates = templates::all().iter().map(|one| Entry::new(EntryKind::Template, &one.info.name, &template_fields(&one.info)));
            shelf.fill(actions.chain(templates).collect());
            shelf
        })
    }
}

impl ActionRanker for Library {
    fn rank(&self, text: &str, limit: usize) -> Vec<(String, f32)> {
        self.search_words(text, &[EntryKind::Action], limit).into_iter().map(|hit| (hit.id, hit.score)).collect()
    }
}
