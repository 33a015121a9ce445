//! What the list can be narrowed by, and the columns that can be chosen.

use super::wanted::{MINE, NONE, Wanted};
use super::{Choice, Found};
use crate::db::listing::Sort;
use crate::db::preference::{Column, Density, Preference};
use crate::model::problem::What;
use crate::web::site::Site;

/// What the list can be narrowed by.
pub(super) struct Choices {
    pub providers: Vec<Choice>,
    pub sources: Vec<Choice>,
    pub problems: Vec<Choice>,
    pub labels: Vec<Choice>,
    pub assignees: Vec<Choice>,
    pub sorts: Vec<Choice>,
    pub from: String,
    pub until: String,
}

/// How the list can look, as far as a person chooses it.
pub(super) struct Looks {
    pub columns: Vec<Choice>,
    pub densities: Vec<Choice>,
    pub sorts: Vec<Choice>,
}

fn choice(value: &str, label: &str, chosen: &[String]) -> Choice {
    Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_chosen: chosen.iter().any(|one| one == value),
    }
}

/// What narrows this list.
pub(super) fn choices(site: &Site, wanted: &Wanted, sort: Sort, found: &Found) -> Choices {
    let providers = site.ctx.providers.values();
    let problems = found.problems.iter().filter_map(|(code, count)| {
        let what = What::from_code(code)?;
        Some(Choice {
            value: code.clone(),
            label: format!("{} ({count})", what.title()),
            is_chosen: wanted.problems.contains(&what),
        })
    });
    let labels = found.labels.iter();
    let labels = labels.map(|one| choice(&one.key(), &one.name, &wanted.labels)).collect();
    let day = |day: Option<jiff::civil::Date>| day.map_or(String::new(), |day| day.to_string());
    Choices {
        providers: providers
            .map(|seat| choice(&seat.name, &seat.name, &wanted.providers))
            .collect(),
        sources: found.sources.iter().map(|one| choice(one, one, &wanted.sources)).collect(),
        problems: problems.collect(),
        labels,
        assignees: assignees(wanted, found),
        sorts: sorts(sort),
        from: day(wanted.from),
        until: day(wanted.until),
    }
}

fn assignees(wanted: &Wanted, found: &Found) -> Vec<Choice> {
    if found.assignees.is_empty() {
        return Vec::new();
    }
    let usual = [(MINE, "Me"), (NONE, "Nobody")];
    let usual = usual.map(|(value, label)| choice(value, label, &wanted.assignees));
    let names = found.assignees.iter().map(|name| choice(name, name, &wanted.assignees));
    usual.into_iter().chain(names).collect()
}

fn sorts(chosen: Sort) -> Vec<Choice> {
    let sorts = Sort::ALL.into_iter().map(|sort| Choice {
        value: sort.name().to_owned(),
        label: match sort {
            Sort::Newest => "Newest first",
            Sort::Oldest => "Oldest first",
            Sort::LeavesFirst => "What goes out next",
            Sort::Value => "Dearest first",
        }
        .to_owned(),
        is_chosen: sort == chosen,
    });
    sorts.collect()
}

/// The title of a column.
pub(super) fn title(column: Column) -> &'static str {
    match column {
        Column::Picture => "Picture",
        Column::Source => "Source",
        Column::Placed => "Placed",
        Column::Customer => "Customer",
        Column::Items => "Items",
        Column::Total => "Total",
        Column::State => "State",
        Column::Provider => "Provider",
        Column::Labels => "Labels",
        Column::Assignee => "Looked after by",
    }
}

/// What a person can choose of how the list looks.
pub(super) fn looks(chosen: &Preference) -> Looks {
    let columns = Column::ALL.into_iter().map(|column| Choice {
        value: column.name().to_owned(),
        label: title(column).to_owned(),
        is_chosen: chosen.columns.contains(&column),
    });
    let density = |density: Density, label: &str| Choice {
        value: density.name().to_owned(),
        label: label.to_owned(),
        is_chosen: density == chosen.density,
    };
    Looks {
        columns: columns.collect(),
        densities: vec![
            density(Density::Comfortable, "Comfortable"),
            density(Density::Compact, "Compact"),
        ],
        sorts: sorts(chosen.sort),
    }
}
