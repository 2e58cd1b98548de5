//! Writes Gantry's own input text from the checked model.

use super::keys::Group;
use super::{CellUnit, PositionUnit, RelaxInput, SettingKey, Settings, Value};
use crate::error::EmissionError;
use crate::structure::{KPointUnit, KPoints};

/// The longest folder name that `pw.x` holds.
const FOLDER_LIMIT_BYTES: usize = 256;
/// The longest run name; `pw.x` appends to it.
const PREFIX_LIMIT_BYTES: usize = 64;

/// What the service decides about one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSettings {
    /// The folder of the pseudopotentials.
    pub pseudo_dir: String,
    /// The scratch folder of this run.
    pub outdir: String,
    /// The name of the run: its results are in `outdir/prefix.save`, and a file `prefix.EXIT` in
    /// the working folder stops it.
    pub prefix: String,
    /// Whether to continue what an earlier process left in `outdir`.
    pub start: StartMode,
    /// After this many seconds `pw.x` saves its state and ends by itself.
    pub max_seconds: Option<u32>,
}

/// How a run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartMode {
    /// From the positions of the input.
    FromScratch,
    /// From what is in the scratch folder; an empty one means from scratch, though with other
    /// first iterations than [`StartMode::FromScratch`], so that energies differ in the tenth digit.
    Restart,
}

impl RelaxInput {
    /// The input text that `pw.x` is given: the keys of the model and those that the service owns.
    ///
    /// # Errors
    /// A folder or prefix that does not fit into a Fortran string.
    pub fn emit(&self, run: &RunSettings) -> Result<String, EmissionError> {
        let mut text = String::new();
        for group in Group::ALL {
            write_namelist(&mut text, group, &owned_lines(group, run)?, &self.settings);
        }
        self.write_cards(&mut text);
        Ok(text)
    }

    fn write_cards(&self, text: &mut String) {
        push_line(text, "ATOMIC_SPECIES");
        for species in &self.structure.species {
            let (mass, file) = (species.mass_amu, &species.pseudopotential);
            push_line(text, &format!("{} {mass:?} {file}", species.symbol));
        }
        if let Some(cell) = &self.cell {
            push_line(text, &format!("CELL_PARAMETERS{}", cell_unit(cell.unit)));
            for vector in &cell.vectors {
                push_line(text, &numbers(vector));
            }
        }
        push_line(
            text,
            &format!("ATOMIC_POSITIONS {}", position_unit(self.positions.unit)),
        );
        for atom in &self.positions.atoms {
            let [x, y, z] = atom.fixed.map(|fixed| if fixed { 0 } else { 1 });
            push_line(
                text,
                &format!("{} {} {x} {y} {z}", atom.symbol, numbers(&atom.coordinates)),
            );
        }
        write_k_points(text, &self.structure.k_points);
    }
}

fn owned_lines(group: Group, run: &RunSettings) -> Result<Vec<String>, EmissionError> {
    let lines = match group {
        Group::Control => {
            let restart_mode = match run.start {
                StartMode::FromScratch => "from_scratch",
                StartMode::Restart => "restart",
            };
            let mut lines = vec![
                "calculation = 'relax'".to_owned(),
                format!(
                    "prefix = '{}'",
                    plain("prefix", &run.prefix, PREFIX_LIMIT_BYTES)?
                ),
                format!(
                    "outdir = '{}'",
                    plain("outdir", &run.outdir, FOLDER_LIMIT_BYTES)?
                ),
                format!(
                    "pseudo_dir = '{}'",
                    plain("pseudo_dir", &run.pseudo_dir, FOLDER_LIMIT_BYTES)?
                ),
                format!("restart_mode = '{restart_mode}'"),
                "tprnfor = .true.".to_owned(),
                // Keeps a checkpoint after every ionic step without writing all wavefunctions.
                "disk_io = 'low'".to_owned(),
                "verbosity = 'low'".to_owned(),
            ];
            lines.extend(
                run.max_seconds
                    .map(|seconds| format!("max_seconds = {seconds}")),
            );
            lines
        }
        Group::Ions => vec!["ion_dynamics = 'bfgs'".to_owned()],
        Group::System | Group::Electrons => Vec::new(),
    };
    Ok(lines)
}

fn plain<'r>(
    setting: &'static str,
    value: &'r str,
    limit_bytes: usize,
) -> Result<&'r str, EmissionError> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'\'' | b'"');
    if (1..=limit_bytes).contains(&value.len()) && value.bytes().all(is_plain) {
        Ok(value)
    } else {
        Err(EmissionError {
            setting,
            limit_bytes,
        })
    }
}

fn write_namelist(text: &mut String, group: Group, owned: &[String], settings: &Settings) {
    push_line(text, &format!("&{}", group.name().to_ascii_uppercase()));
    for line in owned {
        push_line(text, &format!("  {line}"));
    }
    for (setting, value) in settings
        .0
        .iter()
        .filter(|(setting, _)| setting.group == group)
    {
        push_line(
            text,
            &format!("  {} = {}", element(setting), literal(*value)),
        );
    }
    push_line(text, "/");
}

fn element(setting: &SettingKey) -> String {
    match setting.index {
        Some(index) => format!("{}({index})", setting.key),
        None => setting.key.to_owned(),
    }
}

fn literal(value: Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Logical(true) => ".true.".to_owned(),
        Value::Logical(false) => ".false.".to_owned(),
        Value::Word(word) => format!("'{word}'"),
    }
}

fn write_k_points(text: &mut String, k_points: &KPoints) {
    match k_points {
        KPoints::Gamma => push_line(text, "K_POINTS gamma"),
        KPoints::Automatic {
            grid: [a, b, c],
            shifted,
        } => {
            let [x, y, z] = shifted.map(u8::from);
            push_line(text, "K_POINTS automatic");
            push_line(text, &format!("{a} {b} {c} {x} {y} {z}"));
        }
        KPoints::List { unit, points } => {
            let unit = match unit {
                KPointUnit::Tpiba => "tpiba",
                KPointUnit::Crystal => "crystal",
            };
            push_line(text, &format!("K_POINTS {unit}\n{}", points.len()));
            for point in points {
                push_line(
                    text,
                    &format!("{} {:?}", numbers(&point.coordinates), point.weight),
                );
            }
        }
    }
}

fn position_unit(unit: PositionUnit) -> &'static str {
    match unit {
        PositionUnit::Alat => "alat",
        PositionUnit::Bohr => "bohr",
        PositionUnit::Angstrom => "angstrom",
        PositionUnit::Crystal => "crystal",
    }
}

fn cell_unit(unit: CellUnit) -> &'static str {
    match unit {
        CellUnit::Unnamed => "",
        CellUnit::Alat => " alat",
        CellUnit::Bohr => " bohr",
        CellUnit::Angstrom => " angstrom",
    }
}

/// Three numbers in the shortest form that reads back as the same numbers.
fn numbers([x, y, z]: &[f64; 3]) -> String {
    format!("{x:?} {y:?} {z:?}")
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}
