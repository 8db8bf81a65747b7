//! Language models behind any endpoint that speaks OpenAI's API.

mod allowance;
mod api;

pub use allowance::{Allowance, Shortage};
pub use api::{AnswerForm, CallContext, ChatAnswer, ChatCall, Fault, Message, ModelError, Progress, Role, Silent, Speaker, Tool, ToolCall};
