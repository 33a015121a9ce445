//! Mail over SMTP: one connection for each mail, so that it is known what can have become of it.
//!
//! Until the mail itself is sent nothing has happened; once its final dot is out and no answer
//! comes, nobody knows (RFC 1047).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use secrecy::{ExposeSecret, SecretString};

use super::{Mail, MailError, Mailer};
use crate::outside::clock::Clock;
use crate::outside::http::shorten;

mod trial;

pub use trial::Step;

/// How a mail server is reached.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Name of the server, as in its certificate.
    pub host: String,
    /// Default 465.
    pub port: u16,
    /// Default [`SmtpTls::Always`].
    pub tls: SmtpTls,
    /// Name and password, where the server wants them.
    pub login: Option<(String, SecretString)>,
    /// Who the mails are from: `Shop <orders@shop.example.com>`.
    pub from: String,
    /// Longest time for the talk before a mail, and again for the mail itself. Default 60 s.
    pub timeout: Duration,
}

/// Whether the talk with the server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SmtpTls {
    /// From the first byte; usually on port 465.
    #[default]
    Always,
    /// After a greeting in clear, and nothing is said before that; usually on port 587.
    StartTls,
    /// Never, to this very machine alone.
    PlainOnLoopback,
}

impl SmtpSettings {
    /// The usual settings for a server.
    pub fn new(host: impl Into<String>, from: impl Into<String>) -> SmtpSettings {
        SmtpSettings {
            host: host.into(),
            port: 465,
            tls: SmtpTls::default(),
            login: None,
            from: from.into(),
            timeout: Duration::from_secs(60),
        }
    }
}

/// Sends mail over SMTP.
pub struct SmtpMailer {
    settings: SmtpSettings,
    clock: Arc<dyn Clock>,
}

impl SmtpMailer {
    /// A mailer under these settings; the clock dates the mails.
    pub fn new(settings: SmtpSettings, clock: Arc<dyn Clock>) -> SmtpMailer {
        SmtpMailer { settings, clock }
    }

    /// Everything before the mail itself: whatever fails here, nothing was sent.
    async fn prepare(
        &self,
        from: &Address,
        to: &Address,
    ) -> Result<AsyncSmtpConnection, MailError> {
        let mut talk = self.connect(from).await.map_err(not_sent)?;
        self.log_in(&mut talk).await?;
        let sender = MailFrom::new(Some(from.clone()), Vec::new());
        talk.command(sender).await.map_err(not_sent)?;
        let recipient = Rcpt::new(to.clone(), Vec::new());
        talk.command(recipient).await.map_err(refused)?;
        talk.command(Data).await.map_err(refused)?;
        Ok(talk)
    }

    /// Connects, logs in and leaves; nothing is sent. What was found, in words.
    pub async fn check(&self) -> Result<String, MailError> {
        if self.settings.tls == SmtpTls::PlainOnLoopback && !is_loopback(&self.settings.host) {
            let why = "mail goes out without encryption only to this very machine";
            return Err(MailError::NotSent(why.to_owned()));
        }
        let from: Mailbox = self
            .settings
            .from
            .parse()
            .map_err(|_| MailError::NotSent("the sender in the settings is none".to_owned()))?;
        let talk = async {
            let mut talk = self.connect(&from.email).await.map_err(not_sent)?;
            let known = self.log_in(&mut talk).await?;
            // The server has let us in; how the talk ends changes nothing.
            let _ = talk.quit().await;
            Ok(known)
        };
        let limit = self.settings.timeout;
        let known = tokio::time::timeout(limit, talk).await.unwrap_or_else(|_| {
            Err(MailError::NotSent(format!("the server took longer than {limit:?}")))
        })?;
        Ok(format!("{} {known}", self.settings.host))
    }

    /// Logs in where the settings say so; whether it did, in words.
    async fn log_in(&self, talk: &mut AsyncSmtpConnection) -> Result<&'static str, MailError> {
        let Some((name, password)) = &self.settings.login else {
            return Ok("answers, without a log-in");
        };
        let password = password.expose_secret().to_owned();
        let login = Credentials::new(name.clone(), password);
        // Wrong passwords are mended by people; until then the mail waits.
        let known = [Mechanism::Plain, Mechanism::Login];
        talk.auth(&known, &login).await.map_err(not_sent)?;
        Ok("lets us in")
    }

    async fn connect(&self, from: &Address) -> Result<AsyncSmtpConnection, Error> {
        let settings = &self.settings;
        let server = (settings.host.as_str(), settings.port);
        let hello = ClientId::Domain(from.domain().to_owned());
        let tls = || TlsParameters::new(settings.host.clone());
        let at_once = match settings.tls {
            SmtpTls::Always => Some(tls()?),
            SmtpTls::StartTls | SmtpTls::PlainOnLoopback => None,
        };
        let limit = Some(settings.timeout);
        let mut talk =
            AsyncSmtpConnection::connect_tokio1(server, limit, &hello, at_once, None).await?;
        if settings.tls == SmtpTls::StartTls {
            talk.starttls(tls()?, &hello).await?;
        }
        Ok(talk)
    }

    fn message(&self, mail: &Mail, from: Mailbox, to: Mailbox) -> Result<Message, MailError> {
        let unix_ms = u64::try_from(self.clock.now().unix_ms()).unwrap_or(0);
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .from(from)
            .to(to)
            .subject(&mail.subject)
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(unix_ms))
            .message_id(Some(format!("<{}>", mail.message_id)))
            // So that nobody's absence note answers it (RFC 3834).
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|error| MailError::Refused(error.to_string()))
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        if self.settings.tls == SmtpTls::PlainOnLoopback && !is_loopback(&self.settings.host) {
            let why = "mail goes out without encryption only to this very machine";
            return Err(MailError::NotSent(why.to_owned()));
        }
        for (name, value) in
            [("subject", &mail.subject), ("message id", &mail.message_id), ("recipient", &mail.to)]
        {
            if value.chars().any(char::is_control) {
                let why = format!("the {name} holds a line break or another control character");
                return Err(MailError::Refused(why));
            }
        }
        let to: Address = mail
            .to
            .trim()
            .parse()
            .map_err(|_| MailError::Refused("the recipient is no mail address".to_owned()))?;
        let from: Mailbox = self
            .settings
            .from
            .parse()
            .map_err(|_| MailError::NotSent("the sender in the settings is none".to_owned()))?;
        let sender = from.email.clone();
        let message = self.message(mail, from, Mailbox::new(None, to.clone()))?;
        let limit = self.settings.timeout;
        let talk = tokio::time::timeout(limit, self.prepare(&sender, &to)).await;
        let mut talk = talk.unwrap_or_else(|_| {
            Err(MailError::NotSent(format!("the server took longer than {limit:?}")))
        })?;
        let bytes = message.formatted();
        let sent = match tokio::time::timeout(limit, talk.message(&bytes)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(after_data(error)),
            Err(_) => {
                let why = format!("no answer to the final dot within {limit:?}");
                Err(MailError::Unknown(why))
            }
        };
        if sent.is_ok() {
            // The mail is taken; how the talk ends changes nothing.
            let _ = tokio::time::timeout(Duration::from_secs(1), talk.quit()).await;
        }
        sent
    }
}

/// Nothing was sent; whatever it was may pass or be mended.
fn not_sent(error: Error) -> MailError {
    MailError::NotSent(words(&error))
}

/// A definite no of the server is for good; anything else left nothing sent.
fn refused(error: Error) -> MailError {
    match error.is_permanent() {
        true => MailError::Refused(words(&error)),
        false => MailError::NotSent(words(&error)),
    }
}

/// The server's own no is one; without an answer anything can have happened.
fn after_data(error: Error) -> MailError {
    match (error.is_permanent(), error.is_transient()) {
        (true, _) => MailError::Refused(words(&error)),
        (_, true) => MailError::NotSent(words(&error)),
        (false, false) => MailError::Unknown(words(&error)),
    }
}

/// The server's words may name the recipient, so only its code is told.
fn words(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server says {code}"),
        None => shorten(&error.to_string()),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
