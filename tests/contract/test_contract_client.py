# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's own Python client takes the emulator for the real service."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import (
    PASSWORD,
    PATHS,
    USER,
    VARIANTS,
    Emulator,
    SystemClock,
    serve,
)

PROGRAM = Path(__file__).with_name("python_client.py")


@pytest.mark.source("CLIENT python 3.3: account.logIn, account.accessToken.create, get and revoke, path.get")
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_official_client(variant: str) -> None:
    emulator = Emulator(VARIANTS[variant], SystemClock())
    emulator.seed_tokens(70)
    path = PATHS["Projects/Roads"]
    with serve(emulator) as base_url:
        arguments = [sys.executable, str(PROGRAM), base_url, USER, PASSWORD, path]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    made = emulator.tokens[-1]
    assert json.loads(done.stdout) == {"listed": 71, "seen": path, "left": 70, "id": made.id}
    assert made.revoked_at is not None
    pages = [entry for entry in emulator.journal if entry.method == "GET" and entry.path.endswith("/accessToken")]
    assert [entry.status for entry in pages] == [200] * 6
