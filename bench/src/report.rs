//! From what was read to what is printed: medians, and ratios to the floor.

use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::start::Start;

/// What is said of a function.
#[derive(Debug)]
pub(crate) struct Row {
    function: &'static str,
    request: &'static str,
    /// In the order of [`COLUMNS`].
    figures: Vec<f64>,
}

/// Head, decimals, and whether the floor's figure is a measure for it.
const COLUMNS: [(&str, usize, bool); 12] = [
    ("ready ms", 1, true),
    ("ready cpu ms", 1, true),
    ("first answer ms", 1, true),
    ("first cpu ms", 2, true),
    ("first cpu in all ms", 2, true),
    ("warm p50 ms", 2, true),
    ("warm p99 ms", 2, true),
    ("warm cpu ms", 3, true),
    ("warm cpu in all ms", 3, true),
    ("memory MB", 1, true),
    ("binary MB", 2, false),
    ("zip MB", 2, false),
];

impl Row {
    pub(crate) fn new(
        function: &'static str,
        request: &'static str,
        binary: &Path,
        starts: &[Start],
    ) -> io::Result<Self> {
        let of = |read: fn(&Start) -> Duration| median(starts.iter().map(read).map(milliseconds).collect());
        let warm = || starts.iter().flat_map(|start| start.calls.iter().skip(1));
        let mut latencies: Vec<f64> = warm().map(|call| milliseconds(call.latency)).collect();
        latencies.sort_by(f64::total_cmp);
        let bytes = fs::read(binary)?;
        let figures = vec![
            of(|start| start.ready),
            of(|start| start.ready_used),
            of(|start| start.first_answer),
            of(|start| start.calls[0].used),
            of(|start| start.calls[0].used_in_all),
            quantile(&latencies, 0.5),
            quantile(&latencies, 0.99),
            median(warm().map(|call| milliseconds(call.used)).collect()),
            median(warm().map(|call| milliseconds(call.used_in_all)).collect()),
            median(starts.iter().map(|start| megabytes(start.peak_memory)).collect()),
            megabytes(bytes.len() as u64),
            megabytes(zipped(&bytes)?),
        ];
        Ok(Self { function, request, figures })
    }
}

/// Prints a table of Markdown; ratios are to the first row, the floor.
pub(crate) fn print(rows: &[Row], mut out: impl Write) -> io::Result<()> {
    let heads: Vec<&str> = COLUMNS.iter().map(|(head, ..)| *head).collect();
    writeln!(out, "| function | request | {} |", heads.join(" | "))?;
    writeln!(out, "| --- | --- |{}", " ---: |".repeat(COLUMNS.len()))?;
    let floor = rows.first();
    for row in rows {
        let cells =
            COLUMNS.iter().zip(&row.figures).enumerate().map(|(column, ((_, decimals, compared), figure))| match floor
                .filter(|_| *compared)
            {
                Some(floor) => format!("{figure:.decimals$} ({:.2})", figure / floor.figures[column]),
                None => format!("{figure:.decimals$}"),
            });
        let cells: Vec<String> = cells.collect();
        writeln!(out, "| `{}` | {} | {} |", row.function, row.request, cells.join(" | "))?;
    }
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    quantile(&figures, 0.5)
}

/// The smallest figure that such a part of all does not exceed; nothing of nothing.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few figures")]
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// How large a file is in the package that `sam package` makes, which has nothing else in it.
fn zipped(bytes: &[u8]) -> io::Result<u64> {
    let mut encoder = DeflateEncoder::new(io::sink(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.try_finish()?;
    Ok(encoder.total_out())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_figures_that_were_read() {
        let figures: Vec<f64> = (1..=100).map(f64::from).collect();
        let quantiles = [0.5, 0.99, 1.0].map(|part| quantile(&figures, part).to_string());
        assert_eq!(quantiles, ["50", "99", "100"]);
        assert_eq!(median(vec![9.0, 1.0, 5.0]).to_string(), "5");
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn ratios_are_to_the_first_row() {
        let row = |function, figure| Row { function, request: "GET", figures: vec![figure; COLUMNS.len()] };
        let mut out = Vec::new();
        print(&[row("floor", 2.0), row("auth", 3.0)], &mut out).expect("a table");
        let table = String::from_utf8(out).expect("text");
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert!(rows[0].starts_with("| `floor` | GET | 2.0 (1.00) | 2.0 (1.00) |"), "{table}");
        assert!(rows[1].starts_with("| `auth` | GET | 3.0 (1.50) | 3.0 (1.50) |"), "{table}");
        assert!(rows[1].ends_with("| 3.00 | 3.00 |"), "sizes have no ratio: {table}");
    }
}
