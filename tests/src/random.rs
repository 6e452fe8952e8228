//! A small random generator, the same on every machine, so that a failing run can be run again by its seed.

use std::time::Duration;

/// xorshift64*, of G. Marsaglia and S. Vigna.
pub struct Random(u64);

impl Random {
    /// The seed must not be 0. `SPOTLIGHT_TEST_SEED` replaces it; it is printed.
    pub fn new(seed: u64) -> Self {
        let seed = match std::env::var("SPOTLIGHT_TEST_SEED") {
            Ok(text) => text
                .parse()
                .expect("SPOTLIGHT_TEST_SEED is a number above 0"),
            Err(_) => seed,
        };
        assert_ne!(seed, 0, "a seed is a number above 0");
        println!("seed {seed}");
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number from 0 to below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// A time from zero to below `end`.
    pub fn time_below(&mut self, end: Duration) -> Duration {
        Duration::from_micros(self.number() % end.as_micros() as u64)
    }
}
