//! A mail that is sent to see whether mail arrives, with every answer of the server on the way.

use lettre::transport::smtp::response::Response;

use super::*;

/// One step of the talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was asked.
    pub what: String,
    /// What the server said, or what went wrong.
    pub answer: Result<String, String>,
}

impl SmtpMailer {
    /// Sends a mail to this recipient. The steps end at the first that fails.
    pub async fn try_out(&self, to: &str, subject: &str, text: &str) -> Vec<Step> {
        let mut steps = Vec::new();
        let limit = self.settings.timeout;
        let talk = self.talk(to, subject, text, &mut steps);
        if tokio::time::timeout(limit, talk).await.is_err() {
            let answer = Err(format!("no answer within {} s", limit.as_secs()));
            steps.push(Step { what: "Waiting for the server".to_owned(), answer });
        }
        steps
    }

    async fn talk(&self, to: &str, subject: &str, text: &str, steps: &mut Vec<Step>) -> Option<()> {
        let mut note = |what: &str, answer: Result<String, String>| {
            let is_fine = answer.is_ok();
            steps.push(Step { what: what.to_owned(), answer });
            is_fine.then_some(())
        };
        if self.settings.tls == SmtpTls::PlainOnLoopback && !is_loopback(&self.settings.host) {
            let why = "mail goes out without encryption only to this very machine";
            note("Encryption", Err(why.to_owned()))?;
        }
        let Ok(from) = self.settings.from.parse::<Mailbox>() else {
            return note("Sender", Err("the sender is no mail address".to_owned()));
        };
        let Ok(recipient) = to.parse::<Address>() else {
            return note("Recipient", Err(format!("“{to}” is no mail address")));
        };
        let place = format!("Connecting to {}, port {}", self.settings.host, self.settings.port);
        let mut talk = match self.connect(&from.email).await {
            Ok(talk) => {
                let words = match self.settings.tls {
                    SmtpTls::Always => "connected, encrypted from the first byte",
                    SmtpTls::StartTls => "connected, encrypted after STARTTLS",
                    SmtpTls::PlainOnLoopback => "connected, on this very machine",
                };
                note(&place, Ok(words.to_owned()))?;
                talk
            }
            Err(error) => return note(&place, Err(whole(&error))),
        };
        if let Some((name, password)) = &self.settings.login {
            let login = Credentials::new(name.clone(), password.expose_secret().to_owned());
            let said = talk.auth(&[Mechanism::Plain, Mechanism::Login], &login).await;
            note(&format!("Logging in as {name}"), told(said))?;
        }
        let sender = MailFrom::new(Some(from.email.clone()), Vec::new());
        note(&format!("Sender {}", from.email), told(talk.command(sender).await))?;
        let wanted = Rcpt::new(recipient.clone(), Vec::new());
        note(&format!("Recipient {recipient}"), told(talk.command(wanted).await))?;
        note("Beginning the mail", told(talk.command(Data).await))?;
        let mail = Mail {
            message_id: format!("trial-{}@{}", self.clock.now().unix_ms(), from.email.domain()),
            to: to.to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: format!("<p>{text}</p>"),
        };
        let message = match self.message(&mail, from, Mailbox::new(None, recipient)) {
            Ok(message) => message.formatted(),
            Err(error) => return note("Writing the mail", Err(error.to_string())),
        };
        note("The mail itself", told(talk.message(&message).await))?;
        // The mail is taken; how the talk ends changes nothing.
        let _ = talk.quit().await;
        Some(())
    }
}

fn told(said: Result<Response, Error>) -> Result<String, String> {
    match said {
        Ok(response) => {
            let words: Vec<&str> = response.message().collect();
            Ok(shorten(&format!("{} {}", response.code(), words.join(" "))))
        }
        Err(error) => Err(whole(&error)),
    }
}

/// The server's own words: they are for the person who typed the recipient.
fn whole(error: &Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let more = cause.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        source = cause.source();
    }
    shorten(&words)
}
