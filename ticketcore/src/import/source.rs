//! A CSV file, row by row: cells of text, each with its place.

use std::collections::VecDeque;
use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};

use crate::fault::Fault;
use crate::import::times::short;

/// Reads the rows of a file, which has a line of headings.
pub(super) struct Source<R> {
    reader: csv::Reader<Watched<R>>,
    header: Vec<String>,
    record: ByteRecord,
    /// Reading failed, or came to the end.
    ended: bool,
    /// The line of the last row, if its last cell goes over several lines.
    open: Option<u64>,
}

/// A row whose cells are as many as the headings, and text.
#[derive(Debug)]
pub(super) struct Cells<'a> {
    pub(super) line: u64,
    header: &'a [String],
    cells: Vec<&'a str>,
}

impl Cells<'_> {
    /// A cell; nothing where there is no such column.
    pub(super) fn get(&self, column: usize) -> &str {
        self.cells.get(column).copied().unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().copied()
    }

    /// A problem with a cell.
    pub(super) fn fault(&self, column: usize, problem: impl Into<String>) -> Fault {
        fault(self.line, self.header.get(column).map(String::as_str), problem)
    }
}

/// A problem in a line of a file.
pub(super) fn fault(line: u64, column: Option<&str>, problem: impl Into<String>) -> Fault {
    let path = match column {
        Some(column) => format!("line {line}, column `{}`", short(column)),
        None => format!("line {line}"),
    };
    Fault::new(path, problem)
}

impl<R: Read> Source<R> {
    /// Begins to read; a mark of the byte order is passed over.
    pub(super) fn new(file: R, delimiter: u8) -> Result<Self, Vec<Fault>> {
        let watched = Watched::new(file).map_err(|problem| vec![fault(1, None, problem)])?;
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 16)
            .from_reader(watched);
        let mut record = ByteRecord::new();
        let there = reader.read_byte_record(&mut record).map_err(|error| vec![fault(1, None, error.to_string())])?;
        if !there {
            return Err(vec![fault(1, None, "is not there: the file is empty and needs a line of headings")]);
        }
        let mut faults = Vec::new();
        let mut header: Vec<String> = Vec::with_capacity(record.len());
        for (i, cell) in record.iter().enumerate() {
            match text(cell) {
                Ok(name) if header.iter().any(|other| other == name) => {
                    faults.push(fault(1, Some(name), "is there twice"));
                }
                Ok(name) => header.push(name.to_owned()),
                Err(problem) => faults.push(fault(1, Some(&format!("number {}", i + 1)), problem)),
            }
        }
        if faults.is_empty() { Ok(Self { reader, header, record, ended: false, open: None }) } else { Err(faults) }
    }

    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// The next row, with every fault of its form. A file that cannot be read has no row after that.
    pub(super) fn next(&mut self) -> Option<Result<Cells<'_>, Vec<Fault>>> {
        let Self { reader, header, record, ended, open } = self;
        if *ended {
            return None;
        }
        match reader.read_byte_record(record) {
            Ok(false) => {
                *ended = true;
                // What was quoted ends with a quote.
                let line = open.take().filter(|_| reader.get_ref().last != b'"')?;
                let problem = "has a quote that is not closed: it goes on to the end of the file";
                return Some(Err(vec![fault(line, None, problem)]));
            }
            Err(error) => {
                *ended = true;
                let line = reader.get_mut().line(record.position().map_or(0, csv::Position::byte));
                return Some(Err(vec![fault(line, None, error.to_string())]));
            }
            Ok(true) => {}
        }
        let line = reader.get_mut().line(record.position().map_or(0, csv::Position::byte));
        *open = record.iter().next_back().filter(|cell| cell.contains(&b'\n')).map(|_| line);
        if record.len() != header.len() {
            let problem = format!("has {} cells, the headings are {}", record.len(), header.len());
            return Some(Err(vec![fault(line, None, problem)]));
        }
        let mut faults = Vec::new();
        let mut cells = Vec::with_capacity(record.len());
        for (name, cell) in header.iter().zip(record.iter()) {
            match text(cell) {
                Ok(text) => cells.push(text),
                Err(problem) => faults.push(fault(line, Some(name), problem)),
            }
        }
        Some(if faults.is_empty() { Ok(Cells { line, header, cells }) } else { Err(faults) })
    }
}

/// A cell as text, without the blanks around it.
fn text(cell: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(cell).map_err(|error| {
        let from = error.valid_up_to();
        let seen = short(&String::from_utf8_lossy(cell));
        let byte = cell.get(from).copied().unwrap_or_default();
        format!("`{seen}` is not UTF-8: byte {byte:#04x} at {from}")
    })?;
    if text.contains('\0') {
        return Err(format!("`{}` holds a NUL character", short(text)));
    }
    Ok(text.trim())
}

/// A file whose first bytes were looked at, and whose line breaks are remembered until they are asked for: the parser counts
/// neither those it passes over, nor both kinds in the same way.
struct Watched<R> {
    first: std::io::Cursor<Vec<u8>>,
    rest: R,
    /// How many bytes were read.
    read: u64,
    /// The last of them that is no line break.
    last: u8,
    /// Where line breaks are that nobody has asked for yet, and whether each begins another line.
    breaks: VecDeque<(u64, bool)>,
    line: u64,
}

impl<R: Read> Watched<R> {
    fn new(mut rest: R) -> Result<Self, String> {
        let mut first = Vec::with_capacity(3);
        rest.by_ref().take(3).read_to_end(&mut first).map_err(|error| format!("cannot be read: {error}"))?;
        if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
            return Err("is UTF-16; save the file as UTF-8".to_owned());
        }
        if first == [0xef, 0xbb, 0xbf] {
            first.clear();
        }
        Ok(Self { first: std::io::Cursor::new(first), rest, read: 0, last: 0, breaks: VecDeque::new(), line: 1 })
    }

    /// The line of a row that begins at a byte or at the first behind it that is no line break; asked in order.
    fn line(&mut self, mut byte: u64) -> u64 {
        while let Some((_, ends)) = self.breaks.pop_front_if(|(at, _)| {
            let before = *at <= byte;
            byte += u64::from(*at == byte);
            before
        }) {
            self.line += u64::from(ends);
        }
        self.line
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = match self.first.read(into)? {
            0 => self.rest.read(into)?,
            some => some,
        };
        let read = into.get(..count).unwrap_or_default();
        let breaks = read.iter().zip(self.read..).filter(|(byte, _)| matches!(byte, b'\n' | b'\r'));
        self.breaks.extend(breaks.map(|(byte, at)| (at, *byte == b'\n')));
        self.last = read.iter().rfind(|byte| !matches!(byte, b'\n' | b'\r')).copied().unwrap_or(self.last);
        self.read += count as u64;
        Ok(count)
    }
}
