//! `/openapi.json`: every public address, what it takes and what it answers, as OpenAPI 3.1.
//!
//! Written by hand, for most answers are no JSON and have no Rust type to derive from. A test holds it to the router: each
//! route is in it, and each address answers as it says.

use serde_json::{Value, json};

use crate::views::words::{Lang, Languages};

/// The description.
pub fn description(languages: &Languages) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Spotlight",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A map of police presence. It shows places and times, never a person. Sightings fade: after `fades_at` do not \
                show or keep one. Silence is not safety: where `data` is not `current`, and outside the coverage, no sighting means \
                no data. A hub of several cities has the addresses of each also in a folder of its id (`/api/v1/cities`). All addresses also answer HEAD; all but the stream, `/healthz` and `/api/v1/gone` carry an \
                ETag and come as br or gzip to those who accept it. 503: too many readers at once; `Retry-After` says when to come again.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
        },
        "servers": [{ "url": ".", "description": "this hub" }],
        "paths": {
            "/": { "get": page("Map and list; works without scripts",
                &["lang", "view", "layer", "by", "period", "transit", "cameras", "q", "at", "embed", "kept"], &["503"]) },
            "/list": { "get": page("The list alone", &["lang"], &[]) },
            "/about": { "get": page("What is shown and what never is, what is kept, who runs the hub, how to report", &["lang"], &[]) },
            "/poster": { "get": page("One sheet to print: the number to text, what the map is, where it has data; no sightings", &["lang"], &[]) },
            "/sw.js": { "get": operation("The service worker, which keeps the page without sightings for when there is no connection", &[],
                found("text/javascript", "The worker", json!({ "type": "string" })), &[]) },
            "/manifest.webmanifest": { "get": operation("How the map is put among a phone's apps", &["lang"],
                found("application/manifest+json", "The manifest", json!({ "type": "object" })), &[]) },
            "/icon.svg": { "get": icon("image/svg+xml") },
            "/icon-192.png": { "get": icon("image/png") },
            "/icon-512.png": { "get": icon("image/png") },
            "/feed.atom": { "get": operation("Published periods of the layers and announced sweeps (RFC 4287); never sightings", &["lang"],
                found("application/atom+xml", "The feed", json!({ "type": "string" })), &[]) },
            "/sweeps": { "get": page("Announced sweeps, by area and day; each goes when it is over", &["lang"], &[]) },
            "/sweeps.ics": { "get": operation("Announced sweeps as a calendar to subscribe to (RFC 5545)", &["lang"],
                found("text/calendar", "An event for each", json!({ "type": "string" })), &[]) },
            "/sweeps/{area}.ics": { "get": operation("Those of one of the city's districts", &["area", "lang"],
                found("text/calendar", "An event for each; none where none is announced", json!({ "type": "string" })), &["404 page", "503"]) },
            "/openapi.json": { "get": operation("This description", &[],
                found("application/json", "OpenAPI 3.1", json!({ "type": "object" })), &[]) },
            "/api/v1/sightings.geojson": { "get": operation("Sightings now (RFC 7946)", &[],
                found("application/geo+json", "A polygon for each", schema("Sightings")), &[]) },
            "/api/v1/sightings.csv": { "get": operation("Sightings now, as a table (RFC 4180)", &[],
                found("text/csv", "Columns `cell,label,level,first_seen,last_seen,fades_at,reported_gone`. Where no sighting means no data, \
                    the last row has no cell, the level `no_data` and the reason as its label.", json!({ "type": "string" })), &[]) },
            "/api/v1/sweeps.geojson": { "get": operation("Announced sweeps that are not over (RFC 7946); after `over_at` do not show one", &[],
                found("application/geo+json", "A polygon for each, of the H3 cell of resolution 8; null where nobody said where", schema("Sweeps")), &[]) },
            "/api/v1/cities": { "get": operation("The cities of this hub", &[],
                found("application/json", "The list, this address's own city among it", schema("Cities")), &[]) },
            "/api/v1/layers": { "get": operation("Layers of city open data and their periods; those without periods are drawn for orientation and count nothing", &[],
                found("application/json", "The list", schema("Layers")), &[]) },
            "/api/v1/layers/{layer}.geojson": { "get": operation("One period of a layer (RFC 7946); the newest unless asked for another",
                &["layer_id", "layer_period"],
                found("application/geo+json", "A polygon or multipolygon for each area", schema("LayerAreas")), &["404", "503"]) },
            "/api/v1/layers/transit.geojson": { "get": operation("Lines and stops of buses and trains (RFC 7946), where the hub has them: a layer without periods", &[],
                found("application/geo+json", "A line or several for each line, a point for each stop", schema("Transit")), &["404", "503"]) },
            "/api/v1/layers/cameras.geojson": { "get": operation("Cameras that read license plates, where volunteers mapped one (RFC 7946), where the hub has them: a layer without periods", &[],
                found("application/geo+json", "A point for each", schema("Cameras")), &["404", "503"]) },
            "/api/v1/layers/{layer}.csv": { "get": operation("One period of a layer, as a table (RFC 4180)",
                &["layer_id", "layer_period"],
                found("text/csv", "Columns `area,period,count,lat,lon`, the last two of the middle of the area's outline; where the layer \
                    tells, `begun_by`. The area `unknown` has no middle.", json!({ "type": "string" })), &["404", "503"]) },
            "/api/v1/events": { "get": operation("Server-sent events: `sightings`, the same collection as sightings.geojson, at once and on \
                every change and fade; `alive`, the hub's time, between them", &[],
                found("text/event-stream", "The stream", json!({ "type": "string" })), &["503"]) },
            "/api/v1/gone": { "post": gone() },
            "/tiles/{layer}.json": { "get": operation("What a layer's vector tiles hold (TileJSON 3.0.0); `streets` is a layer too, and so are `transit` and `cameras` where the hub has them",
                &["layer_id", "layer_period"],
                found("application/json", "The tiles' address is relative to this one", json!({ "type": "object" })), &["404"]) },
            "/tiles/{layer}/{z}/{x}/{y}.mvt": { "get": operation("A vector tile (MVT 2.1); never sightings",
                &["layer_id", "z", "x", "y", "layer_period", "v"],
                with_none(found("application/vnd.mapbox-vector-tile", "The tile; with its version in `v` it never changes", json!({ "type": "string" }))),
                &["404", "503"]) },
            "/assets/{name}": { "get": operation("The page's script, by the name that the page gives it", &["name"],
                found("text/javascript", "It never changes under its name", json!({ "type": "string" })), &["404 page"]) },
            "/healthz": { "get": operation("Whether the hub serves", &[],
                found("text/plain", "`ok`", json!({ "type": "string" })), &[]) }
        },
        "components": { "parameters": parameters(languages), "responses": responses(), "schemas": schemas() }
    })
}

fn page(summary: &str, parameters: &[&str], others: &[&str]) -> Value {
    let found = found("text/html", "The page", json!({ "type": "string" }));
    operation(summary, parameters, found, others)
}

fn operation(summary: &str, parameters: &[&str], found: Value, others: &[&str]) -> Value {
    let parameters = parameters.iter();
    let parameters =
        parameters.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }));
    let mut responses = json!({ "200": found });
    for name in others {
        let status = name.split(' ').next().unwrap_or(name);
        responses[status] =
            json!({ "$ref": format!("#/components/responses/{}", name.replace(' ', "-")) });
    }
    json!({ "summary": summary, "parameters": parameters.collect::<Vec<_>>(), "responses": responses })
}

fn icon(kind: &str) -> Value {
    operation(
        "The map's icon",
        &[],
        found(kind, "The icon", json!({ "type": "string" })),
        &[],
    )
}

/// The answer, where there may be nothing to it.
fn with_none(mut found: Value) -> Value {
    found["description"] = json!(format!(
        "{}. 204 where it holds nothing",
        found["description"].as_str().unwrap_or_default()
    ));
    found
}

fn found(kind: &str, description: &str, schema: Value) -> Value {
    json!({ "description": description, "content": { kind: { "schema": schema } } })
}

fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn gone() -> Value {
    let said = |description: &str| found("text/html", description, json!({ "type": "string" }));
    json!({
        "summary": "A reader of the page says that police left: adds a note to a sighting, and ends nothing",
        "requestBody": {
            "required": true,
            "content": { "application/x-www-form-urlencoded": { "schema": {
                "type": "object",
                "required": ["cell"],
                "properties": {
                    "cell": { "type": "string", "description": "The cell of a sighting that is shown" },
                    "page": { "type": "string", "enum": ["list"], "description": "Leads back to the list, else to the map" }
                },
                "additionalProperties": { "type": "string", "description": "What the page's own address carries, to lead back to it" }
            } } }
        },
        "responses": {
            "303": { "description": "Noted, or already so; leads back to the page" },
            "400": said("It names no cell"),
            "403": said("It came from another site"),
            "404": said("That cell shows no sighting"),
            "429": said("Too many said so just now")
        }
    })
}

fn parameters(languages: &Languages) -> Value {
    let query = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    let text = || json!({ "type": "string" });
    let whole = || json!({ "type": "integer", "minimum": 0 });
    let codes: Vec<&str> = languages.iter().map(Lang::code).collect();
    json!({
        "lang": query("lang", "The language; else the one that the browser asks for, of a page", json!({ "type": "string", "enum": codes, "default": "en" })),
        "view": query("view", "`now`, `city`, `area.N` for a neighborhood of the coverage, or `ZOOM.X.Y`: the middle in quarters of a drawing's width", text()),
        "layer": query("layer", "The layer on the map, by its id", text()),
        "by": query("by", "The part of it: who began what is counted", json!({ "type": "string", "enum": ["officer", "dispatch"] })),
        "period": query("period", "The period on the map, or `none`", text()),
        "transit": query("transit", "`off`: without lines and stops", text()),
        "cameras": query("cameras", "`on`: with cameras that read license plates", text()),
        "q": query("q", "A place to look for: a corner, a block, a name or coordinates. It is forgotten when it is answered.", json!({ "type": "string", "maxLength": crate::views::find::LONGEST })),
        "at": query("at", "A place to mark: latitude and longitude in degrees", json!({ "type": "string", "examples": ["34.0442,-118.2439"] })),
        "embed": query("embed", "`1`: the map alone, for a frame in another page", text()),
        "kept": query("kept", "`1`: without sightings, to be kept until there is no connection", text()),
        "v": query("v", "The tiles' version, as their TileJSON has it", text()),
        "z": { "name": "z", "in": "path", "required": true, "description": "The zoom", "schema": whole() },
        "x": { "name": "x", "in": "path", "required": true, "description": "The column, from the west", "schema": whole() },
        "y": { "name": "y", "in": "path", "required": true, "description": "The row, from the north", "schema": whole() },
        "layer_period": query("period", "One of the layer's periods: `YYYY-MM` or `YYYY-Www`, or `YYYY`, the last of five years", text()),
        "area": { "name": "area", "in": "path", "required": true, "description": "The district: its name in lower case, with hyphens", "schema": text() },
        "layer_id": { "name": "layer", "in": "path", "required": true, "description": "The layer's id", "schema": text() },
        "name": { "name": "name", "in": "path", "required": true, "schema": text() }
    })
}

fn responses() -> Value {
    let reason = json!({ "type": "object", "required": ["error"], "properties": { "error": { "type": "string" } } });
    json!({
        "404": found("application/json", "There is no such thing, and why", reason),
        "404-page": found("text/html", "There is no such page", json!({ "type": "string" })),
        "503": found("text/plain", "Too many readers at once; `Retry-After` says when to come again", json!({ "type": "string" }))
    })
}

fn schemas() -> Value {
    let text = || json!({ "type": "string" });
    let time = || json!({ "type": "string", "format": "date-time" });
    let maybe = |format: &str| json!({ "type": ["string", "null"], "format": format });
    let whole = || json!({ "type": "integer" });
    let geometry = |kinds: &[&str]| json!({ "type": "object", "required": ["type", "coordinates"], "properties": { "type": { "enum": kinds }, "coordinates": { "type": "array" } } });
    let collection = |feature: &str, members: Value| {
        let mut properties = json!({ "type": { "const": "FeatureCollection" }, "features": { "type": "array", "items": schema(feature) } });
        let mut required = vec!["type".to_owned(), "features".to_owned()];
        for (name, member) in members.as_object().into_iter().flatten() {
            properties[name] = member.clone();
            required.push(name.clone());
        }
        json!({ "type": "object", "required": required, "properties": properties })
    };
    let feature = |kinds: &[&str], required: &[&str], properties: Value| {
        json!({
            "type": "object",
            "required": ["type", "geometry", "properties"],
            "properties": {
                "type": { "const": "Feature" },
                "geometry": geometry(kinds),
                "properties": { "type": "object", "required": required, "properties": properties }
            }
        })
    };
    let by_part = || json!({ "type": "array", "items": { "enum": ["officer", "dispatch"] } });
    json!({
        "Sightings": collection("Sighting", json!({
            "at": time(),
            "node_online": { "type": "boolean" },
            "data": { "type": "string", "description": "`current`, or why an area without a sighting says nothing" },
            "reported_gone": { "type": "object", "additionalProperties": time(), "description": "By cell: when someone else said that they left" },
            "sweeps": { "type": "string", "description": "Differs once other sweeps are announced than before" },
            "licence": text()
        })),
        "Sighting": feature(&["Polygon"], &["cell", "label", "level", "first_seen", "last_seen", "fades_at"], json!({
            "cell": { "type": "string", "description": "An H3 cell of resolution 9, 8 or 7" },
            "label": text(),
            "level": { "enum": ["corroborated", "photo", "unconfirmed"] },
            "first_seen": time(),
            "last_seen": time(),
            "fades_at": time()
        })),
        "Sweeps": collection("Sweep", json!({ "time_zone": { "type": ["string", "null"] }, "licence": text() })),
        "Sweep": feature(&["Polygon"], &["id", "kind", "date", "over_at", "place", "changed_at"], json!({
            "id": { "type": "string", "format": "uuid" },
            "kind": { "enum": ["sweep", "cleaning", "removal"] },
            "date": { "type": "string", "format": "date" },
            "starts_at": maybe("date-time"),
            "ends_at": maybe("date-time"),
            "over_at": time(),
            "place": text(),
            "area": { "type": ["string", "null"] },
            "cell": { "type": ["string", "null"], "description": "An H3 cell of resolution 8" },
            "source": { "type": ["string", "null"], "description": "The office that posted it" },
            "changed_at": time()
        })),
        "LayerAreas": collection("LayerArea", json!({
            "layer": text(),
            "period": text(),
            "unknown": { "type": "object", "additionalProperties": whole(), "description": "Counts without a place that the map knows" },
            "unit": text(),
            "data_through": maybe("date"),
            "source": text(),
            "licence": text()
        })),
        "LayerArea": feature(&["Polygon", "MultiPolygon"], &["area", "period"], json!({
            "area": text(),
            "count": whole(),
            "period": text(),
            "begun_by": { "enum": ["officer", "dispatch"] },
            "name": { "type": "string", "description": "Of rents: the number of the tract or ZIP code" },
            "rent": { "type": ["integer", "null"], "description": "Of rents, in the place of `count`: US dollars a month" },
            "margin": { "type": ["integer", "null"], "description": "How far off it may be" },
            "bound": { "enum": ["is", "or_more", "under", null], "description": "Whether `rent` is the figure, or only a bound of it" }
        })),
        "Cities": {
            "type": "object",
            "required": ["here", "cities"],
            "properties": {
                "here": { "type": "string", "description": "The id of the city of this address" },
                "cities": { "type": "array", "items": {
                    "type": "object",
                    "required": ["id", "name", "address", "covered", "bbox"],
                    "properties": {
                        "id": text(),
                        "name": text(),
                        "address": { "type": "string", "description": "Of its map, relative to this address" },
                        "covered": { "type": "boolean", "description": "Whether anybody is asked to report there; else no sighting means no data" },
                        "bbox": { "type": "array", "items": { "type": "number" }, "description": "West, south, east, north" }
                    }
                } }
            }
        },
        "Transit": collection("TransitFeature", json!({ "layer": text(), "unit": text(), "data_through": maybe("date"), "source": text(), "licence": text() })),
        "TransitFeature": feature(&["LineString", "MultiLineString", "Point"], &["kind", "name"], json!({
            "kind": { "enum": ["line", "station", "stop"] },
            "name": text(),
            "mode": { "enum": ["rail", "ferry", "bus"] },
            "color": { "type": ["string", "null"], "description": "A line's own" }
        })),
        "Cameras": collection("Camera", json!({ "layer": text(), "unit": text(), "data_through": maybe("date"), "source": text(), "licence": text() })),
        "Camera": feature(&["Point"], &["kind"], json!({ "kind": { "const": "camera" } })),
        "Layers": { "type": "object", "required": ["layers"], "properties": { "layers": { "type": "array", "items": schema("Layer") } } },
        "Layer": {
            "type": "object",
            "required": ["id", "title", "explanation", "unit", "periods", "data_through", "fetched_at", "source", "licence"],
            "properties": {
                "id": text(),
                "title": text(),
                "explanation": text(),
                "unit": text(),
                "span": { "enum": ["month", "week", "five years"] },
                "measure": { "enum": ["count", "rent"], "description": "What an area says: a count, or a figure that is never added to another" },
                "begun_by": by_part(),
                "periods": { "type": "array", "items": text() },
                "data_through": maybe("date"),
                "fetched_at": maybe("date-time"),
                "refreshed": { "type": "boolean" },
                "source": text(),
                "licence": text(),
                "spanish": { "type": ["object", "null"], "properties": { "title": text(), "explanation": text(), "unit": text() } }
            }
        }
    })
}

#[cfg(test)]
mod tests;
