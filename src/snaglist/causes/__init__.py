"""From a record to its cause: evidence, catalogue, fingerprint. Pure: reads only its own TOML."""
