//! The languages that were loaded, and how each says a message.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use unic_langid::{CharacterDirection, LanguageIdentifier};

use super::source::{Problem, Source};
use super::{Lang, Said, accept, messages};

// `FILES`: the name and the text of each file in `hub/words`.
include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// The language of what no other file says.
const FIRST: &str = "en";

/// How a language calls itself, and its direction: what no other language can say for it.
pub const OF_ITSELF: [&str; 2] = ["language-name", "direction"];

type Bundle = FluentBundle<Arc<FluentResource>>;

/// A language as its files have it.
pub struct Language {
    pub tag: LanguageIdentifier,
    pub code: String,
    pub own_name: String,
    pub dir: &'static str,
    bundle: Bundle,
    /// The same, but numbers are left to the page's script, as `{n}`.
    templates: Bundle,
    /// Numbers and their plural forms.
    plurals: Vec<(&'static str, f64)>,
    /// Says what this one does not.
    first: Option<&'static Language>,
}

impl Language {
    fn of(
        tag: &LanguageIdentifier,
        files: &[Arc<FluentResource>],
        first: Option<&'static Self>,
    ) -> Self {
        let code = tag.to_string();
        let bundle = bundle(tag, files, false);
        let of_itself = |id: &str| said(&bundle, id, None).map(|said| said.into_owned());
        let own_name = of_itself("language-name").unwrap_or(code.clone());
        let dir = match of_itself("direction").as_deref() {
            Some("ltr") => "ltr",
            Some("rtl") => "rtl",
            _ if tag.character_direction() == CharacterDirection::RTL => "rtl",
            _ => "ltr",
        };
        let mut language = Self {
            tag: tag.clone(),
            code,
            own_name,
            dir,
            templates: self::bundle(tag, files, true),
            bundle,
            plurals: plurals(tag),
            first,
        };
        // Names and numbers in a line that runs from right to left need marks around them to stay as they are, as nothing in
        // the page's HTML isolates them. From left to right they stay so by themselves.
        for bundle in [&mut language.bundle, &mut language.templates] {
            bundle.set_use_isolating(dir == "rtl");
        }
        language
    }

    /// Whether every other falls back to it.
    pub fn is_first(&self) -> bool {
        self.first.is_none()
    }

    /// None only for what is no message at all.
    pub fn say(
        &'static self,
        id: &str,
        given: Option<&FluentArgs<'_>>,
        is_template: bool,
    ) -> Option<Said> {
        let bundle = match is_template {
            true => &self.templates,
            false => &self.bundle,
        };
        said(bundle, id, given).or_else(|| {
            let said = self.first?.say(id, given, is_template)?;
            Some(self.beside(said))
        })
    }

    /// What is said in the first language, as it has to be written amid this one: where they run against each other, each
    /// paragraph needs marks around it, or its end comes to stand before its beginning.
    pub fn beside<'a>(&self, said: Cow<'a, str>) -> Cow<'a, str> {
        let is_against = self.first.is_some_and(|first| first.dir != self.dir);
        if !is_against {
            return said;
        }
        let (open, close) = ('\u{2068}', '\u{2069}');
        let inner = said.replace("\n\n", &format!("{close}\n\n{open}"));
        Cow::Owned(format!("{open}{inner}{close}"))
    }

    /// A part of a message, if this language has it.
    pub fn part(&'static self, id: &str, part: &str) -> Option<Said> {
        let pattern = self.bundle.get_message(id)?.get_attribute(part)?.value();
        Some(self.bundle.format_pattern(pattern, None, &mut Vec::new()))
    }

    /// Each plural form that a number from `least` on has, with one of its numbers.
    pub fn plural_forms(&self, least: u32) -> impl Iterator<Item = (&'static str, f64)> {
        let least = f64::from(least);
        let from = self.plurals.iter().filter(move |(_, n)| *n >= least);
        let mut seen = Vec::new();
        from.copied().filter(move |(form, _)| {
            let is_new = !seen.contains(form);
            seen.push(*form);
            is_new
        })
    }
}

fn bundle(tag: &LanguageIdentifier, files: &[Arc<FluentResource>], is_template: bool) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![tag.clone()]);
    if is_template {
        bundle.set_formatter(Some(left_to_the_script));
    }
    // It can only be there already.
    let _ = bundle.add_builtins();
    for file in files {
        bundle.add_resource_overriding(file.clone());
    }
    bundle
}

fn left_to_the_script<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    matches!(value, FluentValue::Number(_)).then(|| "{n}".to_owned())
}

/// A message, if the bundle has it and it is whole.
fn said<'a>(bundle: &'a Bundle, id: &str, given: Option<&FluentArgs<'_>>) -> Option<Cow<'a, str>> {
    let pattern = bundle.get_message(id)?.value()?;
    let mut errors = Vec::new();
    let said = bundle.format_pattern(pattern, given, &mut errors);
    errors.is_empty().then_some(said)
}

/// The plural forms of the numbers that a page is likely to say, and of one that is not whole.
fn plurals(tag: &LanguageIdentifier) -> Vec<(&'static str, f64)> {
    let rules = |tag| PluralRules::create(tag, PluralRuleType::CARDINAL);
    let alone = LanguageIdentifier::from_parts(tag.language, None, None, &[]);
    let rules = rules(tag.clone()).or_else(|_| rules(alone)).ok();
    let form = |n: f64| match rules.as_ref().and_then(|rules| rules.select(n).ok()) {
        Some(PluralCategory::ZERO) => "zero",
        Some(PluralCategory::ONE) => "one",
        Some(PluralCategory::TWO) => "two",
        Some(PluralCategory::FEW) => "few",
        Some(PluralCategory::MANY) => "many",
        Some(PluralCategory::OTHER) | None => "other",
    };
    let whole = (0..=200).map(f64::from);
    whole.chain([1.5]).map(|n| (form(n), n)).collect()
}

/// All languages of the page, the first first and the others by their codes.
#[derive(Debug, Clone)]
pub struct Languages(Arc<[Lang]>);

static BUILT_IN: LazyLock<(Vec<Source>, Languages)> = LazyLock::new(|| {
    let files = FILES.iter();
    let files = files.filter_map(|(name, text)| Source::of(Path::new(name), text, &mut Vec::new()));
    let files: Vec<Source> = files.collect();
    let languages = Languages::of(&files);
    (files, languages)
});

impl Languages {
    /// Those that are part of the hub.
    pub fn built_in() -> Self {
        BUILT_IN.1.clone()
    }

    /// The same, with what the files of a folder add and say in other words; and what in them cannot be used.
    pub fn with_folder(folder: &Path) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut files = BUILT_IN.0.clone();
        let paths = paths(folder).unwrap_or_else(|error| {
            problems.push(Problem::of(folder, format!("failed to read: {error}")));
            Vec::new()
        });
        for path in paths {
            match fs::read_to_string(&path) {
                Ok(text) => files.extend(Source::of(&path, &text, &mut problems)),
                Err(error) => problems.push(Problem::of(&path, format!("failed to read: {error}"))),
            }
        }
        let languages = Self::of(&files);
        for lang in languages.iter() {
            if let Some(file) = files.iter().rfind(|file| file.tag == lang.of.tag) {
                problems.extend(lacks(lang.of, &file.path));
            }
        }
        (languages, problems)
    }

    fn of(files: &[Source]) -> Self {
        let mut tags: Vec<&LanguageIdentifier> = files.iter().map(|file| &file.tag).collect();
        tags.sort_by_key(|tag| (*tag != &FIRST, tag.to_string()));
        tags.dedup();
        let mut first = None;
        let all = tags.into_iter().map(|tag| {
            let files = files.iter().filter(|file| file.tag == *tag);
            let files: Vec<_> = files.map(|file| file.resource.clone()).collect();
            // Languages are never unloaded, so whatever shows one may point to it.
            let language: &'static Language = Box::leak(Box::new(Language::of(tag, &files, first)));
            first = first.or(Some(language));
            Lang::new(language)
        });
        Self(all.collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = Lang> {
        self.0.iter().copied()
    }

    /// For a reader of whom nothing is known.
    pub fn first(&self) -> Lang {
        self.0[0]
    }

    /// The language that a reader chose by its code.
    pub fn named(&self, code: &str) -> Option<Lang> {
        let mut all = self.iter();
        all.find(|lang| lang.code().eq_ignore_ascii_case(code))
            .map(Lang::named)
    }

    /// The one that a browser says its reader likes best: the value of `Accept-Language`.
    pub fn accepted(&self, header: &str) -> Option<Lang> {
        let tags = self.0.iter().map(|lang| &lang.of.tag);
        accept::best(header, tags).map(|n| self.0[n])
    }
}

/// The files of a folder, by name.
fn paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<io::Result<Vec<PathBuf>>>()?;
    paths.retain(|path| path.extension().is_some_and(|end| end == "ftl"));
    paths.sort();
    Ok(paths)
}

/// That a language leaves messages to the first.
fn lacks(language: &Language, path: &Path) -> Option<Problem> {
    let all = messages::all().map(|(id, _)| id).chain(OF_ITSELF);
    let lacking: Vec<&str> = all.filter(|id| !language.bundle.has_message(id)).collect();
    let some = lacking
        .iter()
        .take(5)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let reason = format!(
        "lacks {} messages, which are said in English: {some}{}",
        lacking.len(),
        if lacking.len() > 5 { ", ..." } else { "" }
    );
    (!lacking.is_empty()).then(|| Problem::of(path, reason))
}
