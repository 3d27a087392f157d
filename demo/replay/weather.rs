//! Faults by seed: each version has a weather of its own.

use platform::{Random, SeededRandom};
use simulator::{Fault, FaultKind, Layer};

/// What may go wrong, before the effect and after it.
const KINDS: [FaultKind; 8] = [
    FaultKind::Unavailable,
    FaultKind::ServerError,
    FaultKind::GatewayTimeout,
    FaultKind::ResetBefore,
    FaultKind::ResetAfter,
    FaultKind::ResetMidBody,
    FaultKind::ThrottleStorm,
    FaultKind::TruncatedJson,
];
/// How dense a fault may be; even the densest lets most requests through.
const CHANCES: [f64; 3] = [0.05, 0.2, 0.5];
/// How many faults are about at once.
const MOST_KINDS: usize = 3;
/// How often each strikes at most.
const MOST_TIMES: u64 = 40;

/// The faults of a version.
pub fn faults(seed: u64, version: usize) -> Vec<Fault> {
    let mut dice = Dice::new(seed, version);
    (0..=dice.below(MOST_KINDS)).map(|_| fault(&mut dice)).collect()
}

fn fault(dice: &mut Dice) -> Fault {
    let kind = dice.one_of(&KINDS).unwrap_or(FaultKind::Unavailable);
    let layer = dice.one_of(&[Layer::Plain, Layer::Item, Layer::Any]).unwrap_or_default();
    let chance = dice.one_of(&CHANCES).unwrap_or_default();
    let fault =
        Fault::new(kind).layer(layer).probability(chance, dice.next()).times(dice.next() % MOST_TIMES + 1);
    fault.retry_after(dice.next() % 30)
}

struct Dice(SeededRandom);

impl Dice {
    fn new(seed: u64, version: usize) -> Self {
        Dice(SeededRandom::new(seed.wrapping_mul(1_000_003).wrapping_add(version as u64)))
    }

    fn next(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most as u64).unwrap_or_default()
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let at = self.below(all.len());
        all.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weather_follows_the_seed() {
        assert_eq!(faults(1, 7), faults(1, 7));
        assert_ne!(faults(1, 7), faults(2, 7));
        assert!((0..100).all(|version| (1..=MOST_KINDS).contains(&faults(3, version).len())));
    }
}
