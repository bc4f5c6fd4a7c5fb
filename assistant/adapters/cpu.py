"""How many threads are worth starting: what this process may use, not what the host has."""

from __future__ import annotations

import math
import os
from itertools import pairwise
from pathlib import Path


def usable_cpus(root: Path = Path("/")) -> int:
    """Return the number of processors this process may keep busy, at least one.

    The scheduler's affinity and a container's CPU quota (cgroups, both versions) are followed;
    `root` is where `/proc` and `/sys` are looked up.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = _quota(root)
    cpus = allowed or 1
    return max(1, cpus if quota is None else min(cpus, math.ceil(quota)))


def apart(threads: int) -> str:
    """Return which processors each of so many threads but the first may use, as ONNX Runtime
    writes it: "5,6;7,8" counts from 1. Each gets a share of its own, so that none is woken where
    another computes already. Empty where nobody can tell which processors there are.
    """
    if not hasattr(os, "sched_getaffinity"):
        return ""
    cpus = [str(cpu + 1) for cpu in sorted(os.sched_getaffinity(0))]
    bounds = [len(cpus) * at // threads for at in range(threads + 1)]
    return ";".join(",".join(cpus[one:next]) for one, next in pairwise(bounds[1:]))


def _quota(root: Path) -> float | None:
    """Return the tightest quota, in processors, of the control groups around this process."""
    quotas = [_version_2(folder) for folder in _folders(root, "", "sys/fs/cgroup")]
    for mount in ("sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct"):
        quotas += [_version_1(folder) for folder in _folders(root, "cpu", mount)]
    known = [quota for quota in quotas if quota is not None]
    return min(known, default=None)


def _folders(root: Path, controller: str, mount: str) -> list[Path]:
    """Return this process's folder under `mount` and all above it: each may set a limit."""
    top = root / mount
    group = ""
    for line in _read(root / "proc/self/cgroup").splitlines():
        _number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controller in controllers.split(","):
            group = path.strip("/")
    inside = top / group
    return [inside, *(above for above in inside.parents if above.is_relative_to(top))]


def _version_2(folder: Path) -> float | None:
    quota, _, period = _read(folder / "cpu.max").partition(" ")
    return _share(quota, period)


def _version_1(folder: Path) -> float | None:
    return _share(_read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us"))


def _share(quota: str, period: str) -> float | None:
    """Return the quota in processors; none where it says "max" or -1, or is not there."""
    quota, period = quota.strip(), period.strip()
    if not quota.isdecimal() or not period.isdecimal() or "0" in (quota, period):
        return None
    return int(quota) / int(period)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
