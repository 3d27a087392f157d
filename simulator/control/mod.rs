//! The JSON remote control, for clients in other processes.

use crate::graph::answer::Answer;
use crate::state::world::World;

pub(crate) fn answer(world: &World, method: &str, rest: &[&str], _body: &[u8]) -> Answer {
    match (method, rest) {
        ("GET", ["counts"]) => Answer::value(200, &serde_json::json!(world.counters.read())),
        _ => Answer::empty(404),
    }
}
