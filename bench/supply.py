"""What Tightrope is made of: known flaws, a bill of materials, licences.

python -m bench.supply audit     advisories against the locks; dated exceptions in docs/
python -m bench.supply sbom      CycloneDX JSON and a list of licences, in dist/; checks them
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
EXCEPTIONS = ROOT / "docs" / "audit-exceptions.yaml"
AUDITED = ROOT / "docs" / "audited.json"
"""When the advisories were last asked, and of which locks: from here they may not be in reach."""
LOCKS = tuple(ROOT / f"requirements{name}.lock" for name in ("", "-dev", "-model", "-weights"))
OUT = ROOT / "dist"
OFFLINE = (
    "ConnectionError",
    "ServiceError",
    "NameResolution",
    "Max retries",
    "timed out",
    "HTTPError",
)
PERMITTED = {
    *("MIT", "MIT-0", "MIT-CMU", "MIT License", "ISC License", "ISC License (ISCL)", "CNRI-Python"),
    *("Apache-2.0", "Apache Software License", "Apache License, Version 2.0", "DFSG approved"),
    *("BSD-2-Clause", "BSD-3-Clause", "BSD License", "3-Clause BSD License", "0BSD"),
    *("MPL-1.1", "MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)"),
    *("PSF-2.0", "Python Software Foundation License", "Zlib", "CC0-1.0", "Unlicense"),
}
"""Licences under which a package may come along with an Apache-2.0 project that is served."""


def audit(today: date) -> int:
    """Print what is known against the locks: 0 clean, 1 a flaw or a late exception, 3 offline."""
    exceptions = yaml.safe_load(EXCEPTIONS.read_text("utf-8"))
    late = expired(exceptions, today)
    for entry in late:
        print(f"The exception for {entry['id']} ran out on {entry['expires']}: look again.")
    options = ("--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off")
    of = [word for lock in LOCKS for word in ("--requirement", str(lock))]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *of, *options],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        if any(word in done.stderr for word in OFFLINE):
            print(f"NOT AUDITED: the advisory service cannot be reached from here. {last()}")
            return 1 if late else 3
        print(done.stderr[-2_000:])
        return 1
    unknown = skipped(found)
    if len(unknown) == len(found):
        print(f"NOT AUDITED: the advisory service knows no package, or is not there. {last()}")
        return 1 if late else 3
    if unknown:
        print(f"NOT AUDITED, unknown to the advisory service: {', '.join(unknown)}.")
    open_ones = unlisted(found, exceptions)
    for name, version, id in open_ones:
        print(f"{name} {version}: {id} is known and not listed in {EXCEPTIONS.relative_to(ROOT)}.")
    audited = len(found) - len(unknown)
    print(f"{audited} packages audited, {len(open_ones)} open, {len(exceptions)} accepted.")
    if open_ones or late:
        return 1
    AUDITED.write_text(json.dumps({"on": str(today), "locks": print_of(LOCKS)}) + "\n", "utf-8")
    return 0


def last() -> str:
    """When the advisories were last asked and nothing was open, and whether of these very locks."""
    if not AUDITED.is_file():
        return "No audit of this project is on record."
    found = json.loads(AUDITED.read_text("utf-8"))
    same = "these very locks" if found["locks"] == print_of(LOCKS) else "other locks than these"
    return f"The last audit was on {found['on']}, of {same}."


def print_of(locks: Sequence[Path]) -> str:
    """Other locks, another fingerprint."""
    return hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()[:16]


def expired(exceptions: list[dict[str, Any]], today: date) -> list[dict[str, Any]]:
    """The exceptions whose day has passed."""
    return [entry for entry in exceptions if entry["expires"] < today]


def skipped(found: list[dict[str, Any]]) -> list[str]:
    """The packages that were looked for in vain: nothing is known of them, which is not good."""
    return [package["name"] for package in found if "skip_reason" in package]


def unlisted(
    found: list[dict[str, Any]], exceptions: list[dict[str, Any]]
) -> list[tuple[str, str, str]]:
    """Advisories that no exception for the same package names."""
    accepted = {
        (entry["package"], id) for entry in exceptions for id in (entry["id"], *entry["also"])
    }
    return [
        (package["name"], package["version"], flaw["id"])
        for package in found
        for flaw in package.get("vulns", ())
        if not {(package["name"], id) for id in (flaw["id"], *flaw["aliases"])} & accepted
    ]


def sbom() -> int:
    """Write the bill of materials and the licences of all that is installed: 1 where one will not
    do."""
    OUT.mkdir(exist_ok=True)
    parts = sorted(distributions(), key=lambda one: one.name.lower())
    made = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "tightrope"}},
        "components": [component(part) for part in parts],
    }
    (OUT / "sbom.cdx.json").write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    lines = [f"{part.name} {part.version}: {licence(part)}" for part in parts]
    (OUT / "licences.txt").write_text("\n".join(lines) + "\n", "utf-8")
    unknown = [part.name for part in parts if licence(part) == "not stated"]
    print(
        f"{len(parts)} packages in {OUT.name}/; no licence stated by: {', '.join(unknown) or '-'}."
    )
    came = set(map(plain, pinned(LOCKS[0])))
    foreign = [part.name for part in parts if plain(part.name) in came and not permitted(part)]
    if foreign:
        print(f"Not under a licence with which it may come along: {', '.join(foreign)}.")
    return 1 if foreign else 0


def pinned(lock: Path) -> list[str]:
    """The packages that a lock names."""
    return re.findall(r"(?m)^([\w.-]+)==", lock.read_text("utf-8"))


def permitted(part: Distribution) -> bool:
    """Whether a package may come along; where it leaves the choice, one that will do is enough."""
    said = licence(part)
    if " AND " in said:
        return set(re.split(" AND | OR ", re.sub("[()]", "", said))) <= PERMITTED
    return bool({said, *said.split(" OR ")} & PERMITTED) or set(said.split(", ")) <= PERMITTED


def plain(name: str) -> str:
    """A package's name as all ways of writing it have it in common."""
    return re.sub(r"[-_.]+", "-", name).lower()


def component(part: Distribution) -> dict[str, Any]:
    """One package as CycloneDX names it."""
    return {
        "type": "library",
        "name": part.name,
        "version": part.version,
        "purl": f"pkg:pypi/{plain(part.name)}@{part.version}",
        "licenses": [{"license": {"name": licence(part)}}],
    }


def licence(part: Distribution) -> str:
    """What a package says of its licence, in one line."""
    said = part.metadata.get("License-Expression") or ""
    classes = part.metadata.get_all("Classifier") or []
    named = [one.split(" :: ")[-1] for one in classes if one.startswith("License ::")]
    text = (part.metadata.get("License") or "").strip().split("\n")[0][:80]
    return said or ", ".join(named) or text or "not stated"


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what not in ("audit", "sbom"):
        sys.exit("Say which: audit or sbom.")
    sys.exit(sbom() if what == "sbom" else audit(datetime.now(UTC).date()))
