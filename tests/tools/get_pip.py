# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-test finds in its cache instead of the get-pip script it would download: pip comes from ensurepip."""

from __future__ import annotations

import ensurepip
import os
import subprocess
import sys


def main() -> int:
    environment = dict(os.environ)  # ensurepip drops pip's settings from it, the package index among them
    ensurepip.bootstrap()
    packages = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
    return subprocess.call([sys.executable, "-m", "pip", "install", *packages], env=environment)


if __name__ == "__main__":
    sys.exit(main())
