//! The colours, in light and dark, and the style sheet that every picture carries.
//!
//! Series are told apart under every common kind of colour blindness, marks stand out from the ground by 3 : 1 and texts by
//! 4.5 : 1 (WCAG 2.2, 1.4.11 and 1.4.3); the tests measure it. No picture says anything by colour alone: areas have
//! patterns, lines have dashes and marks, and all of them have names.

use std::fmt::Write as _;

/// Says for which ground a picture is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// For the one the reader prefers (`prefers-color-scheme`).
    #[default]
    Auto,
    /// For a light one, whatever the reader prefers.
    Light,
    /// For a dark one, whatever the reader prefers.
    Dark,
}

impl Theme {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Auto => "tcp-auto",
            Self::Light => "tcp-light",
            Self::Dark => "tcp-dark",
        }
    }

    /// What a renderer gets that knows nothing of custom properties.
    const fn plain(self) -> &'static Palette {
        match self {
            Self::Auto | Self::Light => &LIGHT,
            Self::Dark => &DARK,
        }
    }
}

/// How many series have a look of their own; further ones begin anew.
pub(crate) const SERIES: usize = 6;

/// How many steps a scale of colours has.
pub(crate) const STEPS: usize = 5;

/// The colours of one ground.
struct Palette {
    ground: &'static str,
    ink: &'static str,
    muted: &'static str,
    /// Axes and outlines.
    axis: &'static str,
    /// Lines in the background, which say nothing by themselves.
    grid: &'static str,
    series: [&'static str; SERIES],
    /// From little to much, each with the colour of the texts on it.
    steps: [(&'static str, &'static str); STEPS],
}

const LIGHT: Palette = Palette {
    ground: "#ffffff",
    ink: "#1f2328",
    muted: "#57606a",
    axis: "#7d8590",
    grid: "#e4e8ec",
    series: ["#0a5dff", "#f85912", "#215745", "#ab26a4", "#a18996", "#232040"],
    steps: [
        ("#eef4ff", "#1f2328"),
        ("#c9dcff", "#1f2328"),
        ("#93b8ff", "#1f2328"),
        ("#2f6ee0", "#ffffff"),
        ("#123f96", "#ffffff"),
    ],
};

const DARK: Palette = Palette {
    ground: "#0d1117",
    ink: "#e6edf3",
    muted: "#9aa7b4",
    axis: "#6e7681",
    grid: "#252c35",
    series: ["#897eff", "#e8a300", "#62cfaf", "#d450a0", "#ffe546", "#aff6ff"],
    steps: [
        ("#161f33", "#e6edf3"),
        ("#1f3564", "#e6edf3"),
        ("#2f529e", "#ffffff"),
        ("#7ea6f4", "#0d1117"),
        ("#c6d9ff", "#0d1117"),
    ],
};

impl Palette {
    /// Each colour with its name.
    fn colours(&self) -> Vec<(String, &'static str)> {
        let Self { ground, ink, muted, axis, grid, series, steps } = self;
        let mut colours: Vec<(String, _)> =
            [("ground", ground), ("ink", ink), ("muted", muted), ("axis", axis), ("grid", grid)]
                .map(|(name, colour)| (name.to_owned(), *colour))
                .to_vec();
        colours.extend(series.iter().enumerate().map(|(i, colour)| (format!("s{i}"), *colour)));
        for (i, (fill, text)) in steps.iter().enumerate() {
            colours.extend([(format!("h{i}"), *fill), (format!("t{i}"), *text)]);
        }
        colours
    }

    /// The custom properties that hold them.
    fn properties(&self) -> String {
        self.colours().iter().map(|(name, colour)| format!("--tcp-{name}:{colour};")).collect()
    }
}

/// Dashes of the series' lines; the first has none.
const DASHES: [&str; SERIES] = ["none", "7 4", "2 3", "10 3 2 3", "5 2", "1 4"];

/// The style sheet of a picture. Every rule is below the class of the picture, so that it leaves a page alone that the
/// picture stands in.
pub(crate) fn style(theme: Theme) -> String {
    let mut css = match theme {
        Theme::Auto => format!(
            ".tcp-auto{{{}}}\n@media (prefers-color-scheme:dark){{.tcp-auto{{{}}}}}\n",
            LIGHT.properties(),
            DARK.properties()
        ),
        Theme::Light => format!(".tcp-light{{{}}}\n", LIGHT.properties()),
        Theme::Dark => format!(".tcp-dark{{{}}}\n", DARK.properties()),
    };
    css += ".tcp text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"DejaVu Sans\",sans-serif}\n";
    let class = theme.class();
    for (name, colour) in theme.plain().colours() {
        // The colour itself comes first, for renderers that know nothing of custom properties.
        let _ = write!(css, ".{class} .f-{name}{{fill:{colour};fill:var(--tcp-{name})}}");
        if !name.starts_with(['h', 't']) {
            let _ = write!(css, ".{class} .l-{name}{{fill:none;stroke:{colour};stroke:var(--tcp-{name})}}");
        }
        css.push('\n');
    }
    for (i, dash) in DASHES.iter().enumerate() {
        let _ = writeln!(css, ".tcp .d{i}{{stroke-dasharray:{dash}}}");
    }
    css += ".tcp .w1{stroke-width:1}.tcp .w1h{stroke-width:1.6;stroke-linejoin:round}.tcp .w2{stroke-width:2.2;stroke-linejoin:round}.tcp .w5{stroke-width:5}\n\
            .tcp .bold{font-weight:600}.tcp .veil{fill-opacity:.22}.tcp .haze{fill-opacity:.1}\n";
    css
}

/// What a pattern draws over the colour of its series, in a square of eight; the first is plain.
pub(crate) const PATTERNS: [&str; SERIES] = [
    "",
    "M-2 2L2 -2M0 8L8 0M6 10L10 6",
    "M2 2h.01M6 6h.01",
    "M-2 6L2 10M0 0L8 8M6 -2L10 2",
    "M0 2H8M0 6H8",
    "M2 0V8M6 0V8",
];

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [&Palette; 2] = [&LIGHT, &DARK];

    fn linear(colour: &str) -> [f64; 3] {
        [1, 3, 5].map(|at| {
            let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// The ratio of WCAG 2.2.
    fn contrast(a: &str, b: &str) -> f64 {
        let light = |colour| {
            let [r, g, b] = linear(colour);
            0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
        };
        (light(a) / light(b)).max(light(b) / light(a))
    }

    /// How far apart two colours are seen (Oklab), through a matrix of Machado, Oliveira and Fernandes (2009).
    fn distance(a: &str, b: &str, eye: [[f64; 3]; 3]) -> f64 {
        let seen = |colour| {
            let rgb = linear(colour);
            let [r, g, b] = eye.map(|row| row.iter().zip(rgb).map(|(m, c)| m * c).sum::<f64>().clamp(0.0, 1.0));
            let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
            let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
            let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
            [
                0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
                1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
                0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
            ]
        };
        seen(a).iter().zip(seen(b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn marks_stand_out_by_3_and_texts_by_4_and_a_half() {
        for Palette { ground, ink, muted, axis, grid: _, series, steps } in BOTH {
            for mark in series.iter().chain([axis]) {
                assert!(contrast(mark, ground) >= 3.0, "{mark} on {ground}: {}", contrast(mark, ground));
            }
            for text in [ink, muted] {
                assert!(contrast(text, ground) >= 4.5, "{text} on {ground}: {}", contrast(text, ground));
            }
            for (fill, text) in steps {
                assert!(contrast(text, fill) >= 4.5, "{text} on {fill}: {}", contrast(text, fill));
            }
        }
    }

    #[test]
    fn series_are_told_apart_by_every_eye() {
        let eyes = [
            ("any", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            (
                "protanope",
                [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
            ),
            (
                "deuteranope",
                [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
            ),
            (
                "tritanope",
                [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
            ),
        ];
        for Palette { series, .. } in BOTH {
            for (i, a) in series.iter().enumerate() {
                for b in &series[i + 1..] {
                    for (eye, matrix) in eyes {
                        assert!(distance(a, b, matrix) >= 0.12, "{eye}: {a} and {b}: {}", distance(a, b, matrix));
                    }
                }
            }
        }
    }

    #[test]
    fn steps_grow_away_from_the_ground() {
        for Palette { ground, steps, .. } in BOTH {
            let ratios = steps.map(|(fill, _)| contrast(fill, ground));
            assert!(ratios.is_sorted(), "{ratios:?}");
        }
    }

    #[test]
    fn a_forced_theme_asks_nobody() {
        assert!(style(Theme::Auto).contains("prefers-color-scheme"));
        for theme in [Theme::Light, Theme::Dark] {
            assert!(!style(theme).contains("prefers-color-scheme"));
        }
    }
}
