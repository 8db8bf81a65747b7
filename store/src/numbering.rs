//! The numbers of lines of a journal or conversation: they go on without gaps.

use crate::error::StoreError;
use crate::rows::run::EventRow;

/// Refuses lines with a gap: a reader that resumes by number would miss something.
pub(crate) fn in_order(of: &str, rows: &[EventRow], first: Option<i64>) -> Result<(), StoreError> {
    let gap = rows.windows(2).find(|pair| pair[1].seq != pair[0].seq + 1).map(|pair| (pair[0].seq + 1, pair[1].seq));
    let wrong_start = || {
        let (wanted, found) = (first?, rows.first()?.seq);
        (found != wanted).then_some((wanted, found))
    };
    match wrong_start().or(gap) {
        Some((expected, found)) => Err(StoreError::Conflict { why: out_of_order(of, expected, found) }),
        None => Ok(()),
    }
}

/// What is said of a gap.
pub(crate) fn out_of_order(of: &str, expected: i64, found: i64) -> String {
    format!("the lines of {of} go on with number {expected} without gaps, not with {found}")
}
