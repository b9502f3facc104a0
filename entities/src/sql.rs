//! Hand-written statements for both databases: their text and the bound values
//! grow together.

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, FromQueryResult, Statement, Value, prelude::Json,
    sea_query::ArrayType,
};

/// A statement in the making.
pub(crate) struct Sql {
    backend: DbBackend,
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// An empty statement.
    pub(crate) fn new(backend: DbBackend) -> Self {
        Self { backend, text: String::with_capacity(512), values: Vec::new() }
    }

    /// Adds text of ours; what comes from a client is bound.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a value. Both databases number their parameters `$1`, `$2`, ….
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
        self
    }

    /// Adds "`column` is one of `keys`". However many they are, they are one
    /// parameter, so that the database prepares the statement once.
    pub(crate) fn among<K: ToString>(&mut self, column: &str, keys: &[K]) -> &mut Self {
        let keys = key_list(self.backend, keys);
        self.push(column);
        match self.backend {
            DbBackend::Postgres => self.push(" = ANY(").bind(keys).push(")"),
            _ => self.push(" IN (SELECT value FROM json_each(").bind(keys).push("))"),
        }
    }

    /// Adds "`column` is this, or the other".
    pub(crate) fn either(&mut self, column: &str, this: &str, other: Option<&str>) -> &mut Self {
        self.push(column);
        match other {
            None => self.push(" = ").bind(this),
            Some(other) => self.push(" IN (").bind(this).push(", ").bind(other).push(")"),
        }
    }

    /// Makes the rows of `table` that are read wait for nobody else's write,
    /// where the database does not have one writer anyway.
    pub(crate) fn lock(&mut self, table: &str) -> &mut Self {
        match self.backend {
            DbBackend::Postgres => self.push(" FOR UPDATE OF ").push(table),
            _ => self,
        }
    }

    /// The finished statement.
    pub(crate) fn statement(self) -> Statement {
        Statement::from_sql_and_values(self.backend, self.text, self.values)
    }
}

/// What the lists of several parents have in common.
pub(crate) struct Window<'a> {
    /// The parents' keys.
    pub(crate) keys: &'a [String],
    /// What to read; the parent's key comes before it.
    pub(crate) columns: &'a str,
    /// The order in each list.
    pub(crate) order: &'a str,
    /// How many rows of each list.
    pub(crate) limit: u64,
}

/// The first rows of each parent's list in one statement that reads no further.
/// `body` writes the tables and the condition; it is given the parent's key.
pub(crate) fn windowed(
    backend: DbBackend,
    window: &Window<'_>,
    body: impl FnOnce(&mut Sql, &str),
) -> Statement {
    let mut sql = Sql::new(backend);
    let keys = key_list(backend, window.keys);
    let limit = i64::try_from(window.limit).unwrap_or(i64::MAX);
    match backend {
        DbBackend::Postgres => {
            sql.push("SELECT k.key, l.* FROM unnest(").bind(keys);
            sql.push(") AS k(key) CROSS JOIN LATERAL (SELECT ").push(window.columns).push(" FROM ");
            body(&mut sql, "k.key");
            sql.push(" ORDER BY ").push(window.order).push(" LIMIT ").bind(limit).push(") AS l");
        }
        _ => {
            sql.push("SELECT l.* FROM (SELECT k.value AS parent, ").push(window.columns);
            sql.push(", row_number() OVER (PARTITION BY k.value ORDER BY ").push(window.order);
            sql.push(") AS n FROM json_each(").bind(keys).push(") AS k CROSS JOIN ");
            body(&mut sql, "k.value");
            sql.push(") AS l WHERE l.n <= ").bind(limit).push(" ORDER BY l.n");
        }
    }
    sql.statement()
}

/// How many rows each parent's list has; parents without any are absent.
pub(crate) fn counted(
    backend: DbBackend,
    keys: &[String],
    body: impl FnOnce(&mut Sql, &str),
) -> Statement {
    let mut sql = Sql::new(backend);
    let (source, key) = match backend {
        DbBackend::Postgres => ("unnest(", "k.key"),
        _ => ("json_each(", "k.value"),
    };
    sql.push("SELECT ").push(key).push(", count(*) FROM ").push(source);
    sql.bind(key_list(backend, keys));
    sql.push(if backend == DbBackend::Postgres { ") AS k(key)" } else { ") AS k" });
    sql.push(" CROSS JOIN ");
    body(&mut sql, key);
    sql.push(" GROUP BY ").push(key);
    sql.statement()
}

fn key_list<K: ToString>(backend: DbBackend, keys: &[K]) -> Value {
    match backend {
        DbBackend::Postgres => {
            let keys = keys.iter().map(|key| Value::from(key.to_string())).collect();
            Value::Array(ArrayType::String, Some(Box::new(keys)))
        }
        _ => Json::from_iter(keys.iter().map(ToString::to_string)).to_string().into(),
    }
}

/// Runs a fixed statement, and says how many rows it changed.
pub(crate) async fn run<const N: usize>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// The rows of a fixed statement.
pub(crate) async fn rows<R: FromQueryResult, const N: usize>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<R>, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| R::from_query_result(row, "")).collect()
}
