//! The lattice vectors of each Bravais lattice index, as Quantum ESPRESSO documents them for `ibrav`.

/// Three vectors, one per row.
pub(crate) type Vectors = [[f64; 3]; 3];

/// A lattice parameter that does not make a cell: its number in `celldm` and what it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LatticeFault {
    /// 1 to 6, as in `celldm(i)`; 0 when the lattice index itself does not exist.
    pub(crate) parameter: usize,
    pub(crate) requirement: &'static str,
}

/// The triclinic lattice, the one with six parameters.
const TRICLINIC: i64 = 14;

/// The vectors of lattice `ibrav` (not 0) in the unit of `celldm[0]`.
pub(crate) fn vectors(ibrav: i64, celldm: &[f64; 6]) -> Result<Vectors, LatticeFault> {
    check(ibrav, celldm)?;
    let [a, b_ratio, c_ratio, cosine_4, cosine_5, cosine_6] = *celldm;
    let (b, c, half) = (a * b_ratio, a * c_ratio, a / 2.0);
    Ok(match ibrav {
        1 => [[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]],
        2 => [[-half, 0.0, half], [0.0, half, half], [-half, half, 0.0]],
        3 => [
            [half, half, half],
            [-half, half, half],
            [-half, -half, half],
        ],
        -3 => [
            [-half, half, half],
            [half, -half, half],
            [half, half, -half],
        ],
        4 => [
            [a, 0.0, 0.0],
            [-half, half * 3f64.sqrt(), 0.0],
            [0.0, 0.0, c],
        ],
        5 | -5 => trigonal(ibrav, a, cosine_4),
        6 => [[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, c]],
        7 => [
            [half, -half, c / 2.0],
            [half, half, c / 2.0],
            [-half, -half, c / 2.0],
        ],
        8 => [[a, 0.0, 0.0], [0.0, b, 0.0], [0.0, 0.0, c]],
        9 => [[half, b / 2.0, 0.0], [-half, b / 2.0, 0.0], [0.0, 0.0, c]],
        -9 => [[half, -b / 2.0, 0.0], [half, b / 2.0, 0.0], [0.0, 0.0, c]],
        91 => [
            [a, 0.0, 0.0],
            [0.0, b / 2.0, -c / 2.0],
            [0.0, b / 2.0, c / 2.0],
        ],
        10 => [
            [half, 0.0, c / 2.0],
            [half, b / 2.0, 0.0],
            [0.0, b / 2.0, c / 2.0],
        ],
        11 => [
            [half, b / 2.0, c / 2.0],
            [-half, b / 2.0, c / 2.0],
            [-half, -b / 2.0, c / 2.0],
        ],
        12 => [
            [a, 0.0, 0.0],
            [b * cosine_4, b * sine(cosine_4), 0.0],
            [0.0, 0.0, c],
        ],
        -12 => [
            [a, 0.0, 0.0],
            [0.0, b, 0.0],
            [c * cosine_5, 0.0, c * sine(cosine_5)],
        ],
        13 => [
            [half, 0.0, -c / 2.0],
            [b * cosine_4, b * sine(cosine_4), 0.0],
            [half, 0.0, c / 2.0],
        ],
        -13 => [
            [half, b / 2.0, 0.0],
            [-half, b / 2.0, 0.0],
            [c * cosine_5, 0.0, c * sine(cosine_5)],
        ],
        _ => triclinic(a, b, c, [cosine_4, cosine_5, cosine_6])?,
    })
}

/// `celldm(4)` to `celldm(6)` from the crystallographic constants cosAB, cosAC, cosBC.
pub(crate) fn celldm_cosines(ibrav: i64, cosines: [f64; 3]) -> [f64; 3] {
    let [between_ab, between_ac, between_bc] = cosines;
    match ibrav {
        TRICLINIC => [between_bc, between_ac, between_ab],
        5 | -5 | 12 | 13 => [between_ab, 0.0, 0.0],
        -12 | -13 => [0.0, between_ac, 0.0],
        _ => [0.0; 3],
    }
}

/// The key of the crystallographic constant that stands behind `celldm(parameter)`.
pub(crate) fn constant_name(ibrav: i64, parameter: usize) -> &'static str {
    match (parameter, ibrav) {
        (2, _) => "B",
        (3, _) => "C",
        (4, TRICLINIC) => "cosBC",
        (4, _) | (6, _) => "cosAB",
        (5, _) => "cosAC",
        _ => "A",
    }
}

/// The volume that three vectors span; zero when they lie in a plane.
pub(crate) fn volume(vectors: &Vectors) -> f64 {
    let [a, b, c] = vectors;
    let cross = [
        b[1] * c[2] - b[2] * c[1],
        b[2] * c[0] - b[0] * c[2],
        b[0] * c[1] - b[1] * c[0],
    ];
    (a[0] * cross[0] + a[1] * cross[1] + a[2] * cross[2]).abs()
}

/// The length of one vector.
pub(crate) fn length(vector: &[f64; 3]) -> f64 {
    vector
        .iter()
        .map(|component| component * component)
        .sum::<f64>()
        .sqrt()
}

fn check(ibrav: i64, celldm: &[f64; 6]) -> Result<(), LatticeFault> {
    let positive = |parameter: usize| {
        (celldm[parameter - 1] > 0.0)
            .then_some(())
            .ok_or(LatticeFault {
                parameter,
                requirement: "must be given and greater than zero for this ibrav",
            })
    };
    let cosine = |parameter: usize| {
        (celldm[parameter - 1].abs() < 1.0)
            .then_some(())
            .ok_or(LatticeFault {
                parameter,
                requirement: "is a cosine and must lie between -1 and 1",
            })
    };
    positive(1)?;
    match ibrav {
        1 | 2 | 3 | -3 => Ok(()),
        5 | -5 if celldm[3] > -0.5 && celldm[3] < 1.0 => Ok(()),
        5 | -5 => Err(LatticeFault {
            parameter: 4,
            requirement: "is a cosine and must lie between -0.5 and 1 for a trigonal lattice",
        }),
        4 | 6 | 7 => positive(3),
        8 | 9 | -9 | 91 | 10 | 11 => positive(2).and_then(|()| positive(3)),
        12 | 13 => positive(2)
            .and_then(|()| positive(3))
            .and_then(|()| cosine(4)),
        -12 | -13 => positive(2)
            .and_then(|()| positive(3))
            .and_then(|()| cosine(5)),
        TRICLINIC => {
            positive(2)?;
            positive(3)?;
            (4..=6).try_for_each(cosine)
        }
        _ => Err(LatticeFault {
            parameter: 0,
            requirement: "names no Bravais lattice",
        }),
    }
}

fn trigonal(ibrav: i64, a: f64, cosine: f64) -> Vectors {
    let (along, across) = ((1.0 + 2.0 * cosine).sqrt(), (1.0 - cosine).sqrt());
    if ibrav == 5 {
        let (x, y, z) = (
            a * across / 2f64.sqrt(),
            a * across / 6f64.sqrt(),
            a * along / 3f64.sqrt(),
        );
        [[x, -y, z], [0.0, 2.0 * y, z], [-x, -y, z]]
    } else {
        let (u, v) = (a * (along - 2.0 * across) / 3.0, a * (along + across) / 3.0);
        [[u, v, v], [v, u, v], [v, v, u]]
    }
}

fn triclinic(a: f64, b: f64, c: f64, cosines: [f64; 3]) -> Result<Vectors, LatticeFault> {
    let [alpha, beta, gamma] = cosines;
    let radicand = 1.0 + 2.0 * alpha * beta * gamma - alpha * alpha - beta * beta - gamma * gamma;
    if radicand <= 0.0 {
        return Err(LatticeFault {
            parameter: 4,
            requirement: "does not form a cell together with celldm(5) and celldm(6)",
        });
    }
    let sine_gamma = sine(gamma);
    Ok([
        [a, 0.0, 0.0],
        [b * gamma, b * sine_gamma, 0.0],
        [
            c * beta,
            c * (alpha - beta * gamma) / sine_gamma,
            c * radicand.sqrt() / sine_gamma,
        ],
    ])
}

fn sine(cosine: f64) -> f64 {
    (1.0 - cosine * cosine).sqrt()
}
