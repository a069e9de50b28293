# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs other people's servers on loopback, as plain processes that end with the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[Callable[[str], requests.Response]]:
    """Yields what gets an address of the server, which is not ready before the first answer."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    session = requests.Session()
    session.trust_env = False
    session.mount(
        "http://", HTTPAdapter(max_retries=Retry(total=None, connect=12, backoff_factor=0.02, backoff_max=1, read=0))
    )
    try:
        yield lambda path: session.get(f"http://127.0.0.1:{port}{path}", timeout=30)
    finally:
        session.close()
        process.terminate()
        process.wait(timeout=30)


def mapproxy(config: Path, port: int) -> list[str]:
    """The command that serves a configuration of MapProxy."""
    pytest.importorskip("mapproxy", reason="no MapProxy in this environment")
    return [sys.executable, str(Path(__file__).with_name("mapproxy_server.py")), str(config), str(port)]


def nginx(site: Path, folder: Path) -> list[str]:
    """The command that serves a file as it would lie in conf.d; everything nginx writes goes to the folder.

    With C(-s reload) at its end it makes the running one read the file again.
    """
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"    {name}_temp_path {folder / name};\n" for name in names)
    main = folder / "nginx.conf"
    # The folder is not open to the user whom nginx would choose.
    user = "user root;\n" if os.geteuid() == 0 else ""
    main.write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {folder / 'nginx.pid'};\nerror_log stderr info;\n"
        f"events {{}}\nhttp {{\n    access_log {folder / 'access.log'};\n{places}    include {site};\n}}\n"
    )
    return [_nginx_program(), "-e", "stderr", "-p", str(folder), "-c", str(main)]


def _nginx_program() -> str:
    own = ROOT / ".venv" / "nginx" / "usr" / "sbin" / "nginx"
    found = str(own) if own.exists() else shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is not None:
        return found
    pytest.fail("no nginx here: see what tests/tools/nginx.py says")
