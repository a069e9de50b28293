# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role says of tokens: a line for each that is not unchanged, like the diff of the module in a few words. Pure."""

from __future__ import annotations

import typing as t

Values = t.Mapping[str, t.Any]


def lines(made: Values) -> t.Iterator[str]:
    """made: what ellipsis_access_tokens answered."""
    for name, token in made.get("access_tokens", {}).items():
        if name not in made["failures"] and (name in made["created"] or name in made["retired"]):
            before, after = (made["diff"][side].get(name, {}) for side in ("before", "after"))
            differences = ", ".join(_difference(each, before, after) for each in token["changes"])
            what = token["reason"] + (f" ({differences})" if differences else "")
            became = " → a new token" if name in made["created"] else ""
            if token.get("id"):
                became = f" → {token['id']}, expires {token['expires_at'] or 'never'}"
            yield f"{name}: {what}{became}"


def _difference(field: str, before: Values, after: Values) -> str:
    """A field with its values, as far as both are known and short."""
    old, new = before.get(field), after.get(field)
    if field == "access_list":
        return _tiers(old, new) or field
    return f"{field} {old} → {new}" if old and new else field


def _tiers(old: t.Any, new: t.Any) -> str:
    """What became of the tiers of grants that are the same apart from those; nothing where more differs."""
    if not (isinstance(old, list) and isinstance(new, list)) or [*map(_fence, old)] != [*map(_fence, new)]:
        return ""
    pairs = [(one, other) for one, other in zip(old, new, strict=True) if one != other]
    return ", ".join(
        f"access_tier {f'of {_path(one)} ' if len(old) > 1 else ''}{one['access_tier']} → {other['access_tier']}"
        for one, other in pairs
    )


def _fence(grant: Values) -> Values:
    return {name: value for name, value in grant.items() if name != "access_tier"}


def _path(grant: Values) -> str:
    """What a grant calls its path."""
    return str(grant.get("path") or grant["path_id"])
