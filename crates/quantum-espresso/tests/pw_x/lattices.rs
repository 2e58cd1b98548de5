//! Every Bravais lattice, as read here, is the one that the real `pw.x` builds.

use gantry_quantum_espresso::ResultDocument;

use crate::process;

/// One magnesium atom in the given lattice.
fn input(lattice: &str) -> String {
    include_str!("../inputs/magnesium.in").replace("ibrav = 1, A = 5.0", lattice)
}

fn assert_same_cell(lattice: &str) {
    let run = process::run(&input(lattice));
    let text = run.result_file.as_deref();
    let text = text.unwrap_or_else(|| {
        let (exit, output, error) = (run.exit, &run.standard_output, &run.standard_error);
        panic!("{lattice} ended with {exit:?}\n{output}\n{error}")
    });
    let built = ResultDocument::read(text)
        .expect("a complete result")
        .cell_angstrom;
    let read = run.input.structure().cell_angstrom;
    for (built, read) in built.as_flattened().iter().zip(read.as_flattened()) {
        assert!((built - read).abs() < 1e-9, "{lattice}: {built} and {read}");
    }
}

#[test]
fn cubic_lattices_agree() {
    for ibrav in [1, 2, 3, -3] {
        assert_same_cell(&format!("ibrav = {ibrav}, celldm(1) = 9.5"));
        assert_same_cell(&format!("ibrav = {ibrav}, A = 5.1"));
    }
}

#[test]
fn hexagonal_and_tetragonal_lattices_agree() {
    for ibrav in [4, 6, 7] {
        assert_same_cell(&format!(
            "ibrav = {ibrav}, celldm(1) = 7.5, celldm(3) = 1.3"
        ));
        assert_same_cell(&format!("ibrav = {ibrav}, A = 4.0, C = 5.2"));
    }
}

#[test]
fn trigonal_lattices_agree() {
    for ibrav in [5, -5] {
        assert_same_cell(&format!(
            "ibrav = {ibrav}, celldm(1) = 8.0, celldm(4) = 0.2"
        ));
        assert_same_cell(&format!("ibrav = {ibrav}, A = 4.4, cosAB = -0.1"));
    }
}

#[test]
fn orthorhombic_lattices_agree() {
    for ibrav in [8, 9, -9, 91, 10, 11] {
        let celldm = "celldm(1) = 8.0, celldm(2) = 1.1, celldm(3) = 1.25";
        assert_same_cell(&format!("ibrav = {ibrav}, {celldm}"));
        assert_same_cell(&format!("ibrav = {ibrav}, A = 4.1, B = 4.6, C = 5.3"));
    }
}

#[test]
fn monoclinic_and_triclinic_lattices_agree() {
    let edges = "celldm(1) = 8.0, celldm(2) = 1.1, celldm(3) = 1.25";
    for ibrav in [12, 13] {
        assert_same_cell(&format!("ibrav = {ibrav}, {edges}, celldm(4) = 0.15"));
        assert_same_cell(&format!(
            "ibrav = {ibrav}, A = 4.1, B = 4.6, C = 5.3, cosAB = 0.15"
        ));
    }
    for ibrav in [-12, -13] {
        assert_same_cell(&format!("ibrav = {ibrav}, {edges}, celldm(5) = 0.15"));
        assert_same_cell(&format!(
            "ibrav = {ibrav}, A = 4.1, B = 4.6, C = 5.3, cosAC = 0.15"
        ));
    }
    let cosines = "celldm(4) = 0.1, celldm(5) = 0.05, celldm(6) = 0.2";
    assert_same_cell(&format!("ibrav = 14, {edges}, {cosines}"));
    let cosines = "cosBC = 0.1, cosAC = 0.05, cosAB = 0.2";
    assert_same_cell(&format!("ibrav = 14, A = 4.1, B = 4.6, C = 5.3, {cosines}"));
}

#[test]
fn cells_given_as_vectors_agree_in_every_unit() {
    let vectors = |scale: f64| {
        format!(
            "{scale} 0 0\n0 {} {}\n0 0 {}\n",
            1.1 * scale,
            0.1 * scale,
            1.2 * scale
        )
    };
    for (lattice, unit, scale) in [
        ("ibrav = 0", "angstrom", 4.5),
        ("ibrav = 0", "bohr", 8.5),
        ("ibrav = 0", "", 8.5),
        ("ibrav = 0, celldm(1) = 8.5", "alat", 1.0),
        ("ibrav = 0, celldm(1) = 8.5", "", 1.0),
        ("ibrav = 0, A = 4.5", "{ alat }", 1.0),
    ] {
        let card = format!(
            "ntyp = 1, ecutwfc = 12\n/\nCELL_PARAMETERS {unit}\n{}",
            vectors(scale)
        );
        let text = input(lattice).replace("ntyp = 1, ecutwfc = 12\n/", &card);
        let run = process::run(&text);
        let built = ResultDocument::read(run.result_file.as_deref().expect(unit)).expect(unit);
        let read = run.input.structure().cell_angstrom;
        for (built, read) in built
            .cell_angstrom
            .as_flattened()
            .iter()
            .zip(read.as_flattened())
        {
            assert!(
                (built - read).abs() < 1e-9,
                "{lattice} {unit}: {built} and {read}"
            );
        }
    }
}
