//! Why a text names no place.

use super::index::Gazetteer;
use super::mention::{Mention, Strength, gap};
use super::{Missing, NotFound};

impl Gazetteer {
    pub(super) fn explain(&self, text: &[String], mentions: &[Mention]) -> NotFound {
        // The name with its kind only where one kind of street has it.
        let name = |mention: &Mention| match mention.streets.as_slice() {
            [] => String::new(),
            &[street] => self.streets[street as usize].title.clone(),
            &[street, ..] => {
                let street = &self.streets[street as usize];
                match street.title.rsplit_once(' ') {
                    Some((core, _)) if street.suffix.is_some() && !mention.full => core.to_owned(),
                    _ => street.title.clone(),
                }
            }
        };
        let sure: Vec<&Mention> = mentions
            .iter()
            .filter(|m| m.strength >= Strength::Plain)
            .collect();
        for (at, a) in sure.iter().enumerate() {
            for b in &sure[at + 1..] {
                if b.start >= a.end && gap(&text[a.end..b.start]).is_some() {
                    return Missing::UnknownCorner(name(a), name(b)).into();
                }
            }
        }
        match sure
            .iter()
            .max_by_key(|mention| (mention.strength, mention.end - mention.start))
        {
            Some(mention) if mention.strength == Strength::Strong || told(text, mention) => {
                Missing::OneStreet(name(mention)).into()
            }
            _ => Missing::NoPlace.into(),
        }
    }
}

/// `on Main`: a preposition says that a word is a street.
fn told(text: &[String], mention: &Mention) -> bool {
    let before = mention.start.checked_sub(1).and_then(|at| text.get(at));
    before.is_some_and(|word| {
        matches!(
            word.as_str(),
            "ON" | "AT" | "EN" | "CALLE" | "BY" | "NEAR" | "AVE"
        )
    })
}
