//! The first page from the hub's memory, and the same bytes from nginx, by Debian's wrk, in turn.

use std::fs;
use std::path::Path;
use std::process::Command;

use spotlight_tests::process::{self, Running, free_port};
use spotlight_tests::world::Demo;
use spotlight_tests::{http, wait};
use tempfile::TempDir;

use super::median;

/// How often each is asked; what is told is the median.
const TURNS: usize = 5;

/// Of wrk: one thread, so many connections kept alive, so many seconds a turn.
const CONNECTIONS: &str = "-c32";
const SECONDS: &str = "-d4s";

/// Prints requests a second of the hub and of nginx, with and without its cache of open files.
pub fn figure() {
    let demo = Demo::with_samples();
    wait::until_true("a sighting shows", wait::LONG, || {
        let all = demo.map.sightings();
        all.is_some_and(|all| all["features"][0].is_object())
    });
    let page = http::get_with(&demo.map.url, &[("Accept-Encoding", "br")]).body;
    let plain = Nginx::start(&page, "");
    let cached = Nginx::start(&page, "open_file_cache max=10 inactive=60s;");
    let urls = [&demo.map.url, &plain.url, &cached.url];
    let mut figures = [const { Vec::new() }; 3];
    for _ in 0..TURNS {
        for (figures, url) in figures.iter_mut().zip(urls) {
            figures.push(requests_a_second(url));
        }
    }
    let [ours, nginx, cached] = figures.map(median);
    println!(
        "`spotlight demo`, the first page ({:.1} kB, br) by wrk {CONNECTIONS}, medians of {TURNS} turns: {ours:.0} requests/s; nginx \
         from disk, sendfile: {nginx:.0} ({:.2} of it); with open_file_cache: {cached:.0} ({:.2})",
        page.len() as f64 / 1000.0,
        ours / nginx,
        ours / cached,
    );
}

fn requests_a_second(url: &str) -> f64 {
    let arguments = [
        "-t1",
        CONNECTIONS,
        SECONDS,
        "-H",
        "Accept-Encoding: br",
        url,
    ];
    let output = process::system("wrk", &arguments);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!said.contains("Non-2xx"), "{said}");
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"));
    let figure = line.and_then(|figure| figure.trim().parse().ok());
    figure.unwrap_or_else(|| panic!("wrk says how many: {said}"))
}

/// Debian's nginx on one file.
struct Nginx {
    url: String,
    _running: Running,
    _folder: TempDir,
}

impl Nginx {
    fn start(page: &[u8], setting: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("index.html"), page).expect("a page is written");
        let port = free_port();
        let config = folder.path().join("nginx.conf");
        fs::write(&config, configuration(folder.path(), port, setting)).expect("it is written");
        let mut command = Command::new("/usr/sbin/nginx");
        command.arg("-c").arg(&config).arg("-p").arg(folder.path());
        let mut running = Running::start("nginx", command, &folder.path().join("logs"));
        let url = format!("http://127.0.0.1:{port}/");
        wait::until_true("nginx answers", wait::LONG, || {
            running.assert_alive();
            http::try_get(&url, &[]).is_ok_and(|answer| answer.body == page)
        });
        Self {
            url,
            _running: running,
            _folder: folder,
        }
    }
}

fn configuration(folder: &Path, port: u16, setting: &str) -> String {
    format!(
        "daemon off;\nworker_processes auto;\npid nginx.pid;\nerror_log stderr error;\nevents {{ worker_connections 1024; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; {setting}\n\
         default_type text/html; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi; \
         uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n\
         server {{ listen 127.0.0.1:{port}; root {}; index index.html; add_header Content-Encoding br; }} }}\n",
        folder.display()
    )
}
