//! People who may log in.

use super::*;

/// Adds, names or disables people.
pub(super) async fn person(ctx: &Ctx, call: Call) -> Result<String, FlowError> {
    match call {
        Call::UserAdd { name, password_hash } => {
            let words = format!("{name} may log in");
            ctx.call(move |tx| Ok(db::person::put(tx, &name, &password_hash)?)).await?;
            Ok(words)
        }
        Call::UserRemove { name } => {
            let gone = name.clone();
            match ctx.call(move |tx| Ok(db::person::disable(tx, &gone)?)).await? {
                true => Ok(format!("{name} may log in no more")),
                false => Err(FlowError::NotFound(format!("the person “{name}”"))),
            }
        }
        _ => {
            let names = ctx.read(|tx| Ok(db::person::names(tx)?)).await?;
            Ok(if names.is_empty() { "nobody yet".to_owned() } else { names.join("\n") })
        }
    }
}
