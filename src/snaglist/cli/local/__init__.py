"""Commands that work on the database itself: serve, token, migrate, backup, doctor."""
