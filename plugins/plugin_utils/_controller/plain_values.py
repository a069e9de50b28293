# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes plain Python values of what a task or a template holds.

Ansible wraps strings: unsafe ones, inline C(!vault) ones, and from ansible-core 2.19 on tagged ones. Argument validation
on older cores and C(yaml.safe_dump) everywhere want none of that.
"""

from __future__ import annotations

import typing as t


def plain(value: t.Any) -> t.Any:
    """The same value without wrappers, recursively; inline vault strings are decrypted."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # Called on the class, since unsafe strings override it to stay unsafe.
        return str.__str__(value)
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, t.Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    return str(value)
