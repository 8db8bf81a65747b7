//! The walls between the crates, read from `cargo metadata`: which of our crates may use which, and which outside
//! crates each must not know. Only what ships is judged; development and build dependencies may do as they like.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::process::Command;

/// Package name → names of the packages it depends on.
type Edges = BTreeMap<String, BTreeSet<String>>;

/// What one of our crates may see of the others, and why not more.
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    because: &'static str,
}

const ROOMS: &[Room] = &[
    Room { name: "sayflow-protocol", may_use: &[], because: "the nouns are plain types that every other crate can afford to know" },
    Room {
        name: "sayflow-prompts",
        may_use: &[],
        because: "prompts are texts with a render function; what fills them comes in as plain data",
    },
    Room { name: "sayflow-store", may_use: &[], because: "the store knows tables, not their meaning: hand it texts, numbers and times" },
    Room { name: "sayflow-client", may_use: &["sayflow-protocol"], because: "a client sees a server through the API's types only" },
    Room {
        name: "sayflow-engine",
        may_use: &["sayflow-protocol", "sayflow-store"],
        because: "the engine knows no concrete action, no agent and no surface: actions come in through its trait, effects through its ports",
    },
    Room {
        name: "sayflow-actions",
        may_use: &["sayflow-protocol", "sayflow-prompts", "sayflow-engine"],
        because: "actions know the engine's contracts and nothing that uses them; what ai.* steps tell a model are prompts like any other",
    },
    Room {
        name: "sayflow-agent",
        may_use: &["sayflow-protocol", "sayflow-prompts", "sayflow-engine"],
        because: "the agent knows actions by their declarations only; the host gives it the catalogue",
    },
    Room {
        name: "sayflow-host",
        may_use: &["sayflow-protocol", "sayflow-prompts", "sayflow-store", "sayflow-engine", "sayflow-actions", "sayflow-agent"],
        because: "the host puts the parts together below every surface",
    },
    Room {
        name: "sayflow-chat-server",
        may_use: &["sayflow-protocol", "sayflow-client", "sayflow-host"],
        because: "a surface asks the host and does not reach around it; the client is for finding a server that runs already",
    },
    Room {
        name: "sayflow-tui",
        may_use: &["sayflow-protocol", "sayflow-client"],
        because: "the terminal interface is a client like any other",
    },
    Room {
        name: "sayflow-evals",
        may_use: &["sayflow-protocol", "sayflow-host", "sayflow-engine", "sayflow-actions", "sayflow-agent", "sayflow-store"],
        because: "the evaluation suite drives the parts directly, below the server",
    },
    Room {
        name: "sayflow",
        may_use: &["sayflow-protocol", "sayflow-client", "sayflow-host", "sayflow-chat-server", "sayflow-tui", "sayflow-evals"],
        because: "the binary is a client of the server's API; what it needs of the engine, the host offers",
    },
    Room {
        name: "sayflow-benches",
        may_use: &["sayflow-protocol", "sayflow-store", "sayflow-engine", "sayflow-actions", "sayflow-agent"],
        because: "the benches measure the engine, the client of models and the search in their own process, and the server as the process that people run",
    },
];

/// An outside crate that only some of ours may name in their manifests.
struct Owned {
    dependency: &'static str,
    by: &'static [&'static str],
    because: &'static str,
}

const OWNED: &[Owned] = &[
    Owned {
        dependency: "reqwest",
        by: &["sayflow-actions", "sayflow-client", "sayflow-agent"],
        because: "steps go out through actions::egress alone, clients reach the server through client/, and the agent reaches models through agent::model",
    },
    Owned {
        dependency: "secrecy",
        by: &["sayflow-agent"],
        because: "it holds the keys of models for async-openai; other secrets live in engine::vault",
    },
    Owned { dependency: "lettre", by: &["sayflow-actions"], because: "mail is dialled by the one dialer that may open an smtp credential" },
    Owned { dependency: "axum", by: &["sayflow-chat-server"], because: "only the server knows how HTTP is served" },
    Owned { dependency: "tower-http", by: &["sayflow-chat-server"], because: "only the server knows how HTTP is served" },
    Owned {
        dependency: "sqlx",
        by: &["sayflow-store", "sayflow-actions"],
        because: "our own tables belong to store/, the person's databases to actions::sql",
    },
    Owned {
        dependency: "cap-std",
        by: &["sayflow-actions"],
        because: "files of steps are confined in one place; use the engine's files port",
    },
    Owned { dependency: "rquickjs", by: &["sayflow-engine", "sayflow-actions"], because: "scripts run in the engine's sandbox" },
    Owned { dependency: "aes-gcm", by: &["sayflow-engine"], because: "secrets are sealed and opened in engine::vault alone" },
    Owned { dependency: "clap", by: &["sayflow"], because: "only the binary knows a command line" },
    Owned { dependency: "indicatif", by: &["sayflow"], because: "only the binary knows a terminal" },
    Owned { dependency: "dialoguer", by: &["sayflow"], because: "only the binary knows a terminal" },
    Owned { dependency: "console", by: &["sayflow", "sayflow-tui"], because: "only the binary and the terminal interface know a terminal" },
    Owned { dependency: "miette", by: &["sayflow"], because: "diagnostics are data below; the binary draws them" },
    Owned { dependency: "ratatui", by: &["sayflow-tui"], because: "only the terminal interface draws a screen" },
    Owned {
        dependency: "crossterm",
        by: &["sayflow-tui", "sayflow"],
        because: "only the binary and the terminal interface know a terminal",
    },
    Owned {
        dependency: "async-openai",
        by: &["sayflow-agent"],
        because: "language models are the agent's; the engine knows them as a port",
    },
    Owned { dependency: "figment", by: &["sayflow-host"], because: "settings are read once, in the host" },
];

/// An outside crate that one of ours must not reach even through others.
struct OutOfReach {
    name: &'static str,
    dependencies: &'static [&'static str],
    because: &'static str,
}

const OUT_OF_REACH: &[OutOfReach] = &[
    OutOfReach {
        name: "sayflow-protocol",
        dependencies: &["tokio", "sqlx", "reqwest", "hyper", "mio", "rustls", "async-trait", "rand"],
        because: "the protocol knows no I/O",
    },
    OutOfReach { name: "sayflow-prompts", dependencies: &["tokio", "hyper", "sqlx"], because: "rendering a text needs no I/O" },
    OutOfReach {
        name: "sayflow-store",
        dependencies: &["reqwest", "hyper", "axum", "clap", "serde-saphyr", "rquickjs"],
        because: "the store knows a database and nothing else",
    },
    OutOfReach {
        name: "sayflow-engine",
        dependencies: &["reqwest", "hyper", "lettre", "axum", "clap", "ratatui", "indicatif", "async-openai", "cap-std"],
        because: "the engine acts through its ports only",
    },
    OutOfReach {
        name: "sayflow-agent",
        // The clients of Qdrant and of local embeddings bring axum and indicatif along; that the agent names neither itself,
        // OWNED keeps.
        dependencies: &["clap", "ratatui", "lettre", "cap-std"],
        because: "the agent decides and does not do; it knows no terminal and no server",
    },
    OutOfReach {
        name: "sayflow-client",
        dependencies: &["sqlx", "rquickjs", "oxc_parser", "axum", "clap"],
        because: "a client stays small enough to live in any surface",
    },
];

#[test]
fn our_crates_use_each_other_downwards_only() {
    let complaints = judge_rooms(&declared(&metadata()));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn outside_crates_stay_in_the_rooms_they_belong_to() {
    let complaints = judge_owned(&declared(&metadata()));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn no_crate_reaches_through_another_what_it_must_not_know() {
    let edges = resolved(&metadata());
    assert!(shortest_way(&edges, "sayflow-actions", "hyper").is_some(), "the graph was not read: actions speak HTTP");
    let complaints = judge_reach(&edges);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn forbidden_edges_are_found_and_explained() {
    let edges = |pairs: &[(&str, &[&str])]| -> Edges {
        pairs.iter().map(|(name, uses)| ((*name).to_owned(), uses.iter().map(|used| (*used).to_owned()).collect())).collect()
    };
    let upwards = judge_rooms(&edges(&[("sayflow-engine", &["sayflow-actions"]), ("sayflow-newcomer", &[])]));
    assert_eq!(upwards.len(), 2, "{upwards:?}");
    assert!(upwards[0].contains("knows no concrete action") && upwards[1].contains("sayflow-newcomer"), "{upwards:?}");
    let owned = judge_owned(&edges(&[("sayflow-host", &["reqwest"])]));
    assert!(owned.len() == 1 && owned[0].contains("actions::egress"), "{owned:?}");
    let reach = judge_reach(&edges(&[("sayflow-engine", &["innocent"]), ("innocent", &["middle"]), ("middle", &["hyper"])]));
    assert!(reach.len() == 1 && reach[0].contains("innocent → middle → hyper"), "{reach:?}");
}

/// Edges between our own crates that go up or sideways, and crates that nobody gave a place.
fn judge_rooms(edges: &Edges) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, uses) in edges {
        let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
            complaints.push(format!("{name} has no place in the map: give it a floor in ARCHITECTURE.md and a line in ROOMS"));
            continue;
        };
        for used in uses.iter().filter(|used| used.as_str() == "sayflow" || used.starts_with("sayflow-")) {
            if !room.may_use.contains(&used.as_str()) {
                complaints.push(format!("{name} must not depend on {used}: {}", room.because));
            }
        }
    }
    complaints
}

/// Outside crates named in a manifest that is not theirs.
fn judge_owned(edges: &Edges) -> Vec<String> {
    let mut complaints = Vec::new();
    for owned in OWNED {
        for (name, uses) in edges {
            if uses.contains(owned.dependency) && !owned.by.contains(&name.as_str()) {
                complaints.push(format!("{name} must not depend on {}: {}", owned.dependency, owned.because));
            }
        }
    }
    complaints
}

/// Outside crates that are reached although they must not be, with the way that leads there.
fn judge_reach(edges: &Edges) -> Vec<String> {
    let mut complaints = Vec::new();
    for rule in OUT_OF_REACH {
        for dependency in rule.dependencies {
            if let Some(way) = shortest_way(edges, rule.name, dependency) {
                complaints.push(format!("{} must not reach {dependency} ({}): {}", rule.name, way.join(" → "), rule.because));
            }
        }
    }
    complaints
}

/// The crates between `from` (left out) and `to`, by breadth-first search.
fn shortest_way(edges: &Edges, from: &str, to: &str) -> Option<Vec<String>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(here) = queue.pop_front() {
        for next in edges.get(here).into_iter().flatten() {
            if next == from || came_from.contains_key(next.as_str()) {
                continue;
            }
            came_from.insert(next, here);
            if next == to {
                let mut way = vec![to.to_owned()];
                let mut at = here;
                while at != from {
                    way.push(at.to_owned());
                    at = came_from[at];
                }
                way.reverse();
                return Some(way);
            }
            queue.push_back(next);
        }
    }
    None
}

/// The workspace with its resolved graph for this machine, without touching the network.
fn metadata() -> Metadata {
    let rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(rustc.stdout).expect("rustc writes UTF-8");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .other_options(["--offline", "--locked", "--filter-platform", host].map(str::to_owned))
        .exec()
        .expect("cargo metadata reads the workspace")
}

/// What the manifests of our crates name as normal dependencies.
fn declared(metadata: &Metadata) -> Edges {
    let packages = metadata.workspace_packages();
    assert!(packages.len() >= 10, "the workspace has lost its members");
    packages
        .into_iter()
        .map(|package| {
            let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
            (package.name.to_string(), normal.map(|dependency| dependency.name.clone()).collect())
        })
        .collect()
}

/// What every crate of the build uses when it ships, outside crates included.
fn resolved(metadata: &Metadata) -> Edges {
    let name_of: BTreeMap<&PackageId, String> = metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
    let resolve = metadata.resolve.as_ref().expect("cargo metadata resolves the graph");
    let mut edges = Edges::new();
    for node in &resolve.nodes {
        let normal = node.deps.iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        edges.entry(name_of[&node.id].clone()).or_default().extend(normal.map(|dep| name_of[&dep.pkg].clone()));
    }
    edges
}
