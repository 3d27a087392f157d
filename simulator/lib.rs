//! A Microsoft 365 tenant in a box: state and HTTP facades.
