//! What notifications say, in the language of their account: short texts for
//! feed and push, and the parts of a mail.

use async_graphql::{ScalarType as _, Value};
use entities::notifications::notification;
use kit::{DateTime, Error, Result};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value as Shown, context, value::Serde};
use serde::Serialize;

use crate::kinds::{KINDS, Kind};

/// Spoken where there is no text in the account's language.
const FALLBACK: &str = "en";
/// Longer lines are cut.
const MAX_LINE: usize = 150;

/// Words of the frame around the texts.
#[derive(Debug, Clone, Copy, Serialize)]
struct Words {
    hello: &'static str,
    /// Stands for a person who is no more.
    somebody: &'static str,
    footer: &'static str,
    unsubscribe: &'static str,
}

const WORDS: &[(&str, Words)] = &[(
    "en",
    Words {
        hello: "Hello",
        somebody: "Somebody",
        footer: "You get this mail because you have an account with us.",
        unsubscribe: "Unsubscribe from such mails",
    },
)];

/// All templates, read once.
pub(crate) struct Texts(Environment<'static>);

/// What a notification says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Text {
    /// One line.
    pub(crate) title: String,
    /// A few sentences.
    pub(crate) body: String,
}

/// What a mail says, twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    /// One line.
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Texts {
    /// # Panics
    /// When a template is broken: a mistake of the code, which a test finds.
    pub(crate) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
            true => AutoEscape::Html,
            false => AutoEscape::None,
        });
        let mut add = |name: String, source: &'static str| {
            environment.add_template_owned(name, source).expect("our own templates are well-formed");
        };
        for kind in KINDS {
            for (language, source) in kind.texts {
                add(format!("{language}/{}.txt", kind.name), source);
            }
        }
        add("en/digest.txt".to_owned(), include_str!("templates/en/digest.txt"));
        add("base.txt".to_owned(), include_str!("templates/base.txt"));
        add("base.html".to_owned(), include_str!("templates/base.html"));
        Self(environment)
    }

    /// What a notification says. `actor` is the name of who did it, as of now.
    pub(crate) fn of(
        &self,
        kind: &Kind,
        notification: &notification::Model,
        actor: Option<&str>,
    ) -> Result<Text> {
        let locale = notification.locale.as_str();
        let actor = actor.map_or_else(|| words(locale).somebody.to_owned(), one_line);
        let said = self.render(
            &[&format!("{}.txt", kind.name)],
            locale,
            context! {
                actor,
                count => notification.count,
                details => Shown::from(Serde(&notification.details)),
                at => shown(notification.at),
            },
        )?;
        let (title, body) = said.split_once('\n').unwrap_or((&said, ""));
        Ok(Text { title: one_line(title), body: body.trim().to_owned() })
    }

    /// The parts of a mail that tells these texts.
    pub(crate) fn mail(
        &self,
        locale: &str,
        name: &str,
        items: &[Text],
        unsubscribe: Option<&str>,
    ) -> Result<Parts> {
        let first = items.first().map(|item| item.title.clone()).unwrap_or_default();
        let total = items.len();
        let subject = match total {
            1 => first,
            _ => one_line(&self.render(&["digest.txt"], locale, context! { total, first })?),
        };
        let values = context! {
            subject => &subject,
            name => one_line(name),
            items => Shown::from(Serde(items)),
            unsubscribe,
            locale,
            words => Shown::from(Serde(words(locale))),
        };
        let part = |template: &str| {
            let template = self.0.get_template(template).map_err(Error::internal)?;
            template.render(&values).map_err(Error::internal)
        };
        Ok(Parts { text: part("base.txt")?, html: part("base.html")?, subject })
    }

    /// The first of these templates in the language, or else in English.
    fn render(&self, names: &[&str], locale: &str, values: Shown) -> Result<String> {
        let in_languages = [language(locale), FALLBACK]
            .into_iter()
            .flat_map(|language| names.iter().map(move |name| format!("{language}/{name}")));
        let mut found = in_languages.filter_map(|name| self.0.get_template(&name).ok());
        let template = found.next().ok_or_else(|| Error::internal("a text is missing"))?;
        template.render(values).map_err(Error::internal)
    }
}

fn language(locale: &str) -> &str {
    locale.split('-').next().unwrap_or(FALLBACK)
}

fn words(locale: &str) -> Words {
    let of = |wanted: &str| WORDS.iter().find(|(language, _)| *language == wanted);
    of(language(locale)).or_else(|| of(FALLBACK)).map(|(_, words)| *words).expect("English is there")
}

/// Names and subjects become one line of visible text: what comes from people
/// can't begin a header of its own, nor flood one.
pub(crate) fn one_line(text: &str) -> String {
    let visible = text.chars().map(|letter| if is_invisible(letter) { ' ' } else { letter });
    let visible: String = visible.collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// Control characters, and those that turn the direction of what follows.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A time as people read it: `2026-01-31 12:00 UTC`.
fn shown(at: DateTime) -> String {
    match at.to_value() {
        Value::String(text) if text.len() >= 16 => {
            let text = text.replacen('T', " ", 1);
            format!("{} UTC", text.chars().take(16).collect::<String>())
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use kit::{
        Id as _,
        ids::{AccountId, NotificationId},
    };
    use serde_json::json;

    use super::*;

    fn notification(kind: &str, count: i32) -> notification::Model {
        notification::Model {
            id: NotificationId::generate(),
            account_id: AccountId::generate(),
            kind: kind.to_owned(),
            key: String::new(),
            actor_id: None,
            target_id: None,
            details: json!({ "stars": 4, "day": "2026-01-15", "provider": "acme", "how": "cancelled" }),
            count,
            position: 0,
            locale: "pt-BR".to_owned(),
            is_shown: true,
            at: DateTime(1_767_225_600_000),
            read_at: None,
            mailed_at: None,
        }
    }

    #[test]
    fn every_kind_has_a_title_of_one_line_and_a_body() {
        let texts = Texts::new();

        for kind in KINDS {
            let text = texts.of(kind, &notification(kind.name, 2), Some("Ada")).expect("renders");
            assert!(!text.title.is_empty() && !text.body.is_empty(), "{}: {text:?}", kind.name);
            assert!(!text.title.contains('\n'), "{}: {text:?}", kind.name);
        }
    }

    #[test]
    fn several_messages_are_counted_and_a_time_is_readable() {
        let texts = Texts::new();
        let said = |name: &str, count| {
            let kind = crate::kinds::find(name).expect("a kind");
            texts.of(kind, &notification(name, count), Some("Ada")).expect("renders")
        };

        assert_eq!(said("message.received", 1).title, "Message from Ada");
        assert_eq!(said("message.received", 3).title, "3 messages, the latest from Ada");
        assert!(said("session.started", 1).body.contains("on 2026-01-01 00:00 UTC."));
    }

    #[test]
    fn a_name_is_one_line_of_visible_text() {
        assert_eq!(one_line("Ada\r\nBcc: eve@example.com"), "Ada Bcc: eve@example.com");
        assert_eq!(one_line(" \u{202e}Ada\0 "), "Ada");
        assert_eq!(one_line(&"a".repeat(200)).chars().count(), MAX_LINE + 1);
    }

    #[test]
    fn html_is_escaped_and_text_is_not() {
        let texts = Texts::new();
        let item = Text { title: "From <b>Ada</b>".to_owned(), body: "Fish & chips".to_owned() };

        let parts = texts.mail("en", "<script>alert(1)</script>", &[item], None).expect("renders");

        assert_eq!(parts.subject, "From <b>Ada</b>");
        assert!(parts.text.starts_with("Hello <script>alert(1)</script>,\n"), "{}", parts.text);
        assert!(!parts.html.contains("<script>") && !parts.html.contains("<b>"), "{}", parts.html);
        assert!(parts.html.contains("Fish &amp; chips"), "{}", parts.html);
        assert!(!parts.html.contains("<a "), "nothing to unsubscribe from");
    }
}
