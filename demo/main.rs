//! The main job on one machine.
fn main() {}
