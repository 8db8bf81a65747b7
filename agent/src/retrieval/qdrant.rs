//! The index on a Qdrant server: named dense and sparse vectors, fused at the server.
//!
//! The rarity of terms is ours: queries carry it in their weights, because the server's own is out of date after
//! deletes. That needs one reader's knowledge of what the collection holds, which is read at [`Index::ensure`] and kept
//! up to date by every write: a collection belongs to one installation. A write that fails leaves that knowledge in
//! doubt, so that the index must be ensured again.

mod held;
mod points;

use super::api::{Filter, Hit, Index, IndexError, IndexSpec, Query, Record, by_score_then_id};
use async_trait::async_trait;
use held::Held;
use points::{DENSE, SPARSE};
use qdrant_client::qdrant::{
    CountPointsBuilder, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, DeletePointsBuilder, Distance, FieldType,
    PointsIdsList, PrefetchQueryBuilder, Query as ServerQuery, QueryPoints, QueryPointsBuilder, RrfBuilder, ScrollPointsBuilder,
    SearchParamsBuilder, SparseVectorParamsBuilder, SparseVectorsConfigBuilder, UpsertPointsBuilder, VectorInput, VectorParamsBuilder,
    VectorsConfigBuilder, VectorsSelector, vectors_config,
};
use qdrant_client::{Qdrant, QdrantError};
use std::collections::HashSet;
use std::fmt;
use std::time::Duration;
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

/// How long the server may take to answer a search.
const TIME: Duration = Duration::from_secs(5);
const CONNECT_TIME: Duration = Duration::from_secs(2);
/// Points in one request.
const BATCH: usize = 128;
/// More than asked for, so that equal scores at the end can be sorted by id.
const TIES: usize = 16;

/// Which server.
#[derive(Clone, PartialEq, Eq)]
pub struct QdrantServer {
    /// The address of its gRPC port, such as `http://localhost:6334`.
    pub url: String,
    /// The key, where it asks for one.
    pub api_key: Option<String>,
    /// What the names of its collections begin with.
    pub collection: String,
}

impl fmt::Debug for QdrantServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QdrantServer({} at {})", self.collection, place_of(&self.url))
    }
}

impl QdrantServer {
    /// Host and port, for messages.
    pub(super) fn place(&self) -> String {
        place_of(&self.url)
    }
}

/// One version of the index on a server: one collection.
pub struct QdrantIndex {
    client: Qdrant,
    place: String,
    base: String,
    prepared: Mutex<Option<Prepared>>,
}

struct Prepared {
    spec: IndexSpec,
    collection: String,
    held: Held,
}

impl QdrantIndex {
    /// On a server. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address or the name cannot be used.
    pub fn new(server: &QdrantServer) -> Result<Self, IndexError> {
        let place = place_of(&server.url);
        let refuse = |why: &str| IndexError::Store { place: place.clone(), why: why.to_owned() };
        if !Url::parse(&server.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
            return Err(refuse("the address is no URL of a server; set retrieval.qdrant_url, such as http://localhost:6334"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if server.collection.is_empty() || server.collection.len() > 100 || !server.collection.chars().all(plain) {
            return Err(refuse("a collection's name must have 1 to 100 letters, digits, '-' and '_'; set retrieval.collection"));
        }
        // The check would print to the standard output.
        let config = Qdrant::from_url(&server.url).timeout(TIME).connect_timeout(CONNECT_TIME).skip_compatibility_check();
        let config = config.api_key(server.api_key.clone());
        let client = config.build().map_err(|_| refuse("the address cannot be used"))?;
        Ok(Self { client, place, base: server.collection.clone(), prepared: Mutex::new(None) })
    }

    /// Makes the collection hold exactly these records; those that are there already are not sent.
    ///
    /// # Errors
    /// Those of [`Index::upsert`].
    pub async fn mirror(&self, records: Vec<Record>) -> Result<(), IndexError> {
        let (surplus, missing) = {
            let prepared = self.prepared.lock().await;
            let held = &prepared.as_ref().ok_or(IndexError::NotPrepared)?.held;
            let wanted: HashSet<&str> = records.iter().map(|record| record.id.as_str()).collect();
            let surplus: Vec<String> = held.ids().filter(|id| !wanted.contains(id)).map(str::to_owned).collect();
            let missing: Vec<Record> = records.iter().filter(|record| !held.has(record)).cloned().collect();
            (surplus, missing)
        };
        self.delete(&surplus.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        self.upsert(missing).await
    }

    fn collection(&self, spec: &IndexSpec) -> String {
        let version = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{} {:?}", spec.fingerprint, spec.dense).as_bytes());
        format!("{}-{}", self.base, &version.simple().to_string()[..VERSION])
    }

    async fn create(&self, collection: &str, spec: &IndexSpec) -> Result<(), IndexError> {
        let mut sparse = SparseVectorsConfigBuilder::default();
        sparse.add_named_vector_params(SPARSE, SparseVectorParamsBuilder::default());
        let mut request = CreateCollectionBuilder::new(collection).sparse_vectors_config(sparse);
        if let Some(size) = spec.dense {
            let mut dense = VectorsConfigBuilder::default();
            dense.add_named_vector_params(DENSE, VectorParamsBuilder::new(size as u64, Distance::Cosine));
            request = request.vectors_config(dense);
        }
        self.client.create_collection(request).await.map_err(|why| self.failed(&why))?;
        let kind = CreateFieldIndexCollectionBuilder::new(collection, points::KIND, FieldType::Keyword).wait(true);
        self.client.create_field_index(kind).await.map_err(|why| self.failed(&why))?;
        Ok(())
    }

    /// Refuses a collection of the right name that somebody else made.
    async fn check(&self, collection: &str, spec: &IndexSpec) -> Result<(), IndexError> {
        let info = self.client.collection_info(collection).await.map_err(|why| self.failed(&why))?;
        let params = info.result.and_then(|info| info.config).and_then(|config| config.params);
        let dense = params.as_ref().and_then(|params| params.vectors_config.as_ref()).and_then(|config| match &config.config {
            Some(vectors_config::Config::ParamsMap(map)) => map.map.get(DENSE).map(|params| params.size as usize),
            _ => None,
        });
        let sparse = params.and_then(|params| params.sparse_vectors_config).is_some_and(|config| config.map.contains_key(SPARSE));
        if sparse && dense == spec.dense {
            return Ok(());
        }
        Err(IndexError::OtherSpec { wanted: spec.fingerprint.clone(), found: format!("the collection {collection}") })
    }

    async fn read(&self, collection: &str) -> Result<Held, IndexError> {
        let mut held = Held::default();
        let mut next = None;
        loop {
            let mut request = ScrollPointsBuilder::new(collection)
                .limit(BATCH as u32)
                .with_payload(true)
                .with_vectors(VectorsSelector { names: vec![SPARSE.to_owned()] });
            if let Some(offset) = next {
                request = request.offset::<qdrant_client::qdrant::PointId>(offset);
            }
            let page = self.client.scroll(request).await.map_err(|why| self.failed(&why))?;
            for point in page.result {
                let (id, digest, terms) = points::stored(&point.payload, point.vectors.as_ref()).ok_or_else(|| IndexError::Store {
                    place: self.place.clone(),
                    why: format!("{collection} holds points of somebody else"),
                })?;
                held.put(id, digest, terms);
            }
            next = page.next_page_offset;
            if next.is_none() {
                return Ok(held);
            }
        }
    }

    /// The server's own words may quote what was sent; only what kind of failure it is goes on.
    fn failed(&self, why: &QdrantError) -> IndexError {
        let why = match why {
            // A connection that is refused arrives as an internal error.
            QdrantError::ResponseError { status } if status.message().starts_with("Failed to connect") => "it cannot be reached".to_owned(),
            QdrantError::ResponseError { status } => {
                let said: String = status.message().chars().take(200).collect();
                format!("{:?}: {said}", status.code())
            }
            QdrantError::ResourceExhaustedError { .. } => "it asks for a pause".to_owned(),
            QdrantError::InvalidUri(_) => "the address cannot be used".to_owned(),
            other => other.to_string(),
        };
        IndexError::Store { place: self.place.clone(), why }
    }
}

/// Hexadecimal digits of the version in a collection's name.
const VERSION: usize = 12;

#[async_trait]
impl Index for QdrantIndex {
    async fn ensure(&self, spec: &IndexSpec) -> Result<(), IndexError> {
        let mut prepared = self.prepared.lock().await;
        if prepared.as_ref().is_some_and(|prepared| prepared.spec == *spec) {
            return Ok(());
        }
        let collection = self.collection(spec);
        if self.client.collection_exists(&collection).await.map_err(|why| self.failed(&why))? {
            self.check(&collection, spec).await?;
        } else {
            self.create(&collection, spec).await?;
        }
        let held = self.read(&collection).await?;
        *prepared = Some(Prepared { spec: spec.clone(), collection, held });
        Ok(())
    }

    async fn upsert(&self, records: Vec<Record>) -> Result<(), IndexError> {
        let mut guard = self.prepared.lock().await;
        guard.as_ref().ok_or(IndexError::NotPrepared)?.spec.check(&records)?;
        // What is written half is in doubt until the next ensure.
        let Some(mut prepared) = guard.take() else { return Err(IndexError::NotPrepared) };
        for batch in records.chunks(BATCH) {
            let points = batch.iter().map(points::point).collect::<Vec<_>>();
            let request = UpsertPointsBuilder::new(&prepared.collection, points).wait(true);
            self.client.upsert_points(request).await.map_err(|why| self.failed(&why))?;
            batch.iter().for_each(|record| prepared.held.put_record(record));
        }
        *guard = Some(prepared);
        Ok(())
    }

    async fn delete(&self, ids: &[&str]) -> Result<usize, IndexError> {
        let mut guard = self.prepared.lock().await;
        let Some(mut prepared) = guard.take() else { return Err(IndexError::NotPrepared) };
        let known: Vec<&str> = ids.iter().copied().filter(|id| prepared.held.take(id)).collect();
        for batch in known.chunks(BATCH) {
            let list = PointsIdsList { ids: batch.iter().map(|id| points::point_id(id)).collect() };
            let request = DeletePointsBuilder::new(&prepared.collection).points(list).wait(true);
            self.client.delete_points(request).await.map_err(|why| self.failed(&why))?;
        }
        *guard = Some(prepared);
        Ok(known.len())
    }

    async fn query(&self, query: &Query<'_>) -> Result<Vec<Hit>, IndexError> {
        let request = {
            let guard = self.prepared.lock().await;
            let prepared = guard.as_ref().ok_or(IndexError::NotPrepared)?;
            prepared.spec.check_query(query)?;
            match prepared.request(query) {
                Some(request) => request,
                None => return Ok(Vec::new()),
            }
        };
        let answer = self.client.query(request).await.map_err(|why| self.failed(&why))?;
        let mut hits: Vec<Hit> = answer.result.into_iter().filter_map(|point| points::hit(&point.payload, point.score)).collect();
        hits.sort_by(by_score_then_id);
        hits.truncate(query.limit);
        Ok(hits)
    }

    async fn count(&self, filter: Option<Filter<'_>>) -> Result<usize, IndexError> {
        if filter.is_some_and(|filter| filter.kinds.is_empty()) {
            return Ok(0);
        }
        let collection = {
            let guard = self.prepared.lock().await;
            guard.as_ref().ok_or(IndexError::NotPrepared)?.collection.clone()
        };
        let mut request = CountPointsBuilder::new(collection).exact(true);
        if let Some(filter) = filter {
            request = request.filter(points::filter(filter));
        }
        let answer = self.client.count(request).await.map_err(|why| self.failed(&why))?;
        Ok(answer.result.map_or(0, |result| result.count as usize))
    }

    /// Removes the collections of other versions.
    async fn maintain(&self) -> Result<(), IndexError> {
        let current = {
            let guard = self.prepared.lock().await;
            guard.as_ref().ok_or(IndexError::NotPrepared)?.collection.clone()
        };
        let all = self.client.list_collections().await.map_err(|why| self.failed(&why))?;
        for other in all.collections.into_iter().map(|collection| collection.name).filter(|name| *name != current) {
            let version = other.strip_prefix(&self.base).and_then(|rest| rest.strip_prefix('-'));
            // Only names that this program makes: "notes-2024" belongs to somebody else.
            if version.is_some_and(|version| version.len() == VERSION && version.chars().all(|c| c.is_ascii_hexdigit())) {
                self.client.delete_collection(&other).await.map_err(|why| self.failed(&why))?;
            }
        }
        Ok(())
    }
}

impl Prepared {
    /// None when nothing can be found.
    fn request(&self, query: &Query<'_>) -> Option<QueryPoints> {
        if query.filter.is_some_and(|filter| filter.kinds.is_empty()) || query.limit == 0 {
            return None;
        }
        let filter = query.filter.map(points::filter);
        let words = query.sparse.map(|sparse| self.held.weighted(sparse));
        let alone = query.sparse.is_none() || query.dense.is_none();
        let depth = (if alone { query.limit } else { query.depth() }) + TIES;
        // Exact: an approximate neighbour would make the two stores differ.
        let exact = SearchParamsBuilder::default().exact(true);
        let mut rankings: Vec<(ServerQuery, &str)> = Vec::new();
        if let Some(words) = words.filter(|words| !words.is_empty()) {
            let (terms, weights): (Vec<u32>, Vec<f32>) = words.into_iter().unzip();
            rankings.push((ServerQuery::new_nearest(VectorInput::new_sparse(terms, weights)), SPARSE));
        }
        if let Some(dense) = query.dense {
            rankings.push((ServerQuery::new_nearest(dense.to_vec()), DENSE));
        }
        let request = QueryPointsBuilder::new(&self.collection).with_payload(true).limit(depth as u64).params(exact.clone());
        let mut request = if alone {
            let (nearest, name) = rankings.pop()?;
            request.query(nearest).using(name)
        } else {
            let prefetch = rankings.into_iter().map(|(nearest, name)| {
                let one = PrefetchQueryBuilder::default().query(nearest).using(name).params(exact.clone()).limit(query.depth() as u64);
                match &filter {
                    Some(filter) => one.filter(filter.clone()).build(),
                    None => one.build(),
                }
            });
            // The server counts ranks from 0.
            request.prefetch(prefetch.collect::<Vec<_>>()).query(ServerQuery::new_rrf(RrfBuilder::with_k(query.rrf_k + 1)))
        };
        if let Some(filter) = filter {
            request = request.filter(filter);
        }
        Some(request.build())
    }
}

/// Host and port of an address, for messages.
fn place_of(url: &str) -> String {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or("the configured address").to_owned();
    url.and_then(|url| url.port()).map_or(host.clone(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str, collection: &str) -> QdrantServer {
        QdrantServer { url: url.into(), api_key: Some("s3cret".into()), collection: collection.into() }
    }

    #[test]
    fn a_wrong_address_or_name_is_refused_without_the_key() {
        for wrong in [server("localhost:6334", "a"), server("http://localhost:6334", ""), server("http://localhost:6334", "a/b")] {
            let why = QdrantIndex::new(&wrong).err().unwrap().to_string();
            assert!(why.contains("retrieval.") && !why.contains("s3cret"), "{why}");
        }
        let debug = format!("{:?}", server("http://ann:s3cret@localhost:6334", "a"));
        assert_eq!(debug, "QdrantServer(a at localhost:6334)");
    }

    #[test]
    fn each_way_of_embedding_has_a_collection_of_its_own() {
        let index = QdrantIndex::new(&server("http://localhost:6334", "sayflow")).unwrap();
        let spec = |fingerprint: &str, dense| IndexSpec { fingerprint: fingerprint.into(), dense };
        let names: HashSet<String> =
            [spec("a", None), spec("b", None), spec("a", Some(2))].iter().map(|spec| index.collection(spec)).collect();
        assert_eq!(names.len(), 3);
        assert!(names.iter().all(|name| name.starts_with("sayflow-") && name.len() == "sayflow-".len() + VERSION));
    }
}
