"""Threads follow what this process may use: affinity and the quotas of both cgroup versions."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from assistant.adapters.cpu import apart, usable_cpus
from tests.servers.processes import python

THREADS = """
import json, assistant.build, assistant.learning, sklearn.linear_model
from threadpoolctl import threadpool_info
found = [one["num_threads"] for one in threadpool_info() if one["internal_api"] == "openblas"]
print(json.dumps(found))
"""


@pytest.fixture(autouse=True)
def eight_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def machine(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


@pytest.mark.parametrize(
    ("threads", "shares"),
    [(1, ""), (2, "5,6,7,8"), (3, "3,4,5;6,7,8"), (8, "2;3;4;5;6;7;8")],
)
def test_each_thread_but_the_first_has_processors_of_its_own(threads: int, shares: str) -> None:
    assert apart(threads) == shares


def test_only_processors_that_may_be_used_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 5}, raising=False)
    assert apart(2) == "6"
    monkeypatch.delattr(os, "sched_getaffinity")
    assert apart(2) == ""


@pytest.mark.parametrize(
    ("quota", "cpus"),
    [("max 100000", 8), ("200000 100000", 2), ("150000 100000", 2), ("5000 100000", 1)],
)
def test_version_2_inside_a_container(tmp_path: Path, quota: str, cpus: int) -> None:
    files = {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": f"{quota}\n"}
    assert usable_cpus(machine(tmp_path, files)) == cpus


def test_version_2_on_a_host_the_tightest_of_the_groups_above_counts(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/user.slice/tightrope.service\n",
        "sys/fs/cgroup/user.slice/cpu.max": "300000 100000\n",
        "sys/fs/cgroup/user.slice/tightrope.service/cpu.max": "max 100000\n",
    }
    assert usable_cpus(machine(tmp_path, files)) == 3


@pytest.mark.parametrize(("quota", "cpus"), [("-1", 8), ("200000", 2)])
@pytest.mark.parametrize("mount", ["cpu", "cpu,cpuacct"])
def test_version_1(tmp_path: Path, mount: str, quota: str, cpus: int) -> None:
    files = {
        "proc/self/cgroup": "5:memory:/a\n4:cpu,cpuacct:/docker/abc\n",
        f"sys/fs/cgroup/{mount}/docker/abc/cpu.cfs_quota_us": f"{quota}\n",
        f"sys/fs/cgroup/{mount}/docker/abc/cpu.cfs_period_us": "100000\n",
    }
    assert usable_cpus(machine(tmp_path, files)) == cpus


def test_version_1_where_the_container_sees_its_own_group_as_the_root(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "4:cpu:/docker/abc\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    }
    assert usable_cpus(machine(tmp_path, files)) == 1


def test_without_control_groups_the_affinity_counts(tmp_path: Path) -> None:
    assert usable_cpus(tmp_path) == 8


def test_without_affinity_the_processors_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cpus(tmp_path) == 1


def test_nonsense_in_those_files_is_passed_over(tmp_path: Path) -> None:
    files = {"proc/self/cgroup": "odd\n0::/\n", "sys/fs/cgroup/cpu.max": "soon 100000\n"}
    assert usable_cpus(machine(tmp_path, files)) == 8


@pytest.mark.parametrize(("asked", "threads"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2"}, 2)])
def test_matrices_are_multiplied_on_one_thread_where_nobody_asks_for_more(
    asked: dict[str, str], threads: int
) -> None:
    done = python("-c", THREADS, without=["OPENBLAS_NUM_THREADS"], **asked)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) <= {threads}  # where numpy comes with OpenBLAS
