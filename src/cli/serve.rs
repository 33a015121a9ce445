//! `woodblock serve`: pages, hooks, files and workers, until it is told to stop.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{admin, command, own_program, setup};
use crate::app::App;
use crate::app::live::Live;
use crate::app::marker::MarkerFile;
use crate::app::state_dir::{StateDir, admin_socket};
use crate::config::Config;
use crate::db;
use crate::flow::Ctx;
use crate::outside::ping::Ping;
use crate::web::{self, ShopHook, Site, SiteSettings};

/// Visitors get this long to end once the workers have stopped; with those it stays within 30 s.
const VISITORS_MAX: Duration = Duration::from_secs(2);

/// The first account is made within so long; a later start prints another link.
const SETUP_WITHIN: Duration = Duration::from_secs(24 * 3_600);

/// The disk failed, and everything stops.
#[derive(Debug, thiserror::Error)]
#[error("the disk failed, and everything stops: {0}")]
pub struct DiskFailed(String);

impl DiskFailed {
    /// What the program ends with then: `EX_IOERR` of sysexits.h.
    pub const CODE: u8 = 74;
}

/// Runs the program until SIGTERM or Ctrl-C.
pub async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let state = StateDir::lock(&config.server.state_dir)?;
    let ctx = setup::open(&config, &state, own_program()?).await?;
    let operators = bind(config.server.operators).await?;
    let public = bind(config.server.public).await?;
    let storage = ctx.db.clone();
    let mut serving = start(&config, ctx, operators, public, String::new()).await?;
    tracing::info!("operators: {}", config.server.operators_url);
    tracing::info!("hooks and files: {}", config.server.public_url);
    // The one address for people; what stands in the log is for whoever runs the server.
    command::say(&format!("woodblock is at {}", serving.first_page));
    let ended = tokio::select! {
        () = told_to_stop() => None,
        ended = &mut serving.work => Some(ended),
    };
    match ended {
        None => {
            tracing::info!("stopping");
            serving.stop().await?;
            Ok(ExitCode::SUCCESS)
        }
        Some(_) if storage.why_broken().is_some() => {
            // Told when everything has ended, so that nothing stands below it in the log.
            Err(DiskFailed(storage.why_broken().unwrap_or_default()).into())
        }
        Some(ended) => {
            ended.context("the workers broke")?.context("the workers ended")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn bind(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} cannot be listened on; is another program there?"))
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            // Without the signal Ctrl-C still works.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// A program that serves.
pub struct Serving {
    /// Where to begin.
    pub first_page: String,
    stopping: watch::Sender<bool>,
    work: JoinHandle<Result<(), crate::flow::FlowError>>,
    servers: Vec<JoinHandle<std::io::Result<()>>>,
    socket: PathBuf,
    admin: JoinHandle<()>,
}

/// Starts pages, hooks, files, the admin socket and the workers.
pub async fn start(
    config: &Config,
    ctx: Ctx,
    operators: TcpListener,
    public: TcpListener,
    banner: String,
) -> anyhow::Result<Serving> {
    let marker = MarkerFile::in_folder(&config.server.state_dir);
    let mut app = App::new(ctx.clone()).marked(marker);
    if let Some(url) = &config.alerts.ping_url {
        let url = url.parse().context("alerts.ping_url")?;
        app.ping = Some((Ping::new(url), config.alerts.ping_every.0));
    }
    let live = Arc::new(Live::new(ctx.clone(), config.clone()));
    live.reload().await?;
    let site = site(config, ctx.clone(), &app, live, banner)?;
    let first_page = first_page(config, &site).await?;
    let (stopping, stopped) = watch::channel(false);
    let servers = vec![
        serve_until(operators, web::operators(site.clone()), stopped.clone()),
        serve_until(public, web::public(site), stopped.clone()),
    ];
    let socket = admin_socket(&config.server.state_dir);
    let admin = tokio::spawn(answer_commands(bind_socket(&socket)?, ctx, Arc::clone(&app.wake)));
    let work = tokio::spawn(async move { app.run(ended(stopped)).await });
    Ok(Serving { first_page, stopping, work, servers, socket, admin })
}

impl Serving {
    /// Stops: new effects end at once, what is under way is finished or recorded.
    pub async fn stop(self) -> anyhow::Result<()> {
        // Whoever listened may have ended already.
        let _ = self.stopping.send(true);
        self.work.await??;
        for mut server in self.servers {
            // A visitor who never ends a request does not keep the program from ending.
            if let Ok(ended) = tokio::time::timeout(VISITORS_MAX, &mut server).await {
                ended??;
            } else {
                server.abort();
            }
        }
        self.admin.abort();
        // The next start makes it anew; one that is left is replaced.
        let _ = std::fs::remove_file(&self.socket);
        Ok(())
    }

    /// Whether the workers have ended by themselves.
    pub fn has_ended(&self) -> bool {
        self.work.is_finished()
    }
}

async fn ended(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone: the program ends as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn serve_until(
    listener: TcpListener,
    router: axum::Router,
    stopped: watch::Receiver<bool>,
) -> JoinHandle<std::io::Result<()>> {
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move {
        axum::serve(listener, service).with_graceful_shutdown(ended(stopped)).await
    })
}

/// Where to begin: the pages, and while nobody has an account, the one link that makes the first.
async fn first_page(config: &Config, site: &Site) -> anyhow::Result<String> {
    let names = site.ctx.read(|tx| Ok(db::person::names(tx)?)).await?;
    if !names.is_empty() {
        return Ok(config.server.operators_url.clone());
    }
    let token = web::auth::secret();
    site.begin_setup(web::auth::token_hash(&token), SETUP_WITHIN);
    Ok(format!("{}/setup/{token}", config.server.operators_url))
}

fn site(
    config: &Config,
    ctx: Ctx,
    app: &App,
    live: Arc<Live>,
    banner: String,
) -> anyhow::Result<Site> {
    let settings = SiteSettings {
        operators_url: config.server.operators_url.clone(),
        public_url: config.server.public_url.clone(),
        zone: jiff::tz::TimeZone::get(&config.server.zone)?,
        trusted_proxies: Vec::new(),
        banner,
    };
    let mut secrets = setup::webhook_secrets(config);
    let mut hooks = BTreeMap::new();
    for (id, seat) in ctx.shops.iter() {
        let hook = ShopHook {
            shop: *id,
            secrets: secrets.remove(&seat.name).unwrap_or_default(),
            source_urls: config
                .shop
                .iter()
                .filter(|shop| shop.name == seat.name)
                .flat_map(|shop| shop.other_urls.iter().chain([&shop.url]))
                .cloned()
                .collect(),
        };
        hooks.insert(seat.name.clone(), hook);
    }
    Ok(Site::with_live(ctx, settings, hooks, Arc::clone(&app.wake), live))
}

fn bind_socket(path: &Path) -> anyhow::Result<UnixListener> {
    // The folder is locked, so a socket that is left belongs to nobody.
    let _ = std::fs::remove_file(path);
    let listener =
        UnixListener::bind(path).with_context(|| format!("{} cannot be made", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers the commands of this machine's owner, one line each.
async fn answer_commands(listener: UnixListener, ctx: Ctx, wake: Arc<tokio::sync::Notify>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (ctx, wake) = (ctx.clone(), Arc::clone(&wake));
                tokio::spawn(async move {
                    if let Err(error) = answer(stream, &ctx).await {
                        tracing::warn!("a command was not answered: {error}");
                    }
                    wake.notify_waiters();
                });
            }
            Err(error) => {
                tracing::error!("the admin socket broke: {error}");
                return;
            }
        }
    }
}

async fn answer(stream: UnixStream, ctx: &Ctx) -> anyhow::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut line = String::new();
    BufReader::new(reading.take(admin::CALL_BYTES_MAX)).read_line(&mut line).await?;
    let answer: admin::Answer = match serde_json::from_str(&line) {
        Ok(call) => admin::perform(&ctx.latest(), call).await,
        Err(_) => Err("this woodblock is older or newer than the one that runs".to_owned()),
    };
    let mut text = serde_json::to_string(&answer)?;
    text.push('\n');
    writing.write_all(text.as_bytes()).await?;
    Ok(())
}
