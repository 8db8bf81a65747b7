//! The application's promises, below any surface.

mod settings;
