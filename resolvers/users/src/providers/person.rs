//! Somebody as a provider describes them, made fit for an account here.

use super::claims::Claims;
use crate::{
    ProviderOptions,
    validation::{Checks, is_email, is_handle, normalised_email},
};

/// The longest label.
const LONGEST_LABEL: usize = 120;
/// Leaves room for what makes a handle unique.
const LONGEST_BASE: usize = 20;

/// Somebody whom a provider has vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The provider's name.
    pub(crate) provider: String,
    /// Who they are there.
    pub(crate) subject: String,
    /// What they are called there.
    pub(crate) label: String,
    /// A valid handle, which somebody may have.
    pub(crate) handle: String,
    pub(crate) display_name: String,
    /// As far as the provider says that it is theirs.
    pub(crate) email: Option<String>,
    /// The provider's word counts for that.
    pub(crate) is_email_trusted: bool,
    pub(crate) locale: Option<String>,
    /// When the token that tells of them was issued, in seconds, if it says.
    pub(crate) issued_at: Option<i64>,
    /// When it expires.
    pub(crate) expires_at: Option<i64>,
}

impl Person {
    /// The subject must have been checked.
    pub(super) fn new(provider: &ProviderOptions, claims: &Claims) -> Self {
        let subject = claims.text("sub").unwrap_or_default().to_owned();
        // Of an email that is not verified anybody could say that it is theirs, and
        // learn from the answer whether an account has it.
        let email = claims.text("email").filter(|_| claims.is_true("email_verified"));
        let email = email.map(normalised_email).filter(|email| is_email(email));
        // Some providers call people by their email, which is nobody else's business.
        let name = |claim: &&str| claims.text(claim).filter(|name| !name.contains('@'));
        let handle = ["preferred_username", "username", "nickname", "name"]
            .iter()
            .filter_map(name)
            .find_map(handle)
            .unwrap_or_else(|| "user".to_owned());
        let names = ["name", "preferred_username", "nickname"];
        let display_name = names.iter().filter_map(name).find_map(|name| shown(name, 80));
        let label = [provider.label_claim.as_str(), "email", "preferred_username", "name"];
        let label = label.iter().find_map(|name| shown(claims.text(name)?, LONGEST_LABEL));
        Self {
            provider: provider.name.clone(),
            label: label.unwrap_or_else(|| subject.chars().take(LONGEST_LABEL).collect()),
            display_name: display_name.unwrap_or_else(|| handle.clone()),
            is_email_trusted: provider.link_verified_emails && email.is_some(),
            locale: claims.text("locale").filter(|locale| is_locale(locale)).map(str::to_owned),
            issued_at: claims.seconds("iat").ok().flatten(),
            expires_at: claims.seconds("exp").ok().flatten(),
            email,
            handle,
            subject,
        }
    }
}

fn is_locale(locale: &str) -> bool {
    let mut checks = Checks::default();
    checks.locale(locale);
    checks.finish().is_ok()
}

/// The printable part of a text, cut; `None` when nothing is left.
fn shown(text: &str, longest: usize) -> Option<String> {
    let printable: String = text.chars().filter(|letter| !letter.is_control()).take(longest).collect();
    let trimmed = printable.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// A handle out of a name; `None` when too little is left of it.
fn handle(name: &str) -> Option<String> {
    let mut handle = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' | '_' => handle.push(letter),
            _ if handle.is_empty() || handle.ends_with('-') => {}
            _ => handle.push('-'),
        }
        if handle.len() == LONGEST_BASE {
            break;
        }
    }
    let handle = handle.trim_end_matches('-');
    is_handle(handle).then(|| handle.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn person(provider: &ProviderOptions, claims: Value) -> Person {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        Person::new(provider, &Claims(claims))
    }

    #[test]
    fn an_account_is_described_by_the_best_that_there_is() {
        let provider = ProviderOptions::default();
        let table = [
            (json!({ "preferred_username": "Ada.Lovelace" }), "ada-lovelace", "Ada.Lovelace"),
            (json!({ "name": "Ada Lovelace", "email": "al@x.example" }), "ada-lovelace", "Ada Lovelace"),
            (json!({ "email": "Countess@x.example" }), "user", "user"),
            (json!({ "preferred_username": "ada@x.example" }), "user", "user"),
            (json!({ "name": "艾达" }), "user", "艾达"),
            (json!({ "name": "  \u{7} " }), "user", "user"),
            (json!({ "preferred_username": "--x--" , "email": 7 }), "user", "--x--"),
            (json!({}), "user", "user"),
        ];

        for (claims, handle, name) in table {
            let person = person(&provider, claims.clone());
            assert_eq!(
                (person.handle.as_str(), person.display_name.as_str()),
                (handle, name),
                "{claims}"
            );
        }
    }

    #[test]
    fn handles_leave_room_and_labels_end() {
        let claims = json!({ "sub": "7", "preferred_username": "x".repeat(300) });
        let person = person(&ProviderOptions::default(), claims);

        assert_eq!(person.handle.len(), LONGEST_BASE);
        assert_eq!(person.display_name.len(), 80);
        assert_eq!(person.label.len(), LONGEST_LABEL);
    }

    #[test]
    fn an_email_is_trusted_only_where_provider_and_configuration_say_so() {
        let trusted = ProviderOptions { link_verified_emails: true, ..ProviderOptions::default() };
        let said =
            |is_verified: Value| json!({ "email": "Ada@X.example", "email_verified": is_verified });

        assert!(person(&trusted, said(json!(true))).is_email_trusted);
        assert!(person(&trusted, said(json!("true"))).is_email_trusted);
        for not in [json!(false), json!(null), json!(1), json!("yes")] {
            assert!(!person(&trusted, said(not)).is_email_trusted);
        }
        let untrusted = person(&ProviderOptions::default(), said(json!(true)));
        assert!(!untrusted.is_email_trusted);
        assert_eq!(untrusted.email.as_deref(), Some("ada@x.example"));
    }
}
