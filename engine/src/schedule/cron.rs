//! Cron patterns of five fields: how they read.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::date;

const FIELDS: [(&str, &str); 5] =
    [("minute", "0-59"), ("hour", "0-23"), ("day of month", "1-31"), ("month", "1-12 or JAN-DEC"), ("day of week", "0-7 or SUN-SAT")];

/// Why a text is no cron pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronProblem {
    /// It does not have five fields.
    #[error("a cron pattern has five fields (minute, hour, day of month, month, day of week), not {found}")]
    Fields {
        /// How many it has.
        found: usize,
    },
    /// A field cannot be read.
    #[error("field {position} ({name}) of the cron pattern is \"{text}\"; it takes {takes}, *, lists, ranges and steps")]
    Field {
        /// From 1.
        position: usize,
        /// What the field is.
        name: &'static str,
        /// What stands there.
        text: String,
        /// What may stand there.
        takes: &'static str,
    },
    /// Each field can be read, but not the whole.
    #[error("the cron pattern cannot be read: {0}")]
    Whole(String),
    /// No date matches.
    #[error("the cron pattern never fires: no date matches its day and month")]
    Never,
}

/// Checks a cron pattern of five fields.
///
/// # Errors
/// What is wrong with it, with the position of the field.
pub fn validate_cron(text: &str) -> Result<(), CronProblem> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(CronProblem::Fields { found: fields.len() });
    }
    for (at, (field, (name, takes))) in fields.iter().zip(FIELDS).enumerate() {
        let mut alone = ["*"; 5];
        alone[at] = field;
        if parse(&alone.join(" ")).is_none() {
            return Err(CronProblem::Field { position: at + 1, name, text: (*field).to_owned(), takes });
        }
    }
    let cron = parser().parse(text).map_err(|why| CronProblem::Whole(why.to_string()))?;
    // On a clock without a zone; the search gives up in the year 5000.
    cron.find_next_occurrence(&date(2026, 1, 1).at(0, 0, 0, 0), true).map(|_| ()).map_err(|_| CronProblem::Never)
}

fn parser() -> CronParser {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build()
}

/// A readable pattern of five fields.
pub(super) fn parse(text: &str) -> Option<Cron> {
    if text.contains('@') || text.split_whitespace().count() != FIELDS.len() {
        return None;
    }
    parser().parse(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_patterns_are_taken() {
        for text in
            ["* * * * *", "*/15 * * * *", "0 9 * * 1-5", "0 12 1 * *", "0 0 29 2 *", "0 9 * JAN,mar MON-FRI", "0 0 L * *", "0 8 * * 1#1"]
        {
            assert_eq!(validate_cron(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_wrong_field_is_named_by_position() {
        let position = |text: &str| match validate_cron(text) {
            Err(CronProblem::Field { position, .. }) => Some(position),
            _ => None,
        };
        assert_eq!(position("61 * * * *"), Some(1));
        assert_eq!(position("0 25 * * *"), Some(2));
        assert_eq!(position("0 0 32 * *"), Some(3));
        assert_eq!(position("0 0 1 13 *"), Some(4));
        assert_eq!(position("0 0 * * 9"), Some(5));
        assert_eq!(position("0 0 * * WEEKDAY"), Some(5));
        assert_eq!(validate_cron("0 9 * *"), Err(CronProblem::Fields { found: 4 }));
        assert_eq!(validate_cron("@daily"), Err(CronProblem::Fields { found: 1 }));
    }

    #[test]
    fn a_date_that_does_not_exist_never_fires() {
        for text in ["0 0 30 2 *", "0 0 31 4 *", "0 0 31 2,4,6 *", "0 0 30-31 2 *"] {
            assert_eq!(validate_cron(text), Err(CronProblem::Never), "{text}");
        }
    }
}
