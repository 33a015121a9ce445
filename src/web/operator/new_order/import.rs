//! Orders from a marketplace's table: what the columns mean, a look at what would come, then taken.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::super::products::{shop_of, shops};
use super::super::{Frame, page};
use crate::db;
use crate::flow::elsewhere::source_name;
use crate::flow::order_import::{self, Column, Dry, Import};
use crate::flow::{FlowError, file, foreign_table};
use crate::model::id::Hash;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;
use crate::web::table;

/// Rows that are shown before anything is taken.
const SHOWN_MAX: usize = 4;
/// Faults and orders that are shown.
const LISTED_MAX: usize = 100;

#[derive(Template)]
#[template(path = "operator/import.html")]
struct ImportPage {
    frame: Frame,
    problem: String,
    shops: Vec<(String, String)>,
    shop: String,
    source: String,
    sources: Vec<String>,
    file: String,
    columns: Vec<ColumnView>,
    meanings: Vec<(&'static str, &'static str)>,
    rows: usize,
    dry: Option<DryView>,
}

struct ColumnView {
    nth: usize,
    name: String,
    meaning: &'static str,
    /// The first cells below it.
    cells: Vec<String>,
}

struct DryView {
    good: usize,
    orders: Vec<(String, String, String)>,
    here: Vec<(String, String)>,
    faults: Vec<(u64, String, String)>,
    fault_count: usize,
    label: String,
}

/// What was chosen so far.
struct Chosen {
    shop: String,
    source: String,
    file: String,
}

/// `GET /orders/import`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let chosen = Chosen { shop: String::new(), source: String::new(), file: String::new() };
    import_page(&site, &operator, chosen, None, String::new()).await
}

/// `POST /orders/import`: reads a table, looks what it would bring, or takes it.
pub async fn press(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let operator = Operator { session: posted.session.clone() };
    let mut chosen = Chosen {
        shop: posted.form.text("shop").to_owned(),
        source: posted.form.text("source").to_owned(),
        file: posted.form.text("file").to_owned(),
    };
    if let Some(bytes) = posted.form.file("table") {
        if foreign_table::BYTES_MAX < bytes.len() {
            let problem = "A table may weigh 4 MB at most.".to_owned();
            return import_page(&site, &operator, chosen, None, problem).await;
        }
        chosen.file = file::store(&site.ctx, bytes.to_vec(), "other").await?.to_string();
    }
    let import = match import_of(&site, &posted, &chosen).await? {
        Ok(import) => import,
        Err(problem) => return import_page(&site, &operator, chosen, None, problem).await,
    };
    let act = posted.form.text("act");
    if act == "read" {
        return import_page(&site, &operator, chosen, Some((import, None)), String::new()).await;
    }
    order_import::remember(&site.ctx, &import, &posted.staff()).await?;
    let dry = order_import::check(&site.ctx, &import).await?;
    match act {
        "faults" => Ok(faults_table(&dry)),
        "take" if posted.form.text("only") == "whole" && !dry.faults.is_empty() => {
            let problem = "Nothing was taken: some rows are wrong.".to_owned();
            import_page(&site, &operator, chosen, Some((import, Some(dry))), problem).await
        }
        "take" => take(&site, &posted, &import, dry.faults.len()).await,
        _ => import_page(&site, &operator, chosen, Some((import, Some(dry))), String::new()).await,
    }
}

async fn take(
    site: &Site,
    posted: &Posted,
    import: &Import,
    faults: usize,
) -> Result<Response, Error> {
    let new = order_import::take(&site.ctx, import).await?;
    let mut words = match new {
        0 => "No order is new: all of them are here already.".to_owned(),
        1 => "1 order is here now. It goes out once somebody presses Submit.".to_owned(),
        new => format!("{new} orders are here now. They go out once somebody presses Submit."),
    };
    if 0 < faults {
        words += &format!(" {faults} wrong rows were left out.");
    }
    let view = format!("/?view=all&source={}", crate::web::address::query_part(&import.source));
    posted.finish(site, Ok::<_, FlowError>(words), &site.links().to(&view))
}

/// The table with what its columns mean; an error is for people.
async fn import_of(
    site: &Site,
    posted: &Posted,
    chosen: &Chosen,
) -> Result<Result<Import, String>, Error> {
    let shop = shop_of(site, &chosen.shop)?;
    let source = match source_name(&chosen.source) {
        Ok(source) => source,
        Err(problem) => return Ok(Err(problem)),
    };
    let hash = Hash::parse(&chosen.file);
    let Some(bytes) = hash.and_then(|hash| site.ctx.files.get(&hash).ok()) else {
        return Ok(Err("Choose the table first.".to_owned()));
    };
    let table = match foreign_table::read(&bytes) {
        Ok(table) => table,
        Err(problem) => return Ok(Err(problem)),
    };
    let columns = match posted.form.text("act") {
        "read" => order_import::columns(&site.ctx, &source, &table.head).await?,
        _ => (0..table.head.len())
            .map(|nth| Column::from_word(posted.form.text(&format!("col.{nth}"))))
            .collect(),
    };
    Ok(Ok(Import { shop, source, table, columns }))
}

fn faults_table(dry: &Dry) -> Response {
    let rows = dry.faults.iter();
    let rows = rows.map(|one| vec![one.line.to_string(), one.number.clone(), one.what.clone()]);
    table::csv("problems", &["line", "order", "problem"], rows)
}

async fn import_page(
    site: &Site,
    operator: &Operator,
    chosen: Chosen,
    read: Option<(Import, Option<Dry>)>,
    problem: String,
) -> Result<Response, Error> {
    let mut sources = site.ctx.read(|tx| Ok(db::elsewhere::sources(tx)?)).await?;
    for usual in ["amazon", "etsy", "ebay"] {
        if !sources.iter().any(|one| one == usual) {
            sources.push(usual.to_owned());
        }
    }
    let (import, dry) = read.map_or((None, None), |(import, dry)| (Some(import), dry));
    page(&ImportPage {
        frame: Frame::load(site, operator, "orders", "Import orders").await?,
        problem,
        shops: shops(site).into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        shop: chosen.shop,
        source: chosen.source,
        sources,
        file: chosen.file,
        rows: import.as_ref().map_or(0, |import| import.table.rows.len()),
        columns: import.as_ref().map(column_views).unwrap_or_default(),
        meanings: Column::ALL.iter().map(|one| (one.word(), one.label())).collect(),
        dry: dry.map(|dry| dry_view(site, dry)),
    })
}

fn column_views(import: &Import) -> Vec<ColumnView> {
    let cells = |nth: usize| {
        let rows = import.table.rows.iter().take(SHOWN_MAX);
        rows.map(|(_, cells)| cells[nth].chars().take(60).collect()).collect()
    };
    import
        .table
        .head
        .iter()
        .zip(&import.columns)
        .enumerate()
        .map(|(nth, (name, column))| ColumnView {
            nth,
            name: name.clone(),
            meaning: column.word(),
            cells: cells(nth),
        })
        .collect()
}

fn dry_view(site: &Site, dry: Dry) -> DryView {
    let order = |one: &crate::flow::elsewhere::Typed| {
        let lines: Vec<String> =
            one.lines.iter().map(|line| format!("{} × {}", line.quantity, line.sku)).collect();
        (one.number.clone(), one.recipient.name(), lines.join(", "))
    };
    let faults = dry.faults.iter().take(LISTED_MAX);
    DryView {
        good: dry.good.len(),
        orders: dry.good.iter().take(LISTED_MAX).map(order).collect(),
        here: dry
            .here
            .iter()
            .take(LISTED_MAX)
            .map(|(number, id)| (number.clone(), site.links().order(id)))
            .collect(),
        faults: faults
            .map(|fault| (fault.line, fault.number.clone(), fault.what.clone()))
            .collect(),
        fault_count: dry.faults.len(),
        label: match dry.good.len() {
            1 => "Take 1 order".to_owned(),
            good => format!("Take {good} orders"),
        },
    }
}
