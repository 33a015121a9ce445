//! The mailbox of everybody: our own mails, and those that the shops send by themselves.

use std::sync::Arc;

use async_trait::async_trait;

use super::fault::{Call, Fault};
use super::world::World;
use crate::model::id::ShopOrderId;
use crate::model::time::Moment;
use crate::outside::mail::{Mail, MailError, Mailer};

/// A mail that a shop sent by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopMail {
    /// The shop.
    pub shop: String,
    /// The order it is about.
    pub order: ShopOrderId,
    /// The shop's own name of the mail, as it stands in its notes: `Completed order`.
    pub kind: String,
    /// Who gets it; the merchant's own mails have no address here.
    pub to: String,
    /// When it left.
    pub sent_at: Moment,
}

/// Everything that arrived.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    pub(crate) ours: Vec<(Moment, Mail)>,
    pub(crate) shops: Vec<ShopMail>,
}

/// The mail server of a world.
#[derive(Clone)]
pub struct WorldMailer {
    world: Arc<World>,
}

impl WorldMailer {
    pub(crate) fn new(world: Arc<World>) -> WorldMailer {
        WorldMailer { world }
    }

    /// Our own mails that arrived, in order.
    pub fn received(&self) -> Vec<Mail> {
        let state = self.world.lock();
        let ours = &state.core.mailbox.ours;
        ours.iter().map(|(_, mail)| mail.clone()).collect()
    }

    /// Our own mails that arrived, each with its moment.
    pub fn received_at(&self) -> Vec<(Moment, Mail)> {
        self.world.lock().core.mailbox.ours.clone()
    }

    /// The mails that shops sent by themselves, in order.
    pub fn shop_mails(&self) -> Vec<ShopMail> {
        self.world.lock().core.mailbox.shops.clone()
    }
}

#[async_trait]
impl Mailer for WorldMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let mut state = self.world.lock();
        let core = &mut state.core;
        let answer = match core.strike(Call::Mail) {
            Some(Fault::MailNotSent) => {
                return Err(MailError::NotSent("connection refused".to_owned()));
            }
            Some(Fault::MailRefused) => {
                return Err(MailError::Refused("550 no such user here".to_owned()));
            }
            Some(Fault::MailLostAnswerLost) => {
                return Err(MailError::Unknown("timed out after the data".to_owned()));
            }
            Some(Fault::MailTakenAnswerLost) => {
                Err(MailError::Unknown("timed out after the data".to_owned()))
            }
            _ if mail.subject.contains(['\r', '\n']) => {
                return Err(MailError::Refused("line break in the subject".to_owned()));
            }
            _ => Ok(()),
        };
        core.note(format!("mail arrives: {}", mail.subject));
        let now = core.now;
        core.mailbox.ours.push((now, mail.clone()));
        answer
    }
}
