//! Language models: which are configured, what turns and steps may spend on them, and what was spent.

use super::{App, locked};
use crate::error::AppError;
use crate::models::{self, Unusable};
use crate::settings::{BudgetSettings, ModelSettings};
use async_trait::async_trait;
use jiff::tz::TimeZone;
use sayflow_agent::model::{Account, Allowance, ModelClient, Span, SpendingLog, StepAllowances};
use sayflow_engine::action::StepError;
use sayflow_engine::ports::Clock;
use sayflow_engine::vault::Vault;
use sayflow_protocol::api::Usage;
use sayflow_store::{SpendingRow, Store, StoreError};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;
use tokio_util::task::TaskTracker;

/// Conversations whose spending is kept at hand.
const CONVERSATIONS: usize = 1000;
const MICRO: f64 = 1_000_000.0;

/// The models of an installation. All clones share one state.
#[derive(Clone)]
pub(crate) struct Models {
    inner: Arc<Inner>,
}

struct Inner {
    settings: ModelSettings,
    vault: Vault,
    store: Store,
    clock: Arc<dyn Clock>,
    zone: TimeZone,
    present: RwLock<Result<Option<ModelClient>, Unusable>>,
    accounts: tokio::sync::Mutex<Accounts>,
    /// What is being written down.
    writing: TaskTracker,
    /// Said once.
    warned: Mutex<Option<Unusable>>,
}

/// What is left of the money of this day and of conversations.
#[derive(Default)]
struct Accounts {
    day: Option<(String, Arc<Account>)>,
    threads: HashMap<String, Arc<Account>>,
}

impl Models {
    /// Those that the settings and the accounts name. Nothing is connected to.
    pub(crate) async fn open(settings: &ModelSettings, timezone: &str, vault: Vault, store: Store, clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            settings: settings.clone(),
            vault,
            store,
            clock,
            zone: TimeZone::get(timezone).unwrap_or(TimeZone::UTC),
            present: RwLock::new(Ok(None)),
            accounts: tokio::sync::Mutex::default(),
            writing: TaskTracker::new(),
            warned: Mutex::default(),
        };
        let models = Self { inner: Arc::new(inner) };
        models.refresh().await;
        models
    }

    /// Looks again, after an account was set or removed.
    pub(crate) async fn refresh(&self) {
        let inner = &self.inner;
        let found = models::client(&inner.settings, Some(&inner.vault), Arc::clone(&inner.clock)).await;
        if let Err(why) = &found {
            let mut warned = locked(&inner.warned);
            if warned.as_ref() != Some(why) {
                tracing::warn!(%why, "language models cannot be used");
                *warned = Some(why.clone());
            }
        }
        *inner.present.write().unwrap_or_else(PoisonError::into_inner) = found;
    }

    /// What the settings allow.
    pub(super) fn budget(&self) -> &BudgetSettings {
        &self.inner.settings.budget
    }

    fn present(&self) -> Result<Option<ModelClient>, Unusable> {
        self.inner.present.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a turn of a conversation may spend.
    async fn turn(&self, thread: &str) -> Result<Allowance, StoreError> {
        let budget = &self.inner.settings.budget;
        let until = Instant::now().checked_add(budget.turn());
        let usd = budget.turn_usd.unwrap_or(f64::INFINITY);
        let allowance = Allowance::new(budget.turn_tokens.get(), usd, until);
        let mut accounts = Vec::new();
        accounts.extend(self.account_of_thread(thread).await?);
        accounts.extend(self.account_of_day().await?);
        Ok(allowance.out_of(accounts).logged(self.log(thread)))
    }

    async fn account_of_day(&self) -> Result<Option<Arc<Account>>, StoreError> {
        let Some(limit) = self.inner.settings.budget.day_usd else { return Ok(None) };
        let today = self.today();
        let mut accounts = self.inner.accounts.lock().await;
        if let Some((day, account)) = &accounts.day
            && *day == today
        {
            return Ok(Some(Arc::clone(account)));
        }
        let spent = dollars(self.inner.store.spent_on(&today).await?);
        let account = Arc::new(Account::new(Span::Day, limit - spent));
        accounts.day = Some((today, Arc::clone(&account)));
        Ok(Some(account))
    }

    async fn account_of_thread(&self, thread: &str) -> Result<Option<Arc<Account>>, StoreError> {
        let Some(limit) = self.inner.settings.budget.thread_usd else { return Ok(None) };
        let mut accounts = self.inner.accounts.lock().await;
        if let Some(account) = accounts.threads.get(thread) {
            return Ok(Some(Arc::clone(account)));
        }
        if accounts.threads.len() >= CONVERSATIONS {
            accounts.threads.retain(|_, account| Arc::strong_count(account) > 1);
        }
        let spent = dollars(self.inner.store.spent_for(thread).await?);
        let account = Arc::new(Account::new(Span::Thread, limit - spent));
        accounts.threads.insert(thread.to_owned(), Arc::clone(&account));
        Ok(Some(account))
    }

    fn today(&self) -> String {
        self.inner.clock.now().to_zoned(self.inner.zone.clone()).date().to_string()
    }

    fn log(&self, thread: &str) -> Arc<dyn SpendingLog> {
        Arc::new(Ledger { models: self.clone(), thread: thread.to_owned() })
    }

    /// Returns when everything is written down.
    pub(crate) async fn finish(&self) {
        self.inner.writing.close();
        self.inner.writing.wait().await;
    }
}

/// Writes down in the store what a conversation, or the steps of runs, cost.
struct Ledger {
    models: Models,
    thread: String,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ledger({})", self.thread)
    }
}

impl SpendingLog for Ledger {
    fn spent(&self, model: &str, usage: &Usage) {
        let row = SpendingRow {
            day: self.models.today(),
            thread: self.thread.clone(),
            model: model.to_owned(),
            calls: i64::from(usage.model_calls),
            input_tokens: i64::try_from(usage.input_tokens).unwrap_or(i64::MAX),
            output_tokens: i64::try_from(usage.output_tokens).unwrap_or(i64::MAX),
            micro_usd: micros(usage.cost_usd),
        };
        let store = self.models.inner.store.clone();
        self.models.inner.writing.spawn(async move {
            if let Err(why) = store.add_spending(row).await {
                tracing::warn!(%why, "what a model cost cannot be written down");
            }
        });
    }
}

#[allow(clippy::cast_precision_loss, reason = "amounts of money are far below 2^52 millionths")]
fn dollars(micro_usd: i64) -> f64 {
    micro_usd as f64 / MICRO
}

/// Rounded up: what costs something is never written down as nothing.
#[allow(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
fn micros(usd: f64) -> i64 {
    (usd * MICRO).ceil() as i64
}

#[async_trait]
impl StepAllowances for Models {
    fn client(&self) -> Result<Option<ModelClient>, StepError> {
        self.present().map_err(|why| StepError::new("no_model", why.message).help(why.help))
    }

    async fn allowance(&self, most_usd: Option<f64>, until: Option<Instant>) -> Result<Allowance, StepError> {
        let day = self.account_of_day().await.map_err(|why| StepError::new("store_failed", why.to_string()).retryable())?;
        Ok(Allowance::new(u64::MAX, most_usd.unwrap_or(f64::INFINITY), until).out_of(day.into_iter().collect()).logged(self.log("")))
    }
}

impl App {
    /// The client of the models, where one is configured.
    pub fn models(&self) -> Option<ModelClient> {
        self.parts.models.present().ok().flatten()
    }

    /// Why the models that are configured cannot be asked; none where they can, or where none is configured.
    pub fn models_trouble(&self) -> Option<String> {
        self.parts.models.present().err().map(|why| why.to_string())
    }

    /// What a turn of a conversation may spend. What it spends is written down by itself.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn allowance(&self, thread: &str) -> Result<Allowance, AppError> {
        Ok(self.parts.models.turn(thread).await?)
    }
}
