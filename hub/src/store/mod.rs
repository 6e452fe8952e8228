//! The hub's store: accepted reports and known nodes in `hub.redb`, open data in `open-data.redb`.

pub(crate) mod create;
pub mod open_data;
pub mod received;
pub mod reports;

use serde::Serialize;

fn write<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("our own types always serialise")
}
