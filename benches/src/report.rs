//! The table that is printed: what was measured, the figure, the bound, and whether it was kept.

use crate::{Outcome, Setting};
use std::io::Write;

/// One line of the table.
pub(crate) struct Figure {
    what: String,
    figure: String,
    bound: Option<(String, bool)>,
}

impl Figure {
    /// Something that has no bound: what others are measured against, or what explains them.
    pub(crate) fn told(what: impl Into<String>, figure: impl Into<String>) -> Self {
        Self { what: what.into(), figure: figure.into(), bound: None }
    }

    /// A number that must not be larger.
    pub(crate) fn at_most(what: impl Into<String>, number: f64, most: f64, unit: &str) -> Self {
        let bound = (format!("<= {most}{unit}"), number <= most);
        Self { what: what.into(), figure: format!("{}{unit}", short(number)), bound: Some(bound) }
    }

    /// A number that must not be smaller.
    pub(crate) fn at_least(what: impl Into<String>, number: f64, least: f64, unit: &str) -> Self {
        let bound = (format!(">= {least}{unit}"), number >= least);
        Self { what: what.into(), figure: format!("{}{unit}", short(number)), bound: Some(bound) }
    }

    /// Says more about the figure.
    pub(crate) fn with(mut self, more: &str) -> Self {
        self.figure = format!("{} ({more})", self.figure);
        self
    }
}

/// A number with as many digits as say something.
pub(crate) fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 1000.0 => format!("{number:.0}"),
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// The table, printed line by line: a measurement takes its time.
pub(crate) struct Table {
    kept: usize,
    missed: Vec<String>,
    failed: usize,
}

impl Table {
    pub(crate) fn begin(setting: &Setting) -> Outcome<Self> {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or("?");
        say(&format!("{cores} cores, load {load} at the start, data in {}", setting.folder.display()))?;
        say("Only figures of one run can be compared, and only as ratios: the machine may be slow, and busy with other things.\n")?;
        say(&line("what", "figure", "bound", "ok"))?;
        Ok(Self { kept: 0, missed: Vec::new(), failed: 0 })
    }

    pub(crate) fn section(&self, name: &str) -> Outcome<()> {
        say(&format!("-- {name}"))
    }

    pub(crate) fn add(&mut self, figure: &Figure) -> Outcome<()> {
        let (bound, ok) = match &figure.bound {
            None => ("", ""),
            Some((bound, true)) => {
                self.kept += 1;
                (bound.as_str(), "ok")
            }
            Some((bound, false)) => {
                self.missed.push(figure.what.clone());
                (bound.as_str(), "MISSED")
            }
        };
        say(&line(&figure.what, &figure.figure, bound, ok))
    }

    pub(crate) fn failed(&mut self, why: &dyn std::error::Error) -> Outcome<()> {
        self.failed += 1;
        say(&line(&format!("could not be measured: {why}"), "", "", "FAILED"))
    }

    /// Whether every bound was kept.
    pub(crate) fn end(self) -> Outcome<bool> {
        say(&format!("\n{} bounds kept, {} missed, {} measurements failed", self.kept, self.missed.len(), self.failed))?;
        self.missed.iter().try_for_each(|what| say(&format!("MISSED: {what}")))?;
        Ok(self.missed.is_empty() && self.failed == 0)
    }
}

fn line(what: &str, figure: &str, bound: &str, ok: &str) -> String {
    format!("{what:<66} {figure:<44} {bound:<12} {ok}").trim_end().to_owned()
}

pub(crate) fn say(text: &str) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

pub(crate) fn complain(text: &str) {
    // Nobody is left to be told that nobody can be told.
    let _ = writeln!(std::io::stderr(), "sayflow-benches: {text}");
}
