//! The page about the map: what it shows and what it never does, what is kept and for how long, who runs it, how to
//! report, and where the data is.

use maud::{Markup, html};

use crate::views::choice::Choice;
use crate::views::layers::Layer;
use crate::views::words::about::About;
use crate::views::words::{Lang, fill};
use crate::views::{Operator, Picture, atom, page};

pub fn about_page(picture: &Picture, lang: Lang) -> String {
    let words = lang.about();
    let choice = Choice {
        lang,
        ..Choice::default()
    };
    let body = html! {
        (page::header(picture, &choice, "about"))
        main .narrow.about {
            h2 .top { (words.title) }
            (told(words.shown_heading, words.shown))
            (told(words.never_heading, words.never))
            (told(words.silence_heading, words.silence))
            (told(words.fading_heading, words.fading))
            (told(words.kept_heading, words.kept))
            (texting(picture, lang))
            (who(&picture.operator, words))
            (data(&picture.layers, lang))
            (licences(picture, lang))
        }
        (page::footer(picture, &choice.address("./"), lang.words().map_link, lang))
    };
    page::titled(words.title, picture, lang, None, body)
}

fn told(heading: &str, sentences: &[&str]) -> Markup {
    html! {
        section {
            h3 { (heading) }
            @for sentence in sentences { p { (sentence) } }
        }
    }
}

fn texting(picture: &Picture, lang: Lang) -> Markup {
    let words = lang.about();
    html! {
        section {
            h3 { (words.text_heading) }
            (page::phone(picture, lang.words()))
            dl {
                @for (text, does) in words.texts { dt { q { (text) } } dd { (does) } }
            }
            @for note in words.text_notes { p { (note) } }
        }
    }
}

fn who(operator: &Operator, words: &About) -> Markup {
    html! {
        section {
            h3 { (words.who_heading) }
            p {
                @match &operator.name {
                    Some(name) => (fill(words.who, &[("name", name)])),
                    None => (words.who_unsaid),
                }
                " "
                @match &operator.contact {
                    Some(contact) => { (words.who_contact) " " (reached(contact)) },
                    None => (words.contact_unsaid),
                }
            }
        }
    }
}

/// A link where it is an address of the web or of mail; else its text.
fn reached(contact: &str) -> Markup {
    let is_mail = contact.contains('@') && !contact.contains([' ', '/', ':', '?']);
    let address = match () {
        () if contact.starts_with("https://") => Some(contact.to_owned()),
        () if is_mail => Some(format!("mailto:{contact}")),
        () => None,
    };
    html! {
        @match address {
            Some(address) => a href=(address) rel="noreferrer" { (contact) },
            None => (contact),
        }
    }
}

fn data(layers: &[Layer], lang: Lang) -> Markup {
    let words = lang.about();
    let feed = atom::address(lang);
    html! {
        section {
            h3 { (words.data_heading) }
            p { (words.data) }
            ul {
                li {
                    (words.data_sightings) ": "
                    a href="api/v1/sightings.geojson" { "GeoJSON" } " "
                    a href="api/v1/sightings.csv" { "CSV" }
                    p .quiet { (words.data_fades) }
                }
                @for layer in layers.iter().filter(|layer| !layer.periods.is_empty()) {
                    li {
                        (layer.words(lang).0) ": "
                        a href={ "api/v1/layers/" (layer.id) ".geojson" } { "GeoJSON" } " "
                        a href={ "api/v1/layers/" (layer.id) ".csv" } { "CSV" }
                    }
                }
                @for (address, name) in [
                    ("api/v1/layers", words.data_layers),
                    ("api/v1/events", words.data_events),
                    (feed.as_str(), words.data_feed),
                    ("openapi.json", words.data_description),
                ] {
                    li { a href=(address) { (name) } }
                }
            }
        }
    }
}

fn licences(picture: &Picture, lang: Lang) -> Markup {
    let (layers, words) = (&picture.layers, lang.about());
    let basemap = picture.basemap.as_ref();
    let basemap = basemap.and_then(|basemap| basemap.attribution.as_deref());
    html! {
        section {
            h3 { (words.licences_heading) }
            @if !layers.is_empty() {
                p { (words.licences) }
                ul {
                    @for layer in layers.iter() {
                        @let source = [("source", layer.source.as_str()), ("licence", layer.licence.as_str())];
                        li { (layer.words(lang).0) ". " (fill(lang.words().layer_source, &source)) }
                    }
                }
            }
            @if let Some(credit) = basemap { p { (words.licences_basemap) " " (credit) } }
            p { (lang.words().streets_from) " " (words.licences_own) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;

    #[test]
    fn it_says_who_runs_the_map_or_that_nobody_said() {
        let mut picture = fixture::picture(0);
        let unsaid = about_page(&picture, Lang::English);
        assert!(unsaid.contains("has not said who they are. They have given no contact."));
        picture.operator.name = Some("the <i>neighbors</i>".to_owned());
        for (contact, link) in [
            ("map@example.org", Some("mailto:map@example.org")),
            ("https://example.org/map", Some("https://example.org/map")),
            ("Tuesdays at the church", None),
            ("javascript:alert(1)@x", None),
        ] {
            picture.operator.contact = Some(contact.to_owned());
            let said = about_page(&picture, Lang::Spanish);
            assert!(said.contains("Lo lleva the &lt;i&gt;neighbors&lt;/i&gt;."));
            assert!(said.contains(contact));
            let linked = link.is_some_and(|link| said.contains(&format!("<a href=\"{link}\"")));
            assert_eq!(linked, link.is_some(), "{contact}");
            assert!(!said.contains("href=\"javascript"));
        }
    }

    #[test]
    fn it_says_how_to_report_and_where_the_data_is_and_on_which_terms() {
        let picture = fixture::picture(0);
        let said = about_page(&picture, Lang::English);
        for part in [
            "sms:+12135550100",
            "GONE 5th &amp; San Pedro",
            "35 days",
            "href=\"api/v1/layers/encampments.csv\"",
            "href=\"feed.atom\"",
            "CC0 1.0",
        ] {
            assert!(said.contains(part), "{part}");
        }
    }
}
