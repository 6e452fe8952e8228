use super::*;
use crate::intake::spool;

/// A file whose blocks are not there: it costs no disk.
fn hollow(path: &Path, bytes: u64) {
    let file = fs::File::create(path).expect("a file");
    file.set_len(bytes).expect("its length");
    let past = std::time::SystemTime::now() - Duration::from_secs(60);
    file.set_modified(past).expect("its time");
}

#[test]
fn a_backlog_of_photos_is_read_as_far_as_ram_allows() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = spool::open(folder.path(), [1; 32]).expect("a spool");
    let size = 6 * 1024 * 1024;
    for n in 0..12 {
        hollow(&folder.path().join(format!("in/{n}.mms")), size);
    }
    let none = HashSet::new();
    let first = spool.scan(&none).expect("it reads");
    let at_once = (MAX_OPEN_BYTES / size) as usize;
    assert_eq!((first.inbounds.len(), first.complete), (at_once, false));
    assert!(spool.scan(&none).expect("it reads").inbounds.is_empty());
    // Each that is done makes room for one more.
    spool.remove(first.inbounds[0].ticket.item);
    assert_eq!(spool.scan(&none).expect("it reads").inbounds.len(), 1);
    for inbound in &first.inbounds[1..] {
        spool.remove(inbound.ticket.item);
    }
    let rest = spool.scan(&none).expect("it reads").inbounds.len();
    assert_eq!(rest, at_once - 1);
    // One that is larger than all that is held at once is read alone.
    assert!(spool.state().open_bytes <= MAX_OPEN_BYTES);
}

#[test]
fn what_was_committed_is_removed_and_not_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = spool::open(folder.path(), [1; 32]).expect("a spool");
    let path = folder.path().join("in/a.mms");
    hollow(&path, 10);
    let read = spool.scan(&HashSet::new()).expect("it reads").inbounds;
    let origin = read[0].ticket.origin;
    // The next run, on the same folder.
    let spool = spool::open(folder.path(), [1; 32]).expect("a spool");
    let found = spool.scan(&HashSet::from([origin])).expect("it reads");
    assert_eq!((found.inbounds.len(), found.confirmed), (0, vec![origin]));
    assert!(!path.exists());
}
