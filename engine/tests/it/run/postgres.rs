//! The same tests on the second database: this program is run again with PostgreSQL under it.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// What is tested again: how runs go, how they are steered, and dying at every durable write of some stories.
const TESTS: &[&str] = &[
    "run::branching::",
    "run::clock::",
    "run::failing::",
    "run::groups::",
    "run::looping::",
    "run::stopping::",
    "control::",
    "run::stories::each::approval",
    "run::stories::each::chain",
];

/// The least number of tests that these are.
const LEAST: usize = 50;

#[test]
fn runs_and_their_control_hold_on_postgresql_as_they_do_on_sqlite() {
    // What the server leaves behind goes with this folder; its account has to get there.
    let folder = tempfile::tempdir().unwrap();
    set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let done = Command::new(std::env::current_exe().unwrap())
        .args(TESTS)
        .env("SAYFLOW_TEST_STORE", "postgres")
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{said}");
    let passed = said.matches(" ... ok").count();
    assert!(passed >= LEAST, "only {passed} tests were run: {said}");
}
