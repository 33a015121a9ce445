//! What goes wrong, planned by a test: the next time, or the nth time something is asked.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::provider_order::Refusal;

/// What is asked of the world; faults are planned on these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    /// `Shop::list_changed`.
    ShopList,
    /// `Shop::order`.
    ShopOrder,
    /// `Shop::set_status`.
    ShopSetStatus,
    /// `Shop::add_note`.
    ShopNote,
    /// `Shop::write_tracking`.
    ShopTracking,
    /// `Shop::write_meta`.
    ShopMeta,
    /// `Shop::check`.
    ShopCheck,
    /// `Shop::hooks`.
    ShopHooks,
    /// One webhook delivery leaves a shop.
    Webhook,
    /// `Provider::submit`.
    Submit,
    /// `Provider::find`.
    Find,
    /// `Provider::status`.
    Status,
    /// `Provider::cancel`.
    Cancel,
    /// `Provider::correct`.
    Correct,
    /// `Provider::catalogue`, `sku`, `shipping_methods`, `misfit` and `check`.
    Catalogue,
    /// `Provider::quote`.
    Quote,
    /// `Provider::release`.
    Release,
    /// `Provider::hooks` and what changes them.
    ProviderHooks,
    /// One call of a provider's hook leaves the provider.
    Hook,
    /// `Mailer::send`.
    Mail,
    /// `Fetch::fetch`.
    Fetch,
    /// `Press::draw`.
    Press,
    /// A `GET` that arrives at a shop over HTTP.
    ShopRead,
    /// Any other request that arrives at a shop over HTTP.
    ShopWrite,
    /// A `GET` that arrives at a provider over HTTP.
    ProviderRead,
    /// Any other request that arrives at a provider over HTTP.
    ProviderWrite,
}

/// What goes wrong with one answer over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpFault {
    /// Three stray bytes stand before the document.
    ByteOrderMark,
    /// A notice of PHP stands before the document.
    Notice,
    /// A page of HTML with status 200; nothing was done.
    Html,
    /// A wall before the server answers 403 in HTML; nothing was done.
    Wall,
    /// Status 429; nothing was done.
    Busy {
        /// The wish, where one is told.
        retry_after_s: Option<u32>,
    },
    /// A redirect to the same address; nothing was done.
    Redirect,
    /// What was asked is done, and the answer is 500.
    FailsAfterCommit,
    /// What was asked is done, and the connection ends without an answer.
    DropsAfterCommit,
    /// The connection ends without an answer; nothing was done.
    DropsBefore,
    /// What was asked is done, and no answer ever comes.
    HangsAfterCommit,
}

/// One thing that goes wrong, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The shop answers with something that is no answer; nothing was done.
    ShopUnclear,
    /// The shop is busy and says for how long.
    ShopBusy {
        /// Its wish.
        retry_after_s: u32,
    },
    /// The shop does what was asked, then answers 500.
    ShopFailsAfterCommit,
    /// Keys or rights are wrong.
    ShopNotAllowed,
    /// The shop refuses in these words.
    ShopRefuses(String),
    /// The first row of a page is no readable order.
    ShopRowUnreadable,
    /// Nothing arrives.
    WebhookDropped,
    /// The same delivery arrives twice.
    WebhookDoubled,
    /// It arrives later.
    WebhookLate(Duration),
    /// Signed with another secret.
    WebhookSignedWrong,
    /// A properly signed error document instead of the order.
    WebhookPowerless,
    /// A definite no.
    RefuseWith(Refusal),
    /// The provider takes the order, and its answer is lost.
    AcceptAndLoseAnswer,
    /// The connection is refused.
    NotSent,
    /// Turned away unread, with the wait that the provider asks for.
    RateLimited {
        /// Its wish.
        retry_after_s: u32,
    },
    /// The request is lost under way, and nobody can know.
    NeverArrives,
    /// A look-up misses though the order is there.
    FindMisses,
    /// A question to the provider gets no usable answer.
    AskUnclear,
    /// The provider says that the keys are wrong.
    AskNotAllowed,
    /// The provider cancels, and its answer is lost.
    CancelDoneAnswerLost,
    /// The provider never makes this call of its hook.
    HookDropped,
    /// The provider makes this call of its hook twice.
    HookDoubled,
    /// The provider makes this call of its hook so much later: others overtake it.
    HookLate(Duration),
    /// The provider releases an order on hold, and its answer is lost.
    ReleaseDoneAnswerLost,
    /// The mail server cannot be reached.
    MailNotSent,
    /// The mail server refuses for good.
    MailRefused,
    /// The mail server takes the mail, and its answer is lost.
    MailTakenAnswerLost,
    /// The mail never arrives, and nobody can know.
    MailLostAnswerLost,
    /// The photo cannot be fetched now.
    FetchUnclear,
    /// The render child dies.
    PressDied,
    /// The walls do not hold.
    PressOff,
    /// Something goes wrong with one answer over HTTP.
    Http(HttpFault),
}

impl Fault {
    /// Whether this fault can befall this call.
    pub fn fits(&self, call: Call) -> bool {
        let is_shop = matches!(
            call,
            Call::ShopList
                | Call::ShopOrder
                | Call::ShopSetStatus
                | Call::ShopNote
                | Call::ShopTracking
                | Call::ShopMeta
                | Call::ShopCheck
                | Call::ShopHooks
        );
        let is_ask = matches!(
            call,
            Call::Find
                | Call::Status
                | Call::Cancel
                | Call::Catalogue
                | Call::Quote
                | Call::Release
                | Call::ProviderHooks
        );
        match self {
            Fault::ShopUnclear | Fault::ShopBusy { .. } | Fault::ShopNotAllowed => is_shop,
            Fault::ShopFailsAfterCommit | Fault::ShopRefuses(_) => matches!(
                call,
                Call::ShopSetStatus | Call::ShopNote | Call::ShopTracking | Call::ShopMeta
            ),
            Fault::ShopRowUnreadable => call == Call::ShopList,
            Fault::WebhookDropped
            | Fault::WebhookDoubled
            | Fault::WebhookLate(_)
            | Fault::WebhookSignedWrong
            | Fault::WebhookPowerless => call == Call::Webhook,
            Fault::RefuseWith(_)
            | Fault::AcceptAndLoseAnswer
            | Fault::NotSent
            | Fault::RateLimited { .. }
            | Fault::NeverArrives => matches!(call, Call::Submit | Call::Correct),
            Fault::FindMisses => call == Call::Find,
            Fault::AskUnclear | Fault::AskNotAllowed => is_ask,
            Fault::CancelDoneAnswerLost => call == Call::Cancel,
            Fault::HookDropped | Fault::HookDoubled | Fault::HookLate(_) => call == Call::Hook,
            Fault::ReleaseDoneAnswerLost => call == Call::Release,
            Fault::MailNotSent
            | Fault::MailRefused
            | Fault::MailTakenAnswerLost
            | Fault::MailLostAnswerLost => call == Call::Mail,
            Fault::FetchUnclear => call == Call::Fetch,
            Fault::PressDied | Fault::PressOff => call == Call::Press,
            Fault::Http(_) => matches!(
                call,
                Call::ShopRead | Call::ShopWrite | Call::ProviderRead | Call::ProviderWrite
            ),
        }
    }
}

/// The faults that are planned and those that fired.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    next: Vec<(Option<Call>, Fault)>,
    nth: Vec<(Call, u64, Fault)>,
    asked: BTreeMap<Call, u64>,
    fired: Vec<(Call, Fault)>,
}

impl Faults {
    pub(crate) fn plan_next(&mut self, call: Option<Call>, fault: Fault) {
        self.next.push((call, fault));
    }

    pub(crate) fn plan_nth(&mut self, call: Call, nth: u64, fault: Fault) {
        self.nth.push((call, nth, fault));
    }

    /// Counts this call and takes the fault planned for it, if any.
    pub(crate) fn strike(&mut self, call: Call) -> Option<Fault> {
        let asked = self.asked.entry(call).or_insert(0);
        *asked += 1;
        let asked = *asked;
        let by_count = self.nth.iter().position(|(c, n, _)| *c == call && *n == asked);
        let fault = match by_count {
            Some(idx) => self.nth.remove(idx).2,
            None => {
                let idx = self.next.iter().position(|(only, fault)| match only {
                    Some(only) => *only == call,
                    None => fault.fits(call),
                })?;
                self.next.remove(idx).1
            }
        };
        self.fired.push((call, fault.clone()));
        Some(fault)
    }

    pub(crate) fn asked(&self, call: Call) -> u64 {
        self.asked.get(&call).copied().unwrap_or(0)
    }

    pub(crate) fn fired(&self) -> &[(Call, Fault)] {
        &self.fired
    }

    pub(crate) fn forget(&mut self) {
        self.next.clear();
        self.nth.clear();
    }

    /// How many planned faults have not befallen anything yet.
    pub(crate) fn pending(&self) -> usize {
        self.next.len() + self.nth.len()
    }
}
