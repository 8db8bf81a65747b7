//! "Did you mean …?": the nearest of a set of known names.

/// The known name nearest to a misspelt one, if any is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(score, candidate)| {
            *score >= 0.82 || (lower.len() > 2 && strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()) <= 1)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// `did you mean "x"?`, or a list of what there is when nothing is near.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone, all: &str) -> Option<String> {
    if let Some(near) = nearest(word, known.clone()) {
        return Some(format!("did you mean \"{near}\"?"));
    }
    let names: Vec<&str> = known.into_iter().take(13).collect();
    match names.len() {
        0 => None,
        1..=12 => Some(format!("{all}: {}", names.join(", "))),
        _ => Some(format!("{all}: {}, …", names[..12].join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_finds_the_name_that_was_meant() {
        assert_eq!(nearest("storys", ["posts", "stories"]), Some("stories"));
        assert_eq!(nearest("http.requst", ["http.request", "feed.read"]), Some("http.request"));
    }

    #[test]
    fn a_word_that_is_like_nothing_gets_the_list_of_what_there_is() {
        assert_eq!(nearest("zebra", ["posts", "stories"]), None);
        assert_eq!(nearest("z", ["x", "y"]), None);
        assert_eq!(did_you_mean("zebra", ["posts", "stories"], "there are"), Some("there are: posts, stories".to_owned()));
        assert_eq!(did_you_mean("zebra", [], "there are"), None);
    }
}
