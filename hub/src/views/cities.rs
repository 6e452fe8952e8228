//! The cities of one hub, as a page of one of them lists them. A hub of one city has no list.
//!
//! The first city's pages are at the hub's own addresses, each city's also in a folder of its id. So an address of another
//! city depends on where the page is that names it, and stays relative: the hub may itself be in a folder of a proxy.

use std::sync::Arc;

use maud::{Markup, html};
use serde_json::{Value, json};

use crate::city::City;
use crate::views::choice::Choice;
use crate::views::words::Lang;
use crate::views::{Coverage, Picture};

/// All cities of a hub, seen from one of them.
#[derive(Debug, Clone, Default)]
pub struct Cities {
    all: Arc<Vec<Listed>>,
    here: usize,
    in_folder: bool,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct Listed {
    pub city: Arc<City>,
    pub coverage: Arc<Vec<Coverage>>,
}

impl Cities {
    /// Seen from the hub's own addresses, which are the first city's.
    pub fn at_top(all: Arc<Vec<Listed>>) -> Self {
        Self {
            all,
            here: 0,
            in_folder: false,
        }
    }

    /// Seen from the folder of one of them.
    pub fn in_folder_of(all: Arc<Vec<Listed>>, here: usize) -> Self {
        Self {
            all,
            here,
            in_folder: true,
        }
    }

    /// Whether there is a choice.
    pub fn are_several(&self) -> bool {
        self.all.len() > 1
    }

    /// The others, each with the address of its folder.
    pub fn others(&self) -> impl Iterator<Item = (&Listed, String)> {
        let others = self.all.iter().enumerate().filter(|(n, _)| *n != self.here);
        others.map(|(n, listed)| (listed, self.folder(n)))
    }

    /// The folder of one, relative to that of this one; it ends in a slash.
    fn folder(&self, n: usize) -> String {
        let up = if self.in_folder { "../" } else { "" };
        match n {
            _ if n == self.here => "./".to_owned(),
            // Where readers of a hub of one city look for it.
            0 => up.to_owned(),
            _ => format!("{up}{}/", self.all[n].city.id),
        }
    }
}

/// A link to a page of each city. Those where nobody is asked to report are marked.
pub fn nav(picture: &Picture, page: &str, lang: Lang) -> Markup {
    let (cities, words) = (&picture.cities, lang.words());
    let choice = Choice {
        lang,
        ..Choice::default()
    };
    let page = page.trim_start_matches("./");
    html! {
        @if cities.are_several() {
            nav #cities aria-labelledby="cities-heading" {
                h2 #cities-heading { (words.cities()) }
                ul {
                    @for (n, listed) in cities.all.iter().enumerate() {
                        @let address = choice.address(&format!("{}{page}", cities.folder(n)));
                        li {
                            a href=(address) aria-current=[(n == cities.here).then_some("true")] { (listed.city.name) }
                            @if listed.coverage.is_empty() { " " span .quiet { (words.cities_no_data()) } }
                        }
                    }
                }
            }
        }
    }
}

/// In a page's header: to the list, which is at its foot.
pub fn link(picture: &Picture, lang: Lang) -> Markup {
    html! {
        @if picture.cities.are_several() { a .lang href="#cities" { (lang.words().cities()) } }
    }
}

/// The list for programs. Addresses are relative to its own.
pub fn list(picture: &Picture) -> Value {
    let cities = &picture.cities;
    let entry = |city: &City, address: String, coverage: &[Coverage]| {
        let (south, west, north, east) = city.bounds;
        json!({
            "id": city.id,
            "name": city.name,
            "address": address,
            "covered": !coverage.is_empty(),
            "bbox": [west, south, east, north],
        })
    };
    let mut all: Vec<Value> = Vec::new();
    for (n, listed) in cities.all.iter().enumerate() {
        let folder = cities.folder(n);
        let address = format!("../../{}", folder.trim_start_matches("./"));
        all.push(entry(&listed.city, address, &listed.coverage));
    }
    if all.is_empty() {
        all.push(entry(&picture.city, "../../".to_owned(), &picture.coverage));
    }
    json!({ "here": picture.city.id, "cities": all })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{self, english, spanish};

    fn all() -> Arc<Vec<Listed>> {
        let listed = |id: &str, name: &str, coverage| Listed {
            city: Arc::new(City {
                id: id.to_owned(),
                name: name.to_owned(),
                ..fixture::city()
            }),
            coverage,
        };
        let covered = fixture::picture(0).coverage;
        Arc::new(vec![
            listed("los-angeles", "Los Angeles", covered),
            listed("seattle", "Seattle", Arc::default()),
            listed("boston", "Boston", Arc::default()),
        ])
    }

    fn picture(cities: Cities) -> Picture {
        Picture {
            city: cities.all[cities.here].city.clone(),
            cities,
            ..fixture::picture(0)
        }
    }

    #[test]
    fn every_address_is_relative_to_where_the_page_is() {
        let check = |cities: Cities, expected: [&str; 3]| {
            let picture = picture(cities);
            let addresses = |page: &str| {
                let nav = nav(&picture, page, english()).into_string();
                let links = nav.split("href=\"").skip(1);
                links
                    .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
                    .collect::<Vec<_>>()
            };
            assert_eq!(addresses("./"), expected);
            let lists = expected.map(|address| format!("{address}list"));
            assert_eq!(addresses("list"), lists);
            let list = list(&picture);
            let told = list["cities"].as_array().expect("cities");
            let told: Vec<&str> = told.iter().filter_map(|c| c["address"].as_str()).collect();
            let expected = expected.map(|address| match address {
                "./" => "../../".to_owned(),
                address => format!("../../{address}"),
            });
            assert_eq!(told, expected);
        };
        check(Cities::at_top(all()), ["./", "seattle/", "boston/"]);
        let folder = |n| Cities::in_folder_of(all(), n);
        check(folder(0), ["./", "../seattle/", "../boston/"]);
        check(folder(1), ["../", "./", "../boston/"]);
    }

    #[test]
    fn the_list_says_which_is_here_and_where_nobody_reports() {
        let picture = picture(Cities::in_folder_of(all(), 1));
        let said = nav(&picture, "./", spanish()).into_string();
        assert!(said.contains("href=\"./?lang=es\" aria-current=\"true\">Seattle</a>"));
        assert_eq!(said.matches("aria-current").count(), 1);
        assert_eq!(said.matches("sin datos").count(), 2, "{said}");
        assert_eq!(list(&picture)["cities"][1]["covered"], false);
    }

    #[test]
    fn a_hub_of_one_city_lists_nothing_on_its_pages() {
        let picture = fixture::picture(0);
        assert_eq!(nav(&picture, "./", english()).into_string(), "");
        assert_eq!(link(&picture, english()).into_string(), "");
        let list = list(&picture);
        assert_eq!(list["cities"].as_array().map(Vec::len), Some(1));
        assert_eq!(list["cities"][0]["covered"], true);
    }
}
