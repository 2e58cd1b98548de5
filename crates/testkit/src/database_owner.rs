//! A database as its server's owner sees it, to whom row-level security does not apply.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// A transaction that is open, with whatever it has locked; rolled back when it is dropped.
#[derive(Debug)]
pub struct HeldTransaction {
    connection: PgConnection,
}

impl HeldTransaction {
    /// Ends it well.
    pub async fn commit(mut self) {
        let committed = sqlx::raw_sql("COMMIT").execute(&mut self.connection).await;
        if let Err(error) = committed {
            panic!("{error} in: COMMIT");
        }
    }
}

/// Every connection the server had to give; given back when dropped.
#[derive(Debug)]
pub struct HeldConnections {
    _connections: Vec<PgConnection>,
}

/// Looks into a database and changes what it likes there; every call has a connection of its own.
#[derive(Debug, Clone)]
pub struct DatabaseOwner {
    url: String,
}

impl DatabaseOwner {
    /// The owner of the server in this address.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
        }
    }

    /// The database's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection of its own.
    pub async fn connection(&self) -> PgConnection {
        PgConnection::connect(&self.url)
            .await
            .expect("the test database accepts a connection")
    }

    /// Runs one or several statements.
    pub async fn execute(&self, sql: &str) {
        let statements = sqlx::raw_sql(AssertSqlSafe(sql));
        if let Err(error) = statements.execute(&mut self.connection().await).await {
            panic!("{error} in: {sql}");
        }
    }

    /// Runs one or several statements and holds what they have locked until [`HeldTransaction::commit`].
    pub async fn hold(&self, sql: &str) -> HeldTransaction {
        let mut connection = self.connection().await;
        let statements = sqlx::raw_sql(AssertSqlSafe(format!("BEGIN; {sql}")));
        if let Err(error) = statements.execute(&mut connection).await {
            panic!("{error} in: {sql}");
        }
        HeldTransaction { connection }
    }

    /// Takes every connection the server has to give, those of `application` included, which lose theirs.
    pub async fn take_every_connection(&self, application: &str) -> HeldConnections {
        let mut looking = self.connection().await;
        let mut connections = Vec::new();
        loop {
            while let Ok(connection) = PgConnection::connect(&self.url).await {
                connections.push(connection);
            }
            let ended = sqlx::query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
            )
            .bind(application)
            .fetch_all(&mut looking)
            .await
            .expect("the test database answers");
            if ended.is_empty() {
                connections.push(looking);
                return HeldConnections {
                    _connections: connections,
                };
            }
        }
    }

    /// The one number that `sql` selects.
    pub async fn number(&self, sql: &str) -> i64 {
        let query = sqlx::query_scalar(AssertSqlSafe(format!("SELECT ({sql})::bigint")));
        query
            .fetch_one(&mut self.connection().await)
            .await
            .unwrap_or_else(|error| panic!("{error} in: {sql}"))
    }

    /// The one value that `sql` selects, as text; `None` for NULL and for no row.
    pub async fn text(&self, sql: &str) -> Option<String> {
        let query = sqlx::query_scalar(AssertSqlSafe(format!("SELECT ({sql})::text")));
        query
            .fetch_one(&mut self.connection().await)
            .await
            .unwrap_or_else(|error| panic!("{error} in: {sql}"))
    }
}
