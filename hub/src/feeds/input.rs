//! The bytes of an export: unpacked, and no row of them longer than memory allows.

use std::cell::Cell;
use std::io::{self, Cursor, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;

use super::FeedError;

/// What is kept of one row at most. Real rows have under 1 kB.
pub const LONGEST_ROW: usize = 1024 * 1024;

/// A longer row is passed over, up to this length; then the file is given up: a quote is left open.
pub const LONGEST_SKIPPED: usize = 64 * LONGEST_ROW;

/// What is looked at to tell a file's form: its header, if that is of a usual length.
const HEAD: usize = 64 * 1024;

/// What a reader of rows and the bytes below it tell each other.
#[derive(Default)]
pub struct Limits {
    /// Bytes that may still be read for the present row.
    allowed: Cell<usize>,
    /// Whether the present row was too long, and cut.
    cut: Cell<bool>,
}

impl Limits {
    /// A new row begins.
    pub fn start_row(&self) {
        self.allowed.set(LONGEST_ROW);
        self.cut.set(false);
    }

    /// Whether the row that was just read was too long, and cut.
    pub fn was_cut(&self) -> bool {
        self.cut.get()
    }
}

/// An export's text, of any length, as lines that are not.
pub struct Lines<'a> {
    input: Box<dyn Read + 'a>,
    limits: Rc<Limits>,
    /// Whether what was handed out ends inside quotes. Each quote turns it over, also one of a doubled pair.
    in_quotes: bool,
    /// Bytes of the present row that were passed over.
    skipped: Option<usize>,
}

/// Opens an export, plain or gzip, and tells what its columns are parted by.
pub fn open<'a>(input: impl Read + 'a, limits: &Rc<Limits>) -> Result<(Lines<'a>, u8), FeedError> {
    let (magic, input) = peek(input, 4, |_| false)?;
    let input: Box<dyn Read + 'a> = if magic.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(input))
    } else {
        Box::new(input)
    };
    let (head, input) = peek(input, HEAD, |head| head.contains(&b'\n'))?;
    let delimiter = delimiter(&head)?;
    let lines = Lines {
        input: Box::new(input),
        limits: limits.clone(),
        in_quotes: false,
        skipped: None,
    };
    Ok((lines, delimiter))
}

/// The first bytes, and the input as it was.
fn peek<R: Read>(
    mut input: R,
    most: usize,
    is_enough: impl Fn(&[u8]) -> bool,
) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = vec![0; most];
    let mut length = 0;
    while length < most && !is_enough(&head[..length]) {
        match input.read(&mut head[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(length);
    Ok((head.clone(), Cursor::new(head).chain(input)))
}

/// A comma; a semicolon or a tab where the first line has that and no comma, as some spreadsheets save it.
fn delimiter(head: &[u8]) -> Result<u8, FeedError> {
    let form = |what| Err(FeedError::Form(what));
    match head {
        [] => return Err(FeedError::Empty),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return form("UTF-16; save it as CSV in UTF-8"),
        [b'P', b'K', 3, 4, ..] => {
            return form("a zip or a spreadsheet; unpack it, or save it as CSV");
        }
        _ => {}
    }
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.contains(&b'\r') {
        return form("text whose lines end in CR alone; save it with LF");
    }
    let other = [b';', b'\t']
        .into_iter()
        .filter(|_| !line.contains(&b','))
        .find(|byte| line.contains(byte));
    Ok(other.unwrap_or(b','))
}

fn turns(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'"', bytes).count() % 2 == 1
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.input.read(buffer)?;
            if read == 0 && self.in_quotes && !buffer.is_empty() {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "it ends inside quotes: was it cut off, or is a quote left open?",
                ));
            }
            let allowed = self.limits.allowed.get();
            if self.skipped.is_none() && read <= allowed {
                self.limits.allowed.set(allowed - read);
                self.in_quotes ^= turns(&buffer[..read]);
                return Ok(read);
            }
            if read == 0 {
                return Ok(0);
            }
            // The row goes on here although it is too long: what was handed out of it is closed, the rest passed over.
            let was_in_quotes = self.skipped.is_none() && self.in_quotes;
            let skipped = self.skipped.unwrap_or(0) + read;
            if skipped > LONGEST_SKIPPED {
                return Err(io::Error::other(format!(
                    "a row of over {LONGEST_SKIPPED} bytes; is a quote left open?"
                )));
            }
            self.skipped = Some(skipped);
            self.limits.cut.set(true);
            match self.end_of_row(&buffer[..read]) {
                None if was_in_quotes => {
                    buffer[0] = b'"';
                    return Ok(1);
                }
                None => {}
                Some(end) => {
                    self.skipped = None;
                    // A quote that is closed here was closed in what is passed over: there is room for it.
                    let from = if was_in_quotes { end - 1 } else { end };
                    if was_in_quotes {
                        buffer[from] = b'"';
                    }
                    buffer.copy_within(from..read, 0);
                    self.in_quotes = turns(&buffer[end - from..read - from]);
                    return Ok(read - from);
                }
            }
        }
    }
}

impl Lines<'_> {
    /// Where the present row's line feed is; if not in these bytes, whether they end in quotes is kept.
    fn end_of_row(&mut self, bytes: &[u8]) -> Option<usize> {
        memchr::memchr2_iter(b'"', b'\n', bytes).find(|&at| {
            self.in_quotes ^= bytes[at] == b'"';
            bytes[at] == b'\n' && !self.in_quotes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out at most so many bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = self.1.min(buffer.len());
            self.0.read(&mut buffer[..most])
        }
    }

    fn rows(csv: &[u8], piece: usize) -> Result<Vec<(bool, Vec<u8>)>, String> {
        let limits = Rc::new(Limits::default());
        let (lines, delimiter) = open(Slow(csv, piece), &limits).map_err(|e| e.to_string())?;
        let mut reader = simd_csv::ZeroCopyReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .delimiter(delimiter)
            .buffer_capacity(64 * 1024)
            .from_reader(lines);
        let mut rows = Vec::new();
        loop {
            limits.start_row();
            match reader.read_byte_record() {
                Ok(Some(record)) => {
                    let row = record.iter().collect::<Vec<_>>().join(&b'|');
                    rows.push((
                        limits.was_cut(),
                        if limits.was_cut() { vec![] } else { row },
                    ));
                }
                Ok(None) => return Ok(rows),
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    #[test]
    fn a_row_that_is_too_long_is_cut_and_its_neighbours_are_whole() {
        let short = |text: &str| (false, text.as_bytes().to_vec());
        for (open, close) in [
            ("", ""),
            ("\"", "\""),
            ("\"\"\"\n", "\n\"\"\""),
            ("\"\n\n", "\"\r"),
        ] {
            for length in [LONGEST_ROW + 200_000, 2 * LONGEST_ROW + 7, 3 << 20] {
                for piece in [4096, 65_536, usize::MAX] {
                    let mut csv = b"a,b\n1,2\n3,".to_vec();
                    csv.extend(open.bytes());
                    csv.extend(std::iter::repeat_n(b'x', length));
                    csv.extend(close.bytes());
                    csv.extend(b"\n\"4\",\"5\n6\"\n7,8");
                    let expected = vec![
                        short("a|b"),
                        short("1|2"),
                        (true, vec![]),
                        short("\"4\"|\"5\n6\""),
                        short("7|8"),
                    ];
                    assert!(
                        rows(&csv, piece).expect("reads") == expected,
                        "{open:?} {length} {piece}"
                    );
                }
            }
        }
    }

    #[test]
    fn forms_are_told_apart() {
        use std::io::Write as _;
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(b"a;b\r\n1;2\r\n").expect("packs");
        let gz = gz.finish().expect("packs");
        let both = [gz.clone(), gz.clone()].concat();
        for piece in [1, usize::MAX] {
            assert_eq!(rows(&gz, piece).expect("reads").len(), 2);
            assert_eq!(rows(&both, piece).expect("reads").len(), 4);
            assert_eq!(rows(b"a\tb\n1\t2\n", piece).expect("reads")[1].1, b"1|2");
            assert_eq!(
                rows(b"a,b;c\n1,2;3\n", piece).expect("reads")[1].1,
                b"1|2;3"
            );
        }
        for (bytes, reason) in [
            (&b""[..], "empty"),
            (b"\xff\xfea\0", "UTF-16"),
            (b"PK\x03\x04", "zip"),
            (b"a,b\r1,2\r", "CR"),
            (b"a,b\n1,\"2\n3,4\n", "quote"),
            (&gz[..gz.len() - 9], ""),
        ] {
            let error = rows(bytes, usize::MAX).expect_err("refused");
            assert!(error.contains(reason), "{error}");
        }
    }
}
