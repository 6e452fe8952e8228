use std::collections::BTreeSet;

use axum::http::header;

use super::*;
use crate::http::assets;
use crate::http::tests::{Server, bytes, server};

/// The operations of the description: method and path.
fn documented() -> BTreeSet<(String, String)> {
    let description = description(&Languages::built_in());
    let paths = description["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations").keys();
        methods.map(|method| (method.clone(), path.clone()))
    });
    operations.collect()
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let routes = include_str!("../mod.rs").lines().filter_map(|line| {
        let route = line.trim().strip_prefix(".route(\"")?;
        let (path, handler) = route.split_once("\", ")?;
        let (method, _) = handler.split_once('(')?;
        Some((method.to_owned(), path.to_owned()))
    });
    let routes: BTreeSet<_> = routes.collect();
    // A name's ending is part of the route's last parameter.
    let described = documented().into_iter().map(|(method, path)| {
        let end = path.rfind('}').map_or(path.len(), |end| end + 1);
        (method, path[..end].to_owned())
    });
    assert_eq!(described.collect::<BTreeSet<_>>(), routes);
}

/// Follows `$ref`.
fn resolved<'a>(description: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(at) => {
            let found = description.pointer(at.strip_prefix('#').expect("within"));
            found.unwrap_or_else(|| panic!("{at} is nowhere"))
        }
        None => value,
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(description: &Value, value: &Value) {
        resolved(description, value);
        match value {
            Value::Object(members) => members
                .values()
                .for_each(|member| check(description, member)),
            Value::Array(items) => items.iter().for_each(|item| check(description, item)),
            _ => (),
        }
    }
    let description = description(&Languages::built_in());
    check(&description, &description);
}

async fn check(server: &Server, path: &str, address: &str, status: &str) {
    let description = description(&Languages::built_in());
    let documented = &description["paths"][path]["get"]["responses"][status];
    let documented = resolved(&description, documented);
    let kinds = documented["content"].as_object().expect("content");
    let answer = server.get(address).await;
    assert_eq!(answer.status().as_str(), status, "{address}");
    let kind = answer.headers()[header::CONTENT_TYPE].to_str();
    let kind = kind.expect("text").split(';').next().unwrap_or_default();
    let kind = kind.to_owned();
    assert!(kinds.contains_key(&kind), "{address}: {kind}");
    if status == "200" && kind.ends_with("json") {
        let said: Value = serde_json::from_slice(&bytes(answer).await).expect("JSON");
        let schema = resolved(&description, &kinds[&kind]["schema"]);
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(
                said.get(name.as_str().expect("a name")).is_some(),
                "{address}: {name}"
            );
        }
        let known = |name: &String| schema["properties"].get(name).is_some();
        let told = said.as_object().expect("an object").keys();
        if schema["properties"].is_object() {
            told.for_each(|name| assert!(known(name), "{address}: {name} is not described"));
        }
    }
}

#[tokio::test]
async fn every_address_answers_as_described() {
    let server = server(2);
    let script = assets::script().and_then(|address| address.strip_prefix("assets/"));
    for (method, path) in documented() {
        if method != "get" {
            continue;
        }
        // Without Node there is no worker either.
        if path == "/sw.js" && assets::worker().is_none() {
            continue;
        }
        let square = path.replace("{z}/{x}/{y}", "12/702/1635");
        let known = square
            .replace("{layer}", "encampments")
            .replace("{area}", "skid-row");
        match (path.contains("{name}"), script) {
            (false, _) => check(&server, &path, &known, "200").await,
            (true, Some(name)) => {
                check(&server, &path, &known.replace("{name}", name), "200").await
            }
            // Without Node there is no script to serve.
            (true, None) => (),
        }
        let unknown = square
            .replace("{layer}", "camps")
            .replace("{name}", "x.js")
            .replace("{area}", "atlantis");
        if unknown != path {
            check(&server, &path, &unknown, "404").await;
        }
    }
}
