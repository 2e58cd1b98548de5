//! How large a calculation one input may ask for.

/// The longest input text that is read.
pub const INPUT_LIMIT_BYTES: usize = 256 * 1024;

/// Upper limits of what an input may ask for; an input above one is refused, never clamped.
///
/// They bound what `pw.x` allocates before it notices anything; the memory limit of the process
/// stands behind them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InputLimits {
    /// Ionic steps (`nstep`). Default 500.
    pub ionic_steps: i64,
    /// SCF iterations of one ionic step (`electron_maxstep`). Default 500.
    pub scf_iterations: i64,
    /// Atoms (`nat`). Default 200.
    pub atoms: i64,
    /// Species (`ntyp`). Default 10, all that Debian's `pw.x` is compiled for.
    pub species: i64,
    /// Wavefunction cutoff (`ecutwfc`) in Rydbergs. Default 200.
    pub wavefunction_cutoff_ry: f64,
    /// Density cutoff (`ecutrho`) in Rydbergs. Default 1,600.
    pub density_cutoff_ry: f64,
    /// Points along one axis of the real-space grid, given by `nr1` … or needed by the cell and
    /// cutoff. Default 1,000.
    pub grid_points_per_axis: i64,
    /// Points of the whole real-space grid. The grid a cell needs grows with its volume times
    /// `ecutrho`^1.5, so this bounds both together; one array takes 16 bytes per point.
    /// Default 16,000,000.
    pub grid_points: f64,
    /// k-points, listed or in the full grid. Default 4,096.
    pub k_points: u64,
    /// Electronic states (`nbnd`). Default 2,000.
    pub bands: i64,
    /// Size of `tot_charge` and `tot_magnetization`, from which `pw.x` derives the number of
    /// states. Default 200.
    pub total_charge: f64,
    /// Size of a Cartesian coordinate in ångströms. Default 10,000.
    pub coordinate_angstrom: f64,
}

impl Default for InputLimits {
    fn default() -> Self {
        Self {
            ionic_steps: 500,
            scf_iterations: 500,
            atoms: 200,
            species: 10,
            wavefunction_cutoff_ry: 200.0,
            density_cutoff_ry: 1600.0,
            grid_points_per_axis: 1000,
            grid_points: 16e6,
            k_points: 4096,
            bands: 2000,
            total_charge: 200.0,
            coordinate_angstrom: 10_000.0,
        }
    }
}
