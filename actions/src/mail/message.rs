//! From an outgoing mail to the message on the wire (RFC 5322).

use super::address::mailbox;
use lettre::Message;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use sayflow_engine::action::StepError;
use sayflow_engine::ports::OutgoingMail;
use sayflow_engine::vault::Credential;

/// A message that is ready to be sent.
#[derive(Debug)]
pub(super) struct Composed {
    /// The message; its envelope holds who it goes to.
    pub(super) message: Message,
    /// Its Message-ID with the angle brackets.
    pub(super) id: String,
}

/// Composes the message. The sender is the mail's, else the credential's `from`.
///
/// # Errors
/// `invalid_address` and `invalid_parameters`, before anything is connected to.
pub(super) fn compose(mail: OutgoingMail, credential: &Credential) -> Result<Composed, StepError> {
    if mail.subject.contains(['\r', '\n', '\0']) {
        return Err(StepError::new("invalid_parameters", "the subject has a line break in it").help("a subject is one line"));
    }
    let from = match mail.from.as_deref().or_else(|| credential.field("from")) {
        Some(text) => mailbox("from", text)?,
        None => {
            return Err(StepError::new("invalid_credential", format!("the credential \"{}\" has no sender", credential.name))
                .help(format!("set it again with --field from=…: sayflow credentials set {}", credential.name)));
        }
    };
    let id = format!("<{}@{}>", uuid::Uuid::now_v7(), from.email.domain());
    let mut message = Message::builder().from(from).subject(mail.subject).message_id(Some(id.clone())).date_now();
    for address in recipients("to", &mail.to)? {
        message = message.to(address);
    }
    for address in recipients("cc", &mail.cc)? {
        message = message.cc(address);
    }
    let text = body(mail.text, mail.html);
    let composed = if mail.attachments.is_empty() {
        match text {
            Body::One(part) => message.singlepart(part),
            Body::Both(parts) => message.multipart(parts),
        }
    } else {
        let mut parts = match text {
            Body::One(part) => MultiPart::mixed().singlepart(part),
            Body::Both(both) => MultiPart::mixed().multipart(both),
        };
        for file in mail.attachments {
            let kind = ContentType::parse(&file.media_type).map_err(|_| {
                StepError::new("invalid_parameters", format!("\"{}\" is no media type for the attachment {}", file.media_type, file.name))
            })?;
            parts = parts.singlepart(Attachment::new(file.name).body(file.content.to_vec(), kind));
        }
        message.multipart(parts)
    };
    let message = composed.map_err(|why| StepError::new("invalid_parameters", format!("the mail cannot be composed: {why}")))?;
    Ok(Composed { message, id })
}

enum Body {
    One(SinglePart),
    Both(MultiPart),
}

fn body(text: Option<String>, html: Option<String>) -> Body {
    match (text, html) {
        (Some(text), Some(html)) => Body::Both(MultiPart::alternative_plain_html(text, html)),
        (None, Some(html)) => Body::One(SinglePart::html(html)),
        (text, None) => Body::One(SinglePart::plain(text.unwrap_or_default())),
    }
}

fn recipients(role: &str, texts: &[String]) -> Result<Vec<Mailbox>, StepError> {
    texts.iter().map(|text| mailbox(role, text)).collect()
}
