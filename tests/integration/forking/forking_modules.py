# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server of what runs on hosts: modules that ansible-core sends. It knows as little of the controller as a host does."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import socket
import sys
from collections.abc import Iterator

from forking_runs import Runs

# What modules of every core import, and what the program around them imports. A core has some of them.
_OF_MODULES = (
    "ansible.module_utils.basic",
    "ansible.module_utils.urls",
    "ansible.module_utils._internal._ansiballz._loader",
    "ansible.module_utils._internal._json._profiles._module_legacy_c2m",
    "ansible.module_utils._internal._json._profiles._module_legacy_m2c",
    "requests",
    "zipfile",
)


class _Sent:
    """The path of a package: only what was sent with a module."""

    def __init__(self, package: str) -> None:
        self._folder = package.replace(".", os.sep)

    def __iter__(self) -> Iterator[str]:
        return (os.path.join(entry, self._folder) for entry in sys.path if entry.endswith(".zip"))


def serve(connection: socket.socket, listener: socket.socket) -> None:
    """Return in the server when it ends, and in each run."""
    # What is beside module_utils is not sent, and by what modules can import there they see that they are on a host.
    importlib.import_module("ansible.module_utils")
    _hide("ansible")
    for name in _OF_MODULES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "ansible" and hasattr(module, "__path__"):
            _hide(name)
    gc.freeze()
    Runs(connection, listener).serve()


def _hide(package: str) -> None:
    vars(sys.modules[package])["__path__"] = _Sent(package)
