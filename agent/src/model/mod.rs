//! Language models behind any endpoint that speaks OpenAI's API.
//!
//! | file | what it does |
//! |---|---|
//! | `api` | what is asked and what comes back |
//! | `allowance`, `spending` | what may be spent, and what one request takes of it |
//! | `config`, `key` | endpoints, limits, prices, and the key that shows nowhere |
//! | `client` | one call: attempts, pauses, other wordings, one more try |
//! | `request`, `habits` | the request as the endpoint wants it, and what it turned out to want |
//! | `wire`, `transport` | connections, and bounds on what comes back over them |
//! | `assemble`, `visible` | the answer from its pieces, and which of them people see |
//! | `answer`, `json_text` | whether it is what was asked for |
//! | `failure` | what went wrong, in words, and what may help |
//! | `step` | the engine's port: models for steps |
//! | `probe` | whether an endpoint answers, streams and keeps to a schema |

mod allowance;
mod answer;
mod api;
mod assemble;
mod client;
mod config;
mod failure;
mod habits;
mod json_text;
mod key;
mod probe;
mod request;
mod spending;
mod step;
mod transport;
mod visible;
mod wire;

pub use allowance::{Account, Allowance, Shortage, Span, SpendingLog};
pub use api::{AnswerForm, CallContext, ChatAnswer, ChatCall, Fault, Message, ModelError, Progress, Role, Silent, Speaker, Tool, ToolCall};
pub use client::ModelClient;
pub use config::{DEFAULT_MODEL, Endpoint, EndpointError, ModelConfig, OPENAI_BASE_URL, Price, Prices, Retries, Temperature, Timeouts};
pub use key::ApiKey;
pub use probe::{Keeping, Probed};
pub use step::{StepAllowances, StepModel};
