//! `target/release/bench`: what the built binaries do here, one line a figure, with its command and units.
//!
//! Run it alone on the machine, after `cargo build --release --workspace --all-targets`. A word of the first argument
//! picks the figures whose name holds it.

mod http;
mod import;
mod lighthouse;
mod measure;
mod modem;
mod photo;
mod python;

use std::time::{Duration, Instant};

use spotlight_common::clock::ClockQuality;
use spotlight_common::envelope;
use spotlight_common::gazetteer::Gazetteer;
use spotlight_common::ids::{Epoch, Pseudonym, ReportId};
use spotlight_common::keys;
use spotlight_common::receipt::Receipt;
use spotlight_common::report::{Evidence, Kind, Minute, Report};
use spotlight_common::topic::{self, Leaf};
use spotlight_tests::mqtt::Stranger;
use spotlight_tests::twilio::{ACCOUNT, NUMBER, TOKEN, Twilio, Webhook};
use spotlight_tests::world::{Apart, Demo, NETWORK, number, texts_all_over};
use spotlight_tests::{http as client, process, wait};

/// Texts, one after the other.
const TEXTS: usize = 100;

/// Webhooks that a flood brings, and on how many connections.
const WEBHOOKS: usize = 2000;
const CONNECTIONS: usize = 20;

/// Reports that a flood brings to the hub.
const REPORTS: usize = 20_000;

/// No figure takes longer.
const LIMIT: Duration = Duration::from_secs(120);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    if wanted == http::watching::CHILD {
        let url = arguments.next().unwrap_or_default();
        let count = arguments.next().and_then(|count| count.parse().ok());
        return http::watching::child(&url, count.unwrap_or(1));
    }
    let figures: [(&str, fn()); 14] = [
        ("latency", text_to_event),
        ("modem", modem::figure),
        ("intake", webhook_to_event),
        ("ingest", hub_ingest),
        ("edge", edge_memory_and_start),
        ("page", page_weight),
        ("lighthouse", lighthouse::figure),
        ("place", place_lookup),
        ("import", import::figure),
        ("photo", photo::figure),
        ("reads", http::hot),
        ("viewers", http::viewers),
        ("history", http::history),
        ("cities", http::cities::figure),
    ];
    for (name, figure) in figures {
        if name.contains(&wanted) {
            figure();
        }
    }
}

/// From the rename into the spool to the last byte of the event at an open viewer; every step of the line is durable.
fn text_to_event() {
    let demo = Demo::start();
    let viewer = client::Viewer::open(&demo.map.url);
    let mut took = Vec::new();
    for (n, (text, cell)) in texts_all_over(TEXTS).into_iter().enumerate() {
        let start = Instant::now();
        demo.spool.text(&format!("bench{n}"), &number(n), &text);
        let event = viewer.wait_for("the text's event", LIMIT, |event| {
            event.data.contains(&cell)
        });
        took.push(event.at - start);
    }
    took.sort_unstable();
    println!(
        "`spotlight demo`, text at spool to event at viewer, {TEXTS} texts one by one: p50 {:.1} ms, p99 {:.1} ms",
        milliseconds(took[TEXTS / 2]),
        milliseconds(took[TEXTS * 99 / 100]),
    );
}

/// Twilio's webhook, signature checked: to the last byte of the event at an open viewer, then as many as the edge commits. In
/// the first hour after the start, which this is, each message is looked up at Twilio first.
fn webhook_to_event() {
    let mut apart = Apart::prepare();
    let twilio = Twilio::start();
    let listen = format!("127.0.0.1:{}", process::free_port());
    let token = apart.folder().join("token");
    std::fs::write(&token, TOKEN).expect("a file");
    apart.configure_edge(&format!(
        "[http]\nlisten = \"{listen}\"\npublic_url = \"http://{listen}\"\nrequests = 100000\nrequests_per_peer = 100000\n\
         [twilio]\naccount_sid = \"{ACCOUNT}\"\nauth_token_file = {token:?}\nnumber = \"{NUMBER}\"\napi_url = \"{}\"\npoll = \"1h\"\n",
        twilio.url(),
    ));
    apart.add_node();
    apart.start_hub();
    apart.start_edge();
    apart.map.wait_until_online();
    let url = format!("http://{listen}/twilio");
    let webhook =
        |n: usize, text: &str| twilio.webhook(&twilio.text(&number(n), text), &url, false);
    let viewer = client::Viewer::open(&apart.map.url);
    let mut took = Vec::new();
    for (n, (text, cell)) in texts_all_over(TEXTS).into_iter().enumerate() {
        let webhook = webhook(n, &text);
        let start = Instant::now();
        let answered = webhook.post(&url).expect("an answer");
        assert_eq!(answered.status, 200);
        let event = viewer.wait_for("the text's event", LIMIT, |event| {
            event.data.contains(&cell)
        });
        took.push(event.at - start);
    }
    took.sort_unstable();
    let texts = texts_all_over(WEBHOOKS);
    let webhooks: Vec<_> = (0..WEBHOOKS).map(|n| webhook(n, &texts[n].0)).collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for part in webhooks.chunks(WEBHOOKS / CONNECTIONS) {
            scope.spawn(|| post_all(part, &listen, &url));
        }
    });
    let all = start.elapsed();
    println!(
        "`spotlight-edge run`, Twilio's webhook to event at viewer, {TEXTS} texts one by one: p50 {:.1} ms, p99 {:.1} ms; \
         {WEBHOOKS} on {CONNECTIONS} connections, signed, committed and answered: {:.0} messages/s",
        milliseconds(took[TEXTS / 2]),
        milliseconds(took[TEXTS * 99 / 100]),
        WEBHOOKS as f64 / all.as_secs_f64(),
    );
}

fn post_all(webhooks: &[Webhook], listen: &str, url: &str) {
    let stream = std::net::TcpStream::connect(listen).expect("the edge listens");
    stream.set_nodelay(true).expect("a socket");
    let mut stream = std::io::BufReader::new(stream);
    for webhook in webhooks {
        let answered = webhook.post_on(&mut stream, url).expect("an answer");
        assert_eq!(answered.status, 200);
    }
}

/// Signed reports of one node through mosquitto at QoS 1 into the hub's store, until the last receipt is back.
fn hub_ingest() {
    let mut apart = Apart::prepare();
    apart.add_node();
    apart.start_hub();
    let key = keys::load_or_create(&apart.edge_data().join(spotlight_edge::KEY_FILE))
        .expect("the node's key");
    let network = NETWORK.parse().expect("a network name");
    let cells: Vec<_> = texts_all_over(500)
        .into_iter()
        .map(|(_, cell)| cell.parse().expect("a cell"))
        .collect();
    let sealed: Vec<_> = (0..REPORTS)
        .map(|n| {
            let report = Report {
                id: ReportId::random(),
                seen_at: Minute::of(jiff::Timestamp::now()),
                cell: cells[n % cells.len()],
                kind: Kind::Present,
                evidence: Evidence::Text,
                reporter: Pseudonym(n as u64),
                epoch: Epoch(1),
                clock: ClockQuality::Synced,
            };
            envelope::seal(&key, &network, &report)
        })
        .collect();
    let mut listener = Stranger::connect(apart.broker.port, "listener");
    listener.subscribe(&topic::of_node(&network, &apart.node, Leaf::Receipt));
    let publisher = Stranger::connect(apart.broker.port, "publisher");
    let report_topic = topic::of_node(&network, &apart.node, Leaf::Report);
    let start = Instant::now();
    for sealed in &sealed {
        publisher.send(&report_topic, sealed);
    }
    let mut receipted = 0;
    while receipted < REPORTS {
        let payload = listener.wait_for("receipts", |message| Some(message.payload.clone()));
        let opened = envelope::open::<Vec<Receipt>>(&network, &payload);
        receipted += opened.expect("receipts open").1.len();
    }
    let took = start.elapsed();
    let hub = apart.hub.as_ref().expect("it runs");
    println!(
        "`spotlight-hub run`, signed reports through mosquitto at QoS 1, durable and receipted, {REPORTS} reports: {:.0} reports/s, \
         hub resident {:.1} MB",
        REPORTS as f64 / took.as_secs_f64(),
        hub.resident_kb() as f64 / 1000.0,
    );
}

/// From the start of the process to the line that says that it runs; memory after its first verdict.
fn edge_memory_and_start() {
    let mut apart = Apart::prepare();
    apart.add_node();
    apart.start_hub();
    let start = Instant::now();
    apart.start_edge();
    let edge = apart.edge.as_ref().expect("it was just started");
    let deadline = start + LIMIT;
    while !edge.stderr().contains("edge is running") {
        assert!(Instant::now() < deadline, "the edge runs");
        std::thread::sleep(Duration::from_millis(1));
    }
    let ready = start.elapsed();
    let photo = std::fs::read(process::top().join("deploy/box/samples/police-car.jpg"))
        .expect("our own sample");
    apart
        .spool
        .photo("photo", &number(1), "police at 6th St & Vermont", &photo);
    wait::until("the answer", LIMIT, || apart.spool.answer("photo"));
    let size =
        std::fs::metadata(process::binary("spotlight-edge")).map_or(0, |metadata| metadata.len());
    println!(
        "`spotlight-edge run`, start to ready: {:.0} ms; resident after one verdict: {:.1} MB; binary: {:.1} MB",
        milliseconds(ready),
        edge.resident_kb() as f64 / 1000.0,
        size as f64 / 1e6,
    );
}

/// What a first visit costs on the wire, brotli.
fn page_weight() {
    let demo = Demo::with_samples();
    let weigh = |path: &str| {
        client::get_with(&demo.map.at(path), &[("Accept-Encoding", "br")])
            .body
            .len() as f64
            / 1000.0
    };
    println!(
        "`spotlight demo`, on the wire without scripts, br: / {:.1} kB, /list {:.1} kB, /api/v1/sightings.geojson {:.1} kB",
        weigh(""),
        weigh("list"),
        weigh("api/v1/sightings.geojson"),
    );
}

/// The built-in places: reading them, a text's lookup, and the longest text that is read.
fn place_lookup() {
    let file = process::top().join("common/places/los-angeles.csv");
    let median = |mut took: Vec<Duration>| {
        took.sort_unstable();
        took[took.len() / 2]
    };
    let time = |run: &dyn Fn()| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    let load = median(
        (0..9)
            .map(|_| time(&|| drop(Gazetteer::load(&file).expect("the shipped places"))))
            .collect(),
    );
    let places = Gazetteer::los_angeles();
    let texts = [
        "3 cop cars by 5th & san pedro",
        "hay patrullas en la 7ma y alameda",
        "police 34.0442,-118.2439",
        "LAPD at hollywood blvd and vine st by the metro stairs",
        "nothing here names a place at all",
    ];
    let lookup = median(
        texts
            .iter()
            .cycle()
            .take(5_000)
            .map(|text| time(&|| drop(places.find(text))))
            .collect(),
    );
    let longest = "figueroaa & vermnot & ".repeat(5_000);
    let worst = median(
        (0..9)
            .map(|_| time(&|| drop(places.find(&longest))))
            .collect(),
    );
    println!(
        "places of Los Angeles: read in {:.0} ms; a text's lookup, median of 5,000: {:.3} ms; 110 kB of hostile text: {:.1} ms",
        milliseconds(load),
        milliseconds(lookup),
        milliseconds(worst),
    );
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
