"""What things mean: records, redaction, access, errors. Pure: no I/O, no clock, no randomness."""
