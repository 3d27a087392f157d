//! What a developer runs beside cargo's own commands.
fn main() {}
