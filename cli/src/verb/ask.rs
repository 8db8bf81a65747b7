//! `sayflow ask`: a request in plain words becomes a checked workflow and, with `--run`, a run.

mod dialogue;
mod pending;
mod report;
mod turn;

use crate::connect::{Session, last_draft, workspace};
use crate::document::{self, STDIN};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::{self, Patience};
use crate::interrupt::Interrupts;
use crate::launch::{self, APPROVE_ALL, Launched, Stay};
use crate::pair::{pair, payload};
use crate::render;
use crate::ui::Ui;
use clap::Args;
use pending::Settled;
use report::Report;
use sayflow_client::Client;
use sayflow_protocol::RunView;
use sayflow_protocol::api::{ActivatedWorkflow, ApprovalView, DraftView, Pending, PostTurn, RunSource, StartRun, TurnView, Usage};
use serde_json::Value;
use turn::Told;

const EXAMPLES: &str = "\
Examples:
  sayflow ask \"sum the amount column of sales.csv by region and write it to totals.json\" --run
  sayflow ask \"every weekday at 9 post the stories of https://news.example/feed.xml to #news\"
  sayflow ask --thread last \"send it to #general instead\"
  sayflow ask --thread last --answer channel=#news --run --yes
  echo \"count the lines of access.log that contain 500\" | sayflow ask - --run --output json";

/// Say what you want automated
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AskArgs {
    /// The request in your words, or `-` to read it from stdin
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
    /// Run it once, now, whatever its triggers are
    #[arg(long)]
    run: bool,
    /// Approve what it reads and writes without being asked
    #[arg(long)]
    yes: bool,
    /// Also try reads over the network in the dry run; with --run, only simulate the writes
    #[arg(long)]
    dry_run: bool,
    /// Go on with a conversation
    #[arg(long, value_name = "ID|last")]
    thread: Option<String>,
    /// Answer an open question
    #[arg(long = "answer", value_name = "QID=VALUE", value_parser = pair)]
    answers: Vec<(String, String)>,
    /// With --run: what a trigger would have brought, as JSON or @FILE
    #[arg(long, value_name = "JSON", value_parser = payload, requires = "run")]
    payload: Option<Value>,
}

impl AskArgs {
    /// What is done with a draft that came of something else than words.
    pub(super) fn for_draft(run: bool, yes: bool, dry_run: bool, payload: Option<Value>) -> Self {
        Self { text: Vec::new(), run, yes, dry_run, thread: None, answers: Vec::new(), payload }
    }
}

/// What has happened so far.
struct Outcome {
    turn: TurnView,
    approval: Option<ApprovalView>,
    run: Option<RunView>,
    activated: Option<ActivatedWorkflow>,
}

/// Asks, shows the plan, runs it if that was said, and tells how it ended.
pub async fn run(ui: &Ui, args: &AskArgs, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let text = request_text(args)?;
    let session = Session::open(interrupts).await?;
    let work = async |client: &Client, interrupts: &mut Interrupts| {
        let outcome = Box::pin(carry_out(ui, args, client, text, interrupts)).await?;
        tell_end(ui, args, &outcome)?;
        Ok(exit(args, &outcome))
    };
    Ok(session.during(ui, interrupts, work).await)
}

/// Shows a draft that came of something else than words, runs it if that was said, and tells how it ended.
pub(super) async fn go_on(ui: &Ui, args: &AskArgs, client: &Client, turn: TurnView, interrupts: &mut Interrupts) -> Result<Exit, Failure> {
    let outcome = with_draft(ui, args, client, Told { turn, reply_shown: false }, interrupts).await?;
    tell_end(ui, args, &outcome)?;
    Ok(exit(args, &outcome))
}

async fn carry_out(ui: &Ui, args: &AskArgs, client: &Client, text: String, interrupts: &mut Interrupts) -> Result<Outcome, Failure> {
    let kept = match &args.thread {
        Some(thread) if text.is_empty() && args.answers.is_empty() => interrupts.guard(resume(client, thread)).await?,
        _ => None,
    };
    let told = match kept {
        Some(turn) => Told { turn, reply_shown: false },
        None => {
            let first = PostTurn {
                text,
                answers: args.answers.iter().cloned().collect(),
                network_reads: args.dry_run,
                workspace: workspace()?,
                timezone: jiff::tz::TimeZone::system().iana_name().map(str::to_owned),
            };
            dialogue::talk(ui, client, args.thread.as_deref().unwrap_or("new"), first, interrupts).await?
        }
    };
    with_draft(ui, args, client, told, interrupts).await
}

async fn with_draft(ui: &Ui, args: &AskArgs, client: &Client, told: Told, interrupts: &mut Interrupts) -> Result<Outcome, Failure> {
    let Told { turn, reply_shown } = told;
    if ui.is_text() {
        let rest = if reply_shown { TurnView { reply: String::new(), ..turn.clone() } } else { turn.clone() };
        ui.result(&render::plan::turn(&rest, &ui.out))?;
    }
    let mut outcome = Outcome { approval: turn.approval.clone(), run: None, activated: None, turn };
    if outcome.turn.interrupted {
        return Ok(outcome);
    }
    if let Some(run) = outcome.turn.run.clone() {
        let run = interrupts.guard(async { Ok(client.run(run.as_str()).await?) }).await?;
        outcome.run = Some(follow::follow(ui, client, run, interrupts, Patience::ShortPauses).await?);
        return Ok(outcome);
    }
    if let (Some(pending), Some(approval)) = (outcome.turn.pending.clone(), outcome.turn.approval.clone()) {
        match pending::settle(ui, client, args, (&pending, &approval), interrupts).await? {
            Settled::Run(run) => outcome.run = Some(run),
            Settled::Activated(activated) => outcome.activated = Some(activated),
            Settled::Left(approval) => {
                outcome.approval = Some(approval);
                return Ok(outcome);
            }
        }
        outcome.approval = None;
        return Ok(outcome);
    }
    let Some(draft) = runnable(args, &outcome.turn) else { return Ok(outcome) };
    let request = StartRun {
        source: RunSource::Draft(draft.id.clone()),
        inputs: indexmap::IndexMap::new(),
        payload: args.payload.clone(),
        dry_run: args.dry_run,
        network_reads: args.dry_run,
        stepwise: false,
        approve: args.yes.then(|| APPROVE_ALL.to_owned()),
        workspace: workspace()?,
    };
    if ui.is_text() {
        ui.note("");
    }
    match launch::launch(ui, client, request, interrupts, Stay::Watch(Patience::ShortPauses)).await? {
        Launched::Run(run) => {
            outcome.run = Some(run);
            outcome.approval = None;
        }
        Launched::Rehearsed(report) => {
            outcome.run = Some(report.run.clone());
            outcome.approval = None;
            if let Some(draft) = &mut outcome.turn.draft {
                draft.dry_run = Some(report);
            }
        }
        Launched::NotApproved(approval) => outcome.approval = Some(approval),
    }
    Ok(outcome)
}

/// The draft, if it is to be run and can be.
fn runnable<'a>(args: &AskArgs, turn: &'a TurnView) -> Option<&'a DraftView> {
    let ready = args.run && turn.questions.is_empty() && !turn.cannot;
    turn.draft.as_ref().filter(|draft| ready && !has_errors(draft))
}

fn has_errors(draft: &DraftView) -> bool {
    draft.diagnostics.iter().any(sayflow_protocol::Diagnostic::is_error)
}

/// The newest draft of a conversation, when nothing new is said: `sayflow ask --thread last --run`. None where a turn was
/// left in its middle: an empty message goes on with it.
async fn resume(client: &Client, thread: &str) -> Result<Option<TurnView>, Failure> {
    let view = client.thread(thread).await?;
    if dialogue::is_unfinished(&view) {
        return Ok(None);
    }
    let draft = last_draft(client, thread).await?;
    let questions = dialogue::open_questions(&view);
    Ok(Some(TurnView {
        thread: view.id,
        reply: String::new(),
        planner: "none".to_owned(),
        draft: Some(draft),
        questions,
        approval: None,
        usage: Usage::default(),
        cannot: false,
        run: None,
        pending: None,
        proposal: None,
        interrupted: false,
    }))
}

fn request_text(args: &AskArgs) -> Result<String, Failure> {
    let text = match args.text.as_slice() {
        [only] if only == STDIN => document::stdin()?,
        words => words.join(" "),
    };
    let text = text.trim().to_owned();
    if text.is_empty() && args.thread.is_none() {
        return Err(Failure::usage("There is nothing to do: the request is empty.")
            .help("Say what you want, such as: sayflow ask \"count the lines of access.log that contain 500\""));
    }
    Ok(text)
}

fn tell_end(ui: &Ui, args: &AskArgs, outcome: &Outcome) -> Result<(), Failure> {
    if !ui.is_text() {
        return ui.json(&Report::new(&outcome.turn, outcome.approval.as_ref(), outcome.run.as_ref(), outcome.activated.as_ref()));
    }
    if let Some(activated) = &outcome.activated {
        return ui.result(&render::trigger::activated(activated, &ui.out));
    }
    if let Some(run) = &outcome.run {
        return ui.result(&render::outcome::render(run, &ui.out));
    }
    let turn = &outcome.turn;
    if turn.interrupted {
        return Ok(());
    }
    if !turn.questions.is_empty() {
        let gap = if render::plan::only_asks(turn) { "" } else { "\n" };
        return ui.result(&format!("{gap}{}", dialogue::render_open(turn, &ui.out)));
    }
    match (&outcome.approval, &turn.draft) {
        (Some(approval), _) if args.run || turn.pending.is_some() => launch::say_not_approved(ui, approval, done(turn)),
        (_, Some(draft)) if !has_errors(draft) && !args.run && !turn.cannot => {
            let name = draft.workflow["name"].as_str().unwrap_or("it");
            ui.note(&format!(
                "\n{}\n{}",
                ui.err.dim("Nothing has run yet. Run it once:  sayflow ask --thread last --run"),
                ui.err.dim(&format!("Keep it as {}:  sayflow workflows save --thread last", crate::ui::text::one_line(name))),
            ));
        }
        _ => {}
    }
    Ok(())
}

/// What was to be done.
fn done(turn: &TurnView) -> &'static str {
    match turn.pending {
        Some(Pending::Activate { .. }) => "activated",
        _ => "run",
    }
}

fn exit(args: &AskArgs, outcome: &Outcome) -> Exit {
    let turn = &outcome.turn;
    match (&outcome.run, &turn.draft) {
        _ if turn.interrupted => Exit::Cancelled,
        _ if outcome.activated.is_some() => Exit::Done,
        (None, _) if turn.pending.is_some() => Exit::ApprovalNeeded,
        (Some(run), _) => Exit::of_started(run, args.yes),
        _ if !turn.questions.is_empty() => Exit::Questions,
        _ if turn.cannot => Exit::Failed,
        (None, Some(draft)) if has_errors(draft) => Exit::Failed,
        (None, Some(_)) if args.run => Exit::ApprovalNeeded,
        (None, None) if args.run => Exit::Failed,
        (None, _) => Exit::Done,
    }
}
