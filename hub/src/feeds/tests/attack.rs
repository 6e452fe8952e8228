//! Invariant 4 against a reader who keeps every answer of every endpoint, before and after every change, and subtracts.

use super::*;
use crate::http::ask;
use crate::views::{Picture, fixture};
use spotlight_common::cell::Cell;
use std::sync::Arc;

/// A number that a reader has, and what it is of: a period, who began it, and the smallest pieces of land, by name.
type Known = BTreeMap<(String, String, Vec<String>), u64>;

/// Asks for everything that a reader can ask for, and returns all bodies.
fn every_answer(setup: &Setup) -> BTreeMap<String, String> {
    let layers = Arc::new(load_layers(setup.folder.path(), &setup.city).expect("loads"));
    let picture = Picture {
        layers: layers.clone(),
        city: Arc::new(setup.city.clone()),
        ..fixture::picture(0)
    };
    let mut paths: Vec<String> = [
        "/",
        "/?view=city",
        "/?lang=es",
        "/?period=none",
        "/list",
        "/about",
        "/api/v1/cities",
        "/api/v1/layers",
        "/feed.atom",
    ]
    .map(str::to_owned)
    .to_vec();
    for layer in layers.iter() {
        let id = &layer.id;
        paths.push(format!("/?layer={id}"));
        paths.push(format!("/?layer={id}&by=dispatch&view=city"));
        paths.push(format!("/api/v1/layers/{id}.geojson"));
        for period in &layer.periods {
            let period = &period.period;
            paths.push(format!("/?view=city&layer={id}&period={period}"));
            paths.push(format!("/api/v1/layers/{id}.geojson?period={period}"));
            paths.push(format!("/api/v1/layers/{id}.csv?period={period}"));
        }
    }
    ask::all(picture, paths)
}

/// What the GeoJSON of all layers says.
fn known(answers: &BTreeMap<String, String>, land: &Land) -> Known {
    let mut known = Known::new();
    for (path, body) in answers.iter().filter(|(path, _)| path.contains("geojson")) {
        let json: ::geojson::FeatureCollection =
            body.parse().unwrap_or_else(|e| panic!("{path}: {e}"));
        let members = json.foreign_members.expect("members");
        let member = |key: &str| members[key].as_str().expect("text").to_owned();
        let (layer, period) = (member("layer"), member("period"));
        for feature in json.features {
            let of = feature.properties.expect("properties");
            let text = |key: &str| {
                of.get(key)
                    .and_then(|text| text.as_str())
                    .unwrap_or_default()
            };
            let geometry =
                geo::MultiPolygon::<f64>::try_from(feature.geometry.clone().expect("one"))
                    .or_else(|_| {
                        geo::Polygon::try_from(feature.geometry.expect("one")).map(Into::into)
                    })
                    .expect("polygons");
            let what = format!("{layer} {}", text("begun_by"));
            let count = of["count"].as_u64().expect("a count");
            known.insert(
                (period.clone(), what, land.pieces(text("area"), &geometry)),
                count,
            );
        }
        for (by, count) in members["unknown"].as_object().expect("counts") {
            let what = format!("{layer} {}", by.replace("any", ""));
            let count = count.as_u64().expect("a count");
            known.insert((period.clone(), what, vec!["unknown".to_owned()]), count);
        }
    }
    known
}

/// A table says what the GeoJSON of its period says, and the feed sums of it.
fn say_no_more(answers: &BTreeMap<String, String>) {
    let mut sums = Vec::new();
    for (path, table) in answers.iter().filter(|(path, _)| path.contains(".csv")) {
        let json: ::geojson::FeatureCollection = answers[&path.replace(".csv", ".geojson")]
            .parse()
            .expect("GeoJSON");
        let of = |feature: &::geojson::Feature, name: &str| {
            let value = feature.property(name).expect("a property");
            value.to_string().trim_matches('"').to_owned()
        };
        let areas = json.features.iter();
        let mut counts: Vec<(String, String)> = areas
            .map(|feature| (of(feature, "area"), of(feature, "count")))
            .collect();
        sums.push(
            counts
                .iter()
                .map(|(_, count)| count.parse::<u64>().expect("a number"))
                .sum::<u64>(),
        );
        let members = json.foreign_members.expect("members");
        let unknown = members["unknown"].as_object().expect("counts").values();
        counts.extend(unknown.map(|count| ("unknown".to_owned(), count.to_string())));
        let rows = table.lines().skip(1);
        let mut told: Vec<(String, String)> = rows
            .map(|row| {
                let fields: Vec<&str> = row.split(',').collect();
                (fields[0].to_owned(), fields[2].to_owned())
            })
            .collect();
        counts.sort();
        told.sort();
        assert_eq!(told, counts, "{path}");
    }
    for summary in answers["/feed.atom"].split("<summary>").skip(1) {
        let told = summary.split(' ').next().and_then(|n| n.parse().ok());
        assert!(told.is_some_and(|told| sums.contains(&told)), "{summary}");
    }
}

/// The smallest pieces of land, as anybody may draw them: districts with a point of each.
struct Land {
    districts: Vec<(String, geo::Point<f64>)>,
}

impl Land {
    fn of(city: &City) -> Self {
        use geo::InteriorPoint as _;
        let sets = city.boundaries.iter();
        let districts = sets.flat_map(|set| {
            set.built_in.0.keys().map(|name| {
                let point = set.built_in.outline([name.as_str()]).interior_point();
                (name.clone(), point.expect("an area"))
            })
        });
        Self {
            districts: districts.collect(),
        }
    }

    /// The resolution-8 cells or the districts that an outline is drawn around.
    fn pieces(&self, area: &str, geometry: &geo::MultiPolygon<f64>) -> Vec<String> {
        use geo::Contains as _;
        let name = area.strip_suffix("-rest").unwrap_or(area);
        let pieces: Vec<String> = match name.parse::<Cell>() {
            Ok(cell) => {
                let cells = cell.h3().children(h3o::Resolution::Eight).map(Cell::from);
                let inside = cells.filter(|cell| {
                    let (lat, lon) = cell.center();
                    geometry.contains(&geo::point!(x: lon, y: lat))
                });
                inside.map(|cell| cell.to_string()).collect()
            }
            Err(_) => {
                let inside = self
                    .districts
                    .iter()
                    .filter(|(_, point)| geometry.contains(point));
                inside.map(|(name, _)| name.clone()).collect()
            }
        };
        assert!(!pieces.is_empty(), "{area} is drawn nowhere");
        pieces
    }
}

/// All that can be had by subtracting what one number is of from what another is of: only where one lies within the other.
fn subtracted(known: &Known) -> Vec<(Vec<String>, u64)> {
    let mut rests = Vec::new();
    for ((period, what, small), count) in known {
        for ((other_period, other_what, large), other_count) in known {
            let is_within =
                small.len() < large.len() && small.iter().all(|piece| large.contains(piece));
            if (period, what) == (other_period, other_what) && is_within {
                let rest = large
                    .iter()
                    .filter(|piece| !small.contains(piece))
                    .cloned()
                    .collect();
                rests.push((rest, other_count - count));
            }
        }
    }
    rests
}

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// A day's rows: few of them, many at few addresses, some known by their ZIP code alone, some already known.
fn rows(random: &mut Random, day: Date, next_id: &mut u64, csv: &mut String) {
    for _ in 0..random.below(30) {
        let place = random.below(150).min(random.below(150));
        let (north, east) = ((place % 12) as f64, (place / 12) as f64);
        let (lat, lon) = (34.0 + 0.009 * north, -118.4 + 0.011 * east);
        *next_id += 1 - u64::from(random.below(9) == 0);
        let point = match random.below(12) {
            0 => ",".to_owned(),
            _ => format!("{lat},{lon}"),
        };
        let address = random.below(30);
        *csv += &format!(
            "{next_id},{day} 10:00:00,Homeless Encampment,{address} X{place} ST,{point},90013\n"
        );
    }
}

/// And of calls: many districts with few calls each.
fn calls(random: &mut Random, day: Date, next_id: &mut u64, csv: &mut String) {
    const DISTRICTS: [u64; 10] = [101, 105, 111, 118, 119, 127, 129, 133, 9999, 0];
    const TYPES: [&str; 3] = ["006,CODE 6", "9212,TRESPASS", "620D,DOM VIOL"];
    for _ in 0..random.below(20) {
        *next_id += 1;
        let district = DISTRICTS[random.below(10) as usize];
        let kind = TYPES[random.below(3) as usize];
        *csv += &format!("{next_id},{district},{day},{kind}\n");
    }
}

/// A table of any feed, by the names that its city's file gives its columns first: what is wanted and what is not, at few
/// addresses and at many, with and without a point, some of them known already, some of a kind that reveals a victim.
fn table(
    feed: &crate::city::Feed,
    city: &City,
    random: &mut Random,
    days: &[Date],
    next_id: &mut u64,
) -> String {
    use crate::city::Match;
    let first = |names: &[String]| names.first().cloned();
    let said = |matched: &Match| {
        let mut texts = matched
            .is
            .iter()
            .chain(&matched.starts)
            .chain(&matched.contains);
        texts.next().cloned().unwrap_or_default()
    };
    let (_, south, west) = city.districts[0];
    let mut csv = String::new();
    for day in days {
        for _ in 0..random.below(40) {
            let place = random.below(60).min(random.below(60));
            let (lat, lon) = (
                south + 0.009 * (place % 6) as f64,
                west + 0.011 * (place / 6) as f64,
            );
            *next_id += 1 - u64::from(random.below(9) == 0);
            let is_placed = random.below(12) != 0;
            let mut row: BTreeMap<String, String> = BTreeMap::new();
            let mut set = |column: Option<String>, text: String| {
                if let Some(column) = column {
                    row.insert(column, text);
                }
            };
            for matched in &feed.victims {
                let is_one = random.below(10) == 0;
                let text = if is_one {
                    said(matched)
                } else {
                    "-".to_owned()
                };
                set(first(&matched.column), text);
            }
            if let Some(matched) = &feed.officer_initiated {
                let is_one = random.below(2) == 0;
                let text = if is_one {
                    said(matched)
                } else {
                    "-".to_owned()
                };
                set(first(&matched.column), text);
            }
            if let Some(matched) = &feed.filter {
                set(first(&matched.column), said(matched));
            }
            let columns = &feed.columns;
            let point = |text: String| if is_placed { text } else { String::new() };
            set(first(&columns.id), next_id.to_string());
            set(first(&columns.created), format!("{day} 10:00:00"));
            let address = random.below(30);
            set(first(&columns.address), format!("{address} X{place} ST"));
            set(first(&columns.latitude), point(lat.to_string()));
            set(first(&columns.longitude), point(lon.to_string()));
            set(
                first(&columns.location),
                point(format!("POINT ({lon} {lat})")),
            );
            if csv.is_empty() {
                csv = row.keys().cloned().collect::<Vec<_>>().join(",") + "\n";
            }
            csv += &(row.into_values().collect::<Vec<_>>().join(",") + "\n");
        }
    }
    csv
}

/// What a reader has learned by the end.
struct Learned {
    now: Known,
    /// Periods and what was counted in them.
    numbers: usize,
}

/// A city publishes again and again as its tables grow, `fill` being what comes of some days; a reader keeps everything.
fn attack(
    setup: &Setup,
    rounds: usize,
    days: usize,
    mut fill: impl FnMut(&mut Random, &[Date]),
) -> Learned {
    let land = Land::of(&setup.city);
    let mut random = Random(0x5eed_0001);
    let mut day = date(2020, 1, 1);
    let mut before: Option<Known> = None;
    let mut seen_numbers = HashSet::new();
    for round in 0..rounds {
        let mut told = Vec::new();
        for _ in 0..days {
            day = day.tomorrow().expect("a day");
            // The city also changes what it said of days long past.
            let back = jiff::Span::new().days(random.below(60) as i64);
            told.extend([day, day.checked_sub(back).expect("a day")]);
        }
        fill(&mut random, &told);
        for feed in &setup.city.feeds {
            setup.publish(&feed.id, day, false);
        }
        let answers = every_answer(setup);
        let now = known(&answers, &land);
        say_no_more(&answers);
        for ((period, what, pieces), count) in &now {
            assert!(*count >= 5, "{period} {what}: {count} in {pieces:?}");
            seen_numbers.insert((period.clone(), what.clone()));
        }
        assert_eq!(subtracted(&now), [], "round {round}");
        if let Some(before) = &before {
            for (key, count) in before {
                assert_eq!(now.get(key), Some(count), "{key:?} was revised");
            }
        }
        // Nothing that a page or a list of layers says is finer than these: no other counts stand on them.
        let page = &answers["/api/v1/layers"];
        let json: serde_json::Value = serde_json::from_str(page).expect("JSON");
        for layer in json["layers"].as_array().expect("layers") {
            for (key, value) in layer.as_object().expect("an object") {
                assert!(
                    !value.is_number(),
                    "{key} is a number that no area sums up to"
                );
            }
        }
        before = Some(now);
    }
    Learned {
        now: before.expect("rounds"),
        numbers: seen_numbers.len(),
    }
}

#[test]
fn a_reader_who_keeps_and_subtracts_everything_learns_of_no_area_under_the_threshold() {
    let setup = Setup::new();
    let mut next_id = 0;
    let learned = attack(&setup, 15, 9, |random, days| {
        let mut requests =
            "SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude,ZipCode\n".to_owned();
        let mut dispatched =
            "incident_number,rpt_dist,dispatch_date,call_type_code,call_type_text\n".to_owned();
        for day in days {
            rows(random, *day, &mut next_id, &mut requests);
            calls(random, *day, &mut next_id, &mut dispatched);
        }
        setup.read(requests.as_bytes()).expect("reads");
        setup
            .read_as("calls", dispatched.as_bytes())
            .expect("reads");
    });
    assert!(learned.numbers > 15, "{}", learned.numbers);
    let now = learned.now;
    let is_rest = |pieces: &Vec<String>| pieces.len() > 1;
    let rests = now.keys().filter(|(_, _, pieces)| is_rest(pieces)).count();
    assert!(rests > 10 && rests < now.len(), "{rests} of {}", now.len());
}

/// Every layer of every other city that is built in.
#[test]
fn nor_does_one_of_any_other_city() {
    for (name, _) in crate::city::builtin::ALL {
        let setup = Setup::of(name);
        // Its areas by name are of real districts: the test above is of that city's layers.
        if !setup.city.boundaries.is_empty() {
            continue;
        }
        let mut next_id = 0;
        let learned = attack(&setup, 3, 25, |random, days| {
            for feed in &setup.city.feeds {
                let csv = table(feed, &setup.city, random, days, &mut next_id);
                let counts = setup.read_as(&feed.id, csv.as_bytes());
                let counts = counts.unwrap_or_else(|error| panic!("{name} {}: {error}", feed.id));
                let victims = counts.rejected.get("victim").copied().unwrap_or(0);
                assert_eq!(victims > 0, !feed.victims.is_empty(), "{name} {}", feed.id);
                assert!(counts.records > 100, "{name} {}: {counts:?}", feed.id);
            }
        });
        for feed in &setup.city.feeds {
            let mut known = learned.now.keys();
            assert!(
                known.any(|(_, what, _)| what.split(' ').next() == Some(&*feed.id)),
                "{name}: nothing of {} is published",
                feed.id
            );
        }
        assert!(learned.numbers > 1, "{name}");
    }
}

/// The attacker itself must be able to find something.
#[test]
fn the_attacker_finds_an_area_within_another() {
    let key = |pieces: &[&str]| {
        let pieces = pieces.iter().map(|&piece| piece.to_owned()).collect();
        ("2020-01".to_owned(), "encampments".to_owned(), pieces)
    };
    let known = Known::from([(key(&["a", "b"]), 9), (key(&["a"]), 6), (key(&["c"]), 5)]);
    assert_eq!(subtracted(&known), [(vec!["b".to_owned()], 3)]);
}

/// A reader of every number subtracts whatever can be subtracted, before and after each import.
#[test]
fn before_and_after_differ_only_by_whole_areas_over_the_threshold() {
    let setup = Setup::new();
    setup
        .read(File::open(shared(FILES[0])).expect("opens"))
        .expect("reads");
    let before = setup.published(date(2019, 2, 1), false);
    // A late row of a published month, and a month that is new.
    let late = "SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude\n\
                X-1,12/30/2017 01:00:00 PM,Homeless Encampment,\"1 NEW ST, 90013\",34.0442,-118.2439\n";
    assert_eq!(setup.read(late.as_bytes()).expect("reads").records, 1);
    setup
        .read(File::open(shared(FILES[1])).expect("opens"))
        .expect("reads");
    let after = setup.published(date(2019, 2, 1), false);
    for (key, count) in &after {
        match before.get(key) {
            Some(old) => assert_eq!(count, old, "{key:?} was revised"),
            None => assert!(key.0 == "2018-12" && *count >= 5),
        }
    }
    assert!(before.keys().all(|key| after.contains_key(key)));
    // Only the operator revises, and then whole.
    let rebuilt = setup.published(date(2019, 2, 1), true);
    let total = |numbers: &BTreeMap<_, u32>| numbers.values().sum::<u32>();
    assert!(total(&rebuilt) >= total(&after));
}
