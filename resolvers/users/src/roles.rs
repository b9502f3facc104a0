//! Roles as the database keeps them: a JSON array, the foremost role last.

use kit::{Error, Result, Role};

pub(crate) fn to_text(roles: &[Role]) -> String {
    serde_json::to_string(roles).expect("roles are plain data")
}

pub(crate) fn from_text(text: &str) -> Result<Vec<Role>> {
    serde_json::from_str(text).map_err(Error::internal)
}

/// The role's name, as it stands in the text.
pub(crate) const fn name(role: Role) -> &'static str {
    match role {
        Role::Customer => "CUSTOMER",
        Role::Seller => "SELLER",
        Role::Support => "SUPPORT",
        Role::Moderator => "MODERATOR",
        Role::Admin => "ADMIN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_read_back_and_stand_there_by_name() {
        let roles = [Role::Customer, Role::Seller, Role::Support, Role::Moderator, Role::Admin];

        for role in roles {
            assert_eq!(to_text(&[role]), format!("[\"{}\"]", name(role)));
        }
        assert_eq!(from_text(&to_text(&roles)).expect("ours"), roles);
    }
}
