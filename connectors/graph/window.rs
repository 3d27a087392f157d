//! A quota over a sliding time.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::clock::{later, left};

/// So much in any span of time and no more; all of it may be spent at once.
pub(super) struct Window {
    limit: u64,
    span: Duration,
    spent: VecDeque<(DateTime<Utc>, u64)>,
    sum: u64,
}

impl Window {
    pub(super) fn new(limit: u64, span: Duration) -> Self {
        Window { limit, span, spent: VecDeque::new(), sum: 0 }
    }

    /// How long it takes until so much may be spent; what is beyond the limit waits for an empty window.
    pub(super) fn wait(&mut self, now: DateTime<Utc>, amount: u64) -> Duration {
        self.forget(now);
        let excess = (self.sum + amount.min(self.limit)).saturating_sub(self.limit);
        if excess == 0 {
            return Duration::ZERO;
        }
        let mut freed = 0;
        let frees_enough = |(_, spent): &&(DateTime<Utc>, u64)| {
            freed += spent;
            freed >= excess
        };
        self.spent
            .iter()
            .find(frees_enough)
            .map(|(at, _)| left(now, later(*at, self.span)))
            .unwrap_or_default()
    }

    /// Whether nothing was spent within the span.
    pub(super) fn is_empty(&mut self, now: DateTime<Utc>) -> bool {
        self.forget(now);
        self.spent.is_empty()
    }

    /// Spends; what is spent within one second is remembered together, at its end.
    pub(super) fn spend(&mut self, now: DateTime<Utc>, amount: u64) {
        self.sum += amount;
        let second = DateTime::from_timestamp(now.timestamp() + 1, 0).unwrap_or(now);
        match self.spent.back_mut() {
            Some((at, spent)) if *at == second => *spent += amount,
            _ if amount > 0 => self.spent.push_back((second, amount)),
            _ => {}
        }
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        while let Some(&(at, amount)) = self.spent.front() {
            if !left(now, later(at, self.span)).is_zero() {
                return;
            }
            self.spent.pop_front();
            self.sum -= amount;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_secs(600);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn all_may_be_spent_at_once_and_then_nothing_until_the_span_is_over() {
        let mut window = Window::new(100, SPAN);
        for second in 0..5 {
            assert_eq!(window.wait(at(second), 20), Duration::ZERO);
            window.spend(at(second), 20);
        }
        assert_eq!(window.wait(at(10), 20), Duration::from_secs(591));
        assert_eq!(window.wait(at(10), 21), Duration::from_secs(592));
        assert_eq!(window.wait(at(601), 20), Duration::ZERO);
        assert!(!window.is_empty(at(604)) && window.is_empty(at(605)));
    }

    #[test]
    fn what_is_larger_than_the_limit_waits_for_an_empty_window() {
        let mut window = Window::new(100, SPAN);
        assert_eq!(window.wait(at(0), 500), Duration::ZERO);
        window.spend(at(0), 500);
        assert_eq!(window.wait(at(1), 1), SPAN);
    }
}
