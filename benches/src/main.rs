//! What `make bench` measures: the promises of the engine, the server and the search, each against something that was measured in the
//! same run on the same disk. Machines differ and are noisy, so a figure of one run says little about another run's; the
//! ratios do.
//!
//! Usage: `sayflow-benches [NAME…] [--strict] [--sayflow PATH] [--folder PATH]`. A name is one of [`MEASUREMENTS`] or its
//! beginning. `--strict` exits with 1 when a bound is missed.

#![allow(clippy::large_futures, reason = "measurements are made one after another; where their futures lie does not matter")]

mod bare;
mod cpu;
mod fill;
mod history;
mod journal;
mod load;
mod memory;
mod model;
mod outside;
mod plan;
mod report;
mod retrieval;
mod sample;
mod schedules;
mod server;
mod sqlite;
mod startup;
mod steps;
mod timers;
mod webhook;
mod world;

use report::{Figure, Table};
use std::path::PathBuf;
use std::process::ExitCode;

/// What went wrong; the measurement ends with it.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Outcome<T> = Result<T, Fault>;

/// The measurements, in the order in which they are made.
const MEASUREMENTS: &[&str] =
    &["journal", "steps", "plan", "webhook", "timers", "history", "schedules", "startup", "memory", "model", "retrieval"];

/// As many workers as the server has.
const WORKERS: usize = 2;

/// Where and what is measured.
pub(crate) struct Setting {
    /// Everything is written below this folder, and so on one disk.
    pub(crate) folder: PathBuf,
    /// The binary that serves.
    pub(crate) sayflow: PathBuf,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // The load comes from a process of its own, so that its processor time can be told apart.
    let done = match arguments.split_first() {
        Some((first, rest)) if first == load::ARGUMENT => load::main(rest).map(|()| ExitCode::SUCCESS),
        _ => Arguments::read(&arguments).and_then(|arguments| arguments.measure()),
    };
    done.unwrap_or_else(|why| {
        report::complain(&why.to_string());
        ExitCode::from(2)
    })
}

struct Arguments {
    chosen: Vec<&'static str>,
    strict: bool,
    setting: Setting,
}

impl Arguments {
    fn read(arguments: &[String]) -> Outcome<Self> {
        let here = std::env::current_exe()?;
        let beside = here.parent().map(PathBuf::from).unwrap_or_default();
        let mut read =
            Self { chosen: Vec::new(), strict: false, setting: Setting { folder: beside.clone(), sayflow: beside.join("sayflow") } };
        let mut left = arguments.iter();
        while let Some(argument) = left.next() {
            match argument.as_str() {
                "--strict" => read.strict = true,
                "--sayflow" => read.setting.sayflow = left.next().ok_or("--sayflow needs a path")?.into(),
                "--folder" => read.setting.folder = left.next().ok_or("--folder needs a path")?.into(),
                name => match MEASUREMENTS.iter().find(|known| known.starts_with(name)) {
                    Some(known) => read.chosen.push(known),
                    None => return Err(format!("there is no measurement \"{name}\"; there are: {}", MEASUREMENTS.join(", ")).into()),
                },
            }
        }
        if read.chosen.is_empty() {
            read.chosen = MEASUREMENTS.to_vec();
        }
        Ok(read)
    }

    fn measure(self) -> Outcome<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
        let mut table = Table::begin(&self.setting)?;
        for name in self.chosen {
            table.section(name)?;
            // Boxed: each holds whole stores and servers.
            match runtime.block_on(Box::pin(measure(name, &self.setting))) {
                Ok(figures) => figures.iter().try_for_each(|figure| table.add(figure))?,
                Err(why) => table.failed(&*why)?,
            }
        }
        let kept = table.end()?;
        Ok(if self.strict && !kept { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

async fn measure(name: &str, setting: &Setting) -> Outcome<Vec<Figure>> {
    match name {
        "journal" => journal::measure(setting).await,
        "steps" => steps::measure(setting).await,
        "plan" => plan::measure(setting).await,
        "webhook" => webhook::measure(setting).await,
        "timers" => timers::measure(setting).await,
        "history" => history::measure(setting).await,
        "schedules" => schedules::measure(setting).await,
        "startup" => startup::measure(setting).await,
        "memory" => memory::measure(setting).await,
        "model" => model::measure(setting).await,
        "retrieval" => retrieval::measure(setting).await,
        other => Err(format!("there is no measurement \"{other}\"").into()),
    }
}
