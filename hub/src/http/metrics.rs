//! Figures for Prometheus, on a port of their own (<https://prometheus.io/docs/instrumenting/exposition_formats/>): how fresh
//! the feeds are, and whether the hub hears anybody. Never a place, a count of an area, or anything of a report.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::city::City;
use crate::feeds::status::{self, Status};
use crate::store::reports::StoreError;
use crate::views::Picture;

/// Serves `/metrics` until the shutdown.
pub async fn serve(
    listener: TcpListener,
    data: PathBuf,
    city: Arc<City>,
    pictures: watch::Receiver<Arc<Picture>>,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let answer = move || {
        let (data, city, picture) = (data.clone(), city.clone(), pictures.borrow().clone());
        async move {
            let read = tokio::task::spawn_blocking(move || figures(&data, &city, &picture)).await;
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

fn figures(data: &Path, city: &City, picture: &Picture) -> Result<String, StoreError> {
    let sources = status::all(data, city, Timestamp::now())?;
    Ok(text(&sources, picture.node_online, picture.layers.len()))
}

/// A figure of a source.
type OfSource = fn(&Status) -> Option<i64>;

fn text(sources: &[Status], node_online: bool, layers: usize) -> String {
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
        for status in sources {
            if let Some(value) = of(status) {
                let (feed, source) = (&status.feed, &status.source);
                let _ = writeln!(
                    text,
                    "{name}{{feed=\"{feed}\",source=\"{source}\"}} {value}"
                );
            }
        }
    }
    for (name, help, value) in [
        (
            "spotlight_node_online",
            "Whether any node is connected.",
            usize::from(node_online),
        ),
        (
            "spotlight_layers",
            "Layers of open data on the map.",
            layers,
        ),
    ] {
        let _ = writeln!(
            text,
            "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}"
        );
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
        let text = text(&[status], true, 1);
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
