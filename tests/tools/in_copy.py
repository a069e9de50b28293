# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command in a copy of the collection: `in_copy.py [--published] COMMAND…`.

The copy holds what git knows or would add. It lies at `<temporary>/ansible_collections/ellipsis/drive`, because
ansible-test accepts no link there, and is a git work tree of its own: in an ignored folder nothing would be tested.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]


# What ansible-test wants to know of the tests.
_SETTINGS = "tests/config.yml"


def copy(target: Path, *, published: bool = False) -> None:
    """Copy the files that git knows or would take; published: without the tests."""
    listing = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=str(TREE)
    )
    for name in filter(None, os.fsdecode(listing).split("\0")):
        source, destination = TREE / name, target / name
        if not os.path.lexists(source):
            continue  # deleted, but not yet in git's index
        if published and name.startswith("tests/") and name != _SETTINGS:
            continue
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, destination, follow_symlinks=False)
    subprocess.run(["git", "init", "-q"], cwd=str(target), check=True)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="ellipsis-drive-") as folder:
        target = Path(folder) / "ansible_collections" / "ellipsis" / "drive"
        published = sys.argv[1] == "--published"
        copy(target, published=published)
        return subprocess.call(
            sys.argv[1 + published :], cwd=str(target), env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": folder}
        )


if __name__ == "__main__":
    sys.exit(main())
