//! Parameters that are tables: arrays of composite types, in the server's binary form.
//!
//! A statement that writes many rows of many columns could take an array for each column. The server then makes, for each
//! array, a parameter, a function scan and a table of its own before it looks at the first row: a quarter of a millisecond
//! for sixty of them. An array of a composite type is one of each, whatever its width. The driver knows no such types
//! without a derive for each schema's name, so this is written by hand; it is what the server's `array_recv` and
//! `record_recv` read.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Encode, PgConnection, Postgres, Row, Type};
use uuid::Uuid;

use crate::error::Result;
use crate::schema::Schema;

/// Rows of one composite type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    count: u32,
    bytes: Vec<u8>,
}

impl Records {
    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a row of fields, each in the place of its column.
    pub(crate) fn push(&mut self, fields: &[&dyn Field]) {
        self.count += 1;
        framed(&mut self.bytes, |bytes| {
            bytes.extend(length(fields.len()));
            for field in fields {
                bytes.extend(field.oid().to_be_bytes());
                let start = bytes.len();
                bytes.extend((-1_i32).to_be_bytes());
                if field.put(bytes) {
                    close(bytes, start);
                }
            }
        });
    }

    /// Makes a parameter of them.
    pub(crate) const fn of(self, kind: Composite) -> Table {
        Table { rows: self, kind }
    }
}

/// A value in a row.
pub(crate) trait Field {
    /// The type it is sent as.
    fn oid(&self) -> u32;

    /// Writes it, or nothing if it is null; tells which.
    fn put(&self, bytes: &mut Vec<u8>) -> bool;
}

macro_rules! fields {
    ($($value:ty, $oid:literal, $self:ident => $bytes:expr;)+) => {$(
        impl Field for $value {
            fn oid(&self) -> u32 {
                $oid
            }

            fn put(&self, bytes: &mut Vec<u8>) -> bool {
                let $self = self;
                bytes.extend_from_slice($bytes.as_ref());
                true
            }
        }
    )+};
}

// The numbers are those of the server's own `pg_type.dat`; they are the same on every server.
fields! {
    bool, 16, value => [u8::from(*value)];
    i16, 21, value => value.to_be_bytes();
    i32, 23, value => value.to_be_bytes();
    i64, 20, value => value.to_be_bytes();
    Uuid, 2950, value => value.as_bytes();
    &str, 25, value => value.as_bytes();
    String, 25, value => value.as_bytes();
    [u8; 32], 17, value => value;
    Vec<u8>, 17, value => value;
}

impl<T: Field + Default> Field for Option<T> {
    fn oid(&self) -> u32 {
        T::default().oid()
    }

    fn put(&self, bytes: &mut Vec<u8>) -> bool {
        self.as_ref().is_some_and(|value| value.put(bytes))
    }
}

/// A set of texts, null if it is empty.
#[derive(Debug, Default)]
pub(crate) struct Texts<'a>(pub(crate) Vec<&'a str>);

impl Field for Texts<'_> {
    fn oid(&self) -> u32 {
        1009
    }

    fn put(&self, bytes: &mut Vec<u8>) -> bool {
        !self.0.is_empty() && texts(bytes, &self.0)
    }
}

/// A set of texts that may be empty, or null.
#[derive(Debug)]
pub(crate) struct MaybeTexts<'a>(pub(crate) Option<Vec<&'a str>>);

impl Field for MaybeTexts<'_> {
    fn oid(&self) -> u32 {
        1009
    }

    fn put(&self, bytes: &mut Vec<u8>) -> bool {
        self.0.as_ref().is_some_and(|set| texts(bytes, set))
    }
}

fn texts(bytes: &mut Vec<u8>, set: &[&str]) -> bool {
    head(bytes, set.len(), 25);
    for text in set {
        framed(bytes, |bytes| bytes.extend(text.as_bytes()));
    }
    true
}

/// A document that the server may look into.
#[derive(Debug, Default)]
pub(crate) struct Json(pub(crate) String);

impl Field for Json {
    fn oid(&self) -> u32 {
        3802
    }

    fn put(&self, bytes: &mut Vec<u8>) -> bool {
        // The version of the form.
        bytes.push(1);
        bytes.extend(self.0.as_bytes());
        true
    }
}

/// How long the head of an empty array is.
const EMPTY: usize = 12;

/// Writes the head of an array of one dimension, or of none if it is empty.
fn head(bytes: &mut Vec<u8>, len: usize, element: u32) {
    bytes.extend(u32::from(len > 0).to_be_bytes());
    // No element is null.
    bytes.extend(0_u32.to_be_bytes());
    bytes.extend(element.to_be_bytes());
    if len > 0 {
        bytes.extend(length(len));
        bytes.extend(1_u32.to_be_bytes());
    }
}

/// Writes a length before what is written.
fn framed(bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = bytes.len();
    bytes.extend(0_u32.to_be_bytes());
    write(bytes);
    close(bytes, start);
}

fn close(bytes: &mut [u8], start: usize) {
    let len = length(bytes.len() - start - 4);
    bytes[start..start + 4].copy_from_slice(&len);
}

/// A length as it is sent. What is too long for it is too long for the server, which says so of the message as a whole.
fn length(len: usize) -> [u8; 4] {
    i32::try_from(len).unwrap_or(i32::MAX).to_be_bytes()
}

/// A composite type of the schema's: how the server numbers it, and what an array of it is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Composite {
    number: u32,
    array: &'static str,
}

/// The composite types that the statement of commits takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Composites {
    pub(crate) change: Composite,
    pub(crate) entry: Composite,
    pub(crate) ticket: Composite,
    pub(crate) document: Composite,
    pub(crate) write: Composite,
    pub(crate) swap: Composite,
}

impl Composites {
    /// Asks for their numbers, which stay the same for as long as the tables are there.
    pub(crate) async fn read(connection: &mut PgConnection, schema: &Schema) -> Result<Self> {
        const NUMBER: &str = "select t.oid from pg_catalog.pg_type t \
                              join pg_catalog.pg_namespace n on n.oid = t.typnamespace \
                              where n.nspname = $1 and t.typname = $2";
        let mut read = async |name: &str| {
            let query = sqlx::query(NUMBER).bind(schema.name()).bind(name).persistent(false);
            let number: Oid = query.fetch_one(&mut *connection).await?.try_get(0)?;
            Ok::<_, sqlx::Error>(Composite {
                number: number.0,
                array: interned(format!("{}.{name}[]", schema.ascii())),
            })
        };
        Ok(Self {
            change: read("change_1").await?,
            entry: read("entry_1").await?,
            ticket: read("ticket_at_1").await?,
            document: read("document_at_1").await?,
            write: read("write_1").await?,
            swap: read("swap_1").await?,
        })
    }
}

/// A name for the driver, which wants one that stays. By its name it looks a type up before it prepares a statement; by
/// its number it would do so afterwards, and an unnamed statement, as poolers need it, is forgotten by then.
fn interned(name: String) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name.as_str()) {
        return known;
    }
    let name = name.leak();
    names.insert(name);
    name
}

/// Rows as a parameter.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    rows: Records,
    kind: Composite,
}

impl Type<Postgres> for Table {
    /// Never sent: each says itself what it is.
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("_record")
    }
}

impl Encode<'_, Postgres> for Table {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let mut bytes = Vec::with_capacity(EMPTY + 8);
        head(&mut bytes, usize::try_from(self.rows.count)?, self.kind.number);
        buffer.extend_from_slice(&bytes);
        buffer.extend_from_slice(&self.rows.bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_name(self.kind.array))
    }

    fn size_hint(&self) -> usize {
        EMPTY + 8 + self.rows.bytes.len()
    }
}
