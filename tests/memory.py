# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where tests have their folders: every store is synced to its disk at each step, which is what most laws would wait for."""

from __future__ import annotations

import os


def memory() -> str | None:
    """A file system in memory that is large enough, and where programs can be started. None where there is none."""
    place = "/dev/shm"
    if not os.access(place, os.W_OK | os.X_OK):
        return None
    facts = os.statvfs(place)
    large = facts.f_bavail * facts.f_frsize > 2 << 30
    return place if large and not facts.f_flag & os.ST_NOEXEC else None
