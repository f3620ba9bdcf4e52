"""Figures that people publish, drawn from stored results only."""
