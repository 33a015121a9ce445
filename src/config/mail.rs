//! Settings of mail and of whom it tells.

use super::*;

/// Who is told when something needs a person.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alerts {
    /// Mail addresses.
    pub to: Vec<String>,
    /// Address outside that is asked while everything is well; it raises the alarm when that stops.
    pub ping_url: Option<String>,
    /// Time between two of these.
    pub ping_every: Span,
}

impl Default for Alerts {
    fn default() -> Alerts {
        Alerts { to: Vec::new(), ping_url: None, ping_every: Span(Duration::from_secs(60)) }
    }
}

/// How mail leaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Host of the mail server.
    pub host: String,
    /// Port; 465 for TLS at once, 587 for STARTTLS.
    pub port: u16,
    /// Whether the connection is encrypted.
    #[serde(default)]
    pub tls: Tls,
    /// Account; empty for none.
    #[serde(default)]
    pub user: String,
    /// Password, or `password_file`.
    pub password: Option<SecretString>,
    /// File that holds the password.
    pub password_file: Option<PathBuf>,
    /// Sender: `Prints <prints@shop.example>`.
    pub from: String,
}

/// Whether a mail connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// From the first byte (port 465).
    Always,
    /// After STARTTLS, which is demanded (port 587).
    #[default]
    Starttls,
    /// Not at all: a server on this very machine.
    Never,
}
