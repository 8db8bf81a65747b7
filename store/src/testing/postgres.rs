//! A PostgreSQL for tests: a server of their own, on a Unix socket in a temporary folder, that keeps its promises
//! (`fsync` is on, as it is unless somebody changes it) and goes with the test.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests panic, as tests do")]

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The account of the server's software on Debian; root may not run it.
const ACCOUNT: &str = "postgres";

/// The database user, who may do everything.
const USER: &str = "sayflow";

/// A password that no message may show; the server lets everybody in who reaches its socket.
pub const PASSWORD: &str = "swordfish";

/// How long a server may take to be ready, on a machine that is busy with other tests.
const READY: Duration = Duration::from_secs(60);

/// A server that runs until this is dropped. Start it on the thread that needs it: it ends with that thread, so that
/// nothing is left of a test that was killed.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    server: Option<Child>,
    databases: AtomicU32,
}

impl Postgres {
    /// Starts one.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, or does not start; the message says what to do.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("sfpg").tempdir().expect("a temporary folder");
        let mut postgres = Self { folder, programs: programs(), server: None, databases: AtomicU32::new(0) };
        give_away(postgres.folder.path());
        let data = postgres.data();
        let made = postgres
            .program("initdb")
            .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--wal-segsize=1", "-U", USER, "-D"])
            .arg(&data)
            .output()
            .expect("initdb can be started");
        assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        postgres.start_again();
        postgres
    }

    /// An empty database, by its address.
    ///
    /// # Panics
    /// When the server does not run.
    pub fn new_database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The address of a database. The password in it means nothing to the server.
    pub fn url(&self, database: &str) -> String {
        let socket = self.folder.path().to_str().expect("a plain path").replace('/', "%2F");
        format!("postgresql://{USER}:{PASSWORD}@{socket}/{database}")
    }

    /// Carries SQL out, as somebody else than the store, and returns what it says.
    ///
    /// # Panics
    /// When it fails.
    pub fn execute(&self, database: &str, sql: &str) -> String {
        let mut psql = self.program("psql");
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "-v", "ON_ERROR_STOP=1", "-U", USER]);
        let done = psql.arg("-h").arg(self.folder.path()).args(["-d", database, "-c", sql]).output().expect("psql can be started");
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Ends the server as a power cut does, but for the disk.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub fn crash(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let _ = self.program("pg_ctl").args(["stop", "--mode=immediate", "-D"]).arg(self.data()).output();
        // Where pg_ctl could not: it is there no longer, or it will be in a moment.
        let _ = server.kill();
        server.wait().expect("the server ends");
    }

    /// Starts the server on what it kept.
    ///
    /// # Panics
    /// When it does not get ready.
    pub fn start_again(&mut self) {
        let log = self.folder.path().join("log");
        let out = fs::File::create(&log).expect("a log");
        let mut program = self.program("postgres");
        program.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
        program.args(["-c", "listen_addresses=", "-c", "shared_buffers=16MB", "-c", "max_connections=40"]);
        let started = program.stdin(Stdio::null()).stdout(out.try_clone().expect("a log")).stderr(out).spawn();
        let mut server = started.expect("postgres can be started");
        let end = Instant::now() + READY;
        while !self.is_ready() {
            let ended = server.try_wait().expect("the server can be asked");
            let said = || fs::read_to_string(&log).unwrap_or_default();
            assert!(ended.is_none() && Instant::now() < end, "PostgreSQL does not get ready: {}", said());
            std::thread::sleep(Duration::from_millis(10));
        }
        self.server = Some(server);
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The server writes its state into the last line of a file.
    fn is_ready(&self) -> bool {
        fs::read_to_string(self.data().join("postmaster.pid"))
            .is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
    }

    /// One of PostgreSQL's programs, as an account that may run it, and ended with this thread.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=QUIT");
        if account().is_some() {
            command.args([&format!("--reuid={ACCOUNT}"), &format!("--regid={ACCOUNT}"), "--clear-groups"]);
        }
        command.arg(self.programs.join(name)).current_dir(self.folder.path());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.crash();
    }
}

/// Where PostgreSQL's programs are; Debian keeps those of the server out of the search path.
fn programs() -> PathBuf {
    let asked = Command::new("pg_config").arg("--bindir").output().ok().filter(|done| done.status.success());
    let said = asked.map(|done| PathBuf::from(String::from_utf8_lossy(&done.stdout).trim()));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let mut versions: Vec<PathBuf> = versions.collect();
    versions.sort();
    let found = said.into_iter().chain(versions.into_iter().rev()).find(|folder| folder.join("initdb").exists());
    found.expect("PostgreSQL's server is not installed; on Debian: apt-get install postgresql-15 (or postgresql)")
}

/// The user and group to run PostgreSQL as, where this process is root.
fn account() -> Option<(u32, u32)> {
    let number = |option: &str, of: &[&str]| -> Option<u32> {
        let done = Command::new("id").arg(option).args(of).output().ok()?;
        String::from_utf8_lossy(&done.stdout).trim().parse().ok()
    };
    (number("-u", &[]) == Some(0)).then(|| {
        let missing = "there is no account postgres; on Debian, apt-get install postgresql-15 makes it";
        (number("-u", &[ACCOUNT]).expect(missing), number("-g", &[ACCOUNT]).expect(missing))
    })
}

/// Lets the account that runs PostgreSQL write into a folder of ours.
fn give_away(folder: &Path) {
    if let Some((user, group)) = account() {
        chown(folder, Some(user), Some(group)).expect("the folder can be given away");
    }
}
