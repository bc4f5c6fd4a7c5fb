"""All measurements, one after another; each can be run alone as `python -m bench.NAME`."""

from __future__ import annotations

from bench import embedder, labels, overhead, pace, recall, retrieval, triage

for measure in (pace, embedder, triage, retrieval, recall, labels, overhead):
    print(f"\n{measure.__name__}")
    measure.main()
