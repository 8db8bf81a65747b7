//! The entries, the index of their words that is always complete, and what stands beside it: a version with dense
//! vectors, and a server.

use super::super::api::{Filter, Hit, Index, IndexSpec, Query};
use super::super::embedded::EmbeddedIndex;
use super::super::embedder::{EmbedError, Embedder};
use super::super::embeddings::Embeddings;
use super::super::entry::EntryKind;
use super::super::outage::Outage;
use super::super::sparse::{EmbedKind, SparseEmbedder, SparseVector};
use super::Retrieval;
use super::entries::{Entries, Entry, News, Wanted};
use super::remote::Remote;
use super::version::Version;
use super::work::Work;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How long the first search waits for what is not complete yet: vectors that are kept are there much sooner.
const FIRST_WAIT: Duration = Duration::from_secs(1);

pub(super) struct Shelf {
    base: EmbeddedIndex,
    entries: Mutex<Entries>,
    wanted: Mutex<Wanted>,
    version: RwLock<Option<Arc<Version>>>,
    pub(super) remote: Option<Remote>,
    pub(super) folder: Option<PathBuf>,
    pub(super) embedding: Outage,
    pub(super) news: News,
    pub(super) work: Work,
    /// The vector of the newest request: it is asked for once for actions and once for templates.
    newest: Mutex<Option<(u64, String, Vec<f32>)>>,
}

impl Shelf {
    pub(super) fn new(retrieval: Retrieval) -> Self {
        Self {
            base: EmbeddedIndex::new(IndexSpec { fingerprint: SparseEmbedder.fingerprint().to_owned(), dense: None }),
            entries: Mutex::default(),
            wanted: Mutex::new(Wanted { embeddings: retrieval.embeddings, number: 0 }),
            version: RwLock::new(None),
            remote: retrieval.server.map(|server| Remote::new(server, retrieval.try_again)),
            folder: retrieval.folder,
            embedding: Outage::new(retrieval.try_again),
            news: News::default(),
            work: Work::default(),
            newest: Mutex::new(None),
        }
    }

    /// Puts entries in, without any work in the background. They are found by their words at once.
    pub(super) fn fill(&self, entries: Vec<Entry>) {
        let mut known = self.entries();
        known.generation += 1;
        let records = entries.iter().map(|entry| entry.record(None)).collect();
        if let Err(why) = self.base.put(records) {
            tracing::error!(%why, "the library could not be indexed");
        }
        if let Some(version) = self.version() {
            version.put_words(&entries);
        }
        known.by_id.extend(entries.into_iter().map(|entry| (entry.id.clone(), Arc::new(entry))));
    }

    /// The same; their dense vectors follow.
    pub(super) fn put(self: &Arc<Self>, entries: Vec<Entry>) {
        self.fill(entries);
        self.begin_work();
    }

    pub(super) fn remove(self: &Arc<Self>, id: &str) {
        {
            let mut entries = self.entries();
            entries.generation += 1;
            entries.by_id.remove(id);
            self.base.take_out(&[id]);
            if let Some(version) = self.version() {
                version.remove(id);
            }
        }
        self.begin_work();
    }

    pub(super) fn use_embeddings(self: &Arc<Self>, embeddings: Option<Embeddings>) {
        {
            let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
            *wanted = Wanted { embeddings, number: wanted.number + 1 };
        }
        self.embedding.worked();
        self.begin_work();
    }

    pub(super) async fn search(self: &Arc<Self>, text: &str, kinds: &[EntryKind], limit: usize) -> Vec<Hit> {
        if self.begin_work_if_due() && self.work.is_first() {
            // It goes on in the background if it takes longer.
            let _ = tokio::time::timeout(FIRST_WAIT, self.settled()).await;
        }
        let sparse = SparseEmbedder.embed_one(EmbedKind::Query, text);
        let version = self.version();
        let dense = match &version {
            Some(version) => self.dense_of(version, text).await,
            None => None,
        };
        let query = Query { dense: dense.as_deref(), sparse: Some(&sparse), filter: Some(Filter { kinds }), limit, ..Query::default() };
        let hits = match self.on_the_server(version.as_deref(), &query).await {
            Some(hits) => hits,
            None => self.embedded(version.as_deref(), &query),
        };
        self.scored(&sparse, hits)
    }

    pub(super) fn search_words(&self, text: &str, kinds: &[EntryKind], limit: usize) -> Vec<Hit> {
        let sparse = SparseEmbedder.embed_one(EmbedKind::Query, text);
        let query = Query { sparse: Some(&sparse), filter: Some(Filter { kinds }), limit, ..Query::default() };
        let hits = self.embedded(None, &query);
        self.scored(&sparse, hits)
    }

    fn embedded(&self, version: Option<&Version>, query: &Query<'_>) -> Vec<Hit> {
        let found = match version.filter(|_| query.dense.is_some()) {
            Some(version) => version.index.find(query),
            None => self.base.find(&Query { dense: None, ..*query }),
        };
        found.unwrap_or_else(|why| {
            tracing::error!(%why, "the index refused a search");
            Vec::new()
        })
    }

    /// None when the server is not used now: there is none, it is away, or it lacks the newest change.
    async fn on_the_server(&self, version: Option<&Version>, query: &Query<'_>) -> Option<Vec<Hit>> {
        let remote = self.remote.as_ref()?;
        let generation = self.entries().generation;
        let index = remote.complete(version.map(|version| version.number), generation)?;
        match index.query(query).await {
            Ok(hits) => Some(hits),
            Err(why) => {
                remote.failed(&why, &self.news);
                None
            }
        }
    }

    /// What the entries' scores mean to a person, whichever store found them.
    fn scored(&self, sparse: &SparseVector, hits: Vec<Hit>) -> Vec<Hit> {
        let ids: Vec<&str> = hits.iter().map(|hit| hit.id.as_str()).collect();
        let scores = self.base.coverage(sparse, SparseEmbedder.heaviest(), &ids);
        hits.iter().zip(scores).map(|(hit, score)| Hit { id: EntryKind::name_of(&hit.id).to_owned(), kind: hit.kind, score }).collect()
    }

    /// The dense vector of a request; none while the embedder is away.
    async fn dense_of(&self, version: &Version, text: &str) -> Option<Vec<f32>> {
        let known = self.newest().clone().filter(|(number, of, _)| *number == version.number && of == text);
        if let Some((_, _, vector)) = known {
            return Some(vector);
        }
        if text.trim().is_empty() || !self.embedding.may_try(Instant::now()) {
            return None;
        }
        match version.embed_query(text).await {
            Ok(vector) => {
                self.embedder_answers();
                *self.newest() = Some((version.number, text.to_owned(), vector.clone()));
                Some(vector)
            }
            Err(why) => {
                self.embedder_failed(&why);
                None
            }
        }
    }

    pub(super) fn embedder_answers(&self) {
        if self.embedding.worked() {
            self.news.add("The embeddings are there again; searches go by meaning as well.".to_owned());
        }
    }

    pub(super) fn embedder_failed(&self, why: &EmbedError) {
        if self.embedding.failed(Instant::now()) {
            self.news.add(format!("Searches go by words alone for now: {why}."));
        }
    }

    pub(super) fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        Some(Arc::clone(&self.version()?.embedder))
    }

    pub(super) fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wanted(&self) -> Wanted {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn version(&self) -> Option<Arc<Version>> {
        self.version.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn switch(&self, version: Option<Arc<Version>>) {
        *self.version.write().unwrap_or_else(PoisonError::into_inner) = version;
    }

    fn newest(&self) -> MutexGuard<'_, Option<(u64, String, Vec<f32>)>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
