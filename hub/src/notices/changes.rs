//! When each notice last changed, so that calendars and news readers are told of what is new and of nothing else.
//!
//! # On disk
//! `notices.seen` in the hub's data folder: a line for each notice that is to come, its id, a hash of what it says and the
//! second since 1970 at which this hub first read it so. What cannot be read there is as if it were not: then a notice is new.

use std::collections::HashMap;
use std::path::Path;
use std::{fs, io};

use jiff::Timestamp;

use super::Notice;

const FILE: &str = "notices.seen";

/// Gives each notice the time of its last change, and remembers it.
pub fn remember(data: &Path, notices: &mut [Notice]) -> io::Result<()> {
    let path = data.join(FILE);
    let before = fs::read_to_string(&path).unwrap_or_default();
    let seen: HashMap<(&str, &str), i64> = before.lines().filter_map(line).collect();
    let mut text = String::new();
    for notice in notices {
        let (id, said) = (notice.id.to_string(), said(notice));
        if let Some(at) = seen.get(&(&*id, &*said))
            && let Ok(at) = Timestamp::from_second(*at)
        {
            notice.changed_at = at.min(notice.changed_at);
        }
        text += &format!("{id} {said} {}\n", notice.changed_at.as_second());
    }
    if text == before {
        return Ok(());
    }
    let part = data.join(format!("{FILE}.part"));
    fs::write(&part, text)?;
    fs::rename(part, path)
}

fn line(line: &str) -> Option<((&str, &str), i64)> {
    let mut words = line.split(' ');
    Some(((words.next()?, words.next()?), words.next()?.parse().ok()?))
}

/// A hash of all that is told of it.
fn said(notice: &Notice) -> String {
    let told = format!(
        "{:?}",
        (
            notice.kind,
            notice.date,
            notice.start,
            notice.end,
            &notice.place,
            &notice.area,
            notice.cell,
            &notice.source,
        )
    );
    blake3::hash(told.as_bytes()).to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::City;
    use crate::notices::read;

    #[test]
    fn a_notice_changes_when_it_says_something_else_and_not_when_it_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let city = City::load("los-angeles").expect("loads");
        let at = |hour: i64| Timestamp::from_second(1_796_000_000 + 3600 * hour).expect("a time");
        let read_at = |hour: i64, lines: &str| {
            let table = format!("id,date,place\n{lines}");
            let mut notices = read(table.as_bytes(), &city, at(hour))
                .expect("a table")
                .notices;
            remember(folder.path(), &mut notices).expect("written");
            notices
                .iter()
                .map(|notice| notice.changed_at)
                .collect::<Vec<_>>()
        };
        let (one, two) = ("1,2026-12-03,Echo Park\n", "2,2026-12-04,MacArthur Park\n");
        assert_eq!(read_at(0, one), [at(0)]);
        assert_eq!(read_at(1, &format!("{two}{one}")), [at(0), at(1)]);
        assert_eq!(
            read_at(2, &format!("{one}{}", two.replace("04", "05"))),
            [at(0), at(2)]
        );
        // Whoever takes it out and puts it back has changed it.
        assert_eq!(read_at(3, one), [at(0)]);
        assert_eq!(read_at(4, &format!("{one}{two}")), [at(0), at(4)]);
        fs::write(folder.path().join(FILE), "\u{0} x\n1 2 3 4\n").expect("broken");
        assert_eq!(read_at(5, one), [at(5)]);
    }
}
