//! The compliance suite.
