# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the playbooks, and what is wrong with those that were given (pure)."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import INHERITED, variable_name

_PREFIX = "ellipsis_"
_PROVISION = ("handlers", "hosts", "serial")
_OF_AUDIT = (
    *("check_paths", "description", "expires_within", "fail_on", "folder", "managed", "mode", "name", "overdue_after"),
    *("owner", "path_id", "store", "store_plaintext", "store_vault_id", "title", "verify", "warn_within"),
)
_OF_AWX = (
    *("credentials", "image", "inventory", "name", "organization", "project_branch", "project_credential"),
    *("project_url", "schedule", "token_file", "update_secrets"),
)
_OF_MOVE_STORE = ("descriptions", "from", "plaintext", "remove", "to", "vault_id")
_OF_REVOKE = (
    *("all_of_owner", "description", "fingerprint", "owner", "secret", "store", "store_plaintext", "store_vault_id"),
    "token_id",
)
PLAYBOOKS: t.Mapping[str, frozenset[str]] = {
    "audit": frozenset(f"ellipsis_audit_{name}" for name in _OF_AUDIT),
    "awx": frozenset(f"ellipsis_awx_{name}" for name in _OF_AWX),
    "provision": frozenset(f"ellipsis_provision_{name}" for name in _PROVISION),
    "move_store": frozenset(f"ellipsis_move_store_{name}" for name in _OF_MOVE_STORE),
    "revoke": frozenset(f"ellipsis_revoke_{name}" for name in _OF_REVOKE),
    "rotate": frozenset({"ellipsis_rotate_descriptions", *(f"ellipsis_provision_{name}" for name in _PROVISION)}),
}
# Those of the connection and of stores. A store may be loaded as a file of variables, and then its key is one.
_EVERYWHERE = frozenset({*map(variable_name, INHERITED), "ellipsis_store", "ellipsis_access_tokens"})
_OF_RULEBOOKS = frozenset({"ellipsis_renew_interval"})
# Inventories and files of variables are shared, so what belongs to another playbook or to a rulebook is no mistake.
_KNOWN = _EVERYWHERE.union(_OF_RULEBOOKS, *PLAYBOOKS.values())
# How much a name has to be like a known one: to be the one that was meant, and to be a mistake although its start is another.
_LIKE, _VERY_LIKE = 0.6, 0.9


def complaints(names: t.Iterable[str], playbook: str, words: str) -> list[str]:
    """About unknown variables, and about words of extra variables that belong to none."""
    own = sorted(PLAYBOOKS[playbook])
    unknown = [name for name in sorted(names) if _is_unknown(name, own)]
    found = [f"{name}: no such variable; {_remedy(name, own)}" for name in unknown]
    if words:
        found.append(
            f"{words}: belongs to no variable, since a value on the command line ends at a space; write values with spaces as "
            f"""-e '{{"{own[0]}": "…"}}' or into a file that is named with -e @"""
        )
    return found


def _is_unknown(name: str, own: t.Sequence[str]) -> bool:
    if name in _KNOWN:
        return False
    return name.startswith(_PREFIX) or bool(difflib.get_close_matches(name.lower(), own, n=1, cutoff=_VERY_LIKE))


def _remedy(name: str, own: t.Sequence[str]) -> str:
    # Their common start would make all of them alike.
    rests = [each.removeprefix(_PREFIX) for each in (*own, *sorted(_EVERYWHERE))]
    near = difflib.get_close_matches(name.lower().removeprefix(_PREFIX), rests, n=1, cutoff=_LIKE)
    if near:
        return f"write {_PREFIX}{near[0]}"
    return f"names that start with {_PREFIX} are of this collection; write one of {', '.join(own)}"
