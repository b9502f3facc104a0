//! The chain by itself: what the front door can't reach.
