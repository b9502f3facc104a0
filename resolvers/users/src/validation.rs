//! The rules that names, emails and passwords keep.

use crate::failure::Refusal;

/// Checks rules one after the other and gathers what they refuse.
#[derive(Default)]
pub(crate) struct Checks(Vec<Refusal>);

impl Checks {
    /// Refuses the field unless the rule holds.
    pub(crate) fn that(&mut self, holds: bool, field: &'static str, rule: &'static str) {
        if !holds {
            self.0.push(Refusal::Invalid { field, rule });
        }
    }

    /// Ends with everything that was refused.
    pub(crate) fn finish(self) -> Result<(), Vec<Refusal>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    pub(crate) fn email(&mut self, email: &str) {
        self.that(is_email(email), "email", "an email looks like name@example.com");
    }

    pub(crate) fn password(&mut self, password: &str) {
        let holds = (10..=128).contains(&password.chars().count());
        self.that(holds, "password", "a password has 10 to 128 characters");
    }

    pub(crate) fn handle(&mut self, handle: &str) {
        let rule = "a handle has 3 to 30 characters out of a-z, 0-9, _ and -";
        self.that(is_handle(handle), "handle", rule);
    }

    pub(crate) fn display_name(&mut self, name: &str) {
        let holds = (1..=80).contains(&name.chars().count()) && !name.contains(char::is_control);
        self.that(holds, "displayName", "a display name has 1 to 80 characters, all of them printable");
    }

    pub(crate) fn bio(&mut self, bio: &str) {
        let is_printable = !bio.contains(|letter: char| letter.is_control() && letter != '\n');
        let holds = bio.chars().count() <= 500 && is_printable;
        self.that(holds, "bio", "a bio has at most 500 characters, printable ones and line breaks");
    }

    pub(crate) fn reason(&mut self, reason: &str) {
        let is_printable = !reason.contains(|letter: char| letter.is_control() && letter != '\n');
        let holds = (1..=500).contains(&reason.chars().count()) && is_printable;
        self.that(holds, "reason", "a reason has 1 to 500 characters, printable ones and line breaks");
    }

    pub(crate) fn locale(&mut self, locale: &str) {
        self.that(is_locale(locale), "locale", "a locale is a language tag, e.g. en or pt-BR");
    }
}

/// Emails are compared in lower case.
pub(crate) fn normalised_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Whether mail could reach it; only a mail tells whether it does.
pub(crate) fn is_email(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let is_printable = !email.contains(|letter: char| letter.is_control() || letter.is_whitespace());
    let has_local = (1..=64).contains(&local.len()) && !local.contains('@');
    let labels: Vec<&str> = domain.split('.').collect();
    let has_domain = labels.len() >= 2 && labels.iter().all(|label| is_label(label));
    is_printable && has_local && has_domain && email.len() <= 254
}

fn is_label(label: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '-';
    !label.is_empty() && label.len() <= 63 && label.chars().all(is_letter) && !label.starts_with('-')
}

pub(crate) fn is_handle(handle: &str) -> bool {
    let is_letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    (3..=30).contains(&handle.len()) && handle.bytes().all(is_letter)
}

/// The shape of a BCP 47 language tag.
fn is_locale(locale: &str) -> bool {
    let mut parts = locale.split('-');
    let is_language =
        |part: &str| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_subtag = |part: &str| {
        (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    parts.next().is_some_and(is_language) && parts.all(is_subtag) && locale.len() <= 35
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_has_one_name_and_a_domain() {
        for good in ["ada@example.com", "a.b+c@mail.example.co", "josé@exämple.de"] {
            assert!(is_email(good), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in
            ["", "ada", "@example.com", "ada@", "ada@localhost", "a@b@example.com", "a b@x.de", &long]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn a_handle_is_short_and_plain() {
        for good in ["ada", "ada_l-1", &"a".repeat(30)] {
            assert!(is_handle(good), "{good}");
        }
        for bad in ["", "ab", "Ada", "ada!", "adä", &"a".repeat(31)] {
            assert!(!is_handle(bad), "{bad}");
        }
    }

    #[test]
    fn a_locale_is_a_language_tag() {
        for good in ["en", "pt-BR", "zh-Hant-TW", "es-419"] {
            assert!(is_locale(good), "{good}");
        }
        for bad in ["", "EN", "english", "en_US", "en-", "e"] {
            assert!(!is_locale(bad), "{bad}");
        }
    }

    #[test]
    fn every_broken_rule_is_named_at_once() {
        let mut checks = Checks::default();
        checks.email("ada");
        checks.password("short");
        checks.handle("ada");
        checks.display_name("A\u{7}da");

        let refused = checks.finish().expect_err("three rules are broken");

        let fields: Vec<&str> = refused
            .iter()
            .map(|refusal| match refusal {
                Refusal::Invalid { field, .. } => *field,
                other => panic!("unexpected {other:?}"),
            })
            .collect();
        assert_eq!(fields, ["email", "password", "displayName"]);
    }
}
