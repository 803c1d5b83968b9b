"""The only SQL: SQLite and PostgreSQL behind one small connection, migrations, the one writer."""
