//! Medians, ratios and the table they are printed in.

use std::fmt::Write as _;

/// One measured quantity, native and browser, a value a run.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What, with its unit.
    pub(crate) name: &'static str,
    /// The ratio native ÷ browser that we aim for; `None` where there is no peer to compare with.
    pub(crate) aim: Option<f64>,
    /// The app's runs.
    pub(crate) native: Vec<f64>,
    /// Chromium's runs; empty where there is nothing to compare.
    pub(crate) browser: Vec<f64>,
}

/// The middle value; the mean of the two middle ones for an even count. `None` for nothing.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// A Markdown table: medians with the range of the runs, their ratio, and whether the aim is met. Losses stand there like wins.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut table = String::from("| | ScaiWave Calls | Chromium | ratio | aim | |\n|---|---|---|---|---|---|\n");
    for row in rows {
        let ratio = median(&row.native).zip(median(&row.browser)).filter(|(_, b)| *b > 0.0).map(|(n, b)| n / b);
        let verdict = match (ratio, row.aim) {
            (Some(ratio), Some(aim)) if ratio <= aim => "met",
            (Some(_), Some(_)) => "**missed**",
            _ => "",
        };
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} |",
            row.name,
            cell(&row.native),
            cell(&row.browser),
            ratio.map_or_else(|| "–".into(), |r| format!("{r:.2}")),
            row.aim.map_or_else(|| "–".into(), |a| format!("≤ {a:.2}")),
            verdict,
        );
    }
    table
}

/// A quantity measured at several sizes, as it is to be shown.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// What, with its unit.
    pub(crate) name: &'static str,
    /// A value a size.
    pub(crate) values: Vec<String>,
    /// What we aim for at the largest size.
    pub(crate) aim: &'static str,
    /// Whether it was reached.
    pub(crate) met: Option<bool>,
}

/// A Markdown table with a column a size.
pub(crate) fn by_size(of_what: &str, sizes: &[u16], figures: &[Figure]) -> String {
    let largest = sizes.last().copied().unwrap_or_default();
    let mut table = format!("| {of_what} |");
    for size in sizes {
        let _ = write!(table, " {size} |");
    }
    let _ = writeln!(table, " aim at {largest} | |\n|---|{}---|---|", "---|".repeat(sizes.len()));
    for figure in figures {
        let verdict = match figure.met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        };
        let _ = writeln!(table, "| {} | {} | {} | {verdict} |", figure.name, figure.values.join(" | "), figure.aim);
    }
    table
}

fn cell(values: &[f64]) -> String {
    let Some(middle) = median(values) else { return "–".into() };
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{middle:.1} ({low:.1}–{high:.1})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
    }

    #[test]
    fn each_size_has_its_column() {
        let values = vec!["1".into(), "20".into()];
        let figure = Figure { name: "memory, KB", values, aim: "< 10", met: Some(false) };
        let lines = "| clients | 10 | 1000 | aim at 1000 | |\n|---|---|---|---|---|\n| memory, KB | 1 | 20 | < 10 | **missed** |\n";
        assert_eq!(by_size("clients", &[10, 1000], &[figure]), lines);
    }

    #[test]
    fn a_loss_is_shown() {
        let row = Row { name: "CPU %", aim: Some(0.75), native: vec![80.0], browser: vec![100.0] };
        let table = markdown(&[row]);
        assert!(table.contains("0.80") && table.contains("missed"), "{table}");
    }
}
