# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens of the role's owner that no host declares: what a run says of them, and what revokes them. Pure functions."""

from __future__ import annotations

import typing as t

from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Slot
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout import declarations, rollout

Values = dict[str, t.Any]


def undeclared(live: t.Iterable[Slot], owner: str, declared: t.Collection[str]) -> list[str]:
    """Their descriptions. live: the slots of all owners that have tokens. declared: descriptions."""
    return sorted({slot.description for slot in live if slot.owner == owner} - set(declared))


def notice(descriptions: t.Sequence[str], owner: str) -> str:
    """One line, or nothing: with the default owner these may well be somebody else's."""
    if not descriptions or owner == "default":
        return ""
    return (
        f"Tokens of owner {owner!r} that no host declares: {declarations.named(descriptions)}; "
        "access_tokens_prune=true would revoke them."
    )


def to_prune(declared: t.Sequence[Values], held: t.Mapping[str, Values] | None) -> Values:
    """Options of the plural module that revoke them, with its guards, and leave everything else as it is. held: as to_create()."""
    as_it_is = {"regenerate": "never", "renew_within": "0s"}
    wanted = rollout.to_create(declared, held)
    tokens = [{**each, **as_it_is} if declarations.is_present(each) else each for each in wanted]
    return {"tokens": tokens, "prune": True, "allow_empty": not tokens}
