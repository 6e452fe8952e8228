//! Seattle's past sweeps. The figures were counted independently, with Python's csv and h3 modules and the rules of
//! invariant 4 written anew.

use super::*;

/// By year: areas, sweeps in them, and those in no known place, of all months.
const YEARS: [(&str, usize, u32, u32); 18] = [
    ("2008", 1, 6, 0),
    ("2009", 0, 0, 0),
    ("2010", 2, 10, 0),
    ("2011", 3, 15, 0),
    ("2012", 3, 20, 0),
    ("2013", 21, 129, 0),
    ("2014", 24, 153, 0),
    ("2015", 19, 116, 0),
    ("2016", 72, 487, 0),
    ("2017", 38, 233, 159),
    ("2018", 1, 5, 439),
    ("2019", 0, 0, 969),
    ("2020", 0, 0, 244),
    ("2021", 0, 0, 39),
    ("2022", 0, 0, 919),
    ("2023", 0, 0, 2149),
    ("2024", 0, 0, 2438),
    ("2025", 0, 0, 1235),
];

#[test]
fn a_file_in_two_encodings_is_counted_exactly_and_published_by_month() {
    let setup = Setup::of("seattle");
    let open = || File::open(shared("seattle_sweeps_2008_2025.csv")).expect("opens");
    let counts = setup.read_as("sweeps", open()).expect("reads");
    check(&counts, 10_718, [10_718, 10_408, 310, 8_785]);
    let again = setup.read_as("sweeps", open()).expect("reads");
    check(&again, 10_718, [10_718, 0, 10_718, 8_785]);
    setup.publish("sweeps", date(2026, 1, 1), false);
    let layer = setup.layer("sweeps");
    assert_eq!(layer.data_through, Some(date(2025, 6, 30)));
    for (year, areas, placed, unknown) in YEARS {
        let of_year = || {
            layer
                .periods
                .iter()
                .filter(|period| period.period.starts_with(year))
        };
        let all = || of_year().flat_map(|period| &period.areas);
        let no_place = of_year().flat_map(|period| &period.unknown);
        let seen = (
            all().count(),
            all().map(|area| area.count).sum::<u32>(),
            no_place.map(|(_, count)| count).sum::<u32>(),
        );
        assert_eq!(seen, (areas, placed, unknown), "{year}");
    }
    let month = |month: &str| {
        let found = layer.periods.iter().find(|period| period.period == month);
        let period = found.expect("a month");
        (
            period.areas.len(),
            period.areas.iter().map(|area| area.count).sum::<u32>(),
        )
    };
    assert_eq!(month("2016-03"), (6, 42));
    assert_eq!(month("2017-03"), (9, 60));
}
