//! Valid documents over a schema, put together from a stream of choices, so that
//! a shorter stream is a simpler document.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::types::Types;

/// Levels of fields.
const DEPTH: usize = 4;
/// Arguments of the one field that takes some.
const ARGUMENTS: [&str; 5] =
    ["", "(number: 7)", "(number: $n)", "(text: $t)", "(text: \"x\", number: $n)"];

/// Small numbers, one after the other; zeros when there are no more.
pub(crate) struct Choices<'c>(pub(crate) std::slice::Iter<'c, u8>);

impl Choices<'_> {
    /// A number below `count`.
    pub(crate) fn pick(&mut self, count: usize) -> usize {
        self.0.next().map_or(0, |byte| usize::from(*byte)) % count
    }
}

/// The variables of conditions.
pub(crate) const CONDITIONS: [&str; 3] = ["$a", "$b", "$c"];

/// A query with the variables `$n`, `$t` and [`CONDITIONS`], as far as it uses
/// them.
pub(crate) fn document(types: &Types, choices: &mut Choices<'_>) -> String {
    let names: BTreeSet<&str> = types.composites().flat_map(|ty| types.fields_of(ty)).collect();
    let names: Vec<&str> = names.into_iter().collect();
    // Every key means the same field wherever it stands, so that nothing conflicts.
    let shift = choices.pick(names.len());
    let keys = names.iter().enumerate().map(|(at, name)| (*name, names[(at + shift) % names.len()]));
    let mut writer = Writer {
        types,
        keys: keys.collect(),
        arguments: [ARGUMENTS[choices.pick(5)], ARGUMENTS[choices.pick(5)]],
        choices,
        fragments: BTreeMap::new(),
        open: Vec::new(),
    };
    let mut text = writer.selection("Query", DEPTH);
    for (name, (ty, body)) in &writer.fragments {
        text += &format!(" fragment {name} on {ty} {body}");
    }
    let conditions = CONDITIONS.iter().map(|name| (*name, "Boolean!"));
    let used: Vec<String> = conditions
        .chain([("$n", "Int"), ("$t", "String")])
        .filter(|(name, _)| text.contains(name))
        .map(|(name, ty)| format!("{name}: {ty}"))
        .collect();
    match used.as_slice() {
        [] => text,
        used => format!("query({}) {text}", used.join(", ")),
    }
}

struct Writer<'w, 'c> {
    types: &'w Types,
    choices: &'w mut Choices<'c>,
    keys: BTreeMap<&'w str, &'w str>,
    arguments: [&'static str; 2],
    /// Type and body of each named fragment, by name.
    fragments: BTreeMap<String, (String, String)>,
    /// The fragments that are being written.
    open: Vec<String>,
}

impl<'w> Writer<'w, '_> {
    fn selection(&mut self, ty: &str, depth: usize) -> String {
        let count = 1 + self.choices.pick(4);
        let selections: Vec<String> = (0..count).map(|_| self.selected(ty, depth)).collect();
        format!("{{ {} }}", selections.join(" "))
    }

    fn selected(&mut self, ty: &str, depth: usize) -> String {
        match self.choices.pick(9) {
            0..=4 => self.field(ty, depth, false),
            5 => self.field(ty, depth, true),
            6 => ["__typename", "kind: __typename"][self.choices.pick(2)].to_owned() + &self.condition(),
            7 => {
                let condition = self.overlapping(ty).map(|on| format!(" on {on}"));
                let on = condition.as_deref().map_or(ty, |condition| &condition[4..]).to_owned();
                let directives = self.condition();
                let body = self.selection(&on, depth);
                format!("...{}{directives} {body}", condition.unwrap_or_default())
            }
            _ => self.spread(ty, depth),
        }
    }

    fn spread(&mut self, ty: &str, depth: usize) -> String {
        let on = self.overlapping(ty).unwrap_or_else(|| ty.to_owned());
        let name = format!("{on}{depth}");
        // While a fragment is being written, spreading it would be a cycle.
        if self.open.contains(&name) {
            return self.field(ty, depth, false);
        }
        if !self.fragments.contains_key(&name) {
            self.open.push(name.clone());
            let body = self.selection(&on, depth.saturating_sub(1));
            self.open.pop();
            self.fragments.insert(name.clone(), (on, body));
        }
        format!("...{name}{}", self.condition())
    }

    /// A type that an object of this type may also have.
    fn overlapping(&mut self, ty: &str) -> Option<String> {
        let own: BTreeSet<&str> = self.types.possible(ty).collect();
        let others: Vec<&str> = self
            .types
            .composites()
            .filter(|other| self.types.possible(other).any(|object| own.contains(object)))
            .collect();
        let choice = self.choices.pick(others.len() + 1);
        others.get(choice.checked_sub(1)?).map(|other| (*other).to_owned())
    }

    fn field(&mut self, ty: &str, depth: usize, is_second: bool) -> String {
        let types = self.types;
        let is_leaf = |name: &&str| !types.is_composite(types.named(ty, name));
        let names: Vec<&'w str> =
            types.fields_of(ty).filter(|name| depth > 0 || is_leaf(name)).collect();
        if names.is_empty() {
            return "__typename".to_owned();
        }
        let name = names[self.choices.pick(names.len())];
        let mut text = match (is_second, self.keys[name]) {
            (true, _) => format!("{name}_2: {name}"),
            (false, key) if key == name => name.to_owned(),
            (false, key) => format!("{key}: {name}"),
        };
        if name == "echo" {
            text += self.arguments[usize::from(is_second)];
        }
        text += &self.condition();
        let inner = types.named(ty, name);
        if types.is_composite(inner) {
            text += &format!(" {}", self.selection(inner, depth - 1));
        }
        text
    }

    fn condition(&mut self) -> String {
        let mut variable = || CONDITIONS[self.choices.pick(CONDITIONS.len())];
        let (one, other) = (variable(), variable());
        match self.choices.pick(9) {
            4 => format!(" @skip(if: {one})"),
            5 => format!(" @include(if: {one})"),
            6 => format!(" @skip(if: {one}) @include(if: {other})"),
            7 => " @include(if: true)".to_owned(),
            8 => " @skip(if: true)".to_owned(),
            _ => String::new(),
        }
    }
}
