//! What the lock protects: a row of a SQL database, which keeps the highest token that has written it.

use std::path::Path;

use quorlock_tokio::FencingToken;
use rusqlite::{Connection, Result, named_params};

/// Writes the row unless a newer tenure has: then it changes no row.
const FENCED: &str = "UPDATE account SET balance = :balance, fence = :token \
                      WHERE id = :id AND fence <= :token";
/// The same without the comparison.
const UNFENCED: &str = "UPDATE account SET balance = :balance, fence = :token WHERE id = :id";

/// The only account that there is.
const ID: i64 = 1;

/// A connection to the database with the account.
pub(crate) struct Account {
    connection: Connection,
    update: &'static str,
}

impl Account {
    /// Makes the database, with an account that nobody has written yet.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn create(path: &Path, balance: i64) -> Result<()> {
        let connection = Connection::open(path)?;
        connection.execute(
            "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, fence INTEGER NOT NULL)",
            (),
        )?;
        connection.execute("INSERT INTO account VALUES (?, ?, 0)", (ID, balance))?;
        Ok(())
    }

    /// Connects. `fenced`: writes compare their token.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn open(path: &Path, fenced: bool) -> Result<Self> {
        Ok(Self {
            connection: Connection::open(path)?,
            update: if fenced { FENCED } else { UNFENCED },
        })
    }

    /// What is in the account.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn balance(&self) -> Result<i64> {
        let select = "SELECT balance FROM account WHERE id = ?";
        self.connection.query_row(select, [ID], |row| row.get(0))
    }

    /// Writes the balance in the tenure of this token. Returns how many rows were changed; 0: the tenure is over.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn write(&self, balance: i64, token: FencingToken) -> Result<usize> {
        // below 2^53: no token is cut off
        let token = i64::try_from(token.get()).unwrap_or(i64::MAX);
        let values = named_params! { ":id": ID, ":balance": balance, ":token": token };
        self.connection.execute(self.update, values)
    }
}

#[cfg(test)]
mod tests {
    use super::FENCED;

    #[test]
    fn the_page_on_fencing_shows_this_statement() {
        let page = include_str!("../../../core/docs/fencing.md");
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(page).contains(&words(FENCED)));
    }
}
