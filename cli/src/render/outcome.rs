//! How a run ended, in brief: what was written, what came out, why it failed and what to do then.

use super::{points, progress, time, value};
use crate::ui::screen::Screen;
use crate::ui::text;
use jiff::tz::TimeZone;
use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::{RunStatus, RunView, StepStatus, StepView};
use serde_json::Value;
use std::fmt::Write as _;

/// The outcome of a run that was just watched. Ends with a line break.
pub fn render(run: &RunView, screen: &Screen) -> String {
    if run.dry_run {
        return dry_run(run, screen);
    }
    let mut rendered = headline(run, screen);
    failure(&mut rendered, run, screen);
    files(&mut rendered, run, screen);
    results(&mut rendered, run, screen);
    unknown_outcomes(&mut rendered, run, screen);
    rendered.push_str(&points::render(run, screen));
    if run.status == RunStatus::Waiting && run.open.is_empty() {
        let words = format!("It goes on by itself while a server runs (sayflow serve). Stop it: sayflow runs cancel {}", run.id);
        let _ = writeln!(rendered, "  {}", text::wrap(&text::one_line(&words), screen.width, 2));
    }
    let _ = writeln!(rendered, "  {}", screen.dim(&format!("run {}", text::one_line(run.id.as_str()))));
    rendered
}

/// A dry run is not watched and not kept, so all that there is to see is told here.
fn dry_run(run: &RunView, screen: &Screen) -> String {
    let mut rendered = headline(run, screen);
    failure(&mut rendered, run, screen);
    steps(&mut rendered, run, screen);
    files(&mut rendered, run, screen);
    rendered
}

fn files(rendered: &mut String, run: &RunView, screen: &Screen) {
    let word = if run.dry_run { "would write" } else { "wrote" };
    for line in run.steps.iter().filter_map(|step| written(step.output.as_ref()?)) {
        let _ = writeln!(rendered, "  {}", screen.cut_to(&format!("{word} {line}"), screen.width - 2));
    }
}

/// A run as `runs show` tells it: the outcome and every step.
pub fn in_full(run: &RunView, screen: &Screen) -> String {
    let zone = TimeZone::system();
    let mut rendered = headline(run, screen);
    failure(&mut rendered, run, screen);
    unknown_outcomes(&mut rendered, run, screen);
    rendered.push_str(&points::render(run, screen));
    if run.status == RunStatus::Failed {
        let _ = writeln!(rendered, "  {} sayflow runs retry {}", screen.hint("again:"), text::one_line(run.id.as_str()));
    }
    let _ = writeln!(rendered, "  {}", screen.dim(&format!("run {}{}", text::one_line(run.id.as_str()), kin(run))));
    let _ = writeln!(rendered, "  {}", screen.dim(&format!("begun {}", time::stamp(run.started.unwrap_or(run.created), &zone))));
    rendered.push('\n');
    steps(&mut rendered, run, screen);
    if let Some(outputs) = run.outputs.as_ref().filter(|outputs| !is_empty(outputs)) {
        let _ = writeln!(rendered, "\n{}", screen.bold("Outputs"));
        rendered.push_str(&value::block(outputs, 2, screen));
    }
    rendered
}

/// The runs that it hangs together with.
fn kin(run: &RunView) -> String {
    let mut kin = String::new();
    if let Some((parent, _)) = &run.lineage.parent {
        let _ = write!(kin, ", called by {}", text::one_line(parent.as_str()));
    }
    if let Some(earlier) = &run.lineage.retry_of {
        let _ = write!(kin, ", tries {} again", text::one_line(earlier.as_str()));
    }
    kin
}

fn steps(rendered: &mut String, run: &RunView, screen: &Screen) {
    let widest = run.steps.iter().map(|step| text::width(&step.id)).max().unwrap_or(0).min(screen.width / 3);
    for step in &run.steps {
        rendered.push_str(&step_line(step, widest, screen));
    }
}

fn headline(run: &RunView, screen: &Screen) -> String {
    let name = screen.bold(&text::one_line(&run.workflow));
    let took = time::took(run.started.or(Some(run.created)), run.ended).map(time::duration);
    let within = |word: &str| took.as_ref().map(|took| format!(" {word} {took}")).unwrap_or_default();
    let what = if run.dry_run { format!("Dry run of {name}") } else { name };
    match run.status {
        RunStatus::Succeeded => {
            let tail = if run.dry_run { ": nothing was written" } else { "" };
            format!("{} {what} succeeded{}{tail}\n", screen.good(screen.pick("✔", "ok")), within("in"))
        }
        RunStatus::Failed => format!("{} {what} failed{}\n", screen.bad(screen.pick("✖", "x")), within("after")),
        RunStatus::Cancelled => format!("{} {what} was cancelled{}\n", screen.warn(screen.pick("■", "!")), within("after")),
        RunStatus::Waiting => format!("{} {what} is waiting\n", screen.warn(screen.pick("◷", "w"))),
        RunStatus::Paused => format!("{} {what} is {}\n", screen.warn("?"), paused_for(run)),
        RunStatus::Queued => format!("{} {what} is queued\n", screen.dim(screen.pick("▸", ">"))),
        RunStatus::Running => format!("{} {what} is running\n", screen.hint(screen.pick("▸", ">"))),
    }
}

/// Why nothing goes on.
fn paused_for(run: &RunView) -> &'static str {
    match run.open.first() {
        Some(OpenPoint::Resume { .. }) => "paused",
        Some(OpenPoint::Step { .. }) => "stopped before its next step",
        Some(OpenPoint::Store { .. }) => "paused until the store can be written",
        _ => "paused until somebody decides",
    }
}

fn failure(rendered: &mut String, run: &RunView, screen: &Screen) {
    let Some(error) = run.error.as_ref().filter(|_| run.status != RunStatus::Cancelled) else { return };
    let place = error.step.as_deref().map(|step| format!("{}: ", screen.bold(&text::one_line(step)))).unwrap_or_default();
    let words = format!("{place}{} {}", text::lines(&error.message), screen.dim(&format!("({})", text::one_line(&error.code))));
    let _ = writeln!(rendered, "  {}", text::wrap(&words, screen.width, 2));
    if let Some(help) = &error.help {
        let _ = writeln!(rendered, "  {} {}", screen.hint("help:"), text::wrap(&text::lines(help), screen.width, 8));
    }
}

/// `out/report.csv (1,234 bytes)`, for outputs in the shape of a written file; `3 files: a.txt, b.txt, c.txt` for a loop
/// of them.
fn written(output: &Value) -> Option<String> {
    if let Some((path, bytes)) = file_of(output) {
        return Some(format!("{} ({} bytes)", text::one_line(path), grouped(bytes)));
    }
    let paths: Vec<&str> = files_of(output)?;
    let count = text::count(paths.len() as u64, "file", "files");
    Some(format!("{count}: {}", text::one_line(&paths.join(", "))))
}

/// The paths, if all that a loop did was to write files.
fn files_of(output: &Value) -> Option<Vec<&str>> {
    let items = output.as_array().filter(|items| !items.is_empty())?;
    items.iter().map(|item| file_of(item).map(|(path, _)| path)).collect()
}

fn file_of(output: &Value) -> Option<(&str, u64)> {
    let fields = output.as_object()?;
    (fields.len() == 2).then_some(())?;
    Some((fields.get("path")?.as_str()?, fields.get("bytes")?.as_u64()?))
}

/// What matters of the answer to a request.
fn body_of(output: &Value) -> Option<&Value> {
    let fields = output.as_object()?;
    (fields.contains_key("status") && fields.contains_key("headers")).then(|| fields.get("body")).flatten()
}

/// `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// What the run hands back or, where it declares nothing, what its last step did.
fn results(rendered: &mut String, run: &RunView, screen: &Screen) {
    if run.status != RunStatus::Succeeded {
        return;
    }
    if let Some(outputs) = run.outputs.as_ref().filter(|outputs| !is_empty(outputs)) {
        rendered.push_str(&value::block(outputs, 2, screen));
        return;
    }
    let last = run.steps.iter().rev().find(|step| step.output.as_ref().is_some_and(|output| !is_empty(output)));
    let Some((step, output)) = last.and_then(|step| Some((step, step.output.as_ref()?))) else { return };
    if file_of(output).is_some() || files_of(output).is_some() {
        return;
    }
    let output = body_of(output).unwrap_or(output);
    if let Some(items) = step.items {
        let _ = writeln!(rendered, "  {}: {}", text::one_line(&step.id), text::count(u64::from(items.total), "item", "items"));
    } else {
        rendered.push_str(&value::block(output, 2, screen));
    }
}

fn unknown_outcomes(rendered: &mut String, run: &RunView, screen: &Screen) {
    if run.open.iter().any(|point| matches!(point, OpenPoint::Unknown { .. })) {
        return;
    }
    for step in run.steps.iter().filter(|step| step.status == StepStatus::OutcomeUnknown) {
        let words = format!("{} was sent and nobody knows whether it arrived; look there before you decide.", text::one_line(&step.id));
        let _ = writeln!(rendered, "  {} {}", screen.warn("?"), text::wrap(&words, screen.width, 4));
    }
}

fn step_line(step: &StepView, widest: usize, screen: &Screen) -> String {
    let (mark, word) = match step.status {
        StepStatus::Pending => (screen.dim(screen.pick("·", ".")), "not begun"),
        StepStatus::Running => (screen.hint(screen.pick("▸", ">")), "running"),
        StepStatus::Waiting => (screen.dim(screen.pick("◷", "w")), "waiting"),
        StepStatus::Succeeded => (screen.good(screen.pick("✔", "ok")), ""),
        StepStatus::Failed => (screen.bad(screen.pick("✖", "x")), ""),
        StepStatus::Skipped => (screen.dim(screen.pick("–", "-")), "skipped"),
        StepStatus::Cancelled => (screen.warn(screen.pick("■", "!")), "cancelled"),
        StepStatus::OutcomeUnknown => (screen.warn("?"), "outcome unknown"),
    };
    let took = time::took(step.started, step.ended).map(time::duration).unwrap_or_default();
    let mut parts: Vec<String> = vec![word.to_owned()];
    if let Some(items) = step.items {
        parts.push(format!("{}/{}", items.succeeded + items.failed, items.total));
    }
    if step.attempts > 1 && step.items.is_none() {
        parts.push(format!("attempt {}", step.attempts));
    }
    if step.simulated {
        parts.push("simulated".to_owned());
    }
    parts.extend(step.skipped_because.as_deref().map(text::one_line));
    parts.extend(step.error.as_ref().map(|error| text::one_line(&error.message)));
    if step.error.is_none() {
        parts.extend(step.output.as_ref().filter(|output| !is_empty(output)).map(|output| screen.dim(&value::brief(output, 60, screen))));
    }
    parts.retain(|part| !part.is_empty());
    let mark = text::pad(&mark, screen.pick("✔", "ok").chars().count());
    let id = text::pad(&screen.cut_to(&text::one_line(&step.id), widest), widest);
    let took = screen.dim(&text::pad(&took, progress::TOOK_WIDTH));
    format!("{}\n", screen.cut(format!("  {mark} {id}  {took}  {}", parts.join("  ")).trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::plain;
    use serde_json::json;

    fn run(status: &str, steps: Value, more: Value) -> RunView {
        let mut run = json!({
            "id": "0197a3f2-0000-7000-8000-000000000001", "workflow": "report", "version": null, "dry_run": false, "status": status,
            "created": "2026-11-20T12:00:00Z", "started": "2026-11-20T12:00:00Z", "ended": "2026-11-20T12:00:01.400Z",
            "error": null, "steps": steps, "outputs": null
        });
        for (name, value) in more.as_object().unwrap() {
            run[name] = value.clone();
        }
        serde_json::from_value(run).unwrap()
    }

    fn step(id: &str, status: &str, output: Value) -> Value {
        json!({ "id": id, "status": status, "attempts": 1, "started": "2026-11-20T12:00:00Z", "ended": "2026-11-20T12:00:00.120Z",
                "output": output, "error": null, "items": null })
    }

    #[test]
    fn written_files_are_named() {
        let steps = json!([
            step("sum", "succeeded", json!({ "items": [] })),
            step("write", "succeeded", json!({ "path": "out/totals.json", "bytes": 1234 }))
        ]);
        insta::assert_snapshot!("outcome_file", render(&run("succeeded", steps, json!({})), &plain(80)));
    }

    #[test]
    fn loops_of_files_and_answers_of_servers_are_told_in_brief() {
        let files = json!([{ "path": "out/1.txt", "bytes": 3 }, { "path": "out/2.txt", "bytes": 4 }]);
        let rendered = render(&run("succeeded", json!([step("each", "succeeded", files)]), json!({})), &plain(80));
        assert!(rendered.contains("  wrote 2 files: out/1.txt, out/2.txt\n"), "{rendered}");
        let answer = json!({ "status": 200, "headers": { "server": "x" }, "body": { "id": 7 } });
        let rendered = render(&run("succeeded", json!([step("post", "succeeded", answer)]), json!({})), &plain(80));
        assert!(rendered.contains("  id  7\n") && !rendered.contains("server"), "{rendered}");
    }

    #[test]
    fn declared_outputs_or_the_last_result_are_printed() {
        let steps = json!([step("count", "succeeded", json!({ "count": 12, "first": "a" }))]);
        insta::assert_snapshot!("outcome_last_result", render(&run("succeeded", steps.clone(), json!({})), &plain(80)));
        insta::assert_snapshot!("outcome_outputs", render(&run("succeeded", steps, json!({ "outputs": { "lines": 7 } })), &plain(80)));
    }

    #[test]
    fn a_failure_names_the_step_the_reason_and_the_way_out() {
        let error = json!({ "code": "http_status", "message": "the server answered 403 Forbidden", "step": "post", "help": "set a token that may post: sayflow credentials set slack" });
        let steps = json!([step("read", "succeeded", json!({})), step("post", "failed", Value::Null)]);
        let run = run("failed", steps, json!({ "error": error }));
        insta::assert_snapshot!("outcome_failed", render(&run, &plain(80)));
        insta::assert_snapshot!(
            "run_in_full",
            in_full(&run, &plain(80)).lines().filter(|line| !line.contains("begun")).collect::<Vec<_>>().join("\n")
        );
    }

    #[test]
    fn a_dry_run_says_that_nothing_was_written() {
        let mut write = step("write", "succeeded", json!({ "path": "out.csv", "bytes": 5 }));
        write["simulated"] = json!(true);
        insta::assert_snapshot!("outcome_dry_run", render(&run("succeeded", json!([write]), json!({ "dry_run": true })), &plain(80)));
    }

    #[test]
    fn an_unknown_outcome_tells_where_to_look() {
        let steps = json!([step("mail", "outcome_unknown", Value::Null)]);
        insta::assert_snapshot!("outcome_unknown", render(&run("paused", steps, json!({ "ended": null })), &plain(80)));
    }
}
