"""The cost of a person-year here, beside a plain Mesa model of the same year."""
