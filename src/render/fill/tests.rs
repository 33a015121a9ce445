//! How values come into a drawing.
