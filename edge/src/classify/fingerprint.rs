//! By what a photo is known again: its bytes, and what it looks like. RAM only, for a day.
//!
//! The look is a difference hash: the picture as 9 x 9 mean brightnesses, and for each neighbour to the right and below one
//! bit, which of the two is brighter. It stands copying, scaling and another JPEG quality. A picture with little brightness to
//! compare (night, fog, a wall) would be hashed by its noise, and two such would look alike: those are known by
//! their bytes alone.

/// The grid's side; a step less is compared.
const GRID: usize = 9;

/// A difference that tells something: two of 255 steps of brightness, on the network's scale of -1 to 1.
const TELLING: f32 = 2.0 / 127.5;

/// So many of the 128 differences must tell something.
const ENOUGH: u32 = 80;

/// So many bits of 128 may differ between two copies of one picture.
const NEAR: u32 = 10;

/// A photo's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    bytes: [u8; 16],
    look: Option<u128>,
}

impl Fingerprint {
    /// Of a photo that cannot be decoded.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut hash = [0; 16];
        hash.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
        Self {
            bytes: hash,
            look: None,
        }
    }

    /// Of a photo and what the network is shown of it: planes of red, green and blue.
    pub(super) fn new(bytes: &[u8], planes: &[f32]) -> Self {
        Self {
            look: look(planes),
            ..Self::of_bytes(bytes)
        }
    }

    /// Whether it is the same photo, exactly or nearly.
    pub fn is_near(&self, other: &Self) -> bool {
        let looks_alike = match (self.look, other.look) {
            (Some(one), Some(other)) => (one ^ other).count_ones() <= NEAR,
            _ => false,
        };
        self.bytes == other.bytes || looks_alike
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Fingerprint(..)")
    }
}

fn look(planes: &[f32]) -> Option<u128> {
    let grid = grid(planes);
    let (mut bits, mut telling) = (0, 0);
    for row in 0..GRID - 1 {
        for column in 0..GRID - 1 {
            let here = grid[row][column];
            for there in [grid[row][column + 1], grid[row + 1][column]] {
                bits = bits << 1 | u128::from(there > here);
                telling += u32::from((there - here).abs() >= TELLING);
            }
        }
    }
    (telling >= ENOUGH).then_some(bits)
}

/// Mean brightness (ITU-R BT.601) of the picture's parts.
fn grid(planes: &[f32]) -> [[f32; GRID]; GRID] {
    let plane = planes.len() / 3;
    let side = plane.isqrt();
    let edge = |part: usize| part * side / GRID;
    let mut grid = [[0.0; GRID]; GRID];
    for (row, means) in grid.iter_mut().enumerate() {
        for (column, mean) in means.iter_mut().enumerate() {
            let (mut sum, mut count) = (0.0, 0.0);
            for y in edge(row)..edge(row + 1) {
                for at in y * side + edge(column)..y * side + edge(column + 1) {
                    sum += 0.299 * planes[at]
                        + 0.587 * planes[plane + at]
                        + 0.114 * planes[2 * plane + at];
                    count += 1.0;
                }
            }
            *mean = sum / count;
        }
    }
    grid
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::{Path, PathBuf};

    use image::DynamicImage;
    use image::codecs::jpeg::JpegEncoder;
    use image::imageops::FilterType;

    use super::super::photo::network_input;
    use super::*;

    /// Every 30th of the real pictures.
    fn photos() -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/photos");
        let mut all = Vec::new();
        let mut folders: Vec<_> = ["police", "not_police", "police_people", "unsure"]
            .map(|class| folder.join(class))
            .to_vec();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("lists").flatten() {
                match entry.path() {
                    path if path.is_dir() => folders.push(path),
                    path => all.push(path),
                }
            }
        }
        all.sort();
        all.into_iter().step_by(30).collect()
    }

    fn of(bytes: &[u8]) -> Fingerprint {
        Fingerprint::new(bytes, &network_input(bytes, 224).expect("a photo"))
    }

    fn jpeg(image: &DynamicImage, quality: u8) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
        image
            .to_rgb8()
            .write_with_encoder(encoder)
            .expect("encodes");
        bytes.into_inner()
    }

    #[test]
    fn a_copy_is_known_again_and_another_picture_is_not_taken_for_it() {
        let paths = photos();
        let photos: Vec<_> = paths
            .iter()
            .map(|path| std::fs::read(path).expect("reads"))
            .collect();
        assert!(photos.len() > 100, "the pictures are beside the project");
        let prints: Vec<_> = photos.iter().map(|bytes| of(bytes)).collect();
        let (mut copies, mut known) = (0, 0);
        for (bytes, print) in photos
            .iter()
            .zip(&prints)
            .filter(|(_, print)| print.look.is_some())
        {
            let image = image::load_from_memory(bytes).expect("a picture");
            let (width, height) = (image.width(), image.height());
            let smaller = image.resize_exact(width * 3 / 5, height * 3 / 5, FilterType::Triangle);
            for copy in [jpeg(&image, 40), jpeg(&smaller, 75)] {
                copies += 1;
                known += usize::from(of(&copy).is_near(print));
            }
        }
        let looked = prints.iter().filter(|print| print.look.is_some()).count();
        // One source may hold several frames of one scene; two sources do not.
        let source = |position: usize| {
            let name = paths[position].file_name().unwrap_or_default();
            let name = name.to_string_lossy();
            name.split('_').next().unwrap_or_default().to_owned()
        };
        let mut alike = 0;
        for one in 0..prints.len() {
            alike += (one + 1..prints.len())
                .filter(|&other| source(one) != source(other))
                .filter(|&other| prints[one].is_near(&prints[other]))
                .count();
        }
        eprintln!(
            "{looked} of {} have a look; {known} of {copies} copies known; {alike} pairs alike",
            prints.len()
        );
        assert!(looked * 10 > prints.len() * 7);
        assert!(known * 100 >= copies * 97, "{known} of {copies}");
        assert_eq!(alike, 0);
    }

    #[test]
    fn dark_and_flat_pictures_are_known_by_their_bytes_alone() {
        // Noise of a step or two, one lamp each at another place.
        let night = |seed: u32, lamp: u32| {
            let mut state = seed;
            let mut picture = image::RgbImage::from_fn(320, 240, |_, _| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let dark = (state >> 30) as u8;
                image::Rgb([dark, dark, dark])
            });
            for (x, y) in (lamp..lamp + 8).flat_map(|x| (20..28).map(move |y| (x, y))) {
                picture.put_pixel(x, y, image::Rgb([250, 240, 200]));
            }
            jpeg(&DynamicImage::ImageRgb8(picture), 80)
        };
        let (one, other) = (night(1, 40), night(2, 200));
        assert!(!of(&one).is_near(&of(&other)));
        assert!(of(&one).is_near(&of(&one.clone())));
        let wall = |level: u8| {
            jpeg(
                &DynamicImage::ImageRgb8(image::RgbImage::from_pixel(
                    64,
                    64,
                    image::Rgb([level; 3]),
                )),
                80,
            )
        };
        assert!(!of(&wall(100)).is_near(&of(&wall(180))));
    }
}
