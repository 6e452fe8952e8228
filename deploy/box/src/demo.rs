//! The demo: broker, hub and edge in this process, on built-in settings, with sample messages.
//!
//! ```text
//! DIR/spool/in   messages come, as NAME.pdu or NAME.mms      DIR/edge/   the edge's outbox and key
//! DIR/spool/out  answers to senders                          DIR/hub/    the hub's stores and key
//! ```
//! The edge and the hub talk over MQTT as they would on two machines. The first end of any part ends all.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use anyhow::Context;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use spotlight_common::config::Broker;
use spotlight_common::ids::{Network, NodeId};
use spotlight_common::keys;
use spotlight_edge::reply::limits::Limits;
use spotlight_edge::words::Language;
use spotlight_hub::city::City;
use spotlight_hub::config::{CoverageArea, FeedsConfig};
use spotlight_hub::feeds;
use spotlight_hub::store::reports::Reports;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::broker;
use crate::samples::{self, Sample};

/// The built-in settings, commented, as `spotlight config` prints them.
pub const DEFAULT: &str = include_str!("../box.toml");

/// Tried first where no port is asked for.
const USUAL_PORT: u16 = 8080;

/// How long the map may take to answer after the start.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How long a part may take to end: both, and what follows them, end within the promised 5 s.
const END_WITHIN: Duration = Duration::from_millis(1900);

/// How long the answer to a sample is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// What the command line says.
pub struct Options {
    /// The map's port; the usual one or any free one if absent.
    pub port: Option<u16>,
    /// The data folder; a new one if absent.
    pub data: Option<PathBuf>,
    /// Whether sample messages arrive.
    pub samples: bool,
    /// The time between two of them.
    pub every: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    network: Network,
    city: String,
    time_zone: String,
    country_code: String,
    language: Language,
    coverage: Vec<CoverageArea>,
}

/// Runs until the shutdown, or until a part fails.
pub async fn run(options: Options, shutdown: CancellationToken) -> anyhow::Result<()> {
    let settings: Settings =
        toml::from_str(DEFAULT).context("the built-in settings cannot be read")?;
    let zone = TimeZone::get(&settings.time_zone)
        .with_context(|| format!("no time zone `{}`", settings.time_zone))?;
    let listener = listen(options.port).await?;
    let address = listener.local_addr()?;
    let data = data_folder(options.data)?;
    let broker = broker::start().await?;
    let (folder, city) = (data.clone(), settings.city.clone());
    let hub_key = tokio::select! {
        prepared = tokio::task::spawn_blocking(move || prepare(&folder, &city)) => prepared??,
        () = shutdown.cancelled() => return Ok(()),
    };

    let hub = Part::start("the hub", &shutdown, |stop| {
        let config = spotlight_hub::config::Config {
            network: settings.network.clone(),
            data: data.join("hub"),
            city: Some(settings.city),
            cities: None,
            by_city: Default::default(),
            listen: address,
            phone: None,
            operator: None,
            contact: None,
            rights: None,
            basemap: None,
            public_url: None,
            words: None,
            coverage: settings.coverage,
            // A demo asks nobody for anything.
            feeds: FeedsConfig {
                fetch: false,
                app_token_file: None,
            },
            metrics: None,
            broker: Broker::on_loopback(broker.port),
        };
        spotlight_hub::run(config, listener, || Ok(()), stop)
    });
    let edge = Part::start("the edge", &shutdown, |stop| {
        let config = spotlight_edge::config::Config {
            network: settings.network,
            data: data.join("edge"),
            spool: Some(data.join("spool")),
            smstools: None,
            gammu: None,
            modem: None,
            http: Default::default(),
            webhook: None,
            telnyx: None,
            android: None,
            twilio: None,
            hub_key,
            model: model_of_checkout(),
            gazetteer: None,
            home: None,
            photo_places: false,
            country_code: settings.country_code,
            language: settings.language,
            time_zone: settings.time_zone,
            // The hub's times are of the same clock.
            trust_clock: true,
            // The senders of the samples share two drawings.
            limits: Limits {
                photos_once: !options.samples,
                ..Limits::default()
            },
            broker: Broker::on_loopback(broker.port),
        };
        spotlight_edge::run(config, stop)
    });

    let work = async {
        let (spool, start) = (data.join("spool"), Timestamp::now());
        // Before the map answers, so that whoever opens it finds them there.
        let sent = match options.samples {
            true => Some(send_opening(&spool, start, &zone)?),
            false => None,
        };
        timeout(READY_WITHIN, map_answers(address))
            .await
            .context("the map does not answer")?;
        crate::print(&format!("ready http://{address}/\n"));
        if let Some(sent) = sent {
            let every = options.every;
            eprintln!(
                "demo: {sent} messages of the last hour have arrived, then one every {} s",
                every.as_secs()
            );
            send_stream(&spool, start, sent, every, &zone).await?;
        }
        std::future::pending().await
    };
    let result = tokio::select! {
        () = shutdown.cancelled() => Ok(()),
        result = work => result,
        () = hub.stop.cancelled() => Ok(()),
        () = edge.stop.cancelled() => Ok(()),
        _ = broker.stopped => Err(anyhow::anyhow!("the MQTT broker stopped")),
    };
    // The edge first, so that the hub can still receipt what it has sent.
    let edge_end = edge.end().await;
    let hub_end = hub.end().await;
    result.and(edge_end).and(hub_end)
}

/// The hub or the edge, on a task of its own.
struct Part {
    name: &'static str,
    /// Ends the part; cancelled, too, once the part has ended by itself.
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
    /// Tells an end that was asked for from one that was not.
    asked: CancellationToken,
}

impl Part {
    fn start<F>(
        name: &'static str,
        shutdown: &CancellationToken,
        run: impl FnOnce(CancellationToken) -> F,
    ) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        // Not children of the shutdown: the order of the ends is ours.
        let stop = CancellationToken::new();
        let running = run(stop.clone());
        let ended = stop.clone().drop_guard();
        let task = tokio::spawn(async move {
            let _ended = ended;
            running.await
        });
        Self {
            name,
            stop,
            task,
            asked: shutdown.clone(),
        }
    }

    async fn end(self) -> anyhow::Result<()> {
        let name = self.name;
        let by_itself = self.stop.is_cancelled() && !self.asked.is_cancelled();
        self.stop.cancel();
        match timeout(END_WITHIN, self.task).await {
            Ok(Ok(Ok(()))) if by_itself => anyhow::bail!("{name} stopped"),
            Ok(Ok(result)) => result.with_context(|| format!("{name} failed")),
            Ok(Err(error)) => Err(error).with_context(|| format!("{name} failed")),
            Err(_) => {
                tracing::warn!(
                    "{name} did not end in time; what it had not finished waits on disk for the next start"
                );
                Ok(())
            }
        }
    }
}

/// The map's listener, on loopback.
async fn listen(port: Option<u16>) -> anyhow::Result<TcpListener> {
    let bind = |port: u16| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let taken = |error: &io::Error| error.kind() == io::ErrorKind::AddrInUse;
    match port {
        Some(port) => bind(port).await.map_err(|error| match error {
            error if taken(&error) => {
                anyhow::anyhow!("port {port} is in use; choose another with `--port`, or leave it out to take any that is free")
            }
            error => anyhow::Error::from(error).context(format!("failed to listen on port {port}; choose another with `--port`")),
        }),
        None => match bind(USUAL_PORT).await {
            Err(error) if taken(&error) => {
                let listener = bind(0).await.context("failed to find a free port")?;
                eprintln!("demo: port {USUAL_PORT} is in use; taking {}", listener.local_addr()?.port());
                Ok(listener)
            }
            bound => bound.with_context(|| format!("failed to listen on port {USUAL_PORT}; choose another with `--port`")),
        },
    }
}

/// The folder asked for, made if need be, or a new one that only its owner may read. It stays when the demo ends.
fn data_folder(asked: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let folder = match asked {
        Some(folder) => {
            fs::create_dir_all(&folder).with_context(|| {
                format!("failed to create the data folder `{}`", folder.display())
            })?;
            folder
        }
        None => tempfile::Builder::new()
            .prefix("spotlight-demo-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()
            .context("failed to create a data folder; name one with `--data`")?
            .keep(),
    };
    eprintln!("demo: data folder {}", folder.display());
    Ok(folder)
}

/// The model of the checkout that this binary was built in, wherever the demo is started; else the edge looks itself.
fn model_of_checkout() -> Option<PathBuf> {
    let binary = std::env::current_exe().ok()?;
    let models = binary
        .ancestors()
        .skip(1)
        .map(|folder| folder.join("models"));
    models
        .into_iter()
        .find(|models| models.join("manifest.toml").is_file())
}

/// Makes the keys and the stores, and gives an empty store of open data the bundled sample. Returns the hub's key, which
/// the edge pins.
fn prepare(data: &Path, city: &str) -> anyhow::Result<NodeId> {
    let (hub, edge) = (data.join("hub"), data.join("edge"));
    for folder in [&hub, &edge, &data.join("spool/in"), &data.join("spool/out")] {
        fs::create_dir_all(folder)
            .with_context(|| format!("failed to create `{}`", folder.display()))?;
    }
    let hub_key = keys::load_or_create(&hub.join(spotlight_hub::KEY_FILE))?;
    let node = keys::public(&keys::load_or_create(&edge.join(spotlight_edge::KEY_FILE))?);
    let reports = Reports::open(&hub)?;
    if !reports.nodes()?.iter().any(|(known, _)| *known == node) {
        reports.add_node(&node, "this box")?;
    }
    let city = City::load(city)?;
    if feeds::load_layers(&hub, &city)?.is_empty() {
        let counts = feeds::import_sample(&hub, &city)?;
        eprintln!(
            "demo: imported a sample of {} complaints that the city has published",
            counts.records
        );
    }
    Ok(keys::public(&hub_key))
}

async fn map_answers(address: SocketAddr) {
    while !is_healthy(address).await.unwrap_or(false) {
        sleep(Duration::from_millis(10)).await;
    }
}

async fn is_healthy(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut status).await?;
    Ok(&status == b"HTTP/1.1 200")
}

/// The messages of the last hour, at once. Returns how many.
fn send_opening(spool: &Path, start: Timestamp, zone: &TimeZone) -> anyhow::Result<usize> {
    let opening = samples::opening().context("the opening messages cannot be read")?;
    for (number, sample) in opening.iter().enumerate() {
        let taken = start.checked_sub(SignedDuration::from_mins(sample.minutes_ago))?;
        sample.drop_into(&spool.join("in"), &file_name(start, number), taken, zone)?;
    }
    Ok(opening.len())
}

/// One message a step, for ever; their numbers go on from `sent`.
async fn send_stream(
    spool: &Path,
    start: Timestamp,
    sent: usize,
    every: Duration,
    zone: &TimeZone,
) -> anyhow::Result<()> {
    let stream = samples::stream().context("the sample messages cannot be read")?;
    let rounds = (0..).flat_map(|round| stream.iter().map(move |sample| sample.in_round(round)));
    let mut steps = interval_at(Instant::now() + every, every);
    steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for (number, sample) in (sent..).zip(rounds) {
        steps.tick().await;
        let name = file_name(start, number);
        eprintln!("demo: {} arrives", sample.description());
        sample.drop_into(&spool.join("in"), &name, Timestamp::now(), zone)?;
        tokio::spawn(show_answer(spool.join("out"), name, sample));
    }
    Ok(())
}

/// The same name never comes twice, not even in a later run on the same folder.
fn file_name(start: Timestamp, number: usize) -> String {
    format!("demo-{}-{number:06}", start.as_second())
}

/// Shows the answer as its sender reads it. It stays in the spool for others to see, until its time is over.
async fn show_answer(out: PathBuf, name: String, sample: Sample) {
    let deadline = Instant::now() + ANSWER_WITHIN;
    while Instant::now() < deadline {
        if let Some(answer) = samples::answer_to(&out, &name) {
            eprintln!(
                "demo: answer to {}: {}",
                sample.description(),
                answer.trim()
            );
            return;
        }
        sleep(Duration::from_millis(200)).await;
    }
}
