//! The money and tokens of one request: reserved before it is sent, settled when it has ended, however it ends.

use super::assemble::{Assembled, estimate};
use super::config::{Price, Prices};
use super::failure::Failure;
use super::failure::Remedy;
use super::{Allowance, Fault, Message, Shortage};
use sayflow_protocol::api::Usage;
use std::sync::{Mutex, PoisonError};

/// What a whole call has cost so far.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Usage>);

impl Meter {
    pub(super) fn usage(&self) -> Usage {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, more: &Usage) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(more);
    }
}

/// One request. Dropping it settles, so that a request that is given up is paid for too.
pub(super) struct Spending<'a> {
    allowance: &'a Allowance,
    meter: &'a Meter,
    model: String,
    price: Option<Price>,
    reserved: (u64, f64),
    /// Tokens of the question, as estimated.
    asked: u64,
    /// What the server may bill.
    cost: Cost,
}

#[derive(Clone, Copy)]
enum Cost {
    /// It did nothing.
    Nothing,
    /// The question, and so many bytes of an answer as came.
    Estimated { written: u64 },
    /// Tokens in and out, as the server counts them.
    Counted(u64, u64),
}

impl<'a> Spending<'a> {
    /// Reserves what a request may cost at most.
    ///
    /// # Errors
    /// When there is not so much left, or when nobody knows how much it is.
    pub(super) fn reserve(
        allowance: &'a Allowance,
        meter: &'a Meter,
        prices: &Prices,
        model: &str,
        messages: &[Message],
        extra: u64,
        longest: u32,
    ) -> Result<Self, Failure> {
        let price = prices.of(model);
        if let (None, Some(span)) = (price, allowance.limit_in_money()) {
            return Err(over_budget(format!(
                "{} is limited in money ({}), and nobody knows what the model \"{model}\" costs",
                span,
                span.setting()
            ))
            .with_help(format!(
                "set its price: [models.prices.\"{model}\"] input = … and output = …, in US dollars for a million tokens"
            )));
        }
        // A few tokens frame each message.
        let asked = messages.iter().map(|message| estimate(&message.text) + 4).sum::<u64>() + extra;
        let tokens = asked.saturating_add(u64::from(longest));
        let usd = price.map_or(0.0, |price| price.of_tokens(asked, u64::from(longest)));
        allowance.reserve(tokens, usd).map_err(|shortage| refused(shortage, tokens, usd))?;
        let cost = Cost::Nothing;
        Ok(Self { allowance, meter, model: model.to_owned(), price, reserved: (tokens, usd), asked, cost })
    }

    /// The request is on its way: from now on it may be billed.
    pub(super) fn is_sent(&mut self) {
        self.cost = Cost::Estimated { written: 0 };
    }

    /// So much of an answer has come.
    pub(super) fn has_come(&mut self, answer: &Assembled) {
        self.cost = match answer.counted {
            Some((input, output)) => Cost::Counted(input, output),
            None => Cost::Estimated { written: u64::try_from(answer.written).unwrap_or(u64::MAX) },
        };
    }

    /// The server did nothing.
    pub(super) fn was_refused(&mut self) {
        self.cost = Cost::Nothing;
    }
}

impl Drop for Spending<'_> {
    fn drop(&mut self) {
        let (input, output, estimated) = match self.cost {
            Cost::Nothing => return self.allowance.settle(self.reserved, (0, 0.0)),
            Cost::Estimated { written } => (self.asked, written.div_ceil(4), true),
            Cost::Counted(input, output) => (input, output, false),
        };
        let cost_usd = self.price.map_or(0.0, |price| price.of_tokens(input, output));
        let usage = Usage { model_calls: 1, input_tokens: input, output_tokens: output, cost_usd, estimated, ..Usage::default() };
        self.allowance.settle(self.reserved, (input.saturating_add(output), cost_usd));
        self.allowance.write_down(&self.model, &usage);
        self.meter.add(&usage);
    }
}

fn over_budget(message: String) -> Failure {
    Failure { fault: Fault::OverBudget, message, help: None, remedy: Remedy::None, may_cost: false }
}

impl Failure {
    fn with_help(self, help: String) -> Self {
        Self { help: Some(help), ..self }
    }
}

fn refused(shortage: Shortage, tokens: u64, usd: f64) -> Failure {
    match shortage {
        Shortage::Tokens => over_budget(format!("the next question to the model may take {tokens} tokens, and this turn has fewer left"))
            .with_help("ask for less at once, or raise models.budget.turn_tokens".to_owned()),
        Shortage::Money(span) => {
            over_budget(format!("the next question to the model may cost {usd:.4} US dollars, and {span} has less left"))
                .with_help(format!("raise {} if that is fine", span.setting()))
        }
        Shortage::Time => over_budget("the time of this turn is over".to_owned())
            .with_help("ask for less at once, or raise models.budget.turn_seconds".to_owned()),
    }
}
