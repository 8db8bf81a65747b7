//! What SQLite itself is told to refuse, and a look at a statement before it runs. SQLite's own parser decides, so no
//! spelling of a statement gets around it.
#![allow(unsafe_code, reason = "the authorizer, the limits and the end of a statement are only reachable through SQLite's C interface")]

use libsqlite3_sys as ffi;
use sqlx::sqlite::LockedSqliteHandle;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;

/// Pragmas that only tell something. All others are refused, with or without a value.
const TELLING_PRAGMAS: &[&str] = &[
    "application_id",
    "collation_list",
    "compile_options",
    "encoding",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "page_count",
    "page_size",
    "quick_check",
    "schema_version",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// Those of them that take the name of a table or index; a value for any other would set it.
const PRAGMAS_WITH_NAME: &[&str] = &[
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// A statement that SQLite has understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statement {
    /// Whether it changes nothing.
    pub(super) read_only: bool,
    /// How many values it takes.
    pub(super) placeholders: usize,
}

/// Why a statement is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// SQLite refuses it.
    Sqlite {
        /// Result code.
        code: i32,
        /// What it says.
        message: String,
    },
    /// There is none.
    Empty,
    /// There is more than one.
    Several,
}

/// Turns off whatever would reach beyond the one database file.
pub(super) fn restrict(handle: &mut LockedSqliteHandle<'_>) {
    let database = handle.as_raw_handle().as_ptr();
    // SAFETY: the handle is open and locked for as long as `handle` lives; the callback is a plain function without
    // state, so it may outlive this call.
    unsafe {
        ffi::sqlite3_limit(database, ffi::SQLITE_LIMIT_ATTACHED, 0);
        ffi::sqlite3_set_authorizer(database, Some(authorize), ptr::null_mut());
    }
}

/// Has SQLite compile a text without running it.
pub(super) fn inspect(handle: &mut LockedSqliteHandle<'_>, sql: &str) -> Result<Statement, Refusal> {
    let text = CString::new(sql)
        .map_err(|_| Refusal::Sqlite { code: ffi::SQLITE_ERROR, message: "the statement has a NUL character in it".to_owned() })?;
    let database = handle.as_raw_handle().as_ptr();
    // SAFETY: `text` is NUL-terminated and outlives both calls; the second begins where the first says that it ended,
    // inside `text`.
    unsafe {
        let (statement, rest) = compile(database, text.as_ptr())?;
        let statement = statement.ok_or(Refusal::Empty)?;
        match compile(database, rest) {
            Ok((None, _)) => Ok(statement),
            Ok((Some(_), _)) | Err(_) => Err(Refusal::Several),
        }
    }
}

/// The first statement of a text and where the rest begins; none where the text holds only blanks and comments.
///
/// # Safety
/// `database` must be open and locked, `sql` NUL-terminated.
unsafe fn compile(database: *mut ffi::sqlite3, sql: *const c_char) -> Result<(Option<Statement>, *const c_char), Refusal> {
    let mut compiled = ptr::null_mut();
    let mut rest = ptr::null();
    // SAFETY: by this function's contract; `compiled` is used only between its making and its end below, and the
    // message is copied before the next call.
    unsafe {
        let code = ffi::sqlite3_prepare_v2(database, sql, -1, &raw mut compiled, &raw mut rest);
        if code != ffi::SQLITE_OK {
            let message = CStr::from_ptr(ffi::sqlite3_errmsg(database)).to_string_lossy().into_owned();
            return Err(Refusal::Sqlite { code, message });
        }
        let statement = (!compiled.is_null()).then(|| Statement {
            read_only: ffi::sqlite3_stmt_readonly(compiled) != 0,
            placeholders: usize::try_from(ffi::sqlite3_bind_parameter_count(compiled)).unwrap_or(0),
        });
        ffi::sqlite3_finalize(compiled);
        Ok((statement, rest))
    }
}

/// Called by SQLite for everything that a statement would do. See <https://sqlite.org/c3ref/c_alter_table.html> for
/// what the texts mean in each case.
unsafe extern "C" fn authorize(
    _: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _: *const c_char,
    _: *const c_char,
) -> c_int {
    let refused = match action {
        ffi::SQLITE_ATTACH | ffi::SQLITE_DETACH | ffi::SQLITE_TRANSACTION | ffi::SQLITE_SAVEPOINT => true,
        // SAFETY: SQLite hands over texts that live until this function returns, or null.
        ffi::SQLITE_PRAGMA => unsafe { !may_tell(word(first), !second.is_null()) },
        // SAFETY: as above.
        ffi::SQLITE_FUNCTION => unsafe { matches!(word(second).as_str(), "load_extension" | "fts3_tokenizer") },
        _ => false,
    };
    if refused { ffi::SQLITE_DENY } else { ffi::SQLITE_OK }
}

fn may_tell(pragma: String, has_value: bool) -> bool {
    let names = if has_value { PRAGMAS_WITH_NAME } else { TELLING_PRAGMAS };
    names.contains(&pragma.as_str())
}

/// # Safety
/// `text` must be null or NUL-terminated.
unsafe fn word(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: by this function's contract.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().to_ascii_lowercase()
}
