//! What a photo comes in, told by its content, and what of it is refused before it is decoded.

use image::ImageFormat;
use memchr::memchr;

/// Twenty times what a carrier lets through as MMS, and more than a phone's largest JPEG.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// A decoded photo of this many pixels takes 150 MB for a moment.
pub const MAX_PIXELS: u64 = 50_000_000;
/// The decoder keeps every coefficient of a progressive JPEG, two bytes a sample, up to four samples a pixel, and counts them
/// in no limit. So many pixels take 130 MB of them, and are more than a phone's camera or messenger makes progressive.
pub const MAX_PROGRESSIVE_PIXELS: u64 = 16_000_000;
pub(super) const MAX_ALLOCATION: u64 = 256 * 1024 * 1024;
/// A progressive JPEG has about ten scans, others at most four; each costs a pass over the whole picture however few bytes it
/// has.
const MAX_SCANS: usize = 20;

/// Why a photo has no verdict, in words for the one who sent it. Says nothing of what is in the picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    #[error("empty")]
    Empty,
    #[error("not a JPEG, PNG, WebP or GIF")]
    NotAPhoto,
    #[error("HEIC cannot be read here: please send it as JPEG")]
    Heic,
    #[error("truncated")]
    Truncated,
    #[error("damaged")]
    Damaged,
    #[error("too large: more than {} megabytes", MAX_BYTES / (1024 * 1024))]
    TooManyBytes,
    #[error("too large: {megapixels} megapixels, at most {most}")]
    TooManyPixels { megapixels: u64, most: u64 },
    #[error("too large: needs more than {} megabytes of memory", MAX_ALLOCATION / (1024 * 1024))]
    TooMuchMemory,
    #[error("too many scans: more than {MAX_SCANS}")]
    TooManyScans,
    #[error("the classifier could not be run")]
    NotRun,
}

/// What a photo comes in.
#[derive(Clone, Copy)]
pub(super) struct Container {
    pub(super) format: ImageFormat,
    pub(super) most_pixels: u64,
}

/// Refuses, by a walk over the container's own lengths, what is no photo, stops early or costs too much.
pub(super) fn check(bytes: &[u8]) -> Result<Container, ImageError> {
    let container = |format, most_pixels| Container {
        format,
        most_pixels,
    };
    if bytes.is_empty() {
        Err(ImageError::Empty)
    } else if bytes.len() > MAX_BYTES {
        Err(ImageError::TooManyBytes)
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        check_jpeg(bytes).map(|most_pixels| container(ImageFormat::Jpeg, most_pixels))
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        check_png(bytes).map(|()| container(ImageFormat::Png, MAX_PIXELS))
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        check_gif(bytes).map(|()| container(ImageFormat::Gif, MAX_PIXELS))
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        check_webp(bytes).map(|()| container(ImageFormat::WebP, MAX_PIXELS))
    } else if is_heic(bytes) {
        Err(ImageError::Heic)
    } else {
        Err(ImageError::NotAPhoto)
    }
}

/// ITU T.81 annex B: segments `FF marker length data`, and after each SOS the entropy-coded data, in which
/// FF is followed by 00 or by a restart marker. EOI ends the picture; phones may append more after it.
///
/// Returns how many pixels it may have. The decoder has to find the same frame as this walk does, so before the first scan
/// there is nothing that the two could read differently.
fn check_jpeg(bytes: &[u8]) -> Result<u64, ImageError> {
    const SOF2: u8 = 0xc2;
    const EOI: u8 = 0xd9;
    const SOS: u8 = 0xda;
    let mut most_pixels = MAX_PIXELS;
    let mut rest = bytes.get(2..).unwrap_or_default();
    let mut scans = 0;
    loop {
        let marker_at = memchr(0xff, rest).ok_or(ImageError::Truncated)?;
        rest = &rest[marker_at..];
        let fill = rest
            .iter()
            .position(|&byte| byte != 0xff)
            .ok_or(ImageError::Truncated)?;
        let marker = rest[fill];
        rest = &rest[fill + 1..];
        match marker {
            // A stuffed FF, TEM, or RST0 to RST7 and SOI: no length follows.
            0x00 | 0x01 | 0xd0..=0xd8 if scans > 0 => continue,
            0x00 | 0x01 | 0xd0..=0xd8 => return Err(ImageError::Damaged),
            EOI if scans > 0 => return Ok(most_pixels),
            EOI => return Err(ImageError::Damaged),
            SOF2 => most_pixels = MAX_PROGRESSIVE_PIXELS,
            SOS => scans += 1,
            _ => {}
        }
        if scans > MAX_SCANS {
            return Err(ImageError::TooManyScans);
        }
        let length = rest
            .first_chunk()
            .map(|&length| u16::from_be_bytes(length))
            .ok_or(ImageError::Truncated)?;
        if length < 2 {
            return Err(ImageError::Damaged);
        }
        rest = rest
            .get(usize::from(length)..)
            .ok_or(ImageError::Truncated)?;
    }
}

/// PNG 3rd edition, clause 5: chunks `length type data crc`, the last one IEND.
fn check_png(bytes: &[u8]) -> Result<(), ImageError> {
    const FRAMING: usize = 12;
    let mut rest = bytes.get(8..).unwrap_or_default();
    loop {
        let length = rest
            .first_chunk()
            .map(|&length| u32::from_be_bytes(length))
            .ok_or(ImageError::Truncated)?;
        let chunk = usize::try_from(length)
            .ok()
            .and_then(|length| length.checked_add(FRAMING));
        let chunk = chunk
            .and_then(|chunk| rest.get(..chunk))
            .ok_or(ImageError::Truncated)?;
        if chunk.get(4..8) == Some(b"IEND") {
            return Ok(());
        }
        rest = &rest[chunk.len()..];
    }
}

/// RFC 9649, 2.4: `RIFF length WEBP`.
fn check_webp(bytes: &[u8]) -> Result<(), ImageError> {
    let length = bytes[4..]
        .first_chunk()
        .map(|&length| u32::from_le_bytes(length));
    let whole = length.and_then(|length| usize::try_from(length).ok()?.checked_add(8));
    match whole {
        Some(whole) if whole <= bytes.len() => Ok(()),
        _ => Err(ImageError::Truncated),
    }
}

/// GIF89a: blocks up to the end of the first picture's data, which is all that is looked at.
fn check_gif(bytes: &[u8]) -> Result<(), ImageError> {
    const EXTENSION: u8 = 0x21;
    const PICTURE: u8 = 0x2c;
    let table = |flags: u8| {
        if flags & 0x80 == 0 {
            0
        } else {
            3 << ((flags & 7) + 1)
        }
    };
    let skip = |rest: &mut &[u8], count: usize| {
        *rest = rest.get(count..).ok_or(ImageError::Truncated)?;
        Ok(())
    };
    let first = |rest: &mut &[u8]| {
        let (&byte, after) = rest.split_first().ok_or(ImageError::Truncated)?;
        *rest = after;
        Ok(byte)
    };
    let mut rest = bytes;
    let flags = *bytes.get(10).ok_or(ImageError::Truncated)?;
    skip(&mut rest, 13 + table(flags))?;
    loop {
        let block = first(&mut rest)?;
        match block {
            EXTENSION => skip(&mut rest, 1)?,
            PICTURE => {
                let flags = *rest.get(8).ok_or(ImageError::Truncated)?;
                skip(&mut rest, 9 + table(flags) + 1)?;
            }
            _ => return Err(ImageError::Damaged),
        }
        loop {
            match first(&mut rest)? {
                0 => break,
                length => skip(&mut rest, usize::from(length))?,
            }
        }
        if block == PICTURE {
            return Ok(());
        }
    }
}

/// ISO/IEC 23008-12, 10: a file type box that names one of its brands, or AVIF's.
fn is_heic(bytes: &[u8]) -> bool {
    const BRANDS: [&[u8; 4]; 10] = [
        b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis",
    ];
    bytes.get(4..8) == Some(b"ftyp")
        && bytes
            .get(8..12)
            .is_some_and(|brand| BRANDS.iter().any(|&known| known == brand))
}
