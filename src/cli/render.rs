//! `woodblock render`: a design folder and values become print files; one set of values, a table of
//! them (`rows`), or none for a plain drawing (`plain`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::design::{fault_list, press, print};
use super::output::write_whole;
use crate::model::check::Checks;
use crate::model::circumstance::is_known;
use crate::model::design::{Design, Format};
use crate::model::field::{Field, FieldKind};
use crate::model::id::Hash;
use crate::model::problem::{Problem, What};
use crate::model::value::{Crop, Photo, Turn, Value, Values};
use crate::outside::design_folder::{self, Fault, SAMPLE_PHOTO};
use crate::outside::press::{ChildPress, Press, PressError, PressJob, Pressed, PressedArea, Want};

mod plain;
mod rows;

/// Most bytes of a file of values.
const VALUES_BYTES_MAX: u64 = 1 << 20;
/// Most bytes of a photo on its way to the child, which has its own limit.
const PHOTO_BYTES_MAX: u64 = 64 << 20;
/// Width of the picture by which `design check` tries a design out.
const TRY_WIDTH_PX: u32 = 600;

/// What to draw, and where to put it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder with design.toml.
    #[arg(required_unless_present = "svg", conflicts_with = "svg")]
    folder: Option<PathBuf>,
    /// A JSON file: {"name": "Anna", "photo": "anna.jpg"}; photos by path, seen from that file.
    #[arg(long, conflicts_with_all = ["svg", "csv"])]
    values: Option<PathBuf>,
    /// A table with a column for each field, one print in each row; photos by path, seen from that file.
    /// What was drawn before is not drawn again; a row that cannot be printed stops no other.
    #[arg(long, value_name = "FILE", conflicts_with = "svg")]
    csv: Option<PathBuf>,
    /// How the files of a table are named; {row}, {area} and the names of fields in braces are filled in.
    #[arg(long, value_name = "RULE", requires = "csv", default_value = rows::NAME)]
    name: String,
    /// A plain drawing without a design; pictures that it links to are read from its own folder.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Width of a plain drawing in pixels.
    #[arg(long, requires = "svg", value_parser = clap::value_parser!(u32).range(1..=12_000))]
    width: Option<u32>,
    /// Height of a plain drawing in pixels; with a width the drawing fits into both.
    #[arg(long, requires = "svg", value_parser = clap::value_parser!(u32).range(1..=12_000))]
    height: Option<u32>,
    /// Dots per inch of a plain drawing; 96 if left out, as browsers count.
    #[arg(long, requires = "svg", value_parser = clap::value_parser!(u32).range(36..=2400))]
    dpi: Option<u32>,
    /// A folder with further fonts for a plain drawing.
    #[arg(long, value_name = "DIR", requires = "svg")]
    fonts: Option<PathBuf>,
    /// A folder for all areas, or a file for a design of one area.
    #[arg(short, long)]
    output: PathBuf,
    /// Draw pictures of this width for the screen instead of print files.
    #[arg(long, value_name = "WIDTH", conflicts_with = "svg", value_parser = clap::value_parser!(u32).range(16..=4000))]
    preview: Option<u32>,
    /// Draw pictures of the finished product, of this width, instead of print files.
    #[arg(long, value_name = "WIDTH", conflicts_with_all = ["svg", "preview", "csv"], value_parser = clap::value_parser!(u32).range(16..=4000))]
    mockups: Option<u32>,
}

type Photos = BTreeMap<Hash, Arc<Vec<u8>>>;

/// Draws and writes.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if let Some(drawing) = &args.svg {
        return plain::run(args, drawing);
    }
    let folder = args.folder.as_deref().context("name the folder with design.toml")?;
    let design = match open(folder, &press()?)? {
        Ok(design) => design,
        Err(faults) => bail!("the design is not whole:\n{}", fault_list(&faults)),
    };
    let want = match (args.preview, args.mockups) {
        (Some(width_px), _) => Want::Preview { width_px },
        (None, Some(width_px)) => Want::Mockups { width_px },
        (None, None) => Want::Print,
    };
    if let Some(table) = &args.csv {
        return rows::run(&Arc::new(design), table, (&args.output, &args.name), want);
    }
    let (given, photos) = match &args.values {
        Some(path) => read_values(path, &design)?,
        None => (Values::new(), Photos::new()),
    };
    let values = match design.complete(&given) {
        Ok(values) => values,
        Err(problems) => bail!("the values cannot be printed:\n{}", problem_list(&problems)),
    };
    write(PressJob { design: Arc::new(design), values, photos, want }, &args.output)
}

/// Draws one job and writes what comes of it.
fn write(job: PressJob, output: &Path) -> anyhow::Result<ExitCode> {
    let want = job.want;
    let pressed = match draw(&press()?, job)?.and_then(|pressed| judge(want, pressed)) {
        Ok(pressed) => pressed,
        Err(PressError::Problems(problems)) => {
            bail!("it cannot be printed:\n{}", problem_list(&problems))
        }
        Err(error @ (PressError::Died(_) | PressError::Off(_))) => return Err(error.into()),
    };
    for remark in &pressed.remarks {
        print(&format!("! {}\n  {}", remark.sentence(), remark.what.cure()));
    }
    for (path, area) in targets(output, &pressed)? {
        write_whole(&path, &area.bytes)?;
        print(&format!("{}  {} × {} px", path.display(), area.width_px, area.height_px));
    }
    Ok(ExitCode::SUCCESS)
}

/// A print that the usual checks would hold is not written; a preview shows it all the same.
fn judge(want: Want, pressed: Pressed) -> Result<Pressed, PressError> {
    let found = Checks::default().sort(pressed.remarks.clone());
    match want == Want::Print && !found.blocking.is_empty() {
        true => Err(PressError::Problems(found.blocking)),
        false => Ok(pressed),
    }
}

fn draw(press: &ChildPress, job: PressJob) -> anyhow::Result<Result<Pressed, PressError>> {
    Ok(runtime()?.block_on(press.draw(job)))
}

/// Reads a design, and has it checked behind walls: nobody knows where its drawings come from.
pub(super) fn open(
    folder: &Path,
    press: &ChildPress,
) -> anyhow::Result<Result<Design, Vec<Fault>>> {
    let design = match design_folder::open(folder) {
        Ok(design) => design,
        Err(faults) => return Ok(Err(faults)),
    };
    let faults = runtime()?.block_on(press.check(&design.name, design.files.clone()));
    match faults.context("it could not be checked")? {
        faults if faults.is_empty() => Ok(Ok(design)),
        faults => Ok(Err(faults)),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime could be started")
}

/// Draws a design with example values; what is wrong with the design itself comes back.
pub(super) fn try_out(design: &Design, press: &ChildPress) -> anyhow::Result<Vec<Problem>> {
    let photo = Hash::of(SAMPLE_PHOTO);
    let job = PressJob {
        design: Arc::new(design.clone()),
        values: design.example(&photo),
        photos: [(photo, Arc::new(SAMPLE_PHOTO.to_vec()))].into(),
        want: Want::Preview { width_px: TRY_WIDTH_PX },
    };
    match draw(press, job)? {
        Ok(pressed) => {
            let of_design = |problem: &Problem| problem.what == What::DesignFaulty;
            Ok(pressed.remarks.into_iter().filter(of_design).collect())
        }
        Err(PressError::Problems(problems)) => Ok(problems),
        Err(PressError::Died(reason)) => {
            let detail = format!("drawing it takes more time or memory than it may ({reason})");
            Ok(vec![Problem::new(What::DesignFaulty, &*design.name, detail)])
        }
        Err(error @ PressError::Off(_)) => Err(error).context("it could not be drawn"),
    }
}

fn targets<'a>(
    output: &Path,
    pressed: &'a Pressed,
) -> anyhow::Result<Vec<(PathBuf, &'a PressedArea)>> {
    let pictures: Vec<&PressedArea> = pressed.areas.iter().chain(&pressed.mockups).collect();
    if let Some(format) = format_of(output) {
        let [area] = pictures.as_slice() else {
            bail!(
                "the design has {} areas; give a folder instead of {}",
                pictures.len(),
                output.display()
            );
        };
        if area.format != format {
            bail!(
                "the area {} is a {}, so {} would be wrong: give a name that ends in .{}",
                area.area,
                area.format.extension().to_uppercase(),
                output.display(),
                area.format.extension()
            );
        }
        return Ok(vec![(output.to_owned(), area)]);
    }
    if pictures.is_empty() {
        bail!("the design has no such pictures; see [mockup.…] in docs/designs.md");
    }
    std::fs::create_dir_all(output)
        .with_context(|| format!("{} could not be made", output.display()))?;
    let named = pictures.into_iter().map(|area| {
        let name = format!("{}.{}", area.area, area.format.extension());
        (output.join(name), area)
    });
    Ok(named.collect())
}

/// The kind of file that a name asks for; nothing where it names a folder.
fn format_of(output: &Path) -> Option<Format> {
    Format::from_extension(&output.extension()?.to_str()?.to_lowercase())
}

fn read_values(path: &Path, design: &Design) -> anyhow::Result<(Values, Photos)> {
    let bytes = read_file(path, VALUES_BYTES_MAX)?;
    let parsed: serde_json::Value = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not JSON", path.display()))?;
    let serde_json::Value::Object(object) = parsed else {
        bail!("{} must hold an object, for example {{\"name\": \"Anna\"}}", path.display());
    };
    let mut values = Values::new();
    let mut photos = Photos::new();
    for (key, given) in object {
        if let (true, serde_json::Value::String(text)) = (is_known(&key), &given) {
            values.insert(key, Value::Text(text.clone()));
            continue;
        }
        let Some(field) = design.field(&key) else {
            let known: Vec<&str> = design.fields.iter().map(|f| f.key.as_str()).collect();
            bail!(
                "{}: the design has no field “{key}”; it has {}",
                path.display(),
                known.join(", ")
            );
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        let value = value(field, &given, folder, &mut photos)
            .with_context(|| format!("{}: {key}", path.display()))?;
        values.insert(key, value);
    }
    Ok((values, photos))
}

fn value(
    field: &Field,
    given: &serde_json::Value,
    folder: &Path,
    photos: &mut Photos,
) -> anyhow::Result<Value> {
    use serde_json::Value as Json;
    let (file, crop, turn) = match (&field.kind, given) {
        (FieldKind::Photo(_), Json::String(file)) => (file, None, None),
        (FieldKind::Photo(_), Json::Object(photo)) => match photo.get("file") {
            Some(Json::String(file)) => (file, photo.get("crop"), photo.get("turn")),
            Some(_) | None => bail!("a photo needs \"file\": the path of a picture"),
        },
        (FieldKind::Photo(_), _) => bail!("a photo is the path of a picture"),
        (_, Json::String(text)) => return Ok(Value::Text(text.clone())),
        (_, Json::Number(number)) => return Ok(Value::Text(number.to_string())),
        (_, _) => bail!("a text in quotes or a number is expected"),
    };
    let bytes = read_file(&folder.join(file), PHOTO_BYTES_MAX)?;
    let hash = Hash::of(&bytes);
    photos.insert(hash.clone(), Arc::new(bytes));
    let crop = crop.map(read_crop).transpose()?;
    let turn = turn.map(read_turn).transpose()?.unwrap_or_default();
    Ok(Value::Photo(Photo { hash, turn, crop }))
}

fn read_turn(given: &serde_json::Value) -> anyhow::Result<Turn> {
    let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
    Turn::parse(&text).with_context(|| {
        format!("turn is 0, 90, 180 or 270, with an m behind it to mirror first, not {text}")
    })
}

fn read_crop(given: &serde_json::Value) -> anyhow::Result<Crop> {
    let side = |name: &str| {
        let number = given.get(name).and_then(serde_json::Value::as_u64);
        let number = number.and_then(|number| u16::try_from(number).ok());
        number
            .filter(|number| *number <= 1000)
            .with_context(|| format!("crop.{name} is a whole number from 0 to 1000"))
    };
    Ok(Crop {
        left: side("left")?,
        top: side("top")?,
        width: side("width")?,
        height: side("height")?,
    })
}

fn read_file(path: &Path, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("{} cannot be read", path.display());
    let bytes = std::fs::metadata(path).with_context(cannot)?.len();
    if bytes_max < bytes {
        bail!("{} has {} MB, at most {} are read", path.display(), bytes >> 20, bytes_max >> 20);
    }
    std::fs::read(path).with_context(cannot)
}

pub(super) fn problem_list(problems: &[Problem]) -> String {
    let line = |problem: &Problem| format!("✗ {}\n  {}", problem.sentence(), problem.what.cure());
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}
