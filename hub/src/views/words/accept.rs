//! Which language suits a reader, by what their browser sends as `Accept-Language` (RFC 9110, 12.5.4).

use unic_langid::LanguageIdentifier;

/// More of the languages that a browser names are not read.
const MOST: usize = 20;

/// The place of the best among `tags`; none if the reader names none of them. Of two that are liked the same the earlier
/// counts.
pub fn best<'a>(
    header: &str,
    tags: impl Iterator<Item = &'a LanguageIdentifier> + Clone,
) -> Option<usize> {
    let mut best: Option<(f32, usize)> = None;
    for (range, weight) in header.split(',').take(MOST).filter_map(range) {
        if best.is_some_and(|(heaviest, _)| weight <= heaviest) {
            continue;
        }
        let suited = tags.clone().zip(0..);
        let suited = suited.filter_map(|(tag, n)| Some((closeness(&range, tag)?, n)));
        if let Some((_, n)) = suited.min() {
            best = Some((weight, n));
        }
    }
    best.map(|(_, n)| n)
}

/// `es-MX;q=0.9`; nothing for what is no language, such as `*`, or is not wanted.
fn range(text: &str) -> Option<(LanguageIdentifier, f32)> {
    let (tag, weight) = text.split_once(';').unwrap_or((text, "q=1"));
    let weight = weight.trim().strip_prefix("q=")?.parse().ok()?;
    let tag = tag.trim().parse().ok()?;
    (0.0 < weight && weight <= 1.0).then_some((tag, weight))
}

/// 0 for the language itself, then without a region, then of another region.
fn closeness(range: &LanguageIdentifier, tag: &LanguageIdentifier) -> Option<u8> {
    let is_other_script =
        matches!((range.script, tag.script), (Some(one), Some(other)) if one != other);
    match () {
        () if range == tag => Some(0),
        () if range.language != tag.language || is_other_script => None,
        () if tag.region.is_none() => Some(1),
        () => Some(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_a_reader_likes_best_is_found() {
        let tags = ["en", "es", "pt", "pt-BR", "zh-Hant"].map(|tag| tag.parse().expect("a tag"));
        let check = |header: &str, expected: Option<&str>| {
            let found = best(header, tags.iter()).map(|n| tags[n].to_string());
            assert_eq!(found.as_deref(), expected, "{header}");
        };
        check("es-MX,es;q=0.9,en;q=0.8", Some("es"));
        check("en-US,en;q=0.9,es;q=0.8", Some("en"));
        check("en;q=0.5, es ; q=0.7", Some("es"));
        check("pt-BR", Some("pt-BR"));
        check("pt-PT", Some("pt"));
        check("zh-TW", Some("zh-Hant"));
        check("zh-Hans", None);
        check("fr, es;q=0.3", Some("es"));
        check("es;q=0", None);
        check("es;q=NaN, es;q=2, es;q=", None);
        check("*", None);
        check("", None);
        check(",;,;q=1,\u{e9}", None);
    }
}
