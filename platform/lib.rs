//! Where Wheelhouse keeps things: store, queue, keys, clock, chance.
