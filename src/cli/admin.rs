//! Commands that concern a running program: asked over its socket, or done here when none runs.
//!
//! The same function does the work either way, so that a command means one thing.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::app::state_dir::admin_socket;
use crate::cli::{explain_text, order_text};
use crate::db;
use crate::flow::audit::{self, Scope};
use crate::flow::operate::{Delay, Staff, Stopped, TypedParcel};
use crate::flow::{
    Ctx, FlowError, backup, compare, erase, explain, furnish, goods, hooks, intake, limits,
    product_csv, rebuild,
};
use crate::model::hold::Target;
use crate::model::id::{FulfilmentId, OrderId, ShopId, ShopOrderId};
use crate::model::order::Order;

mod correct;
mod design;
mod font;
mod person;
mod provider;

pub use correct::Corrected;
use person::person;
pub use provider::ProviderQuestion;

/// What can be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Call {
    /// Adds a person or gives them a new password (already hashed).
    UserAdd {
        /// Their name.
        name: String,
        /// Argon2id in text form.
        password_hash: String,
    },
    /// Names of all people.
    UserList,
    /// Lets a person in no more.
    UserRemove {
        /// Their name.
        name: String,
    },
    /// Adds a design: path and bytes in base64 of each file.
    DesignAdd {
        /// Its name.
        name: String,
        /// Its files.
        files: Vec<(String, String)>,
    },
    /// Every current design.
    DesignList,
    /// What the version in use changes of a design's test set and of orders that wait.
    DesignUpdate {
        /// Its name.
        name: String,
        /// Whether the waiting orders are drawn anew with it.
        take: bool,
        /// Who asks.
        by: String,
    },
    /// Adds a font for every design.
    FontAdd {
        /// The name of its file.
        file: String,
        /// Its bytes in base64.
        bytes: String,
        /// Who adds it.
        by: String,
    },
    /// Every font that was added.
    FontList,
    /// Removes a font.
    FontRemove {
        /// The name of its file.
        file: String,
        /// Who removes it.
        by: String,
    },
    /// Takes a table of the product map over.
    ProductImport {
        /// Name of the shop; the only one when empty.
        shop: String,
        /// The table.
        csv: String,
    },
    /// The product map as a table.
    ProductExport {
        /// Name of the shop; the only one when empty.
        shop: String,
    },
    /// Removes a row of the product map.
    ProductUnmap {
        /// Name of the shop; the only one when empty.
        shop: String,
        /// `variation`, `product` or `sku`.
        kind: String,
        /// The id or SKU.
        key: String,
    },
    /// Orders that are here, newest first.
    OrderList,
    /// Everything about one order.
    OrderShow {
        /// Its number.
        number: String,
    },
    /// Why one order stands where it stands.
    OrderExplain {
        /// Its number.
        number: String,
        /// For programs.
        json: bool,
    },
    /// Erases everything of an order's customer.
    OrderErase {
        /// Its number.
        number: String,
        /// Who does it.
        by: String,
    },
    /// A person acts on an order.
    OrderAct {
        /// Its number.
        number: String,
        /// What is done.
        act: Act,
        /// Who does it.
        by: String,
    },
    /// Looks at one order of a shop now.
    OrderFetch {
        /// Name of the shop; the only one when empty.
        shop: String,
        /// The shop's id of it.
        id: i64,
    },
    /// Makes a backup.
    Backup {
        /// Where.
        place: BackupPlace,
        /// How many are left in the folder.
        keep: Option<u32>,
        /// Secrets that go with it: name, and bytes in base64.
        secrets: Vec<(String, String)>,
    },
    /// Restores what was submitted.
    Rebuild {
        /// Days to go back.
        days: u32,
    },
    /// How the connection to a shop stands.
    ShopReport {
        /// Name of the shop; the only one when empty.
        shop: String,
    },
    /// Gives the webhooks of a shop another secret.
    ShopRotateSecret {
        /// Name of the shop; the only one when empty.
        shop: String,
        /// Who does it.
        by: String,
    },
    /// Asks the provider of this name.
    Provider(String, ProviderQuestion),
    /// Lets go on what limits hold back.
    ResumeLimits {
        /// Who does it.
        by: String,
    },
    /// Asks every order for its invariants.
    Audit {
        /// Those that are not over alone.
        open: bool,
    },
    /// Stops every submission, or lets them go on.
    SetStopped {
        /// Which.
        stopped: bool,
        /// Who does it.
        by: String,
    },
}

/// Where a backup is put, by a whole path.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum BackupPlace {
    /// Into this folder, under a name of its own.
    Into(String),
    /// At this path.
    At(String),
}

/// What a person does to an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Act {
    /// Sends it after the seconds for undo.
    SendNow,
    /// Puts it off by so many minutes.
    Later {
        /// Minutes.
        minutes: u32,
    },
    /// Presses Submit.
    Submit,
    /// Stops it.
    Pause {
        /// Why.
        why: String,
    },
    /// Lifts every hold on it.
    Resume,
    /// Cancels it.
    Cancel,
    /// Puts what was refused into a new fulfilment.
    SubmitAgain,
    /// Notes the provider's number of an order placed by hand.
    Placed {
        /// The number.
        provider_order: String,
    },
    /// Notes a parcel.
    Parcel {
        /// Carrier.
        carrier: String,
        /// Tracking number.
        tracking: String,
    },
    /// Confirms that the provider does not have it.
    ConfirmAbsent,
    /// Sends the provider a corrected file.
    Correct(Corrected),
}

/// The answer: text for people, or why not.
pub type Answer = Result<String, String>;

const ANSWER_MAX: Duration = Duration::from_secs(120);
/// A backup copies every file that is needed.
const BACKUP_MAX: Duration = Duration::from_secs(3_600);
/// A command holds a design at most.
pub const CALL_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Asks a running program; `None` when none runs.
pub fn ask(state_dir: &Path, call: &Call) -> anyhow::Result<Option<Answer>> {
    let Ok(mut stream) = UnixStream::connect(admin_socket(state_dir)) else {
        return Ok(None);
    };
    let longest = match call {
        Call::Backup { .. } => BACKUP_MAX,
        _ => ANSWER_MAX,
    };
    stream.set_read_timeout(Some(longest))?;
    let mut line = serde_json::to_string(call)?;
    line.push('\n');
    stream.write_all(line.as_bytes()).context("the running woodblock does not listen")?;
    let mut answer = String::new();
    BufReader::new(stream)
        .take(CALL_BYTES_MAX)
        .read_line(&mut answer)
        .context("the running woodblock did not answer")?;
    Ok(Some(serde_json::from_str(&answer)?))
}

/// Does what was asked.
pub async fn perform(ctx: &Ctx, call: Call) -> Answer {
    perform_call(ctx, call).await.map_err(|error| error.to_string())
}

async fn perform_call(ctx: &Ctx, call: Call) -> Result<String, FlowError> {
    match call {
        Call::UserAdd { .. } | Call::UserList | Call::UserRemove { .. } => person(ctx, call).await,
        Call::DesignAdd { name, files } => design::add(ctx, &name, files).await,
        Call::DesignList => design::list(ctx).await,
        Call::DesignUpdate { name, take, by } => design::update(ctx, &name, take, by).await,
        Call::FontAdd { file, bytes, by } => font::add(ctx, &file, &bytes, &Staff(by)).await,
        Call::FontList => font::list(ctx).await,
        Call::FontRemove { file, by } => {
            crate::flow::font::remove(ctx, &file, &Staff(by)).await?;
            Ok(format!("{file} is removed; designs that have it keep it"))
        }
        Call::ProductImport { shop, csv } => import(ctx, &shop, &csv).await,
        Call::ProductExport { shop } => {
            let shop = find_shop(ctx, &shop)?;
            Ok(product_csv::write(&furnish::product_map(ctx, shop).await?))
        }
        Call::ProductUnmap { shop, kind, key } => unmap(ctx, &shop, &kind, &key).await,
        Call::OrderList => order_text::list(ctx).await,
        Call::OrderShow { number } => order_text::show(ctx, &number).await,
        Call::OrderExplain { number, json } => {
            let order = find_order(ctx, &number).await?;
            let explained = explain::explain(ctx, order.id).await?;
            Ok(match json {
                true => explain_text::document(&explained).to_string(),
                false => explain_text::text(&explained),
            })
        }
        Call::OrderErase { number, by } => {
            let order = find_order(ctx, &number).await?;
            erase::erase(ctx, order.id, &Staff(by)).await?;
            Ok(format!("order {number} is erased; its money record stays"))
        }
        Call::OrderAct { number, act, by } => act_on(ctx, &number, act, &Staff(by)).await,
        Call::OrderFetch { shop, id } => {
            let shop = find_shop(ctx, &shop)?;
            ctx.call(move |tx| intake::ask(tx, shop, ShopOrderId(id))).await?;
            Ok(format!("order {id} is looked at"))
        }
        Call::Backup { place, keep, secrets } => make_backup(ctx, place, keep, secrets).await,
        Call::Rebuild { days } => Ok(rebuild::run(ctx, days).await?.join("\n")),
        Call::Audit { open } => {
            let scope = if open { Scope::Open } else { Scope::All };
            Ok(super::audit::document(&audit::run(ctx, scope).await?).to_string())
        }
        Call::ShopReport { shop } => compare::report(ctx, find_shop(ctx, &shop)?).await,
        Call::ShopRotateSecret { shop, by } => {
            hooks::rotate(ctx, find_shop(ctx, &shop)?, &Staff(by)).await?;
            Ok("its webhooks are made anew; the secret before is accepted for a day".to_owned())
        }
        Call::Provider(name, question) => provider::provider(ctx, &name, question).await,
        Call::ResumeLimits { by } => Ok(match limits::go_on(ctx, &Staff(by)).await? {
            0 => "no limit holds anything back".to_owned(),
            count => format!("{count} limit(s) hold nothing back until their window ends"),
        }),
        Call::SetStopped { stopped, by } => {
            let to = if stopped { Stopped::Yes } else { Stopped::No };
            ctx.set_stopped(to, &Staff(by)).await?;
            Ok(if stopped { "everything is stopped" } else { "everything goes on" }.to_owned())
        }
    }
}

async fn make_backup(
    ctx: &Ctx,
    place: BackupPlace,
    keep: Option<u32>,
    secrets: Vec<(String, String)>,
) -> Result<String, FlowError> {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let place = match place {
        BackupPlace::Into(path) => backup::Place::Into(path.into()),
        BackupPlace::At(path) => backup::Place::At(path.into()),
    };
    let mut bytes = Vec::new();
    for (name, text) in secrets {
        let secret = engine.decode(text);
        let secret =
            secret.map_err(|_| FlowError::NotNow(format!("{name} did not arrive whole")))?;
        bytes.push((name, secret));
    }
    let keep = keep.and_then(|keep| usize::try_from(keep).ok());
    let made = backup::make(ctx, place, keep, bytes).await?;
    let text = format!(
        "{} holds the database and {} file(s); {} older removed",
        made.path.display(),
        made.files,
        made.forgotten
    );
    if made.missing.is_empty() {
        return Ok(text);
    }
    let missing: Vec<&str> = made.missing.iter().map(|hash| hash.as_str()).collect();
    let missing = missing.join("\n");
    Err(FlowError::NotNow(format!("{text}\nbut files that orders name are missing:\n{missing}")))
}

async fn import(ctx: &Ctx, shop: &str, csv: &str) -> Result<String, FlowError> {
    let shop = find_shop(ctx, shop)?;
    let rows = product_csv::read(csv).map_err(|faults| {
        let words: Vec<String> =
            faults.iter().map(|fault| format!("line {}: {}", fault.line, fault.what)).collect();
        FlowError::NotNow(format!("nothing was taken over:\n{}", words.join("\n")))
    })?;
    let count = furnish::map_products(ctx, shop, rows.clone()).await?;
    let mut words = vec![format!("{count} row(s) of the product map are in force")];
    let doubts = goods::look(ctx, shop, &rows, goods::ASKED_MAX).await?;
    words.extend(doubts.iter().map(|doubt| format!("look: {doubt}")));
    Ok(words.join("\n"))
}

async fn unmap(ctx: &Ctx, shop: &str, kind: &str, key: &str) -> Result<String, FlowError> {
    let shop = find_shop(ctx, shop)?;
    let matches = crate::model::product::Matches::parse(kind, key).map_err(FlowError::NotNow)?;
    match ctx.call(move |tx| Ok(db::product::remove(tx, shop, &matches)?)).await? {
        true => Ok(format!("{kind} {key} is mapped no more")),
        false => Err(FlowError::NotFound(format!("a row for {kind} {key}"))),
    }
}

/// The shop of this name; the only one when none is named.
fn find_shop(ctx: &Ctx, name: &str) -> Result<ShopId, FlowError> {
    let mut seats = ctx.shops.iter();
    match (name, seats.next(), seats.next()) {
        ("", Some((id, _)), None) => Ok(*id),
        ("", _, _) => Err(FlowError::NotNow("say which shop with --shop".to_owned())),
        (name, _, _) => ctx
            .shops
            .iter()
            .find(|(_, seat)| seat.name == name)
            .map(|(id, _)| *id)
            .ok_or_else(|| FlowError::NotFound(format!("the shop “{name}”"))),
    }
}

/// The order that people call by this number.
pub async fn find_order(ctx: &Ctx, number: &str) -> Result<Order, FlowError> {
    let wanted = number.to_owned();
    ctx.read(move |tx| {
        let id: Option<OrderId> = db::order::find_by_number(tx, &wanted)?;
        let id = id.ok_or_else(|| FlowError::NotFound(format!("order {wanted}")))?;
        Ok(db::order::load(tx, id)?)
    })
    .await
}

async fn act_on(ctx: &Ctx, number: &str, act: Act, by: &Staff) -> Result<String, FlowError> {
    let order = find_order(ctx, number).await?;
    match act {
        Act::Pause { why } => {
            ctx.pause(order.id, Target::Order, &why, by).await?;
            return Ok(format!("order {number} is paused"));
        }
        Act::Resume => {
            for hold in &order.holds {
                ctx.release(order.id, hold.id, by).await?;
            }
            return Ok(format!("{} hold(s) of order {number} are lifted", order.holds.len()));
        }
        Act::Cancel => {
            ctx.cancel_order(order.id, by).await?;
            return Ok(format!("order {number} is cancelled, or its provider is asked to"));
        }
        Act::Correct(wanted) => return correct::send(ctx, &order, wanted, by).await,
        _ => {}
    }
    let mut done = 0_u32;
    for fulfilment in &order.fulfilments {
        if act_on_fulfilment(ctx, &order, fulfilment.id, &act, by).await? {
            done += 1;
        }
    }
    match done {
        0 => Err(FlowError::NotNow(format!("nothing of order {number} is in a state for that"))),
        _ => Ok(format!("done for {done} fulfilment(s) of order {number}")),
    }
}

/// Whether the act fits the state of this fulfilment, and was done.
async fn act_on_fulfilment(
    ctx: &Ctx,
    order: &Order,
    id: FulfilmentId,
    act: &Act,
    by: &Staff,
) -> Result<bool, FlowError> {
    use crate::model::fulfilment::{Stage, State};
    let Some(fulfilment) = order.fulfilment(id) else {
        return Ok(false);
    };
    match (act, &fulfilment.state) {
        (Act::SendNow, State::Countdown { .. } | State::AwaitingSubmit) => {
            ctx.change_delay(order.id, id, Delay::SendNow, by).await?;
        }
        (Act::Later { minutes }, State::Countdown { .. }) => {
            let more = Duration::from_secs(60 * u64::from(*minutes));
            ctx.change_delay(order.id, id, Delay::Later(more), by).await?;
        }
        (Act::Submit, State::AwaitingSubmit) => ctx.press_submit(order.id, id, by).await?,
        (Act::SubmitAgain, State::Refused) => ctx.submit_again(order.id, id, by).await?,
        (Act::Placed { provider_order }, State::Submitting { stage: Stage::Person }) => {
            ctx.placed_by_hand(order.id, id, provider_order, by).await?;
        }
        (Act::ConfirmAbsent, State::Submitting { stage: Stage::Person }) => {
            ctx.confirm_absent(order.id, id, by).await?;
        }
        (Act::Parcel { carrier, tracking }, State::InProduction) => {
            let parcel = TypedParcel {
                carrier: carrier.clone(),
                tracking_number: tracking.clone(),
                tracking_url: String::new(),
                pieces: Vec::new(),
            };
            ctx.type_parcel(order.id, id, parcel, by).await?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}
