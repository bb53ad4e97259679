"""Damaged files of all formats: every outcome is a result or one sentence, in bounded time and memory.

A short run is part of all tests; ``make test-fuzz`` takes minutes and another seed each day.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent


def fuzz(group: str, seed: int, count: int) -> list[dict[str, str]]:
    search = os.pathsep.join([str(ROOT), str(TESTS)])
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "fuzzing", group, str(seed), str(count)],
        cwd=TESTS, env={**os.environ, **one_thread, "PYTHONPATH": search},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(("group", "count"), [("light", 10), ("heavy", 30)])
def test_damaged_files_are_a_result_or_a_sentence(group: str, count: int) -> None:
    assert fuzz(group, 2026, count) == []


@pytest.mark.fuzz
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("group", "count"), [("light", 400), ("heavy", 1000)])
def test_many_damaged_files_are_a_result_or_a_sentence(group: str, count: int) -> None:
    seed = int(datetime.now(UTC).strftime("%Y%m%d"))
    assert fuzz(group, seed, count) == [], f"seed {seed}"
