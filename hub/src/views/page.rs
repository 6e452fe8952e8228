//! The map's page and the list's: everything in one response, whole without a script.
//!
//! What the script needs to know (words, time zone) stands in a block of data that no browser executes.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::views::choice::{Choice, Shape};
use crate::views::context::{self, Beside};
use crate::views::find::{self, Search};
use crate::views::projection::{Frame, View};
use crate::views::shell::{footer, header, titled};
use crate::views::shown::Shown;
use crate::views::words::{Lang, Said, Words};
use crate::views::{
    Picture, Sighting, cities, current, embed, history, legend, list, live, living, offline,
    open_data, svg, sweeps, texting,
};

/// Map and list. `script` is the address of the page's script, if this hub was built with one.
pub fn map_page(picture: &Picture, at: Timestamp, choice: &Choice, script: Option<&str>) -> String {
    let search = choice.place.and_then(|at| Search::point(at, picture));
    searched_page(picture, at, choice, search.as_ref(), script)
}

/// The same with the answer to a search, which `choice` has followed.
pub fn searched_page(
    picture: &Picture,
    at: Timestamp,
    choice: &Choice,
    search: Option<&Search>,
    script: Option<&str>,
) -> String {
    let (mut words, kept) = (choice.lang.words(), offline::picture(picture));
    let picture = match choice.shape {
        Shape::Whole => picture,
        Shape::Embedded => return embed::page(picture, at, choice, script),
        Shape::Kept => {
            words = words.with(&offline::INSTEAD);
            &kept
        }
    };
    let seen: Vec<&Sighting> = current(picture, at).collect();
    let frame = Frame::of(choice.view, picture);
    let shown = Shown::of(picture, choice, &frame);
    let beside = Beside::of(picture, choice);
    let pin = choice.place.map(|at| find::pin(at, &frame, choice.lang));
    let zones = sweeps::on_map::zones(picture, at, &frame, choice);
    let on = svg::On {
        shown: shown.as_ref(),
        beside,
        zones: Some(&zones).filter(|zones| !zones.leaves.is_empty()),
        pin: pin.as_ref(),
    };
    let body = html! {
        (header(picture, choice, "./"))
        main {
            (list::summary(picture, &seen, at, &choice.address("./"), words))
            (texting::text_it(picture, words))
            (sweeps::line(picture, at, choice))
            section #where aria-label=(words.map_heading()) {
                @if let Some(search) = search { (find::answer(picture, choice, search)) }
                div #frame role="group" aria-label=(words.map_heading()) {
                    (svg::map(picture, &seen, at, &frame, &on, words))
                    (context::credits(&beside))
                    (moves(&frame, choice, words))
                }
                (areas(picture, choice, words))
                (find::form(picture, choice, search))
                (legend::legend(&on, "beside", choice.lang))
            }
            section #now aria-labelledby="now-heading" tabindex="-1" {
                h2 #now-heading { (words.now_heading()) }
                (list::rows(picture, &seen, at, "", choice.lang))
                @if script.is_some() { (nearest(words)) }
                (list::left_form(choice, None))
                p .quiet { (words.fading_means()) }
                p .printed { (words.not_printed()) }
            }
            (legend::legend(&on, "after", choice.lang))
            (sweeps::beside_map(picture, at, choice))
            (texting::report(picture, words))
            (coverage(picture, words))
            (open_data::open_data(picture, at, choice, history::compared(picture, &frame, shown.as_ref(), choice)))
            (context::articles(picture, at, choice))
            (embed::offer(picture, choice.lang))
        }
        (cities::nav(picture, "./", choice.lang))
        (footer(picture, &choice.address("list"), &words.list_link(), choice.lang))
        @if script.is_some() {
            (live::for_script(picture, at, "", choice.shape, words))
            (living::for_script(picture, choice, shown.as_ref()))
        }
    };
    document(picture, choice.lang, script, body)
}

/// The list alone, for a few kilobytes.
pub fn list_page(picture: &Picture, at: Timestamp, lang: Lang, script: Option<&str>) -> String {
    let words = lang.words();
    let seen: Vec<&Sighting> = current(picture, at).collect();
    let choice = Choice {
        lang,
        ..Choice::default()
    };
    let map = choice.address("./");
    let body = html! {
        (header(picture, &choice, "list"))
        main .narrow {
            (list::summary(picture, &seen, at, &choice.address("list"), words))
            (texting::text_it(picture, words))
            (sweeps::line(picture, at, &choice))
            section #now aria-labelledby="now-heading" tabindex="-1" {
                h2 #now-heading { (words.now_heading()) }
                (list::rows(picture, &seen, at, &map, lang))
                @if script.is_some() { (nearest(words)) }
                (list::left_form(&choice, Some("list")))
                p .quiet { (words.fading_means()) }
                p .printed { (words.not_printed()) }
            }
            (sweeps::listed(picture, at, &choice))
            (texting::report(picture, words))
            (coverage(picture, words))
        }
        (cities::nav(picture, "list", lang))
        (footer(picture, &map, &words.map_link(), lang))
        @if script.is_some() { (live::for_script(picture, at, &map, Shape::Whole, words)) }
    };
    document(picture, lang, script, body)
}

fn document(picture: &Picture, lang: Lang, script: Option<&str>, body: Markup) -> String {
    let title = lang.words().title(&picture.city.name);
    let body = html! {
        a .skip href="#now" { (lang.words().skip()) }
        (svg::symbols())
        (body)
    };
    titled(&title, picture, lang, script, body)
}

/// The button that arranges the rows by distance: the script shows it where the browser can tell a position.
fn nearest(words: Words) -> Markup {
    html! {
        div #near hidden {
            button type="button" aria-pressed="false" { (words.nearest()) }
            p .quiet role="status" { (words.nearest_private()) }
        }
    }
}

pub fn moves(frame: &Frame, choice: &Choice, words: Words) -> Markup {
    let to = |view| choice.with_view(view).address("./");
    let steps = [
        ("in", "+", words.move_closer(), frame.step(1, 0.0, 0.0)),
        (
            "out",
            "\u{2212}",
            words.move_wider(),
            frame.step(-1, 0.0, 0.0),
        ),
        (
            "pan west",
            "\u{2190}",
            words.move_west(),
            frame.step(0, -0.5, 0.0),
        ),
        (
            "pan north",
            "\u{2191}",
            words.move_north(),
            frame.step(0, 0.0, -0.5),
        ),
        (
            "pan south",
            "\u{2193}",
            words.move_south(),
            frame.step(0, 0.0, 0.5),
        ),
        (
            "pan east",
            "\u{2192}",
            words.move_east(),
            frame.step(0, 0.5, 0.0),
        ),
    ];
    html! {
        nav #moves aria-label=(words.map_moves()) {
            @for (class, sign, name, view) in steps {
                a class=(class) href=(to(view)) aria-label=(name) title=(name) { (sign) }
            }
        }
    }
}

/// A link to each part that a reader is likely to ask for.
fn areas(picture: &Picture, choice: &Choice, words: Words) -> Markup {
    let areas = picture.coverage.iter().zip(0..);
    let areas = areas.map(|(area, n)| (Said::from(area.name.clone()), View::Area(n)));
    let all = std::iter::once((words.all_areas(), View::Now));
    let city = std::iter::once((words.whole_city(), View::CITY));
    html! {
        nav #areas aria-label=(words.areas()) {
            @for (name, view) in all.chain(areas).chain(city) {
                a href=(choice.with_view(view).address("./")) aria-current=[(view == choice.view).then_some("true")] {
                    (name)
                }
            }
        }
    }
}

fn coverage(picture: &Picture, words: Words) -> Markup {
    let areas: Vec<&str> = picture.coverage.iter().map(|c| c.name.as_str()).collect();
    html! {
        section #coverage {
            h2 { (words.coverage_heading()) }
            @if areas.is_empty() {
                p { (words.coverage_none()) }
            } @else {
                p { (words.coverage(areas.join(", "))) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{self, english, spanish};

    #[test]
    fn nothing_on_a_page_comes_from_elsewhere() {
        let picture = fixture::picture(3);
        let page = map_page(
            &picture,
            picture.at,
            &Choice::default(),
            Some("assets/live.js"),
        );
        for address in [
            "http:", "https:", "src=\"/", "href=\"/", "url(http", "style=\"",
        ] {
            assert!(!page.contains(address), "{address}");
        }
    }

    #[test]
    fn a_row_leads_to_its_mark_also_from_the_list_alone() {
        let picture = fixture::picture(1);
        let cell = picture.sightings[0].cell;
        let check = |page: String, href: &str| {
            let link = format!("<a class=\"to\" href=\"{href}#m-{cell}\"");
            assert!(page.contains(&link), "{link}");
        };
        let choice = Choice::default();
        check(map_page(&picture, picture.at, &choice, None), "");
        check(list_page(&picture, picture.at, english(), None), "./");
        let spanish = list_page(&picture, picture.at, spanish(), None);
        check(spanish, "./?lang=es");
    }

    #[test]
    fn a_scripts_clock_begins_where_a_kept_page_ends() {
        let picture = fixture::picture(1);
        let at = fixture::at("2026-07-01T22:00:20Z");
        let page = map_page(&picture, at, &Choice::default(), Some("assets/live.js"));
        let second = at.as_second();
        assert!(page.contains(&format!("\"at\":{second},")));
        assert!(page.contains(&format!("\"latest\":{},", second + 40)));
    }

    #[test]
    fn a_number_is_dialled_without_what_makes_it_readable() {
        let mut picture = fixture::picture(0);
        picture.phone = Some("+1 (213) 555-0100".to_owned());
        let page = list_page(&picture, picture.at, english(), None);
        assert!(page.contains("href=\"sms:+12135550100\">+1 (213) 555-0100</a>"));
    }

    #[test]
    fn no_id_stands_twice_on_a_page() {
        let picture = fixture::picture(5);
        let page = map_page(
            &picture,
            picture.at,
            &Choice::default(),
            Some("assets/live.js"),
        );
        let ids = page.split(" id=\"").skip(1);
        let mut ids: Vec<&str> = ids.filter_map(|rest| rest.split('"').next()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }

    #[test]
    fn a_page_obeys_fading_and_says_how_to_report() {
        let picture = fixture::picture(2);
        let page = |at: &str| map_page(&picture, fixture::at(at), &Choice::default(), None);
        assert_eq!(
            page("2026-07-01T22:56:59Z").matches("<li id=\"s-").count(),
            2
        );
        assert_eq!(
            page("2026-07-01T22:57:00Z").matches("<li id=\"s-").count(),
            1
        );
        let last = page("2026-07-01T22:58:00Z");
        assert_eq!(last.matches("<li id=\"s-").count(), 0);
        assert!(last.contains("sms:+12135550100"));
        assert!(last.contains("Data through September 30, 2020, read 14 h ago."));
        assert!(last.contains("CC0 1.0"));
    }

    #[test]
    fn names_from_outside_stay_text() {
        let mut picture = fixture::picture(1);
        picture.sightings[0].label = "<script>alert(1)</script>".to_owned();
        let page = map_page(
            &picture,
            picture.at,
            &Choice::default(),
            Some("assets/live.js"),
        );
        assert!(!page.contains("<script>alert"));
    }
}
