//! Fail-points: boundaries at which a build for proofs can be killed, failed or held up.
//!
//! The shipped program has none of this: everything but an empty macro stands behind the feature
//! `failpoints`, which is off by default, and the settings know nothing of it. `scripts/fail-points`
//! builds with it and walks through all of them. A few lines of our own, and not the crate `fail`: it
//! knows no kill, brings a second `rand`, and most of our boundaries are seams that are there anyway
//! (the probe of the context, and the traits of everyone outside).

/// A boundary within one act on the disk. Returns with an error when this point is to fail.
macro_rules! fail_point {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        crate::failpoint::at($name)?;
    };
}

#[cfg(feature = "failpoints")]
mod around;
#[cfg(feature = "failpoints")]
mod plan;

#[cfg(feature = "failpoints")]
pub use around::around;
#[cfg(feature = "failpoints")]
pub use plan::at;
