//! What is shown, as tables for a spreadsheet: RFC 4180, with a line of names first. A table that is kept says by itself whose
//! it is: its last columns are the same in each row.

use geo::Centroid as _;
use jiff::Timestamp;
use simd_csv::{Writer, WriterBuilder};

use crate::city::rent::Kind;
use crate::feeds::publish::UNKNOWN;
use crate::views::geojson::{SIGHTINGS_LICENCE, begun_by, data, second};
use crate::views::layers::{Layer, Period};
use crate::views::{Picture, current, rents};

/// Current sightings, a row each. A table has no room for "no data" but a row: where an area without a sighting says
/// nothing, the last row has no cell, the level `no_data`, and the reason as its label.
pub fn sightings(picture: &Picture, at: Timestamp) -> String {
    let names = [
        "cell",
        "label",
        "level",
        "first_seen",
        "last_seen",
        "fades_at",
        "reported_gone",
        "licence",
    ];
    let rows = current(picture, at).map(|sighting| {
        [
            sighting.cell.to_string(),
            sighting.label.clone(),
            sighting.level.as_str().to_owned(),
            second(sighting.first_seen),
            second(sighting.last_seen),
            second(sighting.fades_at),
            sighting.reported_gone.map(second).unwrap_or_default(),
            SIGHTINGS_LICENCE.to_owned(),
        ]
    });
    let mut table = vec![names.map(str::to_owned)];
    table.extend(rows);
    if !picture.has_data() {
        let mut row = <[String; 8]>::default();
        (row[1], row[2]) = (data(picture).to_owned(), "no_data".to_owned());
        table.push(row);
    }
    written(&table)
}

/// One period of a layer, a row for each area with the middle of its outline, which need not lie in it. Where the layer
/// tells who began what is counted, `begun_by` does.
pub fn layer(layer: &Layer, period: &Period) -> String {
    if let Some(kind) = layer.rents {
        return rents(layer, period, kind);
    }
    let tells = layer.begun_by.iter().any(|by| begun_by(*by).is_some());
    let row = |area: &str, count: &str, middle: [String; 2], by: &str| {
        let [lat, lon] = middle;
        let mut row = vec![
            area.to_owned(),
            period.period.clone(),
            count.to_owned(),
            lat,
            lon,
        ];
        if tells {
            row.push(by.to_owned());
        }
        let through = layer.data_through.map(|date| date.to_string());
        row.extend([
            through.unwrap_or_default(),
            layer.source.clone(),
            layer.licence.clone(),
        ]);
        row
    };
    let mut names = vec!["area", "period", "count", "lat", "lon"];
    names.extend(tells.then_some("begun_by"));
    names.extend(["data_through", "source", "licence"]);
    let mut table = vec![names.into_iter().map(str::to_owned).collect()];
    for area in &period.areas {
        let middle = area.geometry.centroid();
        let middle = middle.map(|middle| [middle.y(), middle.x()].map(|n| format!("{n:.6}")));
        let by = begun_by(area.begun_by).unwrap_or_default();
        table.push(row(
            &area.area,
            &area.count.to_string(),
            middle.unwrap_or_default(),
            by,
        ));
    }
    for (by, count) in &period.unknown {
        let by = begun_by(*by).unwrap_or_default();
        table.push(row(UNKNOWN, &count.to_string(), Default::default(), by));
    }
    written(&table)
}

/// One period of rents: `rent` is the median, or `bound` says that it is that much `or_more` or `under` it; empty where there is
/// no figure.
fn rents(layer: &Layer, period: &Period, kind: Kind) -> String {
    let names = "area,name,period,rent,margin,bound,lat,lon,data_through,source,licence";
    let mut table: Vec<Vec<String>> = vec![names.split(',').map(str::to_owned).collect()];
    let told = |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
    for area in &period.rents {
        let middle = area.shape.fine.centroid();
        let middle = middle.map(|middle| [middle.y(), middle.x()].map(|n| format!("{n:.6}")));
        let [lat, lon] = middle.unwrap_or_default();
        let (rent, margin) = rents::figures(area.rent);
        let through = layer.data_through.map(|date| date.to_string());
        table.push(vec![
            area.area.clone(),
            rents::number(kind, &area.area),
            period.period.clone(),
            told(rent),
            told(margin),
            rents::bound(area.rent).unwrap_or_default().to_owned(),
            lat,
            lon,
            through.unwrap_or_default(),
            layer.source.clone(),
            layer.licence.clone(),
        ]);
    }
    written(&table)
}

fn written<R: AsRef<[String]>>(table: &[R]) -> String {
    let mut text = Vec::new();
    let mut writer: Writer<_> = WriterBuilder::new()
        .crlf_newlines(true)
        .from_writer(&mut text);
    for row in table {
        writer
            .write_record(row.as_ref())
            .expect("rows are of one length and memory takes them");
    }
    writer.flush().expect("memory takes it");
    drop(writer);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;

    #[test]
    fn a_sighting_is_a_row_until_it_fades() {
        let mut picture = fixture::picture(2);
        picture.sightings[0].label = "near \"A, B\"".to_owned();
        let table = sightings(&picture, picture.at);
        let lines: Vec<&str> = table.split("\r\n").collect();
        assert_eq!(
            lines[0],
            "cell,label,level,first_seen,last_seen,fades_at,reported_gone,licence"
        );
        assert!(
            lines[1].contains(",\"near \"\"A, B\"\"\",corroborated,"),
            "{table}"
        );
        assert!(
            lines[1].contains(",2026-07-01T22:58:00Z,,facts on "),
            "{table}"
        );
        assert!(lines[2].contains(",2026-07-01T22:57:00Z,2026-07-01T22:00:00Z,facts on "));
        assert_eq!(&lines[3..], [""]);
        let count = |at| sightings(&picture, fixture::at(at)).lines().count() - 1;
        assert_eq!(count("2026-07-01T22:56:59Z"), 2);
        assert_eq!(count("2026-07-01T22:57:00Z"), 1);
        assert_eq!(count("2026-07-01T22:58:00Z"), 0);
    }

    #[test]
    fn silence_that_means_nothing_is_no_data() {
        let mut picture = fixture::picture(0);
        picture.node_online = false;
        let table = sightings(&picture, picture.at);
        assert!(
            table.ends_with("\r\n,no data: no receiver is connected,no_data,,,,,\r\n"),
            "{table}"
        );
    }

    #[test]
    fn an_area_is_a_row_with_its_middle() {
        let encampments = fixture::layer();
        let table = layer(&encampments, &encampments.periods[1]);
        let whose = "2020-09-30,\"City of Los Angeles, MyLA311\",CC0 1.0";
        let expected = format!(
            "area,period,count,lat,lon,data_through,source,licence\r\n\
             8829a1d757fffff,2020-09,5,34.045000,-118.245000,{whose}\r\n\
             8729a1d75ffffff-rest,2020-09,60,34.065000,-118.245000,{whose}\r\n"
        );
        assert_eq!(table, expected);
        let calls = fixture::calls();
        let table = layer(&calls, &calls.periods[0]);
        assert!(table.starts_with("area,period,count,lat,lon,begun_by,data_through,"));
        assert!(
            table.contains("\r\nunknown,2020-W40,12,,,officer,2020-10-01,"),
            "{table}"
        );
    }
}
