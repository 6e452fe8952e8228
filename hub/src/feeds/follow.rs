//! Shows what an import or a fetch has brought, without a restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::layers_changed_at;
use crate::city::City;
use crate::store::reports::StoreError;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(5);

/// Reads a city's folder again with `load` whenever it has changed since `seen`, until the shutdown.
pub async fn follow<T: PartialEq + Send + Sync + 'static>(
    (data, city): (PathBuf, Arc<City>),
    mut seen: Option<SystemTime>,
    shown: watch::Sender<Arc<T>>,
    load: fn(&Path, &City) -> Result<T, StoreError>,
    shutdown: CancellationToken,
) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = shutdown.cancelled() => return,
        }
        let changed = layers_changed_at(&data);
        if changed == seen {
            continue;
        }
        let (folder, city) = (data.clone(), city.clone());
        match tokio::task::spawn_blocking(move || load(&folder, &city)).await {
            Ok(Ok(loaded)) => {
                seen = changed;
                shown.send_if_modified(|shown| {
                    let is_new = **shown != loaded;
                    if is_new {
                        *shown = Arc::new(loaded);
                    }
                    is_new
                });
            }
            Ok(Err(error)) => {
                let error = spotlight_common::log::chain(&error);
                tracing::warn!(error, "kept the layers as they were");
            }
            Err(_) => {}
        }
    }
}
