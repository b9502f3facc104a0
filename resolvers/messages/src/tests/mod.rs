//! What the front door cannot reach.
