# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides how a rollout ends: which new tokens are taken back, which replaced ones are retired, and what is said (law 23)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.declarations import named
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.rollout import Rollout, Values


@dataclass(frozen=True)
class Host:
    """A host of the play. confirmed: by description the id it uses, empty until that is shown; None where it had no turn.

    here: it takes part still. failure: the C(step) that failed and the C(msg), or nothing. to_come: its turn comes in a later batch.
    """

    confirmed: t.Mapping[str, str] | None = None
    here: bool = False
    failure: Values | None = None
    to_come: bool = False


Hosts = t.Mapping[str, Host]


def verdict(
    hosts: Hosts,
    failures: t.Mapping[str, str],
    rolled: Rollout,
    *,
    check_mode: bool,
    left_behind: t.Collection[str] = (),
) -> Values:
    """What failures lead to. Only the slots of a host that failed are affected (law 23).

    failures: by description, why a slot has no token to deliver. left_behind: hosts that may have new secrets, and could not be
    given the earlier ones; what they share stays. restore: slots whose earlier secret goes back to their hosts. revoke: ids of new
    tokens. messages: why which host fails.
    """
    affected = {slot for host in hosts.values() if host.failure for slot in host.confirmed or ()}
    back = {} if check_mode else {slot: rolled[slot] for slot in sorted(affected) if slot in rolled}
    stuck = {
        slot: [name for name in left_behind if slot in (hosts[name].confirmed or ())]
        for slot, each in back.items()
        if each["earlier"] and each["created"]
    }
    messages = {name: _message(name, hosts, back, failures, stuck) for name, host in hosts.items() if host.here}
    return {
        "affected": sorted(affected),
        "restore": [slot for slot, each in back.items() if each["earlier"] and not stuck.get(slot)],
        "revoke": [each["current"]["id"] for slot, each in back.items() if each["created"] and not stuck.get(slot)],
        "messages": {name: message for name, message in messages.items() if message},
    }


def retirement(
    hosts: Hosts,
    slots: t.Sequence[Values],
    superseded: t.Mapping[str, t.Collection[str]],
    rolled: Rollout,
    created: t.Collection[str],
    *,
    at_once: bool,
    tracked: bool,
) -> Values:
    """What revokes the replaced tokens: at once where every host of the play has shown that it uses the new one, else after overlap.

    slots: those that went well. superseded: by description, the ids of replaced tokens that are live. tracked: the secrets are not
    in a store. notes: what is said of those that live on. A token that this run replaced (created: by any batch) stays as long as a
    host is missing, and any one as long as the turn of a host is to come.
    """
    tokens, notes = [], []
    for slot in slots:
        name = slot["description"]
        current = rolled.get(name, {}).get("current", {}).get("id")
        if not superseded.get(name) or not current:
            continue
        missing = [
            host
            for host, each in hosts.items()
            if each.confirmed is None or each.confirmed.get(name, current) != current
        ]
        if any(hosts[host].to_come for host in missing):
            continue
        if missing:
            notes.append(
                f"The replaced token of {name!r} goes once its overlap of {slot['overlap']} has passed; "
                f"not yet renewed: {named(missing)}."
            )
            if name in created:
                continue
        # Nothing may be created here, since it would not be delivered.
        token = {**slot, "regenerate": "never", "renew_within": "0s"}
        if at_once and not missing:
            token["overlap"] = "0"
        tokens.append({**token, "held_id": current} if tracked else token)
    return {"tokens": tokens, "notes": notes}


def _becomes(slot: str, rolled: Values, stuck: t.Sequence[str], *, delivered: bool) -> str:
    current, earlier = rolled["current"]["id"], rolled["earlier"]
    if stuck:
        return (
            f"{slot!r}: the earlier token {earlier['id']} is in use again where it could be brought back; {named(stuck)} may have "
            f"the new token {current}, so both stay, and the next run goes on with the new one."
        )
    if earlier and rolled["created"]:
        return f"{slot!r}: the earlier token {earlier['id']} is in use again, the new token {current} is revoked."
    if earlier:
        return f"{slot!r}: the earlier token {earlier['id']} is in use again here; other hosts use the new token {current}, which stays."
    if rolled["created"]:
        files = ", so the delivered files hold a dead one" if delivered else ""
        return f"{slot!r}: the new token {current} is revoked; there was none before it{files}."
    return f"{slot!r}: token {current} was not made by this run and stays."


def _message(
    name: str, hosts: Hosts, back: Rollout, failures: t.Mapping[str, str], stuck: t.Mapping[str, t.Sequence[str]]
) -> str:
    """What failed, on this host or else on one that shares a slot with it, and what becomes of its slots."""
    host = hosts[name]
    own = set(host.confirmed or ())
    culprits = [
        other for other, each in hosts.items() if each.failure and (other == name or own & set(each.confirmed or ()))
    ]
    delivered = not (host.failure or {}).get("undelivered")
    words = [
        f"{slot!r}: {failures[slot]}"
        if slot in failures
        else _becomes(slot, back[slot], stuck.get(slot, ()), delivered=delivered)
        for slot in host.confirmed or ()
        if slot in failures or slot in back
    ]
    if culprits:
        culprit = name if name in culprits else culprits[0]
        failure = hosts[culprit].failure or {}
        more = f" (and {len(culprits) - 1} more)" if len(culprits) > 1 else ""
        words.insert(0, f"{culprit}{more} failed at {failure['step']}: {failure['msg'].rstrip('.')}.")
    return " ".join(words)
