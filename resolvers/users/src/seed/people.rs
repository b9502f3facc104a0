//! The demo people one by one: who they are, what they may do, what they sell.

use std::collections::HashSet;

use entities::users::{
    account,
    seller::{self, SellerStatus},
    user,
};
use kit::{
    Role,
    ids::{AccountId, SellerId, UserId},
    seed::{Choices, Scale, TODAY, id},
};

use super::{
    Rows,
    names::{CULTURES, Culture, plain},
    words::{
        CARE, FAMILY_SHOPS, LIKES, LIVES, PROMISES, RETURNS, SHIPPING, SHOP_FIRST, SHOP_SECOND, TRADES,
    },
};
use crate::{demo::DOMAIN, roles, validation::is_handle};

const DAY: i64 = 24 * 60 * 60 * 1_000;
/// The marketplace opened this many days ago.
const OPEN_FOR: u64 = 900;
/// So often somebody with a namesake gets another name.
const DRAWS: u32 = 8;
/// The staff are the last people of scale 1, at every scale.
const STAFF: &[(u32, &str, &str, Role)] = &[
    (197, "Alma", "Admin", Role::Admin),
    (198, "Sami", "Support", Role::Support),
    (199, "Mona", "Moderator", Role::Moderator),
];

/// Somebody of the demo data.
struct Person {
    index: u32,
    first: &'static str,
    last: &'static str,
    place: &'static str,
    culture: &'static Culture,
    is_seller: bool,
    staff_role: Option<Role>,
}

/// Names given away so far.
#[derive(Default)]
struct Taken {
    names: HashSet<(&'static str, &'static str)>,
    handles: HashSet<String>,
    slugs: HashSet<String>,
}

/// The rows of this scale.
pub(super) fn rows(scale: Scale, password_hash: &str) -> Rows {
    let mut rows = Rows { users: Vec::new(), accounts: Vec::new(), sellers: Vec::new() };
    let mut taken = Taken::default();
    for index in 0..scale.users() {
        let is_seller = index < scale.sellers();
        let person = Person::new(index, is_seller, &mut taken);
        let user = user_row(&person, &mut taken);
        rows.accounts.push(account_row(&person, &user, password_hash));
        if is_seller {
            rows.sellers.push(seller_row(&person, &mut taken));
        }
        rows.users.push(user);
    }
    rows
}

impl Person {
    fn new(index: u32, is_seller: bool, taken: &mut Taken) -> Self {
        let mut choices = Choices::new("users.person", index);
        let (mut culture, mut name) = some_name(&mut choices);
        for _ in 0..DRAWS {
            if taken.names.insert(name) {
                break;
            }
            (culture, name) = some_name(&mut choices);
        }
        let (first, last) = name;
        let place = *choices.of(culture.places);
        let staff = STAFF.iter().find(|(staff, ..)| *staff == index);
        let (first, last, staff_role) = match staff {
            Some((_, first, last, role)) => (*first, *last, Some(*role)),
            None => (first, last, None),
        };
        Self { index, first, last, place, culture, is_seller, staff_role }
    }

    fn display_name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    /// Handles the person would like, the dearest first.
    fn handles(&self, choices: &mut Choices) -> Vec<String> {
        let (first, last) = (plain(self.first), plain(self.last));
        let (initial, place) = (&first[..1], plain(self.place));
        if self.staff_role.is_some() {
            return vec![format!("{first}-{last}")];
        }
        let mut handles = vec![
            format!("{first}-{last}"),
            format!("{first}_{last}"),
            format!("{first}{last}"),
            format!("{initial}-{last}"),
            format!("{last}-{first}"),
            format!("{first}-{place}"),
        ];
        let favourite = choices.below(handles.len() as u64);
        handles.rotate_left(usize::try_from(favourite).unwrap_or_default());
        handles.push(format!("{first}-from-{place}"));
        handles.push(format!("{first}-{last}-{place}"));
        handles.retain(|handle| is_handle(handle));
        handles
    }

    /// The foremost role last.
    fn roles(&self) -> Vec<Role> {
        let mut roles = vec![Role::Customer];
        if self.is_seller {
            roles.push(Role::Seller);
        }
        roles.extend(self.staff_role);
        roles
    }

    fn bio(&self, choices: &mut Choices) -> Option<String> {
        if !self.is_seller && choices.chance(25) {
            return None;
        }
        let (does, adds) = if self.is_seller { (TRADES, PROMISES) } else { (LIVES, LIKES) };
        let does = choices.of(does).replace("{place}", self.place);
        let is_brief = choices.chance(30);
        Some(if is_brief { does } else { format!("{does} {}", choices.of(adds)) })
    }
}

fn some_name(choices: &mut Choices) -> (&'static Culture, (&'static str, &'static str)) {
    let culture = choices.of(CULTURES);
    (culture, (*choices.of(culture.first), *choices.of(culture.last)))
}

fn user_row(person: &Person, taken: &mut Taken) -> user::Model {
    let mut choices = Choices::new("users.profile", person.index);
    let handle = first_free(&mut taken.handles, person.handles(&mut choices), str::to_owned);
    let days = i64::try_from(choices.below(OPEN_FOR)).unwrap_or_default();
    let time = i64::try_from(choices.below(DAY.unsigned_abs())).unwrap_or_default();
    user::Model {
        id: id::<UserId>(person.index),
        display_name: person.display_name(),
        avatar_url: Some(format!("https://images.{DOMAIN}/avatars/{handle}.webp")),
        handle,
        bio: person.bio(&mut choices),
        joined_at: TODAY.plus(-days * DAY - time),
    }
}

fn account_row(person: &Person, user: &user::Model, password_hash: &str) -> account::Model {
    account::Model {
        id: id::<AccountId>(person.index),
        user_id: user.id,
        email: Some(format!("{}@{DOMAIN}", user.handle)),
        email_verified: true,
        password_hash: Some(password_hash.to_owned()),
        roles: roles::to_text(&person.roles()),
        locale: person.culture.locale.to_owned(),
        currency: person.culture.currency.to_owned(),
        version: 1,
        deletion_scheduled_at: None,
        suspended_at: None,
        suspension_reason: None,
    }
}

fn seller_row(person: &Person, taken: &mut Taken) -> seller::Model {
    let mut choices = Choices::new("users.shop", person.index);
    let names = shop_names(person, &mut choices);
    let name = first_free(&mut taken.slugs, names, slug);
    let mut policies = format!("{} {}", choices.of(SHIPPING), choices.of(RETURNS));
    if choices.chance(60) {
        policies = format!("{policies} {}", choices.of(CARE));
    }
    seller::Model {
        id: id::<SellerId>(person.index),
        user_id: id::<UserId>(person.index),
        slug: slug(&name),
        name,
        status: SellerStatus::Active,
        policies: Some(policies),
    }
}

/// Names the shop could have, the dearest first.
fn shop_names(person: &Person, choices: &mut Choices) -> Vec<String> {
    let (first, second) = (choices.of(SHOP_FIRST), choices.of(SHOP_SECOND));
    let mut names = vec![
        choices.of(FAMILY_SHOPS).replace("{name}", person.last),
        format!("{first} {second}"),
        format!("{first} of {}", person.place),
    ];
    let favourite = choices.below(names.len() as u64);
    names.rotate_left(usize::try_from(favourite).unwrap_or_default());
    names.push(format!("{} {second}", person.last));
    names.push(format!("{first} {second} of {}", person.place));
    names.push(format!("{} {} {second}", person.first, person.last));
    names
}

/// The name as it stands in an address.
fn slug(name: &str) -> String {
    let plain = plain(name);
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-")
}

/// The first wish that nobody has, told apart by `key`; a number is added only
/// when all are taken.
fn first_free(taken: &mut HashSet<String>, wishes: Vec<String>, key: impl Fn(&str) -> String) -> String {
    let last = wishes.last().cloned().unwrap_or_default();
    let numbered = (2..).map(|number: u32| format!("{last}-{number}"));
    wishes
        .into_iter()
        .chain(numbered)
        .find(|wish| taken.insert(key(wish)))
        .expect("there are more numbers than people")
}
