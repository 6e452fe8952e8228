//! Figures for Prometheus, on a port of their own (<https://prometheus.io/docs/instrumenting/exposition_formats/>): how fresh
//! the feeds are, and whether the hub hears anybody. Never a place, a count of an area, or anything of a report.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::feeds::status::{self, Status};
use crate::store::reports::StoreError;
use crate::views::Picture;

/// Serves `/metrics` until the shutdown.
pub async fn serve(
    listener: TcpListener,
    cities: Vec<(PathBuf, watch::Receiver<Arc<Picture>>)>,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let answer = move || {
        let cities = cities.iter();
        let cities = cities.map(|(data, pictures)| (data.clone(), pictures.borrow().clone()));
        let cities: Vec<_> = cities.collect();
        async move {
            let read = tokio::task::spawn_blocking(move || figures(&cities)).await;
            match read {
                Ok(Ok(text)) => text_of(text),
                _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
    };
    let router = Router::new().route("/metrics", get(answer));
    let stop = shutdown.clone();
    let server =
        axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await });
    let too_long = async {
        shutdown.cancelled().await;
        tokio::time::sleep(super::serve::GRACE).await;
    };
    tokio::select! {
        ended = server => ended,
        () = too_long => Ok(()),
    }
}

fn text_of(text: String) -> Response {
    let form = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, form)], text).into_response()
}

/// Of each city where there are several, told apart by a label.
fn figures(cities: &[(PathBuf, Arc<Picture>)]) -> Result<String, StoreError> {
    let mut told = Vec::new();
    for (data, picture) in cities {
        let label = match cities.len() {
            1 => String::new(),
            _ => format!("city=\"{}\"", picture.city.id),
        };
        let sources = status::all(data, &picture.city, Timestamp::now())?;
        told.push(Told {
            label,
            sources,
            node_online: picture.node_online,
            layers: picture.layers.len(),
        });
    }
    Ok(text(&told))
}

/// What is told of a city.
struct Told {
    /// Nothing for the only one.
    label: String,
    sources: Vec<Status>,
    node_online: bool,
    layers: usize,
}

/// A figure of a source.
type OfSource = fn(&Status) -> Option<i64>;

fn text(cities: &[Told]) -> String {
    let figures: [(&str, &str, OfSource); 4] = [
        (
            "spotlight_feed_last_success_timestamp_seconds",
            "When a source was last read to its end.",
            |status| status.last_success.map(|at| at.as_second()),
        ),
        (
            "spotlight_feed_next_timestamp_seconds",
            "When a source is read again.",
            |status| status.next.map(|at| at.as_second()),
        ),
        (
            "spotlight_feed_failures",
            "Failures since a source was last read.",
            |status| Some(i64::from(status.failures)),
        ),
        (
            "spotlight_feed_rows",
            "Rows of its feed that a source gave, repeats too.",
            |status| i64::try_from(status.rows).ok(),
        ),
    ];
    let mut text = String::new();
    for (name, help, of) in figures {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for told in cities {
            let city = match told.label.is_empty() {
                true => String::new(),
                false => format!("{},", told.label),
            };
            for status in &told.sources {
                if let Some(value) = of(status) {
                    let (feed, source) = (&status.feed, &status.source);
                    let _ = writeln!(
                        text,
                        "{name}{{{city}feed=\"{feed}\",source=\"{source}\"}} {value}"
                    );
                }
            }
        }
    }
    /// A figure of a city.
    type OfCity = fn(&Told) -> usize;
    let figures: [(&str, &str, OfCity); 2] = [
        (
            "spotlight_node_online",
            "Whether any node is connected.",
            |told| usize::from(told.node_online),
        ),
        (
            "spotlight_layers",
            "Layers of open data on the map.",
            |told| told.layers,
        ),
    ];
    for (name, help, of) in figures {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for told in cities {
            let label = match told.label.is_empty() {
                true => String::new(),
                false => format!("{{{}}}", told.label),
            };
            let _ = writeln!(text, "{name}{label} {}", of(told));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_line_of_each_figure_that_it_has() {
        let status = Status {
            feed: "calls".to_owned(),
            source: "lapd".to_owned(),
            kind: "socrata",
            last_success: Timestamp::from_second(1_700_000_000).ok(),
            age_hours: Some(1),
            rows: 7,
            data_through: None,
            next: None,
            failures: 2,
            error: Some("it broke".to_owned()),
        };
        let told = |label: &str| Told {
            label: label.to_owned(),
            sources: vec![status.clone()],
            node_online: true,
            layers: 1,
        };
        let several = text(&["city=\"a\"", "city=\"b\""].map(told));
        for line in [
            "spotlight_feed_rows{city=\"b\",feed=\"calls\",source=\"lapd\"} 7\n",
            "\nspotlight_layers{city=\"a\"} 1\n",
        ] {
            assert!(several.contains(line), "{line} in {several}");
        }
        let text = text(&[told("")]);
        for line in [
            "spotlight_feed_last_success_timestamp_seconds{feed=\"calls\",source=\"lapd\"} 1700000000\n",
            "spotlight_feed_failures{feed=\"calls\",source=\"lapd\"} 2\n",
            "spotlight_feed_rows{feed=\"calls\",source=\"lapd\"} 7\n",
            "\nspotlight_node_online 1\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(!text.contains("next_timestamp_seconds{"));
        assert_eq!(text.matches("# TYPE").count(), 6);
    }
}
