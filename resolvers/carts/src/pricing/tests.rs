//! Rules of pricing.
