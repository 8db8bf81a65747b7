//! The workspace folder: the real one, which nothing can leave, and one in memory over another for dry runs.

mod failure;
mod overlay;
mod path;
mod private;
mod workspace;

pub use overlay::{Change, OverlayFiles};
pub use path::normal;
pub use private::PrivateFiles;
pub use workspace::WorkspaceFiles;
