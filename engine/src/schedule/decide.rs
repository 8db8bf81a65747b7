//! What a schedule does now: which of its times fire, which are left out, and when it wants to be asked again.

use super::{Misfire, Timing};
use jiff::{SignedDuration, Timestamp};
use sayflow_protocol::workflow::Overlap;

/// A time that is due for no longer than this has not been missed: 1 minute.
pub const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// The most times that are counted as left out; there may have been more.
const COUNTED: usize = 1_000;

/// Whether a run of the workflow is still going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Going {
    /// None is.
    Nothing,
    /// One is: running, waiting, paused or queued.
    ARun,
}

/// What a schedule asks for besides its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What happens to times that passed while nothing ran.
    pub misfire: Misfire,
    /// What happens when the run before is still going.
    pub overlap: Overlap,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The times that fire now, in order.
    pub fire: Vec<Timestamp>,
    /// How many times were due and are left out; at most 1,000 are counted.
    pub skipped: usize,
    /// The newest time that has now been dealt with, fired or not: what to hand in as `handled` next time.
    pub handled: Timestamp,
    /// When to ask again; none when the schedule is over.
    pub next_at: Option<Timestamp>,
}

/// Decides about everything that is due at `now`. `handled` is the newest time that was dealt with, or the moment of the
/// activation. No time at or before it ever fires (again), whatever the clock does; a clock that jumps ahead has missed
/// the times between.
pub fn decide(timing: &Timing, handled: Timestamp, now: Timestamp, policy: Policy, going: Going) -> Decision {
    let next_at = timing.next(handled, handled.max(now));
    let due = due(timing, handled, now, kept(policy.misfire));
    let Some(&newest) = due.first() else { return Decision { fire: Vec::new(), skipped: 0, handled, next_at } };
    let on_time = usize::from(now.duration_since(newest) <= GRACE);
    let mut wanted = match policy.misfire {
        Misfire::Skip => on_time,
        Misfire::RunOnce => 1,
        Misfire::RunAll(most) => usize::try_from(most).unwrap_or(usize::MAX).saturating_add(on_time),
    };
    if policy.overlap == Overlap::Skip {
        // The first of several would still be going when the second came.
        wanted = if going == Going::ARun { 0 } else { wanted.min(1) };
    }
    let mut fire: Vec<Timestamp> = due.iter().take(wanted).copied().collect();
    fire.reverse();
    Decision { skipped: due.len() - fire.len(), fire, handled: newest, next_at }
}

/// How many of the latest times may fire at once.
fn kept(misfire: Misfire) -> usize {
    match misfire {
        Misfire::Skip | Misfire::RunOnce => 1,
        Misfire::RunAll(most) => usize::try_from(most).unwrap_or(usize::MAX).saturating_add(1).min(COUNTED),
    }
}

/// The times after `handled` up to `now`, the latest first: those that may fire, and as many more as are counted.
fn due(timing: &Timing, handled: Timestamp, now: Timestamp, kept: usize) -> Vec<Timestamp> {
    let mut due = Vec::new();
    let mut upto = Some(now);
    while let Some(at) = upto.and_then(|upto| timing.last(handled, upto)).filter(|at| *at > handled) {
        due.push(at);
        if due.len() >= kept + COUNTED {
            break;
        }
        upto = super::clock::just_before(at);
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const EACH: Overlap = Overlap::Parallel;

    fn at(text: &str) -> Timestamp {
        format!("2026-05-01T{text}Z").parse().unwrap()
    }

    fn hourly() -> Timing {
        Timing::read(&serde_json::from_value(json!({ "type": "schedule", "cron": "0 * * * *" })).unwrap(), "UTC").unwrap()
    }

    fn decided(handled: &str, now: &str, misfire: Misfire, overlap: Overlap, going: Going) -> Decision {
        decide(&hourly(), at(handled), at(now), Policy { misfire, overlap }, going)
    }

    #[test]
    fn a_time_that_has_just_come_fires_under_every_policy() {
        for misfire in [Misfire::Skip, Misfire::RunOnce, Misfire::RunAll(3)] {
            let decision = decided("08:00:00", "09:00:00.2", misfire, EACH, Going::Nothing);
            let expected = Decision { fire: vec![at("09:00:00")], skipped: 0, handled: at("09:00:00"), next_at: Some(at("10:00:00")) };
            assert_eq!(decision, expected, "{misfire:?}");
        }
    }

    #[test]
    fn nothing_is_due_before_its_time() {
        let decision = decided("08:00:00", "08:59:59.9", Misfire::RunOnce, EACH, Going::Nothing);
        assert_eq!(decision, Decision { fire: vec![], skipped: 0, handled: at("08:00:00"), next_at: Some(at("09:00:00")) });
    }

    #[test]
    fn missed_times_follow_the_policy() {
        let fired = |misfire, now| {
            let decision = decided("03:00:00", now, misfire, EACH, Going::Nothing);
            (decision.fire, decision.skipped)
        };
        assert_eq!(fired(Misfire::Skip, "08:30:00"), (vec![], 5));
        assert_eq!(fired(Misfire::Skip, "08:00:30"), (vec![at("08:00:00")], 4));
        assert_eq!(fired(Misfire::RunOnce, "08:30:00"), (vec![at("08:00:00")], 4));
        assert_eq!(fired(Misfire::RunOnce, "08:00:30"), (vec![at("08:00:00")], 4));
        assert_eq!(fired(Misfire::RunAll(2), "08:30:00"), (vec![at("07:00:00"), at("08:00:00")], 3));
        assert_eq!(fired(Misfire::RunAll(2), "08:00:30"), (vec![at("06:00:00"), at("07:00:00"), at("08:00:00")], 2));
    }

    #[test]
    fn a_run_that_is_still_going_holds_back_only_where_the_policy_says_so() {
        let fired = |overlap, going| decided("06:00:00", "08:00:10", Misfire::RunAll(5), overlap, going).fire.len();
        assert_eq!(fired(Overlap::Parallel, Going::ARun), 2);
        assert_eq!(fired(Overlap::Queue, Going::ARun), 2);
        assert_eq!(fired(Overlap::Skip, Going::ARun), 0);
        assert_eq!(fired(Overlap::Skip, Going::Nothing), 1);
    }

    #[test]
    fn a_clock_that_jumps_back_fires_no_time_twice() {
        let decision = decided("09:00:00", "05:30:00", Misfire::RunAll(9), EACH, Going::Nothing);
        assert_eq!(decision, Decision { fire: vec![], skipped: 0, handled: at("09:00:00"), next_at: Some(at("10:00:00")) });
    }

    #[test]
    fn years_of_missed_times_are_decided_about_in_bounded_memory() {
        let minutely = json!({ "type": "schedule", "cron": "* * * * *" });
        let timing = Timing::read(&serde_json::from_value(minutely).unwrap(), "Europe/Berlin").unwrap();
        let policy = Policy { misfire: Misfire::RunAll(Misfire::MOST), overlap: EACH };
        let decision = decide(&timing, "1980-01-01T00:00:00Z".parse().unwrap(), at("08:30:00"), policy, Going::Nothing);
        assert_eq!(decision.fire.len(), 1_000);
        assert!(decision.skipped >= 900, "{}", decision.skipped);
        assert_eq!(decision.handled, at("08:30:00"));
    }

    #[test]
    fn a_single_moment_fires_once_and_is_over() {
        let once = json!({ "type": "schedule", "at": "2026-05-01T09:00:00Z" });
        let timing = Timing::read(&serde_json::from_value(once).unwrap(), "UTC").unwrap();
        let policy = Policy { misfire: Misfire::RunOnce, overlap: EACH };
        let first = decide(&timing, at("08:00:00"), at("09:20:00"), policy, Going::Nothing);
        assert_eq!((first.fire, first.next_at), (vec![at("09:00:00")], None));
        let again = decide(&timing, first.handled, at("09:30:00"), policy, Going::Nothing);
        assert_eq!((again.fire, again.next_at), (vec![], None));
    }
}
