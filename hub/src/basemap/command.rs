//! `spotlight-hub basemap fetch`.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Remote, extract};

/// Cuts the part of a public build of the world's map that a city needs, by range requests.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  spotlight-hub basemap fetch --from https://example.org/planet.pmtiles --bbox=-118.67,33.70,-118.15,34.34 --to la.pmtiles
  spotlight-hub basemap fetch --from https://example.org/planet.pmtiles --bbox=-122.52,37.70,-122.35,37.83 --max-zoom 14 --to sf.pmtiles

Name the file in hub.toml: basemap = \"/var/lib/spotlight-hub/la.pmtiles\"")]
pub struct FetchArgs {
    /// A PMTiles archive on a server that answers range requests.
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// West, south, east and north in degrees.
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    pub bbox: Bbox,
    /// The finest zoom; each more takes about three times the room.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u8).range(0..=20))]
    pub max_zoom: u8,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
}

/// A box in degrees: west, south, east, north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bbox(pub [f64; 4]);

impl FromStr for Bbox {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Result<Vec<f64>, _> = text.split(',').map(|n| n.trim().parse()).collect();
        let numbers = numbers.map_err(|_| "four numbers with commas between them: W,S,E,N")?;
        let bbox: [f64; 4] = numbers
            .try_into()
            .map_err(|_| "four numbers: west, south, east, north")?;
        let [west, south, east, north] = bbox;
        let is_on_earth = west >= -180.0 && east <= 180.0 && south >= -90.0 && north <= 90.0;
        if west < east && south < north && is_on_earth {
            Ok(Self(bbox))
        } else {
            Err("west must be less than east and south less than north, in degrees".to_owned())
        }
    }
}

/// Runs it: one JSON object on stdout, progress on stderr.
pub fn fetch(args: &FetchArgs) -> anyhow::Result<()> {
    let start = Instant::now();
    let remote = Remote::new(&args.from);
    let bar = ProgressBar::new(0);
    if io::stderr().is_terminal() {
        let style = ProgressStyle::with_template("{bar:30} {pos} of {len} tiles, {eta} left")?;
        bar.set_style(style);
    } else {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let cut = runtime.block_on(extract(
        &remote,
        &args.from,
        args.bbox.0,
        args.max_zoom,
        &args.to,
        |n, all| {
            bar.set_length(all);
            bar.set_position(n);
        },
    ));
    bar.finish_and_clear();
    let cut = cut?;
    let (requests, received) = remote.cost();
    let line = serde_json::json!({
        "file": args.to,
        "tiles": cut.tiles,
        "octets": cut.octets,
        "requests": requests,
        "received": received,
        "seconds": (start.elapsed().as_secs_f64() * 10.0).round() / 10.0,
    });
    println!("{line}");
    Ok(())
}
