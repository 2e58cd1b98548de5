//! Whatever the text, reading it ends without a panic, and what is emitted reads back as the same.

use gantry_quantum_espresso::{FAULT_LIMIT, InputLimits, RelaxInput, RunSettings, StartMode};
use proptest::prelude::*;

const INPUTS: [&str; 10] = [
    include_str!("../inputs/h2_relax.in"),
    include_str!("../inputs/o2_falseconv_relax.in"),
    include_str!("../inputs/si2_relax.in"),
    include_str!("../inputs/al001_slab_fixed_relax.in"),
    include_str!("inputs/silicon_crystal.in"),
    include_str!("inputs/lithium_smearing.in"),
    include_str!("inputs/magnesium_hexagonal.in"),
    include_str!("inputs/hydrogen_spelling.in"),
    include_str!("inputs/aluminium_arsenide.in"),
    include_str!("inputs/magnesium.in"),
];

fn emit(input: &RelaxInput) -> String {
    let run = RunSettings {
        pseudo_dir: "/pseudo".to_owned(),
        outdir: "./scratch".to_owned(),
        prefix: "job".to_owned(),
        start: StartMode::FromScratch,
        max_seconds: None,
    };
    input.emit(&run).expect("the settings are plain")
}

/// An accepted text is emitted in a form that reads back as the same and is emitted unchanged.
fn check(text: &str) {
    match RelaxInput::parse(text, &InputLimits::default()) {
        Ok(input) => {
            let emitted = emit(&input);
            assert!(emitted.is_ascii() && emitted.lines().all(|line| line.len() <= 320));
            let again = RelaxInput::parse(&emitted, &InputLimits::default()).expect("emitted text");
            assert_eq!(again.structure(), input.structure());
            assert_eq!(emit(&again), emitted);
        }
        Err(faults) => assert!((1..=FAULT_LIMIT).contains(&faults.faults().len())),
    }
}

fn mutated_input() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,6}",
        "[ \\t\\r\\n,=/!&'\"().*+-]{0,4}",
        "[0-9.eEdD+-]{1,8}",
        Just("&CONTROL\n outdir='/etc'\n/\n".to_owned()),
        Just("celldm(2) = 1.5\n".to_owned()),
        Just("K_POINTS crystal\n".to_owned()),
    ];
    let edit = (any::<prop::sample::Index>(), 0..20usize, piece);
    (
        prop::sample::select(&INPUTS[..]),
        prop::collection::vec(edit, 1..4),
    )
        .prop_map(|(original, edits)| {
            edits
                .into_iter()
                .fold(original.to_owned(), |text, (place, removed, piece)| {
                    let start = text.floor_char_boundary(place.index(text.len() + 1));
                    let end = text.ceil_char_boundary((start + removed).min(text.len()));
                    format!("{}{piece}{}", &text[..start], &text[end..])
                })
        })
}

#[test]
fn every_known_input_survives_the_round_trip() {
    for text in INPUTS {
        assert!(RelaxInput::parse(text, &InputLimits::default()).is_ok());
        check(text);
    }
}

#[test]
fn long_runs_of_one_piece_are_read_in_one_pass() {
    for piece in [
        "&",
        "&a ",
        "a=",
        "a=1 ",
        "a(",
        "'",
        "!",
        "\n",
        ",",
        "a=b ! c\n",
        "=",
        "H 0 0 0\n",
    ] {
        let text = piece.repeat(250_000 / piece.len());
        check(&text);
        check(&format!("&SYSTEM {text}"));
        check(&format!("&SYSTEM nat={text}"));
        check(&format!("ATOMIC_POSITIONS bohr\n{text}"));
    }
}

proptest! {
    #[test]
    fn arbitrary_text_is_read_or_refused(text in "(?s).{0,300}") {
        check(&text);
    }

    #[test]
    fn text_of_the_right_words_is_read_or_refused(
        text in "(&(CONTROL|SYSTEM|IONS|CELL)|K_POINTS|ATOMIC_POSITIONS|nat|celldm|[(]|[)]|=|,|1|'a'|/|\n| ){0,60}"
    ) {
        check(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn mutated_inputs_are_read_or_refused(text in mutated_input()) {
        check(&text);
    }

    #[test]
    fn any_finite_coordinate_survives_the_round_trip(
        x in -1e3..1e3f64, y in prop::num::f64::SUBNORMAL, z in -1e-9..1e-9f64
    ) {
        let text = INPUTS[0].replace("0.0 0.0 0.80", &format!("{x:e} {y:e} {z:e}"));
        let input = RelaxInput::parse(&text, &InputLimits::default()).expect("accepted");
        prop_assert_eq!(input.structure().atoms[1].position_angstrom, [x, y, z]);
        check(&text);
    }
}
