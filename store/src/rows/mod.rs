//! The rows of runs, approvals and triggers, which share transactions: data without SQL. Rows that only one file of
//! tables knows are declared there.

pub(crate) mod approval;
pub(crate) mod run;
pub(crate) mod trigger;
