"""Every error that a person may see, drawn.

    TightropeError                 one clear sentence: what is wrong, where, how to mend it
    ├── UserMistake                the person at the keyboard can mend it (exit code 2)
    │   ├── SettingsError          a setting is missing, unknown or contradicts another
    │   ├── KnowledgeMissing       the knowledge folder is not there or holds no note
    │   ├── NotSignedIn            who is asking is not known, or may not do this
    │   └── TooMuch                somebody asks faster than one person can read
    ├── OperatorProblem            whoever runs the machine can mend it (exit code 1)
    │   ├── EmbedderUnavailable    the embedding model cannot be loaded or reached
    │   ├── IndexUnavailable       the index is damaged, locked or belongs to another embedder
    │   │   └── IndexMissing       nothing was built yet
    │   ├── StorageUnavailable     the database or the disk refuses
    │   └── AddressTaken           the port is in use
    └── AdvisorFailed              the language model gave nothing usable; quoting takes over

The message is shown as it stands, so it never carries a secret or a provider's own words. Where a
page speaks another language than English it has words of its own, which `words` names.
"""

from __future__ import annotations


class TightropeError(Exception):
    """Raise a subclass; its message is shown to a person as it stands.

    `words` names what a page says instead, in the language of its reader; `values` fill it in.
    """

    words = ""

    def __init__(self, message: str, words: str = "", **values: object) -> None:
        super().__init__(message)
        self.words = words or self.words
        self.values: dict[str, object] = {**values, "what": message}


class UserMistake(TightropeError):
    """Raise when the person who gave the command can mend it."""


class SettingsError(UserMistake):
    """Raise when a setting is missing, unknown, malformed or contradicts another."""


class KnowledgeMissing(UserMistake):
    """Raise when the knowledge folder is not there or holds no readable note."""


class NotSignedIn(UserMistake):
    """Raise when who is asking is not known, or is known and may not do this."""


class TooMuch(UserMistake):
    """Raise when somebody asks faster than one person can read."""


class OperatorProblem(TightropeError):
    """Raise when whoever runs the machine can mend it."""

    words = "operator"


class EmbedderUnavailable(OperatorProblem):
    """Raise when the embedding model cannot be loaded or its endpoint does not answer."""


class IndexUnavailable(OperatorProblem):
    """Raise when the index is damaged, held by another process, or made by another embedder."""


class IndexMissing(IndexUnavailable):
    """Raise when no index was ever built here."""


class StorageUnavailable(OperatorProblem):
    """Raise when the database or the disk refuses a write or a read."""


class AddressTaken(OperatorProblem):
    """Raise when another program already listens on the address."""


class AdvisorFailed(TightropeError):
    """Raise when the language model gave nothing usable; `reason` is ours, never the provider's.

    `notice` names the phrase that tells the manager why the notes speak for themselves; `values`
    fill it in.
    """

    def __init__(self, reason: str, notice: str = "model_down", **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.notice = notice
        self.values = values
