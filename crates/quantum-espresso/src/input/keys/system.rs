//! The keys of `&SYSTEM`.

use super::{
    InputLimits, KeyRule, Kind, RealRange, Shape, Treatment, above_zero_to, between, integer,
    logical, per_species, real, refused, word,
};

const ELECTRIC_FIELD: &str = "electric fields are not offered";
const DIPOLE_OR_GATE: &str = "dipole corrections and gates are not offered";
const CONSTANT_POTENTIAL: &str = "FCP and ESM are not offered";
const HYBRID: &str = "hybrid functionals are not offered";

/// The longest lattice parameter in bohr or ångström that is worth a closer look; the real-space
/// grid limit decides.
const LATTICE_PARAMETER_MOST: f64 = 1e6;

const fn lattice_length(_: &InputLimits) -> RealRange {
    between(0.0, LATTICE_PARAMETER_MOST)
}

const fn cosine(_: &InputLimits) -> RealRange {
    between(-1.0, 1.0)
}

const fn angle_degrees(_: &InputLimits) -> RealRange {
    between(-360.0, 360.0)
}

const fn grid_points(limits: &InputLimits) -> i64 {
    limits.grid_points_per_axis
}

const fn charge(limits: &InputLimits) -> RealRange {
    between(-limits.total_charge, limits.total_charge)
}

pub(super) const RULES: &[KeyRule] = &[
    integer("ibrav", -13, |_| 91),
    KeyRule {
        key: "celldm",
        shape: Shape::Array(6),
        treatment: Treatment::Kept(Kind::Real {
            range: |_| between(-1.0, LATTICE_PARAMETER_MOST),
        }),
    },
    real("A", lattice_length),
    real("B", lattice_length),
    real("C", lattice_length),
    real("cosAB", cosine),
    real("cosAC", cosine),
    real("cosBC", cosine),
    integer("nat", 1, |limits| limits.atoms),
    integer("ntyp", 1, |limits| limits.species),
    integer("nbnd", 1, |limits| limits.bands),
    real("tot_charge", charge),
    real("tot_magnetization", charge),
    per_species("starting_magnetization", |_| between(-1.0, 1.0)),
    real("ecutwfc", |limits| {
        above_zero_to(limits.wavefunction_cutoff_ry)
    }),
    real("ecutrho", |limits| above_zero_to(limits.density_cutoff_ry)),
    integer("nr1", 1, grid_points),
    integer("nr2", 1, grid_points),
    integer("nr3", 1, grid_points),
    integer("nr1s", 1, grid_points),
    integer("nr2s", 1, grid_points),
    integer("nr3s", 1, grid_points),
    logical("nosym"),
    logical("nosym_evc"),
    logical("noinv"),
    logical("no_t_rev"),
    logical("force_symmorphic"),
    logical("use_all_frac"),
    word(
        "occupations",
        &[
            "smearing",
            "tetrahedra",
            "tetrahedra_lin",
            "tetrahedra_opt",
            "fixed",
        ],
    ),
    real("degauss", |_| between(0.0, 10.0)),
    word(
        "smearing",
        &[
            "gaussian",
            "gauss",
            "methfessel-paxton",
            "m-p",
            "mp",
            "marzari-vanderbilt",
            "cold",
            "m-v",
            "mv",
            "fermi-dirac",
            "f-d",
            "fd",
        ],
    ),
    integer("nspin", 1, |_| 4),
    logical("noncolin"),
    logical("lspinorb"),
    per_species("angle1", angle_degrees),
    per_species("angle2", angle_degrees),
    word(
        "input_dft",
        &[
            "pz", "lda", "bp", "pw91", "blyp", "pbe", "revpbe", "pbesol", "wc",
        ],
    ),
    logical("lda_plus_u"),
    integer("lda_plus_u_kind", 0, |_| 0),
    per_species("Hubbard_U", |_| between(-100.0, 100.0)),
    word(
        "U_projection_type",
        &["atomic", "ortho-atomic", "norm-atomic"],
    ),
    word(
        "vdw_corr",
        &["none", "grimme-d2", "dft-d", "grimme-d3", "dft-d3"],
    ),
    integer("dftd3_version", 2, |_| 6),
    logical("dftd3_threebody"),
    word(
        "assume_isolated",
        &[
            "none",
            "makov-payne",
            "m-p",
            "mp",
            "martyna-tuckerman",
            "m-t",
            "mt",
            "2D",
        ],
    ),
    refused("edir", ELECTRIC_FIELD),
    refused("emaxpos", ELECTRIC_FIELD),
    refused("eopreg", ELECTRIC_FIELD),
    refused("eamp", ELECTRIC_FIELD),
    refused("zgate", DIPOLE_OR_GATE),
    refused("relaxz", DIPOLE_OR_GATE),
    refused("block", DIPOLE_OR_GATE),
    refused("block_1", DIPOLE_OR_GATE),
    refused("block_2", DIPOLE_OR_GATE),
    refused("block_height", DIPOLE_OR_GATE),
    refused("esm_bc", CONSTANT_POTENTIAL),
    refused("esm_w", CONSTANT_POTENTIAL),
    refused("esm_efield", CONSTANT_POTENTIAL),
    refused("esm_nfit", CONSTANT_POTENTIAL),
    refused("fcp_mu", CONSTANT_POTENTIAL),
    refused("fcp_mass", CONSTANT_POTENTIAL),
    refused("exx_fraction", HYBRID),
    refused("screening_parameter", HYBRID),
    refused("exxdiv_treatment", HYBRID),
    refused("ecutfock", HYBRID),
    refused("ecutvcut", HYBRID),
    refused("x_gamma_extrapolation", HYBRID),
    refused("ace", HYBRID),
    refused("nqx1", HYBRID),
    refused("nqx2", HYBRID),
    refused("nqx3", HYBRID),
];
