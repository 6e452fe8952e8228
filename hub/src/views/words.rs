//! What the page says, one table a language; nothing else in `views` or in the script holds a sentence.
//!
//! `{name}` is filled in by [`fill`] here and by the script's function of the same name.

pub mod about;
pub mod feed;
pub mod find;
pub mod history;
pub mod left;

/// A language that the page is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    #[default]
    English,
    Spanish,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// As `?lang=` and `lang=""` write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// In which direction it is written, as `dir=""` says it.
    pub fn dir(self) -> &'static str {
        match self {
            Self::English | Self::Spanish => "ltr",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    pub fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
        }
    }
}

/// Puts values in the place of `{name}`.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = template.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

#[derive(Debug, Clone, Copy)]
pub struct Words {
    pub own_name: &'static str,
    pub title: &'static str,
    pub skip: &'static str,
    pub as_of: &'static str,
    pub reload: &'static str,
    pub stale: &'static str,

    pub none_now: &'static str,
    pub one_now: &'static str,
    pub many_now: &'static str,
    pub newest: &'static str,
    pub silence: &'static str,
    pub no_data: &'static str,
    pub no_data_why: &'static str,
    pub no_coverage: &'static str,
    pub no_coverage_why: &'static str,

    pub just_now: &'static str,
    pub minutes_ago: &'static str,
    pub hours_ago: &'static str,
    pub on_day: &'static str,
    pub now: &'static str,
    pub minutes: &'static str,
    pub months: [&'static str; 12],
    pub month: &'static str,
    pub date: &'static str,
    pub fades: &'static str,
    pub reported_gone: &'static str,
    pub near: &'static str,
    pub within: &'static str,

    pub live: &'static str,
    pub lost: &'static str,
    pub connecting: &'static str,

    pub now_heading: &'static str,
    pub map_heading: &'static str,
    pub map_title: &'static str,
    pub map_text: &'static str,
    pub map_moves: &'static str,
    pub closer: &'static str,
    pub wider: &'static str,
    pub whole_city: &'static str,
    pub all_areas: &'static str,
    pub areas: &'static str,
    pub left: &'static str,
    pub right: &'static str,
    pub up: &'static str,
    pub down: &'static str,

    pub legend: &'static str,
    pub corroborated: &'static str,
    pub corroborated_means: &'static str,
    pub photo: &'static str,
    pub photo_means: &'static str,
    pub unconfirmed: &'static str,
    pub unconfirmed_means: &'static str,
    pub gone_means: &'static str,
    pub fading_means: &'static str,
    pub hatched: &'static str,
    pub hatched_means: &'static str,

    pub report_heading: &'static str,
    pub report_where: &'static str,
    pub report_no_phone: &'static str,
    pub report_example: &'static str,
    pub report_gone_example: &'static str,
    pub report_privacy: &'static str,

    pub coverage_heading: &'static str,
    pub coverage: &'static str,
    pub coverage_none: &'static str,

    pub layer_per_area: &'static str,
    pub layer_area: &'static str,
    pub layer_more: &'static str,
    pub layer_class_only: &'static str,
    pub layer_class_below: &'static str,
    pub layer_class_between: &'static str,
    pub layer_class_above: &'static str,
    pub layer_month: &'static str,
    pub layer_week: &'static str,
    pub layer_week_of: &'static str,
    pub layer_on_map: &'static str,
    pub layer_none: &'static str,
    pub layer_unknown: &'static str,
    pub layer_stale: &'static str,
    pub layer_stale_since: &'static str,
    pub begun_by_officers: &'static str,
    pub begun_by_calls: &'static str,
    pub layer_hidden: &'static str,
    pub layer_show: &'static str,
    pub layer_rebuilt: &'static str,
    pub layer_through: &'static str,
    pub layer_read: &'static str,
    pub layer_source: &'static str,

    pub list_link: &'static str,
    pub map_link: &'static str,
    pub data_link: &'static str,
    pub streets_from: &'static str,
    pub no_tracking: &'static str,

    pub kept: &'static str,
    pub offline: &'static str,
    pub offline_why: &'static str,
    pub offline_from: &'static str,

    pub nearest: &'static str,
    pub nearest_private: &'static str,
    pub nearest_failed: &'static str,
    pub metres_away: &'static str,
    pub kilometres_away: &'static str,

    pub embed_heading: &'static str,
    pub embed_how: &'static str,
    pub embed_code: &'static str,
    pub embed_address: &'static str,
    pub embed_whole: &'static str,

    pub not_printed: &'static str,
    pub poster_link: &'static str,
    pub poster_title: &'static str,
    pub poster_print: &'static str,
    pub poster_what: &'static str,
    pub poster_scan: &'static str,
    pub poster_scan_map: &'static str,
    pub poster_ask: &'static str,
    pub poster_ask_example: &'static str,
    pub poster_map_title: &'static str,
    pub poster_map_text: &'static str,
    pub poster_as_of: &'static str,

    pub not_found: &'static str,
    pub not_found_link: &'static str,
}

pub static ENGLISH: Words = Words {
    own_name: "English",
    title: "Police presence in {city}",
    skip: "Skip to the list",
    as_of: "as of {time}",
    reload: "Reload",
    stale: "This page is more than an hour old: everything on it has faded.",

    none_now: "Nobody reported police in the last hour",
    one_now: "Police reported at 1 place",
    many_now: "Police reported at {n} places",
    newest: "newest {ago}",
    silence: "Silence is not safety: this shows only what people texted in.",
    no_data: "No data: no receiver is connected",
    no_data_why: "Reports cannot arrive now. Police may be anywhere.",
    no_coverage: "No data: nobody is asked to report yet",
    no_coverage_why: "No neighborhood has been declared. Police may be anywhere.",

    just_now: "just now",
    minutes_ago: "{n} min ago",
    hours_ago: "{n} h ago",
    on_day: "on {date}",
    now: "now",
    minutes: "{n} min",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    month: "{month} {year}",
    date: "{month} {day}, {year}",
    fades: "fades at {time}, in {n} min",
    reported_gone: "reported gone {time}",
    near: "near",
    within: "in",

    live: "Live",
    lost: "Not live: connection lost. Data from {time}",
    connecting: "Not live yet: connecting",

    now_heading: "Seen now",
    map_heading: "Map",
    map_title: "Map of police sightings in {city} at {time}",
    map_text: "Streets of {city}; {n}. Every marker carries the number of its row in the list. Hatched: no data.",
    map_moves: "Move the map",
    closer: "Closer",
    wider: "Wider",
    whole_city: "Whole city",
    all_areas: "All areas",
    areas: "Show an area",
    left: "West",
    right: "East",
    up: "North",
    down: "South",

    legend: "What the marks mean",
    corroborated: "corroborated",
    corroborated_means: "two people, independently",
    photo: "photo",
    photo_means: "one person, with a photo",
    unconfirmed: "unconfirmed",
    unconfirmed_means: "one person\u{2019}s words",
    gone_means: "struck through: someone says that they left",
    fading_means: "Each mark pales with age and is gone 60 minutes after its last report.",
    hatched: "no data",
    hatched_means: "hatched: no data, nobody reports from here",

    report_heading: "See police? Text it",
    report_where: "Say where: a corner, an address or coordinates. A photo helps.",
    report_no_phone: "This map has no number to text yet.",
    report_example: "police at 5th & San Pedro",
    report_gone_example: "gone 5th & San Pedro",
    report_privacy: "Your number, your words and your photo are never stored or shown here: only an area and a time. Your phone company still knows that you texted.",

    coverage_heading: "Where reports come from",
    coverage: "People know the number in {areas}. Everywhere else is hatched: no data.",
    coverage_none: "No neighborhood has been declared yet, so everywhere is hatched: no data.",

    layer_per_area: "{unit} per km\u{b2}, {period}",
    layer_area: "{n} {unit} in the outlined area, {period}. This counts what was recorded then, not what is there now.",
    layer_more: "What it means",
    layer_class_only: "all about the same",
    layer_class_below: "under {n}",
    layer_class_between: "{n}\u{2013}{m}",
    layer_class_above: "over {n}",
    layer_month: "Month",
    layer_week: "Week",
    layer_week_of: "Week of {date}",
    layer_on_map: "Show on the map",
    layer_none: "Nothing is published yet: each period is, seven days after its end.",
    layer_unknown: "{n} more are in places that the map does not know.",
    layer_stale: "It could not be read yet; we try again.",
    layer_stale_since: "It could not be refreshed since {date}; what is shown is as it was then.",
    begun_by_officers: "began by officers themselves",
    begun_by_calls: "officers were sent",
    layer_hidden: "not on the map",
    layer_show: "Show",
    layer_rebuilt: "The operator rebuilt this layer whole on {date}.",
    layer_through: "Data through {date}",
    layer_read: "read {when}",
    layer_source: "Source: {source}. Licence: {licence}.",

    list_link: "List only",
    map_link: "Map and list",
    data_link: "Data (GeoJSON)",
    streets_from: "Streets drawn from the city\u{2019}s open data.",
    no_tracking: "No cookies, no log of visits.",

    kept: "With scripts, your browser keeps this page without its sightings, for when there is no connection.",
    offline: "No data: offline.",
    offline_why: "The map cannot be reached, and sightings are never kept. Police may be anywhere. A text message still works: WHERE and a corner asks, anything else reports.",
    offline_from: "Offline. This is from {date}, {time}",

    nearest: "Nearest first",
    nearest_private: "Your position stays in this phone: this page sends it to nobody. How a phone finds out where it is, its maker decides.",
    nearest_failed: "The phone did not say where it is.",
    metres_away: "{n} m away",
    kilometres_away: "{n} km away",

    embed_heading: "Put this map on your page",
    embed_how: "Copy this into your page. It shows what this map shows, and loads nothing from anywhere else.",
    embed_code: "The code to copy",
    embed_address: "THE-ADDRESS-OF-THIS-MAP/",
    embed_whole: "The whole map",

    not_printed: "Sightings are not printed: on paper they could not fade.",
    poster_link: "Poster to print",
    poster_title: "Poster: police presence in {city}",
    poster_print: "One sheet, A4 or Letter: print this page.",
    poster_what: "A map of where police are now, made of what people text in. A report shows for an hour and is then forgotten.",
    poster_scan: "Point a phone\u{2019}s camera here to text",
    poster_scan_map: "See the map",
    poster_ask: "What was seen near you? Ask by text:",
    poster_ask_example: "where 5th & San Pedro",
    poster_map_title: "Map of where reports come from in {city}",
    poster_map_text: "Streets of {city}, without sightings. Outlined: where people know the number. Hatched: no data.",
    poster_as_of: "As of {date}, {time}. No sightings on this sheet: they change within the hour.",

    not_found: "There is no such page",
    not_found_link: "To the map",
};

pub static SPANISH: Words = Words {
    own_name: "Espa\u{f1}ol",
    title: "Presencia policial en {city}",
    skip: "Ir a la lista",
    as_of: "a las {time}",
    reload: "Actualizar",
    stale: "Esta p\u{e1}gina tiene m\u{e1}s de una hora: todo lo que mostraba ya se borr\u{f3}.",

    none_now: "Nadie avis\u{f3} de polic\u{ed}a en la \u{fa}ltima hora",
    one_now: "1 aviso de polic\u{ed}a",
    many_now: "{n} avisos de polic\u{ed}a",
    newest: "el \u{fa}ltimo, {ago}",
    silence: "Silencio no es seguridad: aqu\u{ed} solo se ve lo que la gente avis\u{f3} por mensaje.",
    no_data: "Sin datos: ning\u{fa}n receptor conectado",
    no_data_why: "Ahora no pueden llegar avisos. Puede haber polic\u{ed}a en cualquier parte.",
    no_coverage: "Sin datos: a\u{fa}n no se pide a nadie que avise",
    no_coverage_why: "No se ha declarado ning\u{fa}n barrio. Puede haber polic\u{ed}a en cualquier parte.",

    just_now: "ahora mismo",
    minutes_ago: "hace {n} min",
    hours_ago: "hace {n} h",
    on_day: "el {date}",
    now: "ahora",
    minutes: "{n} min",
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    month: "{month} de {year}",
    date: "{day} de {month} de {year}",
    fades: "se borra a las {time}, en {n} min",
    reported_gone: "avisan que se fueron, {time}",
    near: "cerca de",
    within: "en",

    live: "En vivo",
    lost: "No en vivo: sin conexi\u{f3}n. Datos de las {time}",
    connecting: "A\u{fa}n no en vivo: conectando",

    now_heading: "Vistos ahora",
    map_heading: "Mapa",
    map_title: "Mapa de avisos de polic\u{ed}a en {city} a las {time}",
    map_text: "Calles de {city}; {n}. Cada marca lleva el n\u{fa}mero de su fila en la lista. Rayado: sin datos.",
    map_moves: "Mover el mapa",
    closer: "Acercar",
    wider: "Alejar",
    whole_city: "Toda la ciudad",
    all_areas: "Todas las zonas",
    areas: "Mostrar una zona",
    left: "Oeste",
    right: "Este",
    up: "Norte",
    down: "Sur",

    legend: "Qu\u{e9} significan las marcas",
    corroborated: "corroborado",
    corroborated_means: "dos personas, cada una por su lado",
    photo: "foto",
    photo_means: "una persona, con foto",
    unconfirmed: "sin confirmar",
    unconfirmed_means: "la palabra de una persona",
    gone_means: "tachado: alguien dice que se fueron",
    fading_means: "Cada marca palidece con el tiempo y se borra 60 minutos despu\u{e9}s de su \u{fa}ltimo aviso.",
    hatched: "sin datos",
    hatched_means: "rayado: sin datos, de aqu\u{ed} nadie avisa",

    report_heading: "\u{bf}Ves polic\u{ed}a? Manda un mensaje",
    report_where: "Di d\u{f3}nde: una esquina, una direcci\u{f3}n o coordenadas. Una foto ayuda.",
    report_no_phone: "Este mapa a\u{fa}n no tiene n\u{fa}mero para mensajes.",
    report_example: "polic\u{ed}a en San Pedro y 5ta",
    report_gone_example: "se fueron San Pedro y 5ta",
    report_privacy: "Tu n\u{fa}mero, tus palabras y tu foto nunca se guardan ni se muestran aqu\u{ed}: solo una zona y una hora. Tu compa\u{f1}\u{ed}a de tel\u{e9}fono s\u{ed} sabe que mandaste un mensaje.",

    coverage_heading: "De d\u{f3}nde llegan avisos",
    coverage: "La gente conoce el n\u{fa}mero en {areas}. Todo lo dem\u{e1}s est\u{e1} rayado: sin datos.",
    coverage_none: "A\u{fa}n no se ha declarado ning\u{fa}n barrio; todo est\u{e1} rayado: sin datos.",

    layer_per_area: "{unit} por km\u{b2}, {period}",
    layer_area: "{n} {unit} en la zona marcada, {period}. Cuenta lo que se registr\u{f3} entonces, no lo que hay ahora.",
    layer_more: "Qu\u{e9} significa",
    layer_class_only: "todas m\u{e1}s o menos igual",
    layer_class_below: "menos de {n}",
    layer_class_between: "{n}\u{2013}{m}",
    layer_class_above: "m\u{e1}s de {n}",
    layer_month: "Mes",
    layer_week: "Semana",
    layer_week_of: "Semana del {date}",
    layer_on_map: "Mostrar en el mapa",
    layer_none: "Todav\u{ed}a no hay nada publicado: cada periodo lo es siete d\u{ed}as despu\u{e9}s de terminar.",
    layer_unknown: "{n} m\u{e1}s est\u{e1}n en lugares que el mapa no conoce.",
    layer_stale: "Todav\u{ed}a no se ha podido leer; seguimos intentando.",
    layer_stale_since: "No se ha podido actualizar desde el {date}; se muestra como estaba entonces.",
    begun_by_officers: "empezadas por los agentes",
    begun_by_calls: "mandaron a los agentes",
    layer_hidden: "fuera del mapa",
    layer_show: "Mostrar",
    layer_rebuilt: "El operador rehizo esta capa entera el {date}.",
    layer_through: "Datos hasta el {date}",
    layer_read: "le\u{ed}dos {when}",
    layer_source: "Fuente: {source}. Licencia: {licence}.",

    list_link: "Solo la lista",
    map_link: "Mapa y lista",
    data_link: "Datos (GeoJSON)",
    streets_from: "Calles dibujadas con los datos abiertos de la ciudad.",
    no_tracking: "Sin cookies, sin registro de visitas.",

    kept: "Con scripts, tu navegador guarda esta p\u{e1}gina sin sus avisos, para cuando no haya conexi\u{f3}n.",
    offline: "Sin datos: sin conexi\u{f3}n.",
    offline_why: "No se puede llegar al mapa, y los avisos nunca se guardan. Puede haber polic\u{ed}a en cualquier parte. Un mensaje de texto s\u{ed} funciona: DONDE y una esquina pregunta, lo dem\u{e1}s avisa.",
    offline_from: "Sin conexi\u{f3}n. Esto es del {date}, {time}",

    nearest: "Primero lo m\u{e1}s cercano",
    nearest_private: "Tu posici\u{f3}n se queda en este tel\u{e9}fono: esta p\u{e1}gina no se la manda a nadie. C\u{f3}mo averigua un tel\u{e9}fono d\u{f3}nde est\u{e1}, lo decide su fabricante.",
    nearest_failed: "El tel\u{e9}fono no dijo d\u{f3}nde est\u{e1}.",
    metres_away: "a {n} m",
    kilometres_away: "a {n} km",

    embed_heading: "Pon este mapa en tu p\u{e1}gina",
    embed_how: "Copia esto en tu p\u{e1}gina. Muestra lo que muestra este mapa, y no carga nada de otro sitio.",
    embed_code: "El c\u{f3}digo para copiar",
    embed_address: "LA-DIRECCION-DE-ESTE-MAPA/",
    embed_whole: "El mapa entero",

    not_printed: "Los avisos no se imprimen: en papel no podr\u{ed}an borrarse.",
    poster_link: "Cartel para imprimir",
    poster_title: "Cartel: presencia policial en {city}",
    poster_print: "Una hoja, A4 o carta: imprime esta p\u{e1}gina.",
    poster_what: "Un mapa de d\u{f3}nde hay polic\u{ed}a ahora, hecho de lo que la gente avisa por mensaje. Cada aviso se ve una hora y luego se olvida.",
    poster_scan: "Apunta aqu\u{ed} la c\u{e1}mara del tel\u{e9}fono para mandar un mensaje",
    poster_scan_map: "Ver el mapa",
    poster_ask: "\u{bf}Qu\u{e9} se vio cerca de ti? Pregunta por mensaje:",
    poster_ask_example: "donde 5th & San Pedro",
    poster_map_title: "Mapa de d\u{f3}nde llegan avisos en {city}",
    poster_map_text: "Calles de {city}, sin avisos. Con borde: donde la gente conoce el n\u{fa}mero. Rayado: sin datos.",
    poster_as_of: "Del {date}, {time}. En esta hoja no hay avisos: cambian dentro de la hora.",

    not_found: "Esta p\u{e1}gina no existe",
    not_found_link: "Al mapa",
};

/// A place as people write it: the city's capitals made calm, and "near" and "in" in the reader's language.
pub fn place(label: &str, words: &Words) -> String {
    let calm = |word: &str| {
        if word.chars().any(char::is_lowercase) {
            return word.to_owned();
        }
        let mut letters = word.chars();
        let first = letters.next().into_iter();
        first
            .chain(letters.flat_map(char::to_lowercase))
            .collect::<String>()
    };
    let leads = [("near ", words.near), ("in ", words.within)];
    let (lead, name) = leads
        .into_iter()
        .find_map(|(lead, said)| Some((Some(said), label.strip_prefix(lead)?)))
        .unwrap_or((None, label));
    let name = name.split(' ').map(calm);
    let all: Vec<String> = lead.map(str::to_owned).into_iter().chain(name).collect();
    all.join(" ")
}

/// The blanks of a table of words, for the tests that hold translations together.
#[cfg(test)]
pub(super) fn blanks(words: &impl std::fmt::Debug) -> Vec<String> {
    let text = format!("{words:?}");
    let mut blanks: Vec<String> = text
        .match_indices('{')
        .filter_map(|(at, _)| Some(text[at..].split_inclusive('}').next()?.to_owned()))
        .filter(|blank| blank.len() < 12)
        .collect();
    blanks.sort();
    blanks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_calm_and_near_in_the_readers_language() {
        let check = |label: &str, words, expected: &str| assert_eq!(place(label, words), expected);
        check(
            "near 5TH ST & SAN PEDRO ST",
            &ENGLISH,
            "near 5th St & San Pedro St",
        );
        check("near 5TH ST", &SPANISH, "cerca de 5th St");
        check("in Hollywood", &SPANISH, "en Hollywood");
        check("in Hollywood", &ENGLISH, "in Hollywood");
        check("INDIANA ST", &SPANISH, "Indiana St");
        check("MacArthur Park", &ENGLISH, "MacArthur Park");
        check("", &ENGLISH, "");
    }

    #[test]
    fn every_translation_keeps_the_blanks_of_the_english_one() {
        assert_eq!(blanks(&ENGLISH), blanks(&SPANISH));
    }
}
