//! The lines of a city's map: its outline and its main streets, as facts with provenance.
//!
//! Two text files, each with a header of `#` lines. An outline's line is a ring, `34.1000,-118.3000 34.1010,...`; a
//! street's is its name and then its vertices, `SUNSET BLVD 34.0980,-118.3260 34.0979,...`.

use spotlight_common::gazetteer::metres;

/// The streets of Los Angeles, as `spotlight-hub gazetteer build` strung them.
const LOS_ANGELES_STREETS: &str = include_str!("../../cities/los-angeles/streets.txt");
/// Its boundary.
const LOS_ANGELES_OUTLINE: &str = include_str!("../../cities/los-angeles/outline.txt");

const STREETS_HEADER: &str = "# Spotlight streets, version 1";
const OUTLINE_HEADER: &str = "# Spotlight outline, version 1";

/// How much a street matters to whoever reads the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Named by the city's file as one of the streets that its people find their way by.
    Main,
    /// Named by it as the next best.
    Through,
    /// Any other.
    Side,
}

/// A street's run; a street with gaps has several.
#[derive(Debug, Clone, PartialEq)]
pub struct Street {
    /// As the city writes it, for instance `SUNSET BLVD`.
    pub name: String,
    /// (latitude, longitude) in degrees.
    pub points: Vec<(f64, f64)>,
    /// Its length in metres.
    pub metres: f64,
    pub rank: Rank,
}

/// What a map is drawn from where there is no tile server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Basemap {
    /// The city's rings, (latitude, longitude) in degrees.
    pub outline: Vec<Vec<(f64, f64)>>,
    /// What matters most first.
    pub streets: Vec<Street>,
}

/// Why a basemap cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file} line {line}: {reason}")]
pub struct BasemapError {
    file: &'static str,
    line: usize,
    reason: String,
}

impl Basemap {
    /// The built-in map of Los Angeles.
    pub fn los_angeles() -> Self {
        Self::parse(LOS_ANGELES_OUTLINE, LOS_ANGELES_STREETS)
            .expect("the built-in map is read by this module's tests")
    }

    /// Reads the text of an outline and of a streets file.
    pub fn parse(outline: &str, streets: &str) -> Result<Self, BasemapError> {
        Ok(Self {
            outline: self::outline(outline)?,
            streets: self::streets(streets)?,
        })
    }

    /// Puts the streets of two lists before all others, in the lists' order. Where nobody made lists, the longest come first.
    pub fn rank(&mut self, main: &[String], through: &[String]) {
        if main.is_empty() && through.is_empty() {
            return self.rank_by_length();
        }
        let place =
            |street: &Street, list: &[String]| list.iter().position(|name| *name == street.name);
        for street in &mut self.streets {
            street.rank = match (place(street, main), place(street, through)) {
                (Some(_), _) => Rank::Main,
                (None, Some(_)) => Rank::Through,
                (None, None) => Rank::Side,
            };
        }
        // Stable: the runs of one street stay longest first, and so do the other streets.
        self.streets.sort_by_key(|street| {
            let list = if street.rank == Rank::Main {
                main
            } else {
                through
            };
            (street.rank, place(street, list).unwrap_or(usize::MAX))
        });
    }
}

impl Basemap {
    /// One street in eight is held for a main one, and the next two for through streets.
    fn rank_by_length(&mut self) {
        self.streets.sort_by(|a, b| b.metres.total_cmp(&a.metres));
        let eighth = self.streets.len().div_ceil(8);
        for (n, street) in self.streets.iter_mut().enumerate() {
            street.rank = match n / eighth.max(1) {
                0 => Rank::Main,
                1 | 2 => Rank::Through,
                _ => Rank::Side,
            };
        }
    }
}

/// The rings of an outline's text.
pub fn outline(text: &str) -> Result<Vec<Vec<(f64, f64)>>, BasemapError> {
    let rings = lines(text, "outline", OUTLINE_HEADER)?.map(|(line, text)| {
        let points = text
            .split_whitespace()
            .map(point)
            .collect::<Result<Vec<_>, _>>();
        enough(points, 4).map_err(|reason| BasemapError {
            file: "outline",
            line,
            reason,
        })
    });
    rings.collect()
}

/// The streets of a streets file's text, longest first.
pub fn streets(text: &str) -> Result<Vec<Street>, BasemapError> {
    let streets = lines(text, "streets", STREETS_HEADER)?.map(|(line, text)| {
        street(text).map_err(|reason| BasemapError {
            file: "streets",
            line,
            reason,
        })
    });
    let mut streets = streets.collect::<Result<Vec<_>, _>>()?;
    streets.sort_by(|a, b| b.metres.total_cmp(&a.metres));
    Ok(streets)
}

/// A file's lines without header and blank ones, counted from 1.
fn lines<'a>(
    text: &'a str,
    file: &'static str,
    header: &str,
) -> Result<impl Iterator<Item = (usize, &'a str)>, BasemapError> {
    if text.lines().next().map(str::trim_end) != Some(header) {
        let reason = format!("should be `{header}`");
        return Err(BasemapError {
            file,
            line: 1,
            reason,
        });
    }
    Ok(text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#')))
}

fn street(text: &str) -> Result<Street, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let name = words.iter().take_while(|word| !word.contains(',')).count();
    if name == 0 {
        return Err("a street needs a name".to_owned());
    }
    let points = enough(words[name..].iter().map(|word| point(word)).collect(), 2)?;
    let metres = points.windows(2).map(|pair| metres(pair[0], pair[1])).sum();
    Ok(Street {
        name: words[..name].join(" "),
        points,
        metres,
        rank: Rank::Side,
    })
}

fn enough(
    points: Result<Vec<(f64, f64)>, String>,
    least: usize,
) -> Result<Vec<(f64, f64)>, String> {
    let points = points?;
    if points.len() < least {
        return Err(format!("needs at least {least} points"));
    }
    Ok(points)
}

fn point(text: &str) -> Result<(f64, f64), String> {
    text.split_once(',')
        .and_then(|(lat, lon)| Some((lat.parse().ok()?, lon.parse().ok()?)))
        .filter(|(lat, lon)| (-90.0..=90.0).contains(lat) && (-180.0..=180.0).contains(lon))
        .ok_or_else(|| format!("`{text}` is not latitude,longitude"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTLINE: &str =
        "# Spotlight outline, version 1\n34.0,-118.0 34.1,-118.0 34.1,-118.1 34.0,-118.0\n";

    #[test]
    fn los_angeles_has_an_outline_and_its_main_streets() {
        let map = Basemap::los_angeles();
        assert!(map.outline[0].len() > 200);
        let has = |name: &str| {
            map.streets
                .iter()
                .any(|street| street.name == name && street.metres > 5_000.0)
        };
        for name in [
            "SUNSET BLVD",
            "VERMONT AVE",
            "FIGUEROA ST",
            "WILSHIRE BLVD",
            "VENTURA BLVD",
            "SAN PEDRO ST",
        ] {
            assert!(has(name), "{name}");
        }
        assert!(
            map.streets
                .windows(2)
                .all(|pair| pair[0].metres >= pair[1].metres)
        );
        let total: f64 = map.streets.iter().map(|street| street.metres).sum();
        assert!(total > 2_000_000.0, "{total}");
    }

    #[test]
    fn the_citys_own_list_of_streets_comes_first() {
        let city = crate::city::City::load("los-angeles").expect("loads");
        let streets = &city.basemap.streets;
        assert_eq!(streets[0].name, "SUNSET BLVD");
        assert!(streets.windows(2).all(|pair| pair[0].rank <= pair[1].rank));
        let of = |name: &str| {
            streets
                .iter()
                .find(|street| street.name == name)
                .map(|s| s.rank)
        };
        assert_eq!(of("VERMONT AVE"), Some(Rank::Main));
        assert_eq!(of("SAN PEDRO ST"), Some(Rank::Through));
        assert_eq!(of("COHASSET ST"), Some(Rank::Side));
    }

    #[test]
    fn an_error_names_the_line() {
        let check = |outline: &str, streets: &str, expected: &str| {
            let error = Basemap::parse(outline, streets).expect_err(expected);
            assert_eq!(error.to_string(), expected);
        };
        check(
            "",
            "",
            "outline line 1: should be `# Spotlight outline, version 1`",
        );
        check(
            "# Spotlight outline, version 1\n\n1,2",
            "",
            "outline line 3: needs at least 4 points",
        );
        check(
            OUTLINE,
            "x",
            "streets line 1: should be `# Spotlight streets, version 1`",
        );
        let streets = |line: &str| format!("{STREETS_HEADER}\n# note\n{line}\n");
        check(
            OUTLINE,
            &streets("34.0,-118.0 34.1,-118.0"),
            "streets line 3: a street needs a name",
        );
        check(
            OUTLINE,
            &streets("MAIN ST 34.0,-118.0 34.1,x"),
            "streets line 3: `34.1,x` is not latitude,longitude",
        );
        check(
            OUTLINE,
            &streets("MAIN ST 34.0,-118.0"),
            "streets line 3: needs at least 2 points",
        );
        assert!(Basemap::parse(OUTLINE, &streets("MAIN ST 34.0,-118.0 34.1,-118.0")).is_ok());
    }
}
