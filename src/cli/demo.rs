//! `woodblock demo`: a simulated shop and providers, and the real program beside them.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::admin::{self, Call};
use super::own_program;

mod report;
mod stage;
mod story;

use stage::{Stage, Tempo};
use story::{Ended, Story};

/// How the demo runs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Tell so many orders to their end without a person, then stop.
    #[arg(long)]
    until_done: bool,
    /// How many orders.
    #[arg(long, default_value_t = 12)]
    orders: usize,
    /// Seed of the simulated world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for database and files; a temporary one when not given.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Print the report as JSON on standard output.
    #[arg(long)]
    json: bool,
    /// Submit delay in seconds; 3 with --until-done, else 60.
    #[arg(long)]
    delay_s: Option<u32>,
}

/// All stories must have ended after this long.
const TIME_MAX: Duration = Duration::from_secs(85);
/// Orders arrive this far apart.
const APART: Duration = Duration::from_millis(400);
/// Orders of the endless demo arrive this far apart.
const APART_LIVE: Duration = Duration::from_secs(20);
const PORTS: (u16, u16) = (8080, 8090);

/// Runs the demo.
pub async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let folder = folder(args)?;
    let delay_s = args.delay_s.unwrap_or(if args.until_done { 3 } else { 60 });
    let making = Duration::from_secs(if args.until_done { 3 } else { 40 });
    let tempo = Tempo { delay_s, making };
    let ports = if args.until_done { (0, 0) } else { PORTS };
    let stage = Stage::start(&folder, args.seed, tempo, ports, own_program()?).await?;
    let code = match args.until_done {
        true => until_done(args, &stage).await?,
        false => endless(&stage, &folder).await?,
    };
    stage.stop().await?;
    Ok(code)
}

fn folder(args: &Args) -> anyhow::Result<PathBuf> {
    let folder = match &args.dir {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("woodblock-demo-{}", std::process::id())),
    };
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    folder.canonicalize().with_context(|| format!("{} cannot be used", folder.display()))
}

/// Every story to its end, then the report.
async fn until_done(args: &Args, stage: &Stage) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let mut telling = Vec::new();
    for nth in 0..args.orders {
        let story = Story::ALL[nth % Story::ALL.len()];
        let left = TIME_MAX.saturating_sub(APART * u32::try_from(nth).unwrap_or(u32::MAX));
        telling.push(async move {
            tokio::time::sleep(APART * u32::try_from(nth).unwrap_or(u32::MAX)).await;
            let ended = story::tell(stage, story, nth, left).await;
            say(&line(&ended));
            ended
        });
    }
    let ended = join_all(telling).await;
    let faults = ended.iter().filter(|end| end.fault.is_some()).count();
    say(&format!(
        "{} of {} orders ended as their story says, in {:.1} s",
        ended.len() - faults,
        ended.len(),
        began.elapsed().as_secs_f64()
    ));
    if args.json {
        let report = report::report(stage, &ended).await?;
        print_out(&serde_json::to_string(&report)?);
    }
    Ok(if faults == 0 && !stage.has_ended() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Waits for all of them, in this task: a handful of stories needs no more.
async fn join_all<F: Future<Output = Ended>>(futures: Vec<F>) -> Vec<Ended> {
    let mut open: Vec<_> = futures.into_iter().map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        let mut is_open = false;
        for (future, ended) in &mut open {
            if ended.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *ended = Some(value),
                    std::task::Poll::Pending => is_open = true,
                }
            }
        }
        if is_open { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    open.into_iter().filter_map(|(_, ended)| ended).collect()
}

fn line(ended: &Ended) -> String {
    let how = match &ended.fault {
        None => "as it should".to_owned(),
        Some(fault) => format!("WRONG: {fault}"),
    };
    format!("order {:6} {:24} {how}", ended.shop_order.to_string(), ended.story.name())
}

/// Orders keep arriving until Ctrl-C.
async fn endless(stage: &Stage, folder: &std::path::Path) -> anyhow::Result<ExitCode> {
    let password = "woodblock-demo";
    let hash = crate::web::auth::hash_password(password);
    let call = Call::UserAdd { name: "demo".to_owned(), password_hash: hash };
    admin::perform(&stage.ctx, call).await.map_err(anyhow::Error::msg)?;
    say("woodblock demo: a simulated shop, simulated providers, and the real program.");
    say("");
    say(&format!("  pages      {}", stage.operators_url));
    say(&format!("  log in as  demo  with  {password}"));
    say(&format!("  folder     {}", folder.display()));
    say("");
    say("Orders arrive every 20 s; each goes out a minute later unless you stop it.");
    say("Ctrl-C ends the demo.");
    say("");
    let arriving = async {
        for nth in 0.. {
            let story = Story::ALL[nth % Story::ALL.len()];
            let order = story::buy(stage, story, nth);
            say(&format!("order {order} arrives: {}", story.name()));
            tokio::time::sleep(APART_LIVE).await;
        }
    };
    tokio::select! {
        () = arriving => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "progress is for the person at the terminal")]
fn say(line: &str) {
    eprintln!("{line}");
}

#[expect(clippy::print_stdout, reason = "the report is what was asked for")]
fn print_out(text: &str) {
    println!("{text}");
}
