//! Requests as strangers write them: what must be found for each, measured over two halves of one corpus. Words, weights
//! and concepts may be chosen by looking at the half `tuned`; nobody looks at `held-out` but to measure.

use sayflow_agent::retrieval::{EntryKind, Library};
use sayflow_agent::templates;
use std::collections::HashSet;
use std::sync::Arc;

const CORPUS: &str = include_str!("../../data/retrieval-requests.tsv");

struct Asked {
    half: &'static str,
    kind: EntryKind,
    right: Vec<&'static str>,
    text: &'static str,
}

fn corpus() -> Vec<Asked> {
    let line = |line: &'static str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [half, kind, right, text] = columns[..] else { panic!("not four columns: {line}") };
        let kind = match kind {
            "action" => EntryKind::Action,
            "template" => EntryKind::Template,
            other => panic!("no kind: {other}"),
        };
        Asked { half, kind, right: right.split(',').collect(), text }
    };
    CORPUS.lines().filter(|line| !line.starts_with('#')).map(line).collect()
}

fn library() -> Library {
    Library::new(Arc::new(sayflow_actions::catalogue()))
}

/// At which place, from 1, the first right entry is.
fn place(library: &Library, asked: &Asked) -> Option<usize> {
    let found = library.search_words(asked.text, &[asked.kind], 20);
    found.iter().position(|hit| asked.right.contains(&hit.id.as_str())).map(|place| place + 1)
}

#[test]
fn the_corpus_asks_for_everything_there_is_in_both_halves() {
    let corpus = corpus();
    assert!(corpus.len() >= 200);
    let catalogue = sayflow_actions::catalogue();
    let actions = catalogue.specs().map(|spec| spec.id.as_str());
    let known: HashSet<&str> = actions.chain(templates::all().iter().map(|template| template.info.name.as_str())).collect();
    for half in ["tuned", "held-out"] {
        let asked: HashSet<&str> = corpus.iter().filter(|asked| asked.half == half).flat_map(|asked| asked.right.iter().copied()).collect();
        let unknown: Vec<_> = asked.difference(&known).collect();
        assert!(unknown.is_empty(), "{half} asks for what is not there: {unknown:?}");
        let forgotten: Vec<_> = known.difference(&asked).collect();
        assert!(forgotten.len() * 20 <= known.len(), "{half} does not ask for {forgotten:?}");
    }
    let mut texts = HashSet::new();
    assert!(corpus.iter().all(|asked| texts.insert(asked.text.to_lowercase())), "a request is there twice");
}

#[test]
fn no_request_of_the_corpus_is_a_sentence_of_the_library() {
    let normal = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let catalogue = sayflow_actions::catalogue();
    let utterances = catalogue.specs().flat_map(|spec| spec.utterances.iter());
    let examples = templates::all().iter().flat_map(|template| template.info.examples.iter());
    let own: HashSet<String> = utterances.chain(examples).map(|text| normal(text)).collect();
    let copied: Vec<&str> = corpus().iter().map(|asked| asked.text).filter(|text| own.contains(&normal(text))).collect();
    assert!(copied.is_empty(), "{copied:?}");
}

#[test]
fn requests_find_what_belongs_to_them_among_the_first_five() {
    let library = library();
    let corpus = corpus();
    for half in ["tuned", "held-out"] {
        let asked: Vec<&Asked> = corpus.iter().filter(|asked| asked.half == half).collect();
        let places: Vec<Option<usize>> = asked.iter().map(|asked| place(&library, asked)).collect();
        let share =
            |depth: usize| places.iter().filter(|place| place.is_some_and(|place| place <= depth)).count() as f64 / places.len() as f64;
        let missed = asked.iter().zip(&places).filter(|(_, place)| place.is_none_or(|place| place > 5));
        let missed: Vec<String> = missed.map(|(asked, place)| format!("{} -> {:?} at {place:?}", asked.text, asked.right)).collect();
        println!("{half}: recall@1 {:.3}, recall@5 {:.3}", share(1), share(5));
        if half == "tuned" {
            println!("{}", missed.join("\n"));
        }
        let least = 0.95;
        let shown = if half == "tuned" { missed.join("\n") } else { format!("{} are missed", missed.len()) };
        assert!(share(5) >= least, "{half}: recall@5 is {:.3}\n{shown}", share(5));
    }
}
