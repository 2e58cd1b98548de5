//! Hostile and mistaken inputs are refused, each with the key, card or line that is at fault.

use gantry_quantum_espresso::{
    FAULT_LIMIT, INPUT_LIMIT_BYTES, InputFault, InputLimits, RelaxInput,
};

const HYDROGEN: &str = include_str!("../inputs/h2_relax.in");

fn faults(text: &str) -> Vec<InputFault> {
    RelaxInput::parse(text, &InputLimits::default())
        .expect_err("the input must be refused")
        .into_faults()
}

/// The example with one piece replaced is refused at exactly `path`.
fn assert_refused(original: &str, replacement: &str, path: &str) -> String {
    assert!(HYDROGEN.contains(original), "the example has {original}");
    let faults = faults(&HYDROGEN.replacen(original, replacement, 1));
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, [path], "{replacement}: {faults:?}");
    faults[0].message.clone()
}

/// The example with `line` added to a namelist is refused at exactly `path`.
fn assert_key_refused(namelist: &str, line: &str, path: &str) -> String {
    let opening = format!("&{namelist}\n");
    assert_refused(&opening, &format!("{opening}  {line}\n"), path)
}

#[test]
fn a_key_given_twice_is_refused_because_programs_differ_on_which_one_counts() {
    assert_key_refused("SYSTEM", "ecutwfc = 20", "system.ecutwfc");
    assert_key_refused("SYSTEM", "ECUTWFC = 40.0", "system.ecutwfc");
    assert_key_refused("CONTROL", "outdir = '/etc'", "control.outdir");
    let species = "starting_magnetization(1) = 0.1, starting_magnetization";
    let path = "system.starting_magnetization(1)";
    assert_key_refused("SYSTEM", &format!("{species}(1) = 0.2"), path);
    assert_key_refused("SYSTEM", &format!("{species} = 0.2"), path);
}

#[test]
fn a_value_that_climbs_out_of_the_folder_is_refused_although_it_would_have_no_effect() {
    assert_refused(
        "prefix        = 'job'",
        "prefix = '../../x'",
        "control.prefix",
    );
    assert_refused(
        "outdir        = './scratch'",
        "outdir = 'a/../..'",
        "control.outdir",
    );
    assert_key_refused("CONTROL", "wfcdir = '../up'", "control.wfcdir");
}

#[test]
fn a_namelist_given_twice_is_refused() {
    assert_refused("&SYSTEM", "&CONTROL\n/\n&SYSTEM", "&CONTROL");
    assert_refused(
        "K_POINTS gamma",
        "K_POINTS gamma\n&control\n outdir='/etc'\n/",
        "&CONTROL",
    );
}

#[test]
fn a_card_given_twice_is_refused() {
    assert_refused(
        "K_POINTS gamma",
        "K_POINTS gamma\nK_POINTS gamma",
        "K_POINTS",
    );
    assert_refused(
        "K_POINTS gamma",
        "K_POINTS gamma\natomic_species\nH 1 x.UPF",
        "ATOMIC_SPECIES",
    );
}

#[test]
fn unknown_keys_namelists_and_cards_are_refused() {
    assert_key_refused("CONTROL", "run_command = 'x'", "control.run_command");
    assert_key_refused(
        "SYSTEM",
        "starting_ns_eigenvalue(1,1,1) = 1",
        "system.starting_ns_eigenvalue",
    );
    assert_refused("&IONS\n/", "&IONS\n/\n&FCP\n/", "&FCP");
    assert_refused(
        "&IONS\n/",
        "&IONS\n/\n&CELL\n cell_dofree='all'\n/",
        "&CELL",
    );
    assert_refused(
        "K_POINTS gamma",
        "K_POINTS gamma\nOCCUPATIONS\n1.0 1.0",
        "OCCUPATIONS",
    );
    assert_refused(
        "K_POINTS gamma",
        "K_POINTS gamma\nCONSTRAINTS\n1",
        "CONSTRAINTS",
    );
    assert_refused("K_POINTS gamma", "K_POINTS gamma\nSURPRISE\n1", "SURPRISE");
    assert_refused("&CONTROL", "a line of text\n&CONTROL", "line 1");
}

#[test]
fn other_calculations_are_refused() {
    for other in ["scf", "vc-relax", "md", "nscf", "bands", "relax; rm"] {
        let message = assert_refused("'relax'", &format!("'{other}'"), "control.calculation");
        assert!(message.contains("'relax'"), "{message}");
    }
    assert_key_refused("IONS", "ion_dynamics = 'damp'", "ions.ion_dynamics");
}

#[test]
fn features_that_are_not_offered_are_refused() {
    for key in [
        "tefield", "lelfield", "lberry", "dipfield", "gate", "lfcpopt",
    ] {
        assert_key_refused(
            "CONTROL",
            &format!("{key} = .true."),
            &format!("control.{key}"),
        );
    }
    assert_key_refused("SYSTEM", "edir = 3", "system.edir");
    assert_key_refused("SYSTEM", "esm_bc = 'bc1'", "system.esm_bc");
    assert_key_refused(
        "SYSTEM",
        "assume_isolated = 'esm'",
        "system.assume_isolated",
    );
    assert_key_refused("SYSTEM", "exx_fraction = 0.25", "system.exx_fraction");
    assert_key_refused("SYSTEM", "nqx1 = 64", "system.nqx1");
    assert_key_refused("ELECTRONS", "efield_cart(1) = 0.1", "electrons.efield_cart");
    for functional in ["hse", "pbe0", "b3lyp", "vdw-df", "vdw-df2", "rvv10"] {
        let line = format!("input_dft = '{functional}'");
        assert_key_refused("SYSTEM", &line, "system.input_dft");
    }
}

#[test]
fn pseudopotential_names_that_leave_their_folder_are_refused() {
    for name in [
        "../x.UPF",
        "/etc/passwd",
        "..",
        ".",
        "a/b",
        "a\\b",
        "H$(id).UPF",
        "H;x",
        "Hé.UPF",
    ] {
        assert_refused("H.pbe-kjpaw.UPF", name, "ATOMIC_SPECIES line 22");
    }
    assert_refused("H.pbe-kjpaw.UPF", &"x".repeat(81), "ATOMIC_SPECIES line 22");
}

#[test]
fn steps_and_iterations_beyond_their_limits_are_refused() {
    for steps in ["501", "2000000000", "99999999999999999999", "0", "-1"] {
        assert_refused("= 50\n", &format!("= {steps}\n"), "control.nstep");
    }
    assert_key_refused(
        "ELECTRONS",
        "electron_maxstep = 501",
        "electrons.electron_maxstep",
    );
    assert_key_refused("ELECTRONS", "mixing_ndim = 100000", "electrons.mixing_ndim");
    assert_key_refused(
        "ELECTRONS",
        "diago_david_ndim = 100000",
        "electrons.diago_david_ndim",
    );
}

#[test]
fn sizes_beyond_their_limits_are_refused() {
    assert_refused("nat=2,", "nat=20000000,", "system.nat");
    assert_refused("ntyp=1", "ntyp=11", "system.ntyp");
    assert_refused("ecutwfc=40.0", "ecutwfc=1d9", "system.ecutwfc");
    assert_refused("ecutrho=240.0", "ecutrho=1d9", "system.ecutrho");
    assert_refused("ecutrho=240.0", "ecutrho=30", "system.ecutrho");
    assert_key_refused("SYSTEM", "nbnd = 1000000000", "system.nbnd");
    assert_key_refused("SYSTEM", "nr2 = 100000", "system.nr2");
    assert_key_refused("SYSTEM", "nr1 = 900, nr2 = 900, nr3 = 900", "system.nr1");
    assert_key_refused(
        "SYSTEM",
        "nr1s = 900, nr2s = 900, nr3s = 900",
        "system.nr1s",
    );
    assert_key_refused("SYSTEM", "tot_charge = -1e9", "system.tot_charge");
    assert_key_refused(
        "SYSTEM",
        "tot_magnetization = 1e9",
        "system.tot_magnetization",
    );
}

#[test]
fn a_cell_too_large_for_its_cutoff_is_refused() {
    let message = assert_refused("8.0 0.0 0.0", "9000.0 0.0 0.0", "CELL_PARAMETERS");
    assert!(message.contains("ecutrho"), "{message}");
    let vectors = &HYDROGEN[HYDROGEN.find("CELL_PARAMETERS").expect("a card")..];
    let vectors = &vectors[..vectors.find("ATOMIC_POSITIONS").expect("a card")];
    let without_card = HYDROGEN.replace(vectors, "");
    for (lattice, path) in [
        ("ibrav=1, celldm(1)=1d5", "system.celldm(1)"),
        ("ibrav=1, A=1d5", "system.A"),
        ("ibrav=6, celldm(1)=0.01, celldm(3)=1d6", "system.celldm(1)"),
        (
            "ibrav=14, celldm=500,1,1,0.9999999,0.9999999,0.9999999",
            "system.celldm(1)",
        ),
    ] {
        let faults = faults(&without_card.replace("ibrav=0", lattice));
        assert_eq!(faults[0].path, path, "{lattice}: {faults:?}");
    }
}

#[test]
fn k_points_beyond_their_limit_are_refused() {
    let automatic = |grid: &str| format!("K_POINTS automatic\n{grid} 0 0 0");
    for grid in [
        "34 34 34",
        "4294967295 4294967295 4294967295",
        "99999999999 1 1",
        "0 1 1",
    ] {
        assert_refused("K_POINTS gamma", &automatic(grid), "K_POINTS line 31");
    }
    assert_refused(
        "K_POINTS gamma",
        "K_POINTS tpiba\n1000000\n0 0 0 1",
        "K_POINTS line 31",
    );
    assert_refused(
        "K_POINTS gamma",
        "K_POINTS tpiba\n2\n0 0 0 1",
        "K_POINTS line 31",
    );
    assert_refused(
        "K_POINTS gamma",
        "K_POINTS crystal\n1\n0 0 0",
        "K_POINTS line 32",
    );
    assert_refused("K_POINTS gamma", "K_POINTS tpiba_b\n1\n0 0 0 1", "K_POINTS");
    assert_refused(
        "K_POINTS gamma",
        "K_POINTS gamma\n1 1 1 0 0 0",
        "K_POINTS line 31",
    );
}

#[test]
fn numbers_that_are_not_finite_or_not_numbers_are_refused() {
    for number in [
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1d999",
        "2*5",
        "1/3",
        "1..0",
        "0x10",
        "40,0",
    ] {
        assert_refused(
            "ecutwfc=40.0",
            &format!("ecutwfc={number}"),
            "system.ecutwfc",
        );
    }
    for number in ["nan", "inf", "1e999", "sqrt(3)", "1/3"] {
        assert_refused(
            "0.0 0.0 0.80",
            &format!("0.0 {number} 0.80"),
            "ATOMIC_POSITIONS line 29",
        );
    }
    assert_refused("1.00794", "nan", "ATOMIC_SPECIES line 22");
    assert_refused("1.00794", "-1", "ATOMIC_SPECIES line 22");
    assert_refused("0.0 0.0 0.80", "0.0 0.0 1e9", "ATOMIC_POSITIONS line 29");
    assert_refused("nat=2,", "nat=2.0,", "system.nat");
}

#[test]
fn strings_that_are_not_plain_are_refused() {
    assert_key_refused("CONTROL", "title = 'Wasserstoff für alle'", "control.title");
    assert_key_refused("CONTROL", "title = 'a\tb'", "control.title");
    assert_key_refused("CONTROL", "title = 'a\0b'", "control.title");
    assert_key_refused("CONTROL", "wfcdir = 'not closed", "control.wfcdir");
    assert_key_refused("SYSTEM", "smearing = mv", "system.smearing");
    assert_key_refused("SYSTEM", "nosym = 'T'", "system.nosym");
    assert_key_refused(
        "SYSTEM",
        "U_projection_type = 'file'",
        "system.U_projection_type",
    );
}

#[test]
fn what_contradicts_itself_is_refused() {
    assert_refused("nat=2,", "nat=3,", "system.nat");
    assert_refused("ntyp=1", "ntyp=2", "system.ntyp");
    assert_refused(
        "H 0.0 0.0 0.80",
        "O 0.0 0.0 0.80",
        "ATOMIC_POSITIONS line 29",
    );
    assert_refused("ibrav=0", "ibrav=1", "CELL_PARAMETERS");
    let other_lattice = include_str!("inputs/magnesium.in").replace("ibrav = 1", "ibrav = 77");
    assert_eq!(faults(&other_lattice)[0].path, "system.ibrav");
    assert_refused("0.0 8.0 0.0", "8.0 0.0 0.0", "CELL_PARAMETERS");
    assert_key_refused("SYSTEM", "A = 8.0", "CELL_PARAMETERS");
    assert_key_refused("SYSTEM", "A = 8.0, celldm(1) = 5", "system.A");
    assert_key_refused(
        "SYSTEM",
        "starting_magnetization(2) = 0.5",
        "system.starting_magnetization(2)",
    );
}

#[test]
fn missing_parts_are_named() {
    let paths: Vec<String> = faults("").into_iter().map(|fault| fault.path).collect();
    assert_eq!(
        paths,
        [
            "ATOMIC_SPECIES",
            "ATOMIC_POSITIONS",
            "K_POINTS",
            "system.ibrav",
            "system.nat",
            "system.ntyp",
            "system.ecutwfc"
        ]
    );
    assert_refused("ecutwfc=40.0,", "", "system.ecutwfc");
    let unclosed = faults(&HYDROGEN.replace("&IONS\n/", "&IONS"));
    assert!(unclosed[0].message.contains("not closed"), "{unclosed:?}");
}

#[test]
fn all_faults_are_reported_up_to_a_limit() {
    let text = HYDROGEN
        .replace("nat=2,", "nat=0,")
        .replace("ecutwfc=40.0", "ecutwfc=x");
    let paths: Vec<String> = faults(&text).into_iter().map(|fault| fault.path).collect();
    assert_eq!(paths, ["system.nat", "system.ecutwfc"]);
    let many = HYDROGEN.replace(
        "&SYSTEM\n",
        &format!("&SYSTEM\n{}", "surprise = 1\n".repeat(500)),
    );
    assert_eq!(faults(&many).len(), FAULT_LIMIT);
}

#[test]
fn a_text_beyond_its_limit_is_refused_without_reading_it() {
    let text = format!("{HYDROGEN}{}", " ".repeat(INPUT_LIMIT_BYTES));
    assert_eq!(faults(&text)[0].path, "input");
}

#[test]
fn messages_never_repeat_more_than_a_piece_of_the_text() {
    let text = HYDROGEN.replace("40.0", &"9".repeat(100_000));
    assert!(faults(&text)[0].message.len() < 200);
    let text = HYDROGEN.replace("&SYSTEM", &format!("&{}", "x".repeat(100_000)));
    assert!(
        faults(&text)
            .iter()
            .all(|fault| fault.path.len() + fault.message.len() < 300)
    );
}
