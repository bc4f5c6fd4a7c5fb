"""What Tightrope knows and does; start reading at coach.py."""

import os

# Read when numpy is loaded. Our products of matrices are too small to share among threads, which
# watch for work so eagerly that on a busy machine one cost 100 times as much: docs/adr/0002.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
