//! What the page about the map says.

use super::Lang;

#[derive(Debug)]
pub struct About {
    pub link: &'static str,
    pub title: &'static str,

    pub shown_heading: &'static str,
    pub shown: &'static [&'static str],
    pub never_heading: &'static str,
    pub never: &'static [&'static str],
    pub fading_heading: &'static str,
    pub fading: &'static [&'static str],
    pub silence_heading: &'static str,
    pub silence: &'static [&'static str],
    pub kept_heading: &'static str,
    pub kept: &'static [&'static str],

    pub who_heading: &'static str,
    pub who: &'static str,
    pub who_contact: &'static str,
    pub who_unsaid: &'static str,
    pub contact_unsaid: &'static str,

    pub text_heading: &'static str,
    /// A text, and what it does.
    pub texts: &'static [(&'static str, &'static str)],
    pub text_notes: &'static [&'static str],

    pub data_heading: &'static str,
    pub data: &'static str,
    pub data_sightings: &'static str,
    pub data_fades: &'static str,
    pub data_layers: &'static str,
    pub data_events: &'static str,
    pub data_feed: &'static str,
    pub data_description: &'static str,

    pub licences_heading: &'static str,
    pub licences: &'static str,
    pub licences_basemap: &'static str,
    pub licences_own: &'static str,
}

impl Lang {
    pub fn about(self) -> &'static About {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
        }
    }
}

static ENGLISH: About = About {
    link: "About this map",
    title: "About this map",

    shown_heading: "What it shows",
    shown: &[
        "Where police were seen in the last hour, as people texted it: an area, a time, and how much it rests on.",
        "Where people complained to the city about encampments, and where police were called: counts by area and by month or week, from the city\u{2019}s open data. A request is a complaint filed, never proof of a camp.",
    ],
    never_heading: "What it never shows",
    never: &[
        "No phone number, no message, no photo, no license plate, no face. They are never written to disk, published or logged.",
        "No person: not an officer, not a resident, not who reported.",
        "No exact camp. A sighting is an area about 430 meters across; where few addresses are known it is larger, up to some 3 kilometers, for there a small area would be the camp.",
        "No counts of few: an area of open data holds at least 5 requests from 3 addresses, or 5 calls. Fewer are joined with what is around them, or left out.",
    ],
    fading_heading: "How a sighting fades",
    fading: &[
        "It is shown until 60 minutes after its last report, and pales on the way. Another report begins the hour anew.",
        "Two people who report independently make it corroborated; one photo that shows police makes it a photo; else it is one person\u{2019}s words.",
        "Who reported it takes it back by texting GONE. When two others text that police left, it ends. One such text, or the button \u{201c}They left\u{201d} on the map, only adds a note.",
    ],
    silence_heading: "Silence is not safety",
    silence: &[
        "An empty map means that nobody texted. Police may be anywhere.",
        "Where no neighborhood is declared, and while no receiver is connected, the map is hatched and says \u{201c}no data\u{201d}.",
    ],
    kept_heading: "What is kept, and for how long",
    kept: &[
        "One hour after it faded, a sighting\u{2019}s area, its time and all that links its reports are erased. Only random numbers of reports stay for 35 days, so that none counts twice. There is no history of sightings.",
        "So that one person does not count as two, the receiver makes a code from number and area with a key that changes daily, is only ever in its memory, and is gone with a restart. Codes of two areas or two days cannot be linked.",
        "Open data is published once for each month or week, seven days after its end. New data does not change it; only the operator can rebuild it whole, and then this map says so.",
        "This map sets no cookies and keeps no log of visits; a place that you look for is forgotten when it is answered, but your own browser may remember it. Your phone company still knows that you texted.",
    ],

    who_heading: "Who runs this map",
    who: "It is run by {name}.",
    who_contact: "Contact:",
    who_unsaid: "Its operator has not said who they are.",
    contact_unsaid: "They have given no contact.",

    text_heading: "How to report by text",
    texts: &[
        (
            "police at 5th & San Pedro",
            "reports it. A photo helps, with the corner in the same message or right after it.",
        ),
        (
            "GONE 5th & San Pedro",
            "says that they left; GONE alone takes back your own last report.",
        ),
        (
            "WHERE 5th & San Pedro",
            "answers with what is shown near there.",
        ),
        (
            "HELP",
            "says how it works; LANGUAGE or IDIOMA chooses the language, STOP ends all answers, START brings them back.",
        ),
    ],
    text_notes: &[
        "A corner, a block, a place\u{2019}s name or coordinates will do. You are asked back if more than one place answers to it.",
        "Every text gets at most one answer.",
    ],

    data_heading: "The data",
    data: "Anyone may take it, without a key. Links on this page lead to it:",
    data_sightings: "Sightings now",
    data_fades: "Each carries the time when it fades (fades_at): after that, do not show it or keep it.",
    data_layers: "List of layers",
    data_events: "Changes as they happen (server-sent events)",
    data_feed: "News of the layers (Atom)",
    data_description: "Description for programs (OpenAPI)",

    licences_heading: "Sources and licenses",
    licences: "The layers are made from these:",
    licences_basemap: "The map beneath is made from:",
    licences_own: "Spotlight, the program, is free software under the MIT or Apache-2.0 license, at your choice.",
};

static SPANISH: About = About {
    link: "Sobre este mapa",
    title: "Sobre este mapa",

    shown_heading: "Qu\u{e9} muestra",
    shown: &[
        "D\u{f3}nde se vio polic\u{ed}a en la \u{fa}ltima hora, seg\u{fa}n los mensajes de la gente: una zona, una hora y en qu\u{e9} se apoya.",
        "D\u{f3}nde la gente se quej\u{f3} a la ciudad de campamentos, y d\u{f3}nde se llam\u{f3} a la polic\u{ed}a: cantidades por zona y por mes o semana, de los datos abiertos de la ciudad. Una solicitud es una queja presentada, nunca prueba de un campamento.",
    ],
    never_heading: "Qu\u{e9} no muestra nunca",
    never: &[
        "Ning\u{fa}n n\u{fa}mero de tel\u{e9}fono, mensaje, foto, placa ni cara. Nunca se guardan en disco, se publican ni se registran.",
        "Ninguna persona: ni agentes, ni residentes, ni quien avis\u{f3}.",
        "Ning\u{fa}n campamento exacto. Un aviso es una zona de unos 430 metros de ancho; donde se conocen pocas direcciones es mayor, hasta unos 3 kil\u{f3}metros, porque all\u{ed} una zona peque\u{f1}a ser\u{ed}a el campamento.",
        "Ninguna cantidad peque\u{f1}a: una zona de datos abiertos tiene al menos 5 solicitudes de 3 direcciones, o 5 llamadas. Las que son menos se juntan con sus alrededores, o se dejan fuera.",
    ],
    fading_heading: "C\u{f3}mo se borra un aviso",
    fading: &[
        "Se muestra hasta 60 minutos despu\u{e9}s de su \u{fa}ltimo mensaje, cada vez m\u{e1}s p\u{e1}lido. Otro mensaje empieza la hora de nuevo.",
        "Dos personas que avisan cada una por su lado lo hacen corroborado; una foto donde se ve polic\u{ed}a lo hace foto; si no, es la palabra de una persona.",
        "Quien avis\u{f3} lo retira mandando SE FUERON. Cuando otras dos personas mandan que la polic\u{ed}a se fue, se termina. Un solo mensaje as\u{ed}, o el bot\u{f3}n \u{201c}Se fueron\u{201d} del mapa, solo a\u{f1}ade una nota.",
    ],
    silence_heading: "Silencio no es seguridad",
    silence: &[
        "Un mapa vac\u{ed}o significa que nadie avis\u{f3}. Puede haber polic\u{ed}a en cualquier parte.",
        "Donde no se ha declarado ning\u{fa}n barrio, y mientras no haya un receptor conectado, el mapa est\u{e1} rayado y dice \u{201c}sin datos\u{201d}.",
    ],
    kept_heading: "Qu\u{e9} se guarda, y cu\u{e1}nto tiempo",
    kept: &[
        "Una hora despu\u{e9}s de borrarse, se eliminan la zona del aviso, su hora y todo lo que une sus mensajes. Solo quedan n\u{fa}meros al azar durante 35 d\u{ed}as, para que ninguno cuente dos veces. No hay historial de avisos.",
        "Para que una persona no cuente como dos, el receptor hace un c\u{f3}digo con el n\u{fa}mero y la zona y una clave que cambia cada d\u{ed}a, que solo est\u{e1} en su memoria y se pierde al reiniciarlo. Los c\u{f3}digos de dos zonas o de dos d\u{ed}as no se pueden unir.",
        "Los datos abiertos se publican una vez por mes o semana, siete d\u{ed}as despu\u{e9}s de su fin. Los datos nuevos no lo cambian; solo el operador puede rehacerlo entero, y entonces este mapa lo dice.",
        "Este mapa no usa cookies ni guarda registro de visitas; un lugar que buscas se olvida al contestarte, pero tu navegador puede recordarlo. Tu compa\u{f1}\u{ed}a de tel\u{e9}fono s\u{ed} sabe que mandaste un mensaje.",
    ],

    who_heading: "Qui\u{e9}n lleva este mapa",
    who: "Lo lleva {name}.",
    who_contact: "Contacto:",
    who_unsaid: "Su operador no ha dicho qui\u{e9}n es.",
    contact_unsaid: "No ha dado ning\u{fa}n contacto.",

    text_heading: "C\u{f3}mo avisar por mensaje",
    texts: &[
        (
            "polic\u{ed}a en San Pedro y 5ta",
            "avisa. Una foto ayuda, con la esquina en el mismo mensaje o justo despu\u{e9}s.",
        ),
        (
            "SE FUERON San Pedro y 5ta",
            "dice que se fueron; SE FUERON solo retira tu \u{fa}ltimo aviso.",
        ),
        (
            "DONDE San Pedro y 5ta",
            "contesta con lo que se muestra cerca de all\u{ed}.",
        ),
        (
            "AYUDA",
            "explica c\u{f3}mo funciona; IDIOMA o LANGUAGE elige el idioma, ALTO termina las respuestas y EMPEZAR las trae de nuevo.",
        ),
    ],
    text_notes: &[
        "Sirven una esquina, una cuadra, el nombre de un lugar o coordenadas. Se te pregunta si m\u{e1}s de un lugar se llama as\u{ed}.",
        "Cada mensaje recibe como mucho una respuesta.",
    ],

    data_heading: "Los datos",
    data: "Cualquiera puede tomarlos, sin clave. Estos enlaces llevan a ellos:",
    data_sightings: "Avisos de ahora",
    data_fades: "Cada uno lleva la hora en que se borra (fades_at): despu\u{e9}s, no lo muestres ni lo guardes.",
    data_layers: "Lista de capas",
    data_events: "Cambios al momento (server-sent events)",
    data_feed: "Novedades de las capas (Atom)",
    data_description: "Descripci\u{f3}n para programas (OpenAPI)",

    licences_heading: "Fuentes y licencias",
    licences: "Las capas se hacen con estos datos:",
    licences_basemap: "El mapa de fondo se hace con:",
    licences_own: "Spotlight, el programa, es software libre bajo la licencia MIT o Apache-2.0, a elecci\u{f3}n.",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::words::blanks;

    #[test]
    fn every_translation_keeps_the_blanks_and_the_paragraphs_of_the_english_one() {
        let (english, spanish) = (&ENGLISH, &SPANISH);
        assert_eq!(blanks(english), blanks(spanish));
        let shape = |about: &About| {
            let parts = [
                about.shown,
                about.never,
                about.fading,
                about.silence,
                about.kept,
            ];
            (
                parts.map(<[_]>::len),
                about.texts.len(),
                about.text_notes.len(),
            )
        };
        assert_eq!(shape(english), shape(spanish));
    }
}
