"""Teach the embedder's upper layers to read closely: `python -m bench.reader` (needs jax, optax).

What is learned is a product of two thin matrices for each matrix of the upper six layers (LoRA,
Hu et al. 2022), the biases, and one head a task: where in a text to look (attention pooling) and
how that speaks for each class. The lower layers stay as they are, so their states are computed
once. What was learned before is where it begins. Lines marked "test" or "held" are not learned
from: the first set each head's sharpness, and both are for measuring. About half an hour on two
processors; docs/adr/0011-reader.md has the figures. Two runs on two machines do not give the same
bits.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from assistant.adapters.e5 import E5Embeddings
from assistant.adapters.e5_graph import READS_AFTER
from assistant.adapters.e5_reader import READER_FILE
from assistant.adapters.e5_weights import open_weights
from assistant.domain import Label, Risk
from assistant.examples import read_lines
from assistant.learning import UNCLEAR
from assistant.notes import read_folder
from assistant.progress import bar
from assistant.settings import load_settings
from assistant.topics import TOPICS

KNOWLEDGE = Path(__file__).parent.parent / "knowledge"
NOTES = tuple(one.note for one in read_folder(KNOWLEDGE) if one.note)

CLASSES: Mapping[str, tuple[str, ...]] = {
    "risk": tuple(Risk),
    "topics": TOPICS,
    "needs": (*Label, UNCLEAR),
    "notes": tuple(sorted(note.id for note in NOTES)),
    "label": tuple(Label),
}
KEPT = ("risk", "topics", "needs")
"""A statement's side and the notes for a question are learned beside these, for what they teach,
and not kept: ingest learns them anew as coaches change notes and examples."""
FURTHER = 0.6
"""How far a text is about a topic after its first, or for a note after its first."""

RANK, SCALE = 16, 2.0
EPOCHS, RATE, HEAD_RATE, DECAY = 2, 4e-4, 2e-3, 0.01
LEFT_OUT = 0.1
DOUBT = 0.05
"""Label smoothing."""
SHORT, TOLD_LONGER = 350, 0.3
"""Which messages are also told among others, and how many of them."""
LONGEST, TOKENS_A_BATCH = 256, 1_536
WIDTHS = (12, 16, 24, 32, 48, 64, 96, 128, 192, LONGEST)

Parameters = dict[str, Any]
Layers = range(READS_AFTER + 1, 12)
MATRICES = ("q", "k", "v", "ao", "fi", "fo")


@dataclass(frozen=True)
class Rows:
    """Texts as the lower layers leave them, with what is known of each."""

    states: Sequence[np.ndarray]
    wanted: Mapping[str, np.ndarray]
    """By task, how far each class is true of each text; all zero where it is not known."""
    held: np.ndarray


def main() -> None:
    rows = _rows()
    print(f"{len(rows.states)} texts, {rows.held.sum()} held out")
    model = _Model()
    parameters = model.taught(rows)
    write_reader(parameters, {name: model.sharpness(parameters, rows, name) for name in KEPT})
    print(f"{READER_FILE.stat().st_size / 1e6:.1f} MB in {READER_FILE}")


def write_reader(parameters: Parameters, sharpness: Mapping[str, float]) -> None:
    """Keep what was learned where the product reads it, in 16 bits."""
    data: dict[str, np.ndarray] = {}
    for name, values in parameters["layers"].items():
        scale = SCALE if name.endswith(".up") else 1.0
        data[name] = np.asarray(values) * scale
    for name in KEPT:
        weights, bias = (np.asarray(one) * sharpness[name] for one in parameters["heads"][name])
        data |= {f"{name}.w": weights, f"{name}.b": bias}
        data[f"{name}.where"] = np.asarray(parameters["where"][name])
    halves = {name: values.astype(np.float16) for name, values in data.items()}
    classes = json.dumps({name: [str(one) for one in CLASSES[name]] for name in KEPT})
    np.savez_compressed(READER_FILE, classes=np.array(classes), **halves)


class _Model:
    """The tuned layers and heads, as JAX computes and differentiates them."""

    def __init__(self) -> None:
        weights = open_weights(load_settings().data / "cache")
        self._heads = weights.shape.heads
        self._epsilon = weights.shape.epsilon
        self._base: dict[str, Any] = {}
        for layer in Layers:
            for part in MATRICES:
                name = f"l{layer}.{part}"
                self._base[f"{name}.w"] = jnp.asarray(weights.matrices[f"{name}.w"].full())
                self._base[f"{name}.b"] = jnp.asarray(weights.floats[f"{name}.b"])
            for part in ("aln.w", "aln.b", "oln.w", "oln.b"):
                name = f"l{layer}.{part}"
                self._base[name] = jnp.asarray(weights.floats[name])

    def taught(self, rows: Rows) -> Parameters:
        """Learn from the rows that are not held out."""
        parameters = self._start(rows.states[0].shape[1])
        known = np.flatnonzero(~rows.held)
        steps = EPOCHS * len(list(_batches(rows, known, None)))
        rate = partial(_rate, steps)
        optimiser = optax.chain(
            optax.clip_by_global_norm(1.0),
            optax.multi_transform(
                {
                    "layers": optax.adamw(rate(RATE), weight_decay=DECAY),
                    "heads": optax.adamw(rate(HEAD_RATE), weight_decay=DECAY),
                },
                {name: "layers" if name == "layers" else "heads" for name in parameters},
            ),
        )
        state = optimiser.init(parameters)

        @jax.jit
        def step(parameters: Parameters, state: Any, *batch: Any) -> Any:
            gradient = jax.grad(self._loss)(parameters, *batch)
            updates, state = optimiser.update(gradient, state, parameters)
            return optax.apply_updates(parameters, updates), state

        shuffled, key = np.random.default_rng(0), jax.random.PRNGKey(0)
        told, done = bar("learned"), 0
        for _ in range(EPOCHS):
            for _, states, mask, wanted in _batches(rows, known, shuffled):
                key, own = jax.random.split(key)
                parameters, state = step(parameters, state, states, mask, wanted, own)
                done += 1
                told(done, steps)
        return parameters

    def sharpness(self, parameters: Parameters, rows: Rows, task: str) -> float:
        """What the scores of a task are multiplied by, so that they mean what they say."""
        scores, wanted = [], []
        scored = jax.jit(self._scores)
        for some, states, mask, _ in _batches(rows, np.flatnonzero(rows.held), None):
            scores.append(np.asarray(scored(parameters, states, mask)[task])[: len(some)])
            wanted.append(rows.wanted[task][some])
        found, truth = np.vstack(scores), np.vstack(wanted)

        def loss(sharp: float) -> float:
            logs = jax.nn.log_softmax(sharp * found, axis=-1)
            return -float((truth * logs).sum())

        return min(np.geomspace(0.3, 3, 60).tolist(), key=loss)

    def _start(self, hidden: int) -> Parameters:
        """What was learned before; what was not, such as a new head, starts from nothing."""
        before = _learned_before()
        random = np.random.default_rng(0)
        layers: dict[str, Any] = {}
        for layer in Layers:
            for part in MATRICES:
                name = f"l{layer}.{part}"
                rows, columns = self._base[f"{name}.w"].shape
                down = random.normal(0, 1 / math.sqrt(columns), (RANK, columns))
                layers[f"{name}.down"] = before.get(f"{name}.down", down.astype(np.float32))
                up = before.get(f"{name}.up", np.zeros((rows, RANK), np.float32))
                layers[f"{name}.up"] = up / SCALE
                layers[f"{name}.b"] = before.get(f"{name}.b", self._base[f"{name}.b"])
        heads, where = {}, {}
        for name, classes in CLASSES.items():
            nothing = np.zeros((hidden, len(classes)), np.float32)
            bias = np.zeros(len(classes), np.float32)
            heads[name] = (before.get(f"{name}.w", nothing), before.get(f"{name}.b", bias))
            where[name] = before.get(f"{name}.where", np.zeros(hidden, np.float32))
        begun: Parameters = jax.tree.map(
            jnp.asarray, {"layers": layers, "heads": heads, "where": where}
        )
        return begun

    def _loss(self, parameters: Parameters, states: Any, mask: Any, wanted: Any, key: Any) -> Any:
        total = 0.0
        for name, scores in self._scores(parameters, states, mask, key).items():
            known = wanted[name].sum(axis=1) > 0
            soft = wanted[name] * (1 - DOUBT) + DOUBT / wanted[name].shape[1]
            missed = -(soft * jax.nn.log_softmax(scores, axis=-1)).sum(axis=-1)
            total += (missed * known).sum()
        return total / len(states)

    def _scores(self, parameters: Parameters, states: Any, mask: Any, key: Any = None) -> Any:
        state = self._encoded(parameters["layers"], states.astype(jnp.float32), mask)
        scores = {}
        for at, name in enumerate(sorted(parameters["heads"])):
            loud = state @ parameters["where"][name] + (1 - mask) * -1e9
            read = (state * jax.nn.softmax(loud, axis=-1)[..., None]).sum(axis=1)
            if key is not None:
                kept = jax.random.bernoulli(jax.random.fold_in(key, at), 1 - LEFT_OUT, read.shape)
                read = read * kept / (1 - LEFT_OUT)
            weights, bias = parameters["heads"][name]
            scores[name] = read @ weights + bias
        return scores

    def _encoded(self, layers: Mapping[str, Any], state: Any, mask: Any) -> Any:
        texts, tokens, hidden = state.shape
        away = (1 - mask)[:, None, None, :] * -1e9
        times = partial(self._times, layers)
        for layer in Layers:
            name = f"l{layer}"
            query, key, value = (
                times(f"{name}.{part}", state)
                .reshape(texts, tokens, self._heads, -1)
                .transpose(0, 2, 1, 3)
                for part in "qkv"
            )
            near = query @ key.transpose(0, 1, 3, 2) / math.sqrt(hidden / self._heads)
            seen = (jax.nn.softmax(near + away, axis=-1) @ value).transpose(0, 2, 1, 3)
            change = times(f"{name}.ao", seen.reshape(texts, tokens, hidden))
            state = self._joined(f"{name}.aln", state + change)
            bent = jax.nn.gelu(times(f"{name}.fi", state), approximate=False)
            state = self._joined(f"{name}.oln", state + times(f"{name}.fo", bent))
        return state

    def _times(self, layers: Mapping[str, Any], name: str, state: Any) -> Any:
        change = (state @ layers[f"{name}.down"].T) @ layers[f"{name}.up"].T
        return state @ self._base[f"{name}.w"].T + SCALE * change + layers[f"{name}.b"]

    def _joined(self, name: str, state: Any) -> Any:
        away = state - state.mean(axis=-1, keepdims=True)
        unit = away / jnp.sqrt((away**2).mean(axis=-1, keepdims=True) + self._epsilon)
        return unit * self._base[f"{name}.w"] + self._base[f"{name}.b"]


def _learned_before() -> dict[str, np.ndarray]:
    if not READER_FILE.is_file():
        return {}
    with np.load(READER_FILE) as data:
        return {name: data[name].astype(np.float32) for name in data if name != "classes"}


def _rate(steps: int, most: float) -> Any:
    return optax.warmup_cosine_decay_schedule(0, most, steps // 16 + 1, steps, most / 50)


def _rows() -> Rows:
    lines = [line for path in _files() for line in read_lines(path)]
    lines += [*_stories(lines), *_moves(), *_signs()]
    engine = E5Embeddings(load_settings().data / "cache")._engine.get()
    told, states = bar("read"), []
    for at, line in enumerate(lines, start=1):
        first = engine.question(line["text"])[0][0][:LONGEST]
        states.append(engine.session.outputs({"rows": first[None]})[1][0].astype(np.float16))
        told(at, len(lines))
    held = np.array([line.get("split") in ("test", "held") for line in lines])
    return Rows(states, {name: _wanted(lines, name) for name in CLASSES}, held)


def _files() -> list[Path]:
    several = (KNOWLEDGE / folder for folder in ("triage", "labels"))
    found = [path for folder in several for path in sorted(folder.glob("*.jsonl"))]
    return [*found, KNOWLEDGE / "golden" / "tune.jsonl"]


def _stories(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Longer stories: a message among ordinary ones of its language, which do not change what
    it is. Without these, a risk told in passing goes unheard behind one ordinary sentence."""
    chance = random.Random(0)
    short = [line for line in lines if line.get("risk") and len(line["text"]) < SHORT]
    ordinary: dict[str, list[str]] = {}
    for line in short:
        if line["risk"] == Risk.NONE:
            ordinary.setdefault(line["lang"], []).append(line["text"])
    stories = []
    for line in chance.sample(short, int(len(short) * TOLD_LONGER)):
        told = chance.sample(ordinary[line["lang"]], chance.choice((1, 1, 2, 2, 3)))
        told.insert(chance.randint(0, len(told)), line["text"])
        text = chance.choice((" ", "\n")).join(told)
        stories.append({"text": text, "risk": line["risk"], "split": line.get("split")})
    return stories


def _moves() -> list[dict[str, Any]]:
    """What the coaches advise, labelled by the heading that it stands under."""
    return [{"text": move.text, "label": str(move.label)} for note in NOTES for move in note.moves]


def _signs() -> list[dict[str, Any]]:
    """What people say who need a note, in the note's own words."""
    return [
        {"text": sign, "topics": note.topics, "notes": [note.id]}
        for note in NOTES
        for sign in note.signs
    ]


def _wanted(lines: Sequence[Mapping[str, Any]], task: str) -> np.ndarray:
    wanted = np.zeros((len(lines), len(CLASSES[task])), np.float32)
    for row, line in zip(wanted, lines, strict=True):
        first, *further = _true(line, task) or [None]
        for name, share in ((first, 1.0), *((one, FURTHER) for one in further)):
            if name in CLASSES[task]:
                row[CLASSES[task].index(str(name))] = share
        row /= max(row.sum(), 1e-9)
    return wanted


def _true(line: Mapping[str, Any], task: str) -> list[str]:
    """The classes of a line, the truest first."""
    if task in ("topics", "notes"):
        return list(line.get(task) or ())
    if task == "needs" and "needs" in line:
        return [line["needs"] or UNCLEAR]
    return [line[task]] if line.get(task) else []


def _batches(
    rows: Rows, chosen: np.ndarray, shuffled: np.random.Generator | None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]]:
    """Texts of about one length together: their numbers, padded states, mask, what is true."""
    sizes = np.array([len(rows.states[at]) for at in chosen])
    wide = np.searchsorted(WIDTHS, sizes)
    plan = []
    for at, width in enumerate(WIDTHS):
        some = chosen[wide == at]
        count = max(4, min(48, TOKENS_A_BATCH // width))
        if shuffled is not None:
            shuffled.shuffle(some)
        plan += [(width, count, some[one : one + count]) for one in range(0, len(some), count)]
    if shuffled is not None:
        shuffled.shuffle(plan)
    for width, count, some in plan:
        states = np.zeros((count, width, rows.states[0].shape[1]), np.float16)
        mask = np.zeros((count, width), np.float32)
        mask[:, 0] = 1
        for row, at in enumerate(some):
            states[row, : len(rows.states[at])] = rows.states[at]
            mask[row, : len(rows.states[at])] = 1
        wanted = {name: np.zeros((count, one.shape[1])) for name, one in rows.wanted.items()}
        for name, one in rows.wanted.items():
            wanted[name][: len(some)] = one[some]
        yield some, states, mask, wanted


if __name__ == "__main__":
    main()
