//! `[models]`: which language models are asked, how long is waited for them, and what may be spent on them.

use super::{Environment, SettingsError};
use sayflow_agent::model::{ApiKey, Endpoint, OPENAI_BASE_URL, Prices, Role, Temperature};
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

/// `[models]`. One is configured as soon as there is an address, a key or an account of the type `openai`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// Where the API is, with its version; that of the account, or OpenAI's, when left out.
    pub base_url: Option<String>,
    /// The key that is sent there.
    pub api_key: Option<ApiKey>,
    /// The account of the type `openai` whose key is sent; the only one when left out.
    pub credential: Option<String>,
    /// The model's name.
    pub model: Option<String>,
    /// How freely it answers: a number from 0 to 2, or `default` for the model's own.
    pub temperature: Option<TemperatureSetting>,
    /// How often a request is made again after a failure that may pass.
    pub retries: u32,
    /// Limits in time.
    pub timeouts: TimeoutSettings,
    /// What may be spent.
    pub budget: BudgetSettings,
    /// What models cost, by name.
    pub prices: Prices,
    /// Another model for outlines and repairs of workflows.
    pub plan: Option<RoleSettings>,
    /// Another model for the parameters of single steps.
    pub fill: Option<RoleSettings>,
    /// Another model for what messages mean, and for replies.
    pub chat: Option<RoleSettings>,
    /// Another model for judging whether a draft does what was asked.
    pub judge: Option<RoleSettings>,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            base_url: None,
            api_key: None,
            credential: None,
            model: None,
            temperature: None,
            retries: 3,
            timeouts: TimeoutSettings::default(),
            budget: BudgetSettings::default(),
            prices: Prices::default(),
            plan: None,
            fill: None,
            chat: None,
            judge: None,
        }
    }
}

/// `[models.plan]` and the like: what is left out is as in `[models]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleSettings {
    /// Where the API is.
    pub base_url: Option<String>,
    /// The key that is sent there. That of `[models]` goes along only to the same host and port.
    pub api_key: Option<ApiKey>,
    /// The account of the type `openai` whose key is sent.
    pub credential: Option<String>,
    /// The model's name.
    pub model: Option<String>,
    /// How freely it answers.
    pub temperature: Option<TemperatureSetting>,
}

/// A number, or the word `default`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TemperatureSetting {
    /// From 0 to 2.
    Number(f32),
    /// That of the model.
    Word(Usual),
}

/// As it is when nobody says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usual {
    /// The model's own.
    Default,
}

impl TemperatureSetting {
    /// As the client knows it.
    pub(crate) fn temperature(self) -> Temperature {
        match self {
            Self::Number(number) => Temperature::Set(number),
            Self::Word(Usual::Default) => Temperature::OfModel,
        }
    }
}

/// `[models.timeouts]`, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeoutSettings {
    /// For a connection.
    pub connect_seconds: NonZeroU32,
    /// For the first word of an answer.
    pub first_token_seconds: NonZeroU32,
    /// Between two words.
    pub stall_seconds: NonZeroU32,
    /// For a call, all its attempts together.
    pub call_seconds: NonZeroU32,
}

impl Default for TimeoutSettings {
    fn default() -> Self {
        let seconds = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self { connect_seconds: seconds(10), first_token_seconds: seconds(240), stall_seconds: seconds(60), call_seconds: seconds(420) }
    }
}

/// `[models.budget]`: what would go beyond is refused before it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetSettings {
    /// Tokens of one turn, sent and received.
    pub turn_tokens: NonZeroU64,
    /// Seconds that a turn may ask models.
    pub turn_seconds: NonZeroU32,
    /// US dollars of one turn.
    pub turn_usd: Option<f64>,
    /// US dollars of one conversation.
    pub thread_usd: Option<f64>,
    /// US dollars of one day, steps of runs included.
    pub day_usd: Option<f64>,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        Self {
            turn_tokens: NonZeroU64::new(100_000).unwrap_or(NonZeroU64::MIN),
            turn_seconds: NonZeroU32::new(900).unwrap_or(NonZeroU32::MIN),
            turn_usd: None,
            thread_usd: None,
            day_usd: None,
        }
    }
}

impl BudgetSettings {
    /// How long a turn may ask models.
    pub(crate) fn turn(&self) -> Duration {
        Duration::from_secs(u64::from(self.turn_seconds.get()))
    }
}

impl ModelSettings {
    /// What a role has of its own.
    pub(crate) fn role(&self, role: Role) -> Option<&RoleSettings> {
        match role {
            Role::Plan => self.plan.as_ref(),
            Role::Fill => self.fill.as_ref(),
            Role::Chat => self.chat.as_ref(),
            Role::Judge => self.judge.as_ref(),
        }
    }

    /// Takes what the variables of OpenAI's own tools say where nothing else does. Their key goes to their address or to
    /// OpenAI, not to another address that stands in our own settings.
    pub(super) fn adopt(&mut self, environment: &Environment) {
        let address = environment.openai("OPENAI_BASE_URL");
        let is_theirs = match &self.base_url {
            None => {
                self.base_url = address.map(str::to_owned);
                true
            }
            Some(ours) => [address, Some(OPENAI_BASE_URL)]
                .into_iter()
                .flatten()
                .any(|theirs| Endpoint::new(ours, None).is_ok_and(|ours| ours.is_at(theirs))),
        };
        if !is_theirs {
            return;
        }
        if self.api_key.is_none() && self.credential.is_none() {
            self.api_key = environment.openai("OPENAI_API_KEY").map(ApiKey::new).filter(|key| !key.is_empty());
        }
        if self.model.is_none() {
            self.model = environment.openai("OPENAI_MODEL").map(str::to_owned);
        }
    }

    /// Refuses what cannot be meant.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let refused =
            |key: &str, message: String, help: String| SettingsError { place: format!("models.{key}"), message, help: Some(help) };
        let endpoint = |prefix: &str, base_url: Option<&str>, key: Option<&ApiKey>, credential: Option<&str>| {
            if key.is_some() && credential.is_some() {
                let message = "there is a key and an account, and only one of them can be sent".to_owned();
                return Err(refused(&format!("{prefix}credential"), message, "leave one of api_key and credential out".to_owned()));
            }
            let base_url = base_url.unwrap_or(OPENAI_BASE_URL);
            Endpoint::new(base_url, key.cloned()).map(|_| ()).map_err(|why| refused(&format!("{prefix}base_url"), why.message, why.help))
        };
        endpoint("", self.base_url.as_deref(), self.api_key.as_ref(), self.credential.as_deref())?;
        check_temperature("models.temperature", self.temperature)?;
        for role in Role::ALL {
            let Some(own) = self.role(role) else { continue };
            let prefix = format!("{}.", role.name());
            endpoint(&prefix, own.base_url.as_deref(), own.api_key.as_ref(), own.credential.as_deref())?;
            check_temperature(&format!("models.{prefix}temperature"), own.temperature)?;
        }
        let budget = &self.budget;
        for (key, usd) in [("turn_usd", budget.turn_usd), ("thread_usd", budget.thread_usd), ("day_usd", budget.day_usd)] {
            if usd.is_some_and(|usd| !usd.is_finite() || usd < 0.0) {
                return Err(refused(
                    &format!("budget.{key}"),
                    "this is no amount of money".to_owned(),
                    "write US dollars, such as 2.50".to_owned(),
                ));
            }
        }
        let is_price = |usd: f64| usd.is_finite() && usd >= 0.0;
        match self.prices.0.iter().find(|(_, price)| !is_price(price.input) || !is_price(price.output)) {
            None => Ok(()),
            Some((model, _)) => {
                let help = "write US dollars for a million tokens, 0 for a model of your own".to_owned();
                Err(refused(&format!("prices.\"{model}\""), "this is no price".to_owned(), help))
            }
        }
    }
}

fn check_temperature(place: &str, temperature: Option<TemperatureSetting>) -> Result<(), SettingsError> {
    match temperature {
        Some(TemperatureSetting::Number(number)) if !(0.0..=2.0).contains(&number) => Err(SettingsError {
            place: place.to_owned(),
            message: format!("{number} is no temperature"),
            help: Some("write a number from 0 to 2, or \"default\" for the model's own".to_owned()),
        }),
        _ => Ok(()),
    }
}
