//! Designs, as the command line asks for them.

use crate::db;
use crate::flow::amend::Amended;
use crate::flow::design_update::{self, Compared};
use crate::flow::{Ctx, FlowError};
use crate::model::hold::Actor;

/// Every current design.
pub async fn list(ctx: &Ctx) -> Result<String, FlowError> {
    let designs = ctx.read(|tx| Ok(db::design::all_current(tx)?)).await?;
    let lines: Vec<String> = designs
        .iter()
        .map(|one| format!("{:24} {}  {}", one.name, one.hash.short(), one.title))
        .collect();
    Ok(if lines.is_empty() { "no designs yet".to_owned() } else { lines.join("\n") })
}

/// Adds a design, or says everything that is wrong with it.
pub async fn add(ctx: &Ctx, name: &str, files: Vec<(String, String)>) -> Result<String, FlowError> {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let mut contents = std::collections::BTreeMap::new();
    for (path, text) in files {
        let bytes = engine
            .decode(text)
            .map_err(|_| FlowError::NotNow(format!("{path} did not arrive whole")))?;
        contents.insert(path, bytes);
    }
    let hash = match crate::flow::design::add(ctx, name, contents, "").await? {
        Ok(hash) => hash,
        Err(faults) => {
            let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
            return Err(FlowError::NotNow(words.join("\n")));
        }
    };
    let areas = ctx.shelf.get(ctx, &hash).await?.areas.len();
    Ok(format!("{name} is here as {} with {areas} area(s)", hash.short()))
}

/// What the version in use changes, in words; with `take` every waiting order is drawn anew with it.
pub async fn update(ctx: &Ctx, name: &str, take: bool, by: String) -> Result<String, FlowError> {
    let named = name.to_owned();
    let versions = ctx.read(|tx| Ok(db::design::versions(tx)?)).await?;
    let versions: Vec<_> = versions.into_iter().filter(|one| one.name == named).collect();
    let current = versions.iter().find(|one| one.is_current);
    let current = current.ok_or_else(|| FlowError::NotFound(format!("the design {name}")))?;
    let mut lines = Vec::new();
    if let Some(before) = versions.iter().find(|one| !one.is_current) {
        lines.push(format!("{} in place of {}", current.hash.short(), before.hash.short()));
        let old = ctx.shelf.get(ctx, &before.hash).await?;
        let new = ctx.shelf.get(ctx, &current.hash).await?;
        for (set, compared) in design_update::of_tests(ctx, &by, &old, &new).await? {
            lines.push(format!("  {}: {}", set.name, in_words(&compared)));
        }
    }
    let (waiting, _) = design_update::of_waiting(ctx, &by, name, usize::MAX).await?;
    lines.push(format!("{} item(s) wait with an older version", waiting.len()));
    for one in &waiting {
        let mut words = in_words(&one.compared);
        if take {
            let actor = Actor::Person(by.clone());
            words = match design_update::take(ctx, name, &one.waiting, actor).await? {
                Amended::Done => format!("{words}; drawn anew"),
                Amended::Stale => format!("{words}; left, it was changed meanwhile"),
                Amended::Refused(_) => format!("{words}; left as it was"),
            };
        }
        lines.push(format!("  order {}: {words}", one.waiting.number));
    }
    Ok(lines.join("\n"))
}

fn in_words(compared: &Compared) -> String {
    if compared.is_same() {
        return "looks the same".to_owned();
    }
    let areas = compared.areas.iter().map(|area| match &area.difference {
        Some(found) => {
            format!("{} differs in {}.{} %", area.area, found.permille / 10, found.permille % 10)
        }
        None => format!("{} is new or gone", area.area),
    });
    let problems = compared.problems.iter().map(|problem| problem.sentence());
    areas.chain(problems).collect::<Vec<_>>().join("; ")
}
