# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role access_tokens decides, as functions of plain values: which tokens there are, and who gets which secret.

A slot is an entry of the variable access_tokens. A rollout says for each slot what C(current) and C(earlier) are (each with id,
secret, created_at, expires_at; earlier may be None), and whether this run C(created) the current one.
"""

from __future__ import annotations

import typing as t

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError

Values = dict[str, t.Any]
Rollout = t.Mapping[str, Values]
# Stands in files while check mode looks at what would change: there is no secret yet.
NOT_YET = {"id": "", "secret": "made-by-the-real-run", "created_at": "", "expires_at": ""}
_FACTS = ("id", "secret", "created_at", "expires_at")
_LONGEST = "36500d"


def declared(tokens: t.Sequence[Values], defaults: Values, overlap: str) -> list[Values]:
    """The slots of one host, each with all its options."""
    slots = [{"overlap": overlap, **defaults, **entry} for entry in tokens]
    names = [slot["description"] for slot in slots]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise OptionError(f"access_tokens: {named(twice)} is there twice; put all of deliver into one entry")
    return slots


def gathered(published: t.Mapping[str, Values]) -> list[Values]:
    """The slots of all hosts, once each and without deliveries. published: by host, C(slots) and C(settings)."""
    slots: dict[str, Values] = {}
    origin: dict[str, str] = {}
    first = next(iter(published), "")
    for host, what in published.items():
        if what["settings"] != published[first]["settings"]:
            raise OptionError(
                f"access_tokens: {first} and {host} differ in access_tokens_owner, access_tokens_store or "
                "access_tokens_keep_tasks; put them into different plays"
            )
        for slot in what["slots"]:
            name, bare = slot["description"], {key: value for key, value in slot.items() if key != "deliver"}
            differing = sorted(
                key for key in {*bare, *slots.get(name, bare)} if bare.get(key) != slots.get(name, bare).get(key)
            )
            if differing:
                raise OptionError(
                    f"access_tokens: {origin[name]} and {host} declare {name!r} with different {named(differing)}; "
                    "make them equal, or use different descriptions"
                )
            slots.setdefault(name, bare)
            origin.setdefault(name, host)
    return list(slots.values())


def to_mint(
    slots: t.Sequence[Values],
    held: t.Mapping[str, Values],
    in_store: bool,
    rotate: t.Collection[str] = (),
    before: t.Iterable[Rollout] = (),
) -> list[Values]:
    """What makes the new tokens and leaves the replaced ones alone: hosts still use them.

    rotate: descriptions to replace though nothing asks for it, C(*) for all. before: rollouts of earlier batches of hosts; what
    they created is not created again, or hosts that share a token would not get the same.
    """
    created = {name for rolled in before for name, each in rolled.items() if each["created"]}
    tokens = []
    for slot in slots:
        token, name = dict(slot), slot["description"]
        if is_present(slot):
            token["overlap"] = _LONGEST if slot.get("valid_for") == "never" else slot.get("valid_for", _LONGEST)
            if not in_store:
                token["held_id"] = held.get(name, {}).get("id") or ""
            if name in rotate or "*" in rotate:
                token["regenerate"] = "always"
            if name in created and token.get("regenerate") == "always":
                token["regenerate"] = "drift"
        tokens.append(token)
    return tokens


def rollout(minted: Values, held: t.Mapping[str, Values], before: t.Sequence[Rollout]) -> dict[str, Values]:
    """What every slot has now and had before, as far as the secrets are known. before: rollouts of earlier batches of hosts."""
    found = {}
    for name, token in minted.get("access_tokens", {}).items():
        secret = minted["secrets"].get(name) or _secret_of(token.get("id"), held.get(name))
        created = name in minted["created"]
        if name in minted["failures"] or not (secret or (created and token["id"] is None)):
            continue
        current = NOT_YET if token["id"] is None else _facts(token, secret)
        found[name] = {"current": current, "earlier": None, "created": created}
        if created:
            found[name]["earlier"] = _earlier(token, minted["superseded_secrets"], held.get(name))
        else:
            same = (each[name] for each in before if name in each and each[name]["current"]["id"] == token["id"])
            found[name]["earlier"] = next((each["earlier"] for each in same), None)
    return found


def deliveries(slots: t.Sequence[Values], rolled: Rollout, which: str) -> list[Values]:
    """The files of one host. which: current or earlier."""
    return [
        {**delivery, "description": slot["description"]}
        for slot in slots
        if is_present(slot) and rolled.get(slot["description"], {}).get(which)
        for delivery in slot.get("deliver") or ()
    ]


def confirmed(slots: t.Sequence[Values], rolled: Rollout | None = None) -> dict[str, str]:
    """By description, the id of the token that a host uses; empty for what is still to be delivered."""
    names = [slot["description"] for slot in slots if is_present(slot)]
    return {name: (rolled or {}).get(name, {}).get("current", {}).get("id", "") for name in names}


def kept(rolled: Rollout, which: str, names: t.Collection[str] | None = None) -> dict[str, Values]:
    """What a store of the user's own has to keep: the secrets of this run, or those before it."""
    chosen = {name: each for name, each in rolled.items() if each["created"] and (names is None or name in names)}
    return {name: each[which] for name, each in chosen.items() if each[which]}


def failure(step: str, result: Values, rolled: Rollout) -> Values:
    """What failed on a host and why, without any secret that a message may repeat."""
    failed = [item for item in result.get("results", ()) if item.get("failed")] or [result]
    words = " ".join(str(failed[0].get("msg") or "see above").split())
    for each in rolled.values():
        for token in filter(None, (each["current"], each["earlier"])):
            words = words.replace(token["secret"], "********")
    return {"step": step, "msg": words}


def _earlier(token: Values, secrets: t.Mapping[str, str], held: Values | None) -> Values | None:
    for old in reversed(token["superseded"]):
        secret = secrets.get(old["id"]) or _secret_of(old["id"], held)
        if secret:
            return _facts(old, secret)
    return None


def _secret_of(token_id: str | None, held: Values | None) -> str | None:
    return held.get("secret") if held and token_id and held.get("id") == token_id else None


def _facts(token: Values, secret: str | None) -> Values:
    return {**{name: token.get(name) or "" for name in _FACTS}, "secret": secret}


def is_present(slot: Values) -> bool:
    """Whether a slot is wanted."""
    return bool(slot.get("state", "present") == "present")


def named(names: t.Sequence[str]) -> str:
    """A few names, and how many more."""
    shown = ", ".join(map(repr, names[:3]))
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
