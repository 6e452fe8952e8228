//! What the page says around "they left".

use super::Lang;

#[derive(Debug)]
pub struct Left {
    pub button: &'static str,
    pub means: &'static str,
    pub failed: &'static str,

    pub unknown: &'static str,
    pub elsewhere: &'static str,
    pub too_many: &'static str,
    pub unclear: &'static str,
    pub back: &'static str,
}

impl Lang {
    pub fn left(self) -> &'static Left {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
        }
    }
}

static ENGLISH: Left = Left {
    button: "They left",
    means: "\u{201c}They left\u{201d} adds a note for everyone to see. It removes nothing: the sighting fades in its time.",
    failed: "Not sent. Try again",

    unknown: "There is no such sighting now. It may have faded.",
    elsewhere: "This came from another page. Only the map\u{2019}s own page can say that they left.",
    too_many: "Too many said so just now. Try again in a minute, or text it.",
    unclear: "This does not say which sighting.",
    back: "Back to the map",
};

static SPANISH: Left = Left {
    button: "Se fueron",
    means: "\u{201c}Se fueron\u{201d} a\u{f1}ade una nota que todos ven. No quita nada: el aviso se borra a su hora.",
    failed: "No se envi\u{f3}. Otra vez",

    unknown: "Ese aviso ya no est\u{e1}. Puede que se haya borrado.",
    elsewhere: "Esto vino de otra p\u{e1}gina. Solo la p\u{e1}gina del mapa puede decir que se fueron.",
    too_many: "Demasiados lo dijeron ahora. Prueba en un minuto, o manda un mensaje.",
    unclear: "Esto no dice de qu\u{e9} aviso se trata.",
    back: "Volver al mapa",
};
