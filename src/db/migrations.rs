//! The schema, as numbered files that are only ever added to; `engine` runs them.

/// Every migration, in order: its number and its statements.
pub const ALL: &[(i64, &str)] = &[
    (1, include_str!("migrations/sqlite/0001.sql")),
    (2, include_str!("migrations/sqlite/0002.sql")),
    (3, include_str!("migrations/sqlite/0003.sql")),
    (4, include_str!("migrations/sqlite/0004.sql")),
    (5, include_str!("migrations/sqlite/0005.sql")),
];
