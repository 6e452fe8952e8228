//! The pages: everything in one response, whole without a script.
//!
//! The style sheet is in the page, so that the first picture needs one request; its hash is in the header that forbids
//! any other. What the script needs to know (words, time zone) stands in a block of data that no browser executes.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use spotlight_common::gazetteer::Gazetteer;

use crate::views::choice::{Choice, Shape};
use crate::views::context::{self, Beside};
use crate::views::find::{self, Search};
use crate::views::projection::{Frame, View};
use crate::views::shown::Shown;
use crate::views::svg;
use crate::views::words::{Lang, Languages, Said, Words};
use crate::views::{
    Picture, Sighting, atom, cities, current, history, legend, list, live, living, open_data,
    sweeps,
};
use crate::views::{embed, offline};

/// The style sheet of every page.
pub static STYLE: &str = include_str!("page.css");

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
            (text_it(picture, words))
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
            (report(picture, words))
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
            (text_it(picture, words))
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
            (report(picture, words))
            (coverage(picture, words))
        }
        (cities::nav(picture, "list", lang))
        (footer(picture, &map, &words.map_link(), lang))
        @if script.is_some() { (live::for_script(picture, at, &map, Shape::Whole, words)) }
    };
    document(picture, lang, script, body)
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

/// A page of its own title, which leads to the feed.
pub(super) fn titled(
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
pub(super) fn with_script(script: &str, lang: Lang) -> Markup {
    html! {
        link rel="manifest" href=(with_lang("manifest.webmanifest", lang));
        link rel="apple-touch-icon" href="icon-192.png";
        script type="module" src=(script) {}
    }
}

pub(super) fn shell(title: &str, lang: Lang, head: Markup, body: Markup) -> String {
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

pub(super) fn header(picture: &Picture, choice: &Choice, page: &str) -> Markup {
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

/// What a reader can do, on the first screen: one tap opens a message to the number.
fn text_it(picture: &Picture, words: Words) -> Markup {
    html! {
        @if let Some(phone) = &picture.phone {
            p #text-it { a href={ "sms:" (dialled(phone)) } { (words.report_heading()) ": " b { (phone) } } }
        }
    }
}

fn report(picture: &Picture, words: Words) -> Markup {
    html! {
        section #report {
            h2 { (words.report_heading()) }
            (phone(picture, words))
            p { (words.report_where()) }
            (examples(picture, words))
            p .quiet { (words.report_privacy()) }
        }
    }
}

/// What to text, word for word.
pub(super) fn examples(picture: &Picture, words: Words) -> Markup {
    let corner = || corner(picture, words);
    html! {
        p { q { (words.report_example(corner())) } br; q { (words.report_gone_example(corner())) } }
    }
}

/// A corner for an example, one of the city's own where its places are known.
pub(super) fn corner(picture: &Picture, words: Words) -> Said {
    let places = picture.city.gazetteer.as_deref();
    let example = places.map(Gazetteer::example).cloned().unwrap_or_default();
    words.corner(example.number().unwrap_or(0), example.one, example.other)
}

/// The number to text, as a link that opens a message to it.
pub(super) fn phone(picture: &Picture, words: Words) -> Markup {
    html! {
        @match &picture.phone {
            Some(phone) => {
                p { a .phone href={ "sms:" (dialled(phone)) } { (phone) } }
            }
            None => { p { (words.report_no_phone()) } }
        }
    }
}

/// A number as a phone takes it from a link.
pub fn dialled(phone: &str) -> String {
    phone
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '+')
        .collect()
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

pub(super) fn footer(picture: &Picture, other: &str, name: &str, lang: Lang) -> Markup {
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
pub(super) fn ground(picture: &Picture, words: Words) -> Markup {
    let city = &picture.city;
    html! {
        @if !city.ground_from.is_empty() {
            (words.ground_from(city.ground_from.join("; "))) " "
        } @else if !city.basemap.streets.is_empty() {
            (words.streets_from()) " "
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
    fn the_corner_of_the_examples_is_one_of_the_city_in_the_readers_words() {
        let mut picture = fixture::picture(0);
        let mut city = fixture::city();
        city.gazetteer = Some(Gazetteer::los_angeles());
        picture.city = city.into();
        let page = |lang| {
            let choice = Choice::default().with_lang(lang);
            map_page(&picture, picture.at, &choice, None)
        };
        let said = page(english());
        assert!(said.contains("<q>police at 5th &amp; San Pedro</q>"));
        assert!(said.contains("placeholder=\"5th &amp; San Pedro\""));
        let said = page(spanish());
        assert!(said.contains("<q>policía en 5ta y San Pedro</q>"));
        assert!(said.contains("placeholder=\"5ta y San Pedro\""));
        picture.city = fixture::city().into();
        let said = list_page(&picture, picture.at, spanish(), None);
        assert!(said.contains("<q>policía en 1ra y Main</q>"));
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
