"""One file for each thing outside; build.py chooses among them."""
