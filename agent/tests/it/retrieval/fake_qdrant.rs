//! A server on the loopback interface that answers the calls of Qdrant's gRPC interface that are used here, and refuses
//! all others. What it computes follows Qdrant's documentation: ranks count from 0 in its fusion, and equal scores come
//! in any order (here: the reverse of the points' ids).

use ::qdrant_client::qdrant::*;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::codegen::http;
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

#[derive(Clone, Default)]
struct Collection {
    created: CreateCollection,
    points: BTreeMap<String, PointStruct>,
}

#[derive(Default)]
struct State {
    collections: BTreeMap<String, Collection>,
    away: bool,
    calls: Vec<String>,
    queries: Vec<QueryPoints>,
    key: Option<String>,
}

/// The server, until it is dropped.
pub(crate) struct FakeQdrant {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for FakeQdrant {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeQdrant {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let server = tonic::transport::Server::builder()
            .add_service(Calls::<0>(Arc::clone(&state)))
            .add_service(Calls::<1>(Arc::clone(&state)))
            .serve_with_incoming(tonic::transport::server::TcpIncoming::from(listener));
        let task = tokio::spawn(async move { server.await.unwrap() });
        Self { address, state, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on every call fails, or none.
    pub(crate) fn set_away(&self, away: bool) {
        self.state.lock().unwrap().away = away;
    }

    /// Only calls with this key are answered.
    pub(crate) fn ask_for(&self, key: &str) {
        self.state.lock().unwrap().key = Some(key.to_owned());
    }

    /// Loses everything, as a server whose disk was replaced.
    pub(crate) fn forget(&self) {
        self.state.lock().unwrap().collections.clear();
    }

    pub(crate) fn collections(&self) -> Vec<String> {
        self.state.lock().unwrap().collections.keys().cloned().collect()
    }

    pub(crate) fn add_collection(&self, name: &str) {
        self.state.lock().unwrap().collections.insert(name.to_owned(), Collection::default());
    }

    /// The calls since the last look.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    pub(crate) fn take_queries(&self) -> Vec<QueryPoints> {
        std::mem::take(&mut self.state.lock().unwrap().queries)
    }

    pub(crate) fn points(&self) -> usize {
        self.state.lock().unwrap().collections.values().map(|collection| collection.points.len()).sum()
    }
}

/// One of Qdrant's two services: 0 is that of collections, 1 that of points.
#[derive(Clone)]
struct Calls<const WHICH: usize>(Arc<Mutex<State>>);

impl NamedService for Calls<0> {
    const NAME: &'static str = "qdrant.Collections";
}

impl NamedService for Calls<1> {
    const NAME: &'static str = "qdrant.Points";
}

impl<const WHICH: usize> tonic::codegen::Service<http::Request<Body>> for Calls<WHICH> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let state = Arc::clone(&self.0);
        Box::pin(async move { Ok(answer(state, request).await) })
    }
}

async fn answer(state: Arc<Mutex<State>>, request: http::Request<Body>) -> http::Response<Body> {
    let path = request.uri().path().to_owned();
    {
        let mut state = state.lock().unwrap();
        state.calls.push(path.rsplit('/').next().unwrap().to_owned());
        if state.away {
            return Status::unavailable("the server is shutting down").into_http();
        }
        let key = request.headers().get("api-key").and_then(|key| key.to_str().ok());
        if state.key.is_some() && state.key.as_deref() != key {
            return Status::unauthenticated("Must provide an API key").into_http();
        }
    }
    match path.as_str() {
        "/qdrant.Collections/CollectionExists" => unary(state, request, exists).await,
        "/qdrant.Collections/Get" => unary(state, request, info).await,
        "/qdrant.Collections/List" => unary(state, request, list).await,
        "/qdrant.Collections/Create" => unary(state, request, create).await,
        "/qdrant.Collections/Delete" => unary(state, request, drop_collection).await,
        "/qdrant.Points/CreateFieldIndex" => unary(state, request, |state, _: CreateFieldIndexCollection| Ok(done(state))).await,
        "/qdrant.Points/Upsert" => unary(state, request, upsert).await,
        "/qdrant.Points/Delete" => unary(state, request, delete).await,
        "/qdrant.Points/Scroll" => unary(state, request, scroll).await,
        "/qdrant.Points/Count" => unary(state, request, count).await,
        "/qdrant.Points/Query" => unary(state, request, query).await,
        other => Status::unimplemented(format!("{other} is not played")).into_http(),
    }
}

async fn unary<M, A>(
    state: Arc<Mutex<State>>,
    request: http::Request<Body>,
    play: fn(&mut State, M) -> Result<A, Status>,
) -> http::Response<Body>
where
    M: prost::Message + Default + Send + 'static,
    A: prost::Message + Default + Send + 'static,
{
    let service = tower::service_fn(move |message: Request<M>| {
        std::future::ready(play(&mut state.lock().unwrap(), message.into_inner()).map(Response::new))
    });
    Grpc::new(ProstCodec::<A, M>::default()).unary(service, request).await
}

impl State {
    fn collection(&mut self, name: &str) -> Result<&mut Collection, Status> {
        self.collections.get_mut(name).ok_or_else(|| Status::not_found(format!("Collection `{name}` doesn't exist!")))
    }
}

fn done(_: &mut State) -> PointsOperationResponse {
    let result = UpdateResult { operation_id: Some(1), status: UpdateStatus::Completed.into() };
    PointsOperationResponse { result: Some(result), ..Default::default() }
}

fn exists(state: &mut State, asked: CollectionExistsRequest) -> Result<CollectionExistsResponse, Status> {
    let exists = state.collections.contains_key(&asked.collection_name);
    Ok(CollectionExistsResponse { result: Some(CollectionExists { exists }), ..Default::default() })
}

fn info(state: &mut State, asked: GetCollectionInfoRequest) -> Result<GetCollectionInfoResponse, Status> {
    let created = state.collection(&asked.collection_name)?.created.clone();
    let params = CollectionParams {
        vectors_config: created.vectors_config,
        sparse_vectors_config: created.sparse_vectors_config,
        ..Default::default()
    };
    let config = CollectionConfig { params: Some(params), ..Default::default() };
    let info = CollectionInfo { config: Some(config), ..Default::default() };
    Ok(GetCollectionInfoResponse { result: Some(info), ..Default::default() })
}

fn list(state: &mut State, _: ListCollectionsRequest) -> Result<ListCollectionsResponse, Status> {
    let collections = state.collections.keys().map(|name| CollectionDescription { name: name.clone() }).collect();
    Ok(ListCollectionsResponse { collections, ..Default::default() })
}

fn create(state: &mut State, asked: CreateCollection) -> Result<CollectionOperationResponse, Status> {
    let name = asked.collection_name.clone();
    state.collections.insert(name, Collection { created: asked, ..Default::default() });
    Ok(CollectionOperationResponse { result: true, ..Default::default() })
}

fn drop_collection(state: &mut State, asked: DeleteCollection) -> Result<CollectionOperationResponse, Status> {
    let result = state.collections.remove(&asked.collection_name).is_some();
    Ok(CollectionOperationResponse { result, ..Default::default() })
}

fn upsert(state: &mut State, asked: UpsertPoints) -> Result<PointsOperationResponse, Status> {
    let collection = state.collection(&asked.collection_name)?;
    let size = dimensions(&collection.created);
    for point in &asked.points {
        if let Some(vector::Vector::Dense(dense)) = vector_of(point, "dense")
            && Some(dense.data.len() as u64) != size
        {
            return Err(Status::invalid_argument("Wrong input: Vector dimension error"));
        }
    }
    collection.points.extend(asked.points.into_iter().map(|point| (name(point.id.as_ref()), point)));
    Ok(done(state))
}

fn delete(state: &mut State, asked: DeletePoints) -> Result<PointsOperationResponse, Status> {
    let Some(points_selector::PointsSelectorOneOf::Points(list)) = asked.points.and_then(|points| points.points_selector_one_of) else {
        return Err(Status::unimplemented("only lists of points are deleted here"));
    };
    let collection = state.collection(&asked.collection_name)?;
    list.ids.iter().for_each(|id| drop(collection.points.remove(&name(Some(id)))));
    Ok(done(state))
}

fn scroll(state: &mut State, asked: ScrollPoints) -> Result<ScrollResponse, Status> {
    let collection = state.collection(&asked.collection_name)?;
    let from = asked.offset.as_ref().map_or_else(String::new, |offset| name(Some(offset)));
    let mut left = collection.points.range(from..).map(|(_, point)| point.clone());
    let page: Vec<PointStruct> = left.by_ref().take(asked.limit.unwrap_or(10) as usize).collect();
    let next_page_offset = left.next().and_then(|point| point.id);
    let result = page.into_iter().map(|point| RetrievedPoint {
        vectors: Some(output(&point)),
        id: point.id,
        payload: point.payload,
        ..Default::default()
    });
    Ok(ScrollResponse { next_page_offset, result: result.collect(), ..Default::default() })
}

fn count(state: &mut State, asked: CountPoints) -> Result<CountResponse, Status> {
    let points = state.collection(&asked.collection_name)?.points.values();
    let count = points.filter(|point| takes(asked.filter.as_ref(), point)).count() as u64;
    Ok(CountResponse { result: Some(CountResult { count }), ..Default::default() })
}

fn query(state: &mut State, asked: QueryPoints) -> Result<QueryResponse, Status> {
    state.queries.push(asked.clone());
    let collection = state.collection(&asked.collection_name)?;
    let mut scored = match asked.query.and_then(|query| query.variant) {
        Some(query::Variant::Nearest(vector)) => nearest(collection, &vector, asked.using.as_deref(), asked.filter.as_ref())?,
        Some(query::Variant::Rrf(rrf)) => {
            let mut fused: HashMap<String, f32> = HashMap::new();
            for one in &asked.prefetch {
                let Some(query::Variant::Nearest(vector)) = one.query.as_ref().and_then(|query| query.variant.clone()) else {
                    return Err(Status::unimplemented("only nearest points are prefetched here"));
                };
                let ranking = nearest(collection, &vector, one.using.as_deref(), one.filter.as_ref())?;
                for (rank, (id, _)) in ranking.into_iter().take(one.limit.unwrap_or(10) as usize).enumerate() {
                    *fused.entry(id).or_default() += 1.0 / (rank as f32 + rrf.k.unwrap_or(2) as f32);
                }
            }
            let mut fused: Vec<(String, f32)> = fused.into_iter().collect();
            fused.sort_by(|left, right| right.1.total_cmp(&left.1).then_with(|| right.0.cmp(&left.0)));
            fused
        }
        other => return Err(Status::unimplemented(format!("{other:?} is not played"))),
    };
    scored.truncate(asked.limit.unwrap_or(10) as usize);
    let result = scored.into_iter().map(|(id, score)| {
        let point = &collection.points[&id];
        ScoredPoint { id: point.id.clone(), payload: point.payload.clone(), score, ..Default::default() }
    });
    Ok(QueryResponse { result: result.collect(), ..Default::default() })
}

/// `(id, score)`, best first. Of a sparse query only points that share a term.
fn nearest(
    collection: &Collection,
    asked: &VectorInput,
    using: Option<&str>,
    filter: Option<&Filter>,
) -> Result<Vec<(String, f32)>, Status> {
    let name = using.ok_or_else(|| Status::invalid_argument("the vector's name is missing"))?;
    let score = |point: &PointStruct| match (asked.variant.as_ref()?, vector_of(point, name)?) {
        (vector_input::Variant::Sparse(asked), vector::Vector::Sparse(stored)) => {
            let stored: HashMap<u32, f32> = stored.indices.iter().copied().zip(stored.values.iter().copied()).collect();
            let shared = asked.indices.iter().zip(&asked.values).filter_map(|(term, weight)| Some(weight * stored.get(term)?));
            let shared: Vec<f32> = shared.collect();
            (!shared.is_empty()).then(|| shared.iter().sum())
        }
        (vector_input::Variant::Dense(asked), vector::Vector::Dense(stored)) => {
            let length = |vector: &[f32]| vector.iter().map(|n| n * n).sum::<f32>().sqrt();
            let product: f32 = asked.data.iter().zip(&stored.data).map(|(a, b)| a * b).sum();
            let both = length(&asked.data) * length(&stored.data);
            Some(if both == 0.0 { 0.0 } else { product / both })
        }
        _ => None,
    };
    let found = collection.points.iter().filter(|(_, point)| takes(filter, point));
    let mut scored: Vec<(String, f32)> = found.filter_map(|(id, point)| Some((id.clone(), score(point)?))).collect();
    scored.sort_by(|left, right| right.1.total_cmp(&left.1).then_with(|| right.0.cmp(&left.0)));
    Ok(scored)
}

fn takes(filter: Option<&Filter>, point: &PointStruct) -> bool {
    filter.is_none_or(|filter| filter.must.iter().all(|condition| holds(condition, point)))
}

fn holds(condition: &Condition, point: &PointStruct) -> bool {
    let Some(condition::ConditionOneOf::Field(field)) = &condition.condition_one_of else { panic!("not played: {condition:?}") };
    let Some(r#match::MatchValue::Keywords(words)) = field.r#match.as_ref().and_then(|one| one.match_value.as_ref()) else {
        panic!("not played: {field:?}")
    };
    point.payload.get(&field.key).and_then(|value| value.as_str()).is_some_and(|value| words.strings.contains(value))
}

fn vector_of<'a>(point: &'a PointStruct, name: &str) -> Option<&'a vector::Vector> {
    match point.vectors.as_ref()?.vectors_options.as_ref()? {
        vectors::VectorsOptions::Vectors(named) => named.vectors.get(name)?.vector.as_ref(),
        vectors::VectorsOptions::Vector(_) => None,
    }
}

fn output(point: &PointStruct) -> VectorsOutput {
    let sparse = match vector_of(point, "sparse") {
        Some(vector::Vector::Sparse(sparse)) => Some(vector_output::Vector::Sparse(sparse.clone())),
        _ => None,
    };
    let vectors = sparse.map(|sparse| ("sparse".to_owned(), VectorOutput { vector: Some(sparse), ..Default::default() }));
    let named = NamedVectorsOutput { vectors: vectors.into_iter().collect() };
    VectorsOutput { vectors_options: Some(vectors_output::VectorsOptions::Vectors(named)) }
}

fn dimensions(created: &CreateCollection) -> Option<u64> {
    match created.vectors_config.as_ref()?.config.as_ref()? {
        vectors_config::Config::ParamsMap(map) => Some(map.map.get("dense")?.size),
        vectors_config::Config::Params(_) => None,
    }
}

fn name(id: Option<&PointId>) -> String {
    match id.and_then(|id| id.point_id_options.as_ref()) {
        Some(point_id::PointIdOptions::Uuid(uuid)) => uuid.clone(),
        other => panic!("not an UUID: {other:?}"),
    }
}
