//! Labels as a whole: renamed, put together and deleted on every order that carries them. Each change
//! stands in the history of labels and of each order, and kept views of the list follow it.

use url::form_urlencoded::{self, Serializer};

use crate::db::mark::KnownLabel;
use crate::db::{self, Tx};
use crate::model::hold::Actor;
use crate::model::mark::Label;

use super::ctx::{Ctx, FlowError};
use super::operate::Staff;

/// What the history of labels calls its place; the label follows.
pub const PLACE: &str = "label";
/// What the history of an order calls a label that is called otherwise now.
pub const RENAMED: &str = "label renamed";
/// What the history of an order calls a label that is no more.
pub const DELETED: &str = "label deleted";
/// The key under which the address of the list names a label.
const QUERY_KEY: &str = "label";

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It is done, on so many orders and in so many kept views.
    Done {
        /// Orders that carried it.
        orders: u32,
        /// Kept views that name it.
        views: u32,
    },
    /// Another label has that name: are both to be one?
    Meets(KnownLabel),
}

/// Whether two labels may become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// No: somebody is asked first.
    Ask,
    /// It was said that this is meant.
    Meant,
}

/// Renames a label or gives it another look. One that meets another label becomes it.
pub async fn change(
    ctx: &Ctx,
    key: &str,
    to: Label,
    merge: Merge,
    staff: &Staff,
) -> Result<Changed, FlowError> {
    let (key, staff) = (key.to_owned(), staff.clone());
    ctx.call(move |tx| {
        let from = known(tx, &key)?;
        if to.key() == key {
            return look(tx, &from, &to, &staff);
        }
        match (db::mark::known(tx, &to.key())?, merge) {
            (Some(other), Merge::Ask) => Ok(Changed::Meets(other)),
            (Some(other), Merge::Meant) => become_one(tx, &from, &other, &staff),
            (None, _) => rename(tx, &from, &to, &staff),
        }
    })
    .await
}

/// Takes a label off every order. Kept views that name it stay, and show nothing until it is there again.
pub async fn delete(ctx: &Ctx, key: &str, staff: &Staff) -> Result<Changed, FlowError> {
    let (key, staff) = (key.to_owned(), staff.clone());
    ctx.call(move |tx| {
        let label = known(tx, &key)?;
        tell_orders(tx, &label, DELETED, &label.label.name, &staff)?;
        let views = views_with(tx, &key)?.len();
        db::mark::delete(tx, &key)?;
        write_down(tx, &staff, &label.label.name, "deleted", (&label.label.name, ""))?;
        Ok(Changed::Done { orders: label.orders, views: count(views) })
    })
    .await
}

/// How many kept views name a label.
pub fn views_of(tx: &Tx<'_>, key: &str) -> Result<u32, FlowError> {
    Ok(count(views_with(tx, key)?.len()))
}

fn known(tx: &Tx<'_>, key: &str) -> Result<KnownLabel, FlowError> {
    let gone = "this label is gone: somebody changed it, or no order carries it any more";
    db::mark::known(tx, key)?.ok_or_else(|| FlowError::NotNow(gone.to_owned()))
}

/// Another look, or another way to write the same name.
fn look(tx: &Tx<'_>, from: &KnownLabel, to: &Label, staff: &Staff) -> Result<Changed, FlowError> {
    let old = &from.label;
    if old.name == to.name && old.tone == to.tone {
        return Err(FlowError::NotNow("nothing of it was changed".to_owned()));
    }
    db::mark::rename(tx, &to.key(), to)?;
    if old.name != to.name {
        write_down(tx, staff, &to.name, "name", (&old.name, &to.name))?;
    }
    if old.tone != to.tone {
        write_down(tx, staff, &to.name, "look", (tone_word(old.tone), tone_word(to.tone)))?;
    }
    Ok(Changed::Done { orders: from.orders, views: 0 })
}

fn rename(tx: &Tx<'_>, from: &KnownLabel, to: &Label, staff: &Staff) -> Result<Changed, FlowError> {
    let old = &from.label;
    let words = format!("“{}” → “{}”", old.name, to.name);
    tell_orders(tx, from, RENAMED, &words, staff)?;
    db::mark::rename(tx, &old.key(), to)?;
    let views = follow(tx, &old.key(), &to.key())?;
    write_down(tx, staff, &to.name, "name", (&old.name, &to.name))?;
    if old.tone != to.tone {
        write_down(tx, staff, &to.name, "look", (tone_word(old.tone), tone_word(to.tone)))?;
    }
    Ok(Changed::Done { orders: from.orders, views })
}

fn become_one(
    tx: &Tx<'_>,
    from: &KnownLabel,
    other: &KnownLabel,
    staff: &Staff,
) -> Result<Changed, FlowError> {
    let (old, new) = (&from.label, &other.label);
    let words = format!("“{}” → “{}”", old.name, new.name);
    tell_orders(tx, from, RENAMED, &words, staff)?;
    db::mark::merge(tx, &old.key(), &new.key())?;
    let views = follow(tx, &old.key(), &new.key())?;
    write_down(tx, staff, &new.name, "put together with", ("", &old.name))?;
    Ok(Changed::Done { orders: from.orders, views })
}

fn write_down(
    tx: &Tx<'_>,
    staff: &Staff,
    name: &str,
    field: &str,
    (old, new): (&str, &str),
) -> Result<(), FlowError> {
    Ok(db::setting::note(tx, &staff.0, &format!("{PLACE} {name}"), field, old, new)?)
}

fn tell_orders(
    tx: &Tx<'_>,
    label: &KnownLabel,
    event: &str,
    words: &str,
    staff: &Staff,
) -> Result<(), FlowError> {
    let actor = Actor::Person(staff.0.clone());
    Ok(db::mark::tell_orders(tx, &label.label.key(), &actor, event, words)?)
}

fn views_with(tx: &Tx<'_>, key: &str) -> Result<Vec<(i64, String)>, FlowError> {
    let mut views = db::saved_view::queries(tx)?;
    views.retain(|(_, query)| renamed(query, key, "").is_some());
    Ok(views)
}

/// Kept views name the label by its new name.
fn follow(tx: &Tx<'_>, from: &str, to: &str) -> Result<u32, FlowError> {
    let mut followed = 0;
    for (id, query) in db::saved_view::queries(tx)? {
        if let Some(query) = renamed(&query, from, to) {
            db::saved_view::set_query(tx, id, &query)?;
            followed += 1;
        }
    }
    Ok(followed)
}

/// The query of a view with a label by its new name, each once; `None` where it does not name it.
fn renamed(query: &str, from: &str, to: &str) -> Option<String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut is_named = false;
    for (key, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
        let is_it = key == QUERY_KEY && value == from;
        is_named |= is_it;
        let pair = (key, if is_it { to.to_owned() } else { value });
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    is_named.then(|| Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}

/// What people call a look.
pub fn tone_word(tone: u32) -> &'static str {
    match tone {
        0 => "ochre",
        1 => "blue",
        2 => "green",
        3 => "red",
        4 => "violet",
        _ => "teal",
    }
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn a_kept_view_follows_a_label_and_names_it_once() {
        let check = |query: &str, expected: Option<&str>| {
            assert_eq!(renamed(query, "gift wrap", "gift").as_deref(), expected, "{query}");
        };
        check("view=all&label=gift+wrap&sort=value", Some("view=all&label=gift&sort=value"));
        check("label=gift&label=gift+wrap", Some("label=gift"));
        check("view=all&q=gift+wrap&assignee=gift+wrap", None);
        check("", None);
    }
}
