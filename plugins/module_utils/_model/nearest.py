# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Suggests known names that are like a name that does not exist."""

from __future__ import annotations

import difflib
import typing as t

_MOST = 3


def nearest(name: str, known: t.Iterable[str], cutoff: float = 0.6) -> str:
    """A text such as C(the nearest are 'a', 'b'), most alike first, upper and lower case being equal. Empty if none is alike.

    cutoff: how much alike a name has to be, from 0 (anything) to 1.
    """
    folded = {each.casefold(): each for each in known}
    near = [folded[each] for each in difflib.get_close_matches(name.casefold(), folded, _MOST, cutoff)]
    return f"the nearest {'is' if len(near) == 1 else 'are'} {', '.join(map(repr, near))}" if near else ""
