//! The lexicon: the data files under `en/`, read once into tables.

use super::phrases::Phrases;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

/// What a clause's head verb asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "named after the verbs of en/verbs.toml")]
pub enum Act {
    Fetch,
    Keep,
    Drop,
    Sort,
    Limit,
    Count,
    Measure,
    Group,
    Dedupe,
    Project,
    Send,
    Save,
    Append,
    Convert,
    Delete,
    Move,
    Copy,
    Wait,
    Respond,
    Hash,
    Join,
    Insert,
    Update,
    Replace,
    Stop,
    Retry,
    Fail,
    Run,
    Format,
    Uppercase,
    Lowercase,
    Adjust,
    Split,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "named after the tables of en/comparisons.toml")]
pub enum CompareOp {
    Gt,
    Lt,
    Ge,
    Le,
    Eq,
    Ne,
    Contains,
    NotContains,
    Starts,
    Ends,
    Between,
    OneOf,
    NoneOf,
    Before,
    After,
    Empty,
    Present,
    Truthy,
    Falsy,
}

/// A number over a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "named after the tables of en/words.toml")]
pub enum Measure {
    Sum,
    Avg,
    Min,
    Max,
    Median,
    Count,
}

/// The direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "ascending and descending")]
pub enum Direction {
    Asc,
    Desc,
}

/// A superlative: the fields that it may speak of, and its direction.
#[derive(Debug, Clone)]
pub struct Superlative {
    /// Field words, best guess first; `@date`, `@age` and `@length` are kinds, `*` the only number.
    pub fields: Vec<String>,
    /// Which end of the order is meant.
    pub direction: Direction,
}

/// Words for fields that may stand for each other.
#[derive(Debug, Clone, Default)]
pub struct FieldFamilies {
    /// Families, each with its best word first.
    pub families: Vec<Vec<String>>,
    /// For the stems of a word, the families it is in and its place there.
    pub by_stem: HashMap<String, Vec<(usize, usize)>>,
    /// Fields that hold money.
    pub money: Vec<String>,
    /// Fields that hold any amount.
    pub amounts: Vec<String>,
    /// Fields that say when.
    pub dates: Vec<String>,
    /// Fields that name an item.
    pub labels: Vec<String>,
    /// Words that are fields even where no sample shows them.
    pub common: HashSet<String>,
    /// Fields whose numbers are names, not amounts.
    pub identifiers: HashSet<String>,
}

/// Words of time.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "named after the tables of en/calendar.toml")]
pub struct Calendar {
    pub weekdays: HashMap<String, u8>,
    pub months: HashMap<String, u8>,
    pub day_parts: HashMap<String, u8>,
    pub ordinals: HashMap<String, u8>,
    pub units: HashMap<String, String>,
    pub adverbs: HashMap<String, String>,
    pub zones: HashMap<String, String>,
}

/// All tables.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "named after the tables of the data files")]
pub struct Lexicon {
    pub verbs: Phrases<Act>,
    pub noun_like: HashSet<String>,
    pub foreign_verbs: Phrases<()>,
    pub foreign_services: Phrases<()>,
    pub openers: Phrases<()>,
    pub purposes: Phrases<()>,
    pub then: Phrases<()>,
    pub also: Phrases<()>,
    pub otherwise: Phrases<()>,
    pub failure: Phrases<()>,
    pub none: Phrases<()>,
    pub some: Phrases<()>,
    pub copulas: HashSet<String>,
    pub negations: Phrases<()>,
    pub operators: Phrases<CompareOp>,
    pub calendar: Calendar,
    pub stop: HashSet<String>,
    pub determiners: HashSet<String>,
    pub pronouns: Phrases<()>,
    pub item_nouns: HashSet<String>,
    pub carrier_nouns: HashSet<String>,
    pub describing: HashSet<String>,
    pub worth: HashSet<String>,
    pub numbers: HashMap<String, f64>,
    pub measures: Phrases<Measure>,
    pub directions: Phrases<Direction>,
    pub superlatives: Phrases<Superlative>,
    pub fields: FieldFamilies,
    pub states: BTreeMap<String, Vec<String>>,
    pub state_phrases: Phrases<String>,
    pub formats: HashMap<String, String>,
    pub databases: HashSet<String>,
    pub format_words: Phrases<String>,
    known: HashSet<String>,
    mendable: Vec<String>,
}

impl Lexicon {
    /// Whether a word is in any table.
    pub fn knows(&self, word: &str) -> bool {
        self.known.contains(word) || self.known.contains(&stem(word))
    }

    /// Words that a misspelt word of a length may stand for.
    pub fn mendable(&self, length: usize, budget: usize) -> impl Iterator<Item = &str> {
        self.mendable.iter().filter(move |word| word.len().abs_diff(length) <= budget).map(String::as_str)
    }

    /// Whether a word carries no content of its own.
    pub fn is_stop(&self, word: &str) -> bool {
        self.stop.contains(word)
    }

    /// Whether a noun names any item, such as `rows`.
    pub fn is_item_noun(&self, word: &str) -> bool {
        self.item_nouns.contains(word)
            || word.strip_suffix('s').is_some_and(|one| self.item_nouns.contains(one))
            || word.strip_suffix("ies").is_some_and(|one| self.item_nouns.contains(&format!("{one}y")))
            || (word == "matches" || word == "data")
    }

    /// Whether a noun says what carries the data, such as `report`.
    pub fn is_carrier(&self, word: &str) -> bool {
        self.carrier_nouns.contains(word) || word.strip_suffix('s').is_some_and(|one| self.carrier_nouns.contains(one))
    }
}

thread_local! {
    static STEMS: RefCell<HashMap<String, String>> = RefCell::new(HashMap::new());
}

/// The stem of a lower-case word. Remembered, because one request asks for the same few words many times.
pub fn stem(word: &str) -> String {
    static STEMMER: LazyLock<rust_stemmers::Stemmer> = LazyLock::new(|| rust_stemmers::Stemmer::create(rust_stemmers::Algorithm::English));
    STEMS.with_borrow_mut(|known| {
        if let Some(found) = known.get(word) {
            return found.clone();
        }
        let made = STEMMER.stem(word).into_owned();
        if known.len() < 20_000 {
            known.insert(word.to_owned(), made.clone());
        }
        made
    })
}

#[derive(Deserialize)]
struct VerbFile {
    acts: BTreeMap<String, Vec<String>>,
    noun_like: Words,
    foreign: Foreign,
    polite: Polite,
    joiners: Joiners,
}

#[derive(Deserialize)]
struct Words {
    words: Vec<String>,
}

#[derive(Deserialize)]
struct Foreign {
    verbs: Vec<String>,
    services: Vec<String>,
}

#[derive(Deserialize)]
struct Polite {
    openers: Vec<String>,
    purposes: Vec<String>,
}

#[derive(Deserialize)]
struct Joiners {
    then: Vec<String>,
    also: Vec<String>,
    otherwise: Vec<String>,
    failure: Vec<String>,
    none: Vec<String>,
    some: Vec<String>,
}

#[derive(Deserialize)]
struct ComparisonFile {
    copulas: Vec<String>,
    negations: Vec<String>,
    operators: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct WordFile {
    stop: Vec<String>,
    determiners: Vec<String>,
    pronouns: Vec<String>,
    item_nouns: Vec<String>,
    carrier_nouns: Vec<String>,
    describing: Vec<String>,
    worth: Vec<String>,
    numbers: HashMap<String, f64>,
    measures: BTreeMap<String, Vec<String>>,
    directions: BTreeMap<String, Vec<String>>,
    superlatives: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    fields: FieldTable,
    states: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct FieldTable {
    families: Vec<Vec<String>>,
    money: Vec<String>,
    amounts: Vec<String>,
    dates: Vec<String>,
    labels: Vec<String>,
    common: Vec<String>,
    identifiers: Vec<String>,
}

#[derive(Deserialize)]
struct ExtensionFile {
    formats: HashMap<String, String>,
    databases: DatabaseTable,
    words: HashMap<String, String>,
}

#[derive(Deserialize)]
struct DatabaseTable {
    extensions: Vec<String>,
}

/// The English lexicon.
pub fn english() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(load);
    &LEXICON
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> T {
    #[allow(clippy::expect_used, reason = "the data files are part of the program and read by its tests")]
    toml::from_str(text).expect("the language data files are well formed")
}

fn meaning<T: serde::de::DeserializeOwned>(name: &str) -> T {
    #[allow(clippy::expect_used, reason = "the data files are part of the program and read by its tests")]
    serde_json::from_value(serde_json::Value::String(name.to_owned())).expect("the language data files use known names")
}

fn table<T: Clone + serde::de::DeserializeOwned>(source: &BTreeMap<String, Vec<String>>) -> Phrases<T> {
    let mut phrases = Phrases::default();
    for (name, list) in source {
        phrases.add_all(list, &meaning::<T>(name));
    }
    phrases
}

fn plain(list: &[String]) -> Phrases<()> {
    let mut phrases = Phrases::default();
    phrases.add_all(list, &());
    phrases
}

fn load() -> Lexicon {
    let verbs: VerbFile = parse(include_str!("en/verbs.toml"));
    let comparisons: ComparisonFile = parse(include_str!("en/comparisons.toml"));
    let calendar: Calendar = parse(include_str!("en/calendar.toml"));
    let words: WordFile = parse(include_str!("en/words.toml"));
    let extensions: ExtensionFile = parse(include_str!("en/extensions.toml"));
    let mut superlatives = Phrases::default();
    for (direction, list) in &words.superlatives {
        for (phrase, fields) in list {
            superlatives.add(phrase, Superlative { fields: fields.clone(), direction: meaning(direction) });
        }
    }
    let mut state_phrases = Phrases::default();
    for state in words.states.keys() {
        state_phrases.add(state, state.clone());
    }
    let mut format_words = Phrases::default();
    for (word, format) in &extensions.words {
        format_words.add(word, format.clone());
    }
    let mut lexicon = Lexicon {
        verbs: table(&verbs.acts),
        noun_like: verbs.noun_like.words.into_iter().collect(),
        foreign_verbs: plain(&verbs.foreign.verbs),
        foreign_services: plain(&verbs.foreign.services),
        openers: plain(&verbs.polite.openers),
        purposes: plain(&verbs.polite.purposes),
        then: plain(&verbs.joiners.then),
        also: plain(&verbs.joiners.also),
        otherwise: plain(&verbs.joiners.otherwise),
        failure: plain(&verbs.joiners.failure),
        none: plain(&verbs.joiners.none),
        some: plain(&verbs.joiners.some),
        copulas: comparisons.copulas.into_iter().collect(),
        negations: plain(&comparisons.negations),
        operators: table(&comparisons.operators),
        calendar,
        stop: words.stop.into_iter().collect(),
        determiners: words.determiners.into_iter().collect(),
        pronouns: plain(&words.pronouns),
        item_nouns: words.item_nouns.into_iter().collect(),
        carrier_nouns: words.carrier_nouns.into_iter().collect(),
        describing: words.describing.into_iter().collect(),
        worth: words.worth.into_iter().collect(),
        numbers: words.numbers,
        measures: table(&words.measures),
        directions: table(&words.directions),
        superlatives,
        fields: FieldFamilies {
            by_stem: by_stem(&words.fields.families),
            families: words.fields.families,
            money: words.fields.money,
            amounts: words.fields.amounts,
            dates: words.fields.dates,
            labels: words.fields.labels,
            common: words.fields.common.into_iter().collect(),
            identifiers: words.fields.identifiers.into_iter().collect(),
        },
        states: words.states,
        state_phrases,
        formats: extensions.formats,
        databases: extensions.databases.extensions.into_iter().collect(),
        format_words,
        known: HashSet::new(),
        mendable: Vec::new(),
    };
    index_words(&mut lexicon);
    lexicon
}

fn by_stem(families: &[Vec<String>]) -> HashMap<String, Vec<(usize, usize)>> {
    let mut found: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
    for (family, words) in families.iter().enumerate() {
        for (place, word) in words.iter().enumerate() {
            let stems = word.split(['_', ' ', '-']).map(stem).collect::<Vec<_>>().join(" ");
            found.entry(stems).or_default().push((family, place));
        }
    }
    found
}

/// Everyday nouns that a misspelling must not turn into something else.
const NOUNS: &str = include_str!("en/nouns.txt");

fn index_words(lexicon: &mut Lexicon) {
    let structure: HashSet<String> = (lexicon.verbs.words().chain(lexicon.operators.words()).chain(lexicon.then.words()))
        .chain(lexicon.otherwise.words())
        .chain(lexicon.directions.words())
        .chain(lexicon.measures.words())
        .chain(lexicon.superlatives.words())
        .chain(lexicon.calendar.weekdays.keys().map(String::as_str))
        .chain(lexicon.calendar.months.keys().map(String::as_str))
        .chain(lexicon.calendar.adverbs.keys().map(String::as_str))
        .chain(lexicon.calendar.units.keys().map(String::as_str))
        .chain(lexicon.calendar.day_parts.keys().map(String::as_str))
        .chain([
            "every",
            "weekday",
            "weekdays",
            "weekend",
            "where",
            "whose",
            "which",
            "that",
            "with",
            "from",
            "each",
            "when",
            "whenever",
            "column",
            "columns",
            "field",
            "fields",
            "duplicates",
            "channel",
            "customers",
            "orders",
            "webhook",
        ])
        .filter(|word| word.len() >= 4 && word.chars().all(|c| c.is_ascii_lowercase()))
        .map(str::to_owned)
        .collect();
    let mut known: HashSet<String> = structure.iter().cloned().collect();
    let others = (lexicon
        .stop
        .iter()
        .chain(&lexicon.item_nouns)
        .chain(&lexicon.carrier_nouns)
        .chain(lexicon.states.keys())
        .chain(&lexicon.describing))
    .chain(lexicon.numbers.keys())
    .chain(lexicon.calendar.zones.keys())
    .chain(lexicon.calendar.ordinals.keys())
    .chain(&lexicon.fields.common)
    .chain(lexicon.fields.families.iter().flatten())
    .cloned();
    known.extend(others);
    for phrases in [
        &lexicon.openers,
        &lexicon.purposes,
        &lexicon.also,
        &lexicon.failure,
        &lexicon.none,
        &lexicon.some,
        &lexicon.foreign_verbs,
        &lexicon.foreign_services,
        &lexicon.negations,
    ] {
        known.extend(phrases.words().map(str::to_owned));
    }
    known.extend(NOUNS.split_whitespace().map(str::to_owned));
    let stems: Vec<String> = known.iter().map(|word| stem(word)).collect();
    known.extend(stems);
    lexicon.mendable = structure.into_iter().collect();
    lexicon.mendable.sort();
    lexicon.known = known;
}
