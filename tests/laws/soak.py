# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Searches are short in the gate and long in `make soak`."""

from __future__ import annotations

import os


def examples(few: int) -> int:
    """How many a search tries."""
    return int(os.environ.get("SOAK_EXAMPLES", few))
