//! The TP-Service-Centre-Time-Stamp, 3GPP TS 23.040 clause 9.2.3.11: seven octets of swapped decimal digits, local time and zone.

use std::fmt;

use jiff::{
    Timestamp, ZonedDateTime,
    civil::DateTime,
    tz::{Offset, TimeZone},
};

use super::DecodeError;

/// When the service centre took a message, and the zone it said so in. Displayed as RFC 3339, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scts {
    at: Timestamp,
    offset: Offset,
}

/// Octets of a time stamp.
pub(super) const LENGTH: usize = 7;

impl Scts {
    pub fn timestamp(&self) -> Timestamp {
        self.at
    }

    /// `None` where a service centre filled in no date (month or day 0). Digits that are none, and dates that are none, are refused:
    /// real centres send neither, bytes that are no message do.
    pub(super) fn decode(octets: &[u8]) -> Result<Option<Self>, DecodeError> {
        let malformed = DecodeError::Malformed("time stamp");
        let &[year, month, day, hour, minute, second, zone] = octets else {
            return Err(DecodeError::Truncated("time stamp"));
        };
        let two = |octet: u8| {
            let (tens, units) = (octet & 0xf, octet >> 4);
            if tens > 9 || units > 9 {
                Err(malformed)
            } else {
                Ok((tens * 10 + units) as i8)
            }
        };
        // Bit 3 of the zone's first digit is the sign; the rest counts quarters of an hour.
        let quarters = i32::from(two(zone & !8)?);
        let seconds = quarters * 15 * 60 * if zone & 8 == 0 { 1 } else { -1 };
        let (year, month, day) = (i16::from(two(year)?), two(month)?, two(day)?);
        let (hour, minute, second) = (two(hour)?, two(minute)?, two(second)?);
        if month == 0 || day == 0 {
            return Ok(None);
        }
        // Two digits of the year: GSM text messages began in 1992.
        let year = if year >= 90 { 1900 + year } else { 2000 + year };
        let civil =
            DateTime::new(year, month, day, hour, minute, second, 0).map_err(|_| malformed)?;
        let offset = Offset::from_seconds(seconds).map_err(|_| malformed)?;
        let at = offset.to_timestamp(civil).map_err(|_| malformed)?;
        Ok(Some(Self { at, offset }))
    }

    /// The zone is rounded to a quarter of an hour towards zero, which the format cannot exceed.
    pub(super) fn encode(&self) -> [u8; LENGTH] {
        let swapped = |value: i32| (((value % 10) << 4) | (value / 10 % 10)) as u8;
        let quarters = (self.offset.seconds() / (15 * 60)).clamp(-79, 79);
        let local = Offset::from_seconds(quarters * 15 * 60)
            .unwrap_or(Offset::UTC)
            .to_datetime(self.at);
        [
            swapped(i32::from(local.year())),
            swapped(i32::from(local.month())),
            swapped(i32::from(local.day())),
            swapped(i32::from(local.hour())),
            swapped(i32::from(local.minute())),
            swapped(i32::from(local.second())),
            swapped(quarters.abs()) | if quarters < 0 { 8 } else { 0 },
        ]
    }
}

impl From<&ZonedDateTime> for Scts {
    fn from(zoned: &ZonedDateTime) -> Self {
        Self {
            at: zoned.timestamp(),
            offset: zoned.offset(),
        }
    }
}

impl From<Timestamp> for Scts {
    fn from(at: Timestamp) -> Self {
        Self::from(&at.to_zoned_datetime(TimeZone::UTC))
    }
}

impl fmt::Display for Scts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0}", self.at.display_with_offset(self.offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_stamp_says_its_zone() {
        let check = |octets: [u8; LENGTH], expected: Option<&str>| {
            let scts = Scts::decode(&octets).expect("decimal digits");
            assert_eq!(scts.map(|s| s.to_string()).as_deref(), expected);
            if let Some(scts) = scts {
                assert_eq!(scts.encode(), octets);
            }
        };
        check(
            [0x62, 0x30, 0x41, 0x51, 0x90, 0x62, 0x8a],
            Some("2026-03-14T15:09:26-07:00"),
        );
        check(
            [0x99, 0x30, 0x92, 0x51, 0x61, 0x95, 0x80],
            Some("1999-03-29T15:16:59+02:00"),
        );
        check(
            [0x91, 0x80, 0x50, 0x80, 0x90, 0x53, 0x22],
            Some("2019-08-05T08:09:35+05:30"),
        );
        check([0; 7], None);
        assert!(Scts::decode(&[0xe2, 0x80, 0x60, 0x40, 0x28, 0x18, 0x0e]).is_err());
        assert!(Scts::decode(&[0x62, 0x31, 0x41, 0x51, 0x90, 0x62, 0x8a]).is_err());
    }
}
