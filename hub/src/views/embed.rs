//! The map in a frame of somebody else's page: what is seen now, and the way to the rest; and how to put it there.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::views::choice::{Choice, Shape};
use crate::views::context::{self, Beside};
use crate::views::page::moves;
use crate::views::projection::Frame;
use crate::views::shell::{header, shell, with_lang, with_script};
use crate::views::shown::Shown;
use crate::views::words::Lang;
use crate::views::{Picture, Sighting, current, list, live, svg, sweeps};

/// Summary, map and links to the list and to announced sweeps. The rows are there unseen: the script ages the marks by them.
pub fn page(picture: &Picture, at: Timestamp, choice: &Choice, script: Option<&str>) -> String {
    let words = choice.lang.words();
    let seen: Vec<&Sighting> = current(picture, at).collect();
    let frame = Frame::of(choice.view, picture);
    let shown = Shown::of(picture, choice, &frame);
    let beside = Beside::of(picture, choice);
    let zones = sweeps::on_map::zones(picture, at, &frame, choice);
    let on = svg::On {
        shown: shown.as_ref(),
        beside,
        zones: Some(&zones),
        ..svg::On::default()
    };
    let body = html! {
        (svg::symbols())
        (header(picture, choice, "./"))
        main .embedded {
            (list::summary(picture, &seen, at, &choice.address("./"), words))
            (sweeps::line(picture, at, choice))
            section #where aria-label=(words.map_heading()) {
                div #frame role="group" aria-label=(words.map_heading()) {
                    (svg::map(picture, &seen, at, &frame, &on, words))
                    (context::credits(&beside))
                    (moves(&frame, choice, words))
                }
            }
            div hidden { (list::rows(picture, &seen, at, "", choice.lang)) }
        }
        footer {
            p {
                a href=(with_lang("list", choice.lang)) target="_blank" rel="noopener" { (words.list_link()) }
                a href=(with_lang("./", choice.lang)) target="_blank" rel="noopener" { (words.embed_whole()) }
            }
        }
        @if script.is_some() { (live::for_script(picture, at, "", Shape::Embedded, words)) }
    };
    let title = words.title(&picture.city.name);
    let head = html! { @if let Some(script) = script { (with_script(script, choice.lang)) } };
    shell(&format!("{title} - Spotlight"), choice.lang, head, body)
}

/// The code for a frame around this map. Where the operator has not said its address, the script fills it in.
pub fn offer(picture: &Picture, lang: Lang) -> Markup {
    let words = lang.words();
    let place = picture.public_url.as_deref();
    let query = match lang.in_address() {
        None => "?embed=1".to_owned(),
        Some(code) => format!("?lang={code}&embed=1"),
    };
    let blank = words.embed_address();
    let address = format!("{}{query}", place.unwrap_or(&blank));
    let title = words.title(&picture.city.name);
    let frame =
        html! { iframe src=(address) title=(title) width="100%" height="600" loading="lazy" {} };
    html! {
        section #embed {
            details {
                summary { (words.embed_heading()) }
                p { (words.embed_how()) }
                textarea readonly rows="4" spellcheck="false" aria-label=(words.embed_code())
                    data-blank=[place.is_none().then_some(&blank)]
                { (frame.into_string()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{self, english};

    #[test]
    fn a_frame_shows_the_marks_and_its_links_stay_in_it_or_leave_it() {
        let picture = fixture::picture(3);
        let choice = Choice {
            shape: Shape::Embedded,
            ..Choice::default()
        };
        let page = page(&picture, picture.at, &choice, Some("assets/live.js"));
        assert_eq!(page.matches("id=\"m-").count(), 3);
        assert!(page.contains("Police reported at 3 places"));
        assert!(page.contains("href=\"./?lang=es&amp;embed=1\""));
        assert!(page.contains("href=\"list\" target=\"_blank\""));
        for part in ["<form", "id=\"report\"", "id=\"open-data\"", "<textarea"] {
            assert!(!page.contains(part), "{part}");
        }
    }

    #[test]
    fn announced_sweeps_are_on_its_map_and_lead_to_their_own_page() {
        let mut picture = fixture::picture(0);
        picture.notices = fixture::notices();
        let choice = Choice {
            shape: Shape::Embedded,
            lang: fixture::spanish(),
            ..Choice::default()
        };
        let page = page(&picture, picture.at, &choice, None);
        assert!(page.contains("<a href=\"sweeps?lang=es\" target=\"_blank\""));
        let placed = picture
            .notices
            .iter()
            .filter(|notice| notice.cell.is_some());
        let placed: Vec<_> = placed.map(|notice| notice.id.simple()).collect();
        assert!(!placed.is_empty());
        assert_eq!(page.matches("class=\"zone\"").count(), placed.len());
        for id in placed {
            let to = format!("href=\"sweeps?lang=es#n-{id}\" target=\"_blank\"");
            assert!(page.contains(&to), "{to}");
        }
        assert!(!page.contains("class=\"no\""), "no row has a letter");
    }

    #[test]
    fn the_code_names_the_address_that_the_operator_has_set() {
        let mut picture = fixture::picture(0);
        let code = |picture: &Picture| offer(picture, english()).into_string();
        assert!(code(&picture).contains("data-blank"));
        picture.public_url = Some("https://example.org/map/".to_owned());
        let set = code(&picture);
        assert!(set.contains("https://example.org/map/?embed=1") && !set.contains("data-blank"));
    }
}
