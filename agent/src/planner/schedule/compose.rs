//! Statements about time together become triggers.

use super::Timing;
use super::atoms::{Atom, Unit};
use jiff::{ToSpan, Zoned};
use sayflow_protocol::Interval;
use sayflow_protocol::workflow::Trigger;

/// Puts statements together. `zone` is used where none is named.
pub fn compose(atoms: &[Atom], now: &Zoned, zone: &str) -> Timing {
    let mut parts = Parts::default();
    for atom in atoms {
        parts.take(atom);
    }
    let zone = parts.zone.clone().unwrap_or_else(|| zone.to_owned());
    if let Some(words) = &parts.other {
        return unsupported(words);
    }
    if let Some(line) = &parts.cron {
        return Timing { triggers: vec![cron(line.clone(), &zone)], ..Timing::default() };
    }
    let rhythm = parts.every.is_some()
        || parts.times.is_some()
        || !parts.days.is_empty()
        || !parts.month_days.is_empty()
        || !parts.nth.is_empty()
        || parts.year_days.len() > 1
        || parts.working_day.is_some();
    if rhythm { parts.recurring(&zone) } else { parts.once(now, &zone) }
}

fn unsupported(words: &str) -> Timing {
    let choices = vec!["every week".to_owned(), "every 14 days".to_owned()];
    Timing { unsupported: Some((words.to_owned(), choices)), ..Timing::default() }
}

#[derive(Debug, Default)]
struct Parts {
    every: Option<(u32, Unit)>,
    times: Option<(u32, Unit)>,
    days: Vec<u8>,
    day: Option<u8>,
    month_days: Vec<u8>,
    nth: Vec<(u8, u8)>,
    working_day: Option<u8>,
    year_days: Vec<(u8, u8)>,
    minute: Option<u8>,
    cron: Option<String>,
    month: Option<u8>,
    clocks: Vec<(u8, u8)>,
    part: Option<u8>,
    hours: Option<(u8, u8)>,
    zone: Option<String>,
    days_ahead: Option<u8>,
    delay: Option<u64>,
    date: Option<jiff::civil::Date>,
    other: Option<String>,
}

impl Parts {
    fn take(&mut self, atom: &Atom) {
        match atom {
            // The finest rhythm decides: "weekly report … every 15 minutes".
            Atom::Every(count, unit) if self.every.is_none_or(|(_, known)| unit.finer(known)) => self.every = Some((*count, *unit)),
            Atom::Times(count, unit) => self.times = Some((*count, *unit)),
            Atom::Days(days) => self.days.extend(days),
            Atom::Day(day) => self.day = Some(*day),
            Atom::MonthDays(days) => self.month_days.extend(days),
            Atom::Nth(nth, day) => self.nth.push((*nth, *day)),
            Atom::WorkingDay(nth) => self.working_day = Some(*nth),
            Atom::YearDay(month, day) => self.year_days.push((*month, *day)),
            Atom::Except(days) => {
                let all: Vec<u8> = if self.days.is_empty() { (0..7).collect() } else { std::mem::take(&mut self.days) };
                self.days = all.into_iter().filter(|day| !days.contains(day)).collect();
            }
            Atom::Minute(minute) => self.minute = Some(*minute),
            Atom::Cron(line) => self.cron = Some(line.clone()),
            Atom::Month(month) => self.month = Some(*month),
            Atom::Clock(hour, minute) => self.clocks.push((*hour, *minute)),
            Atom::Part(hour) => self.part = Some(*hour),
            Atom::Hours(start, end) => self.hours = Some((*start, *end)),
            Atom::Zone(zone) => self.zone = Some(zone.clone()),
            Atom::In(days) => self.days_ahead = Some(*days),
            Atom::Delay(millis) => self.delay = Some(*millis),
            Atom::On(date) => self.date = Some(*date),
            Atom::Other(words) => self.other = Some(words.clone()),
            Atom::Every(..) => {}
        }
    }

    /// The fire times of a day, with what was assumed.
    fn clock_list(&self, default: u8, notes: &mut Vec<String>) -> Vec<(u8, u8)> {
        if !self.clocks.is_empty() {
            let mut clocks: Vec<_> = self.clocks.iter().map(|&(hour, minute)| (self.by_part(hour), minute)).collect();
            clocks.sort_unstable();
            clocks.dedup();
            return clocks;
        }
        if let Some((count, Unit::Day | Unit::Night)) = self.times.filter(|(count, _)| *count > 1) {
            let hours: Vec<u8> = match count {
                2 => vec![9, 17],
                3 => vec![9, 13, 17],
                4 => vec![9, 12, 15, 18],
                _ => spread(count),
            };
            let list: Vec<String> = hours.iter().map(|hour| format!("{hour}:00")).collect();
            notes.push(format!("You did not say at what times, so it runs at {}.", list.join(", ")));
            return hours.into_iter().map(|hour| (hour, 0)).collect();
        }
        let hour = self.part.unwrap_or(default);
        notes.push(format!("You did not say at what time, so it runs at {hour}:00."));
        vec![(hour, 0)]
    }

    /// "at 7 in the evening" as two statements.
    fn by_part(&self, hour: u8) -> u8 {
        match self.part {
            Some(part) if part >= 13 && hour < 12 && hour > 0 && !(part >= 21 && hour < 5) => hour + 12,
            _ => hour,
        }
    }

    fn recurring(&self, zone: &str) -> Timing {
        let mut timing = Timing::default();
        let notes = &mut timing.notes;
        let dow = if self.days.is_empty() { self.day.map_or_else(|| "*".to_owned(), |day| day.to_string()) } else { day_field(&self.days) };
        let month = self.month.map_or_else(|| "*".to_owned(), |month| month.to_string());
        let sub_daily = match (self.every, self.times) {
            (Some((count, unit @ (Unit::Second | Unit::Minute | Unit::Hour))), _) => Some((count, unit)),
            (_, Some((count, Unit::Hour))) if count > 0 && 60 % count == 0 => Some((60 / count, Unit::Minute)),
            _ => None,
        };
        if let Some((count, unit)) = sub_daily {
            timing.triggers = vec![self.sub_daily(count, unit, &dow, zone)];
            return timing;
        }
        let lines: Vec<(String, String, String)> = match (self.every, self.times) {
            _ if !self.nth.is_empty() => {
                let said = |(nth, day): &(u8, u8)| if *nth == 0 { format!("{day}L") } else { format!("{day}#{nth}") };
                vec![("*".into(), month, self.nth.iter().map(said).collect::<Vec<_>>().join(","))]
            }
            _ if self.working_day.is_some() => {
                vec![(if self.working_day == Some(0) { "LW".into() } else { "1W".into() }, month, "*".into())]
            }
            _ if !self.year_days.is_empty() => {
                self.year_days.iter().map(|(month, day)| (day.to_string(), month.to_string(), "*".into())).collect()
            }
            _ if !self.month_days.is_empty() => vec![(month_day_field(&self.month_days), self.months(month), "*".into())],
            (_, Some((count, Unit::Week))) if self.days.is_empty() => {
                let days: &[u8] = match count {
                    1 => &[1],
                    2 => &[1, 4],
                    3 => &[1, 3, 5],
                    4 => &[1, 2, 3, 4],
                    5 => &[1, 2, 3, 4, 5],
                    _ => &[1, 2, 3, 4, 5, 6],
                };
                notes.push(format!("You did not say on which days, so it runs on {}.", day_names(days)));
                vec![("*".into(), month, day_field(days))]
            }
            (_, Some((count, Unit::Month))) => {
                let days = if count >= 2 { "1,15" } else { "1" };
                notes.push(format!("You did not say on which days of the month, so it runs on day {}.", days.replace(',', " and day ")));
                vec![(days.into(), month, "*".into())]
            }
            (Some((1, Unit::Week)), _) if self.days.is_empty() && self.day.is_none() => {
                notes.push("You did not say on which day, so it runs on Mondays.".to_owned());
                vec![("*".into(), month, "1".into())]
            }
            (Some((count, Unit::Week)), _) if count > 1 => return every(u64::from(count) * 604_800_000, notes.clone()),
            (Some((count, Unit::Day)), _) if count > 1 && self.clocks.is_empty() && self.part.is_none() => {
                return every(u64::from(count) * 86_400_000, notes.clone());
            }
            (Some((count, Unit::Day)), _) if count > 1 => {
                notes.push(format!("It runs on every {count}. day counted from the first of each month."));
                vec![(format!("*/{count}"), month, dow)]
            }
            (Some((_, Unit::Fortnight)), _) => {
                if !self.days.is_empty() || self.day.is_some() || !self.clocks.is_empty() {
                    return unsupported("every other week on a fixed day");
                }
                return every(1_209_600_000, notes.clone());
            }
            (Some((count, Unit::Month)), _) => {
                notes.push("You did not say on which day, so it runs on the first of the month.".to_owned());
                vec![("1".into(), if count > 1 { format!("*/{count}") } else { month }, "*".into())]
            }
            (Some((_, Unit::Quarter)), _) => {
                notes.push("You did not say on which day, so it runs on the first day of each quarter.".to_owned());
                vec![("1".into(), "1,4,7,10".into(), "*".into())]
            }
            (Some((_, Unit::Year)), _) => {
                if self.month.is_none() {
                    notes.push("You did not say on which day, so it runs on January 1.".to_owned());
                }
                vec![("1".into(), self.month.unwrap_or(1).to_string(), "*".into())]
            }
            _ => vec![("*".into(), month, dow)],
        };
        let default = if matches!(self.every, Some((_, Unit::Night))) { 2 } else { 9 };
        let clocks = self.clock_list(default, notes);
        for (day, month, dow) in lines {
            for (minute, hours) in by_minute(&clocks) {
                timing.triggers.push(cron(format!("{minute} {hours} {day} {month} {dow}"), zone));
            }
        }
        timing
    }

    /// The months in which days of the month count: all, or as many as the rhythm skips.
    fn months(&self, month: String) -> String {
        let last = self.month_days.contains(&0);
        match self.every {
            Some((1, Unit::Quarter)) => if last { "3,6,9,12" } else { "1,4,7,10" }.to_owned(),
            Some((1, Unit::Year)) if self.month.is_none() => if last { "12" } else { "1" }.to_owned(),
            Some((count, Unit::Month)) if count > 1 => format!("*/{count}"),
            _ => month,
        }
    }

    /// The next day of the year that is named.
    fn next_year_day(&self, today: jiff::civil::Date) -> Option<jiff::civil::Date> {
        let (month, day) = *self.year_days.first()?;
        (0..9_i16)
            .filter_map(|ahead| jiff::civil::Date::new(today.year() + ahead, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok())
            .find(|date| *date >= today)
    }

    fn sub_daily(&self, count: u32, unit: Unit, dow: &str, zone: &str) -> Trigger {
        let (hours, whole) = match (self.hours, unit) {
            (Some((start, end)), Unit::Hour) => (format!("{start}-{end}"), true),
            (Some((start, end)), _) => (format!("{start}-{}", end.saturating_sub(1).max(start)), true),
            (None, _) => ("*".to_owned(), false),
        };
        let minute = self.minute.unwrap_or_else(|| self.clocks.first().map_or(0, |clock| clock.1));
        let from = self.clocks.first().map_or(0, |clock| u32::from(clock.0) % count.max(1));
        match unit {
            Unit::Minute if count == 1 => cron(format!("* {hours} * * {dow}"), zone),
            Unit::Minute if count < 60 && 60 % count == 0 => cron(format!("*/{count} {hours} * * {dow}"), zone),
            Unit::Minute if count == 60 => cron(format!("0 {hours} * * {dow}"), zone),
            Unit::Hour if count == 1 => cron(format!("{minute} {hours} * * {dow}"), zone),
            Unit::Hour if whole => cron(format!("{minute} {hours}/{count} * * {dow}"), zone),
            Unit::Hour if count < 24 && 24 % count == 0 && from > 0 => cron(format!("{minute} {from}-23/{count} * * {dow}"), zone),
            Unit::Hour if count < 24 && 24 % count == 0 => cron(format!("{minute} */{count} * * {dow}"), zone),
            Unit::Hour => interval(u64::from(count) * 3_600_000),
            Unit::Second => interval(u64::from(count) * 1000),
            _ => interval(u64::from(count) * 60_000),
        }
    }

    fn once(&self, now: &Zoned, zone: &str) -> Timing {
        let mut notes = Vec::new();
        let here = now.in_tz(zone).unwrap_or_else(|_| now.clone());
        // "in 3 days at 9": the day counts, the hour is said.
        let days = self
            .delay
            .filter(|millis| millis % 86_400_000 == 0 && !self.clocks.is_empty())
            .and_then(|millis| u8::try_from(millis / 86_400_000).ok());
        let moment = if let Some(millis) = self.delay.filter(|_| days.is_none()) {
            i64::try_from(millis).ok().and_then(|millis| here.checked_add(millis.milliseconds()).ok())
        } else {
            let today = here.date();
            let date = match (self.date.or_else(|| self.next_year_day(today)), self.days_ahead.or(days), self.day, self.month) {
                (Some(date), ..) => Some(date),
                (None, Some(days), ..) => today.checked_add(i64::from(days).days()).ok(),
                (None, None, Some(day), _) => (1..=7_i64)
                    .filter_map(|ahead| today.checked_add(ahead.days()).ok())
                    .find(|date| u8::try_from(date.weekday().to_sunday_zero_offset()).ok() == Some(day)),
                _ => Some(today),
            };
            let (hour, minute) = self.clocks.first().map_or_else(
                || {
                    let hour = self.part.unwrap_or(9);
                    notes.push(format!("You did not say at what time, so it runs at {hour}:00."));
                    (hour, 0)
                },
                |&(hour, minute)| (self.by_part(hour), minute),
            );
            let fixed =
                self.date.is_some() || !self.year_days.is_empty() || days.is_some() || self.days_ahead.is_some() || self.day.is_some();
            date.and_then(|date| {
                let moment = date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).in_tz(zone).ok()?;
                let past = moment <= here && !fixed;
                if !fixed {
                    notes.push("It runs once, at the next such time. Say \"every day\" to repeat it.".to_owned());
                }
                if past { moment.checked_add(1.day()).ok() } else { Some(moment) }
            })
        };
        let Some(moment) = moment else { return Timing::default() };
        let at = moment.datetime().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let trigger =
            Trigger::Schedule { cron: None, every: None, at: Some(at), timezone: Some(zone.to_owned()), misfire: None, overlap: None };
        Timing { triggers: vec![trigger], notes, ..Timing::default() }
    }
}

fn spread(count: u32) -> Vec<u8> {
    let count = count.min(24);
    let (first, last) = if count <= 10 { (9, 18) } else { (0, 23) };
    let steps = (count - 1).max(1);
    (0..count).filter_map(|place| u8::try_from(first + (last - first) * place / steps).ok()).collect()
}

/// Fire times by minute: `(minute, hours)`.
fn by_minute(clocks: &[(u8, u8)]) -> Vec<(u8, String)> {
    let mut minutes: Vec<u8> = clocks.iter().map(|clock| clock.1).collect();
    minutes.sort_unstable();
    minutes.dedup();
    let hours = |minute: u8| clocks.iter().filter(|clock| clock.1 == minute).map(|clock| clock.0.to_string()).collect::<Vec<_>>().join(",");
    minutes.into_iter().map(|minute| (minute, hours(minute))).collect()
}

fn day_field(days: &[u8]) -> String {
    let mut sorted = days.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted == [1, 2, 3, 4, 5] {
        return "1-5".to_owned();
    }
    if sorted.len() == 7 {
        return "*".to_owned();
    }
    sorted.iter().map(u8::to_string).collect::<Vec<_>>().join(",")
}

fn day_names(days: &[u8]) -> String {
    const NAMES: [&str; 7] = ["Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"];
    days.iter().filter_map(|day| NAMES.get(usize::from(*day)).copied()).collect::<Vec<_>>().join(" and ")
}

fn month_day_field(days: &[u8]) -> String {
    days.iter().map(|day| if *day == 0 { "L".to_owned() } else { day.to_string() }).collect::<Vec<_>>().join(",")
}

fn cron(line: String, zone: &str) -> Trigger {
    Trigger::Schedule { cron: Some(line), every: None, at: None, timezone: Some(zone.to_owned()), misfire: None, overlap: None }
}

fn interval(millis: u64) -> Trigger {
    Trigger::Schedule { cron: None, every: Some(short_interval(millis)), at: None, timezone: None, misfire: None, overlap: None }
}

fn short_interval(millis: u64) -> Interval {
    Interval::from_millis(millis)
}

fn every(millis: u64, notes: Vec<String>) -> Timing {
    Timing { triggers: vec![interval(millis)], notes, ..Timing::default() }
}
