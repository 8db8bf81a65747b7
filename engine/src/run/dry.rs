//! The dry run: real computing and permitted reads, simulated writes.

use crate::action::ActionSpec;
use crate::footprint::path_of;
use sayflow_protocol::api::{NotTried, SuppressedEffect};
use sayflow_protocol::{DestinationKind, Effect, InstanceKey};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Which network reads a dry run makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NetworkReads {
    /// None: they are listed as not tried.
    #[default]
    Skip,
    /// Those of places that are written in the document, which the person named or approved.
    Named,
}

/// What a dry run does with steps that ask a language model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ModelCalls {
    /// Nothing is sent: an example stands for the answer.
    #[default]
    Simulated,
    /// They are asked, which costs what it costs.
    Asked,
}

/// The rules and findings of a dry run.
#[derive(Debug, Clone, Default)]
pub struct DryRun {
    /// Which network reads it makes.
    pub network: NetworkReads,
    /// Whether it asks language models.
    pub models: ModelCalls,
    /// Steps, named as in a footprint, that read where nobody has named or approved it, whatever the document says: a plan that
    /// a model made may name places that its person never heard of. They ask no other machine.
    pub withheld: BTreeSet<String>,
    /// Writes that were held back so far.
    pub suppressed: Vec<SuppressedEffect>,
    /// Reads that were not made so far.
    pub not_tried: Vec<NotTried>,
    /// Writes into the folder's overlay so far.
    pub files: Vec<SuppressedEffect>,
}

/// What a dry run does with an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It runs: it computes, it may read, or it writes into the overlay.
    Run,
    /// Its write is held back.
    Suppress,
    /// Its read is not made.
    NotTried {
        /// Where it would have read.
        destination: String,
        /// Why not.
        reason: &'static str,
    },
}

/// Judges an action by its declaration. `written` are the parameters as in the document, `resolved` those filled in.
pub(super) fn judge(
    rules: &DryRun,
    key: &InstanceKey,
    spec: &ActionSpec,
    effect: Effect,
    written: &Map<String, Value>,
    resolved: &Map<String, Value>,
) -> Verdict {
    let stays_in_folder = !spec.destinations.is_empty() && spec.destinations.iter().all(|rule| rule.kind == DestinationKind::File);
    match effect {
        Effect::None => Verdict::Run,
        // File writes go to the overlay that the dry run's ports put over the folder.
        Effect::Write if stays_in_folder => Verdict::Run,
        Effect::Write => Verdict::Suppress,
        Effect::Read => judge_read(rules, key, spec, written, resolved),
    }
}

fn judge_read(
    rules: &DryRun,
    key: &InstanceKey,
    spec: &ActionSpec,
    written: &Map<String, Value>,
    resolved: &Map<String, Value>,
) -> Verdict {
    let network = rules.network;
    let remote = spec.destinations.iter().find(|rule| !matches!(rule.kind, DestinationKind::File | DestinationKind::Database));
    let Some(rule) = remote else {
        return if spec.destinations.is_empty() && spec.service.is_some() { refuse(spec.id.clone(), network) } else { Verdict::Run };
    };
    let named = |param: &String| resolved.get(param).or_else(|| spec.default_of(param)).map(plain).unwrap_or_default();
    let parts: Vec<&String> = rule.within.iter().chain([&rule.param]).collect();
    let place = parts.iter().map(|param| named(param)).collect::<Vec<_>>().join("/");
    if rule.kind == DestinationKind::Model {
        return match rules.models {
            ModelCalls::Asked => Verdict::Run,
            ModelCalls::Simulated => Verdict::NotTried { destination: place, reason: "a dry run asks no language model" },
        };
    }
    match network {
        NetworkReads::Named if rules.withheld.contains(path_of(key).trim_start_matches("on_failure/")) => {
            Verdict::NotTried { destination: place, reason: "nobody has named or approved it yet" }
        }
        NetworkReads::Skip => refuse(place, network),
        NetworkReads::Named if parts.iter().all(|param| written.get(*param) == resolved.get(*param)) => Verdict::Run,
        NetworkReads::Named => refuse(place, network),
    }
}

fn refuse(destination: String, network: NetworkReads) -> Verdict {
    let reason = match network {
        NetworkReads::Skip => "network reads are tried only with --dry-run",
        NetworkReads::Named => "its place comes from data, so nobody has approved it yet",
    };
    Verdict::NotTried { destination, reason }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::SpecBuilder;
    use serde_json::json;

    #[test]
    fn an_object_is_read_only_when_bucket_and_key_are_written_in_the_document() {
        let spec = SpecBuilder::new("x.get", "X", "X.", Effect::Read)
            .destination_within("bucket", "key", DestinationKind::Resource)
            .service("x")
            .finish::<(), ()>();
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        let rules = DryRun { network: NetworkReads::Named, ..DryRun::default() };
        let filled = map(json!({ "bucket": "b", "key": "k.csv" }));
        assert_eq!(judge(&rules, &"s".parse().unwrap(), &spec, Effect::Read, &filled, &filled), Verdict::Run);
        for written in [json!({ "bucket": "${{ inputs.b }}", "key": "k.csv" }), json!({ "bucket": "b", "key": "${{ inputs.k }}" })] {
            let verdict = judge(&rules, &"s".parse().unwrap(), &spec, Effect::Read, &map(written.clone()), &filled);
            assert!(matches!(&verdict, Verdict::NotTried { destination, .. } if destination == "b/k.csv"), "{written}: {verdict:?}");
        }
    }
}
