//! What people are told about triggers. A notice about one thing has one identifier, so that it is kept once even when a
//! crash makes it be told again.

use super::service::TriggerService;
use jiff::Timestamp;
use sayflow_store::{NoticeRow, StoreError};
use sha2::{Digest, Sha256};
use uuid::Builder;

/// A notice before it has its identifier.
pub(super) struct Notice<'a> {
    /// Such as `run_failed`.
    pub kind: &'a str,
    /// What tells it from all others of the kind.
    pub about: &'a str,
    pub at: Timestamp,
    pub workflow: &'a str,
    pub run: Option<&'a str>,
    pub text: String,
}

impl TriggerService {
    /// Keeps a notice, once.
    pub(super) async fn tell(&self, notice: Notice<'_>) -> Result<(), StoreError> {
        tracing::warn!(workflow = notice.workflow, kind = notice.kind, "{}", notice.text);
        let row = NoticeRow {
            id: id(&notice),
            at: notice.at.as_microsecond(),
            kind: notice.kind.to_owned(),
            workflow: Some(notice.workflow.to_owned()),
            run: notice.run.map(str::to_owned),
            text: notice.text,
            seen: None,
        };
        match self.parts().store.add_notice(row).await {
            Err(StoreError::Conflict { .. }) => Ok(()),
            other => other,
        }
    }
}

/// Sorts by time, as all identifiers do, and is the same for the same thing.
fn id(notice: &Notice<'_>) -> String {
    let mut hash = Sha256::new();
    for part in [notice.kind, notice.workflow, notice.about] {
        hash.update(part);
        hash.update([0]);
    }
    let digest = hash.finalize();
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    let millis = u64::try_from(notice.at.as_millisecond()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_about_one_thing_has_one_identifier_that_sorts_by_time() {
        let notice = |about, second| Notice {
            kind: "run_failed",
            about,
            at: Timestamp::from_second(second).unwrap(),
            workflow: "w",
            run: None,
            text: String::new(),
        };
        assert_eq!(id(&notice("a", 1_790_000_000)), id(&notice("a", 1_790_000_000)));
        assert_ne!(id(&notice("a", 1_790_000_000)), id(&notice("b", 1_790_000_000)));
        assert!(id(&notice("b", 1_790_000_000)) < id(&notice("a", 1_790_000_001)));
    }
}
