//! A file, folder or database that is not there is taken for the nearest one that is.

use super::Fix;
use crate::explain::situation::Situation;
use sayflow_engine::action::role;
use sayflow_engine::suggest::nearest;

pub(super) fn fix(situation: &Situation<'_>) -> Option<Fix> {
    let role = match situation.error.code.as_str() {
        "file_not_found" => role::PATH,
        "folder_not_found" => role::FOLDER,
        "database_not_found" => role::DATABASE,
        _ => return None,
    };
    let spec = situation.spec?;
    let param = spec.param_with_role(role).or_else(|| spec.param_with_role(role::PATH))?;
    let written = situation.step.with.get(param)?.as_str().filter(|text| !text.contains("${{"))?;
    let known: Vec<String> = match role {
        role::FOLDER => folders(situation.known.files),
        role::DATABASE => situation.known.files.iter().filter(|path| is_database(path)).cloned().collect(),
        _ => situation.known.files.to_vec(),
    };
    let found = meant(written.trim_start_matches("./"), &known, role == role::DATABASE)?;
    Some(Fix::set(situation, &format!("/with/{param}"), found.as_str(), format!("There is no {written}, but there is {found}.")))
}

/// The place that was meant: in another folder, with another ending, or with a slip of the keyboard.
fn meant(written: &str, known: &[String], only: bool) -> Option<String> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let stem = |path: &str| name(path).split('.').next().unwrap_or_default().to_owned();
    let one = |fits: &dyn Fn(&str) -> bool| {
        let mut found = known.iter().filter(|path| fits(path));
        let first = found.next()?;
        found.next().is_none().then(|| first.clone())
    };
    one(&|path| name(path) == name(written))
        .or_else(|| one(&|path| stem(path) == stem(written) && !stem(path).is_empty()))
        .or_else(|| nearest(written, known.iter().map(String::as_str)).map(str::to_owned))
        .or_else(|| (only && known.len() == 1).then(|| known[0].clone()))
}

fn folders(files: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for path in files {
        let mut at = path.as_str();
        while let Some((folder, _)) = at.rsplit_once('/') {
            if !found.iter().any(|known| known == folder) {
                found.push(folder.to_owned());
            }
            at = folder;
        }
    }
    found
}

fn is_database(path: &str) -> bool {
    [".db", ".sqlite", ".sqlite3"].iter().any(|ending| path.to_lowercase().ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_that_was_meant_is_found() {
        let known = ["data/orders.csv", "notes.txt", "out/report.json"].map(str::to_owned);
        for (written, wanted) in [
            ("orders.csv", Some("data/orders.csv")),
            ("report.csv", Some("out/report.json")),
            ("note.txt", Some("notes.txt")),
            ("invoices.xml", None),
        ] {
            assert_eq!(meant(written, &known, false).as_deref(), wanted, "{written}");
        }
        let alike = ["out/orders.json", "data/orders.csv"].map(str::to_owned);
        assert_eq!(meant("orders.csv", &alike, false).as_deref(), Some("data/orders.csv"), "the whole name counts first");
    }
}
