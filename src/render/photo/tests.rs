//! How pictures are read: sizes, turns, colours, and what is refused.
