// SPDX-License-Identifier: GPL-2.0

//! Tables: columns as wide as what is in them; the last one is cut where the terminal ends.

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// On the left.
    Left,
    /// On the right.
    Right,
}

/// How many columns a text takes: one for each character.
pub(crate) fn width(text: &str) -> usize {
    text.chars().count()
}

/// Returns a text of no more than `most` columns; what is cut ends in "...".
pub(crate) fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.into();
    }
    let kept: String = text.chars().take(most.saturating_sub(3)).collect();
    format!("{}...", kept.trim_end())
}

/// Returns rows as lines. A row has as many texts as `aligns`; the last column is cut so that no
/// line is longer than `most`, if there is a limit.
pub(crate) fn table(aligns: &[Align], rows: &[Vec<String>], most: Option<usize>) -> String {
    let mut widths = vec![0; aligns.len()];
    for row in rows {
        for (most, text) in widths.iter_mut().zip(row) {
            *most = width(text).max(*most);
        }
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        let last = row.len().saturating_sub(1);
        for (at, ((text, align), &column)) in row.iter().zip(aligns).zip(&widths).enumerate() {
            let blanks = " ".repeat(column.saturating_sub(width(text)));
            if at == last {
                let room = most.map(|most| most.saturating_sub(width(&line)));
                line += &room.map_or_else(|| text.clone(), |room| cut(text, room));
            } else if *align == Align::Right {
                line += &format!("{blanks}{text}  ");
            } else {
                line += &format!("{text}{blanks}  ");
            }
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        vec![
            vec!["CARD".into(), "GROUP".into(), "DEVICE".into()],
            vec![
                "01:00.0".into(),
                "14".into(),
                "NVIDIA AD102 [GeForce RTX 4090]".into(),
            ],
        ]
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        assert_eq!(
            table(&[Align::Left, Align::Right, Align::Left], &rows(), None),
            "CARD     GROUP  DEVICE\n01:00.0     14  NVIDIA AD102 [GeForce RTX 4090]\n"
        );
    }

    #[test]
    fn only_the_last_column_is_cut() {
        assert_eq!(
            table(&[Align::Left, Align::Right, Align::Left], &rows(), Some(30)),
            "CARD     GROUP  DEVICE\n01:00.0     14  NVIDIA AD10...\n"
        );
    }
}
