//! What every page has around it: the document, the style sheet, its head and its foot; and pages that are no more than that.
//!
//! The style sheet is in the page, so that the first picture needs one request; its hash is in the header that forbids any other.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::views::choice::{Choice, Shape};
use crate::views::words::{Lang, Languages, Words};
use crate::views::{Picture, atom, cities, open_data};

/// The style sheet of every page.
pub static STYLE: &str = include_str!("page.css");

/// A page of its own title, which leads to the feed.
pub fn titled(
    title: &str,
    picture: &Picture,
    lang: Lang,
    script: Option<&str>,
    body: Markup,
) -> String {
    let feed = lang.words().feed_title(&picture.city.name);
    let head = html! {
        link rel="alternate" type="application/atom+xml" href=(atom::address(lang)) title=(feed);
        @if let Some(script) = script { (with_script(script, lang)) }
    };
    shell(&format!("{title} - Spotlight"), lang, head, body)
}

/// What a page with a script has besides.
pub fn with_script(script: &str, lang: Lang) -> Markup {
    html! {
        link rel="manifest" href=(with_lang("manifest.webmanifest", lang));
        link rel="apple-touch-icon" href="icon-192.png";
        script type="module" src=(script) {}
    }
}

pub fn shell(title: &str, lang: Lang, head: Markup, body: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang=(lang.code()) dir=(lang.dir()) {
            head {
                meta charset="utf-8";
                title { (title) }
                meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
                (head)
            }
            body { (body) }
        }
    };
    page.into_string()
}

/// An address with the language, where it is not the first.
pub fn with_lang(address: &str, lang: Lang) -> String {
    match lang.in_address() {
        None => address.to_owned(),
        Some(code) => format!("{address}?lang={code}"),
    }
}

pub fn header(picture: &Picture, choice: &Choice, page: &str) -> Markup {
    let words = choice.lang.words();
    let others = picture.languages.iter();
    let others = others.filter(|lang| !lang.is(choice.lang)).map(Lang::named);
    html! {
        header {
            h1 { (words.title(&picture.city.name)) }
            @for lang in others {
                a .lang href=(choice.with_lang(lang).address(page)) lang=(lang.code()) hreflang=(lang.code()) dir=(lang.dir()) {
                    (lang.own_name())
                }
            }
            @if choice.shape != Shape::Embedded { (cities::link(picture, choice.lang)) }
        }
    }
}

pub fn footer(picture: &Picture, other: &str, name: &str, lang: Lang) -> Markup {
    let words = lang.words();
    let choice = Choice {
        lang,
        ..Choice::default()
    };
    let about = choice.address("about");
    html! {
        footer {
            p {
                a href=(other) { (name) }
                a href="api/v1/sightings.geojson" { (words.data_link()) }
                a href=(about) { (words.about_link()) }
                a href=(with_lang("poster", lang)) { (words.poster_link()) }
            }
            (open_data::troubles(picture, lang))
            p .quiet {
                (ground(picture, words))
                (words.no_tracking()) " " (words.kept())
            }
        }
    }
}

/// Where the lines of the map and its places come from.
pub fn ground(picture: &Picture, words: Words) -> Markup {
    let city = &picture.city;
    html! {
        @if !city.ground_from.is_empty() {
            (words.ground_from(city.ground_from.join("; "))) " "
        } @else if !city.basemap.streets.is_empty() {
            (words.streets_from()) " "
        }
    }
}

/// For an address that leads nowhere, in every language: the address says nothing of its reader. Its links need the way back to the top, which is not below every address.
pub fn not_found(depth: usize, languages: &Languages) -> String {
    let home = match depth {
        0 => "./".to_owned(),
        depth => "../".repeat(depth),
    };
    let body = html! {
        main .narrow {
            h1 { "Spotlight" }
            @for lang in languages.iter() {
                @let words = lang.words();
                p lang=(lang.code()) dir=[(lang.dir() != languages.first().dir()).then(|| lang.dir())] { (words.not_found()) ". " a .home href=(home) { (words.not_found_link()) } }
            }
        }
    };
    shell("Spotlight", languages.first(), html! {}, body)
}

/// One sentence and the way back, for a reader of `lang`.
pub fn short_page(sentence: &str, link: &str, home: &str, lang: Lang) -> String {
    let choice = Choice {
        lang,
        ..Choice::default()
    };
    let body = html! {
        main .narrow.short {
            h1 { "Spotlight" }
            p { (sentence) }
            p { a href=(choice.address(home)) { (link) } }
        }
    };
    shell("Spotlight", lang, html! {}, body)
}
