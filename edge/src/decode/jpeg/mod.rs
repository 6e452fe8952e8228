//! A large baseline JPEG at an eighth of its size, without decoding what the reduction would throw away.
//!
//! A JPEG keeps each 8 x 8 block as its mean (DC) and 63 finer waves (AC). The mean is the block's pixel in a picture of an
//! eighth. The waves are stepped over without being decoded, and no inverse transform is run: a 12-megapixel photo takes a
//! fraction of a full decode's time, and of its memory little more than the file's size. Colour kept at half of the size needs three waves more:
//! they tell the means of a block's quarters. ITU-T T.81; colours as in JFIF (ITU-T T.871).
//!
//! Only what phones write is read here: sequential, Huffman-coded, 8 bits, grey or YCbCr, one scan. Anything else is `None`, and
//! so is what is damaged: a library reads or refuses it.

mod bits;
mod colour;
mod header;
mod huffman;
mod scan;

#[cfg(test)]
mod tests;

pub use header::exif;

/// A picture of an eighth.
pub struct Reduced {
    /// Pixels a row and rows, of whole blocks: at the right and below they may go beyond the picture.
    pub size: (usize, usize),
    /// How far the picture reaches in them.
    pub picture: (f64, f64),
    /// Red, green and blue of each pixel, row by row.
    pub rgb: Vec<u8>,
}

/// The picture at an eighth; `None` where a side would have fewer pixels than `least`, and where this is not for us.
pub fn reduced(bytes: &[u8], least: usize, most_pixels: u64) -> Option<Reduced> {
    let header = header::read(bytes)?;
    let is_fit = header.width.min(header.height) / 8 >= least
        && header.width as u64 * header.height as u64 <= most_pixels;
    if !is_fit {
        return None;
    }
    let planes = scan::planes(&header)?;
    Some(colour::rgb(&header, &planes))
}
