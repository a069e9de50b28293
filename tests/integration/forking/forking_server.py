# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of the server: `forking_server.py CONNECTION LISTENER`, two descriptors of sockets. It is two processes.

One forks for console scripts, the other one for modules, which come by the listener. What depends on the environment is not
imported: neither ansible.constants, which reads the configuration, nor what imports it, nor anything of this collection.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import forking_modules
from forking_runs import CONSTANTS
from forking_settings import MANAGER, RunsOfController, base_file, definitions

# Parts of ansible-core that know nothing of its configuration.
_INDEPENDENT = ("ansible.module_utils.basic", "ansible.module_utils.urls", "ansible.errors")
_FINDER = "ansible.utils.collection_loader._collection_finder"
# What a run imports beside them; requests is what this collection needs.
_SCOUT = "import sys, ansible.cli.playbook, requests; print(*(name for name in sys.modules if name[:7] != 'ansible'))"
_BYTECODE = str(Path(__file__).resolve().with_name("bytecode"))


def _preload() -> None:
    """Import what every run imports, as long as it can't know for whom."""
    names = subprocess.check_output([sys.executable, "-c", _SCOUT], text=True).split()
    for name in (*names, *_INDEPENDENT):
        # Some are private to a package that has them only under another name.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    _read_definitions_once()
    if CONSTANTS in sys.modules:
        raise SystemExit("the fork server has read a configuration, which would be that of every run")
    # ansible-core compiles collections anew in each process.
    sys.path.append(_BYTECODE)
    compiled = importlib.import_module("compiled").compiled
    sys.path.remove(_BYTECODE)

    def compile_once(source: str | bytes, filename: str, mode: str, **how: Any) -> Any:
        text = source if isinstance(source, bytes) else source.encode()
        return compiled(f"{filename} {mode} {how}", text, lambda: compile(source, filename, mode, **how))

    finder = vars(importlib.import_module(_FINDER))
    finder["compile"] = compile_once
    # That of ansible.builtin is long, too.
    finder["_meta_yml_to_dict"] = functools.cache(finder["_meta_yml_to_dict"])
    for file in Path(importlib.import_module("ansible").__path__[0], "config").glob("*_runtime.yml"):
        finder["_meta_yml_to_dict"](file.read_bytes(), ("ansible.builtin", "runtime.yml"))


def _read_definitions_once() -> None:
    """They are the same in every process."""
    manager = importlib.import_module(MANAGER)
    known, base = definitions(), base_file()
    read = manager.ConfigManager._read_config_yaml_file

    def read_once(self: Any, file: str) -> Any:
        # Each run is a process of its own, so it may change what it gets.
        return known if Path(file) == base else read(self, file)

    manager.ConfigManager._read_config_yaml_file = read_once


def main() -> None:
    """Fork for both until the connection is closed."""
    connection, listener = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    ends, end = socket.socketpair()
    if os.fork() == 0:
        connection.close()
        end.close()
        forking_modules.serve(ends, listener)
        return
    ends.close()
    listener.close()
    _preload()
    # What is here stays, so no run has to look through it (and copy the pages of all of it).
    gc.freeze()
    RunsOfController(connection).serve()


if __name__ == "__main__":
    main()
