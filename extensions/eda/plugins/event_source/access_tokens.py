# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An event source for ansible-rulebook: what happens to the access tokens of an account."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
short_description: Events about the access tokens of an Ellipsis Drive account
version_added: 1.0.0
description:
  - Lists the tokens of the account with M(ellipsis.drive.ellipsis_access_token_info) at an interval, and sends an event for
    each thing that a rule may have to act on. No event holds a secret.
  - The login and the address come from the environment, as for every module of this collection, for example
    E(ELLIPSIS_USERNAME) and E(ELLIPSIS_PASSWORD). A login token lives a day, so it is of no use here.
  - An event has C(kind), C(token_id), C(description), C(managed), C(owner), C(expires_at) and C(message). C(managed) is V(false)
    and C(owner) V(null) for a token that this collection did not make.
  - V(due), V(expiring), V(unmanaged) and V(differs) are sent in every interval for as long as they are true, so that nothing
    is lost when a rule fails. Use C(throttle) with C(once_within) to act on them less often.
  - V(expired) and V(revoked) are sent once, when a token is gone that was there at the listing before, and not for one that
    was replaced.
options:
  interval:
    description: Seconds between two listings.
    type: int
    default: 3600
  owner:
    description: Only tokens of this owner, and those that this collection did not make. All if not set.
    type: str
  warn_within:
    description: A token that expires within this time is V(expiring). A duration such as V(7d).
    type: str
    default: 7d
"""

EXAMPLES = r"""
- name: Renew tokens when it is time
  hosts: all
  sources:
    - ellipsis.drive.access_tokens:
        interval: 3600
        owner: platform
  rules:
    - name: A token is due
      condition: event.kind == "due"
      throttle:
        once_within: 2 hours
        group_by_attributes: [event.token_id]
      action:
        run_playbook:
          name: ellipsis.drive.provision
"""

Values = dict[str, Any]
logger = logging.getLogger("ellipsis.drive.access_tokens")
_MODULE = "ellipsis.drive.ellipsis_access_token_info"
# Findings of the module that are events, and what they are called as such.
_FINDINGS = {"expires_soon": "expiring", "unmanaged": "unmanaged", "differs_from_marker": "differs"}
# The part of its life that is left when a token is renewed, where a task does not say otherwise.
_DUE = 3
_SECRET = re.compile(r"epat_\S+")


@dataclass(frozen=True)
class Options:
    """The arguments of the source, checked."""

    interval: float
    warn_within: str
    owner: str | None


def options_of(args: Mapping[str, Any]) -> Options:
    """ValueError names the argument, its value and the remedy."""
    given = {name: value for name, value in args.items() if not name.startswith("eda_")}
    unknown = sorted(set(given) - {"interval", "warn_within", "owner"})
    if unknown:
        raise ValueError(f"{unknown[0]}: is no argument of access_tokens; write interval, owner or warn_within")
    interval = given.get("interval", 3600)
    if isinstance(interval, bool) or not isinstance(interval, int | float) or interval <= 0:
        raise ValueError(f"interval: {interval!r} is not a positive number of seconds; write one like 3600")
    return Options(interval, str(given.get("warn_within", "7d")), given.get("owner"))


def events(before: Values | None, now: Values, owner: str | None = None) -> list[Values]:
    """What two listings, one after the other, say. before: None for the first one."""
    tokens = {token["id"]: token for token in now["access_tokens"]}
    happened = [*_standing(tokens, now)]
    if before is not None:
        happened += _gone(before["access_tokens"], tokens, _seconds(now["listed_at"]))
    return [
        _event(kind, token, message)
        for kind, token, message in happened
        if owner is None or token["owner"] in (owner, None)
    ]


Happened = Iterator[tuple[str, Values, str]]


def _standing(tokens: Mapping[str, Values], now: Values) -> Happened:
    """What is true of the tokens that are there."""
    newest = {_slot(token): token["id"] for token in sorted(tokens.values(), key=_age)}
    for token in tokens.values():
        if newest[_slot(token)] == token["id"] and _is_due(token, _seconds(now["listed_at"])):
            yield "due", token, f"Less than a third of its life is left; it expires at {token['expires_at']}."
    for finding in now["findings"]:
        if finding["finding"] in _FINDINGS:
            yield _FINDINGS[finding["finding"]], tokens[finding["token_id"]], finding["message"]


def _gone(before: list[Values], tokens: Mapping[str, Values], now: float) -> Happened:
    """The tokens that are not there any more, unless a newer one had taken their place."""
    newest = {_slot(token): _age(token) for token in sorted(tokens.values(), key=_age)}
    for token in before:
        if token["id"] in tokens or newest.get(_slot(token), ("", "")) > _age(token):
            continue
        if token["expires_at"] is not None and _seconds(token["expires_at"]) <= now:
            yield "expired", token, f"It expired at {token['expires_at']}."
        else:
            yield "revoked", token, "Somebody revoked it before its end."


def _event(kind: str, token: Values, message: str) -> Values:
    """People write all sorts of things into descriptions: what looks like a secret is masked."""
    return {
        "kind": kind,
        "token_id": token["id"],
        "description": _SECRET.sub("epat_…", token["description"]),
        "managed": token["managed"],
        "owner": token["owner"],
        "expires_at": token["expires_at"],
        "message": _SECRET.sub("epat_…", message),
    }


def _slot(token: Values) -> tuple[str | None, str]:
    """What one token at a time is for; one that we did not make stands for itself."""
    return (token["owner"], token["description"]) if token["managed"] else (None, token["id"])


def _age(token: Values) -> tuple[str, str]:
    return (token["created_at"] or "", token["id"])


def _is_due(token: Values, now: float) -> bool:
    if not token["managed"] or token["expires_at"] is None or token["created_at"] is None:
        return False
    made, ends = _seconds(token["created_at"]), _seconds(token["expires_at"])
    return ends - now <= (ends - made) / _DUE


def _seconds(date: str) -> float:
    return datetime.fromisoformat(date.replace("Z", "+00:00")).timestamp()


async def _listing(options: Options) -> Values:
    """What the module says. RuntimeError has its message."""
    # The program beside this Python is of the same ansible-core; rulebooks run with that, too.
    beside = Path(sys.executable).with_name("ansible")
    arguments = json.dumps({"warn_within": options.warn_within})
    process = await asyncio.create_subprocess_exec(
        str(beside) if beside.exists() else "ansible",
        *("localhost", "--inventory", "localhost,", "--connection", "local", "--module-name", _MODULE),
        *("--args", arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "false",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_NOCOLOR": "1",
        },
    )
    out, err = await process.communicate()
    text = out.decode(errors="replace")
    try:
        found, _end = json.JSONDecoder().raw_decode(text, text.index("{"))
    except ValueError:
        raise RuntimeError(f"{_MODULE} gave no result: {(text + err.decode(errors='replace')).strip()}") from None
    if "access_tokens" not in found:
        raise RuntimeError(f"{_MODULE} failed: {found.get('msg', text)}")
    listing: Values = found
    return listing


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Send events until the rulebook ends. A listing that fails once is tried again after the interval."""
    options = options_of(args)
    before = None
    while True:
        try:
            now = await _listing(options)
        except RuntimeError as exc:
            if before is None:
                raise
            logger.warning("%s", exc)
        else:
            for event in events(before, now, options.owner):
                await queue.put(event)
            before = now
        await asyncio.sleep(options.interval)
