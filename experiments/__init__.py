"""Questions put to the model: runs, comparisons, reports and their checks."""
