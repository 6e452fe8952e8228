//! A Socrata portal on loopback: it speaks as much of SODA 2.1 as a client may rely on, refuses what the real one refuses, and
//! breaks when told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Map, Value, json};

use crate::server::{Asked, Pace, Says, Server};

/// A row: columns by their SODA names, with `:id` and `:updated_at`.
pub type Row = Map<String, Value>;

/// What goes wrong, once.
#[derive(Debug, Clone)]
pub enum Fault {
    /// 429, with `Retry-After` in seconds.
    TooMany(u32),
    /// A status with a body.
    Status(u16, String),
    /// Half a body.
    Cut,
    /// A body that drips.
    Drip,
    /// A page for people, with 200.
    Html,
    /// Data, but not a page of rows.
    Object,
    /// Elsewhere.
    Redirect(String),
}

/// A dataset.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    /// Its title.
    pub title: String,
    /// The SODA names of its columns.
    pub columns: Vec<String>,
    /// Its rows; the portal keeps them in the order of `:id`.
    pub rows: Vec<Row>,
    /// Seconds since 1970.
    pub rows_updated_at: i64,
}

#[derive(Default)]
struct State {
    datasets: BTreeMap<String, Dataset>,
    files: BTreeMap<String, (String, Vec<u8>)>,
    page: usize,
    /// So many rows' pages are answered well before the first fault.
    good_pages: usize,
    faults: VecDeque<Fault>,
    always: Option<Fault>,
    moved_to: Option<String>,
}

/// The portal.
pub struct Portal {
    /// Where it listens.
    pub server: Server,
    state: Arc<Mutex<State>>,
}

impl Default for Portal {
    fn default() -> Self {
        Self::start()
    }
}

impl Portal {
    /// Starts one that gives at most 100 rows a page, whatever is asked for.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            page: 100,
            ..State::default()
        }));
        let shared = state.clone();
        let server = Server::start(move |asked, _| answer(&mut lock(&shared), asked));
        Self { server, state }
    }

    /// Puts a dataset in the place of what was there.
    pub fn put(&self, id: &str, mut dataset: Dataset) {
        let key = |row: &Row| row[":id"].as_str().unwrap_or_default().to_owned();
        dataset.rows.sort_by_key(key);
        lock(&self.state).datasets.insert(id.to_owned(), dataset);
    }

    /// Changes a dataset.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut Dataset)) {
        let mut state = lock(&self.state);
        change(state.datasets.get_mut(id).expect("the dataset is there"));
    }

    /// Puts a file at a path.
    pub fn put_file(&self, path: &str, content_type: &str, bytes: &[u8]) {
        let file = (content_type.to_owned(), bytes.to_vec());
        lock(&self.state).files.insert(path.to_owned(), file);
    }

    /// The next answers after so many good pages of rows go wrong, one after the other.
    pub fn break_after(&self, good_pages: usize, faults: impl IntoIterator<Item = Fault>) {
        let mut state = lock(&self.state);
        state.good_pages = good_pages;
        state.faults.extend(faults);
    }

    /// From now on every page of rows goes wrong in this way; none ends it.
    pub fn always(&self, fault: Option<Fault>) {
        lock(&self.state).always = fault;
    }

    /// From now on rows are to be had from another address alone, and the old one leads there.
    pub fn move_to(&self, host: &str) {
        lock(&self.state).moved_to = Some(host.to_owned());
    }

    /// The pages of rows that were asked for, decoded: path and query.
    pub fn pages(&self) -> Vec<(String, BTreeMap<String, String>)> {
        let asked = self.server.asked().into_iter();
        let pages = asked.filter(|asked| asked.path.starts_with("/resource/"));
        pages
            .map(|asked| {
                let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
                (path.to_owned(), decoded(query))
            })
            .collect()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no test panics in it")
}

fn decoded(query: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn answer(state: &mut State, asked: &Asked) -> Says {
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let query = decoded(query);
    if let Some((content_type, bytes)) = state.files.get(path) {
        let tag = format!("\"{}\"", bytes.len());
        if asked.header("if-none-match") == Some(&tag) {
            return Says::status(304);
        }
        let mut says = Says::file(content_type, bytes);
        says.headers.push(("ETag", tag));
        return says;
    }
    if let Some(host) = &state.moved_to
        && path.starts_with("/resource/")
        && asked.header("host") != Some(host)
    {
        return Says::redirect(format!("http://{host}{}", asked.path));
    }
    if path == "/api/catalog/v1" {
        // Like the real one it finds what has some of the words in it.
        let wanted = query.get("q").cloned().unwrap_or_default();
        let results = state
            .datasets
            .iter()
            .filter(|(_, dataset)| wanted.split(' ').any(|word| dataset.title.contains(word)));
        let results =
            results.map(|(id, dataset)| json!({"resource": {"id": id, "name": dataset.title}}));
        return data(&json!({ "results": results.collect::<Vec<_>>() }));
    }
    let (id, is_page) = if let Some(id) = path.strip_prefix("/resource/") {
        (id.strip_suffix(".json"), true)
    } else {
        (
            path.strip_prefix("/api/views/")
                .and_then(|id| id.strip_suffix(".json")),
            false,
        )
    };
    let Some(dataset) = id.and_then(|id| state.datasets.get(id)) else {
        return refused(404, "not_found", "no such dataset");
    };
    if !is_page {
        let columns = dataset
            .columns
            .iter()
            .map(|name| json!({ "fieldName": name }));
        return data(&json!({
            "name": dataset.title,
            "rowsUpdatedAt": dataset.rows_updated_at,
            "columns": columns.collect::<Vec<_>>(),
        }));
    }
    let says = match page(dataset, &query, state.page) {
        Ok(rows) => data(&Value::Array(rows)),
        Err(says) => return says,
    };
    let fault = match (&state.always, state.good_pages) {
        (Some(fault), 0) => Some(fault.clone()),
        (_, 0) => state.faults.pop_front(),
        _ => {
            state.good_pages -= 1;
            None
        }
    };
    match fault {
        Some(fault) => broken(fault, says),
        None => says,
    }
}

fn broken(fault: Fault, says: Says) -> Says {
    match fault {
        Fault::TooMany(seconds) => Says {
            headers: vec![("Retry-After", seconds.to_string())],
            ..Says::status(429)
        },
        Fault::Status(status, body) => Says {
            status,
            ..Says::file("application/json", body.as_bytes())
        },
        Fault::Cut => Says {
            pace: Pace::Half,
            ..says
        },
        Fault::Drip => Says {
            pace: Pace::Drip,
            ..says
        },
        Fault::Html => Says::file(
            "text/html",
            b"<html><body>Scheduled maintenance</body></html>",
        ),
        Fault::Object => data(&json!({ "data": [] })),
        Fault::Redirect(to) => Says::redirect(to),
    }
}

fn data(json: &Value) -> Says {
    Says::file(
        "application/json;charset=utf-8",
        json.to_string().as_bytes(),
    )
}

fn refused(status: u16, code: &str, message: &str) -> Says {
    let body = json!({ "code": code, "error": true, "message": message });
    Says {
        status,
        ..data(&body)
    }
}

/// The rows that a query asks for, NULL columns left out.
fn page(
    dataset: &Dataset,
    query: &BTreeMap<String, String>,
    most: usize,
) -> Result<Vec<Value>, Says> {
    if query.get("$order").map(String::as_str) != Some(":id") {
        return Err(refused(
            400,
            "test.order",
            "a page without an order is no page",
        ));
    }
    let has =
        |name: &str| name.starts_with(':') || dataset.columns.iter().any(|known| known == name);
    let select: Vec<&str> = query
        .get("$select")
        .map_or(Vec::new(), |select| select.split(',').collect());
    let conditions: Vec<&str> = query
        .get("$where")
        .map_or(Vec::new(), |text| text.split(" AND ").collect());
    for name in select
        .iter()
        .copied()
        .chain(conditions.iter().map(|text| column(text)))
    {
        if !has(name) {
            return Err(refused(
                400,
                "query.soql.no-such-column",
                &format!("No such column: {name}"),
            ));
        }
    }
    let limit = query
        .get("$limit")
        .and_then(|limit| limit.parse().ok())
        .unwrap_or(1000);
    let rows = dataset
        .rows
        .iter()
        .filter(|row| conditions.iter().all(|condition| holds(condition, row)));
    let rows = rows.take(most.min(limit)).map(|row| {
        let wanted = row
            .iter()
            .filter(|(name, value)| select.contains(&name.as_str()) && !value.is_null());
        let row: Row = wanted
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Value::Object(row)
    });
    Ok(rows.collect())
}

fn column(condition: &str) -> &str {
    let name = condition.split(' ').next().unwrap_or_default();
    name.strip_prefix("upper(")
        .and_then(|name| name.strip_suffix(')'))
        .unwrap_or(name)
}

/// `upper(a) in ('B', 'C')`, `a >= 'b'`, `a > 'b'`; a NULL holds nothing.
fn holds(condition: &str, row: &Row) -> bool {
    let Some(value) = row.get(column(condition)).and_then(Value::as_str) else {
        return false;
    };
    let literals: Vec<&str> = condition.split('\'').skip(1).step_by(2).collect();
    if condition.contains(" in (") {
        return literals.contains(&value.to_uppercase().as_str());
    }
    match (condition.contains(" >= "), literals.first()) {
        (true, Some(least)) => value >= *least,
        (false, Some(before)) => value > *before,
        _ => false,
    }
}

/// The rows of a CSV export as SODA gives them: names in lower case or as `names` has them, empty ones NULL, dates with a `T`
/// and thousandths. `:id` is not in the order of the file.
pub fn rows_of(
    csv: &str,
    names: &dyn Fn(&str) -> Option<String>,
    updated_at: &str,
) -> (Vec<String>, Vec<Row>) {
    let mut reader = simd_csv::Reader::from_reader(csv.as_bytes());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = reader.byte_headers().expect("a header");
    let header: Vec<Option<String>> = headers.iter().map(|name| names(&text(name))).collect();
    let mut rows = Vec::new();
    let mut record = simd_csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).expect("a row") {
        let n = rows.len();
        let mut row = Row::new();
        row.insert(
            ":id".to_owned(),
            format!("row-{:05}.{n}", n * 7919 % 100_003).into(),
        );
        row.insert(":updated_at".to_owned(), updated_at.into());
        for (name, value) in header.iter().zip(record.iter()) {
            let value = text(value);
            let (Some(name), false) = (name, value.trim().is_empty()) else {
                continue;
            };
            row.insert(name.clone(), soda(name, value).into());
        }
        rows.push(row);
    }
    (header.into_iter().flatten().collect(), rows)
}

fn soda(name: &str, value: String) -> String {
    if !name.ends_with("date") {
        return value;
    }
    let zone = jiff::tz::TimeZone::UTC;
    let spotted = jiff::civil::DateTime::strptime("%m/%d/%Y %I:%M:%S %p", &value)
        .or_else(|_| jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", &value));
    match spotted.and_then(|time| zone.to_timestamp(time)) {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%S.000").to_string(),
        Err(_) => value,
    }
}
