# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A live run cleans up and tells what it learnt: tried on an emulator that it takes for the real service."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, SystemClock, Variant, serve

SCENARIOS = Path(__file__).with_name("test_contract_tokens.py")
OPTIONS = ("-n", "0", "-p", "no:cacheprovider", "-k", "live and (revok or tells)")
TOLD = {
    "form of dates": "sql",
    "create answers an id": "(not settled)",
    "status of revoking twice": "400",
    "answer to a revocation": "json",
}


@pytest.mark.source("10: what a live run is to settle")
def test_a_live_run() -> None:
    emulator = Emulator(Variant(date_form="sql", delete_unknown=400, delete_answer="json"), SystemClock())
    foreign = emulator.seed_tokens(40)
    with serve(emulator) as base_url:
        environment = {
            **os.environ,
            "ELLIPSIS_CONTRACT_TOKEN": USER_TOKEN,
            "ELLIPSIS_CONTRACT_API_URL": base_url,
            "ELLIPSIS_CONTRACT_PATH_ID": PATHS["Projects/Roads"],
        }
        command = [sys.executable, "-m", "pytest", *OPTIONS, str(SCENARIOS)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert done.returncode == 0, done.stdout
    assert [token.id for token in emulator.tokens if token.live(emulator.clock.now())] == foreign
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert all(f"{point:<46} {answer}" in lines for point, answer in TOLD.items()), done.stdout
    assert USER_TOKEN not in done.stdout
