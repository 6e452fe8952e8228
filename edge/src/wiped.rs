//! Bytes that say something of a sender: wiped when dropped, also where they had to move to grow.

use zeroize::Zeroizing;

/// Appends to bytes that are to be at most `max` long. A buffer that is too small is wiped, not left behind.
pub fn append(bytes: &mut Zeroizing<Vec<u8>>, more: &[u8], max: usize) {
    let needed = bytes.len() + more.len();
    if needed > bytes.capacity() {
        let mut larger = Vec::with_capacity(needed.saturating_mul(2).min(max).max(needed));
        larger.extend_from_slice(bytes);
        *bytes = Zeroizing::new(larger);
    }
    bytes.extend_from_slice(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_its_limit_and_no_further() {
        let mut bytes = Zeroizing::new(Vec::new());
        for n in 0..100_u8 {
            append(&mut bytes, &[n], 100);
            assert!(bytes.capacity() <= 100);
        }
        assert_eq!(*bytes, (0..100).collect::<Vec<u8>>());
    }
}
