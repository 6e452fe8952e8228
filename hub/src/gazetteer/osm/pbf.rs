//! OSM PBF, read by the `osmpbf` crate, one block at a time on this thread.

use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use osmpbf::{BlobDecode, BlobReader, PrimitiveBlock};

use super::{Allowance, Bounded, Element, Visit};

/// A blob's bound by the format, and its header's; the crate checks them only after it has read as much.
const LARGEST_BLOB: u64 = (32 << 20) + (64 << 10) + (1 << 16);

pub(super) fn each(path: &Path, visit: &mut Visit<'_>) -> Result<(), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let allowance = Allowance::default();
    let bounded = Bounded {
        inner: file,
        left: allowance.clone(),
    };
    let mut blobs = BlobReader::new(BufReader::new(bounded));
    let mut is_osm = false;
    loop {
        allowance.renew(LARGEST_BLOB);
        let Some(blob) = blobs.next() else { break };
        let blob = blob.map_err(|error| error.to_string())?;
        match blob.decode().map_err(|error| error.to_string())? {
            BlobDecode::OsmHeader(_) => is_osm = true,
            BlobDecode::OsmData(block) => {
                // The crate adds up differences without looking; where overflow is checked, a damaged block ends here.
                catch_unwind(AssertUnwindSafe(|| in_block(&block, visit)))
                    .map_err(|_| "a block of it is damaged".to_owned())??;
            }
            BlobDecode::Unknown(_) => {}
        }
    }
    if is_osm {
        Ok(())
    } else {
        Err("it has no header block".to_owned())
    }
}

fn in_block(block: &PrimitiveBlock, visit: &mut Visit<'_>) -> Result<(), String> {
    let mut done = Ok(());
    block.for_each_element(|element| {
        if done.is_err() {
            return;
        }
        done = match element {
            osmpbf::Element::Node(node) => {
                let tags: Vec<_> = node.tags().collect();
                at_node(node.id(), (node.lat(), node.lon()), &tags, visit)
            }
            osmpbf::Element::DenseNode(node) => {
                let tags: Vec<_> = node.tags().collect();
                at_node(node.id(), (node.lat(), node.lon()), &tags, visit)
            }
            osmpbf::Element::Way(way) => {
                let tags: Vec<_> = way.tags().collect();
                let nodes: Vec<i64> = way.refs().collect();
                visit(Element::Way { nodes: &nodes }, &tags)
            }
            osmpbf::Element::Relation(_) => Ok(()),
        };
    });
    done
}

fn at_node(
    id: i64,
    (lat, lon): (f64, f64),
    tags: &[(&str, &str)],
    visit: &mut Visit<'_>,
) -> Result<(), String> {
    if (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon) {
        visit(Element::Node { id, at: (lat, lon) }, tags)
    } else {
        Ok(())
    }
}
