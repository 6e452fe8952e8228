//! From the bytes of a photo to the network's input: decode, squash, turn upright, scale.
//!
//! The bytes are a stranger's. Size, pixels, memory and the number of JPEG scans are bounded before decoding,
//! a file that stops before its own end is refused rather than completed with grey, and of the metadata only
//! the orientation is read. `models/train/photos.py` follows the same rule, and a test holds the two together.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};

/// Both sides of the network's input, in pixels.
pub(super) const SIDE: usize = 224;

/// Twenty times what a carrier lets through as MMS, and more than a phone's largest JPEG.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// A decoded photo of this many pixels takes 150 MB for a moment.
pub const MAX_PIXELS: u64 = 50_000_000;
/// The decoder keeps every coefficient of a progressive JPEG, two bytes a sample, up to four samples a pixel, and counts them
/// in no limit. So many pixels take 130 MB of them, and are more than a phone's camera or messenger makes progressive.
pub const MAX_PROGRESSIVE_PIXELS: u64 = 16_000_000;
const MAX_ALLOCATION: u64 = 256 * 1024 * 1024;
/// A progressive JPEG has about ten scans, others at most four; each costs a pass over the whole picture however few bytes it
/// has.
const MAX_SCANS: usize = 20;

/// Why a photo has no verdict, in words for the one who sent it. Says nothing of what is in the picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    #[error("empty")]
    Empty,
    #[error("not a JPEG or PNG")]
    NotAPhoto,
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

/// The photo as the network takes it: 3 x 224 x 224, red, green and blue planes, each x / 127.5 - 1.
pub(super) fn network_input(bytes: &[u8]) -> Result<Vec<f32>, ImageError> {
    let container = check_container(bytes)?;
    // The decoders are fuzzed and safe code, but a panic in one must cost one photo and not the relay.
    let (image, orientation) = catch_unwind(AssertUnwindSafe(|| decode(bytes, container)))
        .unwrap_or(Err(ImageError::Damaged))?;
    // The squashed picture is square, so turning it after squashing equals turning it before.
    let mut squashed = DynamicImage::ImageRgb8(squash(&image)?);
    squashed.apply_orientation(orientation);
    Ok(planes(&squashed.into_rgb8()))
}

/// What a photo comes in.
#[derive(Clone, Copy)]
struct Container {
    format: ImageFormat,
    most_pixels: u64,
}

/// Refuses, by a walk over the container's own lengths, what is no photo, stops early or costs too much.
fn check_container(bytes: &[u8]) -> Result<Container, ImageError> {
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
        let marker_at = rest
            .iter()
            .position(|&byte| byte == 0xff)
            .ok_or(ImageError::Truncated)?;
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

fn decode(bytes: &[u8], container: Container) -> Result<(RgbImage, Orientation), ImageError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), container.format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_ALLOCATION);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(reason)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > container.most_pixels {
        return Err(ImageError::TooManyPixels {
            megapixels: pixels.div_ceil(1_000_000),
            most: container.most_pixels / 1_000_000,
        });
    }
    if pixels == 0 {
        return Err(ImageError::Damaged);
    }
    if decoder.total_bytes() > MAX_ALLOCATION {
        return Err(ImageError::TooMuchMemory);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(reason)?;
    Ok((image.into_rgb8(), orientation))
}

fn reason(error: image::ImageError) -> ImageError {
    match error {
        image::ImageError::Limits(_) => ImageError::TooMuchMemory,
        image::ImageError::IoError(_) => ImageError::Truncated,
        _ => ImageError::Damaged,
    }
}

fn squash(image: &RgbImage) -> Result<RgbImage, ImageError> {
    let side = SIDE as u32;
    let from = ImageRef::new(
        image.width(),
        image.height(),
        image.as_raw(),
        PixelType::U8x3,
    )
    .map_err(|_| ImageError::Damaged)?;
    let mut to = Image::new(side, side, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new()
        .resize(&from, &mut to, &options)
        .map_err(|_| ImageError::Damaged)?;
    RgbImage::from_raw(side, side, to.into_vec()).ok_or(ImageError::Damaged)
}

fn planes(image: &RgbImage) -> Vec<f32> {
    (0..3)
        .flat_map(|channel| {
            image
                .pixels()
                .map(move |pixel| f32::from(pixel.0[channel]) / 127.5 - 1.0)
        })
        .collect()
}
