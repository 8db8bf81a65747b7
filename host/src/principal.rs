//! Who asks, and what they may ask for. One function judges for every surface.

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Whoever holds the token of this installation: the person at this machine.
    Owner,
    /// Whoever reached the server without a token.
    Stranger,
}

impl Principal {
    /// The name that goes into records, such as who cancelled a run.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Stranger => "stranger",
        }
    }
}

/// What can be asked of the application, whatever the surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// How is the server?
    AskHealth,
    /// Read the counters.
    ReadMetrics,
    /// Say something in a conversation.
    PostTurn,
    /// Read a conversation and its drafts.
    ReadThread,
    /// Check a document.
    Validate,
    /// Read saved workflows.
    ReadWorkflows,
    /// Keep, activate or remove a workflow.
    ChangeWorkflow,
    /// Start a run.
    StartRun,
    /// Read runs and their journals.
    ReadRuns,
    /// Stop a run, let it rest or go on, decide about an unknown outcome.
    SteerRun,
    /// Do one step alone.
    TestStep,
    /// See what people have to decide.
    ReadApprovals,
    /// Say yes or no.
    DecideApproval,
    /// Read what happened while nobody looked, and mark it as seen.
    ReadNotices,
    /// See which accounts there are.
    ReadCredentials,
    /// Keep or remove an account.
    ChangeCredential,
    /// Read the actions, the templates and the document's schema.
    ReadCatalogue,
    /// Keep, take in or remove a template.
    ChangeTemplate,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody knows who asks.
    #[error("this needs the server's token")]
    WhoAreYou,
}

/// Whether somebody may ask for something. Called for every command of every surface.
///
/// # Errors
/// When they may not.
pub fn authorize(principal: &Principal, command: Command) -> Result<(), Denied> {
    match (principal, command) {
        (Principal::Owner, _) | (Principal::Stranger, Command::AskHealth) => Ok(()),
        (Principal::Stranger, _) => Err(Denied::WhoAreYou),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_may_only_ask_how_the_server_is() {
        assert_eq!(authorize(&Principal::Stranger, Command::AskHealth), Ok(()));
        for command in [
            Command::ReadMetrics,
            Command::PostTurn,
            Command::StartRun,
            Command::SteerRun,
            Command::TestStep,
            Command::ReadApprovals,
            Command::DecideApproval,
            Command::ReadNotices,
            Command::ReadCredentials,
            Command::ReadCatalogue,
            Command::ChangeTemplate,
        ] {
            assert_eq!(authorize(&Principal::Stranger, command), Err(Denied::WhoAreYou), "{command:?}");
            assert_eq!(authorize(&Principal::Owner, command), Ok(()), "{command:?}");
        }
    }
}
