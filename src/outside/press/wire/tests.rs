use super::*;
use proptest::prelude::*;

fn ask() -> Ask {
    let hash = Hash::of(b"photo");
    let crop = Some(Crop { left: 1, top: 2, width: 300, height: 400 });
    let turn = Turn::new(3, true);
    let photo = |crop| Value::Photo(Photo { hash: hash.clone(), turn, crop });
    Ask {
        name: "mug".into(),
        files: [("wrap.svg".into(), b"<svg/>".to_vec())].into(),
        values: [
            ("name".into(), Value::Text("Änne\n<b>\0".into())),
            ("photo".into(), photo(None)),
            ("second".into(), photo(crop)),
        ]
        .into(),
        photos: [(hash.clone(), Arc::new(b"photo".to_vec()))].into(),
        want: Want::Preview { width_px: 600 },
    }
}

fn written(ask: &Ask) -> Vec<u8> {
    write_ask(&ask.name, &ask.files, &ask.values, &ask.photos, ask.want)
}

#[test]
fn an_ask_reads_back() {
    assert_eq!(read_ask(&written(&ask())), Ok(ask()));
}

#[test]
fn every_answer_reads_back() {
    let problem = Problem::new(What::GlyphMissing, "Name", "“😀”");
    let area = PressedArea {
        area: "wrap".into(),
        bytes: vec![1, 2, 3],
        format: Format::Jpeg,
        width_px: 9,
        height_px: 8,
        dpi: 300,
    };
    let check = |answer: Answer| {
        assert_eq!(read_answer(&write_answer(&answer)), Ok(answer));
    };
    let spot = |measure| Spot {
        area: "wrap".into(),
        name: "name".into(),
        place: Place { left: -7, top: 0, right: 900, bottom: 1200 },
        measure,
    };
    let photo = Measure::Photo {
        dpi: 1,
        photo_width_px: 2,
        photo_height_px: 3,
        frame_width_px: 4,
        frame_height_px: 5,
    };
    let spots = [photo, Measure::Text { percent: 71 }, Measure::Own].map(spot).into();
    let remarks = vec![problem.clone()];
    check(Answer::Pressed(Pressed {
        areas: vec![area.clone()],
        mockups: vec![area],
        remarks,
        spots,
    }));
    check(Answer::Refused(PressError::Problems(vec![problem])));
    check(Answer::Refused(PressError::Died("of old age".into())));
    check(Answer::Refused(PressError::Off("no seccomp".into())));
    check(Answer::Walls(WallReport::from_bits(0b10_1010)));
    let place = Place { left: -7, top: 0, right: 900, bottom: 1200 };
    let mark = Some(Mark { file: "a.svg".to_owned(), place });
    let fault = Fault::new("a.svg", "it is odd", "Mend it.");
    check(Answer::Faults(vec![fault.clone(), Fault { mark, ..fault }]));
    let files = ask().files;
    assert_eq!(read_check(&write_check("mug", &files)), Ok(("mug".into(), files)));
}

proptest! {
    #[test]
    fn a_cut_or_changed_message_is_refused_and_never_breaks(at in 0usize..200, byte: u8) {
        let whole = written(&ask());
        prop_assert!(read_ask(&whole[..at.min(whole.len() - 1)]).is_err());
        let mut changed = whole.clone();
        let idx = at % changed.len();
        changed[idx] = byte;
        let _ = read_ask(&changed);
        let _ = read_answer(&changed);
    }
}
