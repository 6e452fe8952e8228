//! What the page says around the search for a place.

use super::Lang;

#[derive(Debug)]
pub struct Find {
    pub heading: &'static str,
    pub example: &'static str,
    pub button: &'static str,

    pub inside: &'static str,
    pub deaf: &'static str,
    pub outside: &'static str,

    pub which: &'static str,
    pub nothing: &'static str,
    pub one_street: &'static str,
    pub no_corner: &'static str,
    pub too_large: &'static str,
    pub elsewhere: &'static str,
    pub short_link: &'static str,
    pub pin: &'static str,
}

impl Lang {
    pub fn find(self) -> &'static Find {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
        }
    }
}

static ENGLISH: Find = Find {
    heading: "Find a place",
    example: "5th & San Pedro",
    button: "Find",

    inside: "The pin on the map marks it. It lies in {area}, where people know the number.",
    deaf: "The pin on the map marks it. No data: no receiver is connected now.",
    outside: "The pin on the map marks it. No data: nobody reports from there.",

    which: "More than one place answers to that. Which one?",
    nothing: "That is no place that this map knows. Write a corner, a block or coordinates; the map stays as it was.",
    one_street: "{a} alone is too long to be a place. Add its cross street; the map stays as it was.",
    no_corner: "This map knows no corner of {a} and {b}; it stays as it was.",
    too_large: "{a} is too large to be one place. Write a corner in it; the map stays as it was.",
    elsewhere: "Those coordinates are not in {a}; the map stays as it was.",
    short_link: "A short map link hides its place, and this map opens no links. Write the corner; the map stays as it was.",
    pin: "the place that you looked for",
};

static SPANISH: Find = Find {
    heading: "Buscar un lugar",
    example: "San Pedro y 5ta",
    button: "Buscar",

    inside: "El marcador del mapa lo se\u{f1}ala. Est\u{e1} en {area}, donde la gente conoce el n\u{fa}mero.",
    deaf: "El marcador del mapa lo se\u{f1}ala. Sin datos: ning\u{fa}n receptor est\u{e1} conectado ahora.",
    outside: "El marcador del mapa lo se\u{f1}ala. Sin datos: de all\u{ed} nadie avisa.",

    which: "M\u{e1}s de un lugar se llama as\u{ed}. \u{bf}Cu\u{e1}l?",
    nothing: "Este mapa no conoce ese lugar. Escribe una esquina, una cuadra o coordenadas; el mapa queda como estaba.",
    one_street: "{a} sola es demasiado larga para ser un lugar. A\u{f1}ade la calle que cruza; el mapa queda como estaba.",
    no_corner: "Este mapa no conoce ninguna esquina de {a} y {b}; queda como estaba.",
    too_large: "{a} es demasiado grande para ser un lugar. Escribe una esquina de all\u{ed}; el mapa queda como estaba.",
    elsewhere: "Esas coordenadas no est\u{e1}n en {a}; el mapa queda como estaba.",
    short_link: "Un enlace corto oculta el lugar, y este mapa no abre enlaces. Escribe la esquina; el mapa queda como estaba.",
    pin: "el lugar que buscaste",
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
