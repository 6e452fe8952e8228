//! Sample messages, as a network would hand them over: SMS-DELIVER PDUs and M-Retrieve.conf files, dropped into the spool
//! as any program would. The texts are ours and the numbers fictional (+1 213 555 01xx); the times are real.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use spotlight_edge::decode::Scts;
use spotlight_edge::decode::encode::{EncodeError, RetrieveConf, deliver_pdus, retrieve_conf};
use spotlight_edge::words;

const OPENING: &str = include_str!("../samples/opening.toml");
const STREAM: &str = include_str!("../samples/stream.toml");

/// Drawn by `samples/draw.py`.
const POLICE_CAR: &[u8] = include_bytes!("../samples/police-car.jpg");
const STREET: &[u8] = include_bytes!("../samples/street.jpg");

/// A service centre's number, as fictional as the senders'.
const SMSC: &str = "+12135550199";

/// Every round of the stream is sent by others: the senders' numbers move on by this, among the hundred that there are.
const NEXT_ROUND: usize = 41;

/// Why a sample does not reach the spool.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// It cannot be a message.
    #[error("a sample message cannot be encoded")]
    Encode(#[from] EncodeError),
    /// It cannot be written.
    #[error("failed to drop a sample message into `{path}`")]
    Drop {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A message and what to say of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The last two digits of its sender's number.
    from: usize,
    /// Its corner, in plain words.
    about: String,
    /// Its words.
    text: String,
    /// How long before the start the network took it; opening messages only.
    #[serde(default)]
    pub minutes_ago: i64,
    /// Its photo, which makes it an MMS.
    #[serde(default)]
    photo: Option<Photo>,
    /// How a long text's parts lie in the spool.
    #[serde(default)]
    parts: Parts,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Photo {
    PoliceCar,
    Street,
}

/// Both ways the last part comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Parts {
    /// Lines of one file.
    #[default]
    Lines,
    /// A file each.
    Files,
}

/// The messages that wait when the demo starts, oldest first.
pub fn opening() -> Result<Vec<Sample>, toml::de::Error> {
    parse(OPENING)
}

/// The messages of a round while it runs.
pub fn stream() -> Result<Vec<Sample>, toml::de::Error> {
    parse(STREAM)
}

fn parse(text: &str) -> Result<Vec<Sample>, toml::de::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Samples {
        message: Vec<Sample>,
    }
    Ok(toml::from_str::<Samples>(text)?.message)
}

impl Sample {
    /// The same message in a later round, by another sender.
    pub fn in_round(&self, round: usize) -> Self {
        Self {
            from: (self.from + round * NEXT_ROUND) % 100,
            ..self.clone()
        }
    }

    /// For instance `a text about 6th & Wall`; never the sender.
    pub fn description(&self) -> String {
        let Self { about, .. } = self;
        if self.photo.is_some() {
            format!("a photo from {about}")
        } else if words::read(&self.text).gone {
            format!("a text that they left {about}")
        } else {
            format!("a text about {about}")
        }
    }

    /// The files that it arrives as: names and contents, in the order in which they come.
    fn files(
        &self,
        name: &str,
        taken: Timestamp,
        zone: &TimeZone,
    ) -> Result<Vec<(String, Vec<u8>)>, EncodeError> {
        let sender = format!("+121355501{:02}", self.from);
        if let Some(photo) = self.photo {
            let image = match photo {
                Photo::PoliceCar => POLICE_CAR,
                Photo::Street => STREET,
            };
            let message = retrieve_conf(RetrieveConf {
                transaction_id: name,
                from: &sender,
                date: taken,
                text: Some(&self.text),
                images: &[("image/jpeg", image)],
                ..RetrieveConf::default()
            });
            return Ok(vec![(format!("{name}.mms"), message)]);
        }
        let scts = Scts::from(&taken.to_zoned_datetime(zone.clone()));
        // Phones count their long messages; ours are told apart by their second.
        let reference = (taken.as_second() % 256) as u16;
        let mut parts = deliver_pdus(SMSC, &sender, &self.text, scts, reference)?;
        parts.reverse();
        let count = parts.len();
        Ok(match self.parts {
            Parts::Files if count > 1 => {
                let names = (1..=count)
                    .rev()
                    .map(|number| format!("{name}-{number}.pdu"));
                names
                    .zip(
                        parts
                            .into_iter()
                            .map(|part| format!("{part}\n").into_bytes()),
                    )
                    .collect()
            }
            _ => vec![(
                format!("{name}.pdu"),
                (parts.join("\n") + "\n").into_bytes(),
            )],
        })
    }

    /// Drops it into the spool's `incoming` folder under `name`, as a message that the network took at `taken`.
    pub fn drop_into(
        &self,
        incoming: &Path,
        name: &str,
        taken: Timestamp,
        zone: &TimeZone,
    ) -> Result<(), SampleError> {
        for (name, bytes) in self.files(name, taken, zone)? {
            // Whoever reads the folder sees whole files only.
            let part = incoming.join(format!(".{name}.part"));
            let dropped =
                fs::write(&part, bytes).and_then(|()| fs::rename(&part, incoming.join(name)));
            dropped.map_err(|source| SampleError::Drop {
                path: incoming.to_owned(),
                source,
            })?;
        }
        Ok(())
    }
}

/// The answer to the sample that was dropped as `name`, once it lies in the spool's `outgoing` folder. A message of several
/// files or lines is answered by one of them.
pub fn answer_to(outgoing: &Path, name: &str) -> Option<String> {
    let is_answer = |file: &str| {
        file.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(['.', '-']))
    };
    let entries = fs::read_dir(outgoing).ok()?.flatten();
    let found = entries
        .into_iter()
        .find(|entry| entry.file_name().to_str().is_some_and(is_answer))?;
    fs::read_to_string(found.path()).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use spotlight_common::cell::Cell;
    use spotlight_common::gazetteer::Gazetteer;
    use spotlight_edge::decode::{Pushed, Reassembly, SmsPdu, Whole, decode_mms, decode_pdu_hex};

    use super::*;

    fn all() -> Vec<Sample> {
        let mut all = opening().expect("the opening messages");
        all.extend(stream().expect("the stream"));
        all
    }

    fn zone() -> TimeZone {
        TimeZone::get("America/Los_Angeles").expect("a zone")
    }

    fn taken() -> Timestamp {
        "2026-11-24T23:20:07Z".parse().expect("a time")
    }

    /// Sender, text, time and count of photos, as the edge reads them.
    fn read(files: &[(String, Vec<u8>)]) -> (String, String, Timestamp, usize) {
        let mut parts = Reassembly::new();
        let mut whole: Option<Whole<()>> = None;
        for (name, bytes) in files {
            if name.ends_with(".mms") {
                let mms = decode_mms(bytes).expect("an MMS");
                let seconds = i64::try_from(mms.date.expect("a date")).expect("a time");
                let date = Timestamp::from_second(seconds).expect("a time");
                let sender = mms.sender().expect("a sender").to_string();
                return (sender, mms.message_text(), date, mms.images().len());
            }
            for line in std::str::from_utf8(bytes).expect("hex").lines() {
                let SmsPdu::Deliver(deliver) = decode_pdu_hex(line).expect("a PDU") else {
                    panic!("a notice");
                };
                assert!(whole.is_none(), "{name}: a part after the last");
                if let Pushed::Whole(joined) = parts.push(deliver, ()) {
                    whole = Some(joined);
                }
            }
        }
        let message = whole.expect("all parts").message;
        let text = message.text().expect("a text");
        (
            message.sender.as_str().to_owned(),
            text,
            message.scts.expect("a time").timestamp(),
            0,
        )
    }

    #[test]
    fn every_sample_reads_back_whole() {
        for sample in all() {
            let files = sample.files("demo", taken(), &zone()).expect("files");
            let (sender, text, time, photos) = read(&files);
            assert!(sender.starts_with("+121355501"), "a real number");
            assert_eq!(text, sample.text);
            assert_eq!(time, taken());
            assert_eq!(photos, usize::from(sample.photo.is_some()));
        }
    }

    #[test]
    fn texts_in_both_languages_of_one_and_more_parts_and_photos_of_both_kinds_are_there() {
        for samples in [opening(), stream()] {
            let samples = samples.expect("samples");
            let files = |sample: &Sample| sample.files("demo", taken(), &zone()).expect("files");
            let lines = |sample: &Sample| {
                files(sample)
                    .iter()
                    .map(|(_, bytes)| bytes.split(|byte| *byte == b'\n').count() - 1)
                    .sum::<usize>()
            };
            assert!(
                samples
                    .iter()
                    .any(|sample| sample.photo.is_none() && lines(sample) > 1)
            );
            assert!(
                samples
                    .iter()
                    .all(|sample| sample.photo.is_some() || lines(sample) <= 3)
            );
            assert!(
                samples
                    .iter()
                    .any(|sample| matches!(sample.photo, Some(Photo::PoliceCar)))
            );
            assert!(
                samples
                    .iter()
                    .any(|sample| matches!(sample.photo, Some(Photo::Street)))
            );
            for language in [words::Language::English, words::Language::Spanish] {
                assert!(
                    samples
                        .iter()
                        .any(|sample| words::read(&sample.text).language == Some(language))
                );
            }
        }
    }

    fn cell(sample: &Sample) -> Cell {
        let place = Gazetteer::los_angeles().find(&sample.text);
        place
            .unwrap_or_else(|missing| panic!("{}: {missing:?}", sample.text))
            .cell
    }

    #[test]
    fn every_place_is_found_and_is_the_one_that_the_log_names() {
        for sample in all() {
            let named = Gazetteer::los_angeles().find(&sample.about);
            let named = named.unwrap_or_else(|missing| panic!("{}: {missing:?}", sample.about));
            assert_eq!(cell(&sample), named.cell, "{}", sample.text);
        }
    }

    #[test]
    fn reports_are_corroborated_and_withdrawn() {
        for samples in [opening(), stream()] {
            let mut present: HashMap<Cell, BTreeSet<usize>> = HashMap::new();
            let (mut corroborated, mut own, mut others) = (0, 0, 0);
            for sample in samples.expect("samples") {
                let here = present.entry(cell(&sample)).or_default();
                if !words::read(&sample.text).gone {
                    here.insert(sample.from);
                    corroborated += usize::from(here.len() == 2);
                } else if here.remove(&sample.from) {
                    own += 1;
                } else {
                    assert!(!here.is_empty(), "nothing to withdraw: {}", sample.text);
                    others += 1;
                }
            }
            assert!(
                corroborated > 1 && own > 0 && others > 0,
                "{corroborated} {own} {others}"
            );
        }
    }

    #[test]
    fn a_round_takes_over_an_hour_and_the_next_is_sent_by_others() {
        let stream = stream().expect("the stream");
        assert!(stream.len() * 75 > 60 * 60, "{} messages", stream.len());
        let senders = |round| {
            stream
                .iter()
                .map(move |sample| sample.in_round(round).from)
                .collect::<BTreeSet<_>>()
        };
        assert!(senders(0).is_disjoint(&senders(1)));
        assert!(senders(1).iter().all(|from| *from < 100));
    }

    #[test]
    fn answers_are_found_by_the_name_of_their_message() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str| fs::write(folder.path().join(name), name).expect("written");
        write("demo-7-000010.txt");
        write(".demo-7-000001.txt.part");
        assert_eq!(answer_to(folder.path(), "demo-7-000001"), None);
        write("demo-7-000001-2.txt");
        assert_eq!(
            answer_to(folder.path(), "demo-7-000001").as_deref(),
            Some("demo-7-000001-2.txt")
        );
        assert_eq!(answer_to(folder.path(), "demo-7-00001"), None);
    }
}
