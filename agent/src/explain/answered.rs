//! What another server answered, out of the words of an error.

use sayflow_protocol::RunError;

/// The status in the message of an unexpected answer.
pub(super) fn http_status(error: &RunError) -> Option<u16> {
    let (_, after) = error.message.split_once(" answered ").filter(|_| error.code == "http_status")?;
    after.split_whitespace().next()?.parse().ok()
}
