//! Keeps a run inside its workflow's footprint: every place that an attempt goes to is compared with the places that a
//! person approved, by the names that the footprint shows.
//!
//! A place is permitted for one effect: who may write somewhere may not read there unless that stands in the footprint
//! too. Places that are written in the document are permitted to all steps; a place that comes from data only to the
//! parameter that it was approved for.

use super::{Allow, StepPlace, inner_name, names_in, place_name, places_of, watched};
use crate::action::{ActionSpec, Catalogue, StepError};
use crate::ports::Redirects;
use sayflow_protocol::workflow::Step;
use sayflow_protocol::{BlockName, Destination, DestinationKind, Effect, FootprintEntry, InstanceKey, Workflow};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What the guard says of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// All its places are in the footprint, or were approved since.
    Inside,
    /// The first place that is not: a person decides about it. Once it is among the widened entries, the next check goes
    /// on to the next place.
    Outside(FootprintEntry),
    /// A place where nothing may ever go, whoever approves it: the attempt fails.
    Impossible(StepError),
}

/// The approved places of a workflow, by what is asked of them. Immutable; a check costs the attempt's own places.
#[derive(Debug, Default)]
pub struct Guard {
    fixed: HashSet<Place>,
    /// By the path of the step, without items and iterations.
    dynamic: HashMap<String, Vec<DynamicPlace>>,
    /// The hosts that the footprint reads.
    hosts: Arc<[String]>,
}

/// A place as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    effect: Effect,
    kind: DestinationKind,
    service: Option<String>,
    name: String,
}

/// A place that comes from data.
#[derive(Debug)]
struct DynamicPlace {
    param: String,
    effect: Effect,
    source: String,
    allow: Allow,
    max: Option<u32>,
}

/// The values that dynamic places with a `max` have had in one run. After a restart it is filled again by checking the
/// journalled inputs, or by [`SeenPlaces::note`].
#[derive(Debug, Clone, Default)]
pub struct SeenPlaces {
    values: HashMap<Source, HashSet<String>>,
}

/// What a `max` counts over: one expression for one effect, wherever it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Source {
    effect: Effect,
    kind: DestinationKind,
    service: Option<String>,
    expression: String,
}

impl SeenPlaces {
    /// Counts a value of the place that an entry of the footprint calls dynamic. Entries with a fixed place count nothing.
    pub fn note(&mut self, entry: &FootprintEntry, value: &str) {
        if let Destination::Dynamic { dynamic, .. } = &entry.destination {
            let source = Source { effect: entry.effect, kind: entry.kind, service: entry.service.clone(), expression: dynamic.clone() };
            self.values.entry(source).or_default().insert(place_name(entry.kind, value));
        }
    }
}

impl Guard {
    /// The guard of a workflow. It permits what [`super::footprint`] lists, and nothing else.
    pub fn of(workflow: &Workflow, catalogue: &Catalogue) -> Self {
        let mut guard = Self::default();
        for (kind, name) in workflow.triggers.iter().filter_map(watched) {
            guard.fixed.insert(Place { effect: Effect::Read, kind, service: None, name });
        }
        guard.add(&workflow.steps, "", None, catalogue);
        guard.add(&workflow.on_failure, "on_failure/", None, catalogue);
        let read = guard.fixed.iter().filter(|place| place.kind == DestinationKind::Host && place.effect == Effect::Read);
        let mut hosts: Vec<String> = read.map(|place| place.name.clone()).collect();
        hosts.sort_unstable();
        guard.hosts = hosts.into();
        guard
    }

    fn add(&mut self, steps: &[Step], prefix: &str, items: Option<&Value>, catalogue: &Catalogue) {
        for step in steps {
            let path = format!("{prefix}{}", step.id);
            if let Some(spec) = step.uses.as_deref().and_then(|uses| catalogue.spec(uses)) {
                for place in places_of(step, spec, items) {
                    self.add_place(place, spec, &path);
                }
            }
            self.add(&step.steps, &format!("{path}/"), step.for_each.as_ref().or(items), catalogue);
        }
    }

    fn add_place(&mut self, place: StepPlace, spec: &ActionSpec, path: &str) {
        let StepPlace { param, kind, effect, destination } = place;
        match destination {
            Destination::Fixed(name) => {
                self.fixed.insert(Place { effect, kind, service: spec.service.clone(), name });
            }
            Destination::Dynamic { dynamic, allow, max } => {
                let allow = Allow::of(&allow, kind);
                self.dynamic.entry(path.to_owned()).or_default().push(DynamicPlace { param, effect, source: dynamic, allow, max });
            }
        }
    }

    /// Judges an attempt by its filled-in parameters. `effect` is what the step's document says that it does, `widened` are
    /// the entries that a person approved while the run went on; `seen` counts for `max` and changes only when all is
    /// inside. A check may be repeated: the same attempt counts once.
    pub fn check(
        &self,
        key: &InstanceKey,
        spec: &ActionSpec,
        effect: Effect,
        params: &Map<String, Value>,
        widened: &[FootprintEntry],
        seen: &mut SeenPlaces,
    ) -> Verdict {
        if spec.destinations.is_empty() {
            return Verdict::Inside;
        }
        let path = path_of(key);
        let dynamic = self.dynamic.get(&path).map(Vec::as_slice).unwrap_or_default();
        let mut counted = Vec::new();
        for rule in &spec.destinations {
            let effect = rule.effect.unwrap_or(effect);
            let given = params.get(&rule.param).or_else(|| spec.default_of(&rule.param));
            let Some(value) = given.filter(|_| effect != Effect::None) else { continue };
            let mut names = Vec::new();
            names_in(value, rule.kind, &mut |name| names.push(name));
            if let Some(outer) = &rule.within {
                let mut around = Vec::new();
                names_in(params.get(outer).unwrap_or(&Value::Null), rule.kind, &mut |name| around.push(name));
                names = around.iter().flat_map(|outer| names.iter().map(|inner| inner_name(outer, inner))).collect();
            }
            for name in names {
                let place = Place { effect, kind: rule.kind, service: spec.service.clone(), name };
                if self.fixed.contains(&place) || widened.iter().any(|entry| place.is_in(entry)) {
                    continue;
                }
                if let Some(why) = leads_out(&place) {
                    return Verdict::Impossible(why);
                }
                let from_here = dynamic.iter().filter(|known| rule.names(&known.param) && known.effect == effect);
                match from_here.into_iter().find_map(|known| known.takes(&place, seen, &counted)) {
                    Some(Taken::Uncounted) => {}
                    Some(Taken::Counted(source)) => counted.push((source, place.name)),
                    None => return Verdict::Outside(place.into_entry(&path)),
                }
            }
        }
        for (source, value) in counted {
            seen.values.entry(source).or_default().insert(value);
        }
        Verdict::Inside
    }

    /// Where a read of a step may be redirected: anywhere when the person approved reading whatever host the data name,
    /// else to the hosts that the footprint reads.
    pub(crate) fn redirects(&self, step: &Step, spec: &ActionSpec) -> Redirects {
        if spec.destinations.iter().all(|rule| rule.kind != DestinationKind::Host) {
            return Redirects::SameHost;
        }
        let any_host = |place: &StepPlace| match &place.destination {
            Destination::Dynamic { allow, .. } => place.kind == DestinationKind::Host && place.effect == Effect::Read && allow.is_empty(),
            Destination::Fixed(_) => false,
        };
        if places_of(step, spec, None).iter().any(any_host) { Redirects::Anywhere } else { Redirects::To(self.hosts.clone()) }
    }
}

/// How a dynamic place takes a value.
enum Taken {
    Uncounted,
    Counted(Source),
}

impl DynamicPlace {
    fn takes(&self, place: &Place, seen: &SeenPlaces, counted: &[(Source, String)]) -> Option<Taken> {
        if !self.allow.takes(&place.name) {
            return None;
        }
        let Some(max) = self.max else { return Some(Taken::Uncounted) };
        let source = Source { effect: place.effect, kind: place.kind, service: place.service.clone(), expression: self.source.clone() };
        let before = seen.values.get(&source);
        if before.is_some_and(|values| values.contains(&place.name)) {
            return Some(Taken::Uncounted);
        }
        let now: HashSet<&str> =
            counted.iter().filter(|(other, value)| *other == source && *value != place.name).map(|(_, value)| value.as_str()).collect();
        let so_far = before.map_or(0, HashSet::len) + now.len();
        (so_far < max as usize).then_some(Taken::Counted(source))
    }
}

impl Place {
    fn is_in(&self, entry: &FootprintEntry) -> bool {
        let fixed = matches!(&entry.destination, Destination::Fixed(name) if *name == self.name);
        fixed && entry.effect == self.effect && entry.kind == self.kind && entry.service == self.service
    }

    fn into_entry(self, step: &str) -> FootprintEntry {
        let Self { effect, kind, service, name } = self;
        FootprintEntry { effect, kind, destination: Destination::Fixed(name), service, steps: vec![step.to_owned()], dynamic: false }
    }
}

/// The path of a step as a footprint names it, with `on_failure/` before a step of the failure block.
pub(crate) fn path_of(key: &InstanceKey) -> String {
    let mut path = String::new();
    if key.block == BlockName::OnFailure {
        path.push_str("on_failure/");
    }
    for (place, segment) in key.path.iter().enumerate() {
        if place > 0 {
            path.push('/');
        }
        path.push_str(&segment.step);
    }
    path
}

/// Why nothing can go to a file or database outside the workspace folder.
fn leads_out(place: &Place) -> Option<StepError> {
    if !matches!(place.kind, DestinationKind::File | DestinationKind::Database) {
        return None;
    }
    let name = place.name.as_str();
    let drive = name.as_bytes().get(1) == Some(&b':') && name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let out =
        name.starts_with(['/', '\\']) || drive || name == "~" || name.starts_with("~/") || name.split(['/', '\\']).any(|part| part == "..");
    out.then(|| {
        StepError::new("path_outside", format!("\"{}\" is outside the workspace folder; steps see only what is in it", name.escape_debug()))
            .help("use a path relative to it, such as data/orders.csv; to work elsewhere, run Sayflow in that folder or copy the file here")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::SpecBuilder;
    use serde_json::json;

    /// A guard over one dynamic place of the step `s`, as an approval with patterns gives it.
    fn guard(kind: DestinationKind, allow: &[&str], max: Option<u32>) -> (Guard, ActionSpec) {
        let spec = SpecBuilder::new("x.write", "X", "X.", Effect::Write).destination("to", kind).service("x").finish::<(), ()>();
        let allow: Vec<String> = allow.iter().map(|&pattern| pattern.to_owned()).collect();
        let mut guard = Guard::default();
        let destination = Destination::Dynamic { dynamic: "inputs.to".into(), allow, max };
        guard.add_place(StepPlace { param: "to".into(), kind, effect: Effect::Write, destination }, &spec, "s");
        (guard, spec)
    }

    fn judge(guard: &Guard, spec: &ActionSpec, to: Value, widened: &[FootprintEntry], seen: &mut SeenPlaces) -> Verdict {
        let params = json!({ "to": to }).as_object().cloned().unwrap_or_default();
        guard.check(&"s".parse().unwrap(), spec, Effect::Write, &params, widened, seen)
    }

    fn outside(verdict: Verdict) -> String {
        match verdict {
            Verdict::Outside(FootprintEntry { destination: Destination::Fixed(name), .. }) => name,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn patterns_hold_values_in_and_other_values_are_asked_about() {
        let (guard, spec) = guard(DestinationKind::Recipient, &["*@x.example", "bob@y.example"], None);
        let mut seen = SeenPlaces::default();
        assert_eq!(judge(&guard, &spec, json!("Ann <ann@x.example>, bob@y.example"), &[], &mut seen), Verdict::Inside);
        for to in ["eve@y.example", "ann@x.example, eve@evil.example", "\"ann@x.example\" <eve@evil.example>"] {
            assert!(outside(judge(&guard, &spec, json!(to), &[], &mut seen)).starts_with("eve@"), "{to}");
        }
    }

    #[test]
    fn a_folder_holds_what_is_below_it_and_nothing_beside_it() {
        let (guard, spec) = guard(DestinationKind::File, &["out/**"], None);
        let mut seen = SeenPlaces::default();
        for inside in ["out/a.csv", "./out//b/c.csv", "out/", "out/..a"] {
            assert_eq!(judge(&guard, &spec, json!(inside), &[], &mut seen), Verdict::Inside, "{inside}");
        }
        for beside in ["output/a.csv", "in/a.csv", " out/a.csv", "Out/a.csv"] {
            outside(judge(&guard, &spec, json!(beside), &[], &mut seen));
        }
        for impossible in ["out/../secret", "../out/a", "/etc/passwd", "~/x", "C:\\x", "out/..\\..\\x", "out/a/../../.."] {
            let verdict = judge(&guard, &spec, json!(impossible), &[], &mut seen);
            assert!(matches!(&verdict, Verdict::Impossible(why) if why.code == "path_outside"), "{impossible}: {verdict:?}");
        }
    }

    #[test]
    fn any_value_of_an_expression_that_was_approved_in_words_is_inside() {
        let (guard, spec) = guard(DestinationKind::Channel, &[], None);
        let mut seen = SeenPlaces::default();
        assert_eq!(judge(&guard, &spec, json!("#any"), &[], &mut seen), Verdict::Inside);
        let (guard, spec) = self::guard(DestinationKind::File, &[], None);
        assert_eq!(judge(&guard, &spec, json!("any/file"), &[], &mut seen), Verdict::Inside);
        assert!(matches!(judge(&guard, &spec, json!("../any"), &[], &mut seen), Verdict::Impossible(_)));
    }

    #[test]
    fn no_more_different_values_than_were_approved() {
        let (guard, spec) = guard(DestinationKind::Channel, &[], Some(2));
        let mut seen = SeenPlaces::default();
        assert_eq!(outside(judge(&guard, &spec, json!(["#a", "#b", "#c"]), &[], &mut seen)), "#c");
        assert_eq!(judge(&guard, &spec, json!(["#a", "#a"]), &[], &mut seen), Verdict::Inside, "what was refused did not count");
        assert_eq!(judge(&guard, &spec, json!("#b"), &[], &mut seen), Verdict::Inside);
        assert_eq!(judge(&guard, &spec, json!("#a"), &[], &mut seen), Verdict::Inside, "a value that was there counts once");
        let asked = judge(&guard, &spec, json!("#c"), &[], &mut seen);
        let Verdict::Outside(entry) = asked else { panic!("{asked:?}") };
        assert_eq!(judge(&guard, &spec, json!("#c"), &[entry], &mut seen), Verdict::Inside);
        assert_eq!(outside(judge(&guard, &spec, json!("#d"), &[], &mut seen)), "#d");
    }

    #[test]
    fn a_key_is_held_in_the_bucket_and_folder_that_were_approved() {
        let spec = SpecBuilder::new("x.put", "X", "X.", Effect::Write)
            .destination_within("bucket", "key", DestinationKind::Resource)
            .finish::<(), ()>();
        let step = json!({ "id": "s", "uses": "x.put", "with": { "bucket": "b", "key": "daily/${{ inputs.day }}.csv" } });
        let mut guard = Guard::default();
        for place in places_of(&serde_json::from_value(step).unwrap(), &spec, None) {
            guard.add_place(place, &spec, "s");
        }
        let judge = |bucket: &str, key: &str| {
            let params = json!({ "bucket": bucket, "key": key }).as_object().cloned().unwrap_or_default();
            guard.check(&"s".parse().unwrap(), &spec, Effect::Write, &params, &[], &mut SeenPlaces::default())
        };
        assert_eq!(judge("b", "daily/monday.csv"), Verdict::Inside);
        assert_eq!(outside(judge("b", "secret/monday.csv")), "b/secret/monday.csv");
        assert_eq!(outside(judge("other", "daily/monday.csv")), "other/daily/monday.csv");
    }

    #[test]
    fn what_was_seen_can_be_noted_again() {
        let (guard, spec) = guard(DestinationKind::Channel, &[], Some(1));
        let mut seen = SeenPlaces::default();
        let destination = Destination::Dynamic { dynamic: "inputs.to".into(), allow: Vec::new(), max: Some(1) };
        let service = Some("x".to_owned());
        let entry = FootprintEntry {
            effect: Effect::Write,
            kind: DestinationKind::Channel,
            destination,
            service,
            steps: vec!["s".into()],
            dynamic: true,
        };
        seen.note(&entry, "#a");
        assert_eq!(judge(&guard, &spec, json!("#a"), &[], &mut seen), Verdict::Inside);
        assert_eq!(outside(judge(&guard, &spec, json!("#b"), &[], &mut seen)), "#b");
    }

    #[test]
    fn a_place_is_permitted_for_one_effect_kind_and_service() {
        let (guard, spec) = guard(DestinationKind::Channel, &["#a"], None);
        let mut seen = SeenPlaces::default();
        let Verdict::Outside(entry) = judge(&guard, &spec, json!("#b"), &[], &mut seen) else { panic!("#b was not approved") };
        assert_eq!((entry.effect, entry.service.as_deref(), entry.steps.as_slice()), (Effect::Write, Some("x"), &["s".to_owned()][..]));
        for other in [
            FootprintEntry { effect: Effect::Read, ..entry.clone() },
            FootprintEntry { kind: DestinationKind::Resource, ..entry.clone() },
            FootprintEntry { service: None, ..entry.clone() },
        ] {
            assert_eq!(outside(judge(&guard, &spec, json!("#b"), &[other], &mut seen)), "#b");
        }
        assert_eq!(judge(&guard, &spec, json!("#b"), &[entry], &mut seen), Verdict::Inside);
    }
}
