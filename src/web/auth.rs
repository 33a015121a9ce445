//! Passwords, secrets, sessions and the cookie that carries them (R110, R111).

use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use axum::http::HeaderMap;
use rand::TryRng;

use super::second_factor;
use super::site::{Halfway, Site, SiteSettings};
use crate::db;
use crate::flow::FlowError;
use crate::model::id::{Hash, PersonId};
use crate::model::right::Rights;
use crate::model::time::Moment;

/// OWASP's floor: 19 MiB, two rounds, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const ROUNDS: u32 = 2;
const LANES: u32 = 1;
/// A session that is not used for so long is over.
const IDLE_MAX: Duration = Duration::from_secs(12 * 3_600);
/// No session lasts longer.
const SESSION_MAX: Duration = Duration::from_secs(14 * 24 * 3_600);
/// A session's use is written down no more often than this.
const USE_NOTED_EVERY: Duration = Duration::from_secs(300);
/// The code of a second factor is waited for so long.
const CODE_WITHIN: Duration = Duration::from_secs(300);
/// Log-ins that fail count for so long.
const TRIES_WINDOW: Duration = Duration::from_secs(15 * 60);
/// Failed log-ins of one account.
const TRIES_ACCOUNT_MAX: u32 = 5;
/// Failed log-ins from one address.
const TRIES_ADDRESS_MAX: u32 = 20;
/// Longest name and password that are looked at.
const NAME_BYTES_MAX: usize = 200;
const PASSWORD_BYTES_MAX: usize = 1_024;

/// 64 hexadecimal digits from the operating system: for secrets, unlike `Ctx::chance`.
pub fn secret() -> String {
    let mut bytes = [0_u8; 32];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .expect("without randomness of the system nothing secret can be made");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, ROUNDS, LANES, None).expect("the parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A password as it is stored: Argon2id in the usual text form.
pub fn hash_password(password: &str) -> String {
    argon2()
        .hash_password(password.as_bytes())
        .expect("a password of any length can be hashed")
        .to_string()
}

/// The hash of a password nobody has, so that unknown names take as long as known ones.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_password(&secret()));

fn is_password(stored: &str, password: &str) -> bool {
    match PasswordHash::new(stored) {
        Ok(hash) => argon2().verify_password(password.as_bytes(), &hash).is_ok(),
        Err(_) => false,
    }
}

/// Hashes a password, with no more than four at once.
pub async fn hash_new(site: &Site, password: &str) -> String {
    let _one_of_four = site.hashing().await;
    let password = password.to_owned();
    let hashed = tokio::task::spawn_blocking(move || hash_password(&password)).await;
    // A hash that no password has: nobody gets in by it.
    hashed.unwrap_or_default()
}

/// Whether this is the person's password.
pub async fn is_their_password(site: &Site, name: &str, password: &str) -> Result<bool, FlowError> {
    let name = name.to_owned();
    let person = site.ctx.read(move |tx| Ok(db::person::by_name(tx, &name)?)).await?;
    let Some(person) = person.filter(|_| password.len() <= PASSWORD_BYTES_MAX) else {
        return Ok(false);
    };
    let _one_of_four = site.hashing().await;
    let given = password.to_owned();
    let check = move || is_password(&person.password_hash, &given);
    Ok(tokio::task::spawn_blocking(check).await.unwrap_or(false))
}

/// Whether something that anybody may ask from outside was asked too often from here; it counts.
pub async fn asked_too_often(
    site: &Site,
    what: &str,
    address: Option<IpAddr>,
) -> Result<bool, FlowError> {
    let who = format!("{what}:{}", address.map_or("unknown".to_owned(), |ip| ip.to_string()));
    let since = site.now().minus(TRIES_WINDOW);
    site.ctx
        .call(move |tx| {
            let before = db::person::tries_since(tx, &who, since)?;
            db::person::note_try(tx, &who)?;
            Ok(TRIES_ACCOUNT_MAX <= before)
        })
        .await
}

/// What came of a log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggedIn {
    /// In; the token goes into the cookie and is stored nowhere.
    Yes(String),
    /// The password is right; the code is asked for with this token.
    NeedsCode(String),
    /// Name or password are wrong; never said which.
    No,
    /// Too many tries; the same for right passwords.
    TooOften,
}

/// Lets a person in.
pub async fn log_in(
    site: &Site,
    name: &str,
    password: &str,
    address: Option<IpAddr>,
) -> Result<LoggedIn, FlowError> {
    let name = name.trim().to_owned();
    if NAME_BYTES_MAX < name.len() || PASSWORD_BYTES_MAX < password.len() {
        return Ok(LoggedIn::No);
    }
    let account = format!("account:{}", name.to_lowercase());
    let address = format!("address:{}", address.map_or("unknown".to_owned(), |ip| ip.to_string()));
    if is_too_often(site, &account, &address).await? {
        return Ok(LoggedIn::TooOften);
    }
    let wanted = name.clone();
    let person = site.ctx.read(move |tx| Ok(db::person::by_name(tx, &wanted)?)).await?;
    let stored =
        person.as_ref().map_or_else(|| NOBODY.clone(), |person| person.password_hash.clone());
    let _one_of_four = site.hashing().await;
    let given = password.to_owned();
    let is_right =
        tokio::task::spawn_blocking(move || is_password(&stored, &given)).await.unwrap_or(false);
    let Some(person) = person.filter(|_| is_right) else {
        site.ctx
            .call(move |tx| {
                db::person::note_try(tx, &account)?;
                Ok(db::person::note_try(tx, &address)?)
            })
            .await?;
        return Ok(LoggedIn::No);
    };
    let id = person.id;
    let (sealed, _) = site.ctx.read(move |tx| Ok(db::factor::get(tx, id)?)).await?;
    if sealed.is_empty() {
        return Ok(LoggedIn::Yes(begin(site, id).await?));
    }
    let token = secret();
    let halfway = Halfway { person: id, name: person.name, until: site.now().plus(CODE_WITHIN) };
    site.keep_halfway(token_hash(&token), halfway);
    Ok(LoggedIn::NeedsCode(token))
}

/// The second step: a code of the telephone, or one on paper.
pub async fn enter_code(
    site: &Site,
    token: &str,
    code: &str,
    address: Option<IpAddr>,
) -> Result<LoggedIn, FlowError> {
    let hash = token_hash(token);
    let Some(halfway) = site.halfway(&hash) else {
        return Ok(LoggedIn::No);
    };
    let account = format!("account:{}", halfway.name.to_lowercase());
    let address = format!("address:{}", address.map_or("unknown".to_owned(), |ip| ip.to_string()));
    if is_too_often(site, &account, &address).await? {
        return Ok(LoggedIn::TooOften);
    }
    if !second_factor::takes(site, halfway.person, code).await? {
        site.ctx
            .call(move |tx| {
                db::person::note_try(tx, &account)?;
                Ok(db::person::note_try(tx, &address)?)
            })
            .await?;
        return Ok(LoggedIn::NeedsCode(token.to_owned()));
    }
    site.forget_halfway(&hash);
    Ok(LoggedIn::Yes(begin(site, halfway.person).await?))
}

/// Begins a session; the token goes into the cookie.
async fn begin(site: &Site, person: PersonId) -> Result<String, FlowError> {
    let token = secret();
    let (hash, csrf) = (token_hash(&token), secret());
    site.ctx.call(move |tx| Ok(db::person::begin_session(tx, &hash, person, &csrf)?)).await?;
    Ok(token)
}

async fn is_too_often(site: &Site, account: &str, address: &str) -> Result<bool, FlowError> {
    let since = site.now().minus(TRIES_WINDOW);
    let (account, address) = (account.to_owned(), address.to_owned());
    site.ctx
        .read(move |tx| {
            let of_account = db::person::tries_since(tx, &account, since)?;
            let of_address = db::person::tries_since(tx, &address, since)?;
            Ok(TRIES_ACCOUNT_MAX <= of_account || TRIES_ADDRESS_MAX <= of_address)
        })
        .await
}

/// What a token is stored under.
pub fn token_hash(token: &str) -> String {
    Hash::of(token.as_bytes()).as_str().to_owned()
}

/// Who a request comes from, if its session lives.
#[derive(Debug, Clone)]
pub struct Session {
    /// The person's name.
    pub person: String,
    /// What they may do.
    pub rights: Rights,
    /// What every form must repeat.
    pub csrf: String,
    /// What the session is stored under.
    pub token_hash: String,
}

/// The living session of a request.
pub async fn session(site: &Site, headers: &HeaderMap) -> Result<Option<Session>, FlowError> {
    let Some(token) = cookie(headers, &session_cookie(&site.settings)) else {
        return Ok(None);
    };
    let hash = token_hash(&token);
    let wanted = hash.clone();
    let row = site.ctx.read(move |tx| Ok(db::person::session(tx, &wanted)?)).await?;
    let now = site.now();
    let is_alive = |made_at: Moment, used_at: Moment| {
        now < used_at.plus(IDLE_MAX) && now < made_at.plus(SESSION_MAX)
    };
    let Some(row) = row.filter(|row| is_alive(row.made_at, row.used_at)) else {
        return Ok(None);
    };
    if row.used_at.plus(USE_NOTED_EVERY) < now {
        let used = hash.clone();
        let noted = site.ctx.call(move |tx| Ok(db::person::use_session(tx, &used)?)).await;
        // A page is read on a full disk as well; only the session may end earlier.
        noted.or_else(|error| if error.is_full() { Ok(()) } else { Err(error) })?;
    }
    Ok(Some(Session { person: row.person, rights: row.rights, csrf: row.csrf, token_hash: hash }))
}

/// Ends a session.
pub async fn log_out(site: &Site, session: &Session) -> Result<(), FlowError> {
    let hash = session.token_hash.clone();
    site.ctx.call(move |tx| Ok(db::person::end_session(tx, &hash)?)).await
}

/// The name of the session's cookie: the prefix makes browsers keep its rules (design section 8).
pub fn session_cookie(settings: &SiteSettings) -> String {
    cookie_name(settings, "woodblock")
}

/// The name of the cookie that a log-in form repeats.
pub fn login_cookie(settings: &SiteSettings) -> String {
    cookie_name(settings, "woodblock-login")
}

fn cookie_name(settings: &SiteSettings, name: &str) -> String {
    let is_at_root = super::address::path_of(&settings.operators_url).is_empty();
    match (settings.is_https(), is_at_root) {
        (true, true) => format!("__Host-{name}"),
        (true, false) => format!("__Secure-{name}"),
        (false, _) => name.to_owned(),
    }
}

/// A `Set-Cookie` line; an empty value takes the cookie away.
pub fn set_cookie(settings: &SiteSettings, name: &str, value: &str) -> String {
    let prefix = super::address::path_of(&settings.operators_url);
    let path = match prefix.is_empty() {
        true => "/",
        false => prefix.as_str(),
    };
    let secure = match settings.is_https() {
        true => "; Secure",
        false => "",
    };
    let age = match value.is_empty() {
        true => "; Max-Age=0".to_owned(),
        false => format!("; Max-Age={}", SESSION_MAX.as_secs()),
    };
    format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{age}")
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(axum::http::header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// Whether two secrets are the same, in a time that does not tell how far they agree.
pub fn is_same(one: &str, other: &str) -> bool {
    use subtle::ConstantTimeEq;
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let stored = hash_password("correct horse");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(is_password(&stored, "correct horse"));
        assert!(!is_password(&stored, "correct horsf"));
        assert!(!is_password("no hash", "correct horse"));
    }

    #[test]
    fn cookies_have_the_strictest_name_their_address_allows() {
        let settings = |url: &str| SiteSettings {
            operators_url: url.to_owned(),
            public_url: url.to_owned(),
            zone: jiff::tz::TimeZone::UTC,
            trusted_proxies: Vec::new(),
            banner: String::new(),
        };
        let name = |url| session_cookie(&settings(url));
        assert_eq!(name("https://prints.example"), "__Host-woodblock");
        assert_eq!(name("https://shop.example/prints"), "__Secure-woodblock");
        assert_eq!(name("http://127.0.0.1:8080"), "woodblock");
        let line = set_cookie(&settings("https://shop.example/prints"), "n", "v");
        assert!(line.starts_with("n=v; Path=/prints; HttpOnly; SameSite=Lax; Secure"));
        assert!(settings("http://192.168.1.5").fault().is_some());
        assert_eq!(settings("http://localhost:8080").fault(), None);
    }
}
