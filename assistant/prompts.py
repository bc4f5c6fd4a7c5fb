"""Prompts are Markdown files in `prompts/`, each with a version that changes when its words do.

    ---
    version: 2
    ---
    # System
    Words with $variables …
    # User
    …

`prompts/versions.lock` holds the digest of every version ever used, so that `written_by` in an
answer of last year still names exactly one text. A test fails where words changed and the
version did not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from assistant.errors import UserMistake

HEAD = re.compile(r"\A---\nversion: *(?P<version>\S+)\n---\n+# System\n(?P<rest>.*)\Z", re.DOTALL)
USER = "\n# User\n"
LOCK = "versions.lock"


@dataclass(frozen=True)
class Filled:
    """What a model is given: its standing orders, and the matter at hand."""

    system: str
    user: str


@dataclass(frozen=True)
class Prompt:
    """One prompt file, read."""

    name: str
    version: str
    system: str
    user: str

    @property
    def digest(self) -> str:
        """Names the words; another digest, other words."""
        return hashlib.sha256(f"{self.system}{USER}{self.user}".encode()).hexdigest()[:16]

    @property
    def variables(self) -> frozenset[str]:
        """The names that `fill` must be given."""
        return frozenset(
            name for text in (self.system, self.user) for name in Template(text).get_identifiers()
        )

    def fill(self, values: Mapping[str, object]) -> Filled:
        """The prompt with its variables. What is filled in is never looked at for variables.

        Raises `UserMistake` naming every variable that is missing, at once.
        """
        missing = sorted(self.variables - set(values))
        if missing:
            raise UserMistake(
                f"prompts/{self.name}.md needs what it is not given: {', '.join(missing)}. "
                "Take these variables out of the prompt, or correct their spelling."
            )
        texts = {name: str(value) for name, value in values.items()}
        system, user = (Template(part).substitute(texts) for part in (self.system, self.user))
        return Filled(system, user)


def load_prompt(folder: Path, name: str) -> Prompt:
    """The prompt of that name. Raises `UserMistake` where it cannot be read."""
    path = folder / f"{name}.md"
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(
            f"The prompt {str(path)!r} cannot be read. Restore it, or name the folder of prompts "
            "with TIGHTROPE_PROMPTS."
        ) from error
    head = HEAD.match(text)
    if head is None or USER not in head["rest"]:
        raise UserMistake(
            f"The prompt {str(path)!r} is not laid out as a prompt: a version between two lines "
            "of ---, then '# System', then '# User'."
        )
    system, _, user = head["rest"].partition(USER)
    prompt = Prompt(name, head["version"], system.strip(), user.strip())
    if not all(Template(part).is_valid() for part in (prompt.system, prompt.user)):
        raise UserMistake(
            f"The prompt {str(path)!r} holds a lone dollar sign. Write $$ for a dollar sign."
        )
    return prompt


def read_lock(folder: Path) -> dict[tuple[str, str], str]:
    """The digest of each name and version in `versions.lock`."""
    lines = (folder / LOCK).read_text("utf-8").splitlines()
    entries = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return {(name, version): digest for name, version, digest in entries}
