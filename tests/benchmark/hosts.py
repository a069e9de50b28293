# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token for each of many hosts: through the role, and as a task that every host runs for itself."""

from __future__ import annotations

from .rows import EMPTY_PLAY, Play, Row, pages

HOSTS = 200
_ROLE = Play("role.yml", hosts=HOSTS)
_EACH = Play("each_host.yml", hosts=HOSTS)
# For every host the plan under the lock, and a look for twins after its creation.
_EACH_LISTS = sum(pages(before) + pages(before + 1) for before in range(HOSTS))

HOST_ROWS: tuple[Row, ...] = (
    Row(
        f"role for {HOSTS} hosts: create",
        _ROLE,
        EMPTY_PLAY,
        {"list": 1 + pages(HOSTS), "create": HOSTS, "path": 1},
        most_rounds=1,
    ),
    Row(f"role for {HOSTS} hosts: unchanged", _ROLE, EMPTY_PLAY, {"list": pages(HOSTS)}, fresh=False, most_rounds=1),
    Row(
        f"task on each of {HOSTS} hosts: create",
        _EACH,
        EMPTY_PLAY,
        {"list": _EACH_LISTS, "create": HOSTS, "path": HOSTS},
        most_rounds=1,
    ),
    Row(
        f"task on each of {HOSTS} hosts: unchanged",
        _EACH,
        EMPTY_PLAY,
        {"list": HOSTS * pages(HOSTS)},
        fresh=False,
        most_rounds=1,
    ),
)
