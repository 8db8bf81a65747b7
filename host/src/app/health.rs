//! How the server is.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_protocol::api::server::Health;
use std::fmt::Write;

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// The process is alive.
    pub fn health(&self, principal: &Principal) -> Result<Health, AppError> {
        self.allow(principal, Command::AskHealth)?;
        Ok(healthy())
    }

    /// The store answers.
    pub async fn readiness(&self, principal: &Principal) -> Result<Health, AppError> {
        self.allow(principal, Command::AskHealth)?;
        self.parts.store.meta("ready").await?;
        Ok(healthy())
    }

    /// Counters in Prometheus' text format.
    pub async fn metrics(&self, principal: &Principal) -> Result<String, AppError> {
        self.allow(principal, Command::ReadMetrics)?;
        let parts = &self.parts;
        let now = parts.clock.now().as_microsecond();
        let mut page = Page::default();
        page.add("sayflow_build_info", "The running version.", [(format!("version=\"{}\"", crate::VERSION), 1.0)]);
        page.add("sayflow_active_runs", "Runs that make progress now.", [(String::new(), number(parts.engine.active_runs().len()))]);
        let kept = parts.store.runs_by_status().await?;
        let kept = kept.into_iter().map(|(status, count)| (format!("status=\"{status}\""), number(count)));
        page.add("sayflow_runs", "Runs that are kept, by status; those that are queued wait for room.", kept);
        let open = parts.store.count_open_approvals().await?;
        page.add("sayflow_open_approvals", "Approvals that nobody has decided.", [(String::new(), number(open))]);
        for (what, next) in [("wake", parts.store.next_wake().await?), ("trigger", parts.store.next_trigger().await?)] {
            let (next_help, lag_help) = match what {
                "wake" => ("When the next parked run wakes, in seconds since 1970.", "By how much the most overdue parked run is late."),
                _ => ("When the next trigger is due, in seconds since 1970.", "By how much the most overdue trigger is late."),
            };
            // A run that was woken has 0 there, which is no time.
            let time = next.filter(|next| *next > 0);
            page.add(&format!("sayflow_next_{what}_timestamp_seconds"), next_help, time.map(|next| (String::new(), seconds(next))));
            let lag = time.map_or(0, |next| (now - next).max(0));
            page.add(&format!("sayflow_{what}_lag_seconds"), lag_help, [(String::new(), seconds(lag))]);
        }
        Ok(page.text)
    }
}

/// A page of gauges.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    /// Adds a gauge with its values by label; one without values is left out.
    fn add(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (String, f64)>) {
        let mut lines = String::new();
        for (labels, value) in values {
            let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
            // Writing into a String cannot fail.
            let _ = writeln!(lines, "{name}{labels} {value}");
        }
        if !lines.is_empty() {
            let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge\n{lines}");
        }
    }
}

/// A count as a float, which is exact up to 2^53.
fn number(count: impl TryInto<u32>) -> f64 {
    count.try_into().map_or(f64::from(u32::MAX), f64::from)
}

/// Microseconds as seconds.
fn seconds(micros: i64) -> f64 {
    std::time::Duration::from_micros(micros.unsigned_abs()).as_secs_f64()
}

fn healthy() -> Health {
    Health { status: "ok".into(), version: crate::VERSION.to_owned() }
}
