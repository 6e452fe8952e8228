//! Shows what an import or a fetch has brought, without a restart.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Context, load};
use crate::city::City;
use crate::feeds::layers_changed_at;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(5);

/// Runs until the shutdown.
pub async fn follow(
    data: PathBuf,
    city: Arc<City>,
    context: watch::Sender<Arc<Context>>,
    shutdown: CancellationToken,
) {
    let mut seen = None;
    loop {
        let changed = layers_changed_at(&data);
        if changed != seen {
            let (folder, city) = (data.clone(), city.clone());
            match tokio::task::spawn_blocking(move || load(&folder, &city)).await {
                Ok(Ok(loaded)) => {
                    seen = changed;
                    context.send_if_modified(|shown| {
                        let is_new = **shown != loaded;
                        if is_new {
                            *shown = Arc::new(loaded);
                        }
                        is_new
                    });
                }
                Ok(Err(error)) => {
                    let error = spotlight_common::log::chain(&error);
                    tracing::warn!(error, "kept the context layers as they were");
                }
                Err(_) => {}
            }
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = shutdown.cancelled() => return,
        }
    }
}
