# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let galaxy-importer judge a built collection: `importer.py TARBALL`.

It only logs most of what it dislikes: here that fails. ansible-lint has a step of its own, with the strictest profile.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    tarball = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="ellipsis-drive-") as folder:  # it leaves its result where it runs
        settings = Path(folder, "settings.cfg")
        settings.write_text("[galaxy-importer]\nrun_ansible_lint = False\n", encoding="utf-8")
        command = ["python", "-m", "galaxy_importer.main", str(tarball)]
        run = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "GALAXY_IMPORTER_CONFIG": str(settings)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    print(run.stdout, end="", flush=True)
    complaints = [line for line in run.stdout.splitlines() if line.startswith(("WARNING", "ERROR", "CRITICAL"))]
    return run.returncode or bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
