//! Slips of a tired thumb: one letter wrong, missing, doubled or swapped with its neighbour.

/// How many slips a name of this length forgives: none below 5 letters, two from 8 on.
pub(super) fn forgiven(length: usize) -> usize {
    match length {
        0..5 => 0,
        5..8 => 1,
        _ => 2,
    }
}

/// The number of slips between two ASCII names (restricted Damerau-Levenshtein), if at most `most`.
pub(super) fn slips(a: &str, b: &str, most: usize) -> Option<usize> {
    const LONGEST: usize = 40;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > most || a.len() > LONGEST || b.len() > LONGEST {
        return None;
    }
    let mut before = [0_usize; LONGEST + 1];
    let mut last = [0_usize; LONGEST + 1];
    let mut now = [0_usize; LONGEST + 1];
    for (at, cell) in last.iter_mut().enumerate() {
        *cell = at;
    }
    for i in 1..=a.len() {
        now[0] = i;
        let mut least = i;
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = changed.min(last[j] + 1).min(now[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            now[j] = best;
            least = least.min(best);
        }
        if least > most {
            return None;
        }
        before = last;
        last = now;
    }
    Some(last[b.len()]).filter(|&distance| distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_up_to_a_bound() {
        let check = |a: &str, b: &str, expected| assert_eq!(slips(a, b, 2), expected, "{a} {b}");
        check("SANPEDRO", "SANPEDRO", Some(0));
        check("SNAPEDRO", "SANPEDRO", Some(1));
        check("SANPERDO", "SANPEDRO", Some(1));
        check("SANPEDR", "SANPEDRO", Some(1));
        check("VERMOUNT", "VERMONT", Some(1));
        check("FIGEROA", "FIGUEROA", Some(1));
        check("FIGUROAA", "FIGUEROA", Some(2));
        check("WALL", "HILL", Some(2));
        check("ALAMEDA", "CENTRAL", None);
        check("", "ABC", None);
    }
}
