//! A place that was looked for in one city of a hub and lies, or may lie, in another: a link there.
//!
//! As in [`super::find`], no address holds what was typed: a link carries the point, or only the part of the map.

use maud::{Markup, html};

use crate::city::City;
use crate::views::Picture;
use crate::views::choice::Choice;
use crate::views::cities::Listed;
use crate::views::find::{Point, look};
use crate::views::words::{Lang, place};

/// What another city has of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Elsewhere {
    /// The city's name.
    city: String,
    /// Its folder, relative to this city's.
    folder: String,
    /// The place and where it is, if that city knows it; else only the city was named.
    place: Option<(String, Choice)>,
}

/// Asks the other cities: those that the text names, and where this city has `nothing`, all.
pub fn find(text: &str, picture: &Picture, nothing: bool) -> Vec<Elsewhere> {
    let mut all = Vec::new();
    for (listed, folder) in picture.cities.others() {
        let rest = without(text, &listed.city.name);
        let place = match &rest {
            Some(rest) if rest.is_empty() => None,
            Some(rest) => place_in(listed, rest),
            None if nothing => place_in(listed, text),
            None => None,
        };
        if rest.is_some() || place.is_some() {
            all.push(Elsewhere {
                city: listed.city.name.clone(),
                folder,
                place,
            });
        }
    }
    all
}

/// A place of another city, and the choice that shows it there.
fn place_in(listed: &Listed, text: &str) -> Option<(String, Choice)> {
    let city: &City = &listed.city;
    let found = look(text, city, &listed.coverage).ok()?;
    let point = Point::of((found.lat, found.lon));
    let choice = Choice {
        view: point.view(city),
        place: Some(point),
        ..Choice::default()
    };
    Some((found.label, choice))
}

/// What a text says besides a city's name, where it has it as whole words; `Pike St, Seattle WA` is `Pike St`.
fn without(text: &str, name: &str) -> Option<String> {
    // ASCII alone is folded, so that positions stay.
    let (lower, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let is_free = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    let (at, _) = lower.match_indices(&name).find(|(at, _)| {
        is_free(lower[..*at].chars().next_back())
            && is_free(lower[at + name.len()..].chars().next())
    })?;
    let plain = |part: &str| {
        let is_edge = |c: char| c.is_whitespace() || ",;:.-".contains(c);
        part.trim_matches(is_edge).to_owned()
    };
    let (before, after) = (plain(&text[..at]), plain(&text[at + name.len()..]));
    // What follows a name is its state.
    Some(if before.is_empty() { after } else { before })
}

/// The links, for a reader of a language.
pub fn links(all: &[Elsewhere], lang: Lang) -> Markup {
    let words = lang.words();
    html! {
        @if !all.is_empty() {
            ul {
                @for found in all {
                    li {
                        @match &found.place {
                            Some((label, choice)) => {
                                @let address = choice.with_lang(lang).address(&found.folder);
                                a href={ (address) "#where" } { (words.find_in_city(&*found.city, place(label, words))) }
                            }
                            None => {
                                @let choice = Choice { lang, ..Choice::default() };
                                a href=(choice.address(&found.folder)) { (words.find_to_city(&*found.city)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::cities::Cities;
    use crate::views::fixture::{self, english, spanish};
    use std::sync::Arc;

    /// Seen from Seattle, which has no places here.
    fn picture(from: usize) -> Picture {
        let listed = |name: &str| Listed {
            city: Arc::new(City::load(name).expect("loads")),
            coverage: Arc::default(),
        };
        let all = Arc::new(vec![listed("los-angeles"), listed("seattle")]);
        Picture {
            city: all[from].city.clone(),
            cities: Cities::in_folder_of(all, from),
            ..fixture::picture(0)
        }
    }

    #[test]
    fn a_citys_name_is_taken_off_what_was_typed() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(without(text, "Seattle").as_deref(), expected, "{text}");
        };
        check("Pike St Seattle", Some("Pike St"));
        check("pike st, SEATTLE, WA 98101", Some("pike st"));
        check("Seattle: 3rd & Pike", Some("3rd & Pike"));
        check(" seattle ", Some(""));
        check("Seattles Best", None);
        check("Pike St", None);
        check(
            "\u{130}Seattle \u{1f693} seattle",
            Some("\u{130}Seattle \u{1f693}"),
        );
    }

    #[test]
    fn what_another_city_knows_is_a_link_without_the_words() {
        let picture = picture(1);
        let found = find("5th and san pedro", &picture, true);
        let said = links(&found, spanish()).into_string();
        assert!(said.contains("href=\"../?lang=es&amp;view="), "{said}");
        assert!(
            said.contains("at=34.04") && said.contains("#where"),
            "{said}"
        );
        assert!(said.contains("En Los Angeles: 5th St &amp; San Pedro St"));
        assert!(!said.contains("q=") && !said.contains("5th and"));
        assert!(find("5th and san pedro", &picture, false).is_empty());
        assert!(find("qwertyuiop", &picture, true).is_empty());
    }

    #[test]
    fn a_city_that_is_named_is_offered_whatever_it_knows() {
        let home = self::picture(0);
        let check = |text: &str, expected: &str| {
            let said = links(&find(text, &home, false), english()).into_string();
            assert!(said.contains(expected), "{text}: {said}");
        };
        check("Seattle", "<a href=\"../seattle/\">Map of Seattle</a>");
        check(
            "Pike St, Seattle",
            "<a href=\"../seattle/\">Map of Seattle</a>",
        );
        check("Ballard Seattle", ">In Seattle: Ballard</a>");
        // What a district's middle is called, and a point beside it.
        check("47.608,-122.335 seattle", ">In Seattle: Downtown</a>");
        check(
            "47.611,-122.335 seattle",
            ">In Seattle: 47.6110,-122.3350</a>",
        );
    }
}
