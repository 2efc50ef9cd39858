//! How tests with random input run: how many cases, and from which seed.

use crate::home::{boottime, env_var};
use proptest::test_runner::{Config, RngSeed};
use std::sync::LazyLock;

/// The one seed of this run: `PROPTEST_RNG_SEED` where it is set.
static SEED: LazyLock<u64> = LazyLock::new(|| match env_var("PROPTEST_RNG_SEED") {
    Some(seed) => seed.to_str().and_then(|seed| seed.parse().ok()).expect("PROPTEST_RNG_SEED is a number"),
    None => boottime().as_nanos() as u64,
});

/// The seed, which is printed where the test fails.
pub fn seed() -> u64 {
    println!("PROPTEST_RNG_SEED={}", *SEED);
    *SEED
}

/// How often something is repeated: as usual, or in the long form (`EASEBACK_CI=all`).
pub fn repetitions(usual: u32, long: u32) -> u32 {
    if env_var("EASEBACK_CI").is_some_and(|form| form == "all") { long } else { usual }
}

/// A property's settings. The long form has sixteen times as many cases.
pub fn property_config(cases: u32) -> Config {
    Config {
        cases: repetitions(cases, 16 * cases),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed()),
        ..Config::default()
    }
}
