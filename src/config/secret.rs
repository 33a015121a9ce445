//! Secrets that stand in files of their own.

use super::*;

/// Reads the secret of a file, where one is named.
pub(super) fn fill(
    secret: &mut Option<SecretString>,
    file: &Option<PathBuf>,
    place: &str,
    faults: &mut Vec<Fault>,
) {
    if let Some(path) = file {
        *secret = read_secret(path, place, faults);
    }
}

/// The secret in a file; a file that others may read is a fault. A path without a slash is the name
/// of a systemd credential (`LoadCredential=` of the unit), which only the service sees.
pub(super) fn read_secret(
    path: &Path,
    place: &str,
    faults: &mut Vec<Fault>,
) -> Option<SecretString> {
    use std::os::unix::fs::PermissionsExt;
    let is_credential = path.components().count() == 1 && path.is_relative();
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|_| is_credential);
    if is_credential && folder.is_none() {
        let name = path.display();
        let text = format!(
            "{name} has no folder, so it is a systemd credential, and this program was not \
             started with any; run it with `systemd-run -p LoadCredential=…`, or name the whole path"
        );
        faults.push(Fault::new(place, "", text));
        return None;
    }
    let path = &folder.map_or_else(|| path.to_owned(), |folder| Path::new(&folder).join(path));
    let shown = path.display();
    // Who may read a credential is up to systemd.
    let others_may_read = !is_credential
        && std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0);
    if others_may_read {
        let text = format!("{shown} may be read by others; run chmod 600 on it");
        faults.push(Fault::new(place, "", text));
    }
    match std::fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => Some(SecretString::from(text.trim().to_owned())),
        Ok(_) => {
            faults.push(Fault::new(place, "", format!("{shown} is empty")));
            None
        }
        Err(error) => {
            faults.push(Fault::new(place, "", format!("{shown} cannot be read: {error}")));
            None
        }
    }
}
