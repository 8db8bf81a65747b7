//! The catalogue: concrete actions and connectors, and the production ports behind them (the one egress client,
//! files, mail, SQL).

pub mod ai;
pub mod code;
pub mod connector;
pub mod credential_types;
pub mod data;
pub mod egress;
pub mod feed;
pub mod file;
pub mod files;
pub mod flow;
pub mod format;
pub mod graphql;
pub mod html;
pub mod http;
pub mod items;
pub mod limits;
pub mod mail;
pub mod parse;
pub mod s3;
mod spellings;
pub mod sql;
pub mod text;

#[cfg(test)]
mod test_ports;

use sayflow_engine::action::{Catalogue, CatalogueError};

/// What adds a family's actions to the catalogue.
type Register = fn(&mut Catalogue) -> Result<(), CatalogueError>;

/// The families. Adding one is one module and one line.
const FAMILIES: &[Register] = &[
    credential_types::register,
    http::register,
    graphql::register,
    file::register,
    feed::register,
    html::register,
    parse::register,
    data::register,
    text::register,
    code::register,
    ai::register,
    sql::register,
    mail::register,
    s3::register,
    connector::register,
    flow::register,
];

/// Every action and credential type that is built in.
pub fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::new();
    #[allow(clippy::expect_used, reason = "ids are fixed when this crate is built, and a test builds the catalogue")]
    FAMILIES.iter().try_for_each(|register| register(&mut catalogue)).expect("every id is declared once");
    catalogue
}

#[cfg(test)]
mod tests {
    use sayflow_engine::action::role;
    use sayflow_protocol::{DestinationKind, Effect};

    #[test]
    fn the_catalogue_builds_and_every_action_is_declared_whole() {
        let catalogue = super::catalogue();
        for spec in catalogue.specs() {
            assert!((4..=8).contains(&spec.utterances.len()), "{}: utterances", spec.id);
            assert!(!spec.keywords.is_empty() && !spec.title.is_empty() && !spec.summary.is_empty(), "{}", spec.id);
            for rule in &spec.destinations {
                assert!(spec.param(&rule.param).is_some(), "{}: destination {}", spec.id, rule.param);
            }
            if let Some(kind) = &spec.credential {
                assert!(catalogue.credential_types().any(|known| spec.takes_credential(&known.id)), "{}: credential {kind}", spec.id);
            }
        }
    }

    #[test]
    fn messages_go_to_their_services_channels_and_people() {
        let catalogue = super::catalogue();
        for (id, param, role, kind, service) in [
            ("slack.send_message", "channel", role::CHANNEL, DestinationKind::Channel, "slack"),
            ("telegram.send_message", "chat_id", role::CHAT, DestinationKind::Channel, "telegram"),
            ("email.send", "to", role::RECIPIENT, DestinationKind::Recipient, "smtp"),
        ] {
            let spec = catalogue.spec(id).unwrap();
            assert_eq!(spec.param_with_role(role), Some(param), "{id}");
            assert_eq!((spec.destinations[0].param.as_str(), spec.destinations[0].kind), (param, kind), "{id}");
            assert_eq!((spec.service.as_deref(), spec.credential.as_deref()), (Some(service), Some(service)), "{id}");
            assert_eq!((spec.effect.strongest(), spec.idempotent), (Effect::Write, false), "{id}");
            assert_eq!(spec.param_with_role(role::TEXT), Some("text"), "{id}");
        }
    }
}
