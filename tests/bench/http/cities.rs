//! What a hub of all built-in cities takes in memory: with the reference data imported, and readers who follow its pages' links.

use std::collections::BTreeSet;
use std::sync::Mutex;

use spotlight_tests::world::Apart;
use spotlight_tests::{diagnostics, http, process};

const CITIES: [&str; 7] = [
    "los-angeles",
    "new-york",
    "san-francisco",
    "seattle",
    "san-diego",
    "chicago",
    "boston",
];

/// City, feed and file.
const FILES: [(&str, &str, &str); 7] = [
    (
        "los-angeles",
        "encampments",
        "la311_2017_export_latlon_parens.csv",
    ),
    (
        "los-angeles",
        "encampments",
        "la311_2018_export_computed_regions.csv",
    ),
    (
        "los-angeles",
        "encampments",
        "la311_2020_seed_iso_dates.csv",
    ),
    (
        "los-angeles",
        "transit",
        "gtfs_lametro_rail_nested_dir_and_zip.zip",
    ),
    ("los-angeles", "cameras", "socal_alpr_cameras.geojson.gz"),
    ("san-diego", "cameras", "socal_alpr_cameras.geojson.gz"),
    ("seattle", "sweeps", "seattle_sweeps_2008_2025.csv"),
];

/// Addresses that are asked for, and by how many readers at once.
const REQUESTS: usize = 300;
const READERS: usize = 6;

/// Prints the hub's memory after its start and at its greatest.
pub fn figure() {
    let mut apart = Apart::prepare();
    let path = apart.folder().join("hub.toml");
    let text = std::fs::read_to_string(&path).expect("the configuration is there");
    let all = format!("cities = {CITIES:?}");
    let text = text.replace("city = \"los-angeles\"", &all);
    std::fs::write(&path, text).expect("a configuration can be written");
    let data = apart.hub_data();
    let data = data.to_str().expect("a plain name");
    for (city, feed, file) in FILES {
        let file = process::top().join("../shared/data").join(file);
        let file = file.to_str().expect("a plain name");
        let arguments = [
            "import", "--city", city, "--feed", feed, "--data", data, file,
        ];
        diagnostics::run("spotlight-hub", &arguments);
    }
    apart.start_hub();
    let hub = apart.hub.as_ref().expect("it runs");
    let start = hub.resident_kb();
    let read = read_all(&apart);
    let status = std::fs::read_to_string(format!("/proc/{}/status", hub.id()));
    let status = status.expect("Linux says it");
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let most = most.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    println!(
        "`spotlight-hub run`, {} cities, {} files imported: {:.0} MB at its start; {read} pages, tables and tiles, {READERS} readers at \
         a time: {:.0} MB at most (256 wanted)",
        CITIES.len(),
        FILES.len(),
        start as f64 / 1e3,
        most.expect("a number") as f64 / 1e3,
    );
    apart.stop();
}

/// Follows links from each city's page, the shortest addresses first; how many answers came.
fn read_all(apart: &Apart) -> usize {
    let firsts = CITIES
        .iter()
        .map(|city| (city.len() + 1, apart.map.at(&format!("{city}/"))));
    let state = Mutex::new((firsts.collect::<BTreeSet<_>>(), BTreeSet::new(), 0));
    let lock = || state.lock().expect("no reader panics");
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                let mut idle = 0;
                loop {
                    let next = {
                        let mut state = lock();
                        if state.2 >= REQUESTS {
                            return;
                        }
                        state.0.pop_first()
                    };
                    let Some((_, url)) = next else {
                        // Another reader may be about to find more.
                        idle += 1;
                        if idle > 1_000 {
                            return;
                        }
                        std::thread::yield_now();
                        continue;
                    };
                    let Ok(answer) = http::try_get(&url, &[]) else {
                        continue;
                    };
                    let mut state = lock();
                    state.2 += 1;
                    if answer
                        .header("content-type")
                        .is_some_and(|form| form.starts_with("text/html"))
                    {
                        for link in links(&answer.text(), &url) {
                            if state.1.insert(link.clone()) {
                                state.0.insert((link.len(), link));
                            }
                        }
                    }
                }
            });
        }
    });
    lock().2
}

/// The addresses that a page links to, whole and without what is behind a `#`.
fn links(page: &str, url: &str) -> Vec<String> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let folder = path.rfind('/').map_or(path, |end| &path[..=end]);
    let links = page.split("href=\"").skip(1).filter_map(|rest| {
        let link = rest.split('"').next()?.split('#').next()?;
        (!link.is_empty() && !link.contains(':')).then(|| link.replace("&amp;", "&"))
    });
    links.map(|link| joined(folder, &link)).collect()
}

/// A relative address, from a folder.
fn joined(folder: &str, link: &str) -> String {
    let (mut folder, mut link) = (folder.to_owned(), link);
    loop {
        if let Some(rest) = link.strip_prefix("../") {
            let parent = folder.trim_end_matches('/').rfind('/');
            folder.truncate(parent.map_or(folder.len(), |end| end + 1));
            link = rest;
        } else if let Some(rest) = link.strip_prefix("./") {
            link = rest;
        } else {
            return folder + link;
        }
    }
}
