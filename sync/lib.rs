//! How Wheelhouse decides: the pure core.
