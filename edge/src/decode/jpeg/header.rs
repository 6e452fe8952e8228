//! What stands before the scan (T.81, annex B): frame, tables, and the one scan's header.

use std::rc::Rc;

use super::huffman::{Ac, Dc, Table};

pub(super) struct Header<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    /// One (grey) or three (YCbCr).
    pub(super) components: Vec<Component>,
    /// Units between restart markers; 0 where there are none.
    pub(super) restart: usize,
    /// The entropy-coded data, and what stands behind it.
    pub(super) data: &'a [u8],
}

pub(super) struct Component {
    /// Blocks in a unit.
    pub(super) across: usize,
    pub(super) down: usize,
    /// In the zigzag's order.
    pub(super) quantiser: [i32; 64],
    pub(super) dc: Rc<Dc>,
    pub(super) ac: Rc<Ac>,
}

impl Header<'_> {
    /// Blocks a unit, of the component that has most.
    pub(super) fn sampling(&self) -> (usize, usize) {
        let most =
            |blocks: fn(&Component) -> usize| self.components.iter().map(blocks).max().unwrap_or(1);
        (
            most(|component| component.across),
            most(|component| component.down),
        )
    }

    /// Units (MCU) across and down.
    pub(super) fn units(&self) -> (usize, usize) {
        let (across, down) = self.sampling();
        (
            self.width.div_ceil(8 * across),
            self.height.div_ceil(8 * down),
        )
    }
}

const SOF0: u8 = 0xc0;
const SOF1: u8 = 0xc1;
const DHT: u8 = 0xc4;
const SOS: u8 = 0xda;
const DQT: u8 = 0xdb;
const DRI: u8 = 0xdd;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP14: u8 = 0xee;
const APP15: u8 = 0xef;
const COM: u8 = 0xfe;

/// The tables as they stand when the scan begins.
#[derive(Default)]
struct Tables {
    quantisers: [Option<[i32; 64]>; 4],
    dc: [Option<Rc<Table>>; 4],
    ac: [Option<Rc<Table>>; 4],
}

#[derive(Clone, Copy)]
struct FrameComponent {
    id: u8,
    across: usize,
    down: usize,
    quantiser: usize,
}

struct Frame {
    width: usize,
    height: usize,
    components: Vec<FrameComponent>,
}

/// `None` for whatever this decoder does not read.
pub(super) fn read(bytes: &[u8]) -> Option<Header<'_>> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    let mut tables = Tables::default();
    let mut frame = None;
    let mut restart = 0;
    loop {
        let (marker, body, after) = segment(rest)?;
        rest = after;
        match marker {
            SOF0 | SOF1 if frame.is_none() => frame = Some(read_frame(body)?),
            DHT => read_huffman(body, &mut tables)?,
            DQT => read_quantisers(body, &mut tables)?,
            DRI => restart = usize::from(u16::from_be_bytes(*body.first_chunk()?)),
            // Adobe's transform 0: the three are red, green and blue themselves.
            APP14 if body.starts_with(b"Adobe") && body.get(11) == Some(&0) => return None,
            APP0..=APP15 | COM => {}
            SOS => {
                let frame = frame?;
                return Some(Header {
                    width: frame.width,
                    height: frame.height,
                    components: read_scan(body, &frame, &tables)?,
                    restart,
                    data: rest,
                });
            }
            _ => return None,
        }
    }
}

/// What cameras say of the picture: a TIFF structure, if there is one before the scan.
pub fn exif(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let (marker, body, after) = segment(rest)?;
        rest = after;
        match marker {
            APP1 if body.starts_with(b"Exif\0\0") => return Some(&body[6..]),
            SOS => return None,
            _ => {}
        }
    }
}

/// A segment: its marker, what it holds, and what follows it.
fn segment(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let at = bytes.iter().position(|&byte| byte != 0xff)?;
    let (marker, rest) = (bytes[at], &bytes[at + 1..]);
    let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
    let is_segment = at > 0 && !(marker <= 0x01 || (0xd0..=0xd9).contains(&marker));
    let body = rest.get(2..length)?;
    is_segment.then_some((marker, body, &rest[length..]))
}

/// T.81, B.2.2.
fn read_frame(body: &[u8]) -> Option<Frame> {
    let &[8, h1, h0, w1, w0, count, ref rest @ ..] = body else {
        return None;
    };
    let (rest, []) = rest.as_chunks::<3>() else {
        return None;
    };
    if rest.len() != usize::from(count) || !matches!(count, 1 | 3) {
        return None;
    }
    let mut components = Vec::with_capacity(rest.len());
    for &[id, sampling, quantiser] in rest {
        let (across, down) = (usize::from(sampling >> 4), usize::from(sampling & 15));
        if !(1..=4).contains(&across) || !(1..=4).contains(&down) || quantiser > 3 {
            return None;
        }
        components.push(FrameComponent {
            id,
            across,
            down,
            quantiser: usize::from(quantiser),
        });
    }
    match components.as_mut_slice() {
        // A scan of one component has one block a unit (T.81, A.2.2).
        [grey] => (grey.across, grey.down) = (1, 1),
        // Written without a colour transform.
        all if all.iter().map(|component| component.id).eq(*b"RGB") => return None,
        _ => {}
    }
    let (width, height) = (
        usize::from(u16::from_be_bytes([w1, w0])),
        usize::from(u16::from_be_bytes([h1, h0])),
    );
    (width > 0 && height > 0).then_some(Frame {
        width,
        height,
        components,
    })
}

/// T.81, B.2.4.1.
fn read_quantisers(mut body: &[u8], tables: &mut Tables) -> Option<()> {
    while let Some((&which, rest)) = body.split_first() {
        let (wide, slot) = (which >> 4, usize::from(which & 15));
        let mut table = [0; 64];
        let taken = match wide {
            0 => {
                let values = rest.first_chunk::<64>()?;
                table = values.map(i32::from);
                values.len()
            }
            1 => {
                let values = rest.get(..128)?;
                for (value, pair) in table.iter_mut().zip(values.as_chunks().0) {
                    *value = i32::from(u16::from_be_bytes(*pair));
                }
                values.len()
            }
            _ => return None,
        };
        *tables.quantisers.get_mut(slot)? = Some(table);
        body = &rest[taken..];
    }
    Some(())
}

/// T.81, B.2.4.2.
fn read_huffman(mut body: &[u8], tables: &mut Tables) -> Option<()> {
    while let Some((&which, rest)) = body.split_first() {
        let counts = rest.first_chunk::<16>()?;
        let symbols = counts.iter().map(|&count| usize::from(count)).sum();
        let symbols = rest[16..].get(..symbols)?;
        let table = Some(Rc::new(Table::new(counts, symbols)?));
        let slot = usize::from(which & 15);
        match which >> 4 {
            0 => *tables.dc.get_mut(slot)? = table,
            1 => *tables.ac.get_mut(slot)? = table,
            _ => return None,
        }
        body = &rest[16 + symbols.len()..];
    }
    Some(())
}

/// T.81, B.2.3: one scan of all components, whole.
fn read_scan(body: &[u8], frame: &Frame, tables: &Tables) -> Option<Vec<Component>> {
    let (&count, rest) = body.split_first()?;
    let (selectors, band) = rest.split_at_checked(2 * usize::from(count))?;
    if usize::from(count) != frame.components.len() || band != [0, 63, 0] {
        return None;
    }
    let (mut dc, mut ac) = ([const { None }; 4], [const { None }; 4]);
    frame
        .components
        .iter()
        .zip(selectors.as_chunks::<2>().0)
        .map(|(component, &[id, slots])| {
            (id == component.id).then_some(())?;
            Some(Component {
                across: component.across,
                down: component.down,
                quantiser: tables.quantisers[component.quantiser]?,
                dc: of_slot(slots >> 4, &tables.dc, &mut dc, Dc::new)?,
                ac: of_slot(slots & 15, &tables.ac, &mut ac, Ac::new)?,
            })
        })
        .collect()
}

/// What is made of a slot's table, once for all components that name it.
fn of_slot<Made>(
    slot: u8,
    tables: &[Option<Rc<Table>>; 4],
    made: &mut [Option<Rc<Made>>; 4],
    make: impl Fn(Rc<Table>) -> Made,
) -> Option<Rc<Made>> {
    let slot = usize::from(slot);
    let table = tables.get(slot)?.clone()?;
    Some(
        made[slot]
            .get_or_insert_with(|| Rc::new(make(table)))
            .clone(),
    )
}
