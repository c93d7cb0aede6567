//! The tables, and how they come to be.

use std::fmt;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use ticketcore::store::StoreError;

use crate::error::{Error, Result};
use crate::sql::Text;

/// Every script ever released, never edited afterwards; a schema's version is the number of scripts it has seen.
pub(crate) const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_tickets.sql")];

/// The place of the tables: a name, quoted.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    name: String,
    quoted: String,
}

impl Schema {
    /// Takes a name as Postgres takes them: 1 to 63 bytes.
    pub(crate) fn named(name: &str) -> Result<Self, StoreError> {
        if name.is_empty() || name.len() > 63 || name.contains('\0') || name.starts_with("pg_") {
            return Err(StoreError::backend(format!("`{name}` is no name for a schema")));
        }
        Ok(Self { name: name.to_owned(), quoted: format!("\"{}\"", name.replace('"', "\"\"")) })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name, quoted without a letter that is not ASCII; what the driver escapes of those, the server cannot read.
    pub(crate) fn ascii(&self) -> String {
        let mut quoted = String::from("U&\"");
        for c in self.name.chars() {
            match c {
                '"' | '\\' => quoted.extend([c, c]),
                c if c.is_ascii() => quoted.push(c),
                c => quoted.push_str(&format!("\\+{:06X}", u32::from(c))),
            }
        }
        quoted + "\""
    }

    /// Puts the name before every table, where the text has `@.`.
    pub(crate) fn fill(&self, text: &str) -> Text {
        Text::new(text.replace("@.", &format!("{self}.")))
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.quoted)
    }
}

/// Brings the tables of a schema to this release's.
///
/// [`PostgresStore::connect`](crate::PostgresStore::connect) does this by itself; call it where the store may not, with a
/// role that may. Any number of processes may do so at once. Call it also once a dump was restored into another server:
/// it sees to it that positions of the feed go on rising.
///
/// # Errors
///
/// [`StoreError::Newer`] if a newer release was here, [`StoreError::ReadOnly`] if the tables have to be changed and may
/// not be.
pub async fn migrate(connection: &mut PgConnection, schema: &str) -> Result<(), StoreError> {
    Ok(migrate_with(connection, &Schema::named(schema)?, MIGRATIONS).await?)
}

/// The scripts of this release as plain SQL, in order, for a host that runs its own migrations. Each is to run in a
/// transaction.
///
/// # Errors
///
/// [`StoreError::Backend`] if a schema cannot be named so.
///
/// # Examples
///
/// ```
/// let scripts = ticketcore_postgres::migrations("helpdesk")?;
/// assert!(scripts[0].contains("create table ticket ("));
/// # Ok::<(), ticketcore::StoreError>(())
/// ```
pub fn migrations(schema: &str) -> Result<Vec<String>, StoreError> {
    let schema = Schema::named(schema)?;
    let script = |(text, version): (&&str, i64)| {
        format!("create schema if not exists {schema};\n{}", script(&schema, text, version))
    };
    Ok(MIGRATIONS.iter().zip(1..).map(script).collect())
}

/// A script with what it needs before it, and its version written down after it.
fn script(schema: &Schema, script: &str, version: i64) -> String {
    format!(
        "set local search_path to {schema}, pg_catalog;\n\
         create table if not exists migration (version bigint primary key);\n\
         {script}\n\
         insert into migration values ({version});\n"
    )
}

pub(crate) async fn migrate_with(connection: &mut PgConnection, schema: &Schema, scripts: &[&str]) -> Result<()> {
    // Looks first without a lock: most of the time there is nothing to do.
    if missing(connection, schema, scripts).await?.is_empty() {
        return rebase(connection, schema).await;
    }
    // The scripts and their versions in one transaction, and the look repeated inside it: others may have been faster.
    let mut transaction = connection.begin().await?;
    let lock = sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))").persistent(false);
    lock.bind(format!("ticketcore {schema}")).execute(&mut *transaction).await?;
    let there = sqlx::query("select from pg_catalog.pg_namespace where nspname = $1").bind(&schema.name);
    if there.persistent(false).fetch_optional(&mut *transaction).await?.is_none() {
        // Not `if not exists`, which asks for the right to make one even if it is there.
        sqlx::raw_sql(AssertSqlSafe(format!("create schema {schema}"))).execute(&mut *transaction).await?;
    }
    for (text, version) in missing(&mut transaction, schema, scripts).await? {
        sqlx::raw_sql(AssertSqlSafe(script(schema, text, version))).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// Looks whether the tables are those of this release.
pub(crate) async fn check(connection: &mut PgConnection, schema: &Schema) -> Result<()> {
    let missing = missing(connection, schema, MIGRATIONS).await?;
    let text = match missing.first() {
        None => return Ok(()),
        Some((_, 1)) => format!("schema {schema} has no tables of a desk; `migrate` makes them"),
        Some((_, version)) => format!("schema {schema} is of release {}; `migrate` brings it up", version - 1),
    };
    Err(StoreError::backend(text).into())
}

async fn missing<'a>(
    connection: &mut PgConnection,
    schema: &Schema,
    scripts: &[&'a str],
) -> Result<Vec<(&'a str, i64)>> {
    let named = "select exists (select from pg_catalog.pg_tables where schemaname = $1 and tablename = 'migration')";
    let there = sqlx::query(named).bind(&schema.name).persistent(false).fetch_one(&mut *connection).await?;
    let found: i64 = if there.try_get(0)? {
        let newest = schema.fill("select coalesce(max(version), 0) from @.migration");
        sqlx::query(newest.safe()).persistent(false).fetch_one(connection).await?.try_get(0)?
    } else {
        0
    };
    let versions: Vec<_> = scripts.iter().copied().zip(1..).collect();
    match versions.last() {
        Some(&(_, known)) if found > known => Err(Error::Store(StoreError::Newer { found, known })),
        _ => Ok(versions.into_iter().filter(|(_, version)| *version > found).collect()),
    }
}

/// Lifts the base of positions above all there are, if the server's transactions count lower than those that wrote them:
/// the tables were restored from a dump.
async fn rebase(connection: &mut PgConnection, schema: &Schema) -> Result<()> {
    const BEHIND: &str = "(select max(position) >> 19 from @.event) \
                          >= base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
    // Looks first: the server may be one that is only read.
    let behind = schema.fill(&format!("select from @.feed where {BEHIND}"));
    if sqlx::query(behind.safe()).persistent(false).fetch_optional(&mut *connection).await?.is_none() {
        return Ok(());
    }
    let lift = schema.fill(&format!(
        "update @.feed set base = (select max(position) >> 19 from @.event) + 1 \
           - pg_snapshot_xmin(pg_current_snapshot())::text::bigint where {BEHIND}"
    ));
    sqlx::query(lift.safe()).persistent(false).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::ConnectOptions;

    use super::*;
    use crate::cluster::{self, Database};

    async fn rows(connection: &mut PgConnection, sql: &str) -> Vec<String> {
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn connect(database: &Database) -> PgConnection {
        database.address.connect().await.unwrap()
    }

    #[test]
    fn an_old_schema_is_brought_up_script_by_script() {
        let Some(database) = Database::new() else { return };
        cluster::block_on(async {
            let mut connection = connect(&database).await;
            let schema = Schema::named("s").unwrap();
            let feed = "create table feed (base bigint); create table event (position bigint);";
            migrate_with(&mut connection, &schema, &[feed]).await.unwrap();
            migrate_with(&mut connection, &schema, &[feed, "alter table feed add b int; create table two (c int);"])
                .await
                .unwrap();
            assert_eq!(rows(&mut connection, "select max(version)::text from s.migration").await, ["2"]);
            assert_eq!(rows(&mut connection, "select count(b)::text from s.feed").await, ["0"]);
        });
    }

    #[test]
    fn a_failing_script_leaves_nothing() {
        let Some(database) = Database::new() else { return };
        cluster::block_on(async {
            let mut connection = connect(&database).await;
            let schema = Schema::named("s").unwrap();
            let scripts = ["create table one (a int)", "create table two (a int); nonsense"];
            migrate_with(&mut connection, &schema, &scripts).await.unwrap_err();
            assert!(missing(&mut connection, &schema, &scripts).await.unwrap().len() == 2);
            assert_eq!(
                rows(&mut connection, "select nspname::text from pg_namespace where nspname = 's'").await,
                [""; 0]
            );
        });
    }

    /// The exported scripts are what `migrate` does.
    #[test]
    fn a_host_may_run_the_scripts_itself() {
        let Some(database) = Database::new() else { return };
        cluster::block_on(async {
            let mut connection = connect(&database).await;
            for script in migrations("own").unwrap() {
                let mut transaction = connection.begin().await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *transaction).await.unwrap();
                transaction.commit().await.unwrap();
            }
            check(&mut connection, &Schema::named("own").unwrap()).await.unwrap();
            migrate(&mut connection, "other").await.unwrap();
            let columns = |schema: &str| {
                format!(
                    "select table_name || '.' || column_name || ' ' || data_type || coalesce(collation_name, '') \
                     from information_schema.columns where table_schema = '{schema}' order by 1"
                )
            };
            let own = rows(&mut connection, &columns("own")).await;
            assert_eq!(own, rows(&mut connection, &columns("other")).await);
            assert!(own.len() > 50);
        });
    }

    /// What lets the tables be distributed by tenant: each rule is asked of the catalogue.
    #[test]
    fn the_tables_can_be_distributed_by_tenant() {
        let Some(database) = Database::new() else { return };
        // These two have nothing of any tenant.
        let common = "('migration', 'feed')";
        let rules = [
            (
                "keys begin with the tenant",
                format!(
                    "select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid \
                     join pg_class t on t.oid = i.indrelid \
                     left join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0] \
                     where t.relnamespace = 'ticketcore'::regnamespace and i.indisunique \
                     and t.relname not in {common} and a.attname is distinct from 'tenant'"
                ),
            ),
            (
                "every table has a primary key",
                format!(
                    "select relname::text from pg_class t where relnamespace = 'ticketcore'::regnamespace and relkind = 'r' \
                     and relname not in {common} \
                     and not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)"
                ),
            ),
            (
                "no row refers to another, so none to another tenant's",
                "select conname::text from pg_constraint \
                 where connamespace = 'ticketcore'::regnamespace and contype = 'f'"
                    .to_owned(),
            ),
            (
                "texts are ordered by their bytes",
                "select t.relname || '.' || a.attname from pg_attribute a join pg_class t on t.oid = a.attrelid \
                 where t.relnamespace = 'ticketcore'::regnamespace and t.relkind = 'r' and a.attnum > 0 \
                 and a.attcollation <> 0 and a.attcollation <> '\"C\"'::regcollation"
                    .to_owned(),
            ),
            (
                "there are no sequences",
                "select relname::text from pg_class where relnamespace = 'ticketcore'::regnamespace and relkind = 'S'"
                    .to_owned(),
            ),
            (
                "there are no triggers",
                "select tgname::text from pg_trigger g join pg_class t on t.oid = g.tgrelid \
                 where t.relnamespace = 'ticketcore'::regnamespace"
                    .to_owned(),
            ),
            (
                "there are no functions",
                "select proname::text from pg_proc where pronamespace = 'ticketcore'::regnamespace".to_owned(),
            ),
            (
                "no time that the desk reads can be infinite",
                "select t.relname || '.' || a.attname from pg_attribute a join pg_class t on t.oid = a.attrelid \
                 where t.relnamespace = 'ticketcore'::regnamespace and a.attnum > 0 \
                 and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype, 'float8'::regtype) \
                 and t.relname <> 'upload'"
                    .to_owned(),
            ),
        ];
        cluster::block_on(async {
            let mut connection = connect(&database).await;
            migrate(&mut connection, "ticketcore").await.unwrap();
            let tables =
                rows(&mut connection, "select tablename::text from pg_tables where schemaname = 'ticketcore'").await;
            assert!(tables.len() > 10, "{tables:?}");
            for (rule, offenders) in rules {
                assert_eq!(rows(&mut connection, &offenders).await, [""; 0], "{rule}");
            }
        });
    }
}
