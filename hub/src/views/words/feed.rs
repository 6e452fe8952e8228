//! What the feed of published layers says.

use super::Lang;

#[derive(Debug)]
pub struct Feed {
    pub title: &'static str,
    pub subtitle: &'static str,
    pub entry: &'static str,
    pub summary: &'static str,
}

impl Lang {
    pub fn feed(self) -> &'static Feed {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
        }
    }
}

static ENGLISH: Feed = Feed {
    title: "Open data on the police map of {city}",
    subtitle: "What is published of each layer. Sightings are not in it: they fade within the hour.",
    entry: "{layer}: {period}",
    summary: "{n} {unit} in {areas} areas. {explanation}",
};

static SPANISH: Feed = Feed {
    title: "Datos abiertos en el mapa policial de {city}",
    subtitle: "Lo que se publica de cada capa. Los avisos no est\u{e1}n aqu\u{ed}: se borran en una hora.",
    entry: "{layer}: {period}",
    summary: "{n} {unit} en {areas} zonas. {explanation}",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::words::blanks;

    #[test]
    fn every_translation_keeps_the_blanks_of_the_english_one() {
        assert_eq!(blanks(&ENGLISH), blanks(&SPANISH));
    }
}
