//! Databases: the steps `sql.query` and `sql.execute`, and the port that talks to SQLite files of the workspace.

mod execute;
mod failure;
mod guard;
mod place;
mod query;
#[cfg(test)]
mod tests;
mod value;
mod workspace;

pub use execute::SqlExecute;
pub use query::SqlQuery;
pub use workspace::WorkspaceSql;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};

/// Adds the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(SqlQuery))?;
    catalogue.add(erase(SqlExecute))
}
