//! Whether a store with many finished runs is as quick as an empty one.

use crate::fill::left_by;
use crate::report::{Figure, short};
use crate::sample::{Sample, micros, ratio, timed};
use crate::world::{World, light_chain};
use crate::{Outcome, Setting};
use sayflow_store::RunFilter;
use std::time::Duration;

const FINISHED: usize = 100_000;
const ROUNDS: usize = 1_000;
/// As many as a page of the list has.
const PAGE: i64 = 50;

pub(crate) async fn measure(setting: &Setting) -> Outcome<Vec<Figure>> {
    let (empty, full) = (World::new(&setting.folder).await?, World::new(&setting.folder).await?);
    let light = light_chain(3);
    let left = left_by(&full, &full.compile(&light)?).await?.must_be("succeeded")?;
    let (took, filled) = timed(left.copy(&full.store, FINISHED)).await;
    filled?;
    let workflows = [empty.compile(&light)?, full.compile(&light)?];
    let worlds = [&empty, &full];
    // Both lists have a whole first page, and both have warmed up.
    for _ in 0..200 {
        for (world, workflow) in worlds.iter().zip(&workflows) {
            world.run(workflow).await?;
            first_page(world).await?;
        }
    }
    let (mut runs, mut pages) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for round in 0..ROUNDS {
        // They take turns, and in being first.
        for place in [round % 2, 1 - round % 2] {
            let (took, run) = timed(worlds[place].run(&workflows[place])).await;
            run?;
            runs[place].push(took);
            let (took, page) = timed(first_page(worlds[place])).await;
            page?;
            pages[place].push(took);
        }
    }
    let figures = vec![
        Figure::told(format!("writing {FINISHED} finished runs"), format!("{} s", short(took.as_secs_f64()))),
        compared("a new run, p99 / that of an empty store", runs),
        compared("first page of the runs list, p99 / that of an empty store", pages),
    ];
    empty.close().await;
    full.close().await;
    Ok(figures)
}

async fn first_page(world: &World) -> Outcome<()> {
    let page = world.store.list_runs(RunFilter::default(), None, PAGE).await?;
    if page.is_empty() { Err("the list is empty".into()) } else { Ok(()) }
}

fn compared(what: &str, [empty, full]: [Vec<Duration>; 2]) -> Figure {
    let (empty, full) = (Sample::new(empty), Sample::new(full));
    let told = format!(
        "{} us / {} us, p50 {} us / {} us",
        short(micros(full.p99())),
        short(micros(empty.p99())),
        short(micros(full.median())),
        short(micros(empty.median()))
    );
    Figure::at_most(what, ratio(full.p99(), empty.p99()), 2.0, "").with(&told)
}
