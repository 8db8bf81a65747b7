//! Whether the configured models answer, stream, and keep to a schema.

use super::{Finding, Health};
use crate::models::client;
use crate::settings::Settings;
use sayflow_agent::model::{Allowance, CallContext, Endpoint, Keeping, ModelClient, ModelError, Probed, Role, Silent};
use sayflow_engine::ports::SystemClock;
use sayflow_engine::vault::Vault;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// The longest wait for the three small questions to one model. A local one may have to be loaded.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks each model that is configured, if any. The accounts of a running server cannot be looked into.
pub(super) async fn look(settings: &Settings, vault: Option<&Vault>, in_use: bool) -> Vec<Finding> {
    if in_use && settings.models.credential.is_some() {
        return vec![Finding::ok("model", "not looked into: the account of its key is in use by the running server")];
    }
    let built = match client(&settings.models, vault, Arc::new(SystemClock)).await {
        Ok(built) => built,
        Err(why) => return vec![Finding::warning("model", why.message, why.help)],
    };
    let Some(client) = built else {
        let found = match in_use {
            true => "not looked into: the settings name none, and the accounts are in use by the running server",
            false => "none is configured; the offline planner plans, and steps that ask a model fail",
        };
        return vec![Finding::ok("model", found)];
    };
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for role in Role::ALL {
        let endpoint = client.config().endpoint(role);
        if seen.insert((endpoint.base_url().to_owned(), endpoint.model_name().to_owned())) {
            findings.push(ask(&client, role).await);
        }
    }
    findings
}

async fn ask(client: &ModelClient, role: Role) -> Finding {
    let endpoint = client.config().endpoint(role);
    let allowance = Allowance::new(u64::MAX, f64::INFINITY, Instant::now().checked_add(PATIENCE));
    let cx = CallContext { allowance: &allowance, cancel: &CancellationToken::new(), progress: &Silent };
    told(endpoint, client.probe(role, &cx).await)
}

/// What was found, in words. A model that does not answer keeps nobody from working: the offline planner plans.
fn told(endpoint: &Endpoint, probed: Result<Probed, ModelError>) -> Finding {
    let probed = match probed {
        Ok(probed) => probed,
        Err(why) => {
            let help = why.help.clone().unwrap_or_else(|| "docs/models.md has settings that work".to_owned());
            return Finding::warning("model", why.message, help);
        }
    };
    let named = endpoint.model_name();
    let is_named = probed.model.starts_with(named);
    let model = if is_named { named.to_owned() } else { format!("{named} ({})", probed.model) };
    let place = format!("{model} at {}", endpoint.base_url());
    let mut found = vec![format!("{place} answers ({:.1} s)", probed.answered_in.as_secs_f64())];
    let mut help = None;
    found.push(match &probed.streams {
        Ok(true) => "streams".to_owned(),
        Ok(false) => "does not stream: answers appear when they are whole".to_owned(),
        Err(why) => {
            help = Some(why.clone());
            "failed when its answer was to come in pieces".to_owned()
        }
    });
    found.push(match &probed.schema {
        Ok(Keeping::Enforced) => "keeps to a schema".to_owned(),
        Ok(Keeping::Asked) => "takes no schema, and keeps to one that it reads in the question".to_owned(),
        Ok(Keeping::Corrected) => {
            help.get_or_insert_with(|| "plans take longer with it; a more capable model gets it right at once".to_owned());
            "keeps to a schema when it is corrected".to_owned()
        }
        Err(why) => {
            help = Some(why.clone());
            "does not keep to a schema".to_owned()
        }
    });
    let usage = &probed.usage;
    let about = if usage.estimated { "about " } else { "" };
    let tokens = usage.input_tokens + usage.output_tokens;
    let money = if usage.cost_usd > 0.0 { format!(", {:.4} US dollars", usage.cost_usd) } else { String::new() };
    let found = format!("{}; asked {} times, {about}{tokens} tokens{money}", found.join(", "), usage.model_calls);
    match help {
        None => Finding::ok("model", found),
        Some(help) => Finding { name: "model", status: Health::Warning, found, help: Some(help) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::ModelSettings;
    use sayflow_agent::testing::{ModelServer, Reply};

    fn configured(base_url: &str) -> Settings {
        let models = ModelSettings { base_url: Some(base_url.to_owned()), model: Some("scripted".into()), ..ModelSettings::default() };
        Settings { models, ..Settings::default() }
    }

    #[tokio::test]
    async fn nothing_is_asked_where_no_model_is_configured() {
        let [finding] = &look(&Settings::default(), None, false).await[..] else { panic!() };
        assert!(finding.status == Health::Ok && finding.found.contains("none is configured"), "{finding:?}");
        let [finding] = &look(&Settings::default(), None, true).await[..] else { panic!() };
        assert!(finding.found.contains("in use by the running server"), "{finding:?}");
    }

    #[tokio::test]
    async fn one_model_for_all_roles_is_asked_three_times_and_what_that_cost_is_said() {
        let server = ModelServer::start().await;
        server.on("# Check: answering in pieces").reply(Reply::text("one, two, three, four, five").usage(20, 10));
        server.on("# Check: answering with data").reply(Reply::text("{\"city\": \"Oslo\", \"degrees\": -3}").usage(50, 10));
        server.on("# Check: answering").reply(Reply::text("ready").usage(9, 1));
        let [finding] = &look(&configured(&server.base_url()), None, false).await[..] else { panic!() };
        assert_eq!(finding.status, Health::Ok, "{finding:?}");
        for part in ["scripted at http://127.0.0.1", "answers (", "streams", "keeps to a schema", "asked 3 times, 100 tokens"] {
            assert!(finding.found.contains(part), "{part}: {finding:?}");
        }
        server.assert_done();
    }

    #[tokio::test]
    async fn a_model_that_does_not_answer_is_a_warning_with_the_way_out() {
        let server = ModelServer::start().await;
        server.any().reply(Reply::error(401, "invalid_api_key", "no key"));
        let [finding] = &look(&configured(&server.base_url()), None, false).await[..] else { panic!() };
        assert_eq!(finding.status, Health::Warning);
        assert!(finding.help.as_deref().unwrap_or_default().contains("models.api_key"), "{finding:?}");
    }
}
