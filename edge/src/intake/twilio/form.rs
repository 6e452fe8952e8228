//! Twilio's forms: `application/x-www-form-urlencoded`, read within limits and wiped when dropped.

use zeroize::Zeroizing;

/// The longest form. A text of 1600 characters, each escaped as four bytes, is 19 kB; the rest has names and addresses.
pub const MAX_FORM: usize = 64 * 1024;

/// The most parameters of a form; a message with ten photos has about fifty.
const MAX_PARAMETERS: usize = 200;

/// Why a body is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// More bytes than any message has.
    #[error("the form is longer than {MAX_FORM} bytes")]
    TooLong,
    /// More parameters than any message has.
    #[error("the form has more than {MAX_PARAMETERS} parameters")]
    TooMany,
}

/// Names and values, decoded.
pub struct Form(Vec<(String, Zeroizing<String>)>);

impl Form {
    /// Reads a body.
    pub fn read(body: &[u8]) -> Result<Self, FormError> {
        if body.len() > MAX_FORM {
            return Err(FormError::TooLong);
        }
        let mut parameters = Vec::new();
        for (name, value) in form_urlencoded::parse(body) {
            if parameters.len() == MAX_PARAMETERS {
                return Err(FormError::TooMany);
            }
            parameters.push((name.into_owned(), Zeroizing::new(value.into_owned())));
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter that is there once.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// Each name with each of its values once, in the order of their bytes: what Twilio signs.
    pub fn sorted(&self) -> Vec<(&str, &str)> {
        let pairs = self.0.iter();
        let mut sorted: Vec<_> = pairs
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        sorted.sort_unstable();
        sorted.dedup();
        sorted
    }
}

/// Writes a form.
pub fn write(parameters: &[(&str, &str)]) -> Zeroizing<Vec<u8>> {
    // Three bytes for each that is escaped: the buffer never moves.
    let longest = parameters
        .iter()
        .map(|(name, value)| 3 * (name.len() + value.len()) + 2);
    let mut form = form_urlencoded::Serializer::new(String::with_capacity(longest.sum()));
    for (name, value) in parameters {
        form.append_pair(name, value);
    }
    Zeroizing::new(form.finish().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_as_browsers_write_them() {
        let form =
            Form::read(b"Body=5th+%26+Main%21&From=%2B13105550142&A=1&A=2&Empty=").expect("a form");
        assert_eq!(form.get("Body"), Some("5th & Main!"));
        assert_eq!(form.get("From"), Some("+13105550142"));
        assert_eq!(form.get("Empty"), Some(""));
        assert_eq!(form.get("A"), None, "there twice");
        assert_eq!(form.get("None"), None);
        let written = write(&[("Body", "5th & Main!"), ("To", "+13105550142")]);
        let again = Form::read(&written).expect("a form");
        assert_eq!(
            (again.get("Body"), again.get("To")),
            (Some("5th & Main!"), Some("+13105550142"))
        );
    }

    #[test]
    fn what_no_message_needs_is_refused_and_nothing_panics() {
        let error = |body: &[u8]| Form::read(body).err();
        assert_eq!(error(&vec![b'a'; MAX_FORM + 1]), Some(FormError::TooLong));
        assert_eq!(
            error(&b"a=b&".repeat(MAX_PARAMETERS + 1)),
            Some(FormError::TooMany)
        );
        for odd in [
            &b""[..],
            b"&&&",
            b"=",
            b"%",
            b"%zz=%f",
            b"a=%ff%fe",
            b"\xff\0=\xfe",
        ] {
            assert_eq!(error(odd), None);
        }
    }
}
