//! The fields of the data in hand, and how people's words for them are matched with their real names.

use super::js;
use crate::language::{Lexicon, english, stem};
use serde_json::Value;

/// What a field holds, as far as a sample shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Numbers.
    Number,
    /// Text of digits, as some services send numbers.
    NumberText,
    /// True and false.
    Bool,
    /// `yes`/`no` or `true`/`false` as text.
    BoolText,
    /// Dates or moments as text.
    Date,
    /// Other text.
    Text,
    /// Lists and objects.
    Deep,
    /// Not known.
    Unknown,
}

/// A field of the items.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its real name.
    pub name: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Different text values seen in the sample.
    pub values: Vec<String>,
    /// The name in its words.
    plain: String,
    /// The stems of these words.
    stems: Vec<String>,
}

impl Field {
    fn new(name: &str, kind: FieldKind, values: Vec<String>) -> Self {
        let plain = normal(name);
        let stems = stems(&plain);
        Self { name: name.to_owned(), kind, values, plain, stems }
    }

    /// The same field under another name.
    #[must_use]
    pub fn renamed(&self, name: &str) -> Self {
        Self::new(name, self.kind, self.values.clone())
    }

    /// The value that stands for a country which is said in another way than the field writes it.
    pub fn country(&self, said: &str) -> Option<String> {
        super::countries::as_written(said, &self.values)
    }

    /// Whether all words belong to its name, but for nouns that name the items in front of it.
    pub fn covers(&self, words: &[&str], nouns: &[String]) -> bool {
        let own = |word: &&str| self.stems.contains(&stem(word));
        let named = |word: &&str| nouns.contains(&stem(word));
        words.iter().skip_while(|word| !own(word) && named(word)).all(own)
    }
}

/// All that is known of the fields of a list's items or of a record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields {
    /// The fields; empty and not `known` when there was no sample.
    pub list: Vec<Field>,
    /// Whether these are all fields that there are.
    pub known: bool,
}

/// A field that was found, or words for one that no sample shows.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldRef {
    /// A field of the sample.
    Known(Field),
    /// Possible names, best first.
    Named(Vec<String>),
    /// The item itself, where items are plain values.
    Whole,
}

/// How well a word fits a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// They share a word.
    Overlap,
    /// A spelling error away.
    Near,
    /// Another word for it.
    Synonym,
    /// Another form of the same word.
    Stem,
    /// The same word.
    Exact,
}

impl Fields {
    /// The fields of a sample: of a list's items, or of an object.
    pub fn of(sample: &Value) -> Self {
        let items: Vec<&Value> = match sample {
            Value::Array(items) => items.iter().take(200).collect(),
            other => vec![other],
        };
        let mut list: Vec<Field> = Vec::new();
        for item in &items {
            let Value::Object(object) = item else { continue };
            for name in object.keys() {
                if !list.iter().any(|field| field.name == *name) {
                    let seen: Vec<&Value> = items.iter().filter_map(|item| item.get(name)).collect();
                    list.push(Field::new(name, kind_of(&seen), texts(&seen)));
                }
            }
        }
        let known = !items.is_empty();
        Self { list, known }
    }

    /// Fields known only by name, such as the columns of a table.
    pub fn named<S: AsRef<str>>(names: &[S]) -> Self {
        let list = names.iter().map(|name| Field::new(name.as_ref(), FieldKind::Unknown, Vec::new())).collect();
        Self { list, known: true }
    }

    /// The best field for some words, with how well it fits. None when nothing fits or two fit equally.
    pub fn find(&self, words: &[&str]) -> Option<(&Field, Fit)> {
        let said = normal(&words.join(" "));
        if said.is_empty() {
            return None;
        }
        let said_stems = stems(&said);
        let mut scored: Vec<(Fit, usize, &Field)> =
            self.list.iter().filter_map(|field| fit(&said, &said_stems, field).map(|(fit, weight)| (fit, weight, field))).collect();
        scored.sort_by_key(|entry| std::cmp::Reverse((entry.0, entry.1)));
        let best = scored.first()?;
        let tie = scored.get(1).is_some_and(|second| (second.0, second.1) == (best.0, best.1) && best.0 < Fit::Synonym);
        (!tie).then_some((best.2, best.0))
    }

    /// The field for some words: a real one, or the words as names where no sample shows them.
    pub fn resolve(&self, words: &[&str]) -> Option<FieldRef> {
        match self.find(words) {
            Some((field, _)) => Some(FieldRef::Known(field.clone())),
            None if self.known && !self.list.is_empty() => None,
            None => Some(FieldRef::Named(names_for(words))),
        }
    }

    /// Fields that hold amounts rather than names made of digits.
    pub fn numeric(&self) -> Vec<&Field> {
        let lexicon = english();
        let amounts =
            |field: &&Field| matches!(field.kind, FieldKind::Number | FieldKind::NumberText) && !is_identifier(lexicon, &field.name);
        self.list.iter().filter(amounts).collect()
    }

    /// The field that an amount without a name speaks of: the only number, or the first of a list of usual names.
    pub fn amount(&self, money: bool) -> Option<FieldRef> {
        let lexicon = english();
        let order = if money { &lexicon.fields.money } else { &lexicon.fields.amounts };
        if !self.known {
            return Some(FieldRef::Named(order.iter().take(5).cloned().collect()));
        }
        let numeric = self.numeric();
        let usual = order.iter().find_map(|name| numeric.iter().find(|field| normal(&field.name) == normal(name)).copied());
        let partial = || {
            order
                .iter()
                .find_map(|name| numeric.iter().find(|field| normal(&field.name).split(' ').any(|part| stem(part) == stem(name))).copied())
        };
        let unknown = || {
            order
                .iter()
                .find_map(|name| self.list.iter().find(|field| field.kind == FieldKind::Unknown && normal(&field.name) == normal(name)))
        };
        match numeric.as_slice() {
            [only] => Some(FieldRef::Known((*only).clone())),
            _ => usual.or_else(partial).or_else(unknown).map(|field| FieldRef::Known(field.clone())),
        }
    }

    /// The field that a date without a name speaks of.
    pub fn date(&self) -> Option<FieldRef> {
        let lexicon = english();
        if !self.known {
            return Some(FieldRef::Named(lexicon.fields.dates.iter().take(8).cloned().collect()));
        }
        let dates: Vec<&Field> = self.list.iter().filter(|field| field.kind == FieldKind::Date).collect();
        let candidates: Vec<&Field> =
            if dates.is_empty() { self.list.iter().filter(|field| field.kind == FieldKind::Unknown).collect() } else { dates.clone() };
        let usual =
            lexicon.fields.dates.iter().find_map(|name| candidates.iter().find(|field| normal(&field.name) == normal(name)).copied());
        match dates.as_slice() {
            [only] => Some(FieldRef::Known((*only).clone())),
            _ => usual.map(|field| FieldRef::Known(field.clone())),
        }
    }

    /// The field that names an item.
    pub fn label(&self) -> Option<&Field> {
        let lexicon = english();
        lexicon.fields.labels.iter().find_map(|label| {
            self.list.iter().find(|field| normal(&field.name) == normal(label) || normal(&field.name).ends_with(&format!(" {label}")))
        })
    }

    /// The field one of whose values is this word, with the value as it is written there.
    pub fn with_value(&self, said: &str) -> Option<(&Field, String)> {
        let folded = said.to_lowercase();
        let folded = folded.trim();
        let spaced = folded.replace(['_', '-'], " ");
        let mut found = self.list.iter().filter_map(|field| {
            let value = field.values.iter().find(|value| {
                let value = value.to_lowercase();
                value == folded || value.replace(['_', '-'], " ") == spaced
            })?;
            Some((field, value.clone()))
        });
        found.next().or_else(|| self.list.iter().find_map(|field| field.country(said).map(|value| (field, value))))
    }
}

impl FieldRef {
    /// The expression that reads the field of `base`.
    pub fn of(&self, base: &str) -> String {
        match self {
            Self::Known(field) => js::member(base, &field.name),
            Self::Named(names) => match names.as_slice() {
                [] => base.to_owned(),
                [one] => js::member(base, one),
                many => format!("({})", many.iter().map(|name| js::member(base, name)).collect::<Vec<_>>().join(" ?? ")),
            },
            Self::Whole => base.to_owned(),
        }
    }

    /// Its best name.
    pub fn name(&self) -> String {
        match self {
            Self::Known(field) => field.name.clone(),
            Self::Named(names) => names.first().cloned().unwrap_or_default(),
            Self::Whole => "value".to_owned(),
        }
    }

    /// What it holds.
    pub fn kind(&self) -> FieldKind {
        match self {
            Self::Known(field) => field.kind,
            _ => FieldKind::Unknown,
        }
    }

    /// The field as a parameter such as `by`: its plain name where that is enough.
    pub fn as_lambda(&self) -> Value {
        match self {
            Self::Known(field) if field.kind == FieldKind::NumberText => js::whole(&format!("Number({})", self.of("item"))),
            Self::Known(field) => Value::String(field.name.clone()),
            Self::Named(names) if names.len() == 1 => Value::String(names[0].clone()),
            _ => js::whole(&self.of("item")),
        }
    }
}

/// A name in its words: `orderTotal`, `order_total` and `Order total` are the same.
pub fn normal(name: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            out.push(' ');
        }
        before = c;
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if c != '\'' {
            out.push(' ');
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn stems(text: &str) -> Vec<String> {
    text.split(' ').map(stem).collect()
}

fn fit(said: &str, said_stems: &[String], field: &Field) -> Option<(Fit, usize)> {
    let (real, real_stems) = (field.plain.as_str(), &field.stems);
    if real == said {
        return Some((Fit::Exact, 100));
    }
    let one = |text: &str| singular(text).unwrap_or_else(|| text.to_owned());
    if said.replace(' ', "") == real.replace(' ', "") || one(said) == real || one(real) == said {
        return Some((Fit::Exact, 90));
    }
    if said_stems == real_stems {
        return Some((Fit::Stem, 85));
    }
    let families = &english().fields.by_stem;
    if let (Some(said_in), Some(real_in)) = (families.get(&said_stems.join(" ")), families.get(&real_stems.join(" "))) {
        // Families are led by their best word: being near the front of the list counts.
        let shared = said_in.iter().find_map(|(family, a)| real_in.iter().find(|(other, _)| other == family).map(|(_, b)| (family, a + b)));
        if let Some((family, distance)) = shared {
            return Some((Fit::Synonym, 80_usize.saturating_sub(distance + usize::from(*family > 20))));
        }
    }
    if said.len() >= 4 && !said.contains(' ') && real.len() >= 4 && !real.contains(' ') && strsim::osa_distance(said, real) == 1 {
        return Some((Fit::Near, 70));
    }
    if said.len() >= 3 && real.len() > said.len() && !real.contains(' ') && real.starts_with(said) && said.len() * 2 >= real.len() {
        return Some((Fit::Near, 50));
    }
    let shared = said_stems.iter().filter(|word| word.len() > 2 && real_stems.contains(word)).count();
    if shared > 0 && (shared == said_stems.len() || shared == real_stems.len()) {
        return Some((Fit::Overlap, 10 * shared + usize::from(real_stems.last() == said_stems.last())));
    }
    None
}

fn is_identifier(lexicon: &Lexicon, name: &str) -> bool {
    let plain = normal(name);
    lexicon.fields.identifiers.contains(&name.to_lowercase())
        || plain.split(' ').next_back() == Some("id")
        || plain == "id"
        || lexicon.fields.identifiers.contains(&plain.replace(' ', "_"))
}

/// Names that words may stand for where no sample shows the real one.
pub fn names_for(words: &[&str]) -> Vec<String> {
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let plain = |words: &[String]| -> Vec<String> {
        if words.len() == 1 {
            return vec![words[0].clone()];
        }
        let camel =
            words.iter().enumerate().map(|(place, word)| if place == 0 { word.clone() } else { capitalise(word) }).collect::<String>();
        vec![words.join("_"), camel, words.join(" "), words.join("-")]
    };
    let mut names = Vec::new();
    if let Some(last) = words.last()
        && let Some(one) = singular(last)
    {
        let mut single = words.clone();
        if let Some(last) = single.last_mut() {
            *last = one;
        }
        names.extend(plain(&single));
    }
    names.extend(plain(&words));
    if words.len() == 1 && words[0].contains(['-', '.']) {
        names.truncate(1);
    }
    // Names that services use for the same thing without any sample to tell them apart.
    let twins: &[&str] = match names.first().map(String::as_str) {
        Some("state") => &["status"],
        Some("email") => &["mail", "email_address"],
        _ => &[],
    };
    names.extend(twins.iter().map(|&twin| twin.to_owned()));
    names
}

/// The singular of a plural noun; None when it is not one.
pub fn singular(word: &str) -> Option<String> {
    if word.len() < 4
        || word.ends_with("ss")
        || word.ends_with("us")
        || word.ends_with("is")
        || ["sales", "hours", "news", "series", "species", "address", "status", "goods"].contains(&word)
    {
        return None;
    }
    if let Some(head) = word.strip_suffix("ies").filter(|head| head.len() > 1 && !["mov", "cook", "zomb"].contains(head)) {
        return Some(format!("{head}y"));
    }
    for ending in ["ses", "xes", "zes", "ches", "shes"] {
        if word.ends_with(ending) && !["ases", "oses", "uses", "ises", "rses", "nses"].iter().any(|soft| word.ends_with(soft)) {
            return Some(word[..word.len() - 2].to_owned());
        }
    }
    word.strip_suffix('s').map(str::to_owned)
}

/// A word with a capital first letter.
pub fn capitalise(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn kind_of(seen: &[&Value]) -> FieldKind {
    let filled: Vec<&Value> = seen.iter().copied().filter(|value| !value.is_null() && value.as_str() != Some("")).collect();
    if filled.is_empty() {
        return FieldKind::Unknown;
    }
    let texts = || filled.iter().filter_map(|value| value.as_str());
    let all_text = filled.iter().all(|value| value.is_string());
    if filled.iter().all(|value| value.is_number()) {
        FieldKind::Number
    } else if filled.iter().all(|value| value.is_boolean()) {
        FieldKind::Bool
    } else if filled.iter().all(|value| value.is_object() || value.is_array()) {
        FieldKind::Deep
    } else if all_text && texts().all(|text| ["true", "false", "yes", "no", "y", "n"].contains(&text.to_lowercase().as_str())) {
        FieldKind::BoolText
    } else if all_text && texts().all(is_date) {
        FieldKind::Date
    } else if filled.iter().all(|value| {
        value.is_number()
            || value
                .as_str()
                .is_some_and(|text| text.trim().parse::<f64>().is_ok() && !(text.len() > 1 && text.starts_with('0') && !text.contains('.')))
    }) {
        FieldKind::NumberText
    } else {
        FieldKind::Text
    }
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && text.get(..10).is_some_and(|date| date.parse::<jiff::civil::Date>().is_ok())
}

fn texts(seen: &[&Value]) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for value in seen {
        if let Value::String(text) = value
            && !text.is_empty()
            && text.len() <= 60
            && !values.contains(text)
            && values.len() < 100
        {
            values.push(text.clone());
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields() -> Fields {
        Fields::of(&json!([
            {"id": 1, "customer_name": "Ann", "orderTotal": 120.5, "status": "open", "created_at": "2026-01-02", "paid": false, "zip": 12345, "e-mail": "a@x"},
            {"id": 2, "customer_name": "Bob", "orderTotal": 20, "status": "closed", "created_at": "2026-02-02", "paid": true, "zip": 22345, "e-mail": ""},
        ]))
    }

    #[test]
    fn words_find_the_real_field() {
        let fields = fields();
        for (said, real) in [
            ("total", "orderTotal"),
            ("order total", "orderTotal"),
            ("statuses", "status"),
            ("state", "status"),
            ("email", "e-mail"),
            ("emails", "e-mail"),
            ("customer", "customer_name"),
            ("creation date", "created_at"),
            ("staus", "status"),
        ] {
            let words: Vec<&str> = said.split(' ').collect();
            assert_eq!(fields.find(&words).map(|(field, _)| field.name.as_str()), Some(real), "{said}");
        }
        assert_eq!(fields.find(&["colour"]), None);
    }

    #[test]
    fn an_amount_without_a_name_is_the_only_number_that_is_no_identifier() {
        assert_eq!(fields().amount(false).map(|field| field.name()).as_deref(), Some("orderTotal"));
        assert_eq!(Fields::of(&json!([{"a": 1, "b": 2}])).amount(false), None);
    }

    #[test]
    fn values_point_to_their_field() {
        let fields = fields();
        assert_eq!(fields.with_value("Open").map(|(field, value)| (field.name.clone(), value)), Some(("status".into(), "open".into())));
    }

    #[test]
    fn words_without_a_sample_are_taken_in_both_spellings() {
        assert_eq!(
            FieldRef::Named(names_for(&["created", "at"])).of("item"),
            "(item.created_at ?? item.createdAt ?? item['created at'] ?? item['created-at'])"
        );
        assert_eq!(FieldRef::Named(names_for(&["titles"])).of("item"), "(item.title ?? item.titles)");
        assert_eq!(FieldRef::Named(names_for(&["status"])).of("item"), "item.status");
    }
}
