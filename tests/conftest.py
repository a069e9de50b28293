# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make `ansible_collections.ellipsis.drive` this checkout, for the tests and for the programs they start.

ansible-test has done so already when it runs the tests.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from ansible.plugins.loader import init_plugin_loader
from hypothesis import HealthCheck, settings

# What `make soak` searches with: no time limit for an example, and seeds that count.
settings.register_profile("soak", deadline=None, database=None, suppress_health_check=list(HealthCheck))

# The code of AWX needs this Python.
collect_ignore_glob = [] if sys.version_info >= (3, 11) else ["*/test_awx_*"]

if "ansible_collections" not in sys.modules:
    # The link that environments.py lays.
    _FOLDER = str(Path(__file__).resolve().parents[1] / ".venv" / "collections")
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = os.environ["PYTHONPATH"] = _FOLDER
    sys.path.append(_FOLDER)  # multiprocessing hands this to what it spawns, not the variable
    init_plugin_loader([_FOLDER])

from ansible_collections.ellipsis.drive.tests.memory import memory  # noqa: E402 - it is found from here on

if _place := memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _place)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have to show: C(record_property("shown", …))."""
    for report in terminalreporter.getreports("passed"):
        for line in (value for name, value in report.user_properties if name == "shown"):
            terminalreporter.write_line(f"{report.nodeid.split('::')[-1]}: {line}")
