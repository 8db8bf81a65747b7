//! The one place of the egress client where a secret is opened.

use sayflow_engine::action::StepError;
use sayflow_engine::vault::Credential;

/// The secret of a field.
///
/// # Errors
/// When the account has no such field.
#[expect(clippy::disallowed_methods, reason = "this is the egress client, which puts secrets on the wire")]
pub(super) fn reveal<'a>(credential: &'a Credential, field: &str) -> Result<&'a str, StepError> {
    credential.secret(field).map(|secret| secret.reveal()).ok_or_else(|| {
        StepError::new("invalid_credential", format!("the account \"{}\" has no field \"{field}\"", credential.name))
            .help(format!("set it again: sayflow credentials set {} --type {} --field {field}=…", credential.name, credential.kind))
    })
}
