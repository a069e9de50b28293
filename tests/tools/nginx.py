# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put nginx, with which the examples are tested, into `.venv/nginx`, unless this machine has one.

Debian's package is unpacked there instead of installed: that needs no root, and starts no server on port 80. Where that can't
be done it has to be installed by hand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / ".venv" / "nginx"


def run(*command: str, folder: str | None = None) -> bool:
    """Whether a command did well, in silence."""
    nowhere = subprocess.DEVNULL
    return subprocess.run(command, cwd=folder, stdout=nowhere, stderr=nowhere, check=False).returncode == 0


def works(program: str) -> bool:
    """Whether the libraries of the program are there, too."""
    return run(program, "-v")


def download(folder: str) -> bool:
    """Fetch the package. The lists of packages may be missing or too old, which root can do something about."""
    command = ("apt-get", "-qq", "download", "nginx")
    if run(*command, folder=folder):
        return True
    return os.geteuid() == 0 and run("apt-get", "-qq", "update") and run(*command, folder=folder)


def get() -> bool:
    """Whether there is an nginx now."""
    program = TARGET / "usr" / "sbin" / "nginx"
    system = shutil.which("nginx", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"]))
    if program.exists() or (system and works(system)):
        return True
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return False
    with tempfile.TemporaryDirectory(prefix="ellipsis-drive-") as folder:
        if not download(folder):
            return False
        [package] = Path(folder).glob("nginx_*.deb")
        unpacked = Path(folder) / "unpacked"
        subprocess.run(["dpkg-deb", "--extract", str(package), str(unpacked)], check=True)
        if not works(str(unpacked / "usr" / "sbin" / "nginx")):
            return False
        shutil.rmtree(TARGET, ignore_errors=True)
        shutil.move(str(unpacked), str(TARGET))
    return True


def main() -> int:
    if not get():
        print("there is no nginx here, and it can't be had with apt-get: install it", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
