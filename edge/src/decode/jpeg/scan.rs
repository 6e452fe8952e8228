//! From the scan's bits to each component's reduced plane.

use super::bits::{Bits, behind_restart, unstuff};
use super::header::{Component, Header};

/// A component at an eighth of the picture: brightness, or a difference of colour around 128.
pub(super) struct Plane {
    pub(super) values: Vec<u8>,
    /// Values a row.
    pub(super) row: usize,
    /// Values a unit.
    pub(super) across: usize,
    pub(super) down: usize,
    /// Whether a block is four values, not one: colour is kept at half of the size.
    is_fine: bool,
}

impl Plane {
    fn new(component: &Component, units: (usize, usize), most: (usize, usize)) -> Self {
        let is_fine = component.across < most.0 || component.down < most.1;
        let fine = 1 + usize::from(is_fine);
        let (across, down) = (fine * component.across, fine * component.down);
        Self {
            values: vec![0; units.0 * across * units.1 * down],
            row: units.0 * across,
            across,
            down,
            is_fine,
        }
    }

    /// Not finer than so many values a unit.
    fn at_most(mut self, across: usize, down: usize) -> Self {
        if self.across > across {
            let pairs = self.values.as_chunks().0;
            self.values = pairs
                .iter()
                .map(|&[one, other]| u8::midpoint(one, other))
                .collect();
            self.row /= 2;
            self.across /= 2;
        }
        if self.down > down {
            let pairs = self.values.chunks_exact(2 * self.row);
            self.values = pairs
                .flat_map(|pair| {
                    let (one, other) = pair.split_at(self.row);
                    one.iter()
                        .zip(other)
                        .map(|(&one, &other)| u8::midpoint(one, other))
                })
                .collect();
            self.down /= 2;
        }
        self
    }
}

pub(super) fn planes(header: &Header<'_>) -> Option<Vec<Plane>> {
    let (across, down) = header.units();
    let most = header.sampling();
    let mut planes: Vec<Plane> = header
        .components
        .iter()
        .map(|component| Plane::new(component, (across, down), most))
        .collect();
    let mut means = vec![0; planes.len()];
    let units = across * down;
    let interval = if header.restart > 0 {
        header.restart
    } else {
        units
    };
    let mut rest = header.data;
    let mut data = Vec::with_capacity(rest.len());
    for first in (0..units).step_by(interval) {
        if first > 0 {
            rest = behind_restart(rest)?;
        }
        rest = unstuff(rest, &mut data);
        let mut bits = Bits::new(&data);
        means.fill(0);
        let end = units.min(first + interval);
        for unit in first..end {
            let (row, column) = (unit / across, unit % across);
            for (component, (plane, mean)) in header
                .components
                .iter()
                .zip(planes.iter_mut().zip(&mut means))
            {
                for y in row * component.down..(row + 1) * component.down {
                    for x in column * component.across..(column + 1) * component.across {
                        block_of(component, &mut bits, mean, plane, (x, y))?;
                    }
                }
            }
            if bits.is_beyond() {
                return None;
            }
        }
        if end < units && !bits.is_used_up() {
            return None;
        }
    }
    let planes = planes.into_iter();
    Some(planes.map(|plane| plane.at_most(most.0, most.1)).collect())
}

/// Decodes what the plane needs of a block, at its column and row of blocks.
#[inline(always)]
fn block_of(
    component: &Component,
    bits: &mut Bits<'_>,
    mean: &mut i32,
    plane: &mut Plane,
    (x, y): (usize, usize),
) -> Option<()> {
    bits.fill();
    *mean += component.dc.difference(bits)?;
    // Twice what 8 bits can make.
    if !(-4096..4096).contains(mean) {
        return None;
    }
    if plane.is_fine {
        let [across, down, both] = component.ac.waves(bits)?;
        let four = quarters(
            *mean * component.quantiser[0],
            across * component.quantiser[1],
            down * component.quantiser[2],
            both * component.quantiser[4],
        );
        let at = 2 * (y * plane.row + x);
        plane.values[at..at + 2].copy_from_slice(&four[..2]);
        plane.values[at + plane.row..at + plane.row + 2].copy_from_slice(&four[2..]);
    } else {
        component.ac.step_over(bits, 1)?;
        plane.values[y * plane.row + x] = level((*mean * component.quantiser[0] + 4) >> 3);
    }
    Some(())
}

/// The means of a block's four quarters. A wave's mean over half a block is 0.6407 of its height.
#[inline]
fn quarters(mean: i32, across: i32, down: i32, both: i32) -> [u8; 4] {
    // In parts of 8192: 1/8, 0.6407 / (4 sqrt 2) and 0.6407^2 / 4.
    const MEAN: i64 = 1024;
    const ONE: i64 = 928;
    const BOTH: i64 = 841;
    let mean = MEAN * i64::from(mean) + 4096;
    let (across, down, both) = (
        ONE * i64::from(across),
        ONE * i64::from(down),
        BOTH * i64::from(both),
    );
    [
        mean + across + down + both,
        mean - across + down - both,
        mean + across - down - both,
        mean - across - down + both,
    ]
    .map(|value| level((value >> 13).clamp(-1024, 1024) as i32))
}

/// T.81, A.3.1: samples are kept around zero.
#[inline]
fn level(value: i32) -> u8 {
    (value + 128).clamp(0, 255) as u8
}
