//! `email.send`: sends a mail.

use super::address::mailbox;
use crate::connector::readable;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_engine::footprint::separate_addresses;
use sayflow_engine::ports::{Attachment, OutgoingMail};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The most that all attachments may have together, in bytes.
const MAX_ATTACHMENT_BYTES: usize = 16 * 1024 * 1024;
/// Where a subject that is made from the text is cut, in characters.
const SUBJECT_CHARS: usize = 78;

/// The action.
pub struct EmailSend;

/// One text or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected an address or a list of addresses")]
pub enum OneOrMany {
    /// One; commas separate several.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// What `email.send` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["text"]}, {"required": ["html"]}, {"required": ["attachments"]}]))]
pub struct Params {
    /// The recipients: an address, or a list of them.
    #[schemars(extend("x-role" = role::RECIPIENT))]
    pub to: OneOrMany,
    /// Who gets a copy: an address, or a list of them.
    #[serde(default)]
    #[schemars(with = "OneOrMany")]
    pub cc: Option<OneOrMany>,
    /// The subject line; the beginning of the text when left out.
    #[serde(default)]
    #[schemars(with = "String", extend("x-role" = role::SUBJECT))]
    pub subject: Option<String>,
    /// The text. Anything that is not text is written out readably.
    #[serde(default)]
    #[schemars(extend("x-role" = role::TEXT))]
    pub text: Value,
    /// The same as HTML.
    #[serde(default)]
    #[schemars(with = "String")]
    pub html: Option<String>,
    /// Paths of files in the workspace folder.
    #[serde(default)]
    pub attachments: Vec<String>,
}

/// What `email.send` hands back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sent {
    /// The mail's Message-ID.
    pub message_id: String,
    /// To whom it went, copies included.
    pub recipients: Vec<String>,
}

#[async_trait]
impl Action for EmailSend {
    type Params = Params;
    type Output = Sent;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("email.send", "Send a mail", "Sends a mail to one or more people.", Effect::Write)
            .utterances(&[
                "email me the report",
                "send a mail to ada@example.com",
                "mail the summary to the team",
                "send an e-mail with the file attached",
                "forward the list to boss@example.com by email",
                "mail it with the subject Weekly numbers",
                "notify ops@example.com by mail",
                "write to the customer at their address",
            ])
            .keywords(&["email", "e-mail", "mail", "send", "inbox", "recipient", "subject", "attach", "attachment", "cc"])
            .destination("to", DestinationKind::Recipient)
            .destination("cc", DestinationKind::Recipient)
            .destination_with("attachments", DestinationKind::File, Effect::Read)
            .service("smtp")
            .credential("smtp")
            .example(json!({ "message_id": "<1@example.com>", "recipients": ["ada@example.com"] }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Sent>, StepError> {
        let credential = cx.require_credential()?;
        let mut mail = compose(&params)?;
        mail.attachments = attachments(&params.attachments, cx).await?;
        let recipients = mail.to.iter().chain(&mail.cc).cloned().collect();
        let message_id = cx.ports.mail.send(mail, credential).await?;
        Ok(Sent { message_id, recipients }.into())
    }
}

/// The mail without its attachments, with every address checked.
fn compose(params: &Params) -> Result<OutgoingMail, StepError> {
    let to = addresses("to", Some(&params.to))?;
    let cc = addresses("cc", params.cc.as_ref())?;
    if to.is_empty() {
        return Err(StepError::new("invalid_parameters", "email.send: \"to\" names nobody").help("give at least one address"));
    }
    let text = Some(readable(&params.text)).filter(|text| !text.trim().is_empty());
    let html = params.html.clone().filter(|html| !html.trim().is_empty());
    if text.is_none() && html.is_none() && params.attachments.is_empty() {
        return Err(StepError::new("text_empty", "email.send: there is neither text nor html nor an attachment")
            .help("give the step an `if` that skips it when there is nothing to say"));
    }
    let subject = subject(params.subject.as_deref(), text.as_deref())?;
    Ok(OutgoingMail { from: None, to, cc, subject, text, html, attachments: Vec::new() })
}

fn addresses(role: &str, given: Option<&OneOrMany>) -> Result<Vec<String>, StepError> {
    let texts: Vec<&str> = match given {
        None => Vec::new(),
        Some(OneOrMany::One(text)) => separate_addresses(text),
        Some(OneOrMany::Many(list)) => list.iter().map(String::as_str).collect(),
    };
    let mut addresses: Vec<String> = Vec::new();
    for text in texts {
        let address = mailbox(role, text)?.to_string();
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

fn subject(given: Option<&str>, text: Option<&str>) -> Result<String, StepError> {
    if let Some(subject) = given.map(str::trim).filter(|subject| !subject.is_empty()) {
        if subject.contains(['\r', '\n', '\0']) {
            return Err(StepError::new("invalid_parameters", "email.send: \"subject\" has a line break in it")
                .help("a subject is one line; put the rest into the text"));
        }
        return Ok(subject.to_owned());
    }
    let line = text.and_then(|text| text.lines().map(str::trim).find(|line| !line.is_empty())).unwrap_or("Files from Sayflow");
    let clean: String = line.chars().filter(|c| !c.is_control()).collect();
    if clean.chars().count() <= SUBJECT_CHARS {
        return Ok(clean);
    }
    Ok(clean.chars().take(SUBJECT_CHARS - 1).chain(['…']).collect())
}

async fn attachments(paths: &[String], cx: &ActionContext<'_>) -> Result<Vec<Attachment>, StepError> {
    let mut left = MAX_ATTACHMENT_BYTES;
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let content = cx.ports.files.read(path, left).await?;
        left = left.saturating_sub(content.len());
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        files.push(Attachment { media_type: media_type(&name).to_owned(), name, content });
    }
    Ok(files)
}

/// The media type by the name's ending.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("txt" | "md" | "log") => "text/plain; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("yaml" | "yml") => "application/yaml",
        Some("pdf") => "application/pdf",
        Some("zip") => "application/zip",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{Params, compose};
    use crate::test_ports::World;
    use indexmap::IndexMap;
    use sayflow_engine::action::Outcome;
    use sayflow_engine::vault::Credential;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn with(params: Value) -> Result<sayflow_engine::ports::OutgoingMail, sayflow_engine::action::StepError> {
        compose(&serde_json::from_value::<Params>(params).unwrap())
    }

    #[test]
    fn takes_one_address_several_in_a_text_and_a_list() {
        let mail = with(json!({"to": "a@x.io", "cc": ["Bo <b@x.io>", "b2@x.io"], "text": "hi"})).unwrap();
        assert_eq!((mail.to, mail.cc), (vec!["a@x.io".to_owned()], vec!["Bo <b@x.io>".to_owned(), "b2@x.io".to_owned()]));
        let mail = with(json!({"to": "a@x.io, \"Roe, Jane\" <j@x.io>; a@x.io", "text": "hi"})).unwrap();
        assert_eq!(mail.to, ["a@x.io", "\"Roe, Jane\" <j@x.io>"]);
    }

    #[test]
    fn names_the_address_that_is_none() {
        let error = with(json!({"to": ["a@x.io", "nobody at home"], "text": "hi"})).unwrap_err();
        assert_eq!(error.code, "invalid_address");
        assert!(error.message.contains("nobody at home"), "{}", error.message);
    }

    #[test]
    fn refuses_line_breaks_that_would_add_headers() {
        assert_eq!(with(json!({"to": "a@x.io\r\nBcc: evil@x.io", "text": "hi"})).unwrap_err().code, "invalid_address");
        assert_eq!(with(json!({"to": "a@x.io", "subject": "x\nBcc: evil@x.io", "text": "hi"})).unwrap_err().code, "invalid_parameters");
    }

    #[test]
    fn makes_a_subject_from_the_first_line() {
        assert_eq!(with(json!({"to": "a@x.io", "text": "\n  Hello \nworld"})).unwrap().subject, "Hello");
        assert_eq!(with(json!({"to": "a@x.io", "text": "x".repeat(200)})).unwrap().subject.chars().count(), 78);
    }

    #[test]
    fn refuses_a_mail_that_says_nothing() {
        assert_eq!(with(json!({"to": "a@x.io", "text": []})).unwrap_err().code, "text_empty");
    }

    #[tokio::test]
    async fn files_of_the_workspace_are_attached_by_name_and_kind() {
        let files = [("out/report.csv".to_owned(), "a,b".into()), ("logo".to_owned(), "x".into())].into_iter().collect();
        let world = Arc::new(World { files, ..World::default() });
        let account =
            Credential { name: "smtp".into(), kind: "smtp".into(), hosts: vec![], fields: IndexMap::new(), secrets: IndexMap::new() };
        let params = json!({"to": "a@x.io", "cc": "b@x.io", "attachments": ["out/report.csv", "logo"]});
        let outcome = world.run(&crate::catalogue(), "email.send", params, Some(&account)).await.unwrap();
        assert_eq!(outcome, Outcome::Done(json!({"message_id": "<1@test>", "recipients": ["a@x.io", "b@x.io"]})));
        let mail = world.mails.lock().unwrap().remove(0);
        let kinds: Vec<_> = mail.attachments.iter().map(|file| (file.name.as_str(), file.media_type.as_str())).collect();
        assert_eq!(kinds, [("report.csv", "text/csv; charset=utf-8"), ("logo", "application/octet-stream")]);
        let missing = json!({"to": "a@x.io", "attachments": ["none.csv"]});
        let error = world.run(&crate::catalogue(), "email.send", missing, Some(&account)).await.unwrap_err();
        assert_eq!(error.code, "file_not_found");
    }
}
