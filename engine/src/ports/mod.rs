//! The ways out of the engine. Production, dry run, tests and evaluation are different sets of ports; nothing else
//! in the engine or in an action touches the outside.

mod clock;
mod files;
mod http;
mod ids;
mod mail;
mod model;
mod sql;

pub use clock::{Clock, SystemClock};
pub use files::{FileEntry, Files, WriteMode};
pub use http::{Http, HttpAuth, HttpRequest, HttpResponse, Redirects};
pub use ids::{Ids, UuidIds};
pub use mail::{Attachment, Mail, OutgoingMail};
pub use model::{Model, ModelAnswer, ModelRequest, NoModel};
pub use sql::{Sql, SqlRows};

use std::sync::Arc;

/// One set of ways out. Files and SQL are bound to one workspace folder.
#[derive(Clone)]
pub struct Ports {
    /// The one client that makes outgoing HTTP connections.
    pub http: Arc<dyn Http>,
    /// Outgoing mail.
    pub mail: Arc<dyn Mail>,
    /// The workspace folder.
    pub files: Arc<dyn Files>,
    /// Databases.
    pub sql: Arc<dyn Sql>,
    /// Language models.
    pub model: Arc<dyn Model>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New identifiers and randomness.
    pub ids: Arc<dyn Ids>,
}
