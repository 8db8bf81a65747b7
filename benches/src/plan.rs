//! Large workflows: how long their checks and their plan take, and whether their runs grow with the steps alone.

use crate::report::{Figure, short};
use crate::sample::{Sample, millis, ratio, timed};
use crate::world::{World, ZONE, light_chain};
use crate::{Outcome, Setting};
use jiff::Timestamp;
use sayflow_engine::check::{CheckEnv, check};
use sayflow_engine::document::{Document, Format};
use sayflow_engine::plan::Plan;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Writes a workflow with so many steps.
type Shape = fn(usize) -> String;

const MANY: usize = 10_000;
/// Enough that neither plan fits into the processor's caches.
const FEWER: usize = 2_500;
const ROUNDS: usize = 5;

pub(crate) async fn measure(setting: &Setting) -> Outcome<Vec<Figure>> {
    let world = World::new(&setting.folder).await?;
    let mut figures = Vec::new();
    let shapes: [(&str, Shape); 2] = [("in a chain", light_chain), ("side by side", side_by_side)];
    for (shape, text) in shapes {
        figures.extend(compiling(&world, shape, &text(MANY))?);
        figures.push(growth(&world, shape, text).await?);
    }
    world.close().await;
    Ok(figures)
}

/// Steps that know nothing of each other.
fn side_by_side(steps: usize) -> String {
    let mut text = "name: wide\nsteps:\n".to_owned();
    for step in 0..steps {
        // Writing to a text does not fail.
        let _ = writeln!(text, "  - {{ id: s{step}, uses: data.set, with: {{ values: {step} }} }}");
    }
    text
}

fn compiling(world: &World, shape: &str, text: &str) -> Outcome<Vec<Figure>> {
    let env = CheckEnv { catalogue: &world.catalogue, credentials: &[], now: Timestamp::now(), timezone: ZONE };
    let (mut reading, mut checking, mut planning, mut both) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let document = Document::parse(text, Format::Yaml).map_err(|why| format!("{why:?}"))?;
        let read = Instant::now();
        let checked = check(&document, &env);
        let known = Instant::now();
        if !checked.is_valid() {
            return Err(format!("the large workflow is not valid: {:?}", checked.diagnostics.first()).into());
        }
        let workflow = checked.workflow.ok_or("no workflow")?;
        let wanted = Instant::now();
        Plan::build(&workflow, &world.catalogue)?;
        let planned = wanted.elapsed();
        reading.push(read.duration_since(began));
        checking.push(known.duration_since(read));
        planning.push(planned);
        both.push(known.duration_since(read) + planned);
    }
    let middle = |times: Vec<Duration>| millis(Sample::new(times).median());
    let parts = format!("check {} ms, compile {} ms", short(middle(checking)), short(middle(planning)));
    Ok(vec![
        Figure::told(format!("reading {} KiB of YAML, {MANY} steps {shape}", text.len() / 1024), format!("{} ms", short(middle(reading)))),
        Figure::at_most(format!("checking and compiling {MANY} steps {shape}"), middle(both), 300.0, " ms").with(&parts),
    ])
}

async fn growth(world: &World, shape: &str, text: fn(usize) -> String) -> Outcome<Figure> {
    let (many, fewer) = (world.compile(&text(MANY))?, world.compile(&text(FEWER))?);
    let (mut long, mut short_ones) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (workflow, times) in [(&many, &mut long), (&fewer, &mut short_ones)] {
            let (took, run) = timed(world.run(workflow)).await;
            world.must_have_succeeded(&run?).await?;
            times.push(took);
        }
    }
    let (long, fewer) = (Sample::new(long).median(), Sample::new(short_ones).median());
    let told = format!("{} ms / {} ms", short(millis(long)), short(millis(fewer)));
    // Four times the steps; what is above four is what does not grow with the steps alone, and noise.
    Ok(Figure::at_most(format!("run of {MANY} steps {shape} / run of {FEWER}"), ratio(long, fewer), 4.8, "").with(&told))
}
