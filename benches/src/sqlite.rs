//! The least that a durable row costs: SQLite's own interface, one prepared statement, a write-ahead log with
//! `synchronous=FULL`, and the same table that journals are kept in.
#![allow(unsafe_code, reason = "what everything is measured against has nothing of a driver in it")]

use crate::Outcome;
use libsqlite3_sys as ffi;
use std::ffi::{CStr, CString, c_int};
use std::path::Path;
use std::ptr;

const TABLE: &CStr = c"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
CREATE TABLE run_events (run TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, seq));";
const INSERT: &CStr = c"INSERT INTO run_events (run, seq, at, body) VALUES (?, ?, ?, ?)";

/// A row of a journal.
pub(crate) struct Row {
    pub(crate) run: String,
    pub(crate) seq: i64,
    pub(crate) body: std::sync::Arc<str>,
}

/// A database of its own. It stays on the thread that opened it.
pub(crate) struct Database {
    handle: *mut ffi::sqlite3,
    insert: *mut ffi::sqlite3_stmt,
}

impl Database {
    pub(crate) fn create(file: &Path) -> Outcome<Self> {
        let name = CString::new(file.as_os_str().as_encoded_bytes())?;
        let mut database = Self { handle: ptr::null_mut(), insert: ptr::null_mut() };
        // SAFETY: the name ends with a zero byte, and the handle is written before it is used.
        let opened = unsafe { ffi::sqlite3_open(name.as_ptr(), &raw mut database.handle) };
        database.check(opened)?;
        database.execute(TABLE)?;
        // SAFETY: the text ends with a zero byte, which a length of -1 stands for; the statement is written before it is used.
        let prepared = unsafe { ffi::sqlite3_prepare_v2(database.handle, INSERT.as_ptr(), -1, &raw mut database.insert, ptr::null_mut()) };
        database.check(prepared)?;
        Ok(database)
    }

    /// Writes rows in one transaction; they are durable on return.
    pub(crate) fn write<'r>(&self, rows: impl Iterator<Item = &'r Row>) -> Outcome<()> {
        self.execute(c"BEGIN IMMEDIATE")?;
        for row in rows {
            self.insert(row)?;
        }
        self.execute(c"COMMIT")
    }

    fn insert(&self, row: &Row) -> Outcome<()> {
        let length = |text: &str| c_int::try_from(text.len());
        let (run, body) = (length(&row.run)?, length(&row.body)?);
        // SAFETY: the statement lives as long as the database; both texts outlive the step, and SQLite copies neither.
        let stepped = unsafe {
            ffi::sqlite3_bind_text(self.insert, 1, row.run.as_ptr().cast(), run, ffi::SQLITE_STATIC());
            ffi::sqlite3_bind_int64(self.insert, 2, row.seq);
            ffi::sqlite3_bind_int64(self.insert, 3, row.seq);
            ffi::sqlite3_bind_text(self.insert, 4, row.body.as_ptr().cast(), body, ffi::SQLITE_STATIC());
            let stepped = ffi::sqlite3_step(self.insert);
            ffi::sqlite3_reset(self.insert);
            stepped
        };
        if stepped == ffi::SQLITE_DONE { Ok(()) } else { self.check(stepped) }
    }

    fn execute(&self, text: &CStr) -> Outcome<()> {
        // SAFETY: the text ends with a zero byte, and nobody is called back.
        let done = unsafe { ffi::sqlite3_exec(self.handle, text.as_ptr(), None, ptr::null_mut(), ptr::null_mut()) };
        self.check(done)
    }

    fn check(&self, code: c_int) -> Outcome<()> {
        if code == ffi::SQLITE_OK {
            return Ok(());
        }
        // SAFETY: the message belongs to the handle and is copied at once.
        let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.handle)) };
        Err(format!("SQLite: {}", message.to_string_lossy()).into())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: both were made by SQLite or are null, which it takes; nothing uses them afterwards.
        unsafe {
            ffi::sqlite3_finalize(self.insert);
            ffi::sqlite3_close(self.handle);
        }
    }
}
