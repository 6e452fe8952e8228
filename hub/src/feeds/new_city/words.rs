//! A city's file in words: what was guessed, and what is for the operator to say.

use super::super::saved::Table;
use super::super::values::cut;
use super::Answers;
use super::guess::Guess;

/// A file's name from a city's.
pub fn id(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    let parts: Vec<_> = parts
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect();
    match parts.is_empty() {
        true => "city".to_owned(),
        false => parts.join("-"),
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(cut(text, 200)).to_string()
}

fn list(names: &[&String]) -> String {
    let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(", "))
}

/// The file.
pub fn file(answers: &Answers, table: &Table, guess: &Guess, bounds: [f64; 4]) -> String {
    let Answers {
        name,
        time_zone,
        kind,
        address,
        dataset,
        hosts,
        ..
    } = answers;
    let [south, west, north, east] = bounds;
    let name = quoted(name);
    let mut text = format!(
        "# Made by `spotlight-hub city new` from {} rows of {}. Each column is a guess from their values: look at each, and at the\n\
         # words that readers see. `spotlight-hub city check FILE --headers ANSWER` says what a saved answer bears out.\n\n\
         name = {name}\n\
         time_zone = {}\n\
         # South, west, north, east, in degrees. A row outside has no usable coordinates.\n\
         bounds = [{south}, {west}, {north}, {east}]\n\
         languages = [\"en\", \"es\"]\n",
        table.rows.len(),
        table.form,
        quoted(time_zone),
    );
    if !hosts.is_empty() {
        text += &format!("hosts = {}\n", list(&hosts.iter().collect::<Vec<_>>()));
    }
    text += &format!(
        "# What people call its parts: name, latitude, longitude, rough middles.\n\
         districts = []\n\n\
         [[feeds]]\n\
         id = \"encampments\"\n\
         title = \"Encampment complaints filed with the city\"\n\
         explanation = \"Requests that people filed with the city about a homeless encampment. A request is a complaint that was filed, never proof of a camp, and many complaints can be about one place or none. Areas with few requests are joined with their surroundings or left out.\"\n\
         unit = \"requests\"\n\
         source = {name}\n\
         # On which terms: look it up.\n\
         licence = \"not looked up\"\n\
         period = \"month\"\n\n\
         [feeds.spanish]\n\
         title = \"Quejas por campamentos presentadas a la ciudad\"\n\
         explanation = \"Solicitudes que alguien presentó a la ciudad por un campamento de personas sin hogar. Una solicitud es una queja presentada, nunca la prueba de que haya un campamento, y muchas quejas pueden ser por un mismo lugar o por ninguno. Las zonas con pocas solicitudes se juntan con las de alrededor o no se muestran.\"\n\
         unit = \"solicitudes\"\n\n"
    );
    text += &filter(guess);
    text += "[feeds.columns]\n";
    let mut column = |key: &str, name: Option<&String>| match name {
        Some(name) => text += &format!("{key} = {}\n", list(&[name])),
        None => text += &format!("# No column looks like it.\n# {key} = [\"\"]\n"),
    };
    // These a file must have: what is not found is named so that nothing is read before it is put right.
    let unknown = "TO BE FILLED IN".to_owned();
    column("id", Some(guess.id.as_ref().unwrap_or(&unknown)));
    column("created", Some(guess.created.as_ref().unwrap_or(&unknown)));
    column("address", guess.address.as_ref());
    if let Some((latitude, longitude)) = &guess.point {
        column("latitude", Some(latitude));
        column("longitude", Some(longitude));
    }
    if guess.location.is_some() || guess.point.is_none() {
        column(
            "location",
            Some(guess.location.as_ref().unwrap_or(&unknown)),
        );
    }
    column("zip", guess.zip.as_ref());
    text += &format!(
        "\n[[feeds.sources]]\nid = \"requests\"\nkind = {}\naddress = {}\n",
        quoted(kind),
        quoted(address)
    );
    if let Some(dataset) = dataset {
        text += &format!("dataset = {}\n", quoted(dataset));
    }
    if kind == "open311" {
        text += "# A first reading goes back so far.\ndays = 365\n";
    }
    text + "every_hours = 24\n"
}

fn filter(guess: &Guess) -> String {
    match &guess.category {
        Some((column, values)) if !values.is_empty() => format!(
            "# Those of its values that sound like it; others may, which no row had.\n\
             [feeds.filter]\ncolumn = {}\nis = {}\n\n",
            list(&[column]),
            list(&values.iter().collect::<Vec<_>>())
        ),
        Some((column, _)) => format!(
            "# No row that was seen is about an encampment: how the city calls it is for you to find.\n\
             [feeds.filter]\ncolumn = {}\ncontains = [\"ENCAMPMENT\"]\n\n",
            list(&[column])
        ),
        None => "# No column tells kinds of requests apart: every row is taken for one about an encampment. If that is wrong, add\n\
                 # [feeds.filter] with a column and words.\n\n"
            .to_owned(),
    }
}
