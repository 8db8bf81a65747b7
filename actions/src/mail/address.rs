//! Mail addresses as people write them.

use lettre::message::Mailbox;
use sayflow_engine::action::StepError;

/// Reads `ada@example.com` or `Ada <ada@example.com>`.
///
/// # Errors
/// `invalid_address`, naming it.
pub(super) fn mailbox(role: &str, text: &str) -> Result<Mailbox, StepError> {
    let refuse = |why: &str| {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
        StepError::new("invalid_address", format!("\"{shown}\" in \"{role}\" is no mail address: {why}"))
            .help("write it like ada@example.com or Ada <ada@example.com>")
    };
    if text.contains(['\r', '\n', '\0']) {
        return Err(refuse("it has a line break in it"));
    }
    text.trim().parse().map_err(|why: lettre::address::AddressError| refuse(&why.to_string()))
}
