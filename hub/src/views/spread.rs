//! Marks that would cover each other, moved apart until each can be read; `web/src/spread.ts` is the same rule.
//!
//! A mark says most with its number and its age. Where that would push one too far from its place, all go without ages,
//! and where even that would, they are dots: how many there are is then read from the list. They make way for what cannot be
//! moved, the leaves of announced sweeps, as long as that costs no ages or numbers.

/// How much a mark shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Its number and its age.
    Aged,
    /// Its number.
    Numbered,
    /// Its shape and colour.
    Dot,
}

impl Size {
    /// As the style sheet calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aged => "aged",
            Self::Numbered => "numbered",
            Self::Dot => "dot",
        }
    }
}

/// Each size that needs room, how wide and how high, in pixels.
const BOXES: [(Size, f64, f64); 2] = [(Size::Aged, 43.0, 48.0), (Size::Numbered, 33.0, 33.0)];
/// How wide and high what cannot be moved is, in pixels.
const LEAF: f64 = 28.0;
/// Pixels between a mark's middle and the edge of the frame.
const MARGIN: f64 = 24.0;
/// Pixels that a mark may be moved.
const FARTHEST: f64 = 64.0;
/// Times that every pair is looked at.
const ROUNDS: usize = 100;
/// More marks than this are dots.
const MOST: usize = 60;

type Point = (f64, f64);

/// Where marks stand whose places are `places`, beside `leaves`, in a frame of `width` and `height`, all in units of `unit` to a
/// pixel.
pub fn spread(
    places: &[Point],
    leaves: &[Point],
    (width, height): Point,
    unit: f64,
) -> (Size, Vec<Point>) {
    let edges = (width, height, unit);
    let is_near = |at: &[Point]| {
        let mut pairs = at.iter().zip(places);
        pairs.all(|(at, place)| distance(*at, *place) <= FARTHEST * unit)
    };
    let beside: &[&[Point]] = match leaves {
        [] => &[&[]],
        _ => &[leaves, &[]],
    };
    if places.len() <= MOST {
        for (size, wide, high) in BOXES {
            for leaves in beside {
                for rows in [1, 2, 3] {
                    let start = in_rows(places, rows, high * unit);
                    let at = apart(places, start, leaves, (wide, high), edges);
                    if let Some(at) = at.filter(|at| is_near(at)) {
                        return (size, at);
                    }
                }
            }
        }
    }
    (Size::Dot, places.to_vec())
}

/// Marks on one line would only part along it, and get far: every second or third starts a little above or below.
fn in_rows(places: &[Point], rows: usize, high: f64) -> Vec<Point> {
    let middle = (rows - 1) as f64 / 2.0;
    let row = |n: usize| ((n % rows) as f64 - middle) * high;
    places
        .iter()
        .enumerate()
        .map(|(n, (x, y))| (*x, y + row(n)))
        .collect()
}

/// Pushes overlapping boxes apart, each by half, the shorter way, until none is left; from a leaf, which stays, by the whole. None
/// leaves the frame that its place is in.
fn apart(
    places: &[Point],
    mut at: Vec<Point>,
    leaves: &[Point],
    (wide, high): Point,
    (width, height, unit): (f64, f64, f64),
) -> Option<Vec<Point>> {
    let room = (wide * unit, high * unit);
    let beside_leaf = ((wide + LEAF) / 2.0 * unit, (high + LEAF) / 2.0 * unit);
    let kept = |at: f64, place: f64, before: f64, after: f64| {
        let (least, most) = (
            (before * unit).min(place),
            (after - MARGIN * unit).max(place),
        );
        let is_inside = (0.0..=after).contains(&place);
        if is_inside { at.clamp(least, most) } else { at }
    };
    for _ in 0..ROUNDS {
        let mut is_clear = true;
        for one in 0..at.len() {
            for other in one + 1..at.len() {
                if let Some((x, y)) = push(at[one], at[other], room) {
                    is_clear = false;
                    at[one] = (at[one].0 - x / 2.0, at[one].1 - y / 2.0);
                    at[other] = (at[other].0 + x / 2.0, at[other].1 + y / 2.0);
                }
            }
            for leaf in leaves {
                if let Some((x, y)) = push(*leaf, at[one], beside_leaf) {
                    is_clear = false;
                    at[one] = (at[one].0 + x, at[one].1 + y);
                }
            }
        }
        if is_clear {
            return Some(at);
        }
        for (at, place) in at.iter_mut().zip(places) {
            at.0 = kept(at.0, place.0, MARGIN, width);
            at.1 = kept(at.1, place.1, MARGIN - 6.0, height);
        }
    }
    None
}

/// By how much two boxes have to part, the shorter way; nothing where they do not overlap.
fn push(one: Point, other: Point, (wide, high): Point) -> Option<Point> {
    let (dx, dy) = (other.0 - one.0, other.1 - one.1);
    let (over_x, over_y) = (wide - dx.abs(), high - dy.abs());
    if over_x <= 0.0 || over_y <= 0.0 {
        return None;
    }
    // A little more than needed, so that rounding does not bring the two together again.
    let by = |over: f64, way: f64| (over + 1.2).copysign(way);
    Some(match over_x <= over_y {
        true => (by(over_x, dx), 0.0),
        false => (0.0, by(over_y, dy)),
    })
}

fn distance(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Point = (1000.0, 900.0);

    fn overlap(at: &[Point], wide: f64, high: f64) -> bool {
        at.iter().enumerate().any(|(n, one)| {
            at[n + 1..]
                .iter()
                .any(|other| (one.0 - other.0).abs() < wide && (one.1 - other.1).abs() < high)
        })
    }

    #[test]
    fn marks_with_room_stay_where_they_are() {
        let places = [(100.0, 100.0), (300.0, 100.0), (100.0, 400.0)];
        let alone = |places: &[Point]| spread(places, &[], FRAME, 2.78);
        assert_eq!(alone(&places), (Size::Aged, places.to_vec()));
        assert_eq!(alone(&[]), (Size::Aged, Vec::new()));
    }

    #[test]
    fn a_mark_makes_way_for_a_leaf_unless_it_has_no_room() {
        let (place, leaf) = ((500.0, 400.0), (510.0, 410.0));
        let (size, at) = spread(&[place], &[leaf], FRAME, 2.78);
        assert_eq!(size, Size::Aged);
        let (dx, dy) = (at[0].0 - leaf.0, at[0].1 - leaf.1);
        assert!(dx.abs() >= 35.5 * 2.78 || dy.abs() >= 38.0 * 2.78, "{at:?}");
        let everywhere: Vec<Point> = (0..400)
            .map(|n| (f64::from(n % 20) * 50.0, f64::from(n / 20) * 50.0))
            .collect();
        let (size, at) = spread(&[place], &everywhere, FRAME, 2.78);
        assert_eq!((size, at), (Size::Aged, vec![place]));
    }

    #[test]
    fn crowded_marks_part_and_stay_near() {
        let places: Vec<Point> = (0..6)
            .map(|n| (500.0 + 9.0 * f64::from(n), 400.0))
            .collect();
        let (size, at) = spread(&places, &[], FRAME, 2.78);
        assert_eq!(size, Size::Aged);
        assert!(!overlap(&at, 43.0 * 2.78, 48.0 * 2.78));
        // On a wide screen they are nearer to their places.
        let moved = |at: &[Point]| -> f64 {
            at.iter()
                .zip(&places)
                .map(|(at, place)| distance(*at, *place))
                .sum()
        };
        assert!(moved(&spread(&places, &[], FRAME, 1.4).1) < moved(&at));
    }

    #[test]
    fn a_mark_at_the_edge_is_not_pushed_over_it() {
        let places = vec![(960.0, 400.0), (950.0, 402.0), (940.0, 398.0)];
        let (_, at) = spread(&places, &[], FRAME, 2.78);
        assert!(at.iter().all(|(x, _)| *x <= 960.0));
        // One that lies outside stays there.
        assert_eq!(
            spread(&[(1100.0, 400.0)], &[], FRAME, 2.78).1,
            [(1100.0, 400.0)]
        );
    }

    #[test]
    fn a_crowd_gives_up_ages_and_then_numbers() {
        let crowd = |n: usize| spread(&vec![(500.0, 400.0); n], &[], FRAME, 2.78).0;
        assert_eq!(crowd(3), Size::Aged);
        assert_eq!(crowd(200), Size::Dot);
        let sizes: Vec<Size> = (1..60).map(crowd).collect();
        assert!(sizes.contains(&Size::Numbered));
    }
}
