//! Mail: what the flow hands over, and what can have become of it (reliability section 13).

pub mod smtp;

use async_trait::async_trait;

/// One mail, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Fixed, so that a repeated sending can be recognised: `<id@host>` without the brackets.
    pub message_id: String,
    /// The one recipient.
    pub to: String,
    /// Subject; line breaks are refused.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// Why a mail was not surely sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Surely not taken; try again later.
    #[error("the mail was not sent: {0}")]
    NotSent(String),
    /// Refused for good.
    #[error("the mail was refused: {0}")]
    Refused(String),
    /// Perhaps taken: the answer to the last line was lost (RFC 1047).
    #[error("it is not known whether the mail was sent: {0}")]
    Unknown(String),
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands one mail to the server.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
