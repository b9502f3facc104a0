//! One mail: its headers and its two parts.

use kit::{Error, Result};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};

use crate::texts::{Parts, one_line};

/// Whom a mail is from and to.
pub(crate) struct Envelope<'a> {
    /// Such as `Weft <no-reply@example.com>`.
    pub(crate) from: &'a str,
    /// As the person writes it.
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    /// The same for every try.
    pub(crate) id: &'a str,
    /// Where one click ends such mails; security notices have none.
    pub(crate) unsubscribe: Option<&'a str>,
}

/// RFC 2369: where to end such mails.
#[derive(Clone)]
struct ListUnsubscribe(String);

/// RFC 8058: one POST does, without asking.
#[derive(Clone)]
struct ListUnsubscribePost;

/// RFC 3834: nobody should answer automatically.
#[derive(Clone)]
struct AutoSubmitted;

/// Headers of one fixed name.
macro_rules! header {
    ($header:ty, $name:literal, $value:expr) => {
        impl Header for $header {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Err("written, never read".into())
            }

            fn display(&self) -> HeaderValue {
                let value: fn(&Self) -> String = $value;
                // Written as it is: an address must not be broken into encoded words.
                HeaderValue::dangerous_new_pre_encoded(Self::name(), String::new(), value(self))
            }
        }
    };
}

header!(ListUnsubscribe, "List-Unsubscribe", |header| format!("<{}>", header.0));
header!(ListUnsubscribePost, "List-Unsubscribe-Post", |_| "List-Unsubscribe=One-Click".to_owned());
header!(AutoSubmitted, "Auto-Submitted", |_| "auto-generated".to_owned());

/// The mail, ready to be handed over; `None` when nobody can have this address.
///
/// # Errors
/// When the sender is none.
pub(crate) fn compose(envelope: &Envelope<'_>, parts: Parts) -> Result<Option<Message>> {
    let Ok(address) = envelope.email.parse::<Address>() else { return Ok(None) };
    let from: Mailbox = envelope.from.parse().map_err(Error::internal)?;
    let message_id = format!("<{}@{}>", envelope.id, from.email.domain());
    let name = Some(one_line(envelope.name)).filter(|name| !name.is_empty());
    let mut message = Message::builder()
        .from(from)
        .to(Mailbox::new(name, address))
        .subject(one_line(&parts.subject))
        .message_id(Some(message_id))
        .header(AutoSubmitted);
    if let Some(address) = envelope.unsubscribe {
        message = message.header(ListUnsubscribe(address.to_owned())).header(ListUnsubscribePost);
    }
    let message = message.multipart(MultiPart::alternative_plain_html(parts.text, parts.html));
    message.map(Some).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, subject: &str) -> String {
        let envelope = Envelope {
            from: "Weft <no-reply@weft.example>",
            name,
            email: "ada@example.com",
            id: "ntd_1",
            unsubscribe: Some("https://weft.example/unsubscribe/abc"),
        };
        let parts = Parts {
            subject: subject.to_owned(),
            text: "Hello".to_owned(),
            html: "<p>Hello</p>".to_owned(),
        };
        let mail = compose(&envelope, parts).expect("a sender").expect("an address");
        String::from_utf8(mail.formatted()).expect("text")
    }

    #[test]
    fn a_mail_has_two_parts_a_stable_id_and_a_way_out() {
        let mail = written("Ada", "News");

        for line in [
            "From: Weft <no-reply@weft.example>\r\n",
            "To: Ada <ada@example.com>\r\n",
            "Subject: News\r\n",
            "Message-ID: <ntd_1@weft.example>\r\n",
            "List-Unsubscribe: <https://weft.example/unsubscribe/abc>\r\n",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "Content-Type: text/html; charset=utf-8\r\n",
        ] {
            assert!(mail.contains(line), "{line} in {mail}");
        }
    }

    #[test]
    fn no_name_and_no_subject_begins_a_header() {
        let hostile = "Ada\r\nBcc: eve@example.com\r\n\r\n<script>";

        let mail = written(hostile, hostile);

        let head = mail.split("\r\n\r\n").next().expect("a head");
        assert!(!head.to_lowercase().contains("\nbcc:"), "{head}");
        assert!(mail.matches("Content-Type: text/plain").count() == 1, "{mail}");
    }

    #[test]
    fn an_address_of_nobody_is_no_mail() {
        let envelope = Envelope {
            from: "a@example.com",
            name: "",
            email: "ada@exam\r\nple",
            id: "1",
            unsubscribe: None,
        };
        let parts = Parts { subject: String::new(), text: String::new(), html: String::new() };

        assert!(compose(&envelope, parts).expect("a sender").is_none());
    }
}
