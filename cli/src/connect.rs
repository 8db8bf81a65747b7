//! The server behind every verb: one that runs already, or one in this process for as long as it is needed.

mod background;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::notices;
use crate::ui::Ui;
use sayflow_chat_server::{ConnectError, Connection, DRAIN, RunningServer, find_or_start};
use sayflow_client::{Client, ClientError};
use sayflow_host::backup::BackupError;
use sayflow_host::{Environment, Flags, Home, NoHome, OpenError, Settings, SettingsError};
use sayflow_protocol::api::problem::kind;
use sayflow_protocol::api::{DraftView, ItemBody, Problem};
use std::time::Duration;

/// A server in this process that stays for others is worth a word after so long.
const QUIET: Duration = Duration::from_millis(500);

/// A server that can be talked to.
pub struct Session {
    client: Client,
    server: Option<RunningServer>,
}

/// Where this installation keeps its things, and its settings.
pub fn installation(flags: &Flags) -> Result<(Home, Settings), Failure> {
    let environment = Environment::of_process();
    let home = Home::find(environment.home())?;
    let settings = Settings::load(&home, &environment, flags)?;
    Ok((home, settings))
}

/// The folder that steps read and write files in: the one that the person is in.
pub fn workspace() -> Result<String, Failure> {
    let folder = std::env::current_dir().map_err(|error| {
        Failure::new("no_workspace", format!("The folder you are in cannot be used: {error}.")).help("Change to a folder that exists.")
    })?;
    folder.into_os_string().into_string().map_err(|folder| {
        Failure::new("no_workspace", format!("The path of the folder you are in is no UTF-8 text: {}.", folder.display()))
    })
}

impl Session {
    /// Finds the running server, or starts one in this process.
    pub async fn open(interrupts: &mut Interrupts) -> Result<Self, Failure> {
        let (home, settings) = installation(&Flags::default())?;
        let connection = interrupts.guard(async { Ok(find_or_start(&home, &settings).await?) }).await?;
        let Connection { client, server } = connection;
        Ok(Self { client, server })
    }

    /// Finds the running server, or starts one in the background that stays when this process has ended.
    pub async fn lasting(interrupts: &mut Interrupts) -> Result<Self, Failure> {
        let (home, _) = installation(&Flags::default())?;
        let client = interrupts.guard(background::find_or_spawn(&home)).await?;
        Ok(Self { client, server: None })
    }

    /// Does the work of a verb, says why if it fails, and then lets go of the server. Results are told before that: a server
    /// in this process stays until its last client and its last active run have ended, unless the person wants out.
    pub async fn during<W>(self, ui: &Ui, interrupts: &mut Interrupts, work: W) -> Exit
    where
        W: AsyncFnOnce(&Client, &mut Interrupts) -> Result<Exit, Failure>,
    {
        let exit = work(&self.client, interrupts).await.unwrap_or_else(|failure| ui.fail(&failure));
        if exit != Exit::Cancelled {
            notices::tell(ui, &self.client).await;
        }
        drop(self.client);
        if let Some(server) = self.server {
            if exit != Exit::Cancelled {
                stay(ui, interrupts, &server).await;
            }
            leave(ui, interrupts, server).await;
        }
        exit
    }
}

/// Ends the server in this process: what is in progress may end, unless the person insists.
async fn leave(ui: &Ui, interrupts: &mut Interrupts, server: RunningServer) {
    if interrupts.insist() {
        return;
    }
    let mut ending = std::pin::pin!(async {
        server.drain(DRAIN).await;
        server.shutdown().await;
    });
    tokio::select! {
        () = &mut ending => return,
        () = interrupts.next() => {}
        () = tokio::time::sleep(QUIET) => {
            ui.note("Steps in progress may end, for at most 25 seconds; Ctrl-C again leaves at once.");
            tokio::select! {
                () = &mut ending => return,
                () = interrupts.next() => {}
            }
        }
    }
    ui.note("Left at once. The next command takes up what was in progress, and asks about writes whose outcome nobody knows.");
}

/// What decisions say of where they were made.
pub fn via() -> String {
    "cli".to_owned()
}

/// Waits until nobody needs the server, or the person wants out.
async fn stay(ui: &Ui, interrupts: &mut Interrupts, server: &RunningServer) {
    let mut unused = std::pin::pin!(server.until_unused());
    tokio::select! {
        () = &mut unused => return,
        () = interrupts.next() => return,
        () = tokio::time::sleep(QUIET) => {}
    }
    ui.note("The server in this process is still needed by another client or run; Ctrl-C ends it.");
    tokio::select! {
        () = &mut unused => {}
        () = interrupts.next() => {}
    }
}

/// The newest draft of a conversation.
pub async fn last_draft(client: &Client, thread: &str) -> Result<DraftView, Failure> {
    let view = client.thread(thread).await?;
    let newest = view.events.into_iter().rev().find_map(|event| match event.item.body {
        ItemBody::Draft(draft) => Some(draft),
        _ => None,
    });
    newest.ok_or_else(|| {
        Failure::new("not_found", format!("Conversation {} has no draft.", view.id)).help("Say what you want automated: sayflow ask \"…\"")
    })
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Problem(problem) => (*problem).into(),
            ClientError::Unreachable { address, why } => {
                Self::new("unreachable", format!("No server answers at {address}: {why}.")).help("Start one: sayflow serve")
            }
            ClientError::Unexpected { address, why } => {
                Self::new("unexpected", format!("The server at {address} answered in an unexpected way: {why}."))
                    .help("Its version may differ from this one's: sayflow doctor")
            }
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let exit = if matches!(problem.kind.as_str(), kind::INVALID_INPUTS | kind::INVALID_REQUEST) { Exit::Usage } else { Exit::Failed };
        let message = problem.detail.unwrap_or(problem.title);
        Self {
            exit,
            help: problem.help.as_deref().map(sentence).or(problem.retry_after.map(|seconds| format!("Try again in {seconds} s."))),
            diagnostics: problem.diagnostics,
            ..Self::new(&problem.kind, sentence(&message))
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Client(error) => error.into(),
            ConnectError::Open(error) => error.into(),
            ConnectError::Bind(error) => Self::split("bind", &error.to_string()),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::split(if error.is_locked() { "locked" } else { "data_folder" }, &error.to_string())
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        Self::split(error.code(), &error.to_string())
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let failure = Self::new("settings", format!("{}: {}.", error.place, error.message));
        match error.help {
            Some(help) => failure.help(sentence(&help)),
            None => failure,
        }
    }
}

impl From<NoHome> for Failure {
    fn from(error: NoHome) -> Self {
        Self::split("no_home", &error.to_string())
    }
}

impl Failure {
    /// From an error whose text says what happened and, behind the last semicolon, the way out.
    fn split(code: &str, text: &str) -> Self {
        match text.rsplit_once("; ") {
            Some((message, help)) => Self::new(code, sentence(message)).help(sentence(help)),
            None => Self::new(code, sentence(text)),
        }
    }
}

/// Begins with a capital letter and ends with a full stop, unless it ends in what a person may copy.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return String::new() };
    let first_word = text.split(' ').next().unwrap_or_default();
    // Names such as `data.filter` or `SAYFLOW_HOME` keep their spelling.
    let is_name = first_word.contains(['.', '_', '/', ':']) || first_word.chars().skip(1).any(char::is_uppercase);
    let capital: String = if is_name { first.to_string() } else { first.to_uppercase().collect() };
    let end = if text.ends_with(['.', '!', '?', '"', '…', ')']) || is_command(text) { "" } else { "." };
    format!("{capital}{}{end}", characters.as_str())
}

fn is_command(text: &str) -> bool {
    text.rsplit_once(": ").is_some_and(|(_, tail)| tail.starts_with("sayflow "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_sentences_and_commands_stay_as_they_are() {
        assert_eq!(sentence("there is no run \"x\""), "There is no run \"x\"");
        assert_eq!(sentence("the disk is full"), "The disk is full.");
        assert_eq!(sentence("set one: sayflow credentials set slack"), "Set one: sayflow credentials set slack");
        assert_eq!(sentence("data.filter needs where"), "data.filter needs where.");
        let failure = Failure::split("locked", "the data folder is in use; end the other process");
        assert_eq!((failure.message.as_str(), failure.help.as_deref()), ("The data folder is in use.", Some("End the other process.")));
    }
}
