//! The keys of `&IONS`.

use super::{KeyRule, Shape, Treatment, above_zero_to, integer, logical, real, word};

pub(super) const RULES: &[KeyRule] = &[
    KeyRule {
        key: "ion_dynamics",
        shape: Shape::Scalar,
        treatment: Treatment::FixedWord {
            only: "bfgs",
            refusal: "only ion_dynamics = 'bfgs' is offered: change it or leave the key out",
        },
    },
    word("ion_positions", &["default"]),
    word(
        "pot_extrapolation",
        &["none", "atomic", "first_order", "second_order"],
    ),
    word(
        "wfc_extrapolation",
        &["none", "first_order", "second_order"],
    ),
    logical("remove_rigid_rot"),
    real("upscale", |_| above_zero_to(1e6)),
    integer("bfgs_ndim", 1, |_| 20),
    real("trust_radius_max", |_| above_zero_to(100.0)),
    real("trust_radius_min", |_| above_zero_to(100.0)),
    real("trust_radius_ini", |_| above_zero_to(100.0)),
    real("w_1", |_| above_zero_to(1.0)),
    real("w_2", |_| above_zero_to(1.0)),
];
