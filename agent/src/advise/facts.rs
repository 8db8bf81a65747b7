//! A workflow laid out for the rules.

use super::History;
use sayflow_engine::action::{ActionSpec, Catalogue, role};
use sayflow_protocol::workflow::{Step, Trigger};
use sayflow_protocol::{DestinationKind, Effect, Workflow};
use serde_json::{Map, Value};

/// What the rules look at.
pub(super) struct Facts<'a> {
    pub workflow: &'a Workflow,
    pub catalogue: &'a Catalogue,
    pub history: &'a History,
    /// Every step in document order, groups before their inner steps.
    pub places: Vec<Place<'a>>,
}

/// A step in its place.
pub(super) struct Place<'a> {
    pub path: String,
    pub step: &'a Step,
    /// The declaration of its action.
    pub spec: Option<&'a ActionSpec>,
    /// What it does to the world, with its parameters as written.
    pub effect: Effect,
    /// The list that it is in.
    pub siblings: &'a [Step],
    /// The group around it; `on_failure` for the failure steps.
    pub within: Option<String>,
    /// The path of the step around it, or itself, that goes through a list.
    pub looped: Option<&'a Step>,
    pub on_failure: bool,
}

impl<'a> Facts<'a> {
    pub(super) fn new(workflow: &'a Workflow, catalogue: &'a Catalogue, history: &'a History) -> Self {
        let mut facts = Self { workflow, catalogue, history, places: Vec::new() };
        facts.add(&workflow.steps, None, None, false);
        facts.add(&workflow.on_failure, Some("on_failure"), None, true);
        facts
    }

    fn add(&mut self, steps: &'a [Step], within: Option<&str>, looped: Option<&'a Step>, on_failure: bool) {
        for step in steps {
            let path = within.map_or_else(|| step.id.clone(), |within| format!("{within}/{}", step.id));
            let with: Map<String, Value> = step.with.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            let spec = step.uses.as_deref().and_then(|uses| self.catalogue.spec(uses));
            let effect = spec.map_or(Effect::None, |spec| spec.effect_of(&with));
            let looped = if step.for_each.is_some() { Some(step) } else { looped };
            let within_here = within.map(str::to_owned);
            self.places.push(Place { path: path.clone(), step, spec, effect, siblings: steps, within: within_here, looped, on_failure });
            self.add(&step.steps, Some(&path), looped, on_failure);
        }
    }

    /// The steps that write, failure steps left out.
    pub(super) fn writes(&self) -> impl Iterator<Item = &Place<'a>> {
        self.places.iter().filter(|place| place.effect == Effect::Write && !place.on_failure)
    }

    /// The schedules, with their numbers in the list of triggers.
    pub(super) fn schedules(&self) -> impl Iterator<Item = usize> {
        let triggers = self.workflow.triggers.iter().enumerate();
        triggers.filter(|(_, trigger)| matches!(trigger, Trigger::Schedule { .. })).map(|(at, _)| at)
    }

    /// An id that no step has, made of a word.
    pub(super) fn free_id(&self, word: &str) -> String {
        let taken = |id: &str| self.places.iter().any(|place| place.step.id == id);
        if !taken(word) {
            return word.to_owned();
        }
        (2..).map(|number| format!("{word}-{number}")).find(|id| !taken(id)).unwrap_or_else(|| word.to_owned())
    }
}

impl Place<'_> {
    /// Whether it asks something of the network or of a model, and changes nothing there.
    pub(super) fn is_network_read(&self) -> bool {
        self.effect == Effect::Read && self.spec.is_some_and(goes_out)
    }

    /// The parameter with the text of a message that a person gets; none where the step sends none.
    pub(super) fn message_param(&self) -> Option<&str> {
        let spec = self.spec.filter(|_| self.effect == Effect::Write)?;
        let to_people = spec.destinations.iter().any(|rule| matches!(rule.kind, DestinationKind::Channel | DestinationKind::Recipient));
        spec.param_with_role(role::TEXT).filter(|_| to_people)
    }
}

fn goes_out(spec: &ActionSpec) -> bool {
    spec.service.is_some() || spec.destinations.iter().any(|rule| rule.kind == DestinationKind::Host)
}
