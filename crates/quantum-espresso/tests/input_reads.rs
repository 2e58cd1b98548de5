//! Inputs are read by Fortran's rules, whatever their spelling, into one structure.

use gantry_quantum_espresso::{
    InputLimits, KPointUnit, KPoints, RelaxInput, RunSettings, StartMode,
};

fn parse(text: &str) -> RelaxInput {
    match RelaxInput::parse(text, &InputLimits::default()) {
        Ok(input) => input,
        Err(faults) => panic!("{faults}"),
    }
}

fn emit(input: &RelaxInput) -> String {
    let run = RunSettings {
        pseudo_dir: "/pseudo".to_owned(),
        outdir: "/scratch/of/this/job".to_owned(),
        prefix: "job".to_owned(),
        start: StartMode::FromScratch,
        max_seconds: Some(3600),
    };
    input.emit(&run).expect("the settings are plain")
}

fn assert_near(found: [f64; 3], expected: [f64; 3]) {
    for (found, expected) in found.into_iter().zip(expected) {
        assert!(
            (found - expected).abs() < 1e-5,
            "{found} instead of {expected}"
        );
    }
}

#[test]
fn the_main_example_reads_as_written() {
    let input = parse(gantry_quantum_espresso::H2_RELAX_INPUT);
    insta::assert_json_snapshot!(input.structure());
    insta::assert_snapshot!(emit(&input));
    assert_eq!(
        input.pseudopotentials().collect::<Vec<_>>(),
        ["H.pbe-kjpaw.UPF"]
    );
    assert_eq!(
        (
            input.thresholds().energy_ry,
            input.thresholds().force_ry_bohr
        ),
        (1e-5, 1e-4)
    );
}

#[test]
fn thresholds_default_to_those_of_quantum_espresso() {
    let input = parse(include_str!("inputs/magnesium.in"));
    assert_eq!(
        (
            input.thresholds().energy_ry,
            input.thresholds().force_ry_bohr
        ),
        (1e-4, 1e-3)
    );
}

#[test]
fn spelling_spacing_and_line_ends_do_not_matter() {
    let structure = parse(include_str!("inputs/hydrogen_spelling.in"))
        .structure()
        .clone();
    let [a, b, c] = structure.cell_angstrom;
    assert_near([a[0], b[1], c[2]], [5.0, 5.0, 6.0]);
    assert_eq!(structure.atoms[1].symbol, "H1");
    assert_near(
        structure.atoms[1].position_angstrom,
        [0.0, 0.0, 1.4 * 0.529_177_21],
    );
    assert_eq!(structure.k_points, KPoints::Gamma);
    insta::assert_snapshot!(emit(&parse(include_str!("inputs/hydrogen_spelling.in"))));
}

#[test]
fn crystal_coordinates_and_listed_k_points_are_understood() {
    let structure = parse(include_str!("inputs/silicon_crystal.in"))
        .structure()
        .clone();
    let lattice_parameter = 10.20 * 0.529_177_21;
    // 0.26 a1 + 0.24 a2 + 0.25 a3 of the face-centred lattice.
    let expected = [-0.255, 0.245, 0.25].map(|part| part * lattice_parameter);
    assert_near(structure.atoms[1].position_angstrom, expected);
    assert_eq!(structure.atoms[0].fixed, [true; 3]);
    let KPoints::List { unit, points } = structure.k_points else {
        panic!("{:?}", structure.k_points);
    };
    assert_eq!(
        (unit, points.len(), points[1].weight),
        (KPointUnit::Crystal, 2, 3.0)
    );
}

#[test]
fn fixed_axes_are_kept_one_by_one() {
    let structure = parse(include_str!("inputs/magnesium_hexagonal.in"))
        .structure()
        .clone();
    assert_eq!(structure.atoms[1].fixed, [true, true, false]);
    let a = 6.05 * 0.529_177_21;
    assert_near(
        structure.cell_angstrom[1],
        [-a / 2.0, a * 3f64.sqrt() / 2.0, 0.0],
    );
    assert_near(
        structure.atoms[1].position_angstrom,
        [0.0, 0.57735 * a, 0.80 * a],
    );
    let grid = KPoints::Automatic {
        grid: [2, 2, 1],
        shifted: [false; 3],
    };
    assert_eq!(structure.k_points, grid);
}

#[test]
fn several_assignments_share_a_line() {
    let structure = parse(include_str!("inputs/lithium_smearing.in"))
        .structure()
        .clone();
    assert!((structure.volume_cubic_angstrom - 3.44f64.powi(3) / 2.0).abs() < 1e-9);
    assert!(matches!(
        structure.k_points,
        KPoints::List {
            unit: KPointUnit::Tpiba,
            ..
        }
    ));
}

#[test]
fn species_keep_their_masses_and_pseudopotentials() {
    let structure = parse(include_str!("inputs/aluminium_arsenide.in"))
        .structure()
        .clone();
    let species: Vec<_> = structure
        .species
        .iter()
        .map(|species| {
            (
                species.symbol.as_str(),
                species.mass_amu,
                species.pseudopotential.as_str(),
            )
        })
        .collect();
    assert_eq!(
        species,
        [
            ("Al", 26.98, "Al.pz-vbc.UPF"),
            ("As", 74.92, "As.pz-bhs.UPF")
        ]
    );
}

#[test]
fn keys_of_the_service_are_set_by_the_service_whatever_the_user_wrote() {
    let text = include_str!("../inputs/h2_relax.in")
        .replace("'job'", "'mine'")
        .replace("'./scratch'", "'/etc'")
        .replace("'/usr/share/espresso/pseudo'", "'/home/user'")
        .replace("'low'", "'high'")
        .replace(
            ".true.",
            ".false., wfcdir = '/var', title = 'Hello', max_seconds = 1e9",
        );
    let input = parse(&text);
    let emitted = emit(&input);
    for hostile in [
        "mine", "/etc", "/home", "/var", "'high'", ".false.", "1e9", "Hello",
    ] {
        assert!(!emitted.contains(hostile), "{hostile} in\n{emitted}");
    }
    assert!(
        emitted.contains("outdir = '/scratch/of/this/job'"),
        "{emitted}"
    );
    let paths: Vec<&str> = input
        .set_aside()
        .iter()
        .map(|key| key.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "control.prefix",
            "control.outdir",
            "control.pseudo_dir",
            "control.tprnfor",
            "control.wfcdir",
            "control.title",
            "control.max_seconds",
            "control.disk_io"
        ]
    );
}

#[test]
fn keys_without_effect_are_dropped() {
    let text = include_str!("../inputs/h2_relax.in").replace(
        "conv_thr=1.0d-9",
        "conv_thr=1.0d-9, startingpot='file', startingwfc='file', scf_must_converge=.false.",
    );
    let emitted = emit(&parse(&text));
    assert!(
        !emitted.contains("starting") && !emitted.contains("must_converge"),
        "{emitted}"
    );
}

#[test]
fn settings_that_do_not_fit_a_fortran_string_are_refused() {
    let input = parse(gantry_quantum_espresso::H2_RELAX_INPUT);
    let plain = RunSettings {
        pseudo_dir: "/pseudo".to_owned(),
        outdir: "/scratch".to_owned(),
        prefix: "job".to_owned(),
        start: StartMode::Restart,
        max_seconds: None,
    };
    assert!(
        input
            .emit(&plain)
            .expect("plain")
            .contains("restart_mode = 'restart'")
    );
    for folder in ["", "it's", "ü", "a\nb", &"x".repeat(257)] {
        let run = RunSettings {
            outdir: folder.to_owned(),
            ..plain.clone()
        };
        assert_eq!(input.emit(&run).expect_err("not plain").setting, "outdir");
    }
}
