//! The checks of folders that are inboxes.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use super::Line;

/// A hidden name, which no reader of these folders heeds.
const PROBE: &str = ".spotlight-doctor";

/// The spool, whose folders the first start makes.
pub fn spool(folder: &Path) -> Line {
    let (incoming, outgoing) = (folder.join("in"), folder.join("out"));
    if incoming.exists() || outgoing.exists() {
        return pair("spool", &incoming, &outgoing);
    }
    let parent = folder.ancestors().find(|folder| folder.exists());
    match parent.map(writable) {
        Some(Ok(())) => Line::ok("spool", "none yet; the first start makes it"),
        _ => Line::fail(
            "spool",
            format!("`{}` cannot be made", folder.display()),
            "make it and give it to the edge's user",
        ),
    }
}

/// A folder of messages and one of answers.
pub fn pair(check: &'static str, incoming: &Path, outgoing: &Path) -> Line {
    for folder in [incoming, outgoing] {
        let usable = fs::read_dir(folder).and_then(|_| writable(folder));
        if let Err(error) = usable {
            let (detail, fix) = (
                format!("`{}`: {error}", folder.display()),
                match error.kind() {
                    io::ErrorKind::NotFound => {
                        "correct the path, or start the program whose folder it is"
                    }
                    _ => {
                        "let the edge's user read and write it, for instance through the folder's group"
                    }
                },
            );
            return Line::fail(check, detail, fix);
        }
    }
    match foreign(incoming, outgoing) {
        Ok(None) => {}
        Ok(Some((detail, fix))) => return Line::fail(check, detail, fix),
        Err(error) => return Line::fail(check, error.to_string(), "run it again"),
    }
    let names: Vec<_> = fs::read_dir(incoming)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| !name.as_encoded_bytes().starts_with(b"."))
        .collect();
    let refused = names
        .iter()
        .filter(|name| name.as_encoded_bytes().ends_with(b".refused"));
    let refused = refused.count();
    let waiting = names.len() - refused;
    let detail = format!("readable and writable; {waiting} in it, {refused} set aside");
    if refused == 0 {
        Line::ok(check, detail)
    } else {
        let fix = format!(
            "the edge's log says why; look at `*.refused` in `{}` and remove them",
            incoming.display()
        );
        Line::warn(check, detail, fix)
    }
}

/// What stands between two users who share folders, and what to do: we must be able to remove the other's messages, and
/// let the other read our answers.
fn foreign(incoming: &Path, outgoing: &Path) -> io::Result<Option<(String, String)>> {
    let probe = outgoing.join(PROBE);
    fs::write(&probe, "")?;
    let (ours, theirs) = (fs::metadata(&probe)?, fs::metadata(outgoing)?);
    let shared = ours.gid() == theirs.gid() || chown(&probe, None, Some(theirs.gid())).is_ok();
    fs::remove_file(&probe)?;
    let place = fs::metadata(incoming)?;
    let sticky = place.mode() & STICKY != 0;
    if sticky && ours.uid() != 0 && ours.uid() != place.uid() {
        let detail = format!(
            "`{}` lets only a message's owner remove it",
            incoming.display()
        );
        let fix = format!(
            "take away its sticky bit: `chmod -t {}`",
            incoming.display()
        );
        return Ok(Some((detail, fix)));
    }
    if !shared {
        let detail = format!(
            "answers in `{}` could not be read by its program",
            outgoing.display()
        );
        let fix = "add the edge's user to that folder's group";
        return Ok(Some((detail, fix.into())));
    }
    Ok(None)
}

/// The bit of a folder's mode by which only a file's owner may remove it.
const STICKY: u32 = 0o1000;

/// Whether a file can be made here and removed again.
pub fn writable(folder: &Path) -> io::Result<()> {
    let probe = folder.join(PROBE);
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&probe)?;
    fs::remove_file(&probe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn folders_are_counted_and_left_as_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(spool(&folder.path().join("spool")).status, Status::Ok);
        assert!(!folder.path().join("spool").exists());
        let (incoming, outgoing) = (folder.path().join("in"), folder.path().join("out"));
        assert_eq!(pair("gammu", &incoming, &outgoing).status, Status::Fail);
        fs::create_dir(&incoming).expect("a folder");
        fs::create_dir(&outgoing).expect("a folder");
        assert_eq!(pair("gammu", &incoming, &outgoing).status, Status::Ok);
        let name = "IN20261124_133000_00_+12135550100_00.bin.refused";
        fs::write(incoming.join(name), "x").expect("a file");
        let line = pair("gammu", &incoming, &outgoing);
        assert_eq!(line.status, Status::Warn);
        assert!(
            line.detail.contains("0 in it, 1 set aside"),
            "{}",
            line.detail
        );
        assert!(!line.text().contains("555"), "{}", line.text());
        assert_eq!(fs::read_dir(&incoming).expect("a folder").count(), 1);
    }

    #[test]
    fn a_file_where_a_folder_should_be_fails() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("in");
        fs::write(&file, "x").expect("a file");
        assert_eq!(pair("smstools", &file, folder.path()).status, Status::Fail);
        assert!(writable(&file).is_err());
    }
}
