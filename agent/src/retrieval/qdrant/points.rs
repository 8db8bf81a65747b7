//! Records as points of a collection and back.

use super::super::api::{Filter, Hit, Record};
use super::super::entry::EntryKind;
use qdrant_client::Payload;
use qdrant_client::qdrant::{
    Condition, Filter as ServerFilter, NamedVectors, PointId, PointStruct, Value, Vector, VectorsOutput, vector_output,
};
use std::collections::HashMap;
use uuid::Uuid;

/// The names of the vectors of a point.
pub(super) const DENSE: &str = "dense";
pub(super) const SPARSE: &str = "sparse";
/// The payload's keys.
pub(super) const KIND: &str = "kind";
const ID: &str = "id";
const DIGEST: &str = "digest";

/// Where the names of points come from: a server takes only UUIDs and numbers.
const NAMES: Uuid = Uuid::from_u128(0x5d9c_0b1e_7a34_5f0e_9d5e_2b4b_8a1f_6c03);

pub(super) fn point_id(id: &str) -> PointId {
    Uuid::new_v5(&NAMES, id.as_bytes()).to_string().into()
}

/// What a record is, down to its last number.
pub(super) fn digest(record: &Record) -> String {
    let mut bytes = kind_name(record.kind).as_bytes().to_vec();
    for (term, weight) in &record.sparse.entries {
        bytes.extend(term.to_le_bytes());
        bytes.extend(weight.to_le_bytes());
    }
    bytes.push(u8::from(record.dense.is_some()));
    record.dense.iter().flatten().for_each(|number| bytes.extend(number.to_le_bytes()));
    Uuid::new_v5(&NAMES, &bytes).simple().to_string()
}

pub(super) fn point(record: &Record) -> PointStruct {
    let mut vectors = NamedVectors::default();
    if !record.sparse.entries.is_empty() {
        vectors = vectors.add_vector(SPARSE, Vector::from(record.sparse.entries.clone()));
    }
    if let Some(dense) = &record.dense {
        vectors = vectors.add_vector(DENSE, Vector::from(dense.clone()));
    }
    let payload: HashMap<&str, Value> =
        HashMap::from([(ID, record.id.as_str().into()), (KIND, kind_name(record.kind).into()), (DIGEST, digest(record).into())]);
    PointStruct::new(point_id(&record.id), vectors, Payload::from(payload))
}

/// Id, digest and terms of a point that [`point`] made.
pub(super) fn stored(payload: &HashMap<String, Value>, vectors: Option<&VectorsOutput>) -> Option<(String, String, Box<[u32]>)> {
    let terms = match vectors.and_then(|vectors| vectors.get_vector_by_name(SPARSE)) {
        Some(vector_output::Vector::Sparse(sparse)) => sparse.indices.into(),
        _ => Box::default(),
    };
    Some((payload.get(ID)?.as_str()?.clone(), payload.get(DIGEST)?.as_str()?.clone(), terms))
}

pub(super) fn hit(payload: &HashMap<String, Value>, score: f32) -> Option<Hit> {
    Some(Hit { id: payload.get(ID)?.as_str()?.clone(), kind: kind_of(payload.get(KIND)?.as_str()?)?, score })
}

pub(super) fn filter(filter: Filter<'_>) -> ServerFilter {
    let kinds: Vec<String> = filter.kinds.iter().map(|kind| kind_name(*kind).to_owned()).collect();
    ServerFilter::must([Condition::matches(KIND, kinds)])
}

fn kind_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Action => "action",
        EntryKind::Template => "template",
        EntryKind::Workflow => "workflow",
    }
}

fn kind_of(name: &str) -> Option<EntryKind> {
    [EntryKind::Action, EntryKind::Template, EntryKind::Workflow].into_iter().find(|kind| kind_name(*kind) == name)
}
