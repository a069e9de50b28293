# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of ansible-core whose configuration is the same are forked by a second server, which has read that configuration and
imported what reads it. Nothing else is shared by them: the temporary directory is made for each run.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import marshal
import os
import socket
import sys
from pathlib import Path
from typing import Any

from forking_runs import CONSTANTS, MADE_FOR_EACH_RUN, Runs, send

MANAGER = "ansible.config.manager"
# What a play of any kind loads, too. Plugins that are found by their names would be the same modules.
_OF_EVERY_PLAY = {
    "action": ("copy", "debug", "normal", "set_fact"),
    "become": ("runas", "su", "sudo"),
    "cache": ("memory",),
    "callback": ("default", "junit", "minimal", "oneline", "tree"),
    "connection": ("local", "psrp", "ssh", "winrm"),
    "inventory": ("auto", "host_list", "ini", "script", "toml", "yaml"),
    "shell": ("cmd", "powershell", "sh"),
    "strategy": ("linear",),
    "vars": ("host_group_vars",),
}
# What configures neither ansible-core nor Python.
_NO_SETTINGS = ("ELLIPSIS_", "VAULT_", "AWS_")
_PATH_TYPES = {"path", "pathlist", "pathspec", "tmp", "tmppath"}
_MOST_SERVERS = 4


class RunsOfController(Runs):
    """Forks, or lets another server fork, for each request of a console script."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self._paths = {
            variable["name"]
            for setting in definitions().values()
            if setting.get("type") in _PATH_TYPES
            for variable in setting.get("env") or ()
        }
        self._servers: dict[tuple[tuple[str, str], ...], socket.socket | None] = {}

    def _answered(self, message: bytes, descriptors: list[int]) -> bool:
        request = marshal.loads(message)
        server = self._server_of(request)
        if not server:
            return bool(self._forked(request, descriptors))
        send(server, message, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        return False

    def _server_of(self, request: dict[str, Any]) -> socket.socket | None:
        """The one that has read the same configuration; None where the request depends on more, or is the first of its kind."""
        if not Path(request["command"][0]).name.startswith("ansible") or self._depends_on_files(request):
            return None
        settings = tuple(sorted(item for item in request["env"].items() if not item[0].startswith(_NO_SETTINGS)))
        if settings not in self._servers:
            self._servers[settings] = None
        elif self._servers[settings] is None and sum(map(bool, self._servers.values())) < _MOST_SERVERS:
            self._servers[settings] = self._start(request)
        return self._servers[settings]

    def _depends_on_files(self, request: dict[str, Any]) -> bool:
        """Whether there is a file of settings, one that reading them opens, or one whose path depends on the working directory."""
        environment, folder = request["env"], Path(request["cwd"])
        files = (folder / "ansible.cfg", Path(environment.get("HOME", "/")) / ".ansible.cfg")
        relative = (
            not part.startswith("/")
            for name in self._paths & environment.keys()
            for part in environment[name].split(os.pathsep)
        )
        named = not environment.keys().isdisjoint(("ANSIBLE_CONFIG", "ANSIBLE_LOG_PATH"))
        return named or any(file.exists() for file in files) or any(relative)

    def _start(self, request: dict[str, Any]) -> socket.socket:
        ours, theirs = socket.socketpair()
        if os.fork():
            theirs.close()
            return ours
        self.leave()
        _read_configuration(request["env"], os.dup2(theirs.detach(), 3))
        Runs(socket.socket(fileno=3)).serve()
        os._exit(0)


def _read_configuration(environment: dict[str, str], keep: int) -> None:
    """Turn this process into the server of a configuration."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.closerange(4, 256)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir("/")
    importlib.import_module("ansible.cli.playbook")
    loaders = importlib.import_module("ansible.plugins.loader")
    for kind, names in _OF_EVERY_PLAY.items():
        for name in names:
            module = importlib.import_module(f"ansible.plugins.{kind}.{name}")
            getattr(loaders, f"{kind}_loader")._load_config_defs(name, module, module.__file__)
    os.rmdir(vars(sys.modules[CONSTANTS])[MADE_FOR_EACH_RUN])
    atexit._clear()
    open_files = set(map(int, os.listdir("/proc/self/fd"))) - {0, 1, 2, keep}
    # The one that listed them is closed by now.
    if any(os.path.exists(f"/proc/self/fd/{number}") for number in open_files):
        raise SystemExit("this configuration opens files, which runs can't share")
    gc.freeze()


@functools.cache
def definitions() -> dict[str, dict[str, Any]]:
    """Which settings ansible-core has, from a long YAML file."""
    manager = importlib.import_module(MANAGER)
    read = manager.ConfigManager._read_config_yaml_file
    return read(None, str(base_file()))  # type: ignore[no-any-return]


def base_file() -> Path:
    """Where they are defined."""
    return Path(importlib.import_module(MANAGER).__file__ or "").with_name("base.yml")
