//! From planes to red, green and blue.

use super::Reduced;
use super::header::Header;
use super::scan::Plane;

pub(super) fn rgb(header: &Header<'_>, planes: &[Plane]) -> Reduced {
    let size = (header.width.div_ceil(8), header.height.div_ceil(8));
    let picture = (header.width as f64 / 8.0, header.height as f64 / 8.0);
    let (across, down) = header.sampling();
    let mut rgb = vec![0; 3 * size.0 * size.1];
    let mut rows = [const { Vec::new() }; 3];
    for (y, pixels) in rgb.chunks_exact_mut(3 * size.0).enumerate() {
        // A value of a coarser component is several pixels'.
        for (values, plane) in rows.iter_mut().zip(planes) {
            let row = y * plane.down / down * plane.row;
            let row = &plane.values[row..row + plane.row];
            values.clear();
            if plane.across == across {
                values.extend_from_slice(row);
            } else {
                values.extend((0..size.0).map(|x| row[x * plane.across / across]));
            }
        }
        let [luma, blue, red] = &rows;
        let pixels = pixels.as_chunks_mut::<3>().0.iter_mut();
        if let [_] = planes {
            for (rgb, grey) in pixels.zip(luma) {
                *rgb = [*grey; 3];
            }
        } else {
            for (rgb, ((luma, blue), red)) in pixels.zip(luma.iter().zip(blue).zip(red)) {
                *rgb = pixel(*luma, *blue, *red);
            }
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
