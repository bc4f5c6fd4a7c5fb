"""Columns whose text is encrypted at rest where the operator gave a key: AES-256-GCM by field.

A `Sealed` column encrypts what is written and decrypts what is read, so that no store knows of it.
The row of table `seal` says that a database is sealed, and proves the key before anything is read.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Integer, MetaData, Table, Text, func, select, type_coerce, update
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.types import TypeDecorator

from assistant.errors import SettingsError

MARK = "sealed:1:"
PROOF = "tightrope"
NONCE = 12

_CIPHERS: WeakKeyDictionary[Dialect, Cipher] = WeakKeyDictionary()
"""Columns are shared by all databases, keys are not: each engine's dialect knows its own."""


class Cipher:
    """Seals and opens texts with one key; what was sealed for one field opens in no other."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, text: str, field: str) -> str:
        """The text, readable only with the key; equal texts look different."""
        nonce = os.urandom(NONCE)
        sealed = self._cipher.encrypt(nonce, text.encode("utf-8", "surrogatepass"), field.encode())
        return MARK + base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, field: str) -> str:
        """The text. Raises `SettingsError` where the key or the field is another."""
        raw = base64.b64decode(sealed.removeprefix(MARK))
        try:
            text = self._cipher.decrypt(raw[:NONCE], raw[NONCE:], field.encode())
        except InvalidTag as error:
            raise _wrong_key() from error
        return text.decode("utf-8", "surrogatepass")


class Sealed(TypeDecorator[str]):
    """Text that is encrypted at rest in a sealed database. The empty text stays empty."""

    impl = Text
    cache_ok = True

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt what is written."""
        cipher = _CIPHERS.get(dialect)
        return cipher.seal(value, self.field) if cipher and value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypt what is read."""
        cipher = _CIPHERS.get(dialect)
        return cipher.open(value, self.field) if cipher and value else value


def seal_table(metadata: MetaData) -> Table:
    """The table that says whether a database is sealed; declare it once for each `metadata`."""
    return Table(
        "seal",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("proof", Text, nullable=False),
    )


def unlock(engine: Engine, seal: Table, key: bytes | None) -> None:
    """Prove the key and use it from here on. A database that was open is sealed, row by row.

    Raises `SettingsError` where the key is missing or another one.
    """
    with engine.connect() as connection:
        proof = connection.execute(select(seal.c.proof)).scalar()
    if key is None:
        if proof:
            raise SettingsError(
                "The database is encrypted, and no key was given. Set TIGHTROPE_PRIVACY__KEY or "
                "TIGHTROPE_PRIVACY__KEY_FILE to the key that it was encrypted with."
            )
        return
    cipher = Cipher(key)
    if proof:
        cipher.open(proof, PROOF)
    else:
        with engine.begin() as connection:
            _seal_all(connection, seal.metadata, lambda text, _: text, cipher)
            connection.execute(seal.insert().values(id=1, proof=cipher.seal(PROOF, PROOF)))
        wipe(engine)
    _CIPHERS[engine.dialect] = cipher


def key_from(text: str) -> bytes:
    """The key that the operator gave. Raises `SettingsError` where it is not 32 bytes in base64."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SettingsError(
            "The key of TIGHTROPE_PRIVACY__KEY (or of the key file) is not 32 bytes in base64. "
            "Make one with: openssl rand -base64 32"
        )
    return key


def derived(key: bytes, purpose: str) -> bytes:
    """A key of its own for another purpose."""
    return hashlib.blake2b(purpose.encode(), key=key, digest_size=32).digest()


def reseal(connection: Connection, seal: Table, old: Cipher, new: Cipher) -> None:
    """Seal with another key whatever is sealed, and the proof; all in the caller's transaction."""
    _seal_all(connection, seal.metadata, old.open, new)
    connection.execute(update(seal).values(proof=new.seal(PROOF, PROOF)))


def opens(engine: Engine, seal: Table, key: bytes) -> bool | None:
    """Whether this is the key of the database; None where the database is not sealed."""
    with engine.connect() as connection:
        proof = connection.execute(select(seal.c.proof)).scalar()
    if not proof:
        return None
    try:
        Cipher(key).open(proof, PROOF)
    except SettingsError:
        return False
    return True


def _seal_all(
    connection: Connection, metadata: MetaData, plain_of: Callable[[str, str], str], cipher: Cipher
) -> None:
    for table, column, field in _sealed_columns(metadata):
        plain = type_coerce(column, Text)
        keys = list(table.primary_key)
        for row in connection.execute(select(*keys, plain).where(func.length(plain) > 0)).all():
            *ids, text = row
            same = [key == id for key, id in zip(keys, ids, strict=True)]
            sealed = type_coerce(cipher.seal(plain_of(text, field), field), Text)
            connection.execute(update(table).where(*same).values({column.name: sealed}))


def _sealed_columns(metadata: MetaData) -> Iterator[tuple[Table, Column[str], str]]:
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Sealed):
                yield table, column, column.type.field


def wipe(engine: Engine) -> None:
    """Let no page of the file remember what stood there before."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _wrong_key() -> SettingsError:
    return SettingsError(
        "The database was encrypted with another key. Set TIGHTROPE_PRIVACY__KEY or "
        "TIGHTROPE_PRIVACY__KEY_FILE to the key that it was encrypted with."
    )
