"""What there is of an answer while a model still writes it."""

from __future__ import annotations

import pytest

from assistant.adapters.growing_json import GrowingJson


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ('{"advice": [{"text": "Ask first. Th', "Ask first. Th"),
        ('{"advice": [{"text": "Done."}, {"text": "Say \\"no\\". Wa', 'Say "no". Wa'),
        ('{"advice": [{"text": "Done."}', ""),
        ('{"advice": [{"text": "He\\u00e', ""),
        ('{"opening": "Two thin', ""),
        ('<think>"text": "no', ""),
    ],
)
def test_a_string_that_is_still_written(said: str, there: str) -> None:
    growing = GrowingJson()
    growing.add(said)
    assert growing.unfinished("text") == there
