//! What a person sees and does at a terminal, driven through tmux: questions, the approval with No in focus, progress.

use crate::cli_ask::{events, in_turn, once, ready, run, scripted, stream, turn};
use crate::support::binary::Binary;
use crate::support::fake_http::{Replies, Reply};
use crate::support::recorded::Served;
use crate::support::sandbox::Sandbox;
use serde_json::{Value, json};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Nothing on the screen may take longer to appear.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the screen is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How many terminals this process has started.
static TERMINALS: AtomicUsize = AtomicUsize::new(0);

/// A terminal of its own, with a server of its own that ends with it.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// Starts the binary in a terminal of a width, and keeps the screen after it has ended, with its exit code.
    fn start(sandbox: &Sandbox, width: u16, more_env: &[(&str, &str)], args: &[&str]) -> Self {
        // The server of a terminal before may still be ending.
        let socket = format!("{}/tmux{}.sock", sandbox.root().display(), TERMINALS.fetch_add(1, Ordering::Relaxed));
        let command = Binary::new(sandbox).command(args);
        let mut line = String::from("env -i TERM=tmux-256color ");
        for (name, value) in command.as_std().get_envs() {
            let value = value.map(|value| value.to_string_lossy().into_owned()).unwrap_or_default();
            line.push_str(&format!("{}={} ", name.to_string_lossy(), quoted(&value)));
        }
        for (name, value) in more_env {
            line.push_str(&format!("{name}={} ", quoted(value)));
        }
        line.push_str(&quoted(env!("CARGO_BIN_EXE_sayflow")));
        for arg in args {
            line.push(' ');
            line.push_str(&quoted(arg));
        }
        line.push_str("; echo exit=$?; exec cat");
        let terminal = Self { socket };
        let workspace = sandbox.workspace().display().to_string();
        let width = width.to_string();
        terminal.tmux(&["-f", "/dev/null", "-u", "new-session", "-d", "-x", &width, "-y", "40", "-c", &workspace, &line]);
        terminal
    }

    fn tmux(&self, args: &[&str]) -> Output {
        let output = Command::new("tmux")
            .args(["-S", &self.socket])
            .args(args)
            .env("LANG", "C.UTF-8")
            .env_remove("TMUX")
            .output()
            .unwrap_or_else(|why| panic!("tmux is needed to test the terminal ({why}); on Debian: apt-get install tmux"));
        assert!(output.status.success(), "tmux {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// The screen without colours.
    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).trim_end().to_owned()
    }

    fn colored_screen(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p", "-e"]).stdout).into_owned()
    }

    /// Waits until a text is on the screen; hands back the screen.
    async fn until(&self, words: &str) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if screen.contains(words) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "\"{words}\" did not appear:\n{screen}");
            tokio::time::sleep(LOOK).await;
        }
    }

    fn press(&self, keys: &[&str]) {
        let mut args = vec!["send-keys"];
        args.extend(keys);
        self.tmux(&args);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-S", &self.socket, "kill-server"]).output();
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn started_runs(server: &Served) -> Vec<Value> {
    let requests = server.requests().into_iter().filter(|request| request.path == "/api/v1/runs");
    requests.map(|request| serde_json::from_str(&request.body).unwrap()).collect()
}

const ASK: &[&str] = &["ask", "post news.csv to #news", "--run"];

#[tokio::test]
async fn enter_at_the_approval_declines() {
    let sandbox = Sandbox::new();
    let server = ready(&sandbox, run("succeeded", "succeeded")).await;
    let terminal = Terminal::start(&sandbox, 80, &[], ASK);
    let screen = terminal.until("Yes, go on").await;
    insta::assert_snapshot!("terminal_approval_80", screen);
    terminal.press(&["Enter"]);
    let screen = terminal.until("exit=").await;
    assert!(screen.contains("exit=3") && screen.contains("Nothing was run."), "{screen}");
    assert_eq!(started_runs(&server).len(), 1, "nothing was approved");
}

#[tokio::test]
async fn yes_approves_exactly_what_was_shown_and_the_run_goes_on() {
    let sandbox = Sandbox::new();
    let server = ready(&sandbox, run("succeeded", "succeeded")).await;
    let terminal = Terminal::start(&sandbox, 120, &[], ASK);
    terminal.until("Yes, go on").await;
    assert!(terminal.colored_screen().contains("\u{1b}["), "a terminal gets colours");
    terminal.press(&["Down", "Enter"]);
    let screen = terminal.until("exit=").await;
    assert!(screen.contains("exit=0") && screen.contains("2/2"), "{screen}");
    insta::assert_snapshot!("terminal_done_120", screen);
    assert_eq!(started_runs(&server)[1]["approve"], "abc123");
}

#[tokio::test]
async fn questions_are_asked_one_by_one_and_the_turn_goes_on_with_the_answers() {
    let sandbox = Sandbox::new();
    let questions = json!([
        { "id": "channel", "text": "Which channel should get the news?", "about": "slack.send_message.channel", "choices": ["#news", "#general"] },
        { "id": "greeting", "text": "What should each message begin with?", "about": "slack.send_message.text", "choices": [] }
    ]);
    let server = scripted(
        &sandbox,
        vec![
            ("/api/v1/threads/new/turns", once(turn(json!({ "questions": questions, "approval": null, "reply": "Two things are open." })))),
            ("/api/v1/threads/thread-1/turns", once(turn(json!({})))),
        ],
    )
    .await;
    let terminal = Terminal::start(&sandbox, 80, &[], &["ask", "post news.csv"]);
    terminal.until("Something else").await;
    terminal.press(&["Down", "Enter"]);
    terminal.until("begin with").await;
    terminal.press(&["Hello", "Enter"]);
    let screen = terminal.until("exit=").await;
    assert!(screen.contains("exit=0"), "{screen}");
    let posted = server.requests().into_iter().find(|request| request.path == "/api/v1/threads/thread-1/turns").expect("a second turn");
    let posted: Value = serde_json::from_str(&posted.body).unwrap();
    assert_eq!(posted["answers"], json!({ "channel": "#general", "greeting": "Hello" }));
}

#[tokio::test]
async fn a_plan_that_takes_its_time_shows_that_something_goes_on() {
    let sandbox = Sandbox::new();
    let slow = Reply { json: Some(turn(json!({}))), delay_ms: 2_000, ..Reply::default() };
    let _server = scripted(&sandbox, vec![("/api/v1/threads/new/turns", Replies::One(slow))]).await;
    let terminal = Terminal::start(&sandbox, 80, &[], &["ask", "post news.csv"]);
    terminal.until("Planning").await;
    let screen = terminal.until("exit=").await;
    assert!(screen.contains("Plan: post-news") && !screen.contains("Planning"), "{screen}");
}

#[tokio::test]
async fn ctrl_c_at_the_approval_leaves_with_130() {
    let sandbox = Sandbox::new();
    let server = ready(&sandbox, run("succeeded", "succeeded")).await;
    let terminal = Terminal::start(&sandbox, 80, &[], ASK);
    terminal.until("Yes, go on").await;
    terminal.press(&["C-c"]);
    let screen = terminal.until("exit=").await;
    assert!(screen.contains("exit=130"), "{screen}");
    assert_eq!(started_runs(&server).len(), 1);
}

#[tokio::test]
async fn ctrl_c_in_a_live_run_cancels_it() {
    let sandbox = Sandbox::new();
    sandbox.write("patient.yaml", "name: patient\nsteps:\n  - id: pause\n    uses: flow.wait\n    with: { for: 50s }\n");
    let terminal = Terminal::start(&sandbox, 80, &[], &["run", "patient.yaml"]);
    terminal.until("waits until").await;
    terminal.press(&["C-c"]);
    let screen = terminal.until("exit=").await;
    assert!(screen.contains("exit=130") && screen.contains("was cancelled"), "{screen}");
}

#[tokio::test]
async fn a_missing_secret_is_asked_for_without_echo() {
    let sandbox = Sandbox::new();
    let terminal = Terminal::start(&sandbox, 80, &[], &["credentials", "set", "slack"]);
    terminal.until("token").await;
    terminal.press(&["xoxb-typed", "Enter"]);
    let screen = terminal.until("exit=").await;
    assert!(screen.contains("exit=0") && screen.contains("Kept slack"), "{screen}");
    assert!(!screen.contains("typed"), "{screen}");
}

#[tokio::test]
async fn no_color_and_an_ascii_locale_are_honoured() {
    let sandbox = Sandbox::new();
    let started = json!({ "run": run("running", "running"), "approval": null, "diagnostics": [] });
    let _server = scripted(
        &sandbox,
        vec![
            ("/api/v1/threads/new/turns", once(turn(json!({})))),
            ("/api/v1/runs", in_turn(vec![started])),
            ("/api/v1/runs/run-1/events", stream(&events())),
            ("/api/v1/runs/run-1", once(run("succeeded", "succeeded"))),
        ],
    )
    .await;
    let args = &["ask", "post news.csv to #news", "--run", "--yes"];
    let terminal = Terminal::start(&sandbox, 80, &[("NO_COLOR", "1"), ("LANG", "C")], args);
    let screen = terminal.until("exit=").await;
    assert!(screen.is_ascii(), "{screen}");
    insta::assert_snapshot!("terminal_ascii_80", screen);
    assert!(!terminal.colored_screen().contains("\u{1b}["), "NO_COLOR");
}

#[tokio::test]
async fn what_a_run_asks_is_asked_at_the_terminal_and_enter_decides_nothing() {
    let sandbox = Sandbox::new();
    let text = "name: asking\nsteps:\n  - id: ok\n    uses: flow.approve\n    with: { message: 'Write the report?' }\n  \
                - id: write\n    needs: [ok]\n    uses: file.write\n    with: { path: report.txt, content: done }\n";
    sandbox.write("asking.yaml", text);
    let terminal = Terminal::start(&sandbox, 80, &[], &["run", "asking.yaml"]);
    let screen = terminal.until("No, refuse it for good").await;
    assert!(screen.contains("❯ No, not now") && screen.contains("may decide  the owner"), "{screen}");
    terminal.press(&["Enter"]);
    let screen = terminal.until("exit=").await;
    assert!(screen.contains("exit=3") && screen.contains("sayflow approve "), "{screen}");
    drop(terminal);

    let terminal = Terminal::start(&sandbox, 80, &[], &["approve"]);
    terminal.until("Yes, approve it").await;
    terminal.press(&["Down", "Enter"]);
    let screen = terminal.until("exit=").await;
    assert!(screen.contains("exit=0") && screen.contains("Approved: Write the report?"), "{screen}");
    assert!(sandbox.read("report.txt").is_some());
}

#[tokio::test]
async fn yes_in_the_middle_of_a_run_and_it_goes_on_under_the_same_eyes() {
    let sandbox = Sandbox::new();
    let text = "name: asking\nsteps:\n  - id: ok\n    uses: flow.approve\n    with: { message: 'Go on?' }\n  \
                - id: write\n    needs: [ok]\n    uses: file.write\n    with: { path: report.txt, content: done }\n";
    sandbox.write("asking.yaml", text);
    let terminal = Terminal::start(&sandbox, 80, &[], &["run", "asking.yaml"]);
    terminal.until("Yes, approve it").await;
    terminal.press(&["Down", "Enter"]);
    let screen = terminal.until("exit=").await;
    assert!(screen.contains("exit=0") && screen.contains("wrote report.txt"), "{screen}");
}

#[tokio::test]
async fn a_stepwise_run_asks_how_far_it_goes() {
    let sandbox = Sandbox::new();
    let text = "name: steps\nsteps:\n  - id: first\n    uses: data.set\n    with: { values: { a: 1 } }\n  \
                - id: second\n    needs: [first]\n    uses: data.set\n    with: { values: { b: 2 } }\n  \
                - id: third\n    needs: [second]\n    uses: file.write\n    with: { path: out.txt, content: done }\n";
    sandbox.write("steps.yaml", text);
    let terminal = Terminal::start(&sandbox, 80, &[], &["run", "steps.yaml", "--step"]);
    terminal.until("It stops before first.").await;
    terminal.press(&["Enter"]);
    let screen = terminal.until("It stops before second.").await;
    assert!(screen.contains("✔ first") && screen.contains("output"), "{screen}");
    terminal.press(&["Down", "Down", "Enter"]);
    let screen = terminal.until("exit=").await;
    assert!(screen.contains("exit=0") && screen.contains("✔ third"), "{screen}");
    assert!(sandbox.read("out.txt").is_some());
}
