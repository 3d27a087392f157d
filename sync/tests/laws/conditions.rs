//! How a run goes, and what becomes of its requests.

use proptest::prelude::*;
use sync::Effect;

use crate::world::LAG;

/// How a run goes.
#[derive(Debug, Clone)]
pub struct Conditions {
    pub faults: Vec<Fault>,
    pub crash_at: Option<u8>,
    pub twin_at: Option<u8>,
    pub delivered_twice: bool,
    pub lag: u8,
    pub complete: bool,
    pub order: u64,
    pub approve: bool,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    None,
    NotSent,
    LostBefore,
    LostAfter,
    Refused,
}

pub fn conditions() -> impl Strategy<Value = Conditions> {
    let fault = prop_oneof![
        6 => Just(Fault::None), 1 => Just(Fault::NotSent), 1 => Just(Fault::LostBefore),
        2 => Just(Fault::LostAfter), 1 => Just(Fault::Refused)
    ];
    let rarely = || prop_oneof![4 => Just(None), 1 => (0..6u8).prop_map(Some)];
    let course = (prop::collection::vec(fault, 0..6), rarely(), rarely(), prop::bool::weighted(0.2));
    let sight = (0..LAG as u8, prop::bool::weighted(0.8), any::<u64>(), any::<bool>());
    (course, sight).prop_map(
        |((faults, crash_at, twin_at, delivered_twice), (lag, complete, order, approve))| Conditions {
            faults,
            crash_at,
            twin_at,
            delivered_twice,
            lag,
            complete,
            order,
            approve,
        },
    )
}

impl Conditions {
    /// Those of a second worker that comes in between.
    pub fn of_a_twin(&self) -> Self {
        Conditions { twin_at: None, crash_at: None, delivered_twice: false, ..self.clone() }
    }

    /// What becomes of a worker's request number `nth`; `apply` does it on the server.
    pub fn send(&self, nth: usize, apply: impl FnOnce() -> Effect) -> Effect {
        match self.faults.get(nth).copied().unwrap_or(Fault::None) {
            Fault::NotSent => Effect::NotSent,
            Fault::LostBefore => Effect::Unknown,
            Fault::Refused => Effect::Refused("ErrorInternalServerError".into()),
            Fault::LostAfter => {
                apply();
                Effect::Unknown
            }
            Fault::None => apply(),
        }
    }
}

pub fn quiet() -> Conditions {
    Conditions {
        faults: vec![],
        crash_at: None,
        twin_at: None,
        delivered_twice: false,
        lag: 0,
        complete: true,
        order: 0,
        approve: true,
    }
}
