//! Settings while the program runs: what the file declares, what the pages set, and what they make.
//!
//! A change is checked as a whole, written in one transaction with its history, and then new seats are
//! put in the place of the old ones. Whoever began with the old ones ends with them.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use secrecy::{ExposeSecret, SecretString};

use super::seats;
use crate::config::Config;
use crate::config::compose::{Composed, Stored, compose};
use crate::config::field::{Document, Kind, Section};
use crate::config::{ConfigError, Fault};
use crate::db;
use crate::db::setting::{SecretRow, SettingRow};
use crate::flow::ctx::{ProviderSeat, Rules, Seats, ShopSeat};
use crate::flow::disconnect;
use crate::flow::furnish;
use crate::flow::seal::{self, Place};
use crate::flow::{Ctx, FlowError, worker};
use crate::model::time::Moment;
use crate::outside::fetch::WebFetch;
use crate::outside::provider::metered::MeteredProvider;

/// The settings of a program that runs.
pub struct Live {
    /// With the seats of the file alone.
    base: Ctx,
    file: Config,
    standing: RwLock<Arc<Standing>>,
    /// One change after the other.
    changing: tokio::sync::Mutex<()>,
}

/// What holds now.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// File and pages together.
    pub config: Config,
    /// What the pages set, of disconnected shops and providers as well.
    pub rows: Vec<SettingRow>,
    /// When each secret was typed: by section, name and key.
    pub secrets: BTreeMap<(String, String, String), Moment>,
    /// What was set and does not hold, and why.
    pub left_out: Vec<(Section, String, String)>,
}

/// What somebody wants to set.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Where.
    pub section: Section,
    /// Of which shop or provider; empty for a section.
    pub name: String,
    /// Everything but the secrets.
    pub document: Document,
    /// The secrets that were typed anew.
    pub secrets: BTreeMap<String, SecretString>,
}

/// Why nothing was set.
#[derive(Debug)]
pub enum SaveError {
    /// What was typed is wrong.
    Faults(Vec<Fault>),
    /// It could not be written or used.
    Flow(FlowError),
}

impl From<FlowError> for SaveError {
    fn from(error: FlowError) -> SaveError {
        SaveError::Flow(error)
    }
}

impl Live {
    /// Around the seats that the file made. What the pages set holds after [`Live::reload`].
    pub fn new(base: Ctx, file: Config) -> Live {
        let standing = Standing { config: file.clone(), ..Standing::default() };
        let standing = RwLock::new(Arc::new(standing));
        Live { base, file, standing, changing: tokio::sync::Mutex::default() }
    }

    /// What holds now.
    pub fn standing(&self) -> Arc<Standing> {
        Arc::clone(&self.standing.read().expect("no holder of this lock panics"))
    }

    /// What the file declares.
    pub fn file(&self) -> &Config {
        &self.file
    }

    /// Whether a shop, provider or section was declared where pages cannot change it.
    pub fn is_provisioned(&self, section: Section, name: &str) -> bool {
        let is_seated = match section {
            Section::Shop => self.base.shops.values().any(|seat| seat.name == name),
            Section::Provider => self.base.providers.values().any(|seat| seat.name == name),
            _ => false,
        };
        is_seated || (section.is_named() && self.file.declared(section, name, "name").is_some())
    }

    /// What holds of one setting, as it is written, and whether it is the file's.
    pub fn value(&self, section: Section, name: &str, key: &str) -> (Option<String>, bool) {
        if let Some(text) = self.file.declared(section, name, key) {
            return (Some(text), true);
        }
        let is_whole = section.is_named() && self.is_provisioned(section, name);
        (self.standing().config.declared(section, name, key), is_whole)
    }

    /// Reads what the pages set and puts it to work.
    pub async fn reload(&self) -> Result<(), FlowError> {
        let _one = self.changing.lock().await;
        self.put_to_work().await
    }

    async fn put_to_work(&self) -> Result<(), FlowError> {
        let (rows, secrets) =
            self.base.read(|tx| Ok((db::setting::all(tx)?, db::setting::secrets(tx)?))).await?;
        let stored = self.stored(&rows, &secrets);
        let composed = compose(&self.file, &stored);
        self.seat(&composed, &rows, &stored).await?;
        let typed = secrets.iter().map(|one| {
            let key = (one.section.clone(), one.name.clone(), one.field.clone());
            (key, one.set_at)
        });
        let left_out = composed.left_out.iter().map(|(one, why)| {
            tracing::warn!("a setting of the pages does not hold: {why}");
            (one.section, one.name.clone(), why.to_string())
        });
        let standing = Standing {
            secrets: typed.collect(),
            left_out: left_out.collect(),
            config: composed.config,
            rows,
        };
        *self.standing.write().expect("no holder of this lock panics") = Arc::new(standing);
        let ctx = self.base.latest();
        disconnect::let_go_on(&ctx).await?;
        worker::ask_again(&ctx).await
    }

    fn stored(&self, rows: &[SettingRow], secrets: &[SecretRow]) -> Vec<Stored> {
        stored(rows, secrets, &self.base.rules.file_key)
    }

    /// Makes the seats, and whoever begins from now on sits with them.
    async fn seat(
        &self,
        composed: &Composed,
        rows: &[SettingRow],
        stored: &[Stored],
    ) -> Result<(), FlowError> {
        let (config, base) = (&composed.config, &self.base);
        let is_new = |section, name: &str| !self.is_provisioned(section, name);
        let shops: Vec<_> =
            config.shop.iter().filter(|shop| is_new(Section::Shop, &shop.name)).collect();
        let providers: Vec<_> = config
            .provider
            .iter()
            .filter(|provider| is_new(Section::Provider, &provider.name))
            .collect();
        let gone = |section: Section, is_here: &dyn Fn(&str) -> bool| -> Vec<String> {
            let mine = rows.iter().filter(|row| row.section == section.key());
            let gone = mine.filter(|row| !is_here(&row.name) && is_new(section, &row.name));
            gone.map(|row| row.name.clone()).collect()
        };
        let gone = (
            gone(Section::Shop, &|name| shops.iter().any(|shop| shop.name == name)),
            gone(Section::Provider, &|name| providers.iter().any(|one| one.name == name)),
        );
        let (shop_ids, provider_ids) = furnish::declare_more(
            &base.db,
            shops.iter().map(|shop| seats::declared_shop(shop)).collect(),
            providers.iter().map(|one| seats::declared_provider(one)).collect(),
            gone,
        )
        .await?;
        let unusable = |error: seats::Unusable| FlowError::NotNow(error.to_string());
        let mut shop_seats = (*base.shops).clone();
        for (id, shop) in shop_ids.into_iter().zip(&shops) {
            let seed = base.clock.now().unix_ms().unsigned_abs();
            let seat = ShopSeat {
                name: shop.name.clone(),
                shop: seats::woocommerce(shop, Arc::clone(&base.clock), seed).map_err(unusable)?,
                rules: shop.rules(&config.server.zone),
            };
            shop_seats.insert(id, seat);
        }
        let mut provider_seats = (*base.providers).clone();
        for (id, one) in provider_ids.into_iter().zip(&providers) {
            let adapter = seats::adapter(one).map_err(unusable)?;
            let metered = MeteredProvider::new(&one.name, adapter, Arc::clone(&base.pulse.meter));
            let seat = ProviderSeat {
                name: one.name.clone(),
                provider: Arc::new(metered),
                rules: one.rules(seats::hook_token(one, &base.rules.file_key)),
            };
            provider_seats.insert(id, seat);
        }
        let is_set = |section| stored.iter().any(|one| one.section == section);
        base.change_seats(Seats {
            shops: Arc::new(shop_seats),
            providers: Arc::new(provider_seats),
            rules: Arc::new(rules(&base.rules, config, &is_set)),
            mailer: match is_set(Section::Mail) {
                true => seats::mailer(config, &base.clock),
                false => Arc::clone(&base.mailer),
            },
            fetch: match shops.is_empty() {
                true => Arc::clone(&base.fetch),
                false => Arc::new(WebFetch::new(seats::fetch_settings(config))),
            },
        });
        Ok(())
    }

    /// Sets something: checked as a whole, written with its history, and put to work.
    pub async fn save(&self, draft: Draft, by: &str) -> Result<(), SaveError> {
        let _one = self.changing.lock().await;
        let (section, name) = (draft.section, draft.name.clone());
        if section.is_named() && self.is_provisioned(section, &name) {
            let words = format!("{} {name} is set in config.toml: change it there", section.key());
            return Err(FlowError::NotNow(words).into());
        }
        let (_, old) = self.check(&draft).await?;
        self.write(draft, old, by).await?;
        self.put_to_work().await?;
        Ok(())
    }

    /// What would hold with this, for trying it before it is set.
    pub async fn candidate(&self, draft: &Draft) -> Result<Config, SaveError> {
        Ok(self.check(draft).await?.0)
    }

    /// What would hold with this, and what was set in its place.
    async fn check(&self, draft: &Draft) -> Result<(Config, Document), SaveError> {
        let (section, name) = (draft.section, &draft.name);
        let (rows, kept) =
            self.base.read(|tx| Ok((db::setting::all(tx)?, db::setting::secrets(tx)?))).await?;
        let mut stored = self.stored(&rows, &kept);
        let before = rows.iter().find(|row| row.section == section.key() && row.name == *name);
        // A shop that is connected again keeps its keys.
        let again: Vec<SettingRow> =
            before.iter().map(|row| SettingRow { is_enabled: true, ..(*row).clone() }).collect();
        let mut secrets =
            self.stored(&again, &kept).pop().map(|one| one.secrets).unwrap_or_default();
        secrets.extend(draft.secrets.clone());
        stored.retain(|one| one.section != section || one.name != *name);
        let rest = compose(&self.file, &stored).config;
        let document = draft.document.clone();
        let wanted = Stored { section, name: name.clone(), document, secrets };
        let config = rest.with(&wanted).map_err(|ConfigError(faults)| SaveError::Faults(faults))?;
        let old = before.map(|row| Document::parse(&row.document)).unwrap_or_default();
        Ok((config, old))
    }

    async fn write(&self, draft: Draft, old: Document, by: &str) -> Result<(), FlowError> {
        let Draft { section, name, document, secrets } = draft;
        let sealed: Vec<(String, String)> = secrets
            .iter()
            .map(|(key, secret)| {
                let place = place(section, &name, key);
                let bytes = secret.expose_secret().as_bytes();
                (key.clone(), seal::seal(bytes, &place, &self.base.rules.file_key))
            })
            .collect();
        let changes = changes(section, &old, &document);
        let by = by.to_owned();
        self.base
            .call(move |tx| {
                let (key, shown) = (section.key(), shown_place(section, &name));
                db::setting::put(tx, key, &name, &document.text(), &by)?;
                for (field, old, new) in &changes {
                    db::setting::note(tx, &by, &shown, field, old, new)?;
                }
                for (field, sealed) in &sealed {
                    db::setting::put_secret(tx, key, &name, field, sealed)?;
                    db::setting::note(tx, &by, &shown, field, "", "typed anew")?;
                }
                Ok(())
            })
            .await
    }

    /// Disconnects a shop or provider, or connects it again; its orders stay.
    pub async fn set_enabled(
        &self,
        section: Section,
        name: &str,
        is_enabled: bool,
        by: &str,
    ) -> Result<(), FlowError> {
        let _one = self.changing.lock().await;
        if self.is_provisioned(section, name) {
            let words = format!("{} {name} is set in config.toml: change it there", section.key());
            return Err(FlowError::NotNow(words));
        }
        let (name, by) = (name.to_owned(), by.to_owned());
        self.base
            .call(move |tx| {
                let is_changed =
                    db::setting::set_enabled(tx, section.key(), &name, is_enabled, &by)?;
                let words = |is_on| if is_on { "connected" } else { "disconnected" };
                if is_changed {
                    let place = shown_place(section, &name);
                    let (old, new) = (words(!is_enabled), words(is_enabled));
                    db::setting::note(tx, &by, &place, "", old, new)?;
                }
                Ok(())
            })
            .await?;
        self.put_to_work().await
    }
}

/// What the pages set and nobody disconnected, with the secrets open.
pub fn stored(rows: &[SettingRow], secrets: &[SecretRow], file_key: &[u8]) -> Vec<Stored> {
    let enabled = rows.iter().filter(|row| row.is_enabled);
    let read = enabled.filter_map(|row| {
        let section = Section::from_key(&row.section)?;
        let mine = secrets.iter().filter(|one| one.section == row.section && one.name == row.name);
        let opened = mine.filter_map(|one| {
            let place = place(section, &one.name, &one.field);
            let bytes = seal::unseal(&one.sealed, &place, file_key)?;
            Some((one.field.clone(), SecretString::from(String::from_utf8(bytes).ok()?)))
        });
        Some(Stored {
            section,
            name: row.name.clone(),
            document: Document::parse(&row.document),
            secrets: opened.collect(),
        })
    });
    read.collect()
}

/// Where a secret of a setting opens.
pub fn place(section: Section, name: &str, key: &str) -> Place {
    Place::new("setting_secrets", &format!("{} {name}", section.key()), key)
}

fn shown_place(section: Section, name: &str) -> String {
    format!("{} {name}", section.key()).trim_end().to_owned()
}

/// What is another now, in the order of the page; secrets are told by their writer.
fn changes(section: Section, old: &Document, new: &Document) -> Vec<(String, String, String)> {
    let open = section.specs().iter().filter(|spec| spec.kind != Kind::Secret);
    let compared = open.map(|spec| {
        let of = |document: &Document| document.get(spec.key).unwrap_or(spec.usual.to_owned());
        (spec.key.to_owned(), of(old), of(new))
    });
    compared.filter(|(_, old, new)| old != new).collect()
}

/// The rules of the file, with what the pages set in the sections that they set.
fn rules(base: &Rules, config: &Config, is_set: &dyn Fn(Section) -> bool) -> Rules {
    let now = config.rules(base.file_key.clone());
    let mut rules = base.clone();
    if is_set(Section::Countdown) {
        (rules.grace, rules.undo) = (now.grace, now.undo);
        (rules.lease_max, rules.wait_max) = (now.lease_max, now.wait_max);
    }
    if is_set(Section::Limits) {
        rules.limits = now.limits;
    }
    if is_set(Section::Alerts) {
        rules.alert_to = now.alert_to;
    }
    if is_set(Section::Retention) {
        (rules.keep_orders, rules.keep_deliveries) = (now.keep_orders, now.keep_deliveries);
    }
    rules.provider_limits.extend(now.provider_limits);
    rules.production_days.extend(now.production_days);
    rules.hooks_by_hand.extend(now.hooks_by_hand);
    rules
}
