"""The `snaglist` command. `local/` works on the database; what asks a desk over HTTP is apart."""
