//! The pure core against a small reference model: random workflows in random worlds, driven in random orders, end as the
//! model says, and whatever is thrown away on the way can be had back from the journal.

mod interpreter;
mod puppet;
pub mod spec;
pub mod turns;

use crate::support::history::{self, Doc};
use crate::support::{World, sim_catalogue};
use interpreter::{End, Ended, Steps, Verdict, interpret};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use puppet::{Disturb, Played, play};
use sayflow_engine::action::Catalogue;
use sayflow_engine::expr::Evaluator;
use sayflow_engine::plan::Plan;
use sayflow_engine::run::view_from_journal;
use sayflow_protocol::{Event, RunId, RunStatus, RunView, StepStatus};
use serde_json::Value;
use spec::{Flow, Node, Work};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

static EVALUATOR: LazyLock<Evaluator> = LazyLock::new(Evaluator::new);
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| sim_catalogue(&World::kind()));

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: std::env::var("SAYFLOW_MODEL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(400),
        max_shrink_iters: 4000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/proptest-regressions/model.txt"
        )))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_run_ends_as_the_model_says_in_whatever_order_things_happen(flow in spec::flows(), seed in any::<u64>()) {
        let (plan, played) = run(&flow, seed, Disturb::Never);
        agrees(&flow, &played);
        folds_to_what_was_seen(&plan, &played, seed);
        costs_what_it_should(&played);
        let document = flow.document();
        history::check_run(&Doc::of(&document), &played.journal, history::Expect::Ended);
    }

    #[test]
    fn a_run_whose_state_is_thrown_away_now_and_then_ends_the_same(flow in spec::flows(), seed in any::<u64>()) {
        let (_, played) = run(&flow, seed, Disturb::Restarts);
        agrees(&flow, &played);
        history::check_run(&Doc::of(&flow.document()), &played.journal, history::Expect::Ended);
    }
}

fn run(flow: &Flow, seed: u64, disturb: Disturb) -> (Arc<Plan>, Played) {
    let plan = Arc::new(Plan::build(&flow.document(), &CATALOGUE).unwrap());
    let played = play(flow, &plan, &EVALUATOR, seed, disturb);
    (plan, played)
}

/// The run's ending is what the model says.
fn agrees(flow: &Flow, played: &Played) {
    let verdict = interpret(flow);
    let run = &played.view;
    let wanted = if verdict.succeeded { RunStatus::Succeeded } else { RunStatus::Failed };
    assert_eq!(run.status, wanted);
    assert_eq!(run.outputs, verdict.outputs);
    let mut rows = run.steps.iter();
    compare_steps(&flow.steps, Some(&verdict.main), "", &mut rows);
    if verdict.on_failure.is_some() {
        compare_steps(&flow.on_failure, verdict.on_failure.as_ref(), "on_failure/", &mut rows);
    }
    assert!(rows.next().is_none(), "no step is listed that there is not");
    blames(run, &verdict);
    let mut ran = played.ran.clone();
    verdict.acts.explain(&mut ran).unwrap();
    assert!(ran.is_empty(), "these ran and should not have: {ran:?}");
}

fn blames(run: &RunView, verdict: &Verdict) {
    let named = run.error.as_ref().and_then(|error| error.step.clone());
    let possible: Vec<&String> = verdict.main.values().filter(|step| step.end == End::Badly).flat_map(|step| &step.blames).collect();
    match named {
        Some(step) => assert!(possible.contains(&&step), "{step} is to blame, not one of {possible:?}"),
        None => assert!(possible.is_empty(), "one of {possible:?} is to blame"),
    }
}

fn compare_steps<'a>(nodes: &[Node], ended: Option<&Steps>, prefix: &str, rows: &mut impl Iterator<Item = &'a sayflow_protocol::StepView>) {
    for node in nodes {
        let row = rows.next().unwrap_or_else(|| panic!("{} is not listed", node.id));
        assert_eq!(row.id, format!("{prefix}{}", node.id));
        let step = ended.map(|ended| &ended[&node.id]);
        match step {
            Some(step) => compare_step(step, row),
            None => assert_eq!(row.status, StepStatus::Pending, "{}", row.id),
        }
        if let Work::Group { steps, .. } = &node.work
            && node.each.is_none()
            && node.repeat.is_none()
        {
            compare_steps(steps, step.and_then(|step| step.inner.as_ref()), &format!("{}/", row.id), rows);
        }
    }
}

fn compare_step(step: &Ended, row: &sayflow_protocol::StepView) {
    let status = match step.end {
        End::Well | End::Forgiven => StepStatus::Succeeded,
        End::Badly => StepStatus::Failed,
        End::Skipped(_) => StepStatus::Skipped,
    };
    assert_eq!(row.status, status, "{}", row.id);
    assert_eq!(row.error.is_some(), !step.blames.is_empty(), "{}: {:?}", row.id, row.error);
    if let End::Skipped(reason) = step.end {
        assert_eq!(row.skipped_because.as_deref(), Some(reason.describe()), "{}", row.id);
    }
    let output = (status == StepStatus::Succeeded).then(|| step.output.clone());
    assert_eq!(row.output, output, "{}", row.id);
    if let (Some(items), Value::Array(outputs)) = (row.items, &step.output)
        && !step.fuzzy
    {
        assert_eq!((items.total as usize, (items.succeeded + items.failed) as usize), (outputs.len(), outputs.len()), "{}", row.id);
    }
}

/// Folding the journal up to any event gives the view that was there then.
fn folds_to_what_was_seen(plan: &Arc<Plan>, played: &Played, seed: u64) {
    let stride = 1 + usize::try_from(seed % 5).unwrap() + played.journal.len() / 12;
    for place in (0..played.journal.len()).step_by(stride).chain([played.journal.len() - 1]) {
        let Some(seen) = &played.views[place] else { continue };
        let folded = view_from_journal(&RunId::from("r"), None, plan.clone(), &played.journal[..=place]).unwrap();
        assert_eq!(&folded, seen, "after event {}", place + 1);
    }
}

/// What is asked for is in proportion to what happens, and everything that is asked for leads to an event.
fn costs_what_it_should(played: &Played) {
    assert!(played.commands <= played.journal.len(), "{} commands for {} events", played.commands, played.journal.len());
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for recorded in &played.journal {
        *kinds
            .entry(match recorded.event {
                Event::RunCreated { .. } => "created",
                Event::RunFinished { .. } => "finished",
                _ => "other",
            })
            .or_default() += 1;
    }
    assert_eq!((kinds["created"], kinds["finished"]), (1, 1));
}
