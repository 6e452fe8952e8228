//! Makes a database file whole or not at all.
//!
//! redb writes its magic number last, so a process that is killed while it makes a file leaves one that no later start can
//! open. Here it is made beside its place and then linked into it.

use std::path::Path;
use std::{fs, process};

use redb::{Database, DatabaseError};

/// Opens a database, made first if there is none; the cache is in bytes.
pub fn open_or_create(path: &Path, cache: usize) -> Result<Database, DatabaseError> {
    if !path.exists() {
        make(path, &path.with_extension(format!("new-{}", process::id())))?;
    }
    Database::builder().set_cache_size(cache).create(path)
}

fn make(path: &Path, beside: &Path) -> Result<(), DatabaseError> {
    // A killed process of the same number may have left it. Others' may be at work: they are swept once there is a file.
    let _ = fs::remove_file(beside);
    drop(Database::create(beside)?);
    // Another process may be first, and its file then stays. A rename would replace it, so it is only for file systems
    // without links.
    if let Err(error) = fs::hard_link(beside, path)
        && !path.exists()
    {
        fs::rename(beside, path).map_err(|_| error)?;
    }
    sweep(path);
    Ok(())
}

/// Removes what this or a killed process left beside; one that is being made finds that and uses the file that is there.
fn sweep(path: &Path) {
    let (Some(folder), Some(stem)) = (
        path.parent(),
        path.file_stem().and_then(|stem| stem.to_str()),
    ) else {
        return;
    };
    let prefix = format!("{stem}.new-");
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(&prefix))
        {
            drop(fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threads have one process number, so each has a name of its own here; what counts is that nobody sweeps too early.
    #[test]
    fn many_that_make_one_file_at_once_all_find_it() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("x.redb");
            std::thread::scope(|scope| {
                for n in 0..4 {
                    let path = &path;
                    scope.spawn(move || {
                        let beside = path.with_extension(format!("new-test-{n}"));
                        make(path, &beside).expect("made");
                        assert!(path.exists());
                    });
                }
            });
        }
    }

    #[test]
    fn nothing_but_the_database_is_left_and_it_opens_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.redb");
        for killed in [process::id(), 1] {
            fs::write(path.with_extension(format!("new-{killed}")), "half").expect("written");
        }
        drop(open_or_create(&path, 1 << 20).expect("made"));
        drop(open_or_create(&path, 1 << 20).expect("opened"));
        let names: Vec<_> = fs::read_dir(folder.path())
            .expect("listed")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(names, ["x.redb"]);
    }
}
