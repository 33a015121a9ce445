//! How the program is, for people: each part well, or with what is wrong and the cure.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::times::{Times, span};
use super::words::Standing;
use super::{Frame, by_hand, page, times};
use crate::db;
use crate::flow::{self, FlowError, compare};
use crate::model::health::{Ailment, Fault, Vitals, faults};
use crate::model::id::ShopId;
use crate::model::problem::What;
use crate::model::time::Moment;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::site::Site;

/// A backup that is older is one that nobody makes any more.
const BACKUP_AGE_MAX: Duration = Duration::from_secs(48 * 3_600);

#[derive(Template)]
#[template(path = "operator/health.html")]
struct HealthPage {
    frame: Frame,
    is_well: bool,
    parts: Vec<Part>,
    version: &'static str,
}

/// One part of the program.
struct Part {
    name: String,
    standing: Standing,
    words: Vec<String>,
    cures: Vec<String>,
    link: Option<(&'static str, String)>,
}

/// What the database knows of one shop.
struct ShopFacts {
    name: String,
    delivered_at: Option<Moment>,
    compared: Option<(String, Moment)>,
    alerts: Vec<db::alert::Alert>,
}

struct Facts {
    shops: Vec<ShopFacts>,
    failed_jobs: u32,
    waiting_jobs: u32,
    next_at: Option<Moment>,
    mails: Vec<(String, u32)>,
    backup: Option<(String, Moment)>,
}

/// `GET /health`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let frame = Frame::load(&site, &operator, "health", "Health").await?;
    let vitals = flow::health::vitals(&site.ctx).await?;
    let facts = facts(&site).await?;
    let parts = parts(&site, &frame, &vitals, &facts, &times(&site));
    let is_well = parts.iter().all(|part| part.cures.is_empty());
    page(&HealthPage { frame, is_well, parts, version: env!("CARGO_PKG_VERSION") })
}

async fn facts(site: &Site) -> Result<Facts, FlowError> {
    let shops: Vec<(ShopId, String)> =
        site.ctx.shops.iter().map(|(id, seat)| (*id, seat.name.clone())).collect();
    site.ctx
        .read(move |tx| {
            let open = db::alert::open(tx)?;
            let mut found = Vec::new();
            for (id, name) in &shops {
                // What people were told of this shop's connection.
                let kinds = [What::WebhooksSilent, What::ShopGap, What::WebhookMended];
                let alerts = open.iter().filter(|alert| {
                    kinds.contains(&alert.problem.what) && alert.problem.place == *name
                });
                found.push(ShopFacts {
                    name: name.clone(),
                    delivered_at: db::delivery::last_at(tx, *id)?,
                    compared: db::switch::get_since(tx, &compare::report_key(name))?,
                    alerts: alerts.cloned().collect(),
                });
            }
            Ok(Facts {
                shops: found,
                failed_jobs: db::board::failed_jobs(tx)?,
                waiting_jobs: db::board::waiting_jobs(tx)?,
                next_at: db::job::next_at(tx)?,
                mails: db::mail::counts(tx)?,
                backup: db::switch::get_since(tx, db::switch::BACKUP)?,
            })
        })
        .await
}

fn parts(site: &Site, frame: &Frame, vitals: &Vitals, facts: &Facts, times: &Times) -> Vec<Part> {
    let faults: Vec<Fault> = faults(vitals)
        .into_iter()
        .map(|fault| Fault { detail: with_times(&fault.detail, times), ..fault })
        .collect();
    let by_hand = by_hand(site);
    let mut parts: Vec<Part> = Vec::new();
    for shop in &facts.shops {
        parts.push(shop_part(site, shop, vitals, &faults, times));
    }
    parts.extend(frame.providers.iter().map(|one| {
        let part = Part::new(&format!("Provider {}", one.name), &[], &faults);
        let is_by_hand = by_hand.contains(&one.id);
        match one.is_paused {
            true => part.ill(
                format!("paused: {}", one.paused_why),
                "Press Resume above once that is mended.",
            ),
            false if is_by_hand => part.says("people place its orders"),
            false => part.says(format!("{} mode", one.mode)),
        }
    }));
    parts.push(work_part(site, vitals, facts, &faults, times));
    let press = Part::new("Drawing", &[Ailment::Press], &faults);
    parts.push(press.says(match vitals.press_failures {
        0 => "print files are drawn behind walls, in a process of their own".to_owned(),
        1 => "the last drawing broke off and is tried again".to_owned(),
        many => format!("the last {many} drawings broke off"),
    }));
    parts.push(mail_part(site, vitals, facts, &faults, times));
    parts.push(disk_part(vitals, &faults));
    parts.push(backup_part(facts, vitals.now, times));
    // What needs somebody comes first.
    parts.sort_by_key(|part| part.cures.is_empty());
    parts
}

/// The same words with moments as people read them.
fn with_times(words: &str, times: &Times) -> String {
    let words = words.split(' ').map(|word| {
        Moment::parse(word).map_or_else(|| word.to_owned(), |moment| times.at(moment).text)
    });
    words.collect::<Vec<_>>().join(" ")
}

impl Part {
    /// A part with what is wrong with it among these ailments.
    fn new(name: &str, ailments: &[Ailment], faults: &[Fault]) -> Part {
        let mine: Vec<&Fault> =
            faults.iter().filter(|fault| ailments.contains(&fault.ailment)).collect();
        let mut part = Part {
            name: name.to_owned(),
            standing: Standing { text: "Well", tone: "done" },
            words: Vec::new(),
            cures: Vec::new(),
            link: None,
        };
        for fault in mine {
            part = part.ill(fault.detail.clone(), fault.ailment.cure());
        }
        part
    }

    fn says(mut self, words: impl Into<String>) -> Part {
        self.words.push(words.into());
        self
    }

    fn ill(mut self, what: impl Into<String>, cure: impl Into<String>) -> Part {
        self.standing = Standing { text: "Not well", tone: "stop" };
        self.words.push(what.into());
        let cure: String = cure.into();
        // Commands stand between signs that mean something to programs alone.
        let parts = cure.split('`').enumerate().map(|(nth, part)| match nth % 2 {
            0 => part.to_owned(),
            _ => format!("“{part}”"),
        });
        self.cures.push(parts.collect());
        self
    }

    fn leads(self, label: &'static str, href: String) -> Part {
        Part { link: Some((label, href)), ..self }
    }
}

fn shop_part(
    site: &Site,
    shop: &ShopFacts,
    vitals: &Vitals,
    faults: &[Fault],
    times: &Times,
) -> Part {
    // The words of a fault name the shop: those of another shop are not this one's.
    let mine: Vec<Fault> = faults
        .iter()
        .filter(|fault| matches!(fault.ailment, Ailment::Poll | Ailment::Clock))
        .filter(|fault| fault.detail.contains(&format!("shop {} ", shop.name)))
        .cloned()
        .collect();
    let ailments = [Ailment::Poll, Ailment::Clock];
    let mut part = Part::new(&format!("Shop {}", shop.name), &ailments, &mine);
    let seen = vitals.shops.iter().find(|one| one.name == shop.name);
    part = part.says(match seen.and_then(|one| one.polled_at) {
        Some(at) => format!("read to the end {}", times.at(at).text),
        None => "not read to the end yet".to_owned(),
    });
    part = part.says(match shop.delivered_at {
        Some(at) => format!("last webhook {}", times.at(at).text),
        None => "no webhook has called yet; orders come in by asking".to_owned(),
    });
    if let Some((words, at)) = &shop.compared {
        part = part.says(format!("compared {}: {words}", times.at(*at).text));
    }
    for alert in &shop.alerts {
        let problem = &alert.problem;
        part = part.ill(problem.sentence(), problem.what.cure());
    }
    part.leads("Deliveries", site.links().to("/deliveries"))
}

fn work_part(site: &Site, vitals: &Vitals, facts: &Facts, faults: &[Fault], times: &Times) -> Part {
    let ailments =
        [Ailment::NotStarted, Ailment::Worker, Ailment::Overdue, Ailment::UnknownSubmission];
    let mut part = Part::new("Work", &ailments, faults);
    let busy = vitals.workers.iter().filter(|worker| worker.doing.is_some()).count();
    part = part.says(format!("{} of {} workers are busy", busy, vitals.workers.len()));
    let waiting = match facts.waiting_jobs {
        1 => "1 step waits".to_owned(),
        many => format!("{many} steps wait"),
    };
    part = part.says(match facts.next_at {
        Some(at) => format!("{waiting}, the next {}", times.at(at).text),
        None => waiting,
    });
    if 0 < vitals.unknown_submissions {
        part = part.says(match vitals.unknown_submissions {
            1 => "1 lost answer is looked up".to_owned(),
            many => format!("{many} lost answers are looked up"),
        });
    }
    if 0 < facts.failed_jobs {
        let words = format!("{} failed for good", facts.failed_jobs);
        part = part.ill(words, "Each stands under Jobs, and what it was about is held.");
    }
    if let Some(at) = vitals.started_at {
        part = part.says(format!("running for {}", span(vitals.now.since(at))));
    }
    part.leads("Jobs", site.links().to("/jobs"))
}

fn mail_part(site: &Site, vitals: &Vitals, facts: &Facts, faults: &[Fault], times: &Times) -> Part {
    let count = |state: &str| {
        facts.mails.iter().find(|(known, _)| known == state).map_or(0, |(_, count)| *count)
    };
    let mut part = Part::new("Mail", &[Ailment::Mail], faults);
    part = part.says(format!("{} sent, {} waiting", count("sent"), count("waiting")));
    if let Some(at) = vitals.mail_waiting_since {
        part = part.says(format!("the oldest waits since {}", times.at(at).text));
    }
    if 0 < count("refused") {
        let words = format!("{} refused by the mail server", count("refused"));
        part = part.ill(words, "Look at each under Mails: the address may be wrong.");
    }
    part.leads("Mails", site.links().to("/mails"))
}

fn disk_part(vitals: &Vitals, faults: &[Fault]) -> Part {
    let megabytes = |bytes: Option<u64>| {
        bytes.map(|bytes| match bytes / 1_000_000 {
            many if 10_000 <= many => format!("{} GB", many / 1_000),
            many => format!("{many} MB"),
        })
    };
    let mut part = Part::new("Disk and memory", &[Ailment::Disk, Ailment::Wal], faults);
    if let Some(free) = megabytes(vitals.disk_free_bytes) {
        part = part.says(format!("{free} free"));
    }
    if let Some(size) = megabytes(vitals.database_bytes) {
        part = part.says(format!("the database has {size}"));
    }
    if let Some(memory) = megabytes(vitals.memory_bytes) {
        part = part.says(format!("{memory} of memory in use"));
    }
    part
}

fn backup_part(facts: &Facts, now: Moment, times: &Times) -> Part {
    let part = Part::new("Backups", &[], &[]);
    let cure = "Enable woodblock-backup.timer, or run `woodblock backup` each night.";
    match &facts.backup {
        Some((place, at)) if now.since(*at) <= BACKUP_AGE_MAX => {
            part.says(format!("the last {}, at {place}", times.at(*at).text))
        }
        Some((place, at)) => part.ill(format!("the last {}, at {place}", times.at(*at).text), cure),
        None => part.ill("none was made yet", cure),
    }
}
