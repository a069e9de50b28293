# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-test finds in its cache instead of the get-pip script it would download: pip is there, and is only linked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path


def main() -> int:
    wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
    [version] = re.findall(r"^pip==([0-9.]+)$", "\n".join(wanted), re.MULTILINE)
    site = Path(sysconfig.get_path("purelib"))
    for part in Path(os.environ["GET_PIP"]).with_name(f"pip-{version}").iterdir():
        if part.name.startswith("pip"):
            (site / part.name).symlink_to(part)
    others = [argument for argument in wanted if not argument.startswith("pip==")]
    if all(argument.startswith("-") for argument in others):
        return 0
    return subprocess.call([sys.executable, "-m", "pip", "install", *others])


if __name__ == "__main__":
    sys.exit(main())
