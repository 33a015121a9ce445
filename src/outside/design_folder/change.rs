//! Changes fields in `design.toml` and leaves everything else as it was written: comments, order, spaces.

use toml_edit::{DocumentMut, Item, Table, value};

/// What one field is to say.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The field.
    pub key: String,
    /// Entries to set, or to take out where there is nothing.
    pub entries: Vec<(&'static str, Entry)>,
}

/// One entry of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// It stands for itself and is taken out.
    Default,
    /// Words.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// Yes or no.
    Switch(bool),
    /// Words in a list.
    List(Vec<String>),
    /// What each label gives, in their order.
    Choices(Vec<(String, String)>),
}

/// The description with these changes; the message says why it cannot be written.
pub fn fields(description: &[u8], changes: &[FieldChange]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(description).map_err(|error| error.to_string())?;
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    for change in changes {
        let table = document
            .get_mut("field")
            .and_then(Item::as_table_like_mut)
            .and_then(|fields| fields.get_mut(&change.key))
            .and_then(Item::as_table_like_mut);
        let Some(table) = table else {
            return Err(format!("there is no field “{}”", change.key));
        };
        for (name, entry) in &change.entries {
            if is_said(table.get(name), entry) {
                continue;
            }
            match written(entry) {
                Some(new) => set(table, name, new),
                None => drop(table.remove(name)),
            }
        }
    }
    Ok(document.to_string().into_bytes())
}

/// Whether an entry says this already, so that its spelling can stay.
fn is_said(item: Option<&Item>, entry: &Entry) -> bool {
    let Some(item) = item else {
        return *entry == Entry::Default;
    };
    match entry {
        Entry::Default => false,
        Entry::Text(text) => item.as_str() == Some(text),
        Entry::Whole(number) => item.as_integer() == Some(*number),
        Entry::Number(number) => {
            let whole = item.as_integer().map(|whole| whole as f64);
            item.as_float().or(whole) == Some(*number)
        }
        Entry::Switch(is_on) => item.as_bool() == Some(*is_on),
        Entry::List(list) => item.as_array().is_some_and(|array| {
            array.iter().map(toml_edit::Value::as_str).eq(list.iter().map(|one| Some(one.as_str())))
        }),
        Entry::Choices(choices) => item.as_table_like().is_some_and(|table| {
            let said = table.iter().map(|(label, gives)| (label.to_owned(), gives.as_str()));
            said.eq(choices.iter().map(|(label, gives)| (label.clone(), Some(gives.as_str()))))
        }),
    }
}

/// Keeps the spaces and the comment around the old value.
fn set(table: &mut dyn toml_edit::TableLike, name: &str, new: Item) {
    match (table.get_mut(name), new) {
        (Some(Item::Value(old)), Item::Value(mut new)) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        (_, new) => drop(table.insert(name, new)),
    }
}

fn written(entry: &Entry) -> Option<Item> {
    Some(match entry {
        Entry::Default => return None,
        Entry::Text(text) => value(text),
        Entry::Whole(number) => value(*number),
        // 24, not 24.0: as people write it.
        Entry::Number(number) if number.fract() == 0.0 && number.abs() < 1e9 => {
            value(*number as i64)
        }
        Entry::Number(number) => value(*number),
        Entry::Switch(is_on) => value(*is_on),
        Entry::List(list) => value(list.iter().collect::<toml_edit::Array>()),
        Entry::Choices(choices) => {
            let mut table = Table::new().into_inline_table();
            for (label, gives) in choices {
                table.insert(label, gives.into());
            }
            value(table)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# Ours\nname = \"Mug\"\n\n[area.a]\nfile = \"a.svg\"   # drawn by Eve\n\n\
        [field.name]\nkind  = \"text\"\nlabel = \"Name\"  # as in the shop\nmax   = 12\n\
        [field.ink]\nkind = \"colour\"\nlabel = \"Ink\"\nchoices = { Red = \"#ff0000\" }\n";

    #[test]
    fn only_what_changes_is_written() {
        let entries = vec![
            ("label", Entry::Text("Dog's name".into())),
            ("max", Entry::Whole(12)),
            ("min_pt", Entry::Number(24.0)),
            ("from", Entry::List(vec!["_dog".into()])),
            ("required", Entry::Default),
        ];
        let change = FieldChange { key: "name".into(), entries };
        let after = fields(BEFORE.as_bytes(), &[change]).unwrap();
        let after = String::from_utf8(after).unwrap();
        let expected = BEFORE
            .replace("\"Name\"  # as", "\"Dog's name\"  # as")
            .replace("max   = 12\n", "max   = 12\nmin_pt = 24\nfrom = [\"_dog\"]\n");
        assert_eq!(after, expected);
    }

    #[test]
    fn nothing_changed_is_the_same_to_the_byte() {
        let red = vec![("Red".to_owned(), "#ff0000".to_owned())];
        let same =
            FieldChange { key: "ink".into(), entries: vec![("choices", Entry::Choices(red))] };
        assert_eq!(fields(BEFORE.as_bytes(), &[same]).unwrap(), BEFORE.as_bytes());
        let missing = FieldChange { key: "gone".into(), entries: Vec::new() };
        assert!(fields(BEFORE.as_bytes(), &[missing]).is_err());
    }
}
