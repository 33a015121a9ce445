//! What goes to a provider for one fulfilment: pure, from the order as it stands.

use crate::model::circumstance::is_circumstance;
use crate::model::fulfilment::Reference;
use crate::model::hold::Target;
use crate::model::id::{Hash, ItemId};
use crate::model::item::Item;
use crate::model::order::{Fulfilment, Order};
use crate::model::problem::{Problem, What};
use crate::model::provider_order::{ProviderFile, ProviderLine, ProviderOrder};
use crate::model::value::Value;

use super::ctx::{ProviderRules, Rules};

/// The key of an item at providers: the shop's line id, and the copy where copies differ. Derived,
/// so that an order found after a lost database can still be compared.
pub fn line_key(order: &Order, item: &Item) -> String {
    let line = order.line(item.line).map_or(0, |line| line.shop_line.0);
    match item.copy {
        0 => line.to_string(),
        copy => format!("{line}c{copy}"),
    }
}

/// The item that a provider calls by this key.
pub fn item_of_key(order: &Order, key: &str) -> Option<ItemId> {
    order.items.iter().find(|item| line_key(order, item) == key).map(|item| item.id)
}

/// The reference that a fulfilment is sent under, and its edition.
pub fn reference(order: &Order, fulfilment: &Fulfilment) -> (Reference, u32) {
    if let Some(reference) = &fulfilment.reference {
        return (reference.clone(), fulfilment.edition);
    }
    let items: Vec<ItemId> = fulfilment.lines.iter().map(|line| line.item).collect();
    let used = order
        .fulfilments
        .iter()
        .filter(|other| other.reference.is_some())
        .filter(|other| other.lines.iter().any(|line| items.contains(&line.item)))
        .map(|other| other.edition)
        .max()
        .unwrap_or(0);
    let lowest = items
        .iter()
        .filter_map(|id| order.item(*id))
        .filter_map(|item| Some((order.line(item.line)?.shop_line.0, item.copy)))
        .min()
        .unwrap_or((0, 0));
    // Our own numbers and the shop's may be the same: an order from elsewhere bears its source.
    let (place, number) = match order.shop_order {
        Some(id) => (&order.shop_name, id.0),
        None => (&order.source, order.id.0),
    };
    let derive = |edition| Reference::derive(place, number, lowest.0, lowest.1, edition);
    let is_taken = |edition: &u32| {
        let reference = derive(*edition);
        order.fulfilments.iter().any(|other| other.reference.as_ref() == Some(&reference))
    };
    // One that was sent, did not arrive and was emptied then holds no lines, but keeps its number.
    let edition = (used + 1..).find(|edition| !is_taken(edition)).unwrap_or(used + 1);
    (derive(edition), edition)
}

/// The unguessable part of the address of a print file: the same for the same fulfilment and file.
pub fn file_token(rules: &Rules, reference: &Reference, hash: &Hash) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&rules.file_key)
        .expect("HMAC takes keys of any length");
    mac.update(b"file\n");
    mac.update(reference.as_str().as_bytes());
    mac.update(b"\n");
    mac.update(hash.as_str().as_bytes());
    mac.finalize().into_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything that goes to the provider, or why it cannot go.
pub fn build(
    order: &Order,
    fulfilment: &Fulfilment,
    provider: &ProviderRules,
    rules: &Rules,
) -> Result<ProviderOrder, (Target, Problem)> {
    let (reference, _) = reference(order, fulfilment);
    let missing = order.recipient.missing();
    if !missing.is_empty() {
        let detail = format!("missing: {}", missing.join(", "));
        return Err((Target::Order, Problem::new(What::AddressIncomplete, "", detail)));
    }
    let wanted =
        provider.shipping.get(&order.shipping_method).or_else(|| provider.shipping.get("*"));
    let Some(shipping_method) = wanted else {
        let problem =
            Problem::new(What::ShippingUnmapped, "", format!("“{}”", order.shipping_method));
        return Err((Target::Fulfilment(fulfilment.id), problem));
    };
    let mut recipient = order.recipient.clone();
    if recipient.phone.trim().is_empty() {
        recipient.phone.clone_from(&provider.fallback_phone);
    }
    if recipient.email.trim().is_empty() {
        recipient.email.clone_from(&provider.fallback_email);
    }
    let mut lines = Vec::new();
    for held in &fulfilment.lines {
        let Some(item) = order.item(held.item) else {
            continue;
        };
        lines.push(line(order, item, held.quantity, &reference, rules));
    }
    Ok(ProviderOrder {
        hook_url: format!(
            "{}/hooks/provider/{}/{}",
            rules.public_url, fulfilment.provider_name, provider.hook_token
        ),
        reference,
        mode: provider.mode,
        recipient,
        shipping_method: shipping_method.clone(),
        lines,
    })
}

fn line(
    order: &Order,
    item: &Item,
    quantity: u32,
    reference: &Reference,
    rules: &Rules,
) -> ProviderLine {
    let address = |hash: &Hash, extension: &str| {
        let token = file_token(rules, reference, hash);
        format!("{}/files/{token}/{hash}.{extension}", rules.public_url)
    };
    let files = item
        .facts
        .files_of(item.facts.revision)
        .map(|file| ProviderFile {
            area: file.area.clone(),
            url: address(&file.hash, &file.extension),
            hash: file.hash.clone(),
            mockup: file.mockup.as_ref().map(|hash| (address(hash, "jpg"), hash.clone())),
        })
        .collect();
    let texts = item
        .values
        .iter()
        .filter_map(|(key, value)| match value {
            Value::Text(text) if !is_circumstance(key) => Some((key.clone(), text.clone())),
            Value::Text(_) | Value::Photo(_) => None,
        })
        .collect();
    ProviderLine {
        key: line_key(order, item),
        provider_sku: item.provider_sku.clone(),
        quantity,
        files,
        texts,
        title: order.line(item.line).map_or(String::new(), |line| line.name.clone()),
    }
}

/// A hash of everything that is sent, so that two sendings can be compared.
pub fn payload_hash(payload: &ProviderOrder) -> String {
    Hash::of(format!("{payload:?}").as_bytes()).as_str().to_owned()
}
