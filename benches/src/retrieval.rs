//! Retrieval: whether requests in strangers' words find what belongs to them, and how long a search takes among many
//! entries. Figures of the corpus do not depend on the machine.
//!
//! `EMBEDDINGS_URL` (with `EMBEDDINGS_MODEL` and `EMBEDDINGS_KEY`) or `EMBEDDINGS_FOLDER`, and `QDRANT_URL`, add the
//! same corpus with a real model and a real server.

use crate::report::Figure;
use crate::sample::{Sample, millis};
use crate::{Outcome, Setting};
use sayflow_agent::retrieval::EmbedKind;
use sayflow_agent::retrieval::{
    EmbeddedIndex, Embeddings, Endpoint, EntryKind, Field, Filter, Hit, IndexSpec, Library, QdrantServer, Query, Record, Retrieval,
    SparseEmbedder, action_fields, template_fields,
};
use sayflow_agent::templates;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Requests with what must be found for each.
const CORPUS: &str = include_str!("../../agent/tests/data/retrieval-requests.tsv");
/// How deep the first right entry is looked for.
const DEPTH: usize = 50;
/// The least share of requests whose entry is among the first five.
const LEAST: f64 = 0.95;
/// Entries, and the longest time in milliseconds that 99 of 100 searches may take.
const SIZES: [(usize, f64); 3] = [(1_000, 5.0), (10_000, 10.0), (100_000, 40.0)];
/// Searches at each size.
const SEARCHES: usize = 2_000;
/// Searches that are not counted: the first ones find cold caches.
const WARM_UP: usize = 50;
/// The dimension of common small models.
const DIMENSIONS: usize = 384;

struct Asked {
    half: &'static str,
    kind: EntryKind,
    right: Vec<&'static str>,
    text: &'static str,
}

pub(crate) async fn measure(_setting: &Setting) -> Outcome<Vec<Figure>> {
    let corpus = corpus()?;
    let library = Library::new(Arc::new(sayflow_actions::catalogue()));
    let mut figures = Vec::new();
    for half in ["tuned", "held-out"] {
        for (kind, name) in [(Some(EntryKind::Action), "actions"), (Some(EntryKind::Template), "templates"), (None, "all")] {
            let asked: Vec<&Asked> =
                corpus.iter().filter(|asked| asked.half == half && kind.is_none_or(|kind| kind == asked.kind)).collect();
            let places = asked.iter().map(|asked| place(asked, &library.search_words(asked.text, &[asked.kind], DEPTH))).collect();
            let (at_five, told) = quality(places);
            let what = format!("recall@5, {} requests for {name}, {half}, by words", asked.len());
            figures.push(match kind {
                None => Figure::at_least(what, at_five, LEAST, "").with(&told),
                Some(_) => Figure::told(what, format!("{at_five:.3} ({told})")),
            });
        }
    }
    figures.extend(by_meaning(&corpus).await?);
    figures.extend(latency(&corpus)?);
    Ok(figures)
}

fn corpus() -> Outcome<Vec<Asked>> {
    let line = |line: &'static str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [half, kind, right, text] = columns[..] else { return Err(format!("this line has not four columns: {line}").into()) };
        let kind = if kind == "action" { EntryKind::Action } else { EntryKind::Template };
        Ok(Asked { half, kind, right: right.split(',').collect(), text })
    };
    CORPUS.lines().filter(|line| !line.starts_with('#')).map(line).collect()
}

/// At which place, from 1, the first right entry is.
fn place(asked: &Asked, found: &[Hit]) -> Option<usize> {
    found.iter().position(|hit| asked.right.contains(&hit.id.as_str())).map(|place| place + 1)
}

/// The recall among the first five, and recall@1 and the mean reciprocal rank in words.
fn quality(places: Vec<Option<usize>>) -> (f64, String) {
    let all = places.len().max(1) as f64;
    let share = |depth: usize| places.iter().flatten().filter(|place| **place <= depth).count() as f64 / all;
    let reciprocal = places.iter().flatten().map(|place| 1.0 / *place as f64).sum::<f64>() / all;
    (share(5), format!("recall@1 {:.3}, MRR {reciprocal:.3}", share(1)))
}

async fn by_meaning(corpus: &[Asked]) -> Outcome<Vec<Figure>> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let embeddings = match (variable("EMBEDDINGS_URL"), variable("EMBEDDINGS_FOLDER")) {
        (Some(base_url), _) => Some(Embeddings::Endpoint(Endpoint {
            base_url,
            api_key: variable("EMBEDDINGS_KEY"),
            model: variable("EMBEDDINGS_MODEL").unwrap_or_else(|| "text-embedding-3-small".to_owned()),
        })),
        (None, folder) => folder.map(|folder| Embeddings::Folder(folder.into())),
    };
    let server = variable("QDRANT_URL").map(|url| QdrantServer {
        url,
        api_key: variable("QDRANT_API_KEY"),
        collection: "sayflow-benches".to_owned(),
    });
    let way = match (&embeddings, &server) {
        (None, None) => return Ok(Vec::new()),
        (Some(_), None) => "by meaning and words",
        (None, Some(_)) => "by words on Qdrant",
        (Some(_), Some(_)) => "by meaning and words on Qdrant",
    };
    let library = Library::with(Arc::new(sayflow_actions::catalogue()), Retrieval { server, embeddings, ..Retrieval::default() });
    library.search("begin", &[EntryKind::Action], 1).await;
    library.settled().await;
    let mut figures = Vec::new();
    for half in ["tuned", "held-out"] {
        let (mut places, mut times) = (Vec::new(), Vec::new());
        for asked in corpus.iter().filter(|asked| asked.half == half) {
            let begun = Instant::now();
            let found = library.search(asked.text, &[asked.kind], DEPTH).await;
            times.push(begun.elapsed());
            places.push(place(asked, &found));
        }
        let number = places.len();
        let (at_five, told) = quality(places);
        let p99 = millis(Sample::new(times).p99());
        figures
            .push(Figure::told(format!("recall@5, {number} requests, {half}, {way}"), format!("{at_five:.3} ({told}, p99 {p99:.1} ms)")));
    }
    let news = library.take_news();
    if news.is_empty() { Ok(figures) } else { Err(news.join(" ").into()) }
}

/// Searches among made-up entries whose words are mixed from the real ones.
fn latency(corpus: &[Asked]) -> Outcome<Vec<Figure>> {
    let asked: Vec<_> = corpus.iter().map(|asked| SparseEmbedder.embed_one(EmbedKind::Query, asked.text)).collect();
    let mut figures = Vec::new();
    for (size, most) in SIZES {
        let index = filled(size, None)?;
        let search = |number: usize| index.find(&Query { sparse: asked.get(number % asked.len()), filter: Some(BOTH), ..Query::default() });
        let times = timed(search)?;
        let told = format!("median {:.2} ms", millis(times.median()));
        figures
            .push(Figure::at_most(format!("p99 of a search by words among {size} entries"), millis(times.p99()), most, " ms").with(&told));
    }
    let (size, _) = SIZES[2];
    let (index, mut noise) = (filled(size, Some(DIMENSIONS))?, Noise(7));
    let places: Vec<Vec<f32>> = (0..64).map(|_| noise.vector()).collect();
    let search = |number: usize| {
        let (sparse, dense) = (asked.get(number % asked.len()), places.get(number % places.len()).map(Vec::as_slice));
        index.find(&Query { sparse, dense, filter: Some(BOTH), ..Query::default() })
    };
    let times = timed(search)?;
    let what = format!("p99 of a search by words and {DIMENSIONS} dimensions among {size} entries");
    figures.push(Figure::told(what, format!("{:.1} ms (median {:.1} ms)", millis(times.p99()), millis(times.median()))));
    Ok(figures)
}

/// Half of the entries are of other kinds, so that the filter has something to do.
const BOTH: Filter<'static> = Filter { kinds: &[EntryKind::Action, EntryKind::Template] };

fn timed(search: impl Fn(usize) -> Result<Vec<Hit>, sayflow_agent::retrieval::IndexError>) -> Outcome<Sample> {
    let mut times: Vec<Duration> = Vec::with_capacity(SEARCHES);
    for number in 0..WARM_UP + SEARCHES {
        let begun = Instant::now();
        let found = search(number)?;
        let took = begun.elapsed();
        if number >= WARM_UP {
            times.push(took);
        }
        if found.is_empty() {
            return Err("a search found nothing".into());
        }
    }
    Ok(Sample::new(times))
}

/// Each entry has five sentences of the library, with some words of its own, as real entries have.
fn filled(size: usize, dense: Option<usize>) -> Outcome<EmbeddedIndex> {
    let catalogue = sayflow_actions::catalogue();
    let actions = catalogue.specs().flat_map(action_fields);
    let templates = templates::all().iter().flat_map(|template| template_fields(&template.info));
    let sentences: Vec<String> =
        actions.chain(templates).flat_map(|field| field.text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let index = EmbeddedIndex::new(IndexSpec { fingerprint: "bench".to_owned(), dense });
    let mut noise = Noise(1);
    let kinds = [EntryKind::Action, EntryKind::Workflow, EntryKind::Template, EntryKind::Workflow];
    let mut records = Vec::with_capacity(1_000);
    for number in 0..size {
        let mut text: Vec<&str> = (0..5).filter_map(|_| sentences.get(noise.below(sentences.len())).map(String::as_str)).collect();
        let own = format!("{:05x} {:05x}", noise.below(1 << 20), noise.below(1 << 20));
        text.push(&own);
        let sparse = SparseEmbedder.embed_fields(&[Field { text: text.join("\n"), weight: 1.0 }]);
        let dense = dense.map(|_| noise.vector());
        records.push(Record { id: format!("entry-{number:06}"), kind: kinds[number % kinds.len()], sparse, dense });
        if records.len() == 1_000 {
            index.put(std::mem::take(&mut records))?;
        }
    }
    index.put(records)?;
    Ok(index)
}

/// A row of numbers that is the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        // Marsaglia's xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn vector(&mut self) -> Vec<f32> {
        (0..DIMENSIONS).map(|_| (self.next() % 2_001) as f32 / 1_000.0 - 1.0).collect()
    }
}
