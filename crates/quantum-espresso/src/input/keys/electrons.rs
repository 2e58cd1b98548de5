//! The keys of `&ELECTRONS`.

use super::{KeyRule, above_zero_to, dropped, integer, logical, real, refused, word};

const ELECTRIC_FIELD: &str = "electric fields are not offered";

/// Each remembered iteration keeps a copy of the density.
const MIXING_ITERATIONS_MOST: i64 = 32;
/// The subspace of the Davidson diagonalization, in multiples of the number of states.
const DAVIDSON_SUBSPACE_MOST: i64 = 16;
const DIAGONALIZATION_ITERATIONS_MOST: i64 = 1000;

pub(super) const RULES: &[KeyRule] = &[
    integer("electron_maxstep", 1, |limits| limits.scf_iterations),
    real("conv_thr", |_| above_zero_to(1.0)),
    word("mixing_mode", &["plain", "TF", "local-TF"]),
    real("mixing_beta", |_| above_zero_to(1.0)),
    integer("mixing_ndim", 1, |_| MIXING_ITERATIONS_MOST),
    integer("mixing_fixed_ns", 0, |limits| limits.scf_iterations),
    word("diagonalization", &["david", "davidson", "cg", "ppcg"]),
    real("diago_thr_init", |_| above_zero_to(1.0)),
    integer("diago_cg_maxiter", 1, |_| DIAGONALIZATION_ITERATIONS_MOST),
    integer("diago_ppcg_maxiter", 1, |_| DIAGONALIZATION_ITERATIONS_MOST),
    integer("diago_david_ndim", 2, |_| DAVIDSON_SUBSPACE_MOST),
    logical("diago_full_acc"),
    logical("tqr"),
    logical("real_space"),
    dropped("startingpot"),
    dropped("startingwfc"),
    dropped("scf_must_converge"),
    refused("efield", ELECTRIC_FIELD),
    refused("efield_cart", ELECTRIC_FIELD),
    refused("efield_phase", ELECTRIC_FIELD),
];
