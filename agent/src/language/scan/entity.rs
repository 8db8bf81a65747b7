//! Things with a form inside a text: addresses, dates, clocks, paths, JSON.

use super::*;

/// The entity that a whole text is, such as a path in quotes.
pub(super) fn whole_entity(text: &str, lexicon: &Lexicon) -> Option<Entity> {
    let (entity, length) = entity_at(text, lexicon)?;
    let whole = length == text.len()
        && !matches!(entity, Entity::Clock(..) | Entity::Date(_) | Entity::Span(_) | Entity::Folder(_) | Entity::Chat(_));
    whole.then_some(entity)
}

pub(super) fn entity_at(rest: &str, lexicon: &Lexicon) -> Option<(Entity, usize)> {
    if let Some(found) = URL.find(rest) {
        let mut url = found.as_str();
        loop {
            let trimmed = url.trim_end_matches(['.', ',', ';', ':', '!', '?', '…']);
            let trimmed = if trimmed.ends_with(')') && !trimmed.contains('(') { &trimmed[..trimmed.len() - 1] } else { trimmed };
            if trimmed.len() == url.len() {
                break;
            }
            url = trimmed;
        }
        let full = if url.starts_with("www.") { format!("https://{url}") } else { url.to_owned() };
        return Some((Entity::Url(full), url.len()));
    }
    if let Some(found) = EMAIL.find(rest) {
        let address = found.as_str().trim_end_matches('.');
        return Some((Entity::Email(address.to_owned()), address.len()));
    }
    if let Some(found) = CHANNEL.find(rest) {
        let name = found.as_str().trim_end_matches('-');
        return Some((Entity::Channel(name.to_owned()), name.len()));
    }
    if let Some(found) = CHAT.find(rest) {
        return Some((Entity::Chat(found.as_str().to_owned()), found.end()));
    }
    date_at(rest).or_else(|| clock_at(rest)).or_else(|| span_at(rest)).or_else(|| path_at(rest, lexicon))
}

pub(super) fn date_at(rest: &str) -> Option<(Entity, usize)> {
    let number = |part: &str| part.parse::<i16>().ok();
    let small = |part: &str| part.parse::<i8>().ok();
    let found = DATE.captures(rest).map(|c| (number(&c[1]), small(&c[2]), small(&c[3]), c[0].len()));
    let found = found.or_else(|| DATE_DOTS.captures(rest).map(|c| (number(&c[3]), small(&c[2]), small(&c[1]), c[0].len())));
    let (year, month, day, length) = found.or_else(|| {
        let c = DATE_SLASHES.captures(rest)?;
        let (first, second) = (small(&c[1])?, small(&c[2])?);
        // Month first unless that is no month.
        let (month, day) = if first > 12 { (second, first) } else { (first, second) };
        Some((number(&c[3]), Some(month), Some(day), c[0].len()))
    })?;
    if rest[length..].starts_with(['.', '-', '_']) && rest[length + 1..].starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    jiff::civil::Date::new(year?, month?, day?).ok().map(|date| (Entity::Date(date), length))
}

pub(super) fn clock_at(rest: &str) -> Option<(Entity, usize)> {
    let c = CLOCK.captures(rest)?;
    let small = |n: usize| c.get(n).map_or(Some(0), |part| part.as_str().parse::<u8>().ok());
    let whole = c[0].trim_end_matches([' ', ',', '\n']);
    let (hour, minute) = if let Some(half) = c.get(3) {
        let hour = small(1).filter(|hour| (1..=12).contains(hour))?;
        let afternoon = half.as_str().to_lowercase().starts_with('p');
        (hour % 12 + if afternoon { 12 } else { 0 }, small(2)?)
    } else if c.get(4).is_some() {
        (small(4)?, small(5)?)
    } else if c.get(7).is_some() {
        (small(6)?, small(7)?)
    } else {
        return None;
    };
    (hour < 24 && minute < 60).then_some((Entity::Clock(hour, minute), whole.len()))
}

pub(super) fn span_at(rest: &str) -> Option<(Entity, usize)> {
    let c = SPAN.captures(rest)?;
    let number: f64 = c[1].parse().ok()?;
    let unit = match c[2].to_lowercase().as_str() {
        "ms" => 1.0,
        "s" | "sec" | "secs" => 1e3,
        "m" | "min" | "mins" => 6e4,
        "h" | "hr" | "hrs" => 3.6e6,
        _ => 8.64e7,
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "digits of a sentence")]
    Some((Entity::Span((number * unit) as u64), c[0].len()))
}

pub(super) fn path_at(rest: &str, lexicon: &Lexicon) -> Option<(Entity, usize)> {
    if let Some(found) = OUTSIDE.find(rest) {
        let path = found.as_str().trim_end_matches(['.', '/']);
        return Some((Entity::Path(path.to_owned()), path.len()));
    }
    if let Some(found) = PATH.find(rest) {
        let path = found.as_str();
        let extension = path.rsplit_once('.').map(|(_, tail)| tail.to_lowercase()).unwrap_or_default();
        let bare = path.trim_start_matches("./").to_owned();
        if lexicon.databases.contains(&extension) {
            return Some((Entity::Database(bare), path.len()));
        }
        if lexicon.formats.contains_key(&extension)
            || path.contains('*') && path.contains(char::is_alphanumeric)
            || (path.contains('/') && !extension.is_empty() && !extension.contains('/'))
        {
            return Some((Entity::Path(bare), path.len()));
        }
        let host = path.split('/').next().unwrap_or(path);
        let known = ["com", "org", "net", "io", "dev", "de", "example", "uk", "eu", "ai", "co", "app"]
            .iter()
            .any(|tld| host.ends_with(&format!(".{tld}")));
        if known && host.len() > 4 {
            let mut end = rest.find(|c: char| c.is_whitespace() || "<>\"'".contains(c)).unwrap_or(rest.len());
            end = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')']).len();
            return Some((Entity::Url(format!("https://{}", &rest[..end])), end));
        }
    }
    if let Some(found) = FOLDER.find(rest).filter(|found| !rest[found.end()..].starts_with(|c: char| c.is_alphanumeric())) {
        return Some((Entity::Folder(found.as_str().trim_start_matches("./").trim_end_matches('/').to_owned()), found.end()));
    }
    if let Some(found) = NESTED_FOLDER
        .find(rest)
        .filter(|found| !["and/or", "he/she", "his/her", "yes/no", "true/false", "on/off"].contains(&found.as_str()))
    {
        // A slash between plain words may stand for "or"; only longer or underscored paths count as folders here.
        if found.as_str().matches('/').count() > 1 || zone_like(found.as_str()) {
            return Some((Entity::Folder(found.as_str().to_owned()), found.end()));
        }
    }
    ROUTE.find(rest).map(|found| (Entity::Route(found.as_str().to_owned()), found.end()))
}

/// Whether a path reads like `Europe/Berlin` or `data/in`.
pub(super) fn zone_like(text: &str) -> bool {
    text.contains('/')
}

/// JSON as people type it: bare keys, single quotes. Only flat forms that become valid by quoting.
pub(super) fn loose_json(rest: &str) -> Option<(Value, usize)> {
    pattern!(BARE_KEY, r#"([{,]\s*)([A-Za-z_][\w-]*)\s*:"#);
    let end = balanced_end(rest)?;
    let body = &rest[..end];
    if !body.contains(':') {
        return None;
    }
    let quoted = BARE_KEY.replace_all(body, "$1\"$2\":");
    let candidates = [quoted.to_string(), quoted.replace('\'', "\""), quoted.replace(['“', '”'], "\"")];
    candidates.iter().find_map(|text| serde_json::from_str(text).ok()).map(|value| (value, end))
}

pub(super) fn balanced_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    for (place, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"') => quote = Some('"'),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(place + 1);
                }
            }
            _ => {}
        }
    }
    None
}
