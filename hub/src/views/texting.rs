//! How to report by text: the number, and what to say.

use maud::{Markup, html};
use spotlight_common::gazetteer::Gazetteer;

use crate::views::Picture;
use crate::views::words::{Said, Words};

/// What a reader can do, on the first screen: one tap opens a message to the number.
pub fn text_it(picture: &Picture, words: Words) -> Markup {
    html! {
        @if let Some(phone) = &picture.phone {
            p #text-it { a href={ "sms:" (dialled(phone)) } { (words.report_heading()) ": " b { (phone) } } }
        }
    }
}

pub fn report(picture: &Picture, words: Words) -> Markup {
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
pub fn examples(picture: &Picture, words: Words) -> Markup {
    let corner = || corner(picture, words);
    html! {
        p { q { (words.report_example(corner())) } br; q { (words.report_gone_example(corner())) } }
    }
}

/// A corner for an example, one of the city's own where its places are known.
pub fn corner(picture: &Picture, words: Words) -> Said {
    let places = picture.city.gazetteer.as_deref();
    let example = places.map(Gazetteer::example).cloned().unwrap_or_default();
    words.corner(example.number().unwrap_or(0), example.one, example.other)
}

/// The number to text, as a link that opens a message to it.
pub fn phone(picture: &Picture, words: Words) -> Markup {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::choice::Choice;
    use crate::views::fixture::{self, english, spanish};
    use crate::views::page::{list_page, map_page};

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
}
