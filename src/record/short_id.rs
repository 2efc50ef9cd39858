//! Shortened ids, as people read and type them.

use std::collections::BTreeSet;
use uuid::Uuid;

pub(crate) const MIN_SHORT_ID_LENGTH: usize = 8;

/// The shortest prefix length at which all ids differ, at least [`MIN_SHORT_ID_LENGTH`].
pub(crate) fn distinct_length(ids: impl IntoIterator<Item = Uuid>) -> usize {
    let ids: BTreeSet<String> = ids.into_iter().map(|id| id.to_string()).collect();
    let shared_prefix_length =
        |(a, b): (&String, &String)| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    // The ids are sorted, so those with the longest shared prefix are neighbors.
    ids.iter()
        .zip(ids.iter().skip(1))
        .map(|pair| shared_prefix_length(pair) + 1)
        .fold(MIN_SHORT_ID_LENGTH, usize::max)
}

pub(crate) fn shorten(id: Uuid, length: usize) -> String {
    id.to_string().chars().take(length).collect()
}
