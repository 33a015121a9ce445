//! A slice of the fuzzing: `scripts/fuzz --seconds 60` runs more of it.

use crate::fuzz::{Range, TARGETS};

const SEED: u64 = 5;
const EXECUTIONS: u64 = 300;

#[test]
fn nothing_that_reads_strangers_breaks() {
    let range = Range::new();
    for target in TARGETS {
        let found = range.fuzz(target, SEED, EXECUTIONS);
        println!("{target}: seed {SEED}, {} executions", found.executions);
        let first = found
            .findings
            .first()
            .map(|(said, input)| format!("{target}: {said}\n{:?}", String::from_utf8_lossy(input)));
        assert_eq!(first, None);
    }
}
