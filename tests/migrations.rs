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

/// Before a filled database is changed, a whole copy of it lies beside it; the newest two are kept.
#[test]
fn a_checked_copy_lies_beside_before_a_migration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("woodblock.db");
    let now: woodblock::db::engine::Now = std::sync::Arc::new(|| Moment::from_unix_ms(0));
    let mut known = migrations::ALL.to_vec();
    let open = |known: &[(i64, &str)]| Db::open_with(&path, now.clone(), known);
    drop(open(&known).unwrap());
    let beside = |number: i64| folder.path().join(format!("woodblock.db.before-{number}"));
    assert!(!beside(1).exists(), "an empty database has nothing to lose");
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch(&fs::read_to_string("tests/data/migrations/0001.sql").unwrap()).unwrap();
    let orders: i64 = raw.query_row("SELECT COUNT(*) FROM orders", [], |row| row.get(0)).unwrap();
    drop(raw);
    let first = known.last().unwrap().0 + 1;
    for number in first..first + 3 {
        known.push((number, "DELETE FROM history; CREATE TABLE IF NOT EXISTS later (id INTEGER)"));
        drop(open(&known).unwrap());
        assert!(beside(number).exists());
    }
    assert!(!beside(first).exists(), "only the newest two are kept");
    let copy = rusqlite::Connection::open(beside(first + 1)).unwrap();
    let version: i64 = copy.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    let kept: i64 = copy.query_row("SELECT COUNT(*) FROM orders", [], |row| row.get(0)).unwrap();
    assert_eq!((version, kept), (first, orders), "what was there before migration {}", first + 1);
    drop(open(&known).unwrap());
    assert!(!beside(first + 3).exists(), "no migration, no copy");

    // A migration that fails leaves the database as it was, and the copy beside it.
    known.push((first + 3, "CREATE TABLE half (id INTEGER); SELECT nonsense FROM nowhere"));
    assert!(open(&known).is_err());
    assert!(beside(first + 3).exists());
    known.pop();
    drop(open(&known).unwrap());
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
