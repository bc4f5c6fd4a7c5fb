"""Golden sets to figures: one measure a file, `run.py` brings them together."""
