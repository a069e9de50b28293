# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put the collections of others that tests need into `.venv/others`: `other_collections.py PYTHON`, one that has pip.

They are taken out of the package `ansible`, which carries hundreds of them and is not installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / ".venv" / "others"
# Later ones have no awx.awx.
PACKAGE = "ansible ==12.*"
NAMES = ("awx/awx",)


def download(python: str, folder: str) -> Path:
    """The package, whatever Python this machine has."""
    pip = [python, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps", "-d", folder]
    subprocess.run([*pip, "--only-binary=:all:", "--python-version=3.12", PACKAGE], check=True)
    [wheel] = Path(folder).glob("*.whl")
    return wheel


def unpack(wheel: Path, target: Path) -> None:
    folders = tuple(f"ansible_collections/{name}/" for name in NAMES)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target, [name for name in archive.namelist() if name.startswith(folders)])


def main() -> None:
    stamp, making = TARGET / "made-from", "\n".join([PACKAGE, *NAMES])
    if stamp.exists() and stamp.read_text() == making:
        return
    shutil.rmtree(TARGET, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="ellipsis-drive-") as folder:
        unpack(download(sys.argv[1], folder), TARGET)
    stamp.write_text(making)


if __name__ == "__main__":
    main()
