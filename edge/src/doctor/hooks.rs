//! The checks of the webhooks: whether the listener is there, whether the world reaches it, and whether each hook takes what
//! is signed right and nothing else. What is sent is no message, so nothing comes of it but a count of what was refused.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use hyper::Method;
use jiff::Timestamp;
use spotlight_common::log;
use zeroize::Zeroizing;

use super::Line;
use crate::client::{Call, Client, ClientError, Reply};
use crate::config::Config;
use crate::intake::http::{Http, Trial};
use crate::intake::provider::CheckError;
use crate::intake::{android, telnyx, twilio, webhook};

/// What the listener answers on its health path.
const HEALTHY: &[u8] = b"ok\n";

/// The lines of all that calls by HTTP.
pub async fn run(config: &Config, say: &mut impl FnMut(Line)) {
    let trials = trials(config, Timestamp::now());
    if trials.is_empty() {
        return;
    }
    let listens = match listener(&config.http).await {
        Ok((line, listens)) => {
            say(line);
            listens
        }
        Err(line) => return say(line),
    };
    // Before the start there is nobody to try.
    if !listens {
        return;
    }
    let base = match &config.http.public_url {
        None => format!("http://{}", reachable(config.http.listen)),
        Some(url) => {
            let url = url.trim_end_matches('/');
            match public(url).await {
                Ok(line) => say(line),
                Err(line) => return say(line),
            }
            url.to_owned()
        }
    };
    for (check, trial) in trials {
        say(match trial {
            Ok(trial) => hook(check, &base, &trial).await,
            Err(error) => Line::fail(
                check,
                error.to_string(),
                "correct its section, or the file that it names",
            ),
        });
    }
}

type Trials = Vec<(&'static str, Result<Trial, CheckError>)>;

fn trials(config: &Config, now: Timestamp) -> Trials {
    let mut trials = Trials::new();
    if let (Some(settings), Some(url)) = (&config.twilio, &config.http.public_url) {
        trials.push(("twilio hook", twilio::trial(settings, url)));
    }
    if let Some(section) = &config.telnyx {
        trials.push(("telnyx hook", Ok(telnyx::trial(section, now))));
    }
    if let Some(section) = &config.android {
        trials.push(("android hook", android::trial(section, now)));
    }
    if let Some(section) = &config.webhook {
        trials.push(("webhook", webhook::trial(section, now)));
    }
    trials
}

/// Whether the edge listens. Where it does not, the address must be free for its start.
async fn listener(http: &Http) -> Result<(Line, bool), Line> {
    let check = "listener";
    let url = format!("http://{}/healthz", reachable(http.listen));
    match get(&url).await {
        Ok(reply) if is_healthy(&reply) => {
            Ok((Line::ok(check, format!("answers on {}", http.listen)), true))
        }
        Err(ClientError::Connect(_)) => match TcpListener::bind(http.listen) {
            Ok(_) => {
                let detail = format!(
                    "{} is free for the edge; while it runs, the webhooks are tried",
                    http.listen
                );
                Ok((Line::ok(check, detail), false))
            }
            Err(error) => Err(Line::fail(
                check,
                format!("{} cannot be listened on: {error}", http.listen),
                match error.kind() {
                    io::ErrorKind::AddrNotAvailable => {
                        "set `listen` in [http] to an address of this machine"
                    }
                    io::ErrorKind::PermissionDenied => {
                        "set `listen` in [http] to a port above 1023, with the reverse proxy in front"
                    }
                    _ => "stop what holds it, or change `listen` in [http]",
                },
            )),
        },
        Ok(_) | Err(_) => Err(Line::fail(
            check,
            format!("another program answers on {}", http.listen),
            "stop that program, or change `listen` in [http] and the reverse proxy",
        )),
    }
}

/// Whether providers reach the listener.
async fn public(url: &str) -> Result<Line, Line> {
    let check = "public_url";
    let (detail, fix) = match get(&format!("{url}/healthz")).await {
        Ok(reply) if is_healthy(&reply) => {
            return Ok(Line::ok(check, format!("{url} leads to this listener")));
        }
        Ok(reply) => (
            format!(
                "{url}/healthz answers with status {}, and not from this listener",
                reply.status
            ),
            "let the reverse proxy pass all paths on to `listen`, unchanged",
        ),
        Err(error @ ClientError::Address(_)) => (
            log::chain(&error),
            "write `public_url` as https://HOST[:PORT], without a path",
        ),
        Err(error @ ClientError::Redirect(_)) => (
            format!("{url}: {}", log::chain(&error)),
            "set `public_url` to the address that it ends at: providers do not follow",
        ),
        Err(error) => (
            format!("{url}: {}", log::chain(&error)),
            "check its DNS name, its certificate, the reverse proxy and the firewall; where only the outside reaches it, try from there",
        ),
    };
    Err(Line::fail(check, detail, fix))
}

/// Whether a hook takes what is signed right, and nothing else.
async fn hook(check: &'static str, base: &str, trial: &Trial) -> Line {
    let place = format!("{base}{}", trial.path);
    match post(&place, trial, &trial.forged).await {
        Ok(403) => {}
        Ok(404) => {
            let fix = "restart the edge, so that it reads its configuration again; or let the reverse proxy pass the path on";
            return Line::fail(check, format!("{place} is not found"), fix);
        }
        Ok(status) => {
            let fix = "let the reverse proxy pass the path on to `listen`, with its headers";
            let detail = format!("{place} answers a wrong signature with status {status}, not 403");
            return Line::fail(check, detail, fix);
        }
        Err(error) => return unanswered(check, &place, &error),
    }
    let Some(signed) = &trial.signed else {
        return Line::ok(check, format!("{place} refuses what is not signed"));
    };
    match post(&place, trial, signed).await {
        Ok(status) if status == trial.accepted => Line::ok(
            check,
            format!("{place} takes what is signed right, and nothing else"),
        ),
        Ok(403) => {
            let fix = "restart the edge if its secret or `public_url` has changed; let the reverse proxy pass path and headers on unchanged";
            Line::fail(check, format!("{place} refuses what is signed right"), fix)
        }
        Ok(status) => {
            let detail = format!("{place} answers what is signed right with status {status}");
            Line::fail(
                check,
                detail,
                "look at the reverse proxy and the edge's log",
            )
        }
        Err(error) => unanswered(check, &place, &error),
    }
}

fn unanswered(check: &'static str, place: &str, error: &ClientError) -> Line {
    let fix = "look at the reverse proxy, its limits and the edge's log";
    Line::fail(check, format!("{place}: {}", log::chain(error)), fix)
}

async fn get(url: &str) -> Result<Reply, ClientError> {
    Client::new(url)?
        .call(Call::new(Method::GET, url, None))
        .await
}

async fn post(url: &str, trial: &Trial, headers: &hyper::HeaderMap) -> Result<u16, ClientError> {
    let body = Zeroizing::new(trial.body.as_bytes().to_vec());
    let call = Call {
        headers: headers.clone(),
        body: Some((trial.content_type, body)),
        ..Call::new(Method::POST, url, None)
    };
    Ok(Client::new(url)?.call(call).await?.status)
}

fn is_healthy(reply: &Reply) -> bool {
    reply.status == 200 && reply.body.as_slice() == HEALTHY
}

/// Where a listener on all addresses is reached from here.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
