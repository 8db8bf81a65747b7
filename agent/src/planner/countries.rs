//! Countries by name and by code: "Germany" said of a column that holds `DE`.

use celes::Country;

/// The country that a text names, by its name, one of its aliases or its code. Codes count only in capitals, for `in`,
/// `it` and `no` are words.
fn country(text: &str) -> Option<Country> {
    let text = text.trim();
    if text.len() <= 3 {
        return text
            .chars()
            .all(|c| c.is_ascii_uppercase())
            .then(|| {
                if text == "UK" { Country::from_alpha2("GB") } else { Country::from_alpha2(text).or_else(|_| Country::from_alpha3(text)) }
            })
            .and_then(Result::ok);
    }
    let words: Vec<&str> = text.split([' ', '-', '_']).filter(|word| !["the", "The"].contains(word)).collect();
    let joined = words.concat();
    let spaced = words.join(" ");
    [&joined, &spaced, &format!("The{joined}"), &format!("The {spaced}")]
        .into_iter()
        .find_map(|name| Country::from_name(name).or_else(|_| Country::from_alias(name)).ok())
}

/// How a column of countries writes the one that is said: as it stands there, or in the same kind of code where it does
/// not occur. None when the column holds anything but countries, or no country is said.
pub fn as_written(said: &str, values: &[String]) -> Option<String> {
    if values.is_empty() {
        return None;
    }
    let wanted = country(said)?;
    let known: Option<Vec<(Country, &String)>> = values.iter().map(|value| country(value).map(|known| (known, value))).collect();
    let known = known?;
    if let Some((_, value)) = known.iter().find(|(known, _)| known.alpha2 == wanted.alpha2) {
        return Some((*value).clone());
    }
    match known[0].1.len() {
        2 => Some(wanted.alpha2.to_owned()),
        3 => Some(wanted.alpha3.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::as_written;

    #[test]
    fn a_country_is_said_as_the_column_writes_it() {
        let column = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>();
        let codes = column(&["DE", "US", "UK"]);
        for (said, written) in [
            ("Germany", Some("DE")),
            ("the United States", Some("US")),
            ("United Kingdom", Some("UK")),
            ("Spain", Some("ES")),
            ("paid", None),
            ("us", None),
        ] {
            assert_eq!(as_written(said, &codes).as_deref(), written, "{said}");
        }
        assert_eq!(as_written("FR", &column(&["France", "Italy"])).as_deref(), Some("France"));
        assert_eq!(as_written("DEU", &column(&["Ada", "Bob"])), None);
        assert_eq!(as_written("Germany", &column(&["open", "paid"])), None);
    }
}
