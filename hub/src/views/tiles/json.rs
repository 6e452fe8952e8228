//! TileJSON 3.0.0: where a tileset's tiles are and what they hold.

use serde_json::{Value, json};

use super::grid::ZOOMS;
use super::{BASEMAP, STREETS, Tileset, bounds, version};
use crate::basemap::Basemap;
use crate::city::context::ContextSource;
use crate::context::Which;
use crate::views::Picture;

/// A tileset's tiles, relative to the folder that they all lie in. `{z}`, `{x}` and `{y}` stand for a square.
pub fn template(picture: &Picture, tileset: &Tileset) -> String {
    let version = version(picture, tileset);
    let square = "{z}/{x}/{y}.mvt";
    match tileset {
        Tileset::Streets => format!("{STREETS}/{square}?v={version}"),
        Tileset::Context(which) => format!("{}/{square}?v={version}", which.id()),
        Tileset::Areas { layer, period } => {
            format!("{layer}/{square}?period={period}&v={version}")
        }
    }
}

/// The same of the map beneath ours.
pub fn template_of_basemap(basemap: &Basemap) -> String {
    format!("{BASEMAP}/{{z}}/{{x}}/{{y}}.mvt?v={}", basemap.version)
}

/// The TileJSON of the map beneath ours.
pub fn of_basemap(basemap: &Basemap) -> Value {
    let (lowest, highest) = basemap.zooms();
    json!({
        "tilejson": "3.0.0",
        "name": "Basemap",
        "attribution": basemap.attribution,
        "scheme": "xyz",
        "tiles": [template_of_basemap(basemap)],
        "minzoom": lowest,
        "maxzoom": highest,
        "bounds": basemap.bounds(),
        "vector_layers": basemap.layers,
    })
}

/// The TileJSON; the address of its tiles is relative to its own, for the hub does not know under which it is reached.
pub fn tilejson(picture: &Picture, tileset: &Tileset) -> Value {
    let (south, west, north, east) = bounds(&picture.city);
    let of = tileset.areas(picture);
    let (name, description, attribution) = match (of, source(picture, tileset)) {
        (_, Some(source)) => (
            source.title.clone(),
            source.explanation.clone(),
            source
                .credit
                .clone()
                .unwrap_or_else(|| format!("{}, {}", source.source, source.licence)),
        ),
        (Some((layer, _)), _) => (
            layer.title.clone(),
            layer.explanation.clone(),
            format!("{}, {}", layer.source, layer.licence),
        ),
        (None, None) => (
            format!("Streets of {}", picture.city.name),
            "Streets, and where people are asked to report. No sightings: those are at api/v1/events.".to_owned(),
            "Streets drawn from the city's open data".to_owned(),
        ),
    };
    json!({
        "tilejson": "3.0.0",
        "name": name,
        "description": description,
        "attribution": attribution,
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [template(picture, tileset)],
        "minzoom": ZOOMS.0,
        "maxzoom": ZOOMS.1,
        "bounds": [west, south, east, north],
        "vector_layers": match tileset {
            Tileset::Streets => streets(),
            Tileset::Areas { .. } => areas(),
            Tileset::Context(Which::Transit) => transit(),
            Tileset::Context(Which::Cameras) => cameras(),
        },
    })
}

/// What the city's file says of a context layer.
fn source<'a>(picture: &'a Picture, tileset: &Tileset) -> Option<&'a ContextSource> {
    let context = &picture.context;
    match tileset {
        Tileset::Context(Which::Transit) => context.transit.as_ref().map(|layer| &layer.source),
        Tileset::Context(Which::Cameras) => context.cameras.as_ref().map(|layer| &layer.source),
        _ => None,
    }
}

fn transit() -> Value {
    json!([
        {
            "id": "lines",
            "description": "Where buses and trains run, simplified; buses and ferries from zoom 12 on",
            "fields": { "name": "String", "mode": "String: rail, ferry or bus", "color": "String: the line's own, where it has one" },
        },
        {
            "id": "stops",
            "description": "Stations from zoom 10 on, other stops from zoom 14 on",
            "fields": { "name": "String", "kind": "String: station or stop" },
        },
    ])
}

fn cameras() -> Value {
    json!([{
        "id": "cameras",
        "description": "Cameras that read licence plates, where volunteers mapped one; before zoom 12 counted by H3 cell",
        "fields": { "count": "Number: how many a point stands for; one where it is absent" },
    }])
}

fn areas() -> Value {
    json!([{
        "id": "areas",
        "description": "Published areas; no area is there that holds too few to be told",
        "fields": {
            "area": "String: its name",
            "count": "Number: how many in the period",
            "period": "String: YYYY-MM or YYYY-Www",
            "density": "Number: how many to a square kilometre",
            "class": "Number: 0 to 3, a quarter of the city's areas each, by density; of rents, of all periods' areas, by rent",
            "begun_by": "String: officer or dispatch, where the layer tells",
            "name": "String: of a layer of rents, the number of the tract or ZIP code",
            "rent": "Number: instead of count and density, US dollars a month; absent where there is no figure",
            "margin": "Number: how far off it may be",
            "bound": "String: is; or_more or under, where rent is only a bound of it",
        },
    }])
}

fn streets() -> Value {
    json!([
        { "id": "city", "description": "The city's area", "fields": { "name": "String" } },
        {
            "id": "streets",
            "description": "Courses of streets, never addresses",
            "fields": { "name": "String", "rank": "Number: 1 main, 2 through, 3 other" },
        },
        {
            "id": "districts",
            "description": "Rough middles of what people call parts of the city",
            "fields": { "name": "String", "order": "Number: the greatest first, from 0" },
        },
        {
            "id": "coverage",
            "description": "Where people know the number to text; while no node is up there is no data here either",
            "fields": { "name": "String" },
        },
        { "id": "outside", "description": "All that is not covered: no data, which is not safety", "fields": { "means": "String" } },
        { "id": "outside_names", "description": "Points in it with room for such words", "fields": { "means": "String" } },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;

    #[test]
    fn it_has_what_the_standard_asks_for() {
        let picture = fixture::picture(1);
        for (id, layers) in [("streets", 6), ("encampments", 1)] {
            let tileset = Tileset::find(&picture, id, None).expect("known");
            let json = tilejson(&picture, &tileset);
            assert_eq!(json["tilejson"], "3.0.0");
            assert_eq!(json["vector_layers"].as_array().map(Vec::len), Some(layers));
            let template = json["tiles"][0].as_str().expect("text");
            assert!(
                template.starts_with(&format!("{id}/{{z}}/{{x}}/{{y}}.mvt?")),
                "{template}"
            );
            let bounds: Vec<f64> = serde_json::from_value(json["bounds"].clone()).expect("numbers");
            assert!(bounds[0] < bounds[2] && bounds[1] < bounds[3]);
        }
    }
}
