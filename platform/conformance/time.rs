//! What every `Clock` does.

use std::time::Duration;

use platform::Clock;

/// Runs the whole suite on a clock that moves by itself, or that somebody moves.
pub async fn suite(clock: &dyn Clock) {
    let (now, elapsed) = (clock.now(), clock.elapsed());
    clock.sleep(Duration::ZERO).await;
    clock.sleep(Duration::from_millis(20)).await;
    assert!(clock.elapsed() - elapsed >= Duration::from_millis(20));
    assert!((clock.now() - now).num_milliseconds() >= 19);
}
