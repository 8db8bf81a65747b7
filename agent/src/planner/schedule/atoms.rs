//! Groups of words that speak of time.

use crate::language::{Lexicon, Token, english, number_at};
use jiff::civil::Date;
use std::ops::Range;

/// A unit of a rhythm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "units of time")]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Night,
    Week,
    Fortnight,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// Whether it is shorter than another.
    pub(super) fn finer(self, other: Self) -> bool {
        (self as u8) < (other as u8)
    }

    pub(super) fn of(code: &str) -> Option<Self> {
        Some(match code {
            "s" => Self::Second,
            "m" => Self::Minute,
            "h" => Self::Hour,
            "d" => Self::Day,
            "n" => Self::Night,
            "w" => Self::Week,
            "f" => Self::Fortnight,
            "M" => Self::Month,
            "Q" => Self::Quarter,
            "y" => Self::Year,
            _ => return None,
        })
    }
}

/// One statement about time.
#[derive(Debug, Clone, PartialEq)]
pub enum Atom {
    /// Every so many units.
    Every(u32, Unit),
    /// So many times in a unit.
    Times(u32, Unit),
    /// Weekdays (0 is Sunday) that come again.
    Days(Vec<u8>),
    /// One weekday, without a word that it comes again.
    Day(u8),
    /// Days of the month; 0 is the last.
    MonthDays(Vec<u8>),
    /// The nth weekday of the month; 0 is the last.
    Nth(u8, u8),
    /// The first (1) or last (0) working day of the month.
    WorkingDay(u8),
    /// A month of the year.
    Month(u8),
    /// A day of the year: month and day.
    YearDay(u8, u8),
    /// Weekdays on which it rests.
    Except(Vec<u8>),
    /// A minute of the hour.
    Minute(u8),
    /// A cron line as written.
    Cron(String),
    /// A time of day.
    Clock(u8, u8),
    /// A part of the day, by its usual hour.
    Part(u8),
    /// Between two hours.
    Hours(u8, u8),
    /// A zone.
    Zone(String),
    /// So many days from today.
    In(u8),
    /// So many milliseconds from now.
    Delay(u64),
    /// A calendar day.
    On(Date),
    /// Every other weekday and the like: what no cron line says.
    Other(String),
}

impl Atom {
    /// Whether it says that something comes again.
    pub fn is_rhythm(&self) -> bool {
        matches!(
            self,
            Self::Every(..)
                | Self::Times(..)
                | Self::Days(_)
                | Self::MonthDays(_)
                | Self::Nth(..)
                | Self::WorkingDay(_)
                | Self::Cron(_)
                | Self::Other(_)
        )
    }
}

/// Neighbouring statements.
#[derive(Debug, Clone)]
pub struct Group {
    /// Them.
    pub atoms: Vec<Atom>,
    /// Where they stand, with the small words around them.
    pub span: Range<usize>,
    edge: bool,
    guarded: bool,
}

impl Group {
    /// Whether it speaks of when to run. A time of day alone does so next to a rhythm, or at an edge of a sentence.
    pub fn counts(&self, strong: bool) -> bool {
        let rhythm = self.atoms.iter().any(Atom::is_rhythm);
        if rhythm {
            return true;
        }
        let clock = self.atoms.iter().any(|atom| matches!(atom, Atom::Clock(..)));
        if strong {
            return (clock
                || self.atoms.iter().any(|atom| matches!(atom, Atom::Part(_) | Atom::Hours(..) | Atom::Minute(_) | Atom::YearDay(..))))
                && !self.guarded
                || self.atoms.iter().all(|atom| matches!(atom, Atom::Zone(_)));
        }
        let moment =
            self.atoms.iter().any(|atom| matches!(atom, Atom::In(_) | Atom::Delay(_) | Atom::On(_) | Atom::Day(_) | Atom::YearDay(..)));
        !self.guarded && (clock || (self.edge && moment && !self.atoms.iter().all(|atom| matches!(atom, Atom::On(_) | Atom::Zone(_)))))
    }
}

/// All groups of time words in a text.
pub fn atoms_in(tokens: &[Token]) -> Vec<Group> {
    let reader = Reader { tokens, lexicon: english() };
    let mut groups = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match reader.group(at) {
            Some(group) => {
                at = group.span.end;
                groups.push(group);
            }
            None => at += 1,
        }
    }
    groups
}

/// Reads time words out of tokens.
pub struct Reader<'t> {
    pub(super) tokens: &'t [Token],
    pub(super) lexicon: &'static Lexicon,
}

const JOINING: [&str; 16] =
    ["at", "on", "and", "of", "the", "in", "each", "every", "a", "during", "from", "starting", "around", "exactly", "sharp", "or"];

impl Reader<'_> {
    pub(super) fn norm(&self, at: usize) -> &str {
        self.tokens.get(at).filter(|token| token.is_word()).map_or("", |token| token.norm.as_str())
    }

    pub(super) fn number(&self, at: usize) -> Option<(u32, usize)> {
        let (value, length) = number_at(self.lexicon, self.tokens, at)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and small")]
        (value.fract() == 0.0 && (0.0..100_000.0).contains(&value)).then_some((value as u32, length))
    }

    pub(super) fn unit(&self, at: usize) -> Option<Unit> {
        self.lexicon.calendar.units.get(self.norm(at)).and_then(|code| Unit::of(code))
    }

    fn group(&self, start: usize) -> Option<Group> {
        let mut at = start;
        let mut atoms = Vec::new();
        let mut end = start;
        let mut first = None;
        while at < self.tokens.len() {
            if let Some((mut found, length)) = self.atom(at, !atoms.is_empty()) {
                first.get_or_insert(at);
                atoms.append(&mut found);
                at += length;
                end = at;
            } else if JOINING.contains(&self.norm(at))
                || (!atoms.is_empty() && self.tokens[at].is_punct(','))
                || (!atoms.is_empty() && (self.tokens[at].is_punct('(') || self.tokens[at].is_punct('-')))
            {
                if atoms.is_empty() && !["at", "on", "in", "each", "every", "the"].contains(&self.norm(at)) {
                    return None;
                }
                at += 1;
                if at - end > 3 {
                    break;
                }
            } else {
                break;
            }
        }
        let first = first?;
        let start = if matches!(atoms.first(), Some(Atom::Cron(_))) { self.cron_lead(start) } else { start };
        // "due today", "older than 30 days", "before friday": the word before makes it a statement about the data.
        let before = if start == 0 { "" } else { self.norm(start - 1) };
        let guards = [
            "due",
            "than",
            "before",
            "after",
            "since",
            "until",
            "till",
            "last",
            "past",
            "by",
            "created",
            "updated",
            "dated",
            "expiring",
            "expires",
            "older",
            "newer",
            "placed",
            "published",
            "within",
            "is",
            "are",
            "was",
            "over",
            "under",
            "above",
            "below",
            "least",
            "most",
            "wait",
            "for",
            "next",
            "between",
            "not",
            "from",
            "opened",
            "closed",
            "happening",
            "starting",
            "scheduled",
            "modified",
            "paid",
            "made",
            "between",
            "per",
            "equals",
            "exceeds",
        ];
        let guarded = guards.contains(&before) && !(before == "next" && matches!(atoms.first(), Some(Atom::Day(_))))
            || (first > start && guards.contains(&self.norm(first - 1)) && self.norm(first - 1) != "next");
        let (span_start, span_end) = (start, self.tail(end));
        let sentence_start = span_start == 0
            || self.tokens[span_start - 1].is_punct('.')
            || self.tokens[span_start - 1].kind == crate::language::TokenKind::Break
            || self.tokens[span_start - 1].is_punct(',')
            || self.opener_before(span_start);
        let sentence_end = span_end >= self.tokens.len()
            || self.tokens[span_end].is_punct('.')
            || self.tokens[span_end].is_punct(',')
            || self.tokens[span_end].is_punct('!')
            || self.tokens[span_end].kind == crate::language::TokenKind::Break
            || self.norm(span_end) == "please";
        Some(Group { atoms, span: span_start..span_end, edge: sentence_start || sentence_end, guarded })
    }

    fn opener_before(&self, start: usize) -> bool {
        (0..start).all(|at| {
            self.tokens[at].is_punct(',')
                || ["please", "hi", "hey", "hello", "can", "could", "you", "also", "and", "then"].contains(&self.norm(at))
        })
    }

    /// Takes "time" after a zone and a closing bracket with it.
    fn tail(&self, mut end: usize) -> usize {
        while end < self.tokens.len()
            && (["time", "o'clock", "sharp", "oclock"].contains(&self.norm(end))
                || (self.tokens[end].is_punct(')') && self.tokens[..end].iter().rev().take(6).any(|token| token.is_punct('('))))
        {
            end += 1;
        }
        end
    }

    /// The statement that starts here. `inside` when another one stands before it.
    fn atom(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        self.cron(at)
            .or_else(|| self.except(at, inside))
            .or_else(|| self.rhythm(at, inside))
            .or_else(|| self.minute(at))
            .or_else(|| self.year_day(at, inside))
            .or_else(|| self.month_days(at))
            .or_else(|| self.weekdays(at, inside))
            .or_else(|| self.hours(at, inside))
            .or_else(|| self.day_end(at))
            .or_else(|| self.clock(at, inside))
            .or_else(|| self.moment(at))
            .or_else(|| self.zone(at, inside))
    }
}

pub(super) fn span_atom(millis: u64) -> Atom {
    let count = |unit: u64| u32::try_from(millis / unit).unwrap_or(1);
    match millis {
        m if m % 86_400_000 == 0 => Atom::Every(count(86_400_000), Unit::Day),
        m if m % 3_600_000 == 0 => Atom::Every(count(3_600_000), Unit::Hour),
        m if m % 60_000 == 0 => Atom::Every(count(60_000), Unit::Minute),
        _ => Atom::Every(count(1000), Unit::Second),
    }
}
