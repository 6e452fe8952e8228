//! The page about the map: what it shows and what it never does, what is kept and for how long, who runs it, how to
//! report, and where the data is.

use maud::{Markup, html};

use crate::context::Which;
use crate::views::choice::Choice;
use crate::views::layers::Layer;
use crate::views::words::{Lang, Said, Words, paragraphs};
use crate::views::{Operator, Picture, atom, cities, shell, sweeps, texting};

pub fn about_page(picture: &Picture, lang: Lang) -> String {
    let words = lang.words();
    let choice = Choice {
        lang,
        ..Choice::default()
    };
    let body = html! {
        (shell::header(picture, &choice, "about"))
        main .narrow.about {
            h2 .top { (words.about_title()) }
            (told(words.about_shown_heading(), words.about_shown()))
            (told(words.about_never_heading(), words.about_never()))
            (told(words.about_silence_heading(), words.about_silence()))
            (told(words.about_fading_heading(), words.about_fading()))
            (told(words.about_kept_heading(), words.about_kept()))
            (texting(picture, lang))
            (who(&picture.operator, words))
            (data(picture, lang))
            (licences(picture, lang))
        }
        (cities::nav(picture, "about", lang))
        (shell::footer(picture, &choice.address("./"), &words.map_link(), lang))
    };
    shell::titled(&words.about_title(), picture, lang, None, body)
}

fn told(heading: Said, text: Said) -> Markup {
    html! {
        section {
            h3 { (heading) }
            @for paragraph in paragraphs(&text) { p { (paragraph) } }
        }
    }
}

fn texting(picture: &Picture, lang: Lang) -> Markup {
    let words = lang.words();
    let corner = || texting::corner(picture, words);
    let texts = [
        (
            words.about_text_report(corner()),
            words.about_text_report_does(),
        ),
        (
            words.about_text_gone(corner()),
            words.about_text_gone_does(),
        ),
        (
            words.about_text_where(corner()),
            words.about_text_where_does(),
        ),
        (words.about_text_help(), words.about_text_help_does()),
    ];
    html! {
        section {
            h3 { (words.about_text_heading()) }
            (texting::phone(picture, words))
            dl {
                @for (text, does) in texts { dt { q { (text) } } dd { (does) } }
            }
            @for note in paragraphs(&words.about_text_notes()) { p { (note) } }
        }
    }
}

fn who(operator: &Operator, words: Words) -> Markup {
    html! {
        section {
            h3 { (words.about_who_heading()) }
            p {
                @match &operator.name {
                    Some(name) => (words.about_who(name)),
                    None => (words.about_who_unsaid()),
                }
                " "
                @match &operator.contact {
                    Some(contact) => { (words.about_who_contact()) " " (reached(contact)) },
                    None => (words.about_contact_unsaid()),
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

fn data(picture: &Picture, lang: Lang) -> Markup {
    let layers: &[Layer] = &picture.layers;
    let words = lang.words();
    let feed = atom::address(lang);
    html! {
        section {
            h3 { (words.about_data_heading()) }
            p { (words.about_data()) }
            ul {
                li {
                    (words.about_data_sightings()) ": "
                    a href="api/v1/sightings.geojson" { "GeoJSON" } " "
                    a href="api/v1/sightings.csv" { "CSV" }
                    p .quiet { (words.about_data_fades()) }
                }
                @for layer in layers.iter().filter(|layer| !layer.periods.is_empty()) {
                    li {
                        (layer.words(lang).0) ": "
                        a href={ "api/v1/layers/" (layer.id) ".geojson" } { "GeoJSON" } " "
                        a href={ "api/v1/layers/" (layer.id) ".csv" } { "CSV" }
                    }
                }
                @if !picture.notices.is_empty() {
                    li {
                        a href=(shell::with_lang("sweeps", lang)) { (words.sweeps_data()) } " "
                        a href="api/v1/sweeps.geojson" { "GeoJSON" } " "
                        a href=(sweeps::calendar_address(None, lang)) { "iCalendar" }
                    }
                }
                @for (address, name) in [
                    ("api/v1/layers", words.about_data_layers()),
                    ("api/v1/events", words.about_data_events()),
                    (feed.as_str(), words.about_data_feed()),
                    ("openapi.json", words.about_data_description()),
                ] {
                    li { a href=(address) { (name) } }
                }
            }
        }
    }
}

fn licences(picture: &Picture, lang: Lang) -> Markup {
    let (layers, words) = (&picture.layers, lang.words());
    let basemap = picture.basemap.as_ref();
    let basemap = basemap.and_then(|basemap| basemap.attribution.as_deref());
    html! {
        section {
            h3 { (words.about_licences_heading()) }
            @if !layers.is_empty() {
                p { (words.about_licences()) }
                ul {
                    @for layer in layers.iter() {
                        li { (layer.words(lang).0) ". " (words.layer_source(&layer.source, &layer.licence)) }
                    }
                }
            }
            @if let Some(layer) = &picture.context.transit {
                p { (layer.words(Which::Transit, lang)[0]) ". " (words.layer_source(&layer.source.source, &layer.source.licence)) }
            }
            @if let Some(layer) = &picture.context.cameras {
                p { (layer.words(Which::Cameras, lang)[0]) ". " (words.layer_source(&layer.source.source, &layer.source.licence)) }
            }
            @if let Some(credit) = basemap { p { (words.about_licences_basemap()) " " (credit) } }
            p {
                (shell::ground(picture, words))
                (words.about_licences_own())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{self, english, spanish};

    #[test]
    fn it_says_who_runs_the_map_or_that_nobody_said() {
        let mut picture = fixture::picture(0);
        let unsaid = about_page(&picture, english());
        assert!(unsaid.contains("has not said who they are. They have given no contact."));
        picture.operator.name = Some("the <i>neighbors</i>".to_owned());
        for (contact, link) in [
            ("map@example.org", Some("mailto:map@example.org")),
            ("https://example.org/map", Some("https://example.org/map")),
            ("Tuesdays at the church", None),
            ("javascript:alert(1)@x", None),
        ] {
            picture.operator.contact = Some(contact.to_owned());
            let said = about_page(&picture, spanish());
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
        let said = about_page(&picture, english());
        for part in [
            "sms:+12135550100",
            "GONE 1st &amp; Main",
            "35 days",
            "href=\"api/v1/layers/encampments.csv\"",
            "href=\"feed.atom\"",
            "CC0 1.0",
        ] {
            assert!(said.contains(part), "{part}");
        }
    }
}
