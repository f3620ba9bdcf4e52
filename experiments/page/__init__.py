"""The live page: choose reforms, watch the years, compare with the baseline."""
