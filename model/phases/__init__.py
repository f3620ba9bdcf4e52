"""The phases of a year, a few verbs a file."""
