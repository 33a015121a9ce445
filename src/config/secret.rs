//! Secrets that stand in files of their own.

use super::*;

/// Reads the secret of a file, where one is named.
pub(super) fn fill(
    secret: &mut Option<SecretString>,
    file: &Option<PathBuf>,
    place: &str,
    faults: &mut Vec<String>,
) {
    if let Some(path) = file {
        *secret = read_secret(path, place, faults);
    }
}

/// The secret in a file; a file that others may read is a fault.
pub(super) fn read_secret(
    path: &Path,
    place: &str,
    faults: &mut Vec<String>,
) -> Option<SecretString> {
    use std::os::unix::fs::PermissionsExt;
    let shown = path.display();
    let others_may_read =
        std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0);
    if others_may_read {
        faults.push(format!("{place}: {shown} may be read by others; run chmod 600 on it"));
    }
    match std::fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => Some(SecretString::from(text.trim().to_owned())),
        Ok(_) => {
            faults.push(format!("{place}: {shown} is empty"));
            None
        }
        Err(error) => {
            faults.push(format!("{place}: {shown} cannot be read: {error}"));
            None
        }
    }
}
