//! JSON as the cases write it: one line where it fits, else one line per item.

use async_graphql::Value;

const WIDTH: usize = 96;

/// The value of a JSON text; keys keep their order.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("{error} in {text}"))
}

/// The text of a value, indented where it does not fit into a line.
pub(crate) fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

fn write(value: &Value, indent: usize, text: &mut String) {
    let line = line(value);
    let margin = "  ".repeat(indent + 1);
    match value {
        Value::Object(object) if indent + line.len() > WIDTH && !object.is_empty() => {
            let items = object.iter().map(|(key, value)| (format!("\"{key}\": "), value));
            block(('{', '}'), items, &margin, indent, text);
        }
        Value::List(items) if indent + line.len() > WIDTH && !items.is_empty() => {
            let items = items.iter().map(|item| (String::new(), item));
            block(('[', ']'), items, &margin, indent, text);
        }
        _ => text.push_str(&line),
    }
}

fn block<'v>(
    (open, close): (char, char),
    items: impl Iterator<Item = (String, &'v Value)>,
    margin: &str,
    indent: usize,
    text: &mut String,
) {
    text.push(open);
    for (index, (key, value)) in items.enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(margin);
        text.push_str(&key);
        write(value, indent + 1, text);
    }
    text.push('\n');
    text.push_str(&margin[2..]);
    text.push(close);
}

/// The text of a value in one line.
pub(crate) fn line(value: &Value) -> String {
    match value {
        Value::Object(object) if object.is_empty() => "{}".to_owned(),
        Value::Object(object) => {
            let items: Vec<_> =
                object.iter().map(|(key, value)| format!("\"{key}\": {}", line(value))).collect();
            format!("{{ {} }}", items.join(", "))
        }
        Value::List(items) => format!("[{}]", items.iter().map(line).collect::<Vec<_>>().join(", ")),
        leaf => serde_json::to_string(leaf).expect("a leaf is JSON"),
    }
}
