//! Many tracking numbers at once: read from lines or a table, shown with what they would do, then saved
//! like parcels that are typed one by one.

use crate::db;
use crate::model::carrier::{self, Carrier, Recognised};
use crate::model::fulfilment::{Stage, State};
use crate::model::id::{FulfilmentId, OrderId, ShipmentId};
use crate::model::order::{Fulfilment, Order};
use crate::outside::carrier::tracking_url;

use super::ctx::{Ctx, FlowError};
use super::foreign_table;
use super::operate::{Staff, TypedParcel};

/// Parcels of one go.
pub const PARCELS_MAX: usize = 200;
/// Longest number and word.
const WORD_CHARS_MAX: usize = 100;
/// Fulfilments that one word is looked up for.
const FITTING_MAX: u32 = 30;

/// One line as it was pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// The line of the text, from 1.
    pub line: u64,
    /// The order's number, our reference, or the provider's number.
    pub word: String,
    /// The tracking number.
    pub number: String,
    /// The carrier's name; empty where nobody said.
    pub carrier: String,
    /// Which fulfilment was chosen where several fit.
    pub chosen: Option<FulfilmentId>,
}

/// A fulfilment that a parcel may belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The order.
    pub order: OrderId,
    /// The fulfilment.
    pub fulfilment: FulfilmentId,
    /// “1001 at workshop: 2 × Name mug”.
    pub words: String,
    /// Whether the whole order is done with it.
    pub completes: bool,
}

/// What a line would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The parcel is saved.
    Saved(Place),
    /// A person says which of these.
    Which(Vec<Place>),
    /// It is here already.
    Here,
    /// Nothing fits, or it cannot be done now; why.
    Not(String),
}

/// A line and what it would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The line, with the carrier where it is known.
    pub pasted: Pasted,
    /// What would become of it.
    pub fate: Fate,
    /// Carriers to ask about; empty once one is known.
    pub carriers: Vec<Carrier>,
    /// Whether nobody has said the carrier and the number does not prove one.
    pub asks_carrier: bool,
}

/// Reads pasted lines: the order, the number, and perhaps the carrier.
pub fn read(text: &str) -> Result<Vec<Pasted>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut read = Vec::new();
    for (line, text) in (1_u64..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        let (word, number, carrier) = parts(text);
        if read.is_empty() && is_head(&word, &number) {
            continue;
        }
        if read.len() == PARCELS_MAX {
            return Err(format!(
                "{PARCELS_MAX} parcels at once are the most. Paste the rest later."
            ));
        }
        if [&word, &number, &carrier].iter().any(|part| WORD_CHARS_MAX < part.chars().count()) {
            return Err(format!("Line {line} is too long to be a tracking number."));
        }
        read.push(Pasted { line, word, number, carrier, chosen: None });
    }
    match read.is_empty() {
        true => Err("Paste at least one line: the order, then the tracking number.".to_owned()),
        false => Ok(read),
    }
}

/// Reads a table whose head names the columns, or whose first three columns are in this order.
pub fn read_table(bytes: &[u8]) -> Result<Vec<Pasted>, String> {
    let table = foreign_table::read(bytes)?;
    let find = |names: &[&str]| {
        let plain = |name: &String| name.to_lowercase().replace(['_', '-'], " ");
        names.iter().find_map(|wanted| table.head.iter().position(|name| plain(name) == *wanted))
    };
    let order = find(&["order", "order number", "order id", "number", "reference", "order no"]);
    let number =
        find(&["tracking number", "tracking", "tracking no", "tracking code", "parcel number"]);
    let carrier = find(&["carrier", "courier", "shipping carrier", "carrier name", "provider"]);
    let (Some(order), Some(number)) = (order, number) else {
        let words = "The table needs the columns “order” and “tracking number”; “carrier” may \
                     stand beside them.";
        return Err(words.to_owned());
    };
    let line = |cells: &[String]| {
        let carrier = carrier.map_or("", |at| cells[at].as_str());
        [cells[order].as_str(), &cells[number], carrier].map(|cell| cell.replace('\t', " "))
    };
    // Line by line, so that both ways have the same rules.
    let lines: Vec<String> = table.rows.iter().map(|(_, cells)| line(cells).join("\t")).collect();
    read(&lines.join("\n"))
}

/// Lines again, as the page carries them from look to press.
pub fn write(pasted: &[Pasted]) -> String {
    let line = |one: &Pasted| format!("{}\t{}\t{}", one.word, one.number, one.carrier);
    pasted.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn is_head(word: &str, number: &str) -> bool {
    let has_digit = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    let number = number.to_lowercase();
    let is_name = number.contains("track") || number.contains("number");
    is_name && !has_digit(word) && !has_digit(&number)
}

/// The parts of a line. Where no separator stands, spaces separate, and a number may hold some.
fn parts(line: &str) -> (String, String, String) {
    let tidy = |text: &str| text.trim().trim_matches('"').trim().to_owned();
    let order = |text: &str| tidy(text).trim_start_matches('#').to_owned();
    if let Some(separator) = ['\t', ';', ',', '|'].into_iter().find(|one| line.contains(*one)) {
        let mut cells = line.split(separator);
        let mut next = || cells.next().unwrap_or("");
        return (order(next()), tidy(next()), tidy(next()));
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some((first, rest)) = words.split_first() else {
        return (String::new(), String::new(), String::new());
    };
    let has_digit = |word: &&str| word.chars().any(|c| c.is_ascii_digit());
    let end = rest.iter().rposition(has_digit).map_or(0, |at| at + 1);
    // “UPS 1Z…”: the carrier may stand before its number as well.
    let start = rest.iter().position(has_digit).unwrap_or(0);
    let carrier = match rest[end..].is_empty() {
        true => rest[..start].join(" "),
        false => rest[end..].join(" "),
    };
    (order(first), rest[start..end.max(start)].join(" "), carrier)
}

/// What each line would do. Nothing is done.
pub async fn plan(ctx: &Ctx, pasted: Vec<Pasted>) -> Result<Vec<Planned>, FlowError> {
    ctx.read(move |tx| {
        let mut planned: Vec<Planned> = Vec::new();
        for one in pasted.iter().take(PARCELS_MAX) {
            let number = carrier::plain(&one.number);
            let is_doubled = planned.iter().any(|other| {
                other.pasted.word == one.word && carrier::plain(&other.pasted.number) == number
            });
            let fate = match is_doubled {
                true => Fate::Not("it stands twice in these lines".to_owned()),
                false => fate(tx, one, &number)?,
            };
            planned.push(with_carrier(one.clone(), fate));
        }
        Ok(planned)
    })
    .await
}

fn with_carrier(mut pasted: Pasted, fate: Fate) -> Planned {
    let mut carriers = Vec::new();
    if pasted.carrier.is_empty() {
        match carrier::recognise(&pasted.number) {
            Recognised::Surely(carrier) => pasted.carrier = carrier.name().to_owned(),
            Recognised::Perhaps(several) => carriers = several,
            Recognised::Unknown => {}
        }
    }
    let asks_carrier = pasted.carrier.is_empty();
    Planned { pasted, fate, carriers, asks_carrier }
}

fn fate(tx: &db::Tx<'_>, one: &Pasted, number: &str) -> Result<Fate, FlowError> {
    if one.word.is_empty() || number.is_empty() {
        return Ok(Fate::Not("the order or the number is missing".to_owned()));
    }
    let found = db::elsewhere::fulfilments_of(tx, &one.word, FITTING_MAX)?;
    if found.is_empty() {
        let is_known = db::elsewhere::is_number(tx, &one.word)?;
        return Ok(Fate::Not(match is_known {
            true => "nothing of this order was sent to a provider yet".to_owned(),
            false => "there is no such order, reference or provider’s number".to_owned(),
        }));
    }
    let mut places = Vec::new();
    let mut late = Vec::new();
    let mut why = String::new();
    for (order, id) in found {
        let order = db::order::load(tx, order)?;
        let parcels = db::shipment::of_order(tx, order.id)?;
        let Some(fulfilment) = order.fulfilment(id) else { continue };
        let is_here = parcels.iter().any(|parcel| {
            parcel.fulfilment == id && carrier::plain(&parcel.tracking_number) == number
        });
        if is_here {
            return Ok(Fate::Here);
        }
        match fulfilment.state {
            State::InProduction => places.push(place(&order, fulfilment)),
            State::Shipped => late.push(place(&order, fulfilment)),
            State::Submitting { stage: Stage::Person } => {
                why = "it was not placed with its provider yet: note its number there first"
                    .to_owned();
            }
            State::Cancelled | State::Superseded => {}
            _ if why.is_empty() => why = "it was not sent to its provider yet".to_owned(),
            _ => {}
        }
    }
    // What has left may get another number; what has not comes first.
    let places = if places.is_empty() && why.is_empty() { late } else { places };
    Ok(choose(places, one.chosen, why))
}

fn choose(mut places: Vec<Place>, chosen: Option<FulfilmentId>, why: String) -> Fate {
    let place = chosen.and_then(|id| places.iter().position(|one| one.fulfilment == id));
    match (place, places.len()) {
        (Some(at), _) => Fate::Saved(places.swap_remove(at)),
        (None, 1) => Fate::Saved(places.swap_remove(0)),
        (None, 0) if why.is_empty() => Fate::Not("it was cancelled or replaced".to_owned()),
        (None, 0) => Fate::Not(why),
        (None, _) => Fate::Which(places),
    }
}

fn place(order: &Order, fulfilment: &Fulfilment) -> Place {
    let names: Vec<String> = fulfilment
        .lines
        .iter()
        .map(|line| {
            let item = order.item(line.item);
            let name = item.and_then(|item| order.line(item.line)).map_or("", |line| &line.name);
            format!("{} × {name}", line.quantity)
        })
        .collect();
    let others = order.fulfilments.iter().filter(|one| one.id != fulfilment.id);
    Place {
        order: order.id,
        fulfilment: fulfilment.id,
        words: format!("{} at {}: {}", order.number, fulfilment.provider_name, names.join(", ")),
        completes: fulfilment.state == State::InProduction
            && others.into_iter().all(|one| one.state.is_final()),
    }
}

/// What came of saving.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Parcels that were saved.
    pub saved: usize,
    /// Lines that were not, with the reason.
    pub left: Vec<(Pasted, String)>,
}

/// Saves the parcels that are clear, each as if it were typed on the page of its order.
pub async fn save(ctx: &Ctx, pasted: Vec<Pasted>, staff: &Staff) -> Result<Outcome, FlowError> {
    let mut outcome = Outcome::default();
    for one in plan(ctx, pasted).await? {
        let place = match one.fate {
            Fate::Saved(_) if one.asks_carrier => {
                outcome.left.push((one.pasted, "say which carrier it is".to_owned()));
                continue;
            }
            Fate::Saved(place) => place,
            Fate::Which(_) => {
                outcome.left.push((one.pasted, "say which part of the order it is".to_owned()));
                continue;
            }
            Fate::Here => continue,
            Fate::Not(why) => {
                outcome.left.push((one.pasted, why));
                continue;
            }
        };
        let number = carrier::plain(&one.pasted.number);
        let typed = TypedParcel {
            tracking_url: tracking_url(&one.pasted.carrier, &number),
            carrier: one.pasted.carrier.clone(),
            tracking_number: number,
            pieces: Vec::new(),
        };
        match ctx.type_parcel(place.order, place.fulfilment, typed, staff).await {
            Ok(()) => outcome.saved += 1,
            Err(FlowError::NotNow(why)) => outcome.left.push((one.pasted, why)),
            Err(FlowError::NotFound(_)) => {
                outcome.left.push((one.pasted, "it is gone".to_owned()));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(outcome)
}

/// A source elsewhere whose parcels were not told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// The source.
    pub source: String,
    /// How many parcels.
    pub parcels: usize,
    /// The newest of them.
    pub upto: ShipmentId,
}

/// Every source elsewhere that is to be told of parcels.
pub async fn untold(ctx: &Ctx) -> Result<Vec<Untold>, FlowError> {
    let sources = ctx.read(|tx| Ok(db::elsewhere::sources(tx)?)).await?;
    let mut untold = Vec::new();
    for source in sources {
        let rows = super::elsewhere::upload_rows(ctx, &source).await?;
        if let Some(upto) = rows.iter().map(|row| row.shipment).max() {
            untold.push(Untold { source, parcels: rows.len(), upto });
        }
    }
    Ok(untold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_however_they_are_separated() {
        let check = |line: &str, expected: (&str, &str, &str)| {
            let (word, number, carrier) = parts(line);
            assert_eq!((word.as_str(), number.as_str(), carrier.as_str()), expected, "{line}");
        };
        check("1001, 1Z999AA10123456784", ("1001", "1Z999AA10123456784", ""));
        check("#1001;9400 1112 0108;USPS", ("1001", "9400 1112 0108", "USPS"));
        check("\"1001\"\t\"EP1\"\tExample Parcel", ("1001", "EP1", "Example Parcel"));
        check("wb-main-1 | EP1 | Royal Mail", ("wb-main-1", "EP1", "Royal Mail"));
        check("1001 9400 1112 0108 0805", ("1001", "9400 1112 0108 0805", ""));
        check("1001 EP1 Royal Mail", ("1001", "EP1", "Royal Mail"));
        check("1001 UPS 1Z999", ("1001", "1Z999", "UPS"));
        check("1001", ("1001", "", ""));
    }

    #[test]
    fn a_head_is_no_parcel_and_nothing_is_told() {
        let text = "order, tracking number, carrier\n\n1001, EP1, X\n";
        let read_text = read(text).unwrap();
        assert_eq!(read_text.len(), 1);
        assert_eq!((read_text[0].line, read_text[0].number.as_str()), (3, "EP1"));
        assert!(read(" \n").unwrap_err().contains("at least one"));
        let many = "1, 2\n".repeat(PARCELS_MAX + 1);
        assert!(read(&many).unwrap_err().contains("the most"));
        let table = "Order ID;Carrier;Tracking-Number\n7;UPS;1Z\n";
        assert_eq!(read_table(table.as_bytes()).unwrap()[0].carrier, "UPS");
        assert!(read_table(b"a,b\n1,2\n").unwrap_err().contains("tracking number"));
    }
}
