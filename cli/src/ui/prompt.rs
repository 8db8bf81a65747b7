//! Asking the person at the terminal. Prompts go to stderr; the safe choice has the focus.

use super::Ui;
use super::text;
use super::theme::Prompts;
use crate::failure::Failure;
use dialoguer::{Input, Select};

/// What a person said to an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Approved,
    /// Leave it.
    Declined,
}

/// What a person said to an approval that is kept until somebody decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: it stays open.
    Later,
    /// Yes.
    Approve,
    /// No, for good.
    Reject,
}

/// Runs a prompt on a thread of its own, so that a server in this process goes on working meanwhile. A prompt that is
/// interrupted leaves the cursor visible.
async fn ask<T, F>(ui: &Ui, prompt: F) -> Result<T, Failure>
where
    T: Send + 'static,
    F: FnOnce(&Prompts) -> dialoguer::Result<T> + Send + 'static,
{
    let theme = Prompts(ui.err);
    let answer = tokio::task::spawn_blocking(move || prompt(&theme)).await;
    match answer {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(dialoguer::Error::IO(error))) => {
            let _ = console::Term::stderr().show_cursor();
            Err(error.into())
        }
        Err(_) => Err(Failure::new("prompt", "The prompt ended unexpectedly.")),
    }
}

/// Yes or no, with No in focus.
pub async fn approve(ui: &Ui, question: &str) -> Result<Decision, Failure> {
    let question = text::one_line(question);
    let chosen = ask(ui, move |theme| {
        Select::with_theme(theme).with_prompt(question).items(["No, leave it", "Yes, go on"]).default(0).interact_opt()
    })
    .await?;
    Ok(if chosen == Some(1) { Decision::Approved } else { Decision::Declined })
}

/// Yes, no, or not now, which has the focus: Enter decides nothing.
pub async fn verdict(ui: &Ui, question: &str) -> Result<Verdict, Failure> {
    let chosen = pick(ui, question, &["No, not now", "Yes, approve it", "No, refuse it for good"]).await?;
    Ok(match chosen {
        Some(1) => Verdict::Approve,
        Some(2) => Verdict::Reject,
        _ => Verdict::Later,
    })
}

/// The place of one of several answers, the first in focus. `None` when the person left the question.
pub async fn pick(ui: &Ui, question: &str, choices: &[&str]) -> Result<Option<usize>, Failure> {
    let prompt = text::one_line(question);
    let items: Vec<String> = choices.iter().map(|choice| text::one_line(choice)).collect();
    ask(ui, move |theme| Select::with_theme(theme).with_prompt(prompt).items(items).default(0).interact_opt()).await
}

/// One of several answers, or one in the person's own words. `None` when they left it open.
pub async fn choose(ui: &Ui, question: &str, choices: &[String]) -> Result<Option<String>, Failure> {
    let prompt = text::one_line(question);
    let mut items: Vec<String> = choices.iter().map(|choice| text::one_line(choice)).collect();
    items.push(ui.err.pick("Something else…", "Something else...").to_owned());
    let chosen = ask(ui, move |theme| Select::with_theme(theme).with_prompt(prompt).items(items).default(0).interact_opt()).await?;
    match chosen {
        None => Ok(None),
        Some(place) => match choices.get(place) {
            Some(choice) => Ok(Some(choice.clone())),
            None => line(ui, "Your answer").await,
        },
    }
}

/// A line of text. `None` when it was left empty.
pub async fn line(ui: &Ui, question: &str) -> Result<Option<String>, Failure> {
    let prompt = text::one_line(question);
    let answer = ask(ui, move |theme| Input::<String>::with_theme(theme).with_prompt(prompt).allow_empty(true).interact_text()).await?;
    let answer = answer.trim();
    Ok((!answer.is_empty()).then(|| answer.to_owned()))
}

/// A secret, without echo.
pub async fn secret(question: &str) -> Result<String, Failure> {
    let prompt = format!("{}: ", text::one_line(question));
    let answer = tokio::task::spawn_blocking(move || rpassword::prompt_password(prompt)).await;
    match answer {
        Ok(Ok(secret)) => Ok(secret),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Failure::new("prompt", "The prompt ended unexpectedly.")),
    }
}
