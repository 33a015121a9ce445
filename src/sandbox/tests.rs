//! Press, mail and photos of the world, and faults planned by count.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::model::design::{Area, AreaKind, Design, Format, PrintSize};
use crate::model::id::Hash;
use crate::model::problem::What;
use crate::model::time::Moment;
use crate::model::value::{Photo, Value};
use crate::outside::fetch::{Fetch, FetchError};
use crate::outside::mail::{Mail, MailError, Mailer};
use crate::outside::press::{Press, PressError, PressJob, Want};

fn world() -> Arc<World> {
    World::new(1, Moment::parse("2026-03-03T08:00:00Z").unwrap())
}

/// Nothing in the world waits, so one poll is the whole call.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the world never waits"),
    }
}

fn job(name: &str, want: Want) -> PressJob {
    let area = Area {
        key: "wrap".to_owned(),
        file: "wrap.svg".to_owned(),
        kind: AreaKind::Drawing,
        size: PrintSize { width_uin: 9_000_000, height_uin: 3_750_000 },
        dpi: 300,
        bleed_mil: 125,
        safe_mil: None,
        format: Format::Jpeg,
        background: None,
        quality: 95,
        marks: false,
        print_only: Vec::new(),
        preview_only: Vec::new(),
        instead: Vec::new(),
    };
    let design = Design {
        hash: Hash::of(b"design"),
        name: "mug".to_owned(),
        title: "Mug".to_owned(),
        per_copy: false,
        areas: vec![area],
        fields: Vec::new(),
        rules: Vec::new(),
        mockups: Vec::new(),
        files: BTreeMap::new(),
    };
    let photo = Hash::of(b"photo");
    let values = [
        ("name".to_owned(), Value::Text(name.to_owned())),
        ("photo".to_owned(), Value::Photo(Photo::whole(photo.clone()))),
    ];
    PressJob {
        design: Arc::new(design),
        values: BTreeMap::from(values),
        photos: BTreeMap::from([(photo, Arc::new(b"photo".to_vec()))]),
        want,
    }
}

#[test]
fn what_is_printed_can_be_read_back() {
    let press = world().press();
    let name = "Zoë\\n\nO’Neill";
    let pressed = now(press.draw(job(name, Want::Print))).unwrap();
    let mark = PressMark::read(&pressed.areas[0].bytes).unwrap();
    assert_eq!((mark.values["name"].as_str(), mark.size_px), (name, (2700, 1125)));
    assert_eq!(mark.values["photo"], Hash::of(b"photo").to_string());
    let again = now(press.draw(job(name, Want::Print))).unwrap();
    assert_eq!(again, pressed);
}

#[test]
fn a_missing_glyph_stops_the_print_and_not_the_preview() {
    let press = world().press();
    match now(press.draw(job("\u{1d4d0}sha", Want::Print))) {
        Err(PressError::Problems(problems)) => {
            let problem = &problems[0];
            assert_eq!((problem.what, &*problem.place), (What::GlyphMissing, "name"));
        }
        other => panic!("{other:?}"),
    }
    let preview = job("\u{1d4d0}sha", Want::Preview { width_px: 400 });
    let pressed = now(press.draw(preview)).unwrap();
    assert_eq!(pressed.remarks.len(), 1);
    assert_eq!((pressed.areas[0].width_px, pressed.areas[0].height_px), (400, 166));
}

#[test]
fn a_mail_may_arrive_though_its_answer_is_lost() {
    let check = |fault: Fault, expected: usize| {
        let world = world();
        let mail = Mail {
            message_id: "1@example.test".to_owned(),
            to: "asha@example.test".to_owned(),
            subject: "Your order".to_owned(),
            text: String::new(),
            html: String::new(),
        };
        world.fault_next(fault.clone());
        assert!(now(world.mailer().send(&mail)).is_err());
        assert_eq!(world.mailer().received().len(), expected, "{fault:?}");
        let broken = Mail { subject: "a\r\nBcc: b".to_owned(), ..mail };
        assert!(matches!(now(world.mailer().send(&broken)), Err(MailError::Refused(_))));
    };
    check(Fault::MailNotSent, 0);
    check(Fault::MailRefused, 0);
    check(Fault::MailTakenAnswerLost, 1);
    check(Fault::MailLostAnswerLost, 0);
}

#[test]
fn photos_are_on_the_web_until_they_are_not() {
    let world = world();
    let url = "https://shop.example.test/uploads/dog.png";
    let picture = photos::png(30, 20, 7);
    world.put_photo(url, picture.clone());
    assert_eq!(now(world.fetch().fetch(url)), Ok(picture.clone()));
    assert_eq!(image::load_from_memory(&picture).unwrap().width(), 30);
    world.remove_photo(url);
    assert!(matches!(now(world.fetch().fetch(url)), Err(FetchError::Gone(_))));
    let file = now(world.fetch().fetch("file:///etc/passwd"));
    assert!(matches!(file, Err(FetchError::Forbidden(_))));
}

#[test]
fn a_fault_can_be_planned_for_the_nth_call() {
    let world = world();
    world.fault_at(Call::Fetch, 2, Fault::FetchUnclear);
    let url = "https://shop.example.test/dog.png";
    world.put_photo(url, vec![1]);
    let outcomes = [(); 3].map(|()| now(world.fetch().fetch(url)).is_ok());
    assert_eq!(outcomes, [true, false, true]);
    assert_eq!(world.fired(), [(Call::Fetch, Fault::FetchUnclear)]);
    assert_eq!(world.asked(Call::Fetch), 3);
}
