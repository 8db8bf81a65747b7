//! The work in the background that makes dense vectors and the server complete. One task at a time; a change while it
//! runs makes it go round once more.

use super::super::api::IndexSpec;
use super::super::embedder::{EmbedError, Embedder, check};
use super::super::sparse::{EmbedKind, SparseEmbedder};
use super::super::vectors::VectorFile;
use super::entries::{Entry, Wanted};
use super::shelf::Shelf;
use super::version::{Vectors, Version};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Texts that are embedded before their vectors are kept.
const BATCH: usize = 64;

/// The entries as they were when a round began.
struct Snapshot {
    entries: Vec<Arc<Entry>>,
    generation: u64,
}

impl Shelf {
    pub(super) async fn settled(&self) {
        // The sender lives as long as the shelf.
        let _ = self.work.busy.subscribe().wait_for(|busy| !busy).await;
    }

    /// Begins the work if something is not complete and what it needs may be tried. Says whether work goes on.
    pub(super) fn begin_work_if_due(self: &Arc<Self>) -> bool {
        if self.is_due() {
            self.begin_work();
        }
        *self.work.busy.borrow()
    }

    /// Begins the work, unless nothing but the index of words is in use. Without a runtime the next search begins it.
    pub(super) fn begin_work(self: &Arc<Self>) {
        if self.remote.is_none() && self.wanted().embeddings.is_none() && self.version().is_none() {
            return;
        }
        self.work.again.store(true, Ordering::Release);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if !self.work.busy.send_replace(true) {
            let shelf = Arc::clone(self);
            runtime.spawn(async move { shelf.work().await });
        }
    }

    fn is_due(&self) -> bool {
        let (wanted, version, generation) = (self.wanted(), self.version(), self.entries().generation);
        let fits = |version: &Version| version.number == wanted.number && version.is_complete(generation);
        let dense_is_due = match (&wanted.embeddings, &version) {
            (None, None) => false,
            (None, Some(_)) => true,
            (Some(_), version) => !version.as_deref().is_some_and(fits) && self.embedding.may_try(Instant::now()),
        };
        let number = version.map(|version| version.number);
        let server_is_due = self.remote.as_ref().is_some_and(|remote| remote.complete(number, generation).is_none() && remote.may_try());
        dense_is_due || server_is_due
    }

    async fn work(self: Arc<Self>) {
        loop {
            while self.work.again.swap(false, Ordering::AcqRel) {
                self.round().await;
            }
            self.work.busy.send_replace(false);
            // Somebody may have asked between the last look and the word that nothing goes on.
            if !self.work.again.load(Ordering::Acquire) || self.work.busy.send_replace(true) {
                return;
            }
        }
    }

    async fn round(&self) {
        let wanted = self.wanted();
        let snapshot = self.snapshot();
        let vectors = match &wanted.embeddings {
            None => {
                self.switch(None);
                Vectors::new()
            }
            Some(_) if !self.embedding.may_try(Instant::now()) => return,
            Some(_) => match self.version_of(&wanted, &snapshot).await {
                Ok(vectors) => {
                    self.embedder_answers();
                    vectors
                }
                Err(why) => return self.embedder_failed(&why),
            },
        };
        self.bring_to_the_server(&snapshot, &vectors).await;
    }

    fn snapshot(&self) -> Snapshot {
        let entries = self.entries();
        Snapshot { entries: entries.by_id.values().cloned().collect(), generation: entries.generation }
    }

    /// Makes the wanted version complete and switches to it.
    async fn version_of(&self, wanted: &Wanted, snapshot: &Snapshot) -> Result<Vectors, EmbedError> {
        if let Some(version) = self.version().filter(|version| version.number == wanted.number) {
            let mut file = version.file.lock().await;
            let vectors = fill(&mut file, &*version.embedder, &snapshot.entries).await?;
            file.clean(&vectors.keys().copied().collect());
            version.give(&self.entries(), snapshot.generation, &vectors);
            return Ok(vectors);
        }
        let Some(embeddings) = &wanted.embeddings else { return Ok(Vectors::new()) };
        let embedder = embeddings.open().await?;
        let mut file = self.kept(&*embedder).await;
        let vectors = fill(&mut file, &*embedder, &snapshot.entries).await?;
        let Some(dimensions) = file.dimensions() else { return Ok(vectors) };
        file.clean(&vectors.keys().copied().collect());
        let version = Arc::new(Version::new(wanted.number, embedder, dimensions, file));
        // Under one lock, so that no change falls between the two.
        let entries = self.entries();
        version.give(&entries, snapshot.generation, &vectors);
        self.switch(Some(version));
        Ok(vectors)
    }

    async fn kept(&self, embedder: &dyn Embedder) -> VectorFile {
        let (folder, fingerprint) = (self.folder.clone(), embedder.fingerprint().to_owned());
        let read = tokio::task::spawn_blocking(move || VectorFile::open(folder.as_deref(), &fingerprint));
        read.await.unwrap_or_default()
    }

    async fn bring_to_the_server(&self, snapshot: &Snapshot, vectors: &Vectors) {
        let Some(remote) = self.remote.as_ref().filter(|remote| remote.may_try()) else { return };
        let version = self.version();
        let number = version.as_ref().map(|version| version.number);
        let spec = match version {
            Some(version) => version.spec.clone(),
            None => IndexSpec { fingerprint: SparseEmbedder.fingerprint().to_owned(), dense: None },
        };
        let record = |entry: &Arc<Entry>| entry.record(vectors.get(&entry.key).map(|vector| vector.to_vec()));
        let records = snapshot.entries.iter().map(record).collect();
        // What failed was said; the next search that may tries again.
        let _ = remote.mirror(&spec, records, number, snapshot.generation, &self.news).await;
    }
}

/// The vectors of all entries: those that are kept, and the others made now.
async fn fill(file: &mut VectorFile, embedder: &dyn Embedder, entries: &[Arc<Entry>]) -> Result<Vectors, EmbedError> {
    let mut asked = HashSet::new();
    let missing: Vec<&Arc<Entry>> = entries.iter().filter(|entry| file.get(entry.key).is_none() && asked.insert(entry.key)).collect();
    for batch in missing.chunks(BATCH) {
        let texts: Vec<&str> = batch.iter().map(|entry| entry.text.as_str()).collect();
        let made = embedder.embed(EmbedKind::Document, &texts).await?;
        check(&made, texts.len(), file.dimensions()).map_err(|why| EmbedError {
            place: embedder.fingerprint().to_owned(),
            why,
            help: "give a model that was replaced another name, so that its vectors do not mix",
        })?;
        file.add(batch.iter().map(|entry| entry.key).zip(made).collect());
    }
    Ok(entries.iter().filter_map(|entry| Some((entry.key, file.get(entry.key)?))).collect())
}
