//! Tells on stderr, once, what happened while nobody looked.

use crate::render::time;
use crate::ui::{Ui, text};
use jiff::tz::TimeZone;
use sayflow_client::Client;
use std::time::Duration;

/// A command never waits longer for this: what cannot be told now is told by the next one.
const PATIENCE: Duration = Duration::from_secs(1);
/// More are told by their number.
const MOST: usize = 10;

/// Tells the notices that nobody has seen and marks them as seen. A server that has none or cannot say so is fine.
pub async fn tell(ui: &Ui, client: &Client) {
    let told = tokio::time::timeout(PATIENCE, async {
        let notices = client.notices().await?.notices;
        if notices.is_empty() {
            return Ok(());
        }
        let zone = TimeZone::system();
        for notice in notices.iter().take(MOST) {
            let words = text::wrap(&text::lines(&notice.text), ui.err.width, 2);
            let at = ui.err.dim(&format!("({})", time::stamp(notice.at, &zone)));
            ui.note(&format!("{} {words} {at}", ui.err.warn("!")));
        }
        if notices.len() > MOST {
            ui.note(&format!("{} and {} more: sayflow runs list --status failed", ui.err.warn("!"), notices.len() - MOST));
        }
        client.mark_notices_seen(notices.into_iter().map(|notice| notice.id).collect()).await
    });
    if let Ok(Err(why)) = told.await {
        tracing::debug!("no notices: {why}");
    }
}
