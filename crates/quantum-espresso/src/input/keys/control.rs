//! The keys of `&CONTROL`.

use super::{
    KeyRule, Shape, Treatment, above_zero_to, between, dropped, integer, logical, real, refused,
    set_by_service,
};

const ELECTRIC_FIELD: &str = "electric fields and Berry phases are not offered";
const DIPOLE_OR_GATE: &str = "dipole corrections and gates are not offered";
const CONSTANT_POTENTIAL: &str = "FCP and ESM are not offered";

pub(super) const RULES: &[KeyRule] = &[
    KeyRule {
        key: "calculation",
        shape: Shape::Scalar,
        treatment: Treatment::FixedWord {
            only: "relax",
            refusal: "only calculation = 'relax' is offered: change it or leave the key out",
        },
    },
    set_by_service("prefix"),
    set_by_service("outdir"),
    set_by_service("pseudo_dir"),
    set_by_service("restart_mode"),
    set_by_service("max_seconds"),
    set_by_service("tprnfor"),
    set_by_service("disk_io"),
    set_by_service("verbosity"),
    dropped("wfcdir"),
    dropped("title"),
    integer("nstep", 1, |limits| limits.ionic_steps),
    real("etot_conv_thr", |_| above_zero_to(1.0)),
    real("forc_conv_thr", |_| above_zero_to(1.0)),
    integer("iprint", 1, |_| 1_000_000),
    real("dt", |_| between(0.0, 1e6)),
    logical("tstress"),
    logical("wf_collect"),
    refused("tefield", ELECTRIC_FIELD),
    refused("lelfield", ELECTRIC_FIELD),
    refused("lberry", ELECTRIC_FIELD),
    refused("lorbm", ELECTRIC_FIELD),
    refused("gdir", ELECTRIC_FIELD),
    refused("nppstr", ELECTRIC_FIELD),
    refused("nberrycyc", ELECTRIC_FIELD),
    refused("dipfield", DIPOLE_OR_GATE),
    refused("gate", DIPOLE_OR_GATE),
    refused("lfcp", CONSTANT_POTENTIAL),
    refused("lfcpopt", CONSTANT_POTENTIAL),
    refused("lfcpdyn", CONSTANT_POTENTIAL),
];
