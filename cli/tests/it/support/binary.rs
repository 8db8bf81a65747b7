//! Runs the real binary in a sandbox, with an environment that holds nothing of the machine's own settings.

use super::sandbox::Sandbox;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// No command of a test may take longer; it is killed and the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// How to start `sayflow`.
pub struct Binary<'a> {
    sandbox: &'a Sandbox,
    env: Vec<(String, String)>,
}

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|why| panic!("stdout is not one JSON object ({why}): {:?}\nstderr: {}", self.stdout, self.stderr))
    }
}

impl<'a> Binary<'a> {
    /// The binary with this sandbox's folders, in UTC.
    pub fn new(sandbox: &'a Sandbox) -> Self {
        let path = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
        let env = [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", path(sandbox.root().to_owned())),
            ("SAYFLOW_HOME", path(sandbox.home())),
            ("TZ", "UTC".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
        ];
        Self { sandbox, env: env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// The command, not yet started, with pipes for its three streams.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sayflow"));
        command
            .args(args)
            .current_dir(self.sandbox.workspace())
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs it to its end with nothing on standard input.
    pub async fn run(&self, args: &[&str]) -> Ended {
        self.run_with_input(args, "").await
    }

    /// Runs it to its end with a text on standard input.
    pub async fn run_with_input(&self, args: &[&str], input: &str) -> Ended {
        let mut child = self.command(args).spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("a piped stdin");
        // A program that does not read its input may have ended already; the broken pipe is no fault of the test.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output())
            .await
            .unwrap_or_else(|_| panic!("sayflow {args:?} did not end within {PATIENCE:?}"))
            .expect("the binary ends");
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Stores a credential; the test fails when that does.
    pub async fn set_credential(&self, name: &str, fields: &[(&str, &str)]) {
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut args = vec!["credentials", "set", name];
        for pair in &pairs {
            args.extend(["--field", pair]);
        }
        let ended = self.run(&args).await;
        assert_eq!(ended.code, 0, "sayflow {args:?}: {}{}", ended.stdout, ended.stderr);
    }
}
