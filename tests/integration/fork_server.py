# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts programs of ansible-core without their start-up: a server imports what they import, and forks for each run.

What depends on the environment is not imported by the server: neither ansible.constants, which reads the configuration,
nor what imports it, nor anything of this collection. A run is the console script itself, executed in a process of its own
with its own environment, working directory, arguments and files, and it ends like every Python program.

Runs of ansible-core whose configuration is the same (Settings) are forked by a second server, which has read that
configuration and imported what reads it. Nothing else is shared by them: the temporary directory is made for each run.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import marshal
import os
import random
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

# Parts of ansible-core that know nothing of its configuration.
_INDEPENDENT = ("ansible.module_utils.basic", "ansible.module_utils.urls", "ansible.errors")
_MANAGER = "ansible.config.manager"
_FINDER = "ansible.utils.collection_loader._collection_finder"
# What a run imports beside them; requests is what this collection needs.
_SCOUT = "import sys, ansible.cli.playbook, requests; print(*(name for name in sys.modules if name[:7] != 'ansible'))"


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
_CONSTANTS, _MADE_FOR_EACH_RUN = "ansible.constants", "DEFAULT_LOCAL_TMP"
# What configures neither ansible-core nor Python.
_NO_SETTINGS = ("ELLIPSIS_", "VAULT_", "AWS_")
_PATH_TYPES = {"path", "pathlist", "pathspec", "tmp", "tmppath"}
_MOST_SERVERS = 4

# Where a run has its modules, in its temporary directory, and where all of them are.
_BUILT_BY_RUN, _BUILT = "ansiballz_cache", Path(sys.prefix, "modules")

BYTECODE = str(Path(__file__).resolve().with_name("bytecode"))


# Imports nearly nothing, since that is what it saves.
_INTERPRETER = """#!{python} -IS
import array, marshal, os, sys, _socket

if len(sys.argv) < 2 or not os.path.isfile(sys.argv[1]):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
umask = os.umask(0)
os.umask(umask)
request = {{"command": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ), "umask": umask}}
message = marshal.dumps(request)
server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
server.connect({address!r})
passed = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", [1, 2]))
server.sendmsg([len(message).to_bytes(4, "big")], [passed])
server.sendall(message)
said = b""
while part := server.recv(100):
    said += part
code = int(said.split()[1])
if code < 0:
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


class Forked:
    """A run, with as much of subprocess.Popen as the tests use."""

    def __init__(self, status: int, args: Sequence[str]) -> None:
        self.args = args
        self.returncode: int | None = None
        self._status = open(status, encoding="utf-8")  # noqa: SIM115 - closed with the run
        self.pid = int(self._status.readline())

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status once there is one."""
        if self.returncode is None and not select.select([self._status], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        """To the process itself."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """The end that nobody can catch."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The server of this process; it ends with it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        # Of no file, so nothing has to be removed.
        self.address = f"\0ellipsis-tests-{os.getpid()}-{random.randrange(1 << 64):x}"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.address)
        listener.listen(64)
        # Only what it needs to find its files: a run's environment comes with the run.
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "LC_ALL": "C.UTF-8"
        }
        with theirs, listener:
            descriptors = [theirs.fileno(), listener.fileno()]
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).resolve()), *map(str, descriptors)],
                env=environment,
                stdin=subprocess.DEVNULL,
                pass_fds=descriptors,
                start_new_session=True,
            )

    def interpreter(self, folder: Path) -> str:
        """A program that does what Python does with the file of a module, by this server. Like Python with anything else."""
        file = folder / "python"
        file.write_text(_INTERPRETER.format(python=sys.executable, address=self.address))
        file.chmod(0o700)
        return str(file)

    def close(self) -> None:
        """End the server; what it has started goes on."""
        self._socket.close()

    def start(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdout: IO[Any], stderr: IO[Any]
    ) -> Forked:
        """Run a console script of this Python's environment. stdin is empty; it leads a session of its own."""
        reader, writer = os.pipe()
        message = marshal.dumps({"command": list(command), "cwd": str(cwd), "env": dict(env), "umask": None})
        descriptors = [stdout.fileno(), stderr.fileno(), writer]
        try:
            _send(self._socket, message, descriptors)
        finally:
            os.close(writer)
        return Forked(reader, command)


@functools.cache
def fork_server() -> ForkServer:
    """One for each process that runs tests."""
    return ForkServer()


def _serve(connection: socket.socket, listener: socket.socket) -> None:
    """Fork for every request until the other end is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the guardians
    settings = Settings()
    while True:
        ready = select.select([connection, listener], [], [])[0]
        asking = connection if connection in ready else listener.accept()[0]
        message, descriptors = _received(asking)
        if not message and asking is connection:
            return
        if message:
            request = marshal.loads(message)
            server = settings.server_of(request) if asking is connection else None
            if server:
                _send(server, message, descriptors)
            elif os.fork() == 0:
                connection.close()
                listener.close()
                # Whoever comes by the listener is told the end by its own connection.
                _guard(request, *descriptors, *([] if asking is connection else [asking.detach()]))
                return
        for descriptor in descriptors:
            os.close(descriptor)
        if asking is not connection:
            asking.close()


def _send(connection: socket.socket, message: bytes, descriptors: Sequence[int]) -> None:
    socket.send_fds(connection, [len(message).to_bytes(4, "big")], descriptors)
    connection.sendall(message)


def _received(connection: socket.socket) -> tuple[bytes, list[int]]:
    """What was sent so; nothing when the other end is closed."""
    size, descriptors, _flags, _address = socket.recv_fds(connection, 4, 3)
    return connection.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL) if size else b"", descriptors


def _serve_configured(connection: socket.socket) -> None:
    """Fork for every request that has this configuration."""
    while True:
        message, descriptors = _received(connection)
        if not message:
            return
        if os.fork() == 0:
            connection.close()
            _guard(marshal.loads(message), *descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


class Settings:
    """The servers of configurations that have been asked for more than once."""

    def __init__(self) -> None:
        definitions = _definitions().values()
        self._paths = {
            variable["name"]
            for setting in definitions
            if setting.get("type") in _PATH_TYPES
            for variable in setting.get("env") or ()
        }
        self._seen: dict[tuple[tuple[str, str], ...], socket.socket | None] = {}

    def server_of(self, request: dict[str, Any]) -> socket.socket | None:
        """The one that has read the same configuration; None where the request depends on more, or is the first of its kind."""
        if not Path(request["command"][0]).name.startswith("ansible") or self._depends_on_files(request):
            return None
        settings = tuple(sorted(item for item in request["env"].items() if not item[0].startswith(_NO_SETTINGS)))
        if settings not in self._seen:
            self._seen[settings] = None
        elif self._seen[settings] is None and sum(map(bool, self._seen.values())) < _MOST_SERVERS:
            self._seen[settings] = self._start(request)
        return self._seen[settings]

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
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        keep = os.dup2(theirs.detach(), 3)
        os.closerange(4, 256)
        os.environ.clear()
        os.environ.update(request["env"])
        os.chdir("/")
        importlib.import_module("ansible.cli.playbook")
        loaders = importlib.import_module("ansible.plugins.loader")
        for kind, names in _OF_EVERY_PLAY.items():
            for name in names:
                module = importlib.import_module(f"ansible.plugins.{kind}.{name}")
                getattr(loaders, f"{kind}_loader")._load_config_defs(name, module, module.__file__)
        os.rmdir(vars(sys.modules[_CONSTANTS])[_MADE_FOR_EACH_RUN])
        atexit._clear()
        open_files = set(map(int, os.listdir("/proc/self/fd"))) - {0, 1, 2, keep}
        # The one that listed them is closed by now.
        if any(os.path.exists(f"/proc/self/fd/{number}") for number in open_files):
            raise SystemExit("this configuration opens files, which runs can't share")
        gc.freeze()
        _serve_configured(socket.socket(fileno=keep))
        os._exit(0)


def _guard(request: dict[str, Any], stdout: int, stderr: int, status: int) -> None:
    """Start the run, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.write(status, f"{os.getpid()}\n".encode())
        _become(request, stdout, stderr)
        return
    _pid, ended = os.waitpid(pid, 0)
    os.write(status, f"{os.waitstatus_to_exitcode(ended)}\n".encode())
    os._exit(0)


def _become(request: dict[str, Any], stdout: int, stderr: int) -> None:
    """Turn this process into the one that a shell would have started. It ends when this returns or raises."""
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    # The server's objects know whether its own output is a file.
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for all of the run
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115 - likewise
    os.closerange(3, 256)
    os.chdir(request["cwd"])
    if request["umask"] is not None:
        os.umask(request["umask"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    random.seed()
    if _CONSTANTS in sys.modules:
        constants: Any = sys.modules[_CONSTANTS]
        setattr(constants, _MADE_FOR_EACH_RUN, constants.config.get_config_value(_MADE_FOR_EACH_RUN))
        _share_modules(_BUILT, Path(constants.DEFAULT_LOCAL_TMP, _BUILT_BY_RUN))
    sys.argv = request["command"]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    added = request["env"].get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [folder for folder in added if folder]
    if any(added):
        # As Python does when it starts.
        sys.modules.pop("sitecustomize", None)
        with contextlib.suppress(ImportError):
            importlib.import_module("sitecustomize")
    sys.modules.pop("__main__")
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as exc:
        if exc.code is not None and not isinstance(exc.code, int):
            raise
        _end(exc.code or 0)


def _share_modules(source: Path, target: Path) -> None:
    """A run keeps the modules of ansible-core that it has made ready to be sent. They are the same for all runs of one core."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.glob("ansible.modules.*"):
        if file.suffix != ".lock" and not (target / file.name).exists():
            unfinished = target / f"{os.getpid()}.{file.name}"
            shutil.copyfile(file, unfinished)
            unfinished.replace(target / file.name)


def _end(code: int) -> None:
    """End like Python does, but leave the memory to the system: to clear what the server has imported takes 0.1 s."""
    if _CONSTANTS in sys.modules:
        _share_modules(Path(vars(sys.modules[_CONSTANTS])[_MADE_FOR_EACH_RUN], _BUILT_BY_RUN), _BUILT)
    _threading: Any = threading
    _threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 0xFF)


@functools.cache
def _definitions() -> dict[str, dict[str, Any]]:
    """Which settings ansible-core has, from a long YAML file."""
    manager = importlib.import_module(_MANAGER)
    read = manager.ConfigManager._read_config_yaml_file
    return read(None, str(_base_file()))  # type: ignore[no-any-return]


def _base_file() -> Path:
    return Path(importlib.import_module(_MANAGER).__file__ or "").with_name("base.yml")


def _read_definitions_once() -> None:
    """They are the same in every process."""
    manager = importlib.import_module(_MANAGER)
    definitions, base = _definitions(), _base_file()
    read = manager.ConfigManager._read_config_yaml_file

    def read_once(self: Any, file: str) -> Any:
        # Each run is a process of its own, so it may change what it gets.
        return definitions if Path(file) == base else read(self, file)

    manager.ConfigManager._read_config_yaml_file = read_once


def _preload() -> None:
    """Import what every run imports, as long as it can't know for whom."""
    names = subprocess.check_output([sys.executable, "-c", _SCOUT], text=True).split()
    for name in (*names, *_INDEPENDENT):
        # Some are private to a package that has them only under another name.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    _read_definitions_once()
    if _CONSTANTS in sys.modules:
        raise SystemExit("the fork server has read a configuration, which would be that of every run")
    # ansible-core compiles collections anew in each process.
    sys.path.append(BYTECODE)
    compiled = importlib.import_module("compiled").compiled
    sys.path.remove(BYTECODE)

    def compile_once(source: str | bytes, filename: str, mode: str, **how: Any) -> Any:
        text = source if isinstance(source, bytes) else source.encode()
        return compiled(f"{filename} {mode} {how}", text, lambda: compile(source, filename, mode, **how))

    finder = vars(importlib.import_module(_FINDER))
    finder["compile"] = compile_once
    # That of ansible.builtin is long, too.
    finder["_meta_yml_to_dict"] = functools.cache(finder["_meta_yml_to_dict"])
    for file in Path(importlib.import_module("ansible").__path__[0], "config").glob("*_runtime.yml"):
        finder["_meta_yml_to_dict"](file.read_bytes(), ("ansible.builtin", "runtime.yml"))


if __name__ == "__main__":
    _preload()
    # What is here stays, so no run has to look through it (and copy the pages of all of it).
    gc.freeze()
    _serve(*(socket.socket(fileno=int(number)) for number in sys.argv[1:]))
