# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from ansible_collections.ellipsis.drive.tests.contract.service import POINTS, Service
from ansible_collections.ellipsis.drive.tests.emulator import (
    PATHS,
    USER_TOKEN,
    VARIANTS,
    Emulator,
    EmulatorAdapter,
    ManualClock,
)

LIVE_TOKEN = os.environ.get("ELLIPSIS_CONTRACT_TOKEN", "")
LIVE_URL = os.environ.get("ELLIPSIS_CONTRACT_API_URL", "") or "https://api.ellipsis-drive.com/v3"
LIVE_PATH = os.environ.get("ELLIPSIS_CONTRACT_PATH_ID", "")
FINDINGS = pytest.StashKey[dict[str, str]]()
HERE = os.path.dirname(__file__)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FINDINGS] = {}
    config.addinivalue_line("markers", "source(label): where the belief comes from")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    unsourced = [
        item.nodeid for item in items if str(item.path).startswith(HERE) and not item.get_closest_marker("source")
    ]
    if unsourced:
        raise pytest.UsageError(f"a belief needs a source: {', '.join(unsourced)}")


def emulated(variant: str, findings: dict[str, str]) -> Service:
    emulator = Emulator(VARIANTS[variant], ManualClock())
    session = requests.Session()
    session.mount("https://", EmulatorAdapter(emulator))
    layer = PATHS["Projects/Roads/Surface"]
    return Service("https://emulator.invalid/v3", session, USER_TOKEN, layer, findings, emulator)


@pytest.fixture(params=[*VARIANTS, *(["live"] if LIVE_TOKEN else [])])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    findings = request.config.stash[FINDINGS]
    if request.param != "live":
        yield emulated(request.param, findings)
        return
    if not LIVE_PATH:
        pytest.fail("ELLIPSIS_CONTRACT_PATH_ID has to name a folder or layer of the account")
    with requests.Session() as session:
        live = Service(LIVE_URL.rstrip("/"), session, LIVE_TOKEN, LIVE_PATH, findings)
        try:
            yield live
        finally:
            live.clean()


@pytest.fixture(params=[*VARIANTS])
def emulated_service(request: pytest.FixtureRequest) -> Service:
    """For what would need a second account, or would lock out a real one."""
    return emulated(request.param, {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    findings = config.stash[FINDINGS]
    if not LIVE_TOKEN:
        return
    terminalreporter.section(f"how {LIVE_URL} is")
    for point in POINTS:
        terminalreporter.write_line(f"{point:<46} {findings.get(point, '(not settled)')}")
