"""The label colours for every kind of colour vision, in light and in dark.

The simulations are those of Viénot, Brettel and Mollon (1999) for red and green blindness and the
matrix of Machado, Oliveira and Fernandes (2009) for blue blindness, on linear RGB. A label always
comes with a word and a drawing; here only the colours are measured.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

from ui.theme import STYLE

VISION = {
    "all colours": np.eye(3),
    "protanopia": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
    "deuteranopia": np.array(
        [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip
READABLE = 4.5
"""WCAG 2.2 AA for text."""
APART = 15.0
"""Distance in CIELAB (1976); two colours beside each other are told apart from about 2.3."""


def colours(mode: str) -> dict[str, np.ndarray]:
    """The tokens of a mode, as linear RGB."""
    style = STYLE.read_text("utf-8")
    light, dark = style.split(".dark {", 1)
    block = light if mode == "light" else dark.split("}", 1)[0]
    return {
        name: linear(value)
        for name, value in re.findall(r"--([a-z-]+): #([0-9a-f]{6}|[0-9a-f]{3});", block)
    }


def linear(written: str) -> np.ndarray:
    whole = written if len(written) == 6 else "".join(2 * digit for digit in written)
    s = np.array([int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4)])
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)


def seen(colour: np.ndarray, vision: str) -> np.ndarray:
    return np.clip(VISION[vision] @ colour, 0, 1)


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted((float(weights @ one), float(weights @ other)))
    return (high + 0.05) / (low + 0.05)


def lab(colour: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    t = to_xyz @ colour / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_each_label_can_be_read_and_the_two_are_told_apart(mode: str, vision: str) -> None:
    tokens = {name: seen(colour, vision) for name, colour in colours(mode).items()}
    for side in ("leadership", "management", "both"):
        for ground in ("paper", "surface", "sunken", f"{side}-soft"):
            measured = contrast(tokens[side], tokens[ground])
            assert measured >= READABLE, f"{side} on {ground}: {measured:.2f}"
    apart = float(np.linalg.norm(lab(tokens["leadership"]) - lab(tokens["management"])))
    assert apart >= APART, f"{apart:.1f}"
