# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server would refuse about an access list, found before a token is made: too little own access, unfit fences."""

from __future__ import annotations

import typing as t

from .._model.access_list import Grant
from .._model.desired import Desired
from .._model.errors import Refused
from .._model.paths import PathView, compare
from .path_tree import Tree

_WITH_GEO_FENCE = ("raster", "vector")


def check_access(wanted: t.Iterable[Desired], tree: Tree) -> None:
    """Look at each path of these access lists once. Raises Refused with one sentence for each problem."""
    grants = {grant: None for desired in wanted for grant in desired.access_list if grant.path_id}
    views = tree.views(grant.path_id for grant in grants)
    problems = [problem for problem in (complaint(grant, views[grant.path_id]) for grant in grants) if problem]
    if problems:
        raise Refused(f"access_list: {' '.join(problems)} Nothing was written.")


def complaint(grant: Grant, view: PathView | None) -> str | None:
    """Why the server would refuse a grant, as a sentence; None if no reason is known.

    view: the path as the account sees it, None if it does not exist or the account has no access.
    """
    if view is None:
        return f"path {grant.path_id} does not exist, or this account has no access to it; correct path_id, or get access first."
    path = f"path {grant.path_id} ({view.name!r}, a {view.type})" if view.name else f"path {grant.path_id}"
    if compare(grant.access_tier, view) == -1:
        own = view.tier or f"access level {view.level}"
        return (
            f"{path} gives this account {own}, so it can't give {grant.access_tier} to a token; lower access_tier, or get "
            "more access first."
        )
    if grant.property_fence is not None and view.type not in (None, "vector"):
        return f"{path} takes no property_fence, since only vector layers have properties; leave it out."
    if (grant.tiles or grant.max_zoom is not None) and view.type not in (None, *_WITH_GEO_FENCE):
        return f"{path} takes no geo_fence, which is for raster and vector layers; leave it out, or name the layers."
    return None
