//! The server itself: takes connections, answers their requests, and hands those that stay for events to the viewers.
//!
//! hyper is driven here, without axum's server, because a connection whose answer is an event stream leaves it: what a
//! waiting reader costs is then its socket alone.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::serve::Listener as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::http::connections::{Bounded, Patient};
use crate::http::events::{self, Seat};
use crate::http::viewers::Audience;
use crate::http::{Shared, router};

/// How long open requests may go on after the stop was asked for.
pub const GRACE: Duration = Duration::from_secs(2);
/// The longest request line and headers together, in bytes.
const HEAD: usize = 16 * 1024;

/// Who reads the events of what.
type Audiences = Vec<(Shared, Audience)>;

/// Serves until `shutdown`; then ends the event streams, and whatever still runs after a short grace.
pub async fn serve(
    listener: TcpListener,
    shared: Shared,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let mut audiences = Audiences::new();
    for shared in shared.all() {
        audiences.push((shared.clone(), Audience::open(&shared.0.clock)?));
    }
    let audiences = Arc::new(audiences);
    let router = router(shared.clone());
    let mut connections = JoinSet::new();
    let taking = async {
        let mut listener = Bounded::new(listener);
        loop {
            tokio::select! {
                (connection, _) = listener.accept() => {
                    let (router, audiences) = (router.clone(), audiences.clone());
                    let closing = shared.0.closing.subscribe();
                    connections.spawn(attend(connection, router, audiences, closing));
                }
                Some(_) = connections.join_next() => (),
            }
        }
    };
    let mut looking_after = JoinSet::new();
    for (shared, audience) in audiences.iter() {
        let forgetting = shared.clone();
        looking_after.spawn(async move {
            let mut pictures = forgetting.0.pictures.clone();
            while pictures.changed().await.is_ok() {
                forgetting.0.bodies.forget_all_but(&forgetting.picture());
            }
            Ok(())
        });
        looking_after.spawn(events::announce(shared.clone(), audience.clone()));
    }
    let failing = async {
        while let Some(ended) = looking_after.join_next().await {
            ended.map_err(std::io::Error::other)??;
        }
        // Nobody sends pictures any more: the hub is ending.
        std::future::pending().await
    };
    let ended = tokio::select! {
        () = shutdown => Ok(()),
        () = taking => Ok(()),
        failed = failing => failed,
    };
    shared.0.closing.send_replace(true);
    for (_, audience) in audiences.iter() {
        audience.end();
    }
    // What does not end in time is cut off.
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, all).await;
    ended
}

/// Answers one connection's requests, until it is closed or its reader stays for events.
async fn attend(
    connection: Patient,
    router: Router,
    audiences: Arc<Audiences>,
    mut closing: watch::Receiver<bool>,
) {
    let (seat, router) = (Seat::default(), TowerToHyperService::new(router));
    let service = {
        let seat = seat.clone();
        service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(seat.clone());
            // A future that may be moved, as the connection must be to be taken apart.
            Box::pin(router.call(request))
        })
    };
    let mut served = http1::Builder::new()
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(connection), service);
    let mut closed = pin!(closing.wait_for(|closing| *closing));
    let mut is_closing = false;
    let ended = poll_fn(|cx| {
        if !is_closing && closed.as_mut().poll(cx).is_ready() {
            is_closing = true;
            Pin::new(&mut served).graceful_shutdown();
        }
        served.poll_without_shutdown(cx)
    });
    // Whoever speaks no HTTP, or is gone, is told nothing and named nowhere.
    if ended.await.is_err() {
        return;
    }
    let mut connection = served.into_parts().io.into_inner();
    match seat.take() {
        Some(seated) => {
            let (stream, permit) = connection.into_parts();
            let audience = audiences.iter().find(|(of, _)| of.is(&seated.of));
            if let (Some((_, audience)), Ok(stream)) = (audience, stream.into_std()) {
                audience.seat(stream, seated, permit);
            }
        }
        None => _ = connection.shutdown().await,
    }
}
