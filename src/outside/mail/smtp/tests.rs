//! A small mail server that misbehaves when it is told to.

use std::sync::Mutex;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::model::time::Moment;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Moment {
        Moment::parse("2026-03-03T12:00:00Z").unwrap()
    }
}

/// What the server does when this word comes; everything else it takes.
#[derive(Clone, Copy)]
struct Script {
    /// `HELLO` is the connection itself, `DOT` the end of a mail.
    at: &'static str,
    /// The answer; empty hangs up, `…` keeps silent.
    says: &'static str,
}

struct Server {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
}

async fn server(script: Script) -> Server {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let kept = taken.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = talk(stream, script, &kept).await;
        }
    });
    Server { port, taken }
}

async fn talk(stream: TcpStream, script: Script, taken: &Mutex<Vec<String>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut word = "HELLO".to_owned();
    loop {
        let usual = match word.as_str() {
            "HELLO" => "220 mail.example.test",
            "EHLO" => "250-mail.example.test\r\n250 AUTH PLAIN",
            "AUTH" => "235 welcome",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        let says = match script.at == word {
            true => script.says,
            false => usual,
        };
        match says {
            "" => return None,
            "…" => std::future::pending().await,
            says => {
                let line = format!("{says}\r\n");
                stream.get_mut().write_all(line.as_bytes()).await.ok()?;
            }
        }
        if word == "DATA" && says.starts_with("354") {
            let mut mail = String::new();
            while !mail.ends_with("\r\n.\r\n") {
                if stream.read_line(&mut mail).await.ok()? == 0 {
                    return None;
                }
            }
            taken.lock().unwrap().push(mail);
            word = "DOT".to_owned();
            continue;
        }
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let first = line.split([' ', ':', '\r']).next().unwrap_or_default();
        word = first.to_uppercase();
    }
}

fn mail() -> Mail {
    Mail {
        message_id: "wb-1-shipped@prints.example.com".to_owned(),
        to: "asha@example.test".to_owned(),
        subject: "Zoë’s parcel".to_owned(),
        text: "On its way\n.\nBye".to_owned(),
        html: "<p>On its way</p>".to_owned(),
    }
}

fn mailer(port: u16) -> SmtpMailer {
    let settings = SmtpSettings {
        port,
        tls: SmtpTls::PlainOnLoopback,
        login: Some(("shop".to_owned(), "secret".into())),
        timeout: Duration::from_millis(300),
        ..SmtpSettings::new("127.0.0.1", "Shop <orders@shop.example.com>")
    };
    SmtpMailer::new(settings, Arc::new(Noon))
}

#[tokio::test]
async fn a_mail_arrives_with_its_own_name_and_date() {
    let server = server(Script { at: "-", says: "" }).await;
    mailer(server.port).send(&mail()).await.unwrap();
    let taken = server.taken.lock().unwrap().clone();
    assert_eq!(taken.len(), 1);
    for expected in [
        "Message-ID: <wb-1-shipped@prints.example.com>\r\n",
        "Date: Tue, 03 Mar 2026 12:00:00 +0000\r\n",
        "To: asha@example.test\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "multipart/alternative",
        "<p>On its way</p>",
        // A line that is only a dot does not end the mail.
        "\r\n..\r\nBye",
    ] {
        assert!(taken[0].contains(expected), "{expected}\n{}", taken[0]);
    }
}

#[tokio::test]
async fn what_became_of_a_mail_is_told_by_where_it_broke() {
    let check = async |at: &'static str, says: &'static str, expected: &str| {
        let server = server(Script { at, says }).await;
        let found = match mailer(server.port).send(&mail()).await {
            Ok(()) => "sent",
            Err(MailError::NotSent(_)) => "not sent",
            Err(MailError::Refused(_)) => "refused",
            Err(MailError::Unknown(_)) => "unknown",
        };
        assert_eq!(found, expected, "{at} {says}");
    };
    check("HELLO", "", "not sent").await;
    check("HELLO", "…", "not sent").await;
    check("HELLO", "421 busy", "not sent").await;
    check("HELLO", "554 go away", "not sent").await;
    check("AUTH", "535 wrong password", "not sent").await;
    check("MAIL", "451 later", "not sent").await;
    check("MAIL", "550 not your sender", "not sent").await;
    check("RCPT", "450 mailbox busy", "not sent").await;
    check("RCPT", "550 no such user", "refused").await;
    check("RCPT", "", "not sent").await;
    check("DATA", "452 full", "not sent").await;
    check("DATA", "554 no", "refused").await;
    check("DATA", "", "not sent").await;
    check("DOT", "451 later", "not sent").await;
    check("DOT", "554 spam", "refused").await;
    check("DOT", "", "unknown").await;
    check("DOT", "…", "unknown").await;
    check("QUIT", "", "sent").await;
}

#[tokio::test]
async fn headers_are_never_broken_and_nothing_goes_out_in_clear() {
    let server = server(Script { at: "-", says: "" }).await;
    for (to, subject) in [
        ("asha@example.test", "hello\r\nBcc: all@example.test"),
        ("asha@example.test\r\nRCPT TO:<b@example.test>", "hello"),
        ("asha@example.test, b@example.test", "hello"),
        ("nobody", "hello"),
    ] {
        let bad = Mail { to: to.to_owned(), subject: subject.to_owned(), ..mail() };
        let refused = mailer(server.port).send(&bad).await;
        assert!(matches!(refused, Err(MailError::Refused(_))), "{refused:?}");
    }
    for (host, tls) in [
        ("mail.example.test", SmtpTls::PlainOnLoopback),
        // This server offers no encryption, so it is told nothing.
        ("127.0.0.1", SmtpTls::StartTls),
        ("127.0.0.1", SmtpTls::Always),
    ] {
        let mut mailer = mailer(server.port);
        mailer.settings.host = host.to_owned();
        mailer.settings.tls = tls;
        let unsent = mailer.send(&mail()).await;
        assert!(matches!(unsent, Err(MailError::NotSent(_))), "{tls:?}: {unsent:?}");
    }
    assert!(server.taken.lock().unwrap().is_empty());
}
