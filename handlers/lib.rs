//! The functions of Wheelhouse.
