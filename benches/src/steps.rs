//! What one step costs: a write alone, a step that only computes, and a short chain of those.

use crate::bare::Bare;
use crate::journal::{close, typical_body};
use crate::report::{Figure, short};
use crate::sample::{Sample, median, micros, millis, ratio, timed};
use crate::world::{World, light_chain, writing_chain};
use crate::{Outcome, Setting, cpu};
use sayflow_engine::ports::{Ids, UuidIds};
use sayflow_engine::run::Compiled;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const ROUNDS: i64 = 500;
const MANY: usize = 2000;
const FEW: usize = 40;

pub(crate) async fn measure(setting: &Setting) -> Outcome<Vec<Figure>> {
    let world = Arc::new(World::new(&setting.folder).await?);
    // On a worker, as runs are: the thread that blocks here would be one more to wake up.
    let mut figures = tokio::spawn(write_alone(setting.folder.clone(), world.clone())).await??;
    figures.extend(tokio::spawn(pure_steps(world.clone())).await??);
    close(world).await?;
    Ok(figures)
}

/// A run of one write: its intent is durable before it is sent, and its end before anybody hears of it.
async fn write_alone(folder: PathBuf, world: Arc<World>) -> Outcome<Vec<Figure>> {
    let workflow = world.compile(&writing_chain(1))?;
    let bare = Arc::new(Bare::start(&folder, &typical_body(&world, &workflow).await?)?);
    let (mut commits, mut runs) = (Vec::new(), Vec::new());
    let run = UuidIds.new_id();
    for round in 0..ROUNDS {
        let two = async {
            bare.commit(&run, 2 * round).await?;
            bare.commit(&run, 2 * round + 1).await
        };
        let (took, done) = timed(two).await;
        done?;
        commits.push(took);
        let (took, done) = timed(world.run(&workflow)).await;
        done?;
        runs.push(took);
    }
    // The first ones prepare statements and fill caches.
    let (commits, runs) = (Sample::new(commits.split_off(50)), Sample::new(runs.split_off(50)));
    bare.end()?;
    let told = format!("{} us against {} us, medians", short(micros(runs.median())), short(micros(commits.median())));
    let p99 = format!("{} us against {} us", short(micros(runs.p99())), short(micros(commits.p99())));
    Ok(vec![
        Figure::at_most("a run of one write / two bare commits", ratio(runs.median(), commits.median()), 1.5, "").with(&told),
        Figure::told("  the same, p99", p99),
    ])
}

async fn pure_steps(world: Arc<World>) -> Outcome<Vec<Figure>> {
    let (empty, many) = (world.compile(&light_chain(1))?, world.compile(&light_chain(MANY))?);
    let (mut cpus, mut walls) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        let (one, _) = cost(&world, &empty).await?;
        let (all, wall) = cost(&world, &many).await?;
        cpus.push(micros(all.saturating_sub(one)) / (MANY - 1) as f64);
        walls.push(micros(wall) / MANY as f64);
    }
    let few = world.compile(&light_chain(FEW))?;
    let mut chains = Vec::new();
    for _ in 0..100 {
        let (took, run) = timed(world.run(&few)).await;
        run?;
        chains.push(took);
    }
    let chains = Sample::new(chains);
    Ok(vec![
        Figure::at_most("processor time of a pure step", median(cpus), 25.0, " us")
            .with(&format!("chain of {MANY}, {} us of wall time each", short(median(walls)))),
        Figure::at_most(format!("{FEW} light chained steps"), millis(chains.median()), 15.0, " ms")
            .with(&format!("p99 {} ms", short(millis(chains.p99())))),
    ])
}

/// Processor time of this process, which does nothing else, and wall time of a run.
async fn cost(world: &World, workflow: &Arc<Compiled>) -> Outcome<(Duration, Duration)> {
    let before = cpu::own()?;
    let (wall, run) = timed(world.run(workflow)).await;
    let used = cpu::own()?.saturating_sub(before);
    world.must_have_succeeded(&run?).await?;
    Ok((used, wall))
}
