//! A database of its own for each test, cloned from a migrated template.

mod server;
mod template;

use std::thread;

use sqlx::PgConnection;
use url::Url;

use crate::DatabaseOwner;
use crate::servers::database_url;

/// A database nobody else uses, dropped with this value together with every connection to it.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    owner: DatabaseOwner,
}

impl TestDatabase {
    /// A database with the newest schema and no rows.
    pub async fn create() -> Self {
        let template = template::name().await;
        Self::make(&format!("TEMPLATE {template}")).await
    }

    /// A database without any schema, for tests of the migrations themselves.
    pub async fn empty() -> Self {
        server::remove_leftovers().await;
        Self::make("TEMPLATE template0").await
    }

    /// The database's address, for the server's owner, to whom row-level security does not apply.
    pub fn url(&self) -> &str {
        self.owner.url()
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection of its own, as the server's owner.
    pub async fn connection(&self) -> PgConnection {
        self.owner.connection().await
    }

    /// Runs one or several statements as the server's owner.
    pub async fn execute(&self, sql: &str) {
        self.owner.execute(sql).await;
    }

    /// The one number that `sql` selects, as the server's owner.
    pub async fn number(&self, sql: &str) -> i64 {
        self.owner.number(sql).await
    }

    /// The one value that `sql` selects, as text; `None` for NULL and for no row. As the server's owner.
    pub async fn text(&self, sql: &str) -> Option<String> {
        self.owner.text(sql).await
    }

    async fn make(options: &str) -> Self {
        let name = server::new_name();
        server::execute(&format!("CREATE DATABASE {name} {options}"))
            .await
            .unwrap_or_else(|error| panic!("a test database could not be made: {error}"));
        let owner = DatabaseOwner::new(&address_of(&name));
        Self { name, owner }
    }
}

impl Drop for TestDatabase {
    /// In a thread with a runtime of its own: the test's may be shutting down.
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.map(|runtime| runtime.block_on(server::execute(&statement)))
        });
        // What cannot be dropped now is a leftover that a later test process removes.
        let _ = dropped.join();
    }
}

/// The address of `database` on the test server.
fn address_of(database: &str) -> String {
    let mut url =
        Url::parse(database_url()).expect("the address of the test database server is a URL");
    url.set_path(database);
    url.into()
}
