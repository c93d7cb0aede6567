//! In which form a report goes out: what `?format=` says, else what the caller accepts, else JSON.

use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ticketcore::report::{Format, Section};
use ticketcore_picture::{Theme, first_of};

use crate::problem::Problem;

const SVG: &str = "image/svg+xml";

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text(Format),
    /// The picture of it.
    Svg,
}

impl Form {
    /// Reads what was asked for.
    pub(crate) fn of(headers: &HeaderMap, param: Option<&str>) -> Result<Self, Problem> {
        match param {
            Some("svg") => Ok(Self::Svg),
            Some(name) => name.parse().map(Self::Text).map_err(|_| Problem::at("format", forms())),
            None => match headers.get(ACCEPT) {
                None => Ok(Self::Text(Format::Json)),
                Some(accept) => Self::accepted(accept.to_str().unwrap_or_default()).ok_or_else(|| {
                    Problem::new(StatusCode::NOT_ACCEPTABLE, "not acceptable", format!("`Accept`: {}", forms()))
                }),
            },
        }
    }

    /// The form that a caller likes best (RFC 9110, 12.5.1); of several, the first they name.
    fn accepted(accept: &str) -> Option<Self> {
        let all = Format::ALL.map(Self::Text).into_iter().chain([Self::Svg]);
        let named = |range: &str| match range {
            "" | "*/*" | "application/*" => Some(Self::Text(Format::Json)),
            "text/*" => Some(Self::Text(Format::Table)),
            range => all.clone().find(|form| form.media_type() == range),
        };
        let mut best: Option<(f64, Self)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |weight| weight.parse().ok());
            let Some((form, weight)) = named(&name).zip(weight.filter(|weight| *weight > 0.0)) else { continue };
            if best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, form));
            }
        }
        best.map(|(_, form)| form)
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Text(format) => format.media_type(),
            Self::Svg => SVG,
        }
    }

    /// Answers with a report in this form.
    pub(crate) fn answer(self, report: &str, sections: &[Section]) -> Result<Response, Problem> {
        let (kind, text) = match self {
            // JSON and SVG say by themselves how they are encoded.
            Self::Text(Format::Json) => (Format::Json.media_type().to_owned(), Format::Json.write(report, sections)),
            Self::Text(format) => (format!("{}; charset=utf-8", format.media_type()), format.write(report, sections)),
            Self::Svg => {
                let picture = first_of(sections);
                let none = || Problem::not_found(format!("the report `{report}` has no picture"));
                (SVG.to_owned(), picture.ok_or_else(none)?.svg(Theme::Auto))
            }
        };
        Ok(([(CONTENT_TYPE, kind), (VARY, "Accept".to_owned())], text).into_response())
    }
}

fn forms() -> String {
    let names = Format::ALL.map(Format::as_str).join(", ");
    format!("there are {names} and svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_likes_best_is_taken() {
        for (accept, form) in [
            ("*/*", Some(Form::Text(Format::Json))),
            ("", Some(Form::Text(Format::Json))),
            ("text/csv", Some(Form::Text(Format::Csv))),
            ("text/csv;q=0.5, text/markdown", Some(Form::Text(Format::Markdown))),
            ("application/x-ndjson, */*;q=0.1", Some(Form::Text(Format::Ndjson))),
            ("image/avif,image/svg+xml,*/*;q=0.8", Some(Form::Svg)),
            ("text/*", Some(Form::Text(Format::Table))),
            ("Text/CSV; q=1.0", Some(Form::Text(Format::Csv))),
            ("text/csv;q=0, application/json;q=0.2", Some(Form::Text(Format::Json))),
            ("text/html", None),
            ("text/csv;q=much", None),
        ] {
            assert_eq!(Form::accepted(accept), form, "{accept:?}");
        }
    }
}
