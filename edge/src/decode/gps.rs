//! Where a photo says that it was taken (Exif 2.32, GPS IFD).

use std::panic::{AssertUnwindSafe, catch_unwind};

use exif::{Exif, In, Reader, Tag, Value};

use super::jpeg;

/// Latitude and longitude in degrees, if it is a JPEG that tells them.
pub fn gps(photo: &[u8]) -> Option<(f64, f64)> {
    // The reader is safe code, but a panic in it must cost one place and not the relay.
    catch_unwind(AssertUnwindSafe(|| told(photo))).ok()?
}

fn told(photo: &[u8]) -> Option<(f64, f64)> {
    let exif = Reader::new().read_raw(jpeg::exif(photo)?.to_vec()).ok()?;
    let lat = degrees(&exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S')?;
    let lon = degrees(&exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W')?;
    // Cameras that do not know where they are write zeros.
    let is_told = lat.abs() <= 90.0 && lon.abs() <= 180.0 && (lat, lon) != (0.0, 0.0);
    is_told.then_some((lat, lon))
}

/// Degrees, minutes and seconds; negative in the hemisphere whose letter is `negative`.
fn degrees(exif: &Exif, angle: Tag, hemisphere: Tag, negative: u8) -> Option<f64> {
    let Value::Rational(parts) = &exif.get_field(angle, In::PRIMARY)?.value else {
        return None;
    };
    let [degrees, minutes, seconds] = parts.as_slice() else {
        return None;
    };
    let angle = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
    let Value::Ascii(letters) = &exif.get_field(hemisphere, In::PRIMARY)?.value else {
        return None;
    };
    let is_negative = letters.first()?.first() == Some(&negative);
    let angle = if is_negative { -angle } else { angle };
    angle.is_finite().then_some(angle)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A JPEG's beginning with nothing in its Exif but the place, as degrees, minutes and seconds in hundredths.
    pub(crate) fn photo(lat: [u32; 3], north: u8, lon: [u32; 3], east: u8) -> Vec<u8> {
        let long = |value: u32| value.to_be_bytes();
        let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
            let mut entry = tag.to_be_bytes().to_vec();
            entry.extend(kind.to_be_bytes());
            entry.extend(long(count));
            entry.extend(value);
            entry
        };
        // Offsets count from the TIFF header: IFD0 is at 8, the GPS IFD at 26, its rationals at 80 and 104.
        let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01".to_vec();
        tiff.extend(entry(0x8825, 4, 1, long(26)));
        tiff.extend(long(0));
        tiff.extend([0, 4]);
        tiff.extend(entry(1, 2, 2, [north, 0, 0, 0]));
        tiff.extend(entry(2, 5, 3, long(80)));
        tiff.extend(entry(3, 2, 2, [east, 0, 0, 0]));
        tiff.extend(entry(4, 5, 3, long(104)));
        tiff.extend(long(0));
        for [degrees, minutes, seconds] in [lat, lon] {
            for (value, parts) in [(degrees, 1), (minutes, 1), (seconds, 100)] {
                tiff.extend(long(value));
                tiff.extend(long(parts));
            }
        }
        let mut bytes = b"\xff\xd8\xff\xe1".to_vec();
        bytes.extend((tiff.len() as u16 + 8).to_be_bytes());
        bytes.extend(b"Exif\0\0");
        bytes.extend(tiff);
        bytes
    }

    #[test]
    fn the_place_of_a_photo_is_read() {
        let bytes = photo([34, 2, 3912], b'N', [118, 14, 3804], b'W');
        let (lat, lon) = gps(&bytes).expect("told");
        assert!(
            (lat - 34.0442).abs() < 1e-6 && (lon + 118.243_9).abs() < 1e-6,
            "{lat} {lon}"
        );
        let south = gps(&photo([34, 0, 0], b'S', [18, 0, 0], b'E'));
        assert_eq!(south, Some((-34.0, 18.0)));
    }

    #[test]
    fn what_is_no_place_is_none() {
        assert_eq!(gps(&photo([0; 3], b'N', [0; 3], b'E')), None);
        assert_eq!(gps(&photo([91, 0, 0], b'N', [18, 0, 0], b'E')), None);
        assert_eq!(gps(b"\xff\xd8\xff\xd9"), None);
        let whole = photo([34, 2, 3912], b'N', [118, 14, 3804], b'W');
        for cut in 0..whole.len() {
            assert_eq!(gps(&whole[..cut]), None, "{cut}");
        }
        for at in 4..whole.len() {
            for byte in [0, 0xff, whole[at] ^ 1] {
                let mut harmed = whole.clone();
                harmed[at] = byte;
                let _ = gps(&harmed);
            }
        }
    }
}
