# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock, serve
from ansible_collections.ellipsis.drive.tests.integration.openbao import OpenBao, running_openbao
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller

# A shell starts what runs in the background with SIGINT ignored, and all programs that the tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(clock=ManualClock())


@pytest.fixture
def controller(emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Controller]:
    with serve(emulator) as api_url:
        controller = Controller(tmp_path, api_url)
        if not request.node.get_closest_marker("real_interpreter"):
            controller.serve_modules()
        yield controller


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    with running_openbao(tmp_path_factory.mktemp("openbao")) as server:
        yield server


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    """A folder in a shared store, of its own for each test."""
    return f"tests/{re.sub('[^a-z0-9_]', '', request.node.name)}"
