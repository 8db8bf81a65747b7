//! The `sayflow` binary: a client of the server's API for people and scripts, which starts a server in its own process
//! where none runs.

mod args;
mod connect;
mod document;
mod exit;
mod failure;
mod follow;
mod interrupt;
mod launch;
mod notices;
mod pair;
mod points;
mod render;
mod stepwise;
mod ui;
mod verb;

use args::{Cli, SHORT_HELP, Verb};
use clap::{CommandFactory, FromArgMatches};
use exit::Exit;
use failure::Failure;
use interrupt::Interrupts;
use std::process::ExitCode;
use ui::{ColorChoice, Ui};

/// Runs are many small pieces of memory that one thread takes and another gives back.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Environment variable with the filter of the log on stderr, such as `debug` or `sayflow_engine=trace`.
const LOG_FILTER: &str = "SAYFLOW_LOG";
/// The main work is waiting; a server in this process needs a second thread beside the one that a prompt may hold up.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    let salvaged = args::salvage(std::env::args().skip(1));
    let color = match salvaged.color {
        ColorChoice::Auto => clap::ColorChoice::Auto,
        ColorChoice::Always => clap::ColorChoice::Always,
        ColorChoice::Never => clap::ColorChoice::Never,
    };
    let parsed = Cli::command().color(color).try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => {
            let ui = Ui::detect(cli.global.output, cli.global.color);
            run(&ui, cli.verb).into()
        }
        Err(error) => refuse(&Ui::detect(salvaged.output, salvaged.color), &error).into(),
    }
}

/// Help and the version are results; the rest is a wrong command line.
fn refuse(ui: &Ui, error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        // A reader that has gone away is no error.
        let _ = error.print();
        return Exit::Done;
    }
    if ui.is_text() {
        let _ = error.print();
        return Exit::Usage;
    }
    let rendered = error.render().to_string();
    let message = rendered.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    ui.fail(&Failure::usage(message).help("See: sayflow --help"))
}

fn run(ui: &Ui, verb: Option<Verb>) -> Exit {
    let Some(verb) = verb else {
        return ui.result(&format!("{SHORT_HELP}\n")).map_or_else(|failure| ui.fail(&failure), |()| Exit::Done);
    };
    console::set_colors_enabled(ui.out.color);
    console::set_colors_enabled_stderr(ui.err.color);
    start_log();
    if let Verb::Completions(args) = &verb {
        return verb::completions::run(ui, args, <Cli as clap::CommandFactory>::command()).unwrap_or_else(|failure| ui.fail(&failure));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return ui.fail(&Failure::from(error)),
    };
    let exit = runtime.block_on(Box::pin(dispatch(ui, verb))).unwrap_or_else(|failure| ui.fail(&failure));
    // A prompt that was left with Ctrl-C may still hold a thread; it must not hold the process.
    runtime.shutdown_background();
    exit
}

async fn dispatch(ui: &Ui, verb: Verb) -> Result<Exit, Failure> {
    let mut interrupts = Interrupts::listen()?;
    let interrupts = &mut interrupts;
    match verb {
        Verb::Ask(args) => verb::ask::run(ui, &args, interrupts).await,
        Verb::Run(args) => verb::run::run(ui, &args, interrupts).await,
        Verb::Validate(args) => verb::validate::run(ui, &args, interrupts).await,
        Verb::Schema(_) => verb::schema::run(ui),
        Verb::Workflows(args) => verb::workflows::run(ui, args, interrupts).await,
        Verb::Runs(args) => verb::runs::run(ui, args, interrupts).await,
        Verb::Approve(args) => verb::approve::run(ui, args, interrupts).await,
        Verb::Templates(args) => verb::templates::run(ui, &args, interrupts).await,
        Verb::Actions(args) => verb::actions::run(ui, &args, interrupts).await,
        Verb::Credentials(args) => verb::credentials::run(ui, args, interrupts).await,
        Verb::Serve(args) => verb::serve::run(ui, &args, interrupts).await,
        Verb::Backup(args) => verb::backup::run(ui, &args, interrupts).await,
        Verb::Restore(args) => verb::restore::run(ui, &args, interrupts).await,
        Verb::Doctor(_) => verb::doctor::run(ui).await,
        Verb::Completions(args) => verb::completions::run(ui, &args, <Cli as clap::CommandFactory>::command()),
    }
}

/// The log is for those who ask for it; without the variable nothing is set up.
fn start_log() {
    let Ok(filter) = std::env::var(LOG_FILTER) else { return };
    let filter = tracing_subscriber::EnvFilter::builder().parse_lossy(filter);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}
