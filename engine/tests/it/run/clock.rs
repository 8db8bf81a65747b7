//! A clock that is set while runs go on.

use crate::support::history::{self, Doc, Expect};
use crate::support::{Backend, Deed, Ending, Life, Place, World, workflow};
use jiff::SignedDuration;
use sayflow_protocol::RunStatus;
use std::sync::Arc;
use std::time::Duration;

/// Its second attempt has to think before it begins.
const THINKS: &str = r#"
name: thinks
steps:
  - id: a
    uses: sim.read
    with: { see: "${{ Array.from({ length: 20000 }, (x, i) => i).reduce((a, b) => a + b) }}" }
    retry: { max_attempts: 3, backoff: 200ms }
  - { id: b, needs: [a], uses: sim.wait, with: { seconds: 20 } }
outputs: { mark: "${{ steps.a.output.mark }}" }
"#;

fn fails_once() -> World {
    World::new(Arc::new(|key, number| Deed {
        ending: if number == 1 && key.ends_with(":a") { Ending::Busy } else { Ending::Well },
        ..Deed::WELL
    }))
}

#[test]
fn a_clock_that_is_set_back_between_a_timer_and_what_it_begins_breaks_no_run() {
    let place = Place::new(Backend::new(), fails_once());
    let life = Life::begin(&place);
    life.attempt(life.engine.start(life.request(&workflow(THINKS)))).unwrap().unwrap();
    // The pause before the second attempt is shorter than what a run is parked for: its driver is there.
    life.settle();
    life.jump(Duration::from_millis(200));
    life.clock.set(SignedDuration::from_hours(-1));
    life.settle();
    life.until_ended(Duration::from_secs(10));
    let journal = life.journals().remove(0).1;
    assert!(journal.windows(2).all(|pair| pair[0].at <= pair[1].at), "time never goes back within a journal: {journal:#?}");
    history::check_run(&Doc::of(&workflow(THINKS)), &journal, Expect::Ended);
    assert_eq!(life.views()[0].status, RunStatus::Succeeded);
}

#[test]
fn a_clock_that_is_set_ahead_wakes_what_is_due_within_a_minute() {
    let yaml = "{ name: w, steps: [{ id: a, uses: sim.wait, with: { seconds: 86400 } }] }";
    let place = Place::new(Backend::new(), World::kind());
    let life = Life::begin(&place);
    life.attempt(life.engine.start(life.request(&workflow(yaml)))).unwrap().unwrap();
    life.pass(Duration::from_secs(1));
    assert_eq!(life.views()[0].status, RunStatus::Waiting);
    life.clock.set(SignedDuration::from_hours(25));
    for _ in 0..7 {
        life.pass(Duration::from_secs(9));
    }
    assert_eq!(life.views()[0].status, RunStatus::Succeeded);
}
