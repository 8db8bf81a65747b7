//! The server as people run it: `sayflow serve`, a process with a data folder of its own.

use crate::{Outcome, Setting, cpu};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to be ready or to end before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that runs; it is ended with this.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process until `/readyz` said 200.
    pub(crate) ready_after: Duration,
    home: PathBuf,
}

impl Server {
    /// Starts one on a data folder and returns when it is ready.
    pub(crate) fn start(setting: &Setting, home: &Path) -> Outcome<Self> {
        if !setting.sayflow.exists() {
            return Err(format!("{} is not there; build it with: cargo build --release -p sayflow", setting.sayflow.display()).into());
        }
        // Free when it was asked for; nobody else takes ports here.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = sayflow(setting, home);
        command.args(["serve", "--listen", &address.to_string()]).stdout(Stdio::null());
        let start = Instant::now();
        let child = command.spawn()?;
        let mut server = Self { child, address, ready_after: Duration::ZERO, home: home.to_owned() };
        while !is_ready(address) {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended with {status}").into());
            }
            if start.elapsed() > PATIENCE {
                return Err("the server was not ready in time".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        server.ready_after = start.elapsed();
        Ok(server)
    }

    /// Bytes in memory now.
    pub(crate) fn resident(&self) -> Outcome<u64> {
        cpu::resident(self.child.id())
    }

    /// Processor time so far.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        cpu::of(self.child.id())
    }

    /// Runs a verb of the binary against it.
    pub(crate) fn verb(&self, setting: &Setting, arguments: &[&str]) -> Outcome<()> {
        let done = sayflow(setting, &self.home).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).output()?;
        if done.status.success() {
            return Ok(());
        }
        let said = [done.stdout, done.stderr].concat();
        Err(format!("sayflow {}: {}", arguments.join(" "), String::from_utf8_lossy(&said)).into())
    }

    /// What clients send as `Authorization: Bearer …`.
    pub(crate) fn token(&self) -> Outcome<String> {
        let file: serde_json::Value = serde_json::from_slice(&std::fs::read(self.home.join("server.json"))?)?;
        Ok(file["token"].as_str().ok_or("server.json has no token")?.to_owned())
    }

    /// Ends it in good order.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > PATIENCE {
                return Err("the server did not end in time".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary with nothing of the person's own settings.
fn sayflow(setting: &Setting, home: &Path) -> Command {
    let mut command = Command::new(&setting.sayflow);
    command
        .env_clear()
        .env("SAYFLOW_HOME", home)
        .env("HOME", home)
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .current_dir(home);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    for (name, value) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MALLOC_")) {
        command.env(name, value);
    }
    command
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(&status == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}
