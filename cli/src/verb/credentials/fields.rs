//! The fields of an account: from the command line, from stdin or a file, or asked for without echo.

use crate::document::{self, STDIN};
use crate::failure::Failure;
use crate::ui::prompt;
use indexmap::IndexMap;
use sayflow_protocol::api::credential::CredentialTypeInfo;

/// The values that were given. Line ends at the end of stdin or a file are no part of a value.
pub(super) fn read(given: &[(String, String)]) -> Result<IndexMap<String, String>, Failure> {
    let mut fields = IndexMap::new();
    let mut stdin_taken = false;
    for (name, value) in given {
        let value = match value.as_str() {
            STDIN if std::mem::replace(&mut stdin_taken, true) => {
                return Err(Failure::usage("Only one field can be read from stdin.").help("Read the other from a file: --field NAME=@PATH"));
            }
            STDIN => trimmed(&document::stdin()?),
            other => match other.strip_prefix('@') {
                Some(literal) if literal.starts_with('@') => literal.to_owned(),
                Some(path) => trimmed(&document::file(path)?),
                None => other.to_owned(),
            },
        };
        if fields.insert(name.clone(), value).is_some() {
            return Err(Failure::usage(format!("The field {name} is given twice.")));
        }
    }
    Ok(fields)
}

fn trimmed(text: &str) -> String {
    text.trim_end_matches(['\r', '\n']).to_owned()
}

/// Asks for the required secrets that are missing.
pub(super) async fn ask_missing(kind: &CredentialTypeInfo, fields: &mut IndexMap<String, String>) -> Result<(), Failure> {
    for field in kind.fields.iter().filter(|field| field.secret && field.required && field.default.is_none()) {
        if !fields.contains_key(&field.name) {
            let secret = prompt::secret(&format!("{} ({})", field.name, field.help.trim_end_matches('.'))).await?;
            fields.insert(field.name.clone(), secret);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn values_come_from_files_and_literally() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "s3cret\n").unwrap();
        let from_file = format!("@{}", path.display());
        let fields = read(&given(&[("token", &from_file), ("password", "@@home"), ("host", "a=b")])).unwrap();
        assert_eq!(fields["token"], "s3cret");
        assert_eq!(fields["password"], "@home");
        assert_eq!(fields["host"], "a=b");
    }

    #[test]
    fn a_field_is_given_once() {
        assert_eq!(read(&given(&[("a", "1"), ("a", "2")])).unwrap_err().exit, crate::exit::Exit::Usage);
    }
}
