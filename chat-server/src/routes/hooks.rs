//! `/hooks/…`: requests from outside that start workflows. No workflow can be active with a webhook yet.

use crate::extract::{MAX_HOOK, RawBody};
use crate::limits::TakesIn;
use crate::problem::Refusal;

pub(crate) async fn receive(_: TakesIn, _: RawBody<MAX_HOOK>) -> Refusal {
    Refusal::no_such_route()
}
