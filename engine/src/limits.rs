//! What a workflow may use up: whether a run may begin now, and what one run may still spend. Pure functions over counts
//! that the caller looks up; money is counted in millionths of a US dollar.

use crate::action::StepError;
use jiff::{SignedDuration, Timestamp};
use sayflow_protocol::workflow::Limits;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most money that a limit may name, in US dollars.
pub const MOST_USD: f64 = 1_000_000.0;

const MINUTE: SignedDuration = SignedDuration::from_secs(60);
const HOUR: SignedDuration = SignedDuration::from_secs(3600);
/// The shortest time until it is looked at again, so that nobody spins.
const AT_LEAST: SignedDuration = SignedDuration::from_millis(10);

/// What a workflow used up of late; dry runs do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Runs that began within the last 60 seconds.
    pub started_last_minute: u64,
    /// When the oldest of them began.
    pub oldest_in_minute: Option<Timestamp>,
    /// Runs that began within the last 3,600 seconds.
    pub started_last_hour: u64,
    /// When the oldest of them began.
    pub oldest_in_hour: Option<Timestamp>,
    /// What its runs of the last 24 hours spent on models, in millionths of a US dollar.
    pub spent_in_day: u64,
}

/// Whether a run may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Now.
    Yes,
    /// Not before this time, which is always later than the present one. Then it is to be asked again.
    Later(Timestamp),
    /// Not until something is changed or money is there again.
    Refused {
        /// What is used up.
        why: String,
        /// The way out.
        help: String,
    },
}

/// Whether limits say anything about when a run may begin, so that the counts need to be looked up.
pub fn counts_runs(limits: &Limits) -> bool {
    limits.runs_per_minute.is_some() || limits.runs_per_hour.is_some() || limits.model_usd_per_day.is_some()
}

/// Judges a run that wants to begin.
pub fn admit(limits: &Limits, now: Timestamp, usage: &Usage) -> Admission {
    if let Some(per_day) = limits.model_usd_per_day
        && usage.spent_in_day >= micros(per_day)
    {
        return Admission::Refused {
            why: format!(
                "its runs of the last 24 hours spent ${} on models, and ${per_day} a day is the limit",
                dollars(usage.spent_in_day)
            ),
            help: "wait, or raise `limits.model_usd_per_day` of the workflow".to_owned(),
        };
    }
    let minute = frees_at(limits.runs_per_minute, usage.started_last_minute, usage.oldest_in_minute, MINUTE, now);
    let hour = frees_at(limits.runs_per_hour, usage.started_last_hour, usage.oldest_in_hour, HOUR, now);
    match minute.max(hour) {
        None => Admission::Yes,
        Some(at) => Admission::Later(at),
    }
}

/// When the oldest start leaves its window; `None` when there is room.
fn frees_at(limit: Option<u32>, started: u64, oldest: Option<Timestamp>, window: SignedDuration, now: Timestamp) -> Option<Timestamp> {
    if started < u64::from(limit?) {
        return None;
    }
    let later = |from: Timestamp, by| from.checked_add(by).unwrap_or(Timestamp::MAX);
    // A clock that jumped back leaves starts in the future: nobody waits longer than the window for them.
    let oldest = oldest.unwrap_or(now).min(now);
    Some(later(oldest, window).max(later(now, AT_LEAST)))
}

/// What one run has used up, against what it may. Shared by its steps; the default has no limits.
#[derive(Debug)]
pub struct Meter {
    bytes: AtomicU64,
    cost_micros: AtomicU64,
    most_bytes: u64,
    most_micros: u64,
}

impl Default for Meter {
    fn default() -> Self {
        Self::resumed(&Limits::default(), 0, 0, 0)
    }
}

impl Meter {
    /// The meter of a run that begins. `spent_in_day` is what the workflow's runs of the last 24 hours spent.
    pub fn new(limits: &Limits, spent_in_day: u64) -> Self {
        Self::resumed(limits, spent_in_day, 0, 0)
    }

    /// The meter of a run that is taken up again, with what it has used up. `spent_in_day` counts the other runs only.
    pub fn resumed(limits: &Limits, spent_in_day: u64, bytes: u64, cost_micros: u64) -> Self {
        let per_run = limits.model_usd_per_run.map_or(u64::MAX, micros);
        let of_day = limits.model_usd_per_day.map_or(u64::MAX, |usd| micros(usd).saturating_sub(spent_in_day));
        Self {
            bytes: AtomicU64::new(bytes),
            cost_micros: AtomicU64::new(cost_micros),
            most_bytes: limits.bytes_per_run.unwrap_or(u64::MAX),
            most_micros: per_run.min(of_day),
        }
    }

    /// Counts what a step hands back, in bytes of JSON.
    ///
    /// # Errors
    /// `budget_bytes` when the run has more than it may have; these bytes are counted all the same.
    pub fn add_output(&self, bytes: u64) -> Result<(), StepError> {
        let total = add(&self.bytes, bytes);
        if total <= self.most_bytes {
            return Ok(());
        }
        let message = format!("the steps of this run handed back {total} bytes, and {} are its limit", self.most_bytes);
        Err(StepError::new("budget_bytes", message).help("read less at once, or raise `limits.bytes_per_run` of the workflow"))
    }

    /// Counts money that was spent on a model, in US dollars; fractions of a millionth count whole, what is no amount
    /// counts nothing.
    ///
    /// # Errors
    /// `budget_model` when the run has spent more than it may. The money is gone and counted.
    pub fn spend(&self, usd: f64) -> Result<(), StepError> {
        let total = add(&self.cost_micros, micros(usd));
        if total <= self.most_micros { Ok(()) } else { Err(self.too_dear(total)) }
    }

    /// Refuses a call of a model before it is made, when nothing is left to spend.
    ///
    /// # Errors
    /// `budget_model`.
    pub fn may_spend(&self) -> Result<(), StepError> {
        let total = self.cost_micros();
        if total < self.most_micros { Ok(()) } else { Err(self.too_dear(total)) }
    }

    /// What is left to spend on models, in US dollars; none where nothing is limited.
    #[expect(clippy::cast_precision_loss, reason = "amounts of money are far below 2^52 millionths")]
    pub fn left_usd(&self) -> Option<f64> {
        (self.most_micros != u64::MAX).then(|| self.most_micros.saturating_sub(self.cost_micros()) as f64 / 1e6)
    }

    fn too_dear(&self, total: u64) -> StepError {
        let message = format!("this run spent ${} on models, and ${} are left to it", dollars(total), dollars(self.most_micros));
        StepError::new("budget_model", message)
            .help("raise `limits.model_usd_per_run` or `limits.model_usd_per_day` of the workflow, or use a cheaper model")
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Money so far, in millionths of a US dollar.
    pub fn cost_micros(&self) -> u64 {
        self.cost_micros.load(Ordering::Relaxed)
    }
}

/// Adds without running over; gives the sum.
fn add(counter: &AtomicU64, more: u64) -> u64 {
    let sum = |before: u64| before.saturating_add(more);
    match counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| Some(sum(before))) {
        Ok(before) | Err(before) => sum(before),
    }
}

/// Whole millionths, rounded up.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is checked to be from 0 to a number that fits")]
fn micros(usd: f64) -> u64 {
    if usd.is_nan() || usd <= 0.0 {
        return 0;
    }
    // 0.1 dollars are 100,000 millionths, not one more for the sake of a rounding error.
    let exact = usd.min(MOST_USD * 1000.0) * 1e6;
    let near = exact.round();
    if (exact - near).abs() < 1e-3 { near as u64 } else { exact.ceil() as u64 }
}

fn dollars(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn usage(minute: u64, hour: u64) -> Usage {
        Usage {
            started_last_minute: minute,
            oldest_in_minute: (minute > 0).then(|| at(-20)),
            started_last_hour: hour,
            oldest_in_hour: (hour > 0).then(|| at(-600)),
            spent_in_day: 0,
        }
    }

    #[test]
    fn a_run_begins_while_there_is_room_and_waits_until_the_oldest_leaves_the_window() {
        let limits = Limits { runs_per_minute: Some(3), runs_per_hour: Some(10), ..Limits::default() };
        assert_eq!(admit(&limits, at(0), &usage(2, 9)), Admission::Yes);
        assert_eq!(admit(&limits, at(0), &usage(3, 9)), Admission::Later(at(40)));
        assert_eq!(admit(&limits, at(0), &usage(3, 10)), Admission::Later(at(3000)), "the longer wait counts");
        assert_eq!(admit(&Limits::default(), at(0), &usage(1_000_000, 1_000_000)), Admission::Yes);
        assert!(counts_runs(&limits) && !counts_runs(&Limits { bytes_per_run: Some(1), ..Limits::default() }));
    }

    #[test]
    fn later_is_always_later_and_never_longer_than_the_window() {
        let limits = Limits { runs_per_minute: Some(1), ..Limits::default() };
        for oldest in [None, Some(at(-60)), Some(at(-90)), Some(at(500))] {
            let Admission::Later(then) = admit(&limits, at(0), &Usage { oldest_in_minute: oldest, ..usage(1, 1) }) else {
                panic!("there is no room")
            };
            assert!(then > at(0) && then <= at(60), "{oldest:?}: {then}");
        }
    }

    #[test]
    fn money_that_is_gone_for_today_refuses_a_run() {
        let limits = Limits { model_usd_per_day: Some(0.5), ..Limits::default() };
        let spent = |micros| admit(&limits, at(0), &Usage { spent_in_day: micros, ..Usage::default() });
        assert_eq!(spent(499_999), Admission::Yes);
        let Admission::Refused { why, help } = spent(500_000) else { panic!("nothing is left") };
        assert_eq!(why, "its runs of the last 24 hours spent $0.5 on models, and $0.5 a day is the limit");
        assert!(help.contains("limits.model_usd_per_day"));
    }

    #[test]
    fn a_run_may_hand_back_as_much_as_its_limit_and_no_byte_more() {
        let meter = Meter::new(&Limits { bytes_per_run: Some(10), ..Limits::default() }, 0);
        assert_eq!(meter.add_output(10), Ok(()));
        let why = meter.add_output(1).unwrap_err();
        assert_eq!((why.code.as_str(), meter.bytes()), ("budget_bytes", 11));
        assert!(why.help.is_some_and(|help| help.contains("limits.bytes_per_run")));
    }

    #[test]
    fn money_is_counted_to_the_millionth_and_held_to_the_smaller_limit() {
        let limits = Limits { model_usd_per_run: Some(0.3), model_usd_per_day: Some(1.0), ..Limits::default() };
        let meter = Meter::new(&limits, 0);
        assert_eq!((meter.spend(0.1), meter.spend(0.1), meter.spend(0.1)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(meter.cost_micros(), 300_000);
        assert_eq!(meter.may_spend().unwrap_err().code, "budget_model");
        assert_eq!(meter.spend(0.000_000_1).unwrap_err().message, "this run spent $0.300001 on models, and $0.3 are left to it");
        let nearly = Meter::new(&limits, 900_000);
        assert_eq!(nearly.spend(0.1), Ok(()));
        assert_eq!(nearly.spend(0.1).unwrap_err().code, "budget_model");
        let resumed = Meter::resumed(&limits, 0, 7, 250_000);
        assert_eq!((resumed.bytes(), resumed.spend(0.05).is_ok(), resumed.spend(0.05).is_ok()), (7, true, false));
    }

    #[test]
    fn what_is_no_amount_counts_nothing_and_without_limits_nothing_is_refused() {
        let meter = Meter::default();
        for odd in [f64::NAN, -1.0, 0.0, f64::NEG_INFINITY] {
            assert_eq!(meter.spend(odd), Ok(()));
        }
        assert_eq!(meter.cost_micros(), 0);
        assert_eq!(meter.spend(f64::INFINITY), Ok(()));
        assert_eq!((meter.add_output(u64::MAX), meter.add_output(u64::MAX), meter.bytes()), (Ok(()), Ok(()), u64::MAX));
    }
}
