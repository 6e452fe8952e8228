//! A command line of 27.007: `AT+CMGF=0;+CMGL=4`, `ATE0V1`, `AT&F`.

/// One command of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// In upper case, with its sign: `+CMGL`, `&F`, `E`.
    pub name: String,
    pub form: Form,
}

/// What is asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `+CSQ`, or a basic command with its number, `E0`.
    Run(Option<u32>),
    /// `+CMGF=0`.
    Set(Vec<String>),
    /// `+CMGF?`.
    Read,
    /// `+CMGF=?`.
    Test,
}

impl Command {
    /// A parameter, empty where it was left out.
    pub fn parameter(&self, n: usize) -> &str {
        match &self.form {
            Form::Set(parameters) => parameters.get(n).map_or("", String::as_str),
            _ => "",
        }
    }

    /// A number among the parameters; `None` where it was left out or is none.
    pub fn number(&self, n: usize) -> Option<usize> {
        self.parameter(n).parse().ok()
    }
}

/// The commands of a line; `None` if it does not begin with AT.
pub(super) fn commands(line: &str) -> Option<Vec<Command>> {
    let line = line.trim();
    let prefix = line.get(..2)?;
    if !prefix.eq_ignore_ascii_case("AT") {
        return None;
    }
    let mut rest = line[2..].trim_start();
    let mut commands = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (command, after) = match first {
            ';' | ' ' => (None, &rest[1..]),
            '+' | '^' | '!' | '*' | '#' | '$' | '%' => {
                let end = end_of_extended(rest);
                (Some(extended(&rest[..end])), &rest[end..])
            }
            'D' | 'd' => {
                let name = "D".to_owned();
                let form = Form::Set(vec![rest[1..].to_owned()]);
                (Some(Command { name, form }), "")
            }
            _ => basic(rest),
        };
        commands.extend(command);
        rest = after;
    }
    Some(commands)
}

/// A `;` between quotes does not end a command.
fn end_of_extended(text: &str) -> usize {
    let mut quoted = false;
    let end = text.char_indices().find(|(_, character)| {
        quoted ^= *character == '"';
        *character == ';' && !quoted
    });
    end.map_or(text.len(), |(n, _)| n)
}

fn extended(text: &str) -> Command {
    let (name, form) = if let Some(name) = text.strip_suffix("=?") {
        (name, Form::Test)
    } else if let Some((name, parameters)) = text.split_once('=') {
        (name, Form::Set(split(parameters)))
    } else if let Some(name) = text.strip_suffix('?') {
        (name, Form::Read)
    } else {
        (text, Form::Run(None))
    };
    Command {
        name: name.trim().to_ascii_uppercase(),
        form,
    }
}

fn split(parameters: &str) -> Vec<String> {
    let mut quoted = false;
    let parts = parameters.split(|character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    parts
        .map(|part| part.trim().trim_matches('"').to_owned())
        .collect()
}

/// `E0`, `&F`, `S3=13`, `S3?`.
fn basic(text: &str) -> (Option<Command>, &str) {
    let letters = text
        .char_indices()
        .nth(usize::from(text.starts_with('&')) + 1);
    let letters = letters.map_or(text.len(), |(n, _)| n);
    let name = text[..letters].to_ascii_uppercase();
    let is_digit = |character: char| character.is_ascii_digit();
    let mut rest = &text[letters..];
    let digits = rest.len() - rest.trim_start_matches(is_digit).len();
    let number = rest[..digits].parse().ok();
    rest = &rest[digits..];
    let mut form = Form::Run(number);
    if let Some(after) = rest.strip_prefix('=') {
        let value = after.len() - after.trim_start_matches(is_digit).len();
        form = Form::Set(vec![after[..value].to_owned()]);
        rest = &after[value..];
    } else if let Some(after) = rest.strip_prefix('?') {
        form = Form::Read;
        rest = after;
    }
    (Some(Command { name, form }), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_into_its_commands() {
        let names = |line: &str| {
            let commands = commands(line).unwrap_or_default();
            let names: Vec<_> = commands
                .iter()
                .map(|command| format!("{} {:?}", command.name, command.form))
                .collect();
            names.join("; ")
        };
        assert_eq!(names("AT"), "");
        assert_eq!(names("ate0v1"), "E Run(Some(0)); V Run(Some(1))");
        assert_eq!(names("AT&F&D2"), "&F Run(None); &D Run(Some(2))");
        assert_eq!(names("ATS3=13S4?"), "S Set([\"13\"]); S Read");
        assert_eq!(names("AT+CMGF=0;+CPMS?"), "+CMGF Set([\"0\"]); +CPMS Read");
        assert_eq!(
            names("AT+CPMS=\"SM\",,\"ME\";E0"),
            "+CPMS Set([\"SM\", \"\", \"ME\"]); E Run(Some(0))"
        );
        assert_eq!(
            names("AT+CMGW=\"a;b,c\";+CNMI=?"),
            "+CMGW Set([\"a;b,c\"]); +CNMI Test"
        );
        assert_eq!(names("ATD*99#;"), "D Set([\"*99#;\"])");
        assert_eq!(commands("hello"), None);
        assert_eq!(commands("é"), None);
    }
}
