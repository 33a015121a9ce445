//! Commands for a running program, or for its folder when none runs.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::Subcommand;

use super::admin::{self, Act, Answer, Call};
use super::output::write_whole;
use super::{load, own_program, setup};
use crate::app::state_dir::StateDir;
use crate::config::Config;
use crate::flow::operate::Stopped;

/// People who may log in.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a person, or give them a new password; it is read from standard input.
    Add {
        /// Their name.
        name: String,
    },
    /// Names of all people.
    List,
    /// Let a person in no more.
    Remove {
        /// Their name.
        name: String,
    },
}

/// The product map.
#[derive(Debug, Subcommand)]
pub enum Product {
    /// Map one product, variation or SKU of the shop.
    Map {
        /// `variation`, `product` or `sku`.
        kind: String,
        /// The shop's id, or the SKU.
        key: String,
        /// Name of the design.
        #[arg(long)]
        design: Option<String>,
        /// Name of the provider.
        #[arg(long)]
        provider: Option<String>,
        /// The provider's variant.
        #[arg(long, default_value = "")]
        provider_sku: String,
        /// Other providers for recipients in certain countries: `DE+AT=provider:variant; US=…`.
        #[arg(long, default_value = "")]
        routes: String,
        /// What the item waits for: input, review, artwork, check, proof.
        #[arg(long, default_value = "")]
        steps: String,
        /// Its own submit delay in hours.
        #[arg(long, default_value = "")]
        delay_h: String,
        /// One print for each copy: yes or no; as the design says when not given.
        #[arg(long, default_value = "")]
        per_copy: String,
        /// How strict checks are that differ from the usual: `text_shrunk=block; photo_soft=off`.
        #[arg(long, default_value = "")]
        checks: String,
        /// It needs no print.
        #[arg(long, conflicts_with_all = ["design", "provider"])]
        elsewhere: bool,
        /// Name of the shop; needed when there are several.
        #[arg(long, default_value = "")]
        shop: String,
    },
    /// Remove a row.
    Unmap {
        /// `variation`, `product` or `sku`.
        kind: String,
        /// The shop's id, or the SKU.
        key: String,
        /// Name of the shop; needed when there are several.
        #[arg(long, default_value = "")]
        shop: String,
    },
    /// Take over a table (CSV).
    Import {
        /// The file; `-` for standard input.
        file: PathBuf,
        /// Name of the shop; needed when there are several.
        #[arg(long, default_value = "")]
        shop: String,
    },
    /// Write the map as a table (CSV).
    Export {
        /// The file; standard output when not given.
        file: Option<PathBuf>,
        /// Name of the shop; needed when there are several.
        #[arg(long, default_value = "")]
        shop: String,
    },
}

/// Shops.
#[derive(Debug, Subcommand)]
pub enum Shop {
    /// How its webhooks, the last poll and the last comparison stand.
    Report {
        /// Name of the shop; needed when there are several.
        #[arg(long, default_value = "")]
        shop: String,
    },
    /// Give its webhooks another secret; the one before is accepted for a day.
    RotateSecret {
        /// Name of the shop; needed when there are several.
        #[arg(long, default_value = "")]
        shop: String,
    },
}

/// Orders.
#[derive(Debug, Subcommand)]
pub enum Order {
    /// The newest hundred.
    List,
    /// Everything about one.
    Show {
        /// Its number.
        number: String,
    },
    /// Why one stands where it stands: where its values came from, what decides its next step.
    Explain {
        /// Its number.
        number: String,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Erase everything of the customer from one that has ended; the money record stays.
    Erase {
        /// Its number.
        number: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Look at an order of the shop now.
    Fetch {
        /// The shop's id of it.
        id: i64,
        /// Name of the shop; needed when there are several.
        #[arg(long, default_value = "")]
        shop: String,
    },
    /// Submit it now; seconds are left for undo.
    SendNow {
        /// Its number.
        number: String,
    },
    /// Put it off.
    Later {
        /// Its number.
        number: String,
        /// Minutes.
        #[arg(long, default_value_t = 60)]
        minutes: u32,
    },
    /// Press Submit, where a person must.
    Submit {
        /// Its number.
        number: String,
    },
    /// Stop it.
    Pause {
        /// Its number.
        number: String,
        /// Why.
        #[arg(default_value = "")]
        why: String,
    },
    /// Lift every hold on it.
    Resume {
        /// Its number.
        number: String,
    },
    /// Cancel it, or ask its provider to.
    Cancel {
        /// Its number.
        number: String,
    },
    /// Put what was refused into a new fulfilment.
    SubmitAgain {
        /// Its number.
        number: String,
    },
    /// Note the provider's number of an order placed by hand.
    Placed {
        /// Its number.
        number: String,
        /// The provider's number.
        provider_order: String,
    },
    /// Note a parcel.
    Parcel {
        /// Its number.
        number: String,
        /// Carrier.
        carrier: String,
        /// Tracking number.
        tracking: String,
    },
    /// Confirm that the provider does not have it.
    ConfirmAbsent {
        /// Its number.
        number: String,
    },
    /// Send a corrected file of what was submitted, while its provider takes one.
    Correct {
        /// Its number.
        number: String,
        /// Which of its items, from 1; needed when there are several.
        #[arg(long, default_value_t = 0)]
        item: u32,
        /// A new text: `field=words`; may be given several times.
        #[arg(long = "set", required = true, value_parser = a_text)]
        texts: Vec<(String, String)>,
    },
}

fn a_text(given: &str) -> Result<(String, String), String> {
    match given.split_once('=') {
        Some((key, text)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), text.to_owned())),
        _ => Err("write field=words, such as name=Eve".to_owned()),
    }
}

/// `woodblock user`.
pub fn user(what: User, config: &Path) -> anyhow::Result<ExitCode> {
    let call = match what {
        User::Add { name } => {
            let password = read_password()?;
            let password_hash = crate::web::auth::hash_password(&password);
            Call::UserAdd { name: checked_name(&name)?, password_hash }
        }
        User::List => Call::UserList,
        User::Remove { name } => Call::UserRemove { name },
    };
    answer(call, config)
}

fn checked_name(name: &str) -> anyhow::Result<String> {
    let name = name.trim();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if name.is_empty() || 64 < name.chars().count() || !name.chars().all(is_plain) {
        bail!("a name is 1 to 64 letters, digits and . - _ @");
    }
    Ok(name.to_owned())
}

const PASSWORD_MIN: usize = 10;

fn read_password() -> anyhow::Result<String> {
    if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        super::complain("Type the password and press Enter (it is shown):");
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("the password cannot be read")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.chars().count() < PASSWORD_MIN {
        bail!("a password has at least {PASSWORD_MIN} characters");
    }
    Ok(password)
}

/// `woodblock product`.
pub fn product(what: Product, config: &Path) -> anyhow::Result<ExitCode> {
    match what {
        Product::Map { ref shop, .. } => {
            let call = Call::ProductImport { shop: shop.clone(), csv: one_row(&what)? };
            answer(call, config)
        }
        Product::Unmap { kind, key, shop } => {
            answer(Call::ProductUnmap { shop, kind, key }, config)
        }
        Product::Import { file, shop } => {
            answer(Call::ProductImport { shop, csv: read_text(&file)? }, config)
        }
        Product::Export { file, shop } => {
            let table = ask(Call::ProductExport { shop }, config)?.map_err(anyhow::Error::msg)?;
            match file {
                Some(path) => write_whole(&path, table.as_bytes())?,
                None => print_out(table.trim_end()),
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn read_text(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// One row as a table, so that a mapped product and an imported one mean the same.
fn one_row(what: &Product) -> anyhow::Result<String> {
    let Product::Map {
        kind,
        key,
        design,
        provider,
        provider_sku,
        routes,
        steps,
        delay_h,
        per_copy,
        checks,
        elsewhere,
        ..
    } = what
    else {
        bail!("only a mapping is a row");
    };
    let made = if *elsewhere { "elsewhere" } else { "here" };
    let (design, provider) = match (elsewhere, design, provider) {
        (true, _, _) => ("", ""),
        (false, Some(design), Some(provider)) => (design.as_str(), provider.as_str()),
        (false, _, _) => bail!("give --design and --provider, or --elsewhere"),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(crate::flow::product_csv::COLUMNS)?;
    let steps = steps.replace(',', "+");
    writer.write_record([
        kind.as_str(),
        key.as_str(),
        made,
        design,
        provider,
        provider_sku.as_str(),
        routes.as_str(),
        steps.as_str(),
        delay_h.as_str(),
        per_copy.as_str(),
        checks.as_str(),
    ])?;
    let bytes = writer.into_inner().map_err(|error| anyhow!("{error}"))?;
    Ok(String::from_utf8(bytes)?)
}

/// `woodblock order`.
pub fn order(what: Order, config: &Path) -> anyhow::Result<ExitCode> {
    let (number, act) = match what {
        Order::List => return answer(Call::OrderList, config),
        Order::Show { number } => return answer(Call::OrderShow { number }, config),
        Order::Explain { number, json } => {
            return answer(Call::OrderExplain { number, json }, config);
        }
        Order::Erase { number, yes } => {
            if !yes {
                confirm_erasing(&number)?;
            }
            return answer(Call::OrderErase { number, by: who() }, config);
        }
        Order::Fetch { id, shop } => return answer(Call::OrderFetch { shop, id }, config),
        Order::SendNow { number } => (number, Act::SendNow),
        Order::Later { number, minutes } => (number, Act::Later { minutes }),
        Order::Submit { number } => (number, Act::Submit),
        Order::Pause { number, why } => (number, Act::Pause { why }),
        Order::Resume { number } => (number, Act::Resume),
        Order::Cancel { number } => (number, Act::Cancel),
        Order::SubmitAgain { number } => (number, Act::SubmitAgain),
        Order::Placed { number, provider_order } => (number, Act::Placed { provider_order }),
        Order::Parcel { number, carrier, tracking } => (number, Act::Parcel { carrier, tracking }),
        Order::ConfirmAbsent { number } => (number, Act::ConfirmAbsent),
        Order::Correct { number, item, texts } => {
            (number, Act::Correct(admin::Corrected { item, texts }))
        }
    };
    answer(Call::OrderAct { number, act, by: who() }, config)
}

/// What is erased does not come back: the number is typed once more.
fn confirm_erasing(number: &str) -> anyhow::Result<()> {
    if !std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        bail!("erasing order {number} cannot be undone; say --yes to do it");
    }
    super::complain(&format!("Erasing cannot be undone. Type {number} to erase it:"));
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    match line.trim() == number {
        true => Ok(()),
        false => bail!("nothing was erased"),
    }
}

/// `woodblock stop` and `woodblock resume`.
pub fn set_stopped(to: Stopped, config: &Path) -> anyhow::Result<ExitCode> {
    let stopped = to == Stopped::Yes;
    answer(Call::SetStopped { stopped, by: who() }, config)
}

/// `woodblock shop …`.
pub fn shop(what: Shop, config: &Path) -> anyhow::Result<ExitCode> {
    let call = match what {
        Shop::Report { shop } => Call::ShopReport { shop },
        Shop::RotateSecret { shop } => Call::ShopRotateSecret { shop, by: who() },
    };
    answer(call, config)
}

/// `woodblock rebuild`.
pub fn rebuild(days: u32, config: &Path) -> anyhow::Result<ExitCode> {
    answer(Call::Rebuild { days }, config)
}

/// `woodblock resume-limits`.
pub fn resume_limits(config: &Path) -> anyhow::Result<ExitCode> {
    answer(Call::ResumeLimits { by: who() }, config)
}

/// Who works at the terminal, for the history.
pub(super) fn who() -> String {
    let uid = rustix::process::getuid().as_raw();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = accounts.lines().find_map(|line| {
        let mut parts = line.split(':');
        let (name, id) = (parts.next()?, parts.nth(1)?);
        (id == uid.to_string()).then(|| name.to_owned())
    });
    format!("{} (terminal)", name.unwrap_or_else(|| format!("user {uid}")))
}

/// Asks the running program, or does it here when none runs.
pub fn ask(call: Call, config: &Path) -> anyhow::Result<Answer> {
    let config: Config = load(config)?;
    if let Some(answer) = admin::ask(&config.server.state_dir, &call)? {
        return Ok(answer);
    }
    let state = StateDir::lock(&config.server.state_dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let ctx = setup::open_whole(&config, &state, own_program()?).await?;
        Ok(admin::perform(&ctx, call).await)
    })
}

pub(super) fn answer(call: Call, config: &Path) -> anyhow::Result<ExitCode> {
    let text = ask(call, config)?.map_err(anyhow::Error::msg)?;
    Ok(say(&text))
}

/// Prints and succeeds.
pub fn say(text: &str) -> ExitCode {
    print_out(text);
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "the answer is what was asked for")]
fn print_out(text: &str) {
    println!("{text}");
}
