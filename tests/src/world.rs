//! Whole Spotlights: the box in one process, and edge, hub and mosquitto apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use spotlight_common::gazetteer::Gazetteer;
use spotlight_common::ids::NodeId;
use tempfile::TempDir;

use crate::broker::Mosquitto;
use crate::process::{self, Running, free_port};
use crate::spool::Spool;
use crate::{diagnostics, http, wait};

/// The network of every test.
pub const NETWORK: &str = "test";

/// Also where a modem was silent for half a minute.
const REPORTS_WITHIN: Duration = Duration::from_secs(180);

/// A sender: a number of the range kept for fiction, 555-0100 to 555-0199, in one of many area codes.
pub fn number(n: usize) -> String {
    const AREA_CODES: [u16; 10] = [310, 323, 424, 442, 562, 626, 661, 747, 805, 818];
    format!(
        "+1{}55501{:02}",
        AREA_CODES[n / 100 % AREA_CODES.len()],
        n % 100
    )
}

/// The published cell of a text's place, as the edge's own gazetteer says it.
pub fn cell(text: &str) -> String {
    let place = Gazetteer::los_angeles().find(text);
    place
        .unwrap_or_else(|missing| panic!("{text}: {missing:?}"))
        .cell
        .to_string()
}

/// `count` texts that name places, and their published cells: coordinates on a grid over the city. Where there are fewer
/// cells than texts, each is said about as often.
pub fn texts_all_over(count: usize) -> Vec<(String, String)> {
    let gazetteer = Gazetteer::los_angeles();
    let mut by_cell = BTreeMap::new();
    for row in 0..120 {
        for column in 0..120 {
            let (lat, lon) = (
                33.71 + f64::from(row) * 0.005,
                -118.66 + f64::from(column) * 0.004,
            );
            let text = format!("police {lat:.4},{lon:.4}");
            if let Ok(place) = gazetteer.find(&text) {
                by_cell.entry(place.cell.to_string()).or_insert(text);
            }
        }
    }
    assert!(
        by_cell.len() >= 50,
        "{} cells are too few to tell messages apart",
        by_cell.len()
    );
    let said = by_cell
        .into_iter()
        .map(|(cell, text)| (text, cell))
        .collect::<Vec<_>>();
    said.into_iter().cycle().take(count).collect()
}

/// The map as a reader sees it.
pub struct Map {
    /// Its address, ending in `/`.
    pub url: String,
}

impl Map {
    /// A path's whole address.
    pub fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.url.trim_end_matches('/'))
    }

    /// The sightings' collection, if the hub answers.
    pub fn sightings(&self) -> Option<Value> {
        let response = http::try_get(&self.at("api/v1/sightings.geojson"), &[]).ok()?;
        (response.status == 200).then(|| response.json())
    }

    /// What is said of a cell now.
    pub fn sighting(&self, cell: &str) -> Option<Value> {
        let all = self.sightings()?;
        let features = all["features"].as_array()?;
        let found = features
            .iter()
            .find(|feature| feature["properties"]["cell"] == cell);
        found.map(|feature| feature["properties"].clone())
    }

    /// Waits until a cell shows.
    pub fn wait_for(&self, cell: &str) -> Value {
        wait::until(&format!("{cell} shows"), wait::LONG, || self.sighting(cell))
    }

    /// Waits until a cell shows at a level.
    pub fn wait_for_level(&self, cell: &str, level: &str) -> Value {
        wait::until(&format!("{cell} shows as {level}"), wait::LONG, || {
            self.sighting(cell)
                .filter(|sighting| sighting["level"] == level)
        })
    }

    /// Waits until a cell shows no more.
    pub fn wait_until_gone(&self, cell: &str) {
        wait::until_true(&format!("{cell} is withdrawn"), wait::LONG, || {
            self.sightings().is_some() && self.sighting(cell).is_none()
        });
    }

    /// Waits until so many cells show, which must then be these. A report is on the hub's disk before it shows.
    pub fn wait_for_exactly(&self, cells: &BTreeSet<String>) {
        let shown = wait::until("as many cells show", wait::LONG, || {
            let all = self.sightings()?;
            let features = all["features"].as_array()?;
            let shown: Option<BTreeSet<_>> = features
                .iter()
                .map(|feature| feature["properties"]["cell"].as_str().map(str::to_owned))
                .collect();
            shown.filter(|shown| shown.len() >= cells.len())
        });
        assert_eq!(&shown, cells);
    }

    /// Waits until the hub answers and knows a node to be connected.
    pub fn wait_until_online(&self) {
        wait::until_true("a node is online", wait::LONG, || {
            self.sightings()
                .is_some_and(|all| all["node_online"] == true)
        });
    }
}

/// `spotlight demo` on a folder of its own.
pub struct Demo {
    /// The process, if it runs.
    pub running: Option<Running>,
    /// What it serves.
    pub map: Map,
    /// Its data folder.
    pub data: PathBuf,
    /// Its spool.
    pub spool: Spool,
    /// Where its output goes.
    pub logs: PathBuf,
    environment: Vec<(String, String)>,
    samples: bool,
    port: u16,
    _folder: TempDir,
}

impl Demo {
    /// Starts it without sample messages and waits until it is ready.
    pub fn start() -> Self {
        Self::with_environment(&[])
    }

    /// The same with the sample messages, as anyone starts it.
    pub fn with_samples() -> Self {
        let mut demo = Self::prepare();
        demo.samples = true;
        demo.restart();
        demo
    }

    /// The same with environment variables, for its first start only.
    pub fn with_environment(environment: &[(&str, &str)]) -> Self {
        let mut demo = Self::prepare();
        demo.environment = owned(environment);
        demo.restart();
        demo.environment.clear();
        demo
    }

    /// A folder and a port, nothing started.
    pub fn prepare() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        let port = free_port();
        Self {
            running: None,
            map: Map {
                url: format!("http://127.0.0.1:{port}/"),
            },
            spool: Spool(data.join("spool")),
            logs: folder.path().join("logs"),
            data,
            environment: Vec::new(),
            samples: false,
            port,
            _folder: folder,
        }
    }

    /// Starts it again on the same data and waits until it is ready.
    pub fn restart(&mut self) {
        self.start_only();
        self.map.url = self.running.as_mut().expect("it was just started").ready();
        self.map.wait_until_online();
    }

    /// Starts it and does not wait.
    pub fn start_only(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let mut command = process::command("spotlight");
        command
            .args(["demo", "--port", &self.port.to_string(), "--data"])
            .arg(&self.data);
        if !self.samples {
            command.arg("--no-samples");
        }
        command.envs(self.environment.iter().cloned());
        self.running = Some(Running::start("spotlight", command, &self.logs));
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }
}

/// Edge, hub and mosquitto as three processes.
pub struct Apart {
    /// The relay, if it runs.
    pub edge: Option<Running>,
    /// The hub, if it runs.
    pub hub: Option<Running>,
    /// The broker.
    pub broker: Mosquitto,
    /// What the hub serves.
    pub map: Map,
    /// The edge's spool.
    pub spool: Spool,
    /// The node's key.
    pub node: NodeId,
    /// The hub's key.
    pub hub_key: NodeId,
    /// Where all output goes.
    pub logs: PathBuf,
    folder: TempDir,
}

impl Apart {
    /// Starts all three, the node known to the hub.
    pub fn start() -> Self {
        let mut apart = Self::prepare();
        apart.add_node();
        apart.start_hub();
        apart.start_edge();
        apart.map.wait_until_online();
        apart
    }

    /// A running broker and two configurations; the hub does not know the node.
    pub fn prepare() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        let logs = path("logs");
        let broker = Mosquitto::start(&path("mosquitto"), &logs);
        let port = free_port();
        let write = |name: &str, text: String| {
            fs::write(path(name), text).expect("a configuration can be written")
        };
        write(
            "hub.toml",
            format!(
                "network = \"{NETWORK}\"\ndata = {:?}\ncity = \"los-angeles\"\nlisten = \"127.0.0.1:{port}\"\n\
                 [feeds]\nfetch = false\n[broker]\nurl = \"{}\"\n",
                path("hub"),
                broker.url(),
            ),
        );
        let hub_key = key("spotlight-hub", &path("hub.toml"));
        write(
            "edge.toml",
            format!(
                "network = \"{NETWORK}\"\ndata = {:?}\nhub_key = \"{hub_key}\"\nspool = {:?}\n[broker]\nurl = \"{}\"\n",
                path("edge"),
                path("spool"),
                broker.url(),
            ),
        );
        let node = key("spotlight-edge", &path("edge.toml"));
        Self {
            edge: None,
            hub: None,
            map: Map {
                url: format!("http://127.0.0.1:{port}/"),
            },
            spool: Spool(path("spool")),
            broker,
            node,
            hub_key,
            logs,
            folder,
        }
    }

    /// Its folder: `edge/`, `hub/`, `mosquitto/`, `spool/`, `logs/`, and the two configurations.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds sections to the edge's configuration, for its next start.
    pub fn configure_edge(&self, sections: &str) {
        let path = self.folder.path().join("edge.toml");
        let text = fs::read_to_string(&path).expect("the configuration is there");
        fs::write(path, text + sections).expect("a configuration can be written");
    }

    /// Waits until so many reports are on the hub, and sees that there are no more.
    pub fn wait_for_reports(&self, count: usize) {
        let data = self.hub_data();
        wait::until_true("every report is on the hub", REPORTS_WITHIN, || {
            diagnostics::try_rows(&data, "reports").is_some_and(|rows| rows >= count as u64)
        });
        assert_eq!(diagnostics::rows(&data, "reports"), count as u64);
    }

    /// The edge's data folder.
    pub fn edge_data(&self) -> PathBuf {
        self.folder.path().join("edge")
    }

    /// The hub's data folder.
    pub fn hub_data(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    /// Makes the node known to the hub, which may run or not.
    pub fn add_node(&self) {
        let data = self.hub_data();
        let mut command = process::command("spotlight-hub");
        command.args(["node", "add", "--data"]).arg(data).args([
            &self.node.to_string(),
            "--label",
            "test",
        ]);
        let output = command.output().expect("the hub's binary starts");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Starts the hub and waits until it answers.
    pub fn start_hub(&mut self) {
        self.start_hub_only();
        let hub = self.hub.as_mut().expect("it was just started");
        hub.ready();
        let map = &self.map;
        wait::until_true("the hub answers", wait::LONG, || map.sightings().is_some());
    }

    /// Starts the hub and does not wait.
    pub fn start_hub_only(&mut self) {
        let mut command = process::command("spotlight-hub");
        command
            .args(["run", "--config"])
            .arg(self.folder.path().join("hub.toml"));
        self.hub = Some(Running::start("hub", command, &self.logs));
    }

    /// Starts the edge.
    pub fn start_edge(&mut self) {
        self.start_edge_with(&[]);
    }

    /// Starts the edge with environment variables.
    pub fn start_edge_with(&mut self, environment: &[(&str, &str)]) {
        let mut command = process::command("spotlight-edge");
        command
            .args(["run", "--config"])
            .arg(self.folder.path().join("edge.toml"));
        command.envs(owned(environment));
        self.edge = Some(Running::start("edge", command, &self.logs));
    }

    /// SIGKILL to the hub.
    pub fn kill_hub(&mut self) {
        if let Some(hub) = self.hub.take() {
            hub.kill();
        }
    }

    /// SIGKILL to the edge.
    pub fn kill_edge(&mut self) {
        if let Some(edge) = self.edge.take() {
            edge.kill();
        }
    }

    /// SIGTERM to all, each of which must end well.
    pub fn stop(&mut self) {
        for running in [self.edge.take(), self.hub.take()].into_iter().flatten() {
            let (status, took) = running.terminate();
            assert_eq!(status.code(), Some(0));
            assert!(took < Duration::from_secs(10), "{took:?}");
        }
        self.broker.stop();
    }
}

fn key(binary: &str, configuration: &Path) -> NodeId {
    let configuration = configuration
        .to_str()
        .expect("the test's folder has a plain name");
    let output = process::output(binary, &["key", "--config", configuration]);
    assert!(
        output.status.success(),
        "{binary} key: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim()
        .parse()
        .unwrap_or_else(|error| panic!("{binary} key: {error}"))
}

fn owned(environment: &[(&str, &str)]) -> Vec<(String, String)> {
    environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
