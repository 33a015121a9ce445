//! Every migration runs on filled tables, and leaves them whole.

use std::fs;

use woodblock::db::{Db, DbError, migrations};
use woodblock::model::time::Moment;

fn engine(path: &std::path::Path) -> Result<Db, DbError> {
    Db::open(path, std::sync::Arc::new(|| Moment::from_unix_ms(0)))
}

/// After migration N the rows of `tests/data/migrations/N.sql` are loaded, so that the next
/// migration meets filled tables; at the end the whole database must be consistent.
#[test]
fn every_migration_meets_filled_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("woodblock.db");
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    for (number, statements) in migrations::ALL {
        let whole = format!("BEGIN; {statements}; PRAGMA user_version = {number}; COMMIT;");
        raw.execute_batch(&whole).unwrap();
        let rows = format!("tests/data/migrations/{number:04}.sql");
        let rows = fs::read_to_string(&rows)
            .unwrap_or_else(|_| panic!("{rows} is missing: each migration has sample rows"));
        raw.execute_batch(&rows).unwrap();
    }
    let broken: i64 = raw
        .query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| row.get(0))
        .unwrap();
    let integrity: String = raw.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!((broken, integrity.as_str()), (0, "ok"));
    let empty: Vec<String> = raw
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        .unwrap()
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
        .map(Result::unwrap)
        .filter(|table| {
            let count: i64 = raw
                .query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0))
                .unwrap();
            count == 0
        })
        .collect();
    assert_eq!(empty, Vec::<String>::new(), "tables without sample rows");
    drop(raw);
    engine(&path).unwrap();
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("woodblock.db");
    drop(engine(&path).unwrap());
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch("PRAGMA user_version = 9999").unwrap();
    drop(raw);
    let error = engine(&path).err().unwrap();
    assert!(matches!(error, DbError::NewerSchema { found: 9999, .. }), "{error}");
}

#[test]
fn states_and_their_columns_are_tied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("woodblock.db");
    drop(engine(&path).unwrap());
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch(&fs::read_to_string("tests/data/migrations/0001.sql").unwrap()).unwrap();
    for nonsense in [
        "UPDATE fulfilments SET state = 'countdown', submit_at = NULL",
        "UPDATE fulfilments SET state = 'shipped', stage = NULL, submit_at = NULL, reference = NULL",
        "UPDATE items SET state = 'dropped', dropped_at = NULL",
        "UPDATE jobs SET state = 'completed', finished_at = NULL",
        "UPDATE fulfilment_lines SET shipped = 99",
        "UPDATE orders SET state = 'preparing'",
    ] {
        assert!(raw.execute_batch(nonsense).is_err(), "{nonsense}");
    }
}
