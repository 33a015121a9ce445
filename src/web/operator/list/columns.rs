//! Which columns the list has for a person, and the form that changes it.

use axum::extract::State;
use axum::response::Response;

use super::choices::title;
use super::wanted::Wanted;
use crate::db;
use crate::db::listing::Sort;
use crate::db::preference::{Column, Density, Preference};
use crate::web::error::Error;
use crate::web::guard::Posted;
use crate::web::site::Site;

/// The columns as the page has them. On a narrow page rows are cards, which everybody sees alike.
pub(super) struct Columns {
    chosen: Vec<Column>,
    has_labels: bool,
    has_assignees: bool,
}

impl Columns {
    /// What a person chose. Nobody needs an empty column: marks have theirs once there are any.
    pub fn new(chosen: &Preference, has_labels: bool, has_assignees: bool) -> Columns {
        Columns { chosen: chosen.columns.clone(), has_labels, has_assignees }
    }

    fn is_shown(&self, column: Column) -> bool {
        let has_any = match column {
            Column::Labels => self.has_labels,
            Column::Assignee => self.has_assignees,
            _ => true,
        };
        has_any && self.chosen.contains(&column)
    }

    fn named(&self, name: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|column| column.name() == name)
    }

    /// Whether the wide page has this column.
    pub fn has(&self, name: &str) -> bool {
        self.named(name).is_some_and(|column| self.is_shown(column))
    }

    /// The class of a cell that cards have in any case.
    pub fn class(&self, name: &str) -> &'static str {
        if self.has(name) { "" } else { " is-narrow" }
    }

    /// Name and title of each column, from left to right, after the number of the order.
    pub fn heads(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let shown = Column::ALL.into_iter().filter(|column| *column != Column::Picture);
        shown.filter(|column| self.is_shown(*column)).map(|column| (column.name(), title(column)))
    }
}

/// `POST /columns`: a person's own columns, room and order of rows.
pub async fn save(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let is_usual = posted.form.text("act") == "usual";
    let (columns, density) = match is_usual {
        true => (Preference::default().columns, Density::default()),
        false => (
            Preference::columns_of(posted.form.all("column").collect::<Vec<_>>().into_iter()),
            Density::from_name(posted.form.text("density")),
        ),
    };
    let sort = Sort::from_name(posted.form.text("sort")).filter(|_| !is_usual);
    let person = posted.session.person.clone();
    let done = site
        .ctx
        .call(move |tx| {
            let before = db::preference::of_person(tx, &person)?;
            let sort = sort.unwrap_or_default();
            let chosen = Preference { columns: columns.clone(), density, sort, ..before };
            Ok(db::preference::put(tx, &person, &chosen)?)
        })
        .await;
    // The person has just said how rows are ordered: the address says so no more.
    let wanted = Wanted { sort: None, ..Wanted::parse(posted.form.text("query")) };
    let page = site.links().to(&format!("/?{}", wanted.query()));
    let words = match is_usual {
        true => "The list looks as usual again.",
        false => "The list looks like this for you from now on.",
    };
    posted.finish(&site, done.map(|()| words.to_owned()), &page)
}
