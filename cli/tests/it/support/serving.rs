//! `sayflow serve` as a process of its own, which can be sent signals and killed.

use super::binary::Binary;
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Child;

/// No step of a test may take longer.
const PATIENCE: Duration = Duration::from_secs(40);

/// A server that listens.
pub struct Serving {
    child: Child,
    /// Such as `http://127.0.0.1:4711`.
    pub address: String,
}

/// The shell's own `kill` is on every machine.
pub async fn signal(child: &Child, name: &str) {
    let pid = child.id().expect("it still runs");
    let sent = tokio::process::Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().await.unwrap();
    assert!(sent.success());
}

impl Serving {
    /// Starts it and waits until it says where it listens.
    pub async fn start(binary: &Binary<'_>) -> Self {
        let mut child = binary.command(&["serve", "--listen", "127.0.0.1:0", "--output", "json"]).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        let address = loop {
            let read = tokio::time::timeout(PATIENCE, said.read_line(&mut text)).await.expect("it speaks").unwrap();
            assert_ne!(read, 0, "it ended: {text}");
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                break value["address"].as_str().unwrap().to_owned();
            }
        };
        child.stdout = Some(said.into_inner());
        Self { child, address }
    }

    /// `127.0.0.1:4711`.
    pub fn host(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    /// Sends a signal.
    pub async fn signal(&self, name: &str) {
        signal(&self.child, name).await;
    }

    /// Reads lines of stderr up to the first that holds a text.
    pub async fn until_said(&mut self, words: &str) {
        let mut lines = BufReader::new(self.child.stderr.take().expect("a piped stderr")).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.contains(words) {
                    return;
                }
            }
            panic!("it ended without saying \"{words}\"");
        };
        tokio::time::timeout(PATIENCE, listening).await.unwrap_or_else(|_| panic!("nobody said \"{words}\""));
        self.child.stderr = Some(lines.into_inner().into_inner());
    }

    /// Waits for its end: the exit code, and the rest of stderr.
    pub async fn end(mut self) -> (Option<i32>, String) {
        let mut stderr = String::new();
        let ending = async {
            self.child.stderr.take().expect("a piped stderr").read_to_string(&mut stderr).await.unwrap();
            self.child.wait().await.unwrap().code()
        };
        let code = tokio::time::timeout(PATIENCE, ending).await.expect("it ends");
        (code, stderr)
    }

    /// Ends it as a crash would.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends a request over a connection of its own: the status, the head and the body of the answer.
    pub async fn request(&self, head: &str, body: &str) -> (u16, String, String) {
        use tokio::io::AsyncWriteExt;
        let mut stream = tokio::net::TcpStream::connect(self.host()).await.unwrap();
        let text = format!("{head}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("an answer").unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        (status, head.to_owned(), body.to_owned())
    }
}
