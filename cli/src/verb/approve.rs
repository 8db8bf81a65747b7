//! `sayflow approve`: what waits for a person's yes or no.

use crate::connect::{Session, via};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::points;
use crate::render;
use crate::ui::Ui;
use clap::Args;
use sayflow_client::Client;
use sayflow_protocol::api::{ApprovalObject, ApprovalOutcome, ApprovalQuery, DecideApproval};

const EXAMPLES: &str = "\
Examples:
  sayflow approve
  sayflow approve 0197a3f2
  sayflow approve 0197a3f2 --no --comment \"the total is wrong\"
  sayflow approve --all --output json

Without an id it lists what is open; in a terminal it asks about each. The first decision counts.";

/// Say yes or no to what runs ask
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ApproveArgs {
    /// The approval, by its id or the beginning of its id; all that are open when left out
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Say no
    #[arg(long, requires = "id")]
    no: bool,
    /// What you say to it
    #[arg(long, requires = "id")]
    comment: Option<String>,
    /// Decide only if this is still the hash of what is asked
    #[arg(long, value_name = "SHA256", requires = "id")]
    payload_hash: Option<String>,
    /// Also list what was decided
    #[arg(long, conflicts_with = "id")]
    all: bool,
}

/// Lists, or decides.
pub async fn run(ui: &Ui, args: ApproveArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| match args.id.clone() {
        Some(id) => interrupts.guard(decide(ui, client, &id, &args)).await,
        None => list(ui, client, &args, interrupts).await,
    };
    Ok(session.during(ui, interrupts, work).await)
}

async fn list(ui: &Ui, client: &Client, args: &ApproveArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let query = ApprovalQuery { all: args.all, limit: None };
    let list = interrupts.guard(async { Ok(client.approvals(query).await?) }).await?;
    if !ui.is_text() {
        ui.json_list(&list.approvals)?;
        return Ok(Exit::Done);
    }
    let open: Vec<&ApprovalObject> = list.approvals.iter().filter(|approval| approval.decision.is_none()).collect();
    if !ui.is_interactive() || args.all || open.is_empty() {
        ui.result(&render::approval::list(&list.approvals, &ui.out))?;
        return Ok(Exit::Done);
    }
    for approval in open {
        ui.note(render::approval::in_full(approval, &ui.err).trim_end());
        match points::decide(ui, client, approval, interrupts).await? {
            Some(decided) => tell(ui, &decided)?,
            None => ui.note("It stays open."),
        }
    }
    Ok(Exit::Done)
}

async fn decide(ui: &Ui, client: &Client, word: &str, args: &ApproveArgs) -> Result<Exit, Failure> {
    let approval = find(client, word).await?;
    let hash = args.payload_hash.clone().unwrap_or_else(|| approval.payload_hash.clone());
    let decision = DecideApproval { approve: !args.no, payload_hash: Some(hash), comment: args.comment.clone(), via: Some(via()) };
    let decided = client.decide_approval(approval.id.as_str(), &decision).await?;
    if ui.is_text() {
        tell(ui, &decided)?
    } else {
        ui.json(&decided)?
    }
    Ok(Exit::Done)
}

fn tell(ui: &Ui, decided: &ApprovalObject) -> Result<(), Failure> {
    let what = crate::ui::text::one_line(&decided.what);
    let words = match decided.decision {
        Some(ApprovalOutcome::Approved) => format!("{} Approved: {what}", ui.out.good(ui.out.pick("✔", "ok"))),
        Some(ApprovalOutcome::Rejected) => format!("{} Refused: {what}", ui.out.warn(ui.out.pick("✖", "x"))),
        Some(other) => format!("{}: {what}", other.as_str()),
        None => what,
    };
    ui.result(&format!("{words}\n"))?;
    if let Some(run) = &decided.run {
        ui.note(&format!("Run {run} goes on. See: sayflow runs show {run}"));
    }
    Ok(())
}

/// The approval that a word stands for: an id, or the beginning of the id of an open one.
async fn find(client: &Client, word: &str) -> Result<ApprovalObject, Failure> {
    let open = client.approvals(ApprovalQuery { all: false, limit: Some(500) }).await?.approvals;
    let mut fitting = open.into_iter().filter(|approval| approval.id.as_str().starts_with(word));
    match (fitting.next(), fitting.next()) {
        (Some(approval), None) => Ok(approval),
        // One that was decided is asked for by its whole id; the server then says who decided.
        (None, _) => Ok(client.approval(word).await?),
        (Some(_), Some(_)) => {
            Err(Failure::new("ambiguous", format!("Several approvals begin with \"{word}\".")).help("Give more of the id: sayflow approve"))
        }
    }
}
