//! The public server: hot reads beside nginx, event streams by the thousand, and what a report costs with a long history.

pub mod cities;
mod history;
mod hot;
mod viewers;
pub mod watching;

pub use history::figure as history;
pub use hot::figure as hot;
pub use viewers::figure as viewers;

/// The middle one.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}
