//! Outgoing mail.

use crate::action::StepError;
use crate::vault::Credential;
use async_trait::async_trait;
use bytes::Bytes;

/// Sends mail.
#[async_trait]
pub trait Mail: Send + Sync {
    /// Hands a mail to the server of the credential; returns its Message-ID.
    ///
    /// # Errors
    /// With `outcome_unknown` when the server may have taken it but did not say so.
    async fn send(&self, mail: OutgoingMail, credential: &Credential) -> Result<String, StepError>;
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutgoingMail {
    /// The sender; the credential's `from` when left out.
    pub from: Option<String>,
    /// The recipients.
    pub to: Vec<String>,
    /// Those who get a copy.
    pub cc: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: Option<String>,
    /// The HTML text.
    pub html: Option<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
}

/// A file of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub content: Bytes,
}
