//! What a tick of the trigger service costs: as much as is due, however many schedules there are.

use crate::fill;
use crate::report::{Figure, short};
use crate::sample::{Sample, micros, ratio, timed};
use crate::world::World;
use crate::{Outcome, Setting};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sayflow_engine::ports::Clock;
use sayflow_engine::trigger::TriggerService;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const FEW: usize = 100;
const MANY: usize = 10_000;
/// How many of them fire each minute; the others fire once a year.
const DUE: usize = 10;
const ROUNDS: usize = 60;

/// A clock that stands still until it is set.
struct HandClock(watch::Sender<Timestamp>);

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, at: Timestamp) {
        let mut now = self.0.subscribe();
        // The sender lives as long as the clock.
        let _ = now.wait_for(|now| *now >= at).await;
    }
}

struct Scheduled {
    world: World,
    clock: Arc<HandClock>,
    service: TriggerService,
}

impl Scheduled {
    async fn new(setting: &Setting, schedules: usize) -> Outcome<Self> {
        let clock = Arc::new(HandClock(watch::channel("2026-05-04T08:00:30Z".parse()?).0));
        let world = World::with_clock(&setting.folder, clock.clone()).await?;
        fill::schedules(&world, clock.clone(), "yearly", "0 0 1 1 *", schedules - DUE).await?;
        fill::schedules(&world, clock.clone(), "minutely", "* * * * *", DUE).await?;
        let service = fill::triggers(&world, clock.clone());
        Ok(Self { world, clock, service })
    }

    /// The time of a tick, which must have found so many due.
    async fn tick(&self, due: usize) -> Outcome<Duration> {
        let (took, tick) = timed(self.service.tick()).await;
        let found = tick?.due;
        self.world.engine.until_idle().await;
        if found == due { Ok(took) } else { Err(format!("{found} schedules were due in place of {due}").into()) }
    }

    async fn minute(&self) -> Outcome<Duration> {
        self.clock.0.send_modify(|now| *now += SignedDuration::from_secs(60));
        self.tick(DUE).await
    }
}

pub(crate) async fn measure(setting: &Setting) -> Outcome<Vec<Figure>> {
    let worlds = [Scheduled::new(setting, FEW).await?, Scheduled::new(setting, MANY).await?];
    for _ in 0..5 {
        for world in &worlds {
            world.minute().await?;
        }
    }
    let (mut due, mut idle) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for round in 0..ROUNDS {
        for place in [round % 2, 1 - round % 2] {
            due[place].push(worlds[place].minute().await?);
            idle[place].push(worlds[place].tick(0).await?);
        }
    }
    let figures = vec![
        compared(&format!("a tick with {DUE} due, {MANY} schedules / {FEW}"), due),
        compared(&format!("a tick with nothing due, {MANY} schedules / {FEW}"), idle),
    ];
    for Scheduled { world, .. } in worlds {
        world.close().await;
    }
    Ok(figures)
}

fn compared(what: &str, [few, many]: [Vec<Duration>; 2]) -> Figure {
    let (few, many) = (Sample::new(few).median(), Sample::new(many).median());
    let told = format!("{} us / {} us, medians", short(micros(many)), short(micros(few)));
    Figure::at_most(what, ratio(many, few), 2.0, "").with(&told)
}
