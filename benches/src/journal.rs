//! How many rows of journals the engine makes durable, against a bare group commit.

use crate::bare::Bare;
use crate::report::{Figure, short};
use crate::sample::{median, micros};
use crate::world::{World, writing_chain};
use crate::{Outcome, Setting};
use sayflow_engine::run::Compiled;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs in flight, and tasks that wait for a bare commit.
const AT_ONCE: usize = 100;
/// Writes of a run: each needs its intent to be durable before it is sent.
const STEPS: usize = 20;
/// Bare and real take turns, so that a noisy moment hits both.
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);

pub(crate) async fn measure(setting: &Setting) -> Outcome<Vec<Figure>> {
    let world = Arc::new(World::new(&setting.folder).await?);
    let workflow = world.compile(&writing_chain(STEPS))?;
    let body = typical_body(&world, &workflow).await?;
    let bare = Arc::new(Bare::start(&setting.folder, &body)?);
    let mut figures = vec![Figure::told("a typical row of a journal", format!("{} bytes", body.len()))];
    for waiters in [1, 10] {
        let rate = bare.rate(waiters, ROUND).await?;
        figures.push(Figure::told(format!("bare group commit, {waiters} waiting"), told(rate.rows, &rate.latency)));
    }
    // The first round warms both up.
    engine_rate(&world, &workflow, ROUND / 2).await?;
    let (mut bare_rows, mut rows, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let rate = bare.rate(AT_ONCE, ROUND).await?;
        if round == 0 {
            figures.push(Figure::told(format!("bare group commit, {AT_ONCE} waiting"), told(rate.rows, &rate.latency)));
        }
        let real = engine_rate(&world, &workflow, ROUND).await?;
        ratios.push(real / rate.rows);
        bare_rows.push(rate.rows);
        rows.push(real);
    }
    let all = format!("{} rows/s against {} rows/s, {ROUNDS} rounds", short(median(rows)), short(median(bare_rows)));
    figures.push(Figure::at_least(format!("journal rows with {AT_ONCE} runs in flight / bare rows"), median(ratios), 0.5, "").with(&all));
    bare.end()?;
    close(world).await?;
    Ok(figures)
}

fn told(rows: f64, latency: &crate::sample::Sample) -> String {
    format!("{} rows/s, p50 {} us, p99 {} us", short(rows), short(micros(latency.median())), short(micros(latency.p99())))
}

/// The body whose length is in the middle of those of a run.
pub(crate) async fn typical_body(world: &World, workflow: &Arc<Compiled>) -> Outcome<String> {
    let run = world.run(workflow).await?;
    world.must_have_succeeded(&run).await?;
    let mut rows = world.store.run_events(run.as_str(), 0, 1000).await?;
    rows.sort_by_key(|row| row.body.len());
    let middle = rows.len() / 2;
    Ok(rows.into_iter().nth(middle).ok_or("a run without events")?.body)
}

/// Rows a second with so many runs in flight.
async fn engine_rate(world: &Arc<World>, workflow: &Arc<Compiled>, time: Duration) -> Outcome<f64> {
    let start = Instant::now();
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (world, workflow) = (world.clone(), workflow.clone());
            tokio::spawn(async move {
                let mut runs = Vec::new();
                while start.elapsed() < time {
                    runs.push(world.run(&workflow).await?);
                }
                Outcome::Ok(runs)
            })
        })
        .collect();
    let mut runs = Vec::new();
    for task in tasks {
        runs.extend(task.await??);
    }
    let took = start.elapsed().as_secs_f64();
    let last = runs.last().ok_or("no run has ended")?;
    world.must_have_succeeded(last).await?;
    let rows = world.store.run(last.as_str()).await?.ok_or("the run is gone")?.seq;
    Ok(runs.len() as f64 * rows as f64 / took)
}

pub(crate) async fn close(world: Arc<World>) -> Outcome<()> {
    let world = Arc::into_inner(world).ok_or("somebody still runs something")?;
    world.close().await;
    Ok(())
}
