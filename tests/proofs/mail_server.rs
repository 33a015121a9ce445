//! A mail server that takes everything and remembers the message ids.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The server; it listens as long as the runtime lives.
pub struct MailServer {
    /// Where it listens on loopback.
    pub port: u16,
    received: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    /// Begins to listen.
    pub async fn start() -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let received: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = received.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, kept.clone()));
            }
        });
        MailServer { port, received }
    }

    /// How many mails arrived.
    pub fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    /// Message ids that arrived more than once.
    pub fn doubled(&self) -> Vec<String> {
        let mut ids = self.received.lock().unwrap().clone();
        ids.sort();
        let twice = ids.windows(2).filter(|pair| pair[0] == pair[1]);
        twice.map(|pair| format!("the mail {} arrived twice", pair[0])).collect()
    }
}

/// The other side may end at any moment; then the talk is over.
async fn talk(stream: TcpStream, received: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    writing.write_all(b"220 here\r\n").await.ok()?;
    let (mut is_body, mut id) = (false, String::new());
    while let Some(line) = lines.next_line().await.ok()? {
        let lower = line.to_ascii_lowercase();
        if is_body {
            if let Some(found) = lower.strip_prefix("message-id:") {
                id = found.trim().to_owned();
            }
            if line != "." {
                continue;
            }
            is_body = false;
            received.lock().unwrap().push(id.clone());
        }
        let answer = match lower.get(..4) {
            Some("data") => {
                is_body = true;
                "354 go on\r\n"
            }
            Some("quit") => "221 bye\r\n",
            _ => "250 fine\r\n",
        };
        writing.write_all(answer.as_bytes()).await.ok()?;
    }
    Some(())
}
