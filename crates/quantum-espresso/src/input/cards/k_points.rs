//! Understands the `K_POINTS` card.

use super::{refuse_rows, row_path};
use crate::error::{FaultCollector, quoted};
use crate::input::InputLimits;
use crate::input::document::{Card, Row};
use crate::input::literal;
use crate::structure::{KPoint, KPointUnit, KPoints};

pub(super) fn read(
    card: &Card<'_>,
    limits: &InputLimits,
    faults: &mut FaultCollector,
) -> Option<KPoints> {
    match card.option.as_deref() {
        Some("gamma") => {
            refuse_rows(card, faults);
            Some(KPoints::Gamma)
        }
        Some("automatic") => automatic(card, limits, faults),
        None | Some("tpiba") => list(card, KPointUnit::Tpiba, limits, faults),
        Some("crystal") => list(card, KPointUnit::Crystal, limits, faults),
        Some(other) => {
            let message = format!(
                "line {}: {} is not one of: automatic, gamma, tpiba, crystal",
                card.line,
                quoted(other)
            );
            faults.add(card.kind.name(), message);
            None
        }
    }
}

fn automatic(
    card: &Card<'_>,
    limits: &InputLimits,
    faults: &mut FaultCollector,
) -> Option<KPoints> {
    let [row] = &card.rows[..] else {
        let message = format!("line {}: one row of six whole numbers is needed", card.line);
        faults.add(card.kind.name(), message);
        return None;
    };
    let path = row_path(card, row);
    let numbers: Vec<u32> = row
        .fields
        .iter()
        .filter_map(|field| whole_number(field))
        .collect();
    let (Some(grid), Some(shifts), 6, 6) = (
        numbers.first_chunk::<3>(),
        numbers.last_chunk::<3>(),
        numbers.len(),
        row.fields.len(),
    ) else {
        faults.add(
            path,
            "three divisions and three shifts are needed, all whole numbers",
        );
        return None;
    };
    let product = grid
        .iter()
        .map(|divisions| u64::from(*divisions))
        .try_fold(1, u64::checked_mul);
    if grid.contains(&0) || shifts.iter().any(|shift| *shift > 1) {
        faults.add(path, "divisions must be at least 1 and shifts 0 or 1");
        return None;
    }
    if product.is_none_or(|points| points > limits.k_points) {
        faults.add(
            path,
            format!("the grid has more than {} k-points", limits.k_points),
        );
        return None;
    }
    Some(KPoints::Automatic {
        grid: *grid,
        shifted: shifts.map(|shift| shift == 1),
    })
}

fn list(
    card: &Card<'_>,
    unit: KPointUnit,
    limits: &InputLimits,
    faults: &mut FaultCollector,
) -> Option<KPoints> {
    let Some((count_row, rows)) = card.rows.split_first() else {
        faults.add(
            card.kind.name(),
            format!("line {}: the number of k-points is missing", card.line),
        );
        return None;
    };
    let path = row_path(card, count_row);
    let count = match count_row.fields[..] {
        [field] => whole_number(field).filter(|count| *count >= 1),
        _ => None,
    };
    let Some(count) = count else {
        faults.add(
            path,
            "the number of k-points must stand alone and be at least 1",
        );
        return None;
    };
    if u64::from(count) > limits.k_points {
        faults.add(
            path,
            format!("at most {} k-points are accepted", limits.k_points),
        );
        return None;
    }
    if usize::try_from(count) != Ok(rows.len()) {
        faults.add(
            path,
            format!("says {count} k-points, but {} rows follow", rows.len()),
        );
        return None;
    }
    let points: Vec<KPoint> = rows
        .iter()
        .filter_map(|row| point(card, row, faults))
        .collect();
    if points.len() != rows.len() {
        return None;
    }
    if points.iter().all(|point| point.weight == 0.0) {
        faults.add(
            card.kind.name(),
            format!("line {}: the weights are all zero", card.line),
        );
    }
    Some(KPoints::List { unit, points })
}

/// Farther out a k-point repeats one nearby, whatever the cell.
const COORDINATE_MOST: f64 = 1e4;

fn point(card: &Card<'_>, row: &Row<'_>, faults: &mut FaultCollector) -> Option<KPoint> {
    let path = row_path(card, row);
    let [x, y, z, weight] = row.fields[..] else {
        faults.add(path, "a k-point is three coordinates and a weight");
        return None;
    };
    let coordinates = super::numbers(&path, [x, y, z], faults)?;
    if coordinates
        .iter()
        .any(|coordinate| coordinate.abs() > COORDINATE_MOST)
    {
        faults.add(
            path,
            format!("coordinates must lie within {COORDINATE_MOST} of zero"),
        );
        return None;
    }
    match literal::real(weight) {
        Ok(weight) if (0.0..=1e6).contains(&weight) => Some(KPoint {
            coordinates,
            weight,
        }),
        Ok(_) => {
            faults.add(path, "the weight must be at least 0 and at most 1000000");
            None
        }
        Err(problem) => {
            faults.add(path, format!("the weight {} {problem}", quoted(weight)));
            None
        }
    }
}

fn whole_number(text: &str) -> Option<u32> {
    u32::try_from(literal::integer(text).ok()?).ok()
}
