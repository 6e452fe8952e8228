//! From the bytes of a photo to the network's input: decode, squash, turn upright, scale.
//!
//! The bytes are a stranger's. Size, pixels, memory and the number of JPEG scans are bounded before decoding
//! (`container`), a file that stops before its own end is refused rather than completed with grey, and of the metadata only
//! the orientation is read. `models/train/photos.py` follows the same rule, and a test holds the two together.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};

use super::container::{self, Container, ImageError, MAX_ALLOCATION};
use crate::decode::jpeg;

/// The photo as the network takes it: 3 x side x side, red, green and blue planes, each x / 127.5 - 1.
pub(super) fn network_input(bytes: &[u8], side: usize) -> Result<Vec<f32>, ImageError> {
    let container = container::check(bytes)?;
    // The decoders are fuzzed and safe code, but a panic in one must cost one photo and not the relay.
    let (squashed, orientation) = catch_unwind(AssertUnwindSafe(|| small(bytes, container, side)))
        .unwrap_or(Err(ImageError::Damaged))?;
    // The squashed picture is square, so turning it after squashing equals turning it before.
    let mut squashed = DynamicImage::ImageRgb8(squashed);
    squashed.apply_orientation(orientation);
    Ok(planes(&squashed.into_rgb8()))
}

/// The picture at the network's size, as it is stored, and how it has to be turned.
fn small(
    bytes: &[u8],
    container: Container,
    side: usize,
) -> Result<(RgbImage, Orientation), ImageError> {
    if let ImageFormat::Jpeg = container.format
        && let Some(reduced) = jpeg::reduced(bytes, side, container.most_pixels)
    {
        let orientation = jpeg::exif(bytes).and_then(Orientation::from_exif_chunk);
        return Ok((
            squash(&reduced.rgb, reduced.size, reduced.picture, side)?,
            orientation.unwrap_or(Orientation::NoTransforms),
        ));
    }
    let (image, orientation) = decode(bytes, container)?;
    let size = (image.width() as usize, image.height() as usize);
    let whole = (f64::from(image.width()), f64::from(image.height()));
    Ok((squash(image.as_raw(), size, whole, side)?, orientation))
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

/// The part of the pixels from the upper left corner on, squashed.
fn squash(
    rgb: &[u8],
    size: (usize, usize),
    part: (f64, f64),
    side: usize,
) -> Result<RgbImage, ImageError> {
    let side = side as u32;
    let from = TypedImageRef::<U8x3>::from_buffer(size.0 as u32, size.1 as u32, rgb)
        .map_err(|_| ImageError::Damaged)?;
    let mut squashed = RgbImage::new(side, side);
    let mut to = TypedImage::<U8x3>::from_buffer(side, side, squashed.as_mut())
        .map_err(|_| ImageError::Damaged)?;
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
        .crop(0.0, 0.0, part.0, part.1);
    Resizer::new()
        .resize_typed(&from, &mut to, &options)
        .map_err(|_| ImageError::Damaged)?;
    Ok(squashed)
}

fn planes(image: &RgbImage) -> Vec<f32> {
    let pixels = image.as_raw().as_chunks::<3>().0;
    let mut planes = Vec::with_capacity(3 * pixels.len());
    for channel in 0..3 {
        let values = pixels.iter().map(|pixel| pixel[channel]);
        planes.extend(values.map(|value| f32::from(value) / 127.5 - 1.0));
    }
    planes
}
