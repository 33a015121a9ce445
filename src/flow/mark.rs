//! Labels, and who looks after an order: each change stands in the history with whoever made it.

use crate::db::{self, Tx};
use crate::model::id::OrderId;
use crate::model::mark::{Assignee, Mark};

use super::ctx::{Ctx, FlowError};
use super::operate::Staff;
use super::transition::note;

/// Changes the marks of an order; who looked after it before.
pub async fn put(
    ctx: &Ctx,
    order: OrderId,
    mark: Mark,
    staff: &Staff,
) -> Result<Option<Assignee>, FlowError> {
    ctx.operate(order, staff, move |tx, locked, with| {
        let before = db::mark::of_order(tx, order)?;
        mark.plan(&before).map_err(no)?;
        let (event, words) = write(tx, order, &mark, before.assignee.as_ref())?;
        note(tx, locked.get(), with, "order".to_owned(), event, &words)?;
        Ok(before.assignee)
    })
    .await
}

fn no(why: impl Into<String>) -> FlowError {
    FlowError::NotNow(why.into())
}

/// Writes it; what the history calls it, with the particulars.
fn write(
    tx: &Tx<'_>,
    order: OrderId,
    mark: &Mark,
    before: Option<&Assignee>,
) -> Result<(&'static str, String), FlowError> {
    Ok(match mark {
        Mark::Label(label) => {
            if !db::mark::put_label(tx, order, label)? {
                return Err(no("there are too many labels: take some off that nobody needs"));
            }
            ("label added", label.name.clone())
        }
        Mark::Unlabel(label) => {
            db::mark::take_label(tx, order, label)?;
            ("label removed", label.name.clone())
        }
        Mark::Assign(name) => {
            let person = db::person::by_name(tx, name)?;
            let person = person.ok_or_else(|| no(format!("{name} may not log in here")))?;
            db::mark::assign(tx, order, person.id)?;
            ("assigned", name.clone())
        }
        Mark::Unassign => {
            db::mark::unassign(tx, order)?;
            let who = before.map_or("", |one| one.name.as_str());
            ("no longer assigned", who.to_owned())
        }
    })
}
