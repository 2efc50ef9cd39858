//! How much of an id people read and type.

use std::collections::BTreeSet;
use uuid::Uuid;

/// As many letters of an id are shown at least.
pub(crate) const MIN_SHORT_ID_LENGTH: usize = 8;

/// The fewest letters by which these ids can be told apart.
pub(crate) fn distinct_length(ids: impl IntoIterator<Item = Uuid>) -> usize {
    let ids: BTreeSet<String> = ids.into_iter().map(|id| id.to_string()).collect();
    let shared = |(a, b): (&String, &String)| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    // Sorted, those that have most in common are neighbours.
    ids.iter().zip(ids.iter().skip(1)).map(|pair| shared(pair) + 1).fold(MIN_SHORT_ID_LENGTH, usize::max)
}

/// The first letters of an id.
pub(crate) fn shorten(id: Uuid, length: usize) -> String {
    id.to_string().chars().take(length).collect()
}
