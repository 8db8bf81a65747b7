//! Paths in the workspace folder.

use sayflow_engine::action::StepError;

/// A path without `.` and doubled slashes; empty for the workspace folder itself.
///
/// # Errors
/// `path_outside` for absolute paths and those with `..`, `invalid_path` for what can be no path.
pub fn normal(path: &str) -> Result<String, StepError> {
    let outside = |why: &str| {
        StepError::new("path_outside", format!("\"{path}\" {why}; steps see only the workspace folder"))
            .help("use a path relative to it, such as data/orders.csv; to work elsewhere, run Sayflow in that folder or copy the file here")
    };
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if path.starts_with(['/', '\\']) || drive {
        return Err(outside("is an absolute path"));
    }
    if path == "~" || path.starts_with("~/") {
        return Err(outside("is in the home folder"));
    }
    if path.chars().any(char::is_control) {
        return Err(StepError::new("invalid_path", "a path cannot have line breaks or other control characters in it"));
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(outside("goes up with \"..\"")),
            name => parts.push(name),
        }
    }
    Ok(parts.join("/"))
}

/// The same for a file, which needs a name.
pub(super) fn normal_file(path: &str) -> Result<String, StepError> {
    match normal(path)? {
        name if name.is_empty() => Err(StepError::new("invalid_path", format!("\"{path}\" names no file"))),
        name if path.ends_with('/') => Err(StepError::new("is_a_folder", format!("\"{path}\" is a folder, not a file"))
            .help(format!("name a file in it, such as {name}/report.csv"))),
        name => Ok(name),
    }
}

/// The folder of a file and its name in it.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_put_into_one_form() {
        assert_eq!(normal("./a//b/./c.csv").unwrap(), "a/b/c.csv");
        assert_eq!(normal(".").unwrap(), "");
        assert_eq!(normal("a/..b/c..").unwrap(), "a/..b/c..");
    }

    #[test]
    fn paths_that_lead_out_are_refused_with_the_remedy() {
        for path in ["/etc/passwd", "../x", "a/../../x", "a/..", "~/x", "C:\\x", "\\\\host\\x"] {
            let why = normal(path).unwrap_err();
            assert_eq!(why.code, "path_outside", "{path}");
            assert!(why.help.is_some());
        }
        assert_eq!(normal("a\0b").unwrap_err().code, "invalid_path");
        assert_eq!(normal_file("a/").unwrap_err().code, "is_a_folder");
        assert_eq!(normal_file("").unwrap_err().code, "invalid_path");
    }
}
