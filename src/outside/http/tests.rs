//! What is observed on real connections over loopback, and what it means.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// A server that reads a request, answers these bytes and hangs up.
async fn server(answer: &'static [u8]) -> Url {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(answer).await;
            if answer.is_empty() {
                std::future::pending::<()>().await;
            }
        }
    });
    Url::parse(&format!("http://{address}/order/7?api_key=secret")).unwrap()
}

fn quick() -> HttpSettings {
    HttpSettings {
        connect_timeout: Duration::from_millis(200),
        timeout: Duration::from_millis(300),
        body_bytes_max: 1000,
        pace: Duration::ZERO,
    }
}

fn read(answer: &Answer) -> Told<String, String> {
    match std::str::from_utf8(&answer.body).unwrap_or_default() {
        "yes" => Told::Yes("7".to_owned()),
        "no" => Told::No("bad".to_owned()),
        "again" => Told::Already("Duplicate Order".to_owned()),
        _ => Told::Nothing("no document".to_owned()),
    }
}

async fn meaning_of(url: Url) -> Meaning<String, String> {
    let http = Http::asking(quick()).paying();
    meaning(http.send(Request::new(Method::POST, url)).await, read)
}

fn assert_unknown(row: &str, found: &Meaning<String, String>) {
    assert!(matches!(found, Meaning::Unknown { .. }), "{row}: {found:?}");
}

fn assert_not_sent(row: &str, found: &Meaning<String, String>) {
    assert!(matches!(found, Meaning::NotSent { .. }), "{row}: {found:?}");
}

#[tokio::test]
async fn only_a_failed_connection_is_surely_not_sent() {
    let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let closed = Url::parse(&format!("http://{}/", free.local_addr().unwrap())).unwrap();
    drop(free);
    assert_not_sent("refused", &meaning_of(closed).await);
    let nowhere = Url::parse("http://no-such-host.invalid/").unwrap();
    assert_not_sent("no such name", &meaning_of(nowhere).await);
    let plain = server(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes").await;
    let mut tls = plain.clone();
    tls.set_scheme("https").unwrap();
    assert_not_sent("no TLS there", &meaning_of(tls).await);
    assert_eq!(meaning_of(plain).await, Meaning::Yes("7".to_owned()));
}

#[tokio::test]
async fn whatever_breaks_after_the_first_byte_is_unknown() {
    let rows: [(&str, &[u8]); 4] = [
        ("silence", b""),
        ("half a status", b"HTTP/1.1 20"),
        ("half a body", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nyes"),
        ("no HTTP", b"SSH-2.0-OpenSSH\r\n"),
    ];
    for (row, answer) in rows {
        assert_unknown(row, &meaning_of(server(answer).await).await);
    }
}

#[test]
fn every_status_means_what_it_can_have_done() {
    let check = |status: u16, body: &str, expected: &str| {
        let answer = Answer {
            status,
            headers: HeaderMap::new(),
            reason: String::new(),
            body: body.as_bytes().to_vec(),
        };
        let found = match meaning(Observed::Answer(answer), read) {
            Meaning::Yes(_) => "yes",
            Meaning::Refused(_) => "refused",
            Meaning::NotSent { .. } => "not sent",
            Meaning::Unknown { .. } => "unknown",
        };
        assert_eq!(found, expected, "{status} {body}");
    };
    check(200, "yes", "yes");
    check(201, "yes", "yes");
    check(200, "no", "unknown");
    check(200, "", "unknown");
    check(204, "", "unknown");
    check(200, "<html>", "unknown");
    check(301, "yes", "unknown");
    check(302, "", "unknown");
    for status in [400, 401, 403, 404, 406, 422] {
        check(status, "no", "refused");
        check(status, "<html>", "unknown");
        check(status, "again", "unknown");
    }
    check(408, "no", "unknown");
    check(409, "no", "unknown");
    check(409, "again", "unknown");
    check(425, "no", "unknown");
    check(429, "no", "not sent");
    check(429, "<html>", "not sent");
    for status in [500, 502, 503, 504, 520] {
        check(status, "no", "unknown");
        check(status, "yes", "unknown");
    }
}

#[tokio::test]
async fn nothing_secret_is_in_a_reason() {
    let url = server(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nyes").await;
    let request = Request::new(Method::GET, url).header("authorization", "Bearer secret");
    assert!(!request.place().contains("secret"));
    let observed = Http::asking(quick()).send(request).await;
    assert!(!format!("{observed:?}").contains("secret"), "{observed:?}");
    let refused = Url::parse("http://127.0.0.1:1/?api_key=secret").unwrap();
    let observed = Http::asking(quick()).send(Request::new(Method::GET, refused)).await;
    assert!(!format!("{observed:?}").contains("secret"), "{observed:?}");
}

#[tokio::test]
async fn a_large_answer_is_not_read_to_its_end() {
    let url = server(
        b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n\
        0000000000000000000000000000000000000000000000000000000000000000",
    )
    .await;
    let tight = HttpSettings { body_bytes_max: 10, ..quick() };
    let observed = Http::asking(tight).send(Request::new(Method::GET, url)).await;
    assert!(matches!(observed, Observed::TooLarge { limit_bytes: 10 }), "{observed:?}");
}

#[tokio::test]
async fn a_host_that_asks_for_time_is_given_it() {
    let busy = b"HTTP/1.1 429 Too Many\r\nretry-after: 30\r\ncontent-length: 0\r\n\r\n";
    let url = server(busy).await;
    let http = Http::asking(quick());
    let first = http.send(Request::new(Method::GET, url.clone())).await;
    assert!(matches!(&first, Observed::Answer(answer) if answer.retry_after_s() == Some(30)));
    let second = http.send(Request::new(Method::GET, url)).await;
    assert!(
        matches!(second, Observed::NotSent { retry_after_s: Some(wait_s), .. } if 28 <= wait_s),
        "it was not asked again"
    );
}

#[tokio::test]
async fn calls_to_one_host_keep_their_distance() {
    let url = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let asking = Http::asking(HttpSettings { pace: Duration::from_millis(100), ..quick() });
    let paying = asking.paying();
    let start = Instant::now();
    for http in [&asking, &paying, &asking] {
        let observed = http.send(Request::new(Method::GET, url.clone())).await;
        assert!(matches!(observed, Observed::Answer(_)), "{observed:?}");
    }
    assert!(Duration::from_millis(200) <= start.elapsed());
}

#[test]
fn a_wish_may_be_a_date() {
    let mut headers = HeaderMap::new();
    let date = |text| HeaderValue::from_str(text).unwrap();
    headers.insert("date", date("Sun, 06 Nov 1994 08:49:37 GMT"));
    headers.insert("retry-after", date("Sun, 06 Nov 1994 08:50:07 GMT"));
    let answer = Answer { status: 503, headers, reason: String::new(), body: Vec::new() };
    assert_eq!(answer.retry_after_s(), Some(30));
}
