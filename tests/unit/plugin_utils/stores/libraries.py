# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores whose library is not installed."""

from __future__ import annotations

import os
import subprocess
import sys

_PACKAGE = "ansible_collections.ellipsis.drive.plugins.plugin_utils._stores"
_PROGRAM = f"""
import sys
from importlib import import_module
library, scheme = sys.argv[1:]
sys.modules[library] = None
try:
    getattr(import_module("{_PACKAGE}." + scheme), "open_" + scheme)("maps/tokens", {{"ansible_hashi_vault_url": "x"}}.get)
except Exception as exc:
    print(f"{{type(exc).__name__}}: {{exc}}")
"""


def said_without(library: str, scheme: str) -> str:
    """What is said when a store of this scheme is opened, in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, library, scheme],
        env={**os.environ, "PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
