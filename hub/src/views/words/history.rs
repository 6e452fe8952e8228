//! What the page says of a layer's periods.

use super::Lang;

#[derive(Debug)]
pub struct History {
    pub steps: &'static str,
    pub slide: &'static str,
    pub compare: &'static str,
    pub nothing: &'static str,
    pub range: &'static str,

    pub compared: &'static str,
    pub more: &'static str,
    pub fewer: &'static str,
    pub as_many: &'static str,
    pub none_before: &'static str,
    pub compared_means: &'static str,
}

impl Lang {
    pub fn history(self) -> &'static History {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
        }
    }
}

static ENGLISH: History = History {
    steps: "Before and after it",
    slide: "Move through time",
    compare: "Compare with",
    nothing: "nothing",
    range: "From {least} ({least_period}) to {most} {unit} ({most_period}), all published areas together.",

    compared: "Before and after",
    more: "{percent} % more than in {period}.",
    fewer: "{percent} % fewer than in {period}.",
    as_many: "As many as in {period}.",
    none_before: "None was published for {period}.",
    compared_means: "Areas with few are in neither number. More may mean that more people complain, not that there is more.",
};

static SPANISH: History = History {
    steps: "Antes y despu\u{e9}s",
    slide: "Recorrer el tiempo",
    compare: "Comparar con",
    nothing: "nada",
    range: "De {least} ({least_period}) a {most} {unit} ({most_period}), todas las zonas publicadas juntas.",

    compared: "Antes y despu\u{e9}s",
    more: "{percent} % m\u{e1}s que en {period}.",
    fewer: "{percent} % menos que en {period}.",
    as_many: "Igual que en {period}.",
    none_before: "De {period} no se public\u{f3} nada.",
    compared_means: "Las zonas con pocas no est\u{e1}n en ning\u{fa}n n\u{fa}mero. M\u{e1}s puede querer decir que m\u{e1}s gente se queja, no que haya m\u{e1}s.",
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
