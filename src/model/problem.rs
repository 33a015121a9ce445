//! What is wrong, where, the cure, and whose move it is: one type and one catalogue of words.
//!
//! A hold, a refusal, a failed fit and an unmapped line are all a [`Problem`]; pages, command line
//! and alerts only show it. It is stored as its code, place and detail.

use std::fmt;

/// Who can make it go away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Somebody of the merchant's own staff.
    Staff,
    /// The customer.
    Customer,
    /// The shop, once it can be reached or is paid.
    Shop,
    /// The print provider.
    Provider,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub what: What,
    /// Where: an item, a field, a line, a file; may be empty.
    pub place: String,
    /// The particulars: the character, the size, the provider's own words; may be empty.
    pub detail: String,
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $whose:ident, $title:literal, $cure:literal;)*) => {
        /// Everything that can be wrong. The order is that of an order's day.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum What { $($(#[$doc])* $name,)* }

        impl What {
            /// Every entry of the catalogue.
            pub const ALL: &'static [What] = &[$(What::$name,)*];

            /// The word it is stored under; never changed once released.
            pub fn code(self) -> &'static str {
                match self { $(What::$name => $code,)* }
            }

            /// What happened, in one short sentence without full stop.
            pub fn title(self) -> &'static str {
                match self { $(What::$name => $title,)* }
            }

            /// What to do about it, in one sentence.
            pub fn cure(self) -> &'static str {
                match self { $(What::$name => $cure,)* }
            }

            /// Whose move it is.
            pub fn whose(self) -> Whose {
                match self { $(What::$name => Whose::$whose,)* }
            }
        }
    };
}

catalogue! {
    // Intake.
    /// The order is older than the go-live line.
    BeforeGoLive = "before_go_live", Staff, "Placed before woodblock was switched on",
        "Release the order if it should be made here; otherwise leave it.";
    /// A line has no entry in the product map though others have.
    LineUnmapped = "line_unmapped", Staff, "A line is not in the product map",
        "Map the product, or mark it as needing no print, then check again.";
    /// The product map names a design that does not exist here.
    DesignUnknown = "design_unknown", Staff, "The product's design is not here",
        "Add the design with `woodblock design add`, or correct the product map.";
    /// The product map names a provider that does not exist here.
    ProviderUnknown = "provider_unknown", Staff, "The product's provider is not set up",
        "Set the provider up, or correct the product map.";
    /// The shop or provider was disconnected.
    Disconnected = "disconnected", Staff, "Its shop or provider is disconnected",
        "Connect it again under Settings, and the order goes on by itself; or give the order up.";
    /// More pieces of a line than are made one by one.
    TooManyCopies = "too_many_copies", Staff, "Too many pieces to make each with a print of its own",
        "Map the product so that its pieces are alike, or divide the order in the shop.";
    /// The address cannot be delivered to.
    AddressIncomplete = "address_incomplete", Staff, "The address is incomplete",
        "Complete the address on this page or in the shop.";
    /// Totals or quantities contradict each other.
    OrderOdd = "order_odd", Staff, "The order contradicts itself",
        "Look at the order in the shop; release it if it is right.";
    /// Two different values were found for one field.
    ValuesConflict = "values_conflict", Staff, "Two different values were given for one field",
        "Choose the right one under Edit design.";
    /// The same customer ordered the same thing minutes ago.
    LooksDoubled = "looks_doubled", Staff, "This looks like the same order placed twice",
        "Cancel one of the two in the shop, or release this one.";
    /// A known order id came with another key.
    ShopCloned = "shop_cloned", Staff, "A different shop answers under this address",
        "Check the shop's address and keys: a copy of the shop may be writing here.";
    /// The shop does not know this order any more.
    OrderGone = "order_gone", Staff, "The shop no longer has this order",
        "Cancel the order here, or restore it in the shop.";
    // Values.
    /// A required value is missing.
    ValueMissing = "value_missing", Staff, "A value is missing",
        "Enter it under Edit design.";
    /// A value breaks its field's rule.
    ValueNotAllowed = "value_not_allowed", Staff, "A value is not allowed here",
        "Correct it under Edit design.";
    /// A value is longer than its field allows.
    ValueTooLong = "value_too_long", Staff, "A text is too long",
        "Shorten it under Edit design.";
    /// The text does not fit even at its smallest size.
    TextDoesNotFit = "text_does_not_fit", Staff, "A text does not fit its place",
        "Shorten it under Edit design.";
    /// The text was made smaller so that it fits.
    TextShrunk = "text_shrunk", Staff, "A text was made smaller to fit its place",
        "Look at the print file; shorten the text if it looks too small.";
    /// No allowed font has this character.
    GlyphMissing = "glyph_missing", Staff, "A character cannot be printed in this font",
        "Replace the character under Edit design.";
    /// The photo could not be fetched.
    PhotoUnreachable = "photo_unreachable", Staff, "The customer's photo could not be fetched",
        "Upload the photo under Edit design, or try again.";
    /// The photo is not a picture that can be printed.
    PhotoUnreadable = "photo_unreadable", Staff, "The customer's photo cannot be read",
        "Ask the customer for a JPEG, PNG or WebP, and upload it under Edit design.";
    /// The photo has too few pixels for its size in print.
    PhotoTooSmall = "photo_too_small", Staff, "The photo is too small for its size in print",
        "Upload a larger photo under Edit design.";
    /// The photo will look soft.
    PhotoSoft = "photo_soft", Staff, "The photo may look soft in print",
        "Look at the print file; upload a larger photo if you have one.";
    /// A text or a photo stands too near to the edge of an area, or over it.
    NearEdge = "near_edge", Staff, "Something stands too near to the edge",
        "Look at the print file; shorten the text or move the photo under Edit design.";
    // Artwork.
    /// The drawing itself is wrong.
    DesignFaulty = "design_faulty", Staff, "The design cannot be drawn",
        "Run `woodblock design check`, mend the drawing and render again.";
    /// Rendering broke twice.
    RenderFailed = "render_failed", Staff, "Rendering failed",
        "Render again; if it fails again, look at the design and the photo.";
    /// A file's bytes are not what they were.
    FileChanged = "file_changed", Staff, "A print file is damaged or missing",
        "Render again.";
    // Countdown and money.
    /// The order was cancelled, refunded or lost its payment in the shop.
    NotPayable = "not_payable", Shop, "The shop says this order is not to be made",
        "Nothing was sent. It goes on by itself if the order is paid again.";
    /// What was ordered changed in the shop.
    ChangedInShop = "changed_in_shop", Staff, "The order was changed in the shop",
        "Look at the change and release the hold.";
    /// Somebody pressed pause.
    Paused = "paused", Staff, "Paused",
        "Press Resume when it may go on.";
    /// The order is not paid.
    Unpaid = "unpaid", Shop, "Not paid yet",
        "It goes on by itself when the shop reports the payment.";
    /// The customer paid after something had been submitted and cancelled.
    PaidAfterCancel = "paid_after_cancel", Staff, "Paid after it was cancelled here",
        "Part of it was already sent: decide what is still to be made.";
    /// The shop cancelled or refunded after submission.
    CancelAfterSubmission = "cancel_after_submission", Staff, "Cancelled after it was submitted",
        "The provider was asked to cancel; check its answer.";
    /// The provider refused the order.
    Refused = "refused", Staff, "The provider refused the order",
        "Mend what it names and submit again; that makes a new fulfilment.";
    /// The provider's answer was lost.
    AnswerLost = "answer_lost", Provider, "The provider's answer was lost",
        "It is being looked up; nothing is sent again meanwhile.";
    /// Look-ups never found it.
    AnswerNeedsPerson = "answer_needs_person", Staff, "It is not known whether the provider has this order",
        "Look at the provider's site: adopt its order, or confirm that it is absent.";
    /// The provider's order holds something else.
    ContentDiffers = "content_differs", Staff, "The provider's order differs from ours",
        "Compare both and call the provider; adopt its order or cancel it there.";
    /// The provider is paused.
    ProviderPaused = "provider_paused", Staff, "This provider is paused",
        "Cure the cause named and resume the provider.";
    /// A shipping method has no equivalent at the provider.
    ShippingUnmapped = "shipping_unmapped", Staff, "The shipping method has no equivalent at the provider",
        "Add it to the provider's shipping map and release the hold.";
    /// The provider needs something that the order does not bring.
    ProviderNeeds = "provider_needs", Staff, "The provider needs something else for this product",
        "Nothing was sent. Mend the design or the product map as it says, then release the hold.";
    /// The provider refuses a design that it has.
    DesignRejected = "design_rejected", Staff, "The provider rejects a design",
        "Look at the print file and at the provider's words; correct the design, or call the provider.";
    /// To be placed by hand.
    PlaceByHand = "place_by_hand", Staff, "To be placed by hand",
        "Place the order with the provider and press Placed.";
    // Tracking.
    /// The provider says a word that is not known.
    StatusUnknown = "status_unknown", Staff, "The provider reports a status that is not known",
        "Look at the order on the provider's site.";
    /// The provider gave up a line.
    CancelledByProvider = "cancelled_by_provider", Staff, "The provider cancelled the order",
        "Ask the provider why; submit again or refund.";
    /// The provider cancelled the rest after a parcel left whose contents it does not tell.
    PartlyShipped = "partly_shipped", Staff, "The provider cancelled the rest after a parcel had left",
        "Say at the parcel what was in it: what was not, then counts as not made. If nothing of it was \
         in there, give the rest up.";
    /// A moment passed at which something should have happened.
    Overdue = "overdue", Staff, "This should have happened by now",
        "Look at the next step and do it, or move it.";
    /// Everything is settled, but pieces that were not refunded never left.
    NotAllShipped = "not_all_shipped", Staff, "Part of the order was never shipped",
        "Refund what is missing, or set the order to completed in the shop.";
    /// It has left, and the provider named no tracking number.
    NumberMissing = "number_missing", Staff, "It was shipped without a tracking number",
        "Ask the provider for it and type it in on the order's page. The shop's order was completed all the same.";
    /// A person changed the order's status in the shop meanwhile.
    ShopStatusTaken = "shop_status_taken", Staff, "Somebody changed the status in the shop",
        "The status was left as it is; set it to completed in the shop if that is right.";
    /// A job failed for good.
    JobFailed = "job_failed", Staff, "A step failed for good",
        "Read the reason, cure it and try again.";
    // Whole installation.
    /// The shop cannot be reached.
    ShopUnreachable = "shop_unreachable", Shop, "The shop cannot be reached",
        "It is tried again; check the shop's address, keys and firewall if it lasts.";
    /// A delivery did not carry the right signature.
    SignatureWrong = "signature_wrong", Staff, "A webhook came with a wrong signature",
        "Check the secret of the webhook in the shop and here.";
    /// A webhook was missing, switched off or changed, and was made anew.
    WebhookMended = "webhook_mended", Staff, "The shop's webhooks had to be made anew",
        "Orders came in all the same, by polling. If it happens again, see what keeps the shop from reaching the public address.";
    /// Orders come in that no webhook told of.
    WebhooksSilent = "webhooks_silent", Staff, "Orders come in that no webhook told of",
        "They are found by polling, a little later. See whether WordPress runs its scheduled tasks, and whether it reaches the public address.";
    /// The comparison of a day found what polling had not.
    ShopGap = "shop_gap", Staff, "The shop and the books did not agree",
        "What was missing is here now. Look at the orders named.";
    /// The shop signs errors instead of orders.
    WebhookPowerless = "webhook_powerless", Staff, "The shop's webhook has lost its rights",
        "Delete the webhook in the shop; woodblock makes a new one with its own key.";
    /// The program itself does not get on.
    Unwell = "unwell", Staff, "woodblock itself is not well",
        "Run `woodblock doctor` on its machine; it names the cure.";
    /// Our clock and the shop's differ by minutes.
    ClockOff = "clock_off", Staff, "The clock of this machine and the shop's differ",
        "Nothing is sent meanwhile. Set the clock right; if it is the shop's that is wrong, press Let them go on.";
    /// The provider has something of an order that is not in the books.
    SentBefore = "sent_before", Staff, "The provider may have this already",
        "Compare the order with the provider's site; release the hold if nothing of it is there.";
    /// The database was restored, replaced or copied.
    Recovery = "recovery", Staff, "The books are being compared with the providers",
        "Nothing is sent and nothing mailed until each open order was looked up; that ends by itself.";
    /// So much was submitted that a limit holds the rest back.
    LimitReached = "limit_reached", Staff, "A limit holds submissions back",
        "They wait, nothing is lost. If the orders are right, press Let them go on, or run `woodblock resume-limits`.";
    /// A submission costs more than it may.
    PriceHigh = "price_high", Staff, "A submission costs more than the limit",
        "Look at the order and at the provider's price. If it is held, release it to send it all the same; if it was sent, cancel it there if it is wrong.";
    /// The provider does not tell the price beforehand, and the settings want it known.
    PriceUnknown = "price_unknown", Staff, "The price is not known before it is sent",
        "Look at the provider's price and release the hold to send it; or set price_unknown to send.";
    /// Everything is stopped.
    Stopped = "stopped", Staff, "Everything is stopped",
        "Press Resume all when submissions may go on.";
}

impl What {
    /// The entry with this code.
    pub fn from_code(code: &str) -> Option<What> {
        What::ALL.iter().copied().find(|what| what.code() == code)
    }
}

impl Problem {
    /// A problem with its place and particulars.
    pub fn new(what: What, place: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem { what, place: place.into(), detail: detail.into() }
    }

    /// The whole in one line, for logs, mails and the command line.
    pub fn sentence(&self) -> String {
        let mut text = self.what.title().to_owned();
        if !self.place.is_empty() {
            text = format!("{}: {text}", self.place);
        }
        if !self.detail.is_empty() {
            text = format!("{text} ({})", self.detail);
        }
        text
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_problem_has_its_own_code_and_whole_sentences() {
        let mut codes = HashSet::new();
        for what in What::ALL {
            assert!(codes.insert(what.code()), "{} stands twice", what.code());
            assert_eq!(What::from_code(what.code()), Some(*what));
            assert!(!what.title().ends_with('.'), "{}", what.code());
            assert!(what.cure().ends_with('.'), "{}", what.code());
        }
    }
}
