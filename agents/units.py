"""What a yuan and a year hold."""

FEN_PER_YUAN = 100
MONTHS = 12
"""Months of a year."""
