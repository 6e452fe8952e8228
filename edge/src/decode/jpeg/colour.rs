//! From planes to red, green and blue.

use super::Reduced;
use super::header::Header;
use super::scan::Plane;

pub(super) fn rgb(header: &Header<'_>, planes: &[Plane]) -> Reduced {
    let size = (header.width.div_ceil(8), header.height.div_ceil(8));
    let picture = (header.width as f64 / 8.0, header.height as f64 / 8.0);
    let (across, down) = header.sampling();
    // Which value of each component a pixel of the row takes.
    let columns: Vec<[usize; 3]> = (0..size.0)
        .map(|x| {
            std::array::from_fn(|component| {
                let plane = planes.get(component);
                plane.map_or(0, |plane| x * plane.across / across)
            })
        })
        .collect();
    let mut rgb = vec![0; 3 * size.0 * size.1];
    for (y, pixels) in rgb.chunks_exact_mut(3 * size.0).enumerate() {
        let pixels = pixels.as_chunks_mut::<3>().0.iter_mut();
        let row = |plane: &Plane| {
            let row = y * plane.down / down;
            row * plane.row..(row + 1) * plane.row
        };
        match planes {
            [luma, blue, red] => {
                let (luma, blue, red) = (
                    &luma.values[row(luma)],
                    &blue.values[row(blue)],
                    &red.values[row(red)],
                );
                for (rgb, [l, b, r]) in pixels.zip(&columns) {
                    *rgb = pixel(luma[*l], blue[*b], red[*r]);
                }
            }
            [grey, ..] => {
                for (rgb, grey) in pixels.zip(&grey.values[row(grey)]) {
                    *rgb = [*grey; 3];
                }
            }
            [] => {}
        }
    }
    Reduced { size, picture, rgb }
}

/// T.871, 7: in parts of 65536.
#[inline]
fn pixel(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let luma = (i32::from(luma) << 16) + 32_768;
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    [
        luma + 91_881 * red,
        luma - 22_554 * blue - 46_802 * red,
        luma + 116_130 * blue,
    ]
    .map(|value| (value >> 16).clamp(0, 255) as u8)
}
