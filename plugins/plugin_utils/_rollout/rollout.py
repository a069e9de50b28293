# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tokens a run of the role makes, and what every slot has now and had before. Pure functions of plain values.

A rollout says for each slot what C(current) and C(earlier) are (each with id, secret, created_at, expires_at; earlier may be None),
and whether this run C(created) the current one.
"""

from __future__ import annotations

import typing as t

from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.declarations import is_present

Values = dict[str, t.Any]
Rollout = t.Mapping[str, Values]
# Stands in files while check mode looks at what would change: there is no secret yet.
NOT_YET = {"id": "", "secret": "made-by-the-real-run", "created_at": "", "expires_at": ""}
_FACTS = ("id", "secret", "created_at", "expires_at")
_LONGEST = "36500d"


def to_create(
    slots: t.Sequence[Values],
    held: t.Mapping[str, Values] | None,
    rotate: t.Collection[str] = (),
    created_before: t.Collection[str] = (),
) -> list[Values]:
    """The entries with which the plural module creates new tokens and retires none, since hosts still use them (law 23).

    held: by description what is held, None where a store knows. rotate: descriptions to replace though nothing asks for it, C(*)
    for all. created_before: what earlier batches of hosts created is not created again, or hosts that share a token would not get
    the same.
    """
    tokens = []
    for slot in slots:
        token, name = dict(slot), slot["description"]
        if is_present(slot):
            token["overlap"] = _LONGEST if slot.get("valid_for") == "never" else slot.get("valid_for", _LONGEST)
            if held is not None:
                token["held_id"] = held.get(name, {}).get("id") or ""
            if name in rotate or "*" in rotate:
                token["regenerate"] = "always"
            if name in created_before and token.get("regenerate") == "always":
                token["regenerate"] = "drift"
        tokens.append(token)
    return tokens


def superseded(made: Values) -> dict[str, list[str]]:
    """By description the ids of the replaced tokens that are live. made: what ellipsis_access_tokens answered."""
    return {name: [old["id"] for old in token.get("superseded", ())] for name, token in made["access_tokens"].items()}


def names(slots: t.Sequence[Values]) -> list[str]:
    """The descriptions of slots, and of what they replace: the secrets of both may be needed, and both are declared."""
    named = (each for slot in slots for each in (slot, *slot.get("replaces", ())))
    return list(dict.fromkeys(each["description"] for each in named if each.get("description")))


def rollout(made: Values, held: t.Mapping[str, Values], before: Rollout) -> dict[str, Values]:
    """What every slot has now and had before, as far as the secrets are known.

    made: what ellipsis_access_tokens answered. held: by description. before: the rollout of earlier batches of hosts.
    """
    found = {}
    for name, token in made.get("access_tokens", {}).items():
        secret = made["secrets"].get(name) or _secret_of(token.get("id"), held.get(name))
        created = name in made["created"]
        if name in made["failures"] or not (secret or (created and token["id"] is None)):
            continue
        current = NOT_YET if token["id"] is None else _facts(token, secret)
        found[name] = {"current": current, "earlier": None, "created": created}
        if created:
            found[name]["earlier"] = _earlier(token, made["superseded_secrets"], held)
        elif before.get(name, {}).get("current", {}).get("id") == token["id"]:
            found[name]["earlier"] = before[name]["earlier"]
    return found


def unknown(slots: t.Sequence[Values], made: Values, rolled: Rollout) -> dict[str, str]:
    """Why a slot that is wanted has no secret to deliver, by description: a run never ends well without."""
    reasons = {}
    for slot in slots:
        name = slot["description"]
        if is_present(slot) and name not in rolled:
            token_id = made.get("access_tokens", {}).get(name, {}).get("id")
            reasons[name] = made.get("failures", {}).get(name) or (
                f"the secret of token {token_id} is not known here, since another run made it at the same moment; run again"
            )
    return reasons


def held_elsewhere(made: Values) -> str:
    """Why nothing is made where tokens are live whose secrets the user's own tasks did not find, or nothing. made: a plan."""
    lost = [
        f"{name!r}"
        for name, token in made["access_tokens"].items()
        if token["reason"] == "secret_missing" and name not in made["failures"]
    ]
    if not lost:
        return ""
    return (
        f"access_tokens_fetch_tasks: set no secret for tokens that are live: {', '.join(lost)}; what keeps their secrets is "
        "elsewhere or was not given to this run. Give it to the run, or set access_tokens_take_over=true to replace the tokens"
    )


def kept(rolled: Rollout, which: str, names: t.Collection[str] | None = None) -> dict[str, Values]:
    """What a place of the user's own has to keep: the secrets of this run, or those before it."""
    chosen = {name: each for name, each in rolled.items() if each["created"] and (names is None or name in names)}
    return {name: each[which] for name, each in chosen.items() if each[which]}


def failure(task: Values, result: Values, rolled: Rollout) -> Values:
    """What failed on a host and why, without any secret that a message may repeat. task: may be empty, for a handler."""
    failed = [item for item in result.get("results") or () if item.get("failed")] or [result]
    words = " ".join(str(failed[0].get("msg") or "see above").split())
    for each in rolled.values():
        for token in filter(None, (each["current"], each["earlier"])):
            words = words.replace(token["secret"], "********")
    return {"step": task.get("name") or task.get("action") or "a handler", "msg": words}


def _earlier(token: Values, secrets: t.Mapping[str, str], held: t.Mapping[str, Values]) -> Values | None:
    # It may have had another description.
    known = {each.get("id"): each.get("secret") for each in held.values()}
    for old in reversed(token["superseded"]):
        secret = secrets.get(old["id"]) or known.get(old["id"])
        if secret:
            return _facts(old, secret)
    return None


def _secret_of(token_id: str | None, held: Values | None) -> str | None:
    return held.get("secret") if held and token_id and held.get("id") == token_id else None


def _facts(token: Values, secret: str | None) -> Values:
    return {**{name: token.get(name) or "" for name in _FACTS}, "secret": secret}
