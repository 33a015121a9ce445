//! What crosses the cut of an area, or comes nearer to it than is safe.

use super::spot::{Measure, Spot};
use crate::model::design::{Area, Design};
use crate::model::problem::{Problem, What};

/// Looks at one thing on an area; a photo may go over the cut, if it goes to the end of the bleed.
pub fn look(design: &Design, area: &Area, spot: &Spot) -> Option<Problem> {
    let signed = |(x, y): (u32, u32)| Some((i32::try_from(x).ok()?, i32::try_from(y).ok()?));
    let ((trim_x, trim_y), (safe_x, safe_y)) = (signed(area.trim())?, signed(area.safe())?);
    let place = spot.place;
    let inward = [
        ("on the left", place.left, trim_x, safe_x),
        ("at the top", place.top, trim_y, safe_y),
        ("on the right", 1000 - place.right, trim_x, safe_x),
        ("at the bottom", 1000 - place.bottom, trim_y, safe_y),
    ];
    let sides = |far: &dyn Fn(i32, i32, i32) -> bool| {
        let sides = inward.iter().filter(|(_, edge, trim, safe)| far(*edge, *trim, *safe));
        let sides: Vec<&str> = sides.map(|(side, ..)| *side).collect();
        (!sides.is_empty()).then(|| sides.join(" and "))
    };
    let is_cut = trim_x != 0 || trim_y != 0;
    let key = &area.key;
    let detail = match spot.measure {
        Measure::Photo { .. } if !is_cut => None,
        Measure::Photo { .. } => sides(&|edge, trim, _| 1 < edge && edge < trim).map(|sides| {
            format!("goes over the cut of {key} {sides}, but not to the end of the bleed")
        }),
        Measure::Text { .. } | Measure::Own => {
            let over = sides(&|edge, trim, _| edge < trim - 1);
            let near = sides(&|edge, _, safe| edge < safe - 1);
            match (over, near) {
                (Some(sides), _) if is_cut => Some(format!("is cut off on {key} {sides}")),
                (Some(sides), _) => Some(format!("hangs over {key} {sides}")),
                (None, Some(sides)) if is_cut => {
                    Some(format!("comes close to the cut of {key} {sides}"))
                }
                (None, Some(sides)) => Some(format!("comes close to the edge of {key} {sides}")),
                (None, None) => None,
            }
        }
    };
    let label = design.field(&spot.name).map_or(spot.name.as_str(), |field| field.label.as_str());
    detail.map(|detail| Problem::new(What::NearEdge, label, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::design_folder::from_files;
    use crate::render::Place;

    fn design(rules: &str) -> Design {
        let toml = format!(
            "name='T'\n[area.front]\nfile='a.svg'\nwidth_in=10\nheight_in=10\n{rules}\n\
             [field.name]\nkind='text'\nlabel='Name'\n"
        );
        from_files("test", [("design.toml".to_owned(), toml.into_bytes())].into()).unwrap()
    }

    fn told(rules: &str, (left, right): (i32, i32)) -> Option<Problem> {
        let design = design(rules);
        let spot = Spot {
            area: "front".to_owned(),
            name: "name".to_owned(),
            place: Place { left, top: 400, right, bottom: 600 },
            measure: Measure::Text { percent: 100 },
        };
        look(&design, &design.areas[0], &spot)
    }

    #[test]
    fn what_stands_too_near_is_told_with_its_side() {
        let check = |rules: &str, across: (i32, i32), expected: Option<&str>| {
            let told = told(rules, across);
            assert_eq!(told.is_some(), expected.is_some(), "{rules} {across:?} {told:?}");
            assert!(expected.is_none_or(|words| told.unwrap().detail.contains(words)), "{rules}");
        };
        // Half an inch of bleed is 50 of 1000.
        check("bleed_in=0.5", (30, 700), Some("is cut off on front on the left"));
        check("bleed_in=0.5", (70, 700), Some("comes close to the cut of front on the left"));
        check("bleed_in=0.5", (110, 700), None);
        check("bleed_in=0.5\nsafe_in=1", (110, 700), Some("comes close to the cut"));
        check("bleed_in=0.5\nsafe_in=0", (60, 940), None);
        check("safe_in=1", (110, 950), Some("comes close to the edge of front on the right"));
        check("safe_in=1", (-20, 700), Some("hangs over front on the left"));
        check("", (1, 999), None);
    }
}
