//! Runs that wait for a time: whether they go on when it has come, and never before.

use crate::report::{Figure, short};
use crate::sample::{Sample, millis};
use crate::world::World;
use crate::{Outcome, Setting};
use futures::stream::{self, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use sayflow_protocol::{RunId, RunStatus};
use sayflow_store::RunFilter;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;

const RUNS: usize = 10_000;
/// The times are spread evenly over so long.
const SPREAD: SignedDuration = SignedDuration::from_secs(20);
/// Until the first of them, so that all wait by then.
const FIRST: SignedDuration = SignedDuration::from_secs(20);

const WORKFLOW: &str = "name: timers
inputs: { at: { type: string } }
steps: [{ id: wait, uses: flow.wait, with: { until: \"${{ inputs.at }}\" } }]";

pub(crate) async fn measure(setting: &Setting) -> Outcome<Vec<Figure>> {
    let world = World::new(&setting.folder).await?;
    let workflow = world.compile(WORKFLOW)?;
    let first = Timestamp::from_second(Timestamp::now().as_second())?.checked_add(FIRST)?;
    let pause = SPREAD.checked_div(i32::try_from(RUNS)?).ok_or("no runs")?;
    let begin = async |number: usize| {
        // Not in the order in which they are due.
        let place = number * 7919 % RUNS;
        let at = first.checked_add(pause.checked_mul(i32::try_from(place)?).ok_or("too long")?)?;
        let mut request = world.request(&workflow);
        request.inputs.insert("at".into(), Value::String(at.to_string()));
        Outcome::Ok((world.engine.start(request).await?.run, at))
    };
    let due: HashMap<RunId, Timestamp> = stream::iter((0..RUNS).map(Ok)).map_ok(begin).try_buffer_unordered(100).try_collect().await?;
    world.engine.until_idle().await;
    let left = first.duration_since(Timestamp::now());
    if left < SignedDuration::ZERO {
        return Err("the machine is too busy: the runs were started too slowly".into());
    }
    let late = lateness(&world, &due, first.checked_add(SPREAD)?).await?;
    let early = late.iter().filter(|late| late.is_negative()).count();
    let late = Sample::new(late.into_iter().map(SignedDuration::unsigned_abs));
    world.close().await;
    let told = format!("p50 {} ms, most {} ms, {RUNS} over {SPREAD:#}", short(millis(late.median())), short(millis(late.most())));
    Ok(vec![
        Figure::at_most("runs that went on before their time", early as f64, 0.0, ""),
        Figure::at_most("how late runs went on, p99", millis(late.p99()), 100.0, " ms").with(&told),
    ])
}

/// How late each run went on: what comes after the wait is its end.
async fn lateness(world: &World, due: &HashMap<RunId, Timestamp>, last: Timestamp) -> Outcome<Vec<SignedDuration>> {
    let ended = || RunFilter { status: Some(RunStatus::Succeeded.as_str().into()), ..RunFilter::default() };
    let patience = last.checked_add(SignedDuration::from_secs(60))?;
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        if Timestamp::now() < last {
            continue;
        }
        let lines = world.store.list_runs(ended(), None, i64::try_from(due.len())?).await?;
        if lines.len() == due.len() {
            let late = lines.into_iter().filter_map(|line| {
                let ended = Timestamp::from_microsecond(line.ended?).ok()?;
                Some(ended.duration_since(*due.get(&RunId(line.id))?))
            });
            return Ok(late.collect());
        }
        if Timestamp::now() > patience {
            return Err(format!("{} of {} runs never went on", due.len() - lines.len(), due.len()).into());
        }
    }
}
