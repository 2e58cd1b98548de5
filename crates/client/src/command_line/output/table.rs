//! Lists as plain tables: a heading and aligned columns.

use comfy_table::Table;
use comfy_table::presets::NOTHING;

/// A table of rows below headings, without lines, so that it can be cut up by other programs too.
pub(super) fn table<const COLUMNS: usize>(
    headings: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(headings);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}
