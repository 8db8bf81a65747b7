//! `sayflow doctor`: what this installation looks like and what is wrong with it. Works where nothing else does.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::screen::Screen;
use crate::ui::{Output, Ui, text};
use clap::Args;
use sayflow_chat_server::find_running;
use sayflow_host::doctor::{Finding, Health, examine};
use sayflow_host::{Environment, Home, discovery};
use serde_json::json;
use std::fmt::Write as _;

const EXAMPLES: &str = "\
Examples:
  sayflow doctor
  sayflow doctor --output json";

/// Look at this installation: folders, data lock, database, key, egress, time zone, server
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {}

/// Looks and tells. Fails when something keeps Sayflow from working.
pub async fn run(ui: &Ui) -> Result<Exit, Failure> {
    let environment = Environment::of_process();
    let home = Home::find(environment.home())?;
    let mut findings = vec![Finding::ok("version", env!("CARGO_PKG_VERSION"))];
    findings.extend(examine(&home, &environment).await);
    findings.push(server(&home).await);
    let healthy = findings.iter().all(|finding| finding.status != Health::Error);
    match ui.output {
        Output::Text => ui.result(&page(&findings, &ui.out))?,
        Output::Json => ui.json(&json!({ "healthy": healthy, "checks": findings }))?,
        Output::Jsonl => ui.json_list(&findings)?,
    }
    Ok(if healthy { Exit::Done } else { Exit::Failed })
}

async fn server(home: &Home) -> Finding {
    let Some(file) = discovery::read(&home.server_file()) else {
        return Finding::ok("server", "none is running; verbs start their own");
    };
    if find_running(home).await.is_none() {
        let found =
            format!("{} says that process {} listens on {}, but it does not answer", home.server_file().display(), file.pid, file.address);
        return Finding::warning("server", found, "it was probably killed; the next verb starts its own");
    }
    let stays = if file.lasting { "stays until it is stopped" } else { "ends with its last client and run" };
    let found = format!("{} (process {}, version {}, {stays})", file.address, file.pid, file.version);
    if file.version == env!("CARGO_PKG_VERSION") {
        return Finding::ok("server", found);
    }
    Finding::warning("server", found, "its version differs from this one's; restart it")
}

fn page(findings: &[Finding], screen: &Screen) -> String {
    let widest = findings.iter().map(|finding| text::width(finding.name)).max().unwrap_or(0);
    let mark_width = screen.pick("✔", "ok").chars().count();
    let mut page = String::new();
    for finding in findings {
        let mark = match finding.status {
            Health::Ok => screen.good(screen.pick("✔", "ok")),
            Health::Warning => screen.warn("!"),
            Health::Error => screen.bad(screen.pick("✖", "x")),
        };
        let indent = mark_width + widest + 3;
        let found = text::wrap(&text::one_line(&finding.found), screen.width, indent);
        let _ = writeln!(page, "{} {}  {found}", text::pad(&mark, mark_width), text::pad(finding.name, widest));
        if let Some(help) = &finding.help {
            let help = text::wrap(&text::one_line(help), screen.width, indent + 6);
            let _ = writeln!(page, "{}{} {help}", " ".repeat(indent), screen.hint("help:"));
        }
    }
    page
}
