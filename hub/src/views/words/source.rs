//! A file of messages, parsed, and what in it cannot be used.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{
    CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement,
};
use unic_langid::LanguageIdentifier;

use super::language::OF_ITSELF;
use super::messages;

/// The ids of what a language says of a city's layers begin so.
const OF_LAYERS: &str = "open-data-";

/// What in a file cannot be used, and is as if it were not there.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    path: PathBuf,
    line: Option<usize>,
    reason: String,
}

impl Problem {
    pub fn of(path: &Path, reason: String) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            reason,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.reason)
    }
}

/// A file of a language.
#[derive(Clone)]
pub struct Source {
    pub path: PathBuf,
    pub tag: LanguageIdentifier,
    pub resource: Arc<FluentResource>,
}

impl Source {
    /// None if the file's name is that of no language.
    pub fn of(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let Ok(tag) = name.parse::<LanguageIdentifier>() else {
            let reason = "its name is no language's, as `fr.ftl` or `pt-BR.ftl` would be";
            problems.push(Problem::of(path, reason.to_owned()));
            return None;
        };
        let text = text.trim_start_matches('\u{feff}');
        let mut name = |line, reason| {
            problems.push(Problem {
                line: Some(line),
                ..Problem::of(path, reason)
            });
        };
        let parsed = FluentResource::try_new(text.to_owned());
        let resource = parsed.unwrap_or_else(|(rest, errors)| {
            for error in errors {
                // The parser stops behind what is left out, where nothing in it is wrong by itself.
                let last = error
                    .slice
                    .as_ref()
                    .map_or(usize::MAX, |slice| slice.end.saturating_sub(1));
                let before = text.get(..error.pos.start.min(last)).unwrap_or_default();
                name(before.matches('\n').count() + 1, error.to_string());
            }
            rest
        });
        let mut lines = text.lines().zip(1..);
        let mut seen = Vec::new();
        for (id, uses) in messages_of(&resource) {
            let line = lines.find(|(line, _)| begins(line, id));
            let line = line.map_or(1, |(_, n)| n);
            for reason in faults(id, &uses, &resource) {
                name(line, reason);
            }
            if seen.contains(&id) {
                name(line, format!("`{id}` stands there a second time"));
            }
            seen.push(id);
        }
        Some(Self {
            path: path.to_owned(),
            tag,
            resource: Arc::new(resource),
        })
    }
}

fn begins(line: &str, id: &str) -> bool {
    let rest = line.strip_prefix(id).map(str::trim_start);
    rest.is_some_and(|rest| rest.starts_with('='))
}

/// What a message refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use<'a> {
    Variable(&'a str),
    Message(&'a str),
    Term(&'a str),
    Function(&'a str),
}

/// The messages of a file in their order, each with what it refers to.
pub fn messages_of(file: &FluentResource) -> impl Iterator<Item = (&str, Vec<Use<'_>>)> {
    file.entries().filter_map(|entry| match entry {
        Entry::Message(message) => {
            let mut uses = Vec::new();
            let parts = message.attributes.iter().map(|part| &part.value);
            for pattern in message.value.iter().chain(parts) {
                in_pattern(pattern, &mut uses);
            }
            Some((message.id.name, uses))
        }
        _ => None,
    })
}

/// Why a message cannot be used.
fn faults(id: &str, uses: &[Use<'_>], file: &FluentResource) -> Vec<String> {
    let of_layer: &[&str] = &[];
    let known = messages::all().find(|(known, _)| *known == id);
    let known = known.map(|(_, given)| given);
    let is_free = OF_ITSELF.contains(&id) || id.starts_with(OF_LAYERS);
    let Some(given) = known.or(is_free.then_some(of_layer)) else {
        return vec![format!("the page has no message `{id}`")];
    };
    let has_term = |name: &str| {
        let mut entries = file.entries();
        entries.any(|entry| matches!(entry, Entry::Term(term) if term.id.name == name))
    };
    let fault = |of: &Use<'_>| match *of {
        Use::Variable(name) if !given.contains(&name) => {
            Some(format!("`{id}` is not given ${name}"))
        }
        Use::Message(name) if !messages::all().any(|(known, _)| known == name) => {
            Some(format!("`{id}` refers to `{name}`, which is no message"))
        }
        Use::Term(name) if !has_term(name) => {
            Some(format!("`{id}` refers to `-{name}`, which is not there"))
        }
        Use::Function(name) if name != "NUMBER" => {
            Some(format!("`{id}` calls {name}, which is not there"))
        }
        _ => None,
    };
    uses.iter().filter_map(fault).collect()
}

fn in_pattern<'a>(pattern: &'a Pattern<&'a str>, uses: &mut Vec<Use<'a>>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            in_expression(expression, uses);
        }
    }
}

fn in_expression<'a>(expression: &'a Expression<&'a str>, uses: &mut Vec<Use<'a>>) {
    match expression {
        Expression::Inline(inline) => in_inline(inline, uses),
        Expression::Select { selector, variants } => {
            in_inline(selector, uses);
            for variant in variants {
                in_pattern(&variant.value, uses);
            }
        }
    }
}

fn in_inline<'a>(inline: &'a InlineExpression<&'a str>, uses: &mut Vec<Use<'a>>) {
    let mut add = |of, arguments: Option<&'a CallArguments<&'a str>>| {
        uses.push(of);
        let named = arguments.into_iter().flat_map(|all| &all.named);
        let named = named.map(|argument| &argument.value);
        let positional = arguments.into_iter().flat_map(|all| &all.positional);
        for argument in positional.chain(named) {
            in_inline(argument, uses);
        }
    };
    match inline {
        InlineExpression::VariableReference { id } => add(Use::Variable(id.name), None),
        InlineExpression::MessageReference { id, .. } => add(Use::Message(id.name), None),
        InlineExpression::TermReference { id, arguments, .. } => {
            add(Use::Term(id.name), arguments.as_ref());
        }
        InlineExpression::FunctionReference { id, arguments } => {
            add(Use::Function(id.name), Some(arguments));
        }
        InlineExpression::Placeable { expression } => in_expression(expression, uses),
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
    }
}
