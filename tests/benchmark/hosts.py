# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token for each of many hosts: through the role, as a task that every host runs for itself, and what Ansible's own tasks cost there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .figures import Figure, Target, at_most
from .rows import EMPTY_PLAY, Calls, Play, Row, pages

HOSTS, MANY = 200, 1000


def _row(name: str, play: Play, calls: Calls, *, fresh: bool = False) -> Row:
    return Row(name, play, EMPTY_PLAY, calls, fresh=fresh, most_rounds=1)


def _role(hosts: int, *, deliver: bool = False) -> Play:
    return Play("role.yml", {"deliver": deliver}, hosts)


def _created(hosts: int) -> Calls:
    # Planned for all hosts before anything is made, and again under the lock; then a look for twins.
    return {"list": 2 + pages(hosts), "create": hosts, "path": 2}


def _found(hosts: int) -> Calls:
    return {"list": pages(hosts)}


def set_fact(hosts: int) -> str:
    """The name of a row: the yardstick of what is decided without a look at a host."""
    return f"set_fact on {hosts:,} hosts"


def copy(hosts: int) -> str:
    """The name of a row: the yardstick of an unchanged file."""
    return f"copy on {hosts:,} hosts: unchanged"


def role(hosts: int, action: str, *, deliver: bool = False) -> str:
    """The name of a row."""
    return f"role for {hosts:,} hosts{', one file each' if deliver else ''}: {action}"


def _rows(hosts: int) -> tuple[Row, ...]:
    """In an order in which each finds what the one before has left."""
    bare_copy, deliver = Play("copy.yml", hosts=hosts), _role(hosts, deliver=True)
    return (
        _row(set_fact(hosts), Play("set_fact.yml", hosts=hosts), {}),
        _row(role(hosts, "create"), _role(hosts), _created(hosts), fresh=True),
        _row(role(hosts, "unchanged"), _role(hosts), _found(hosts)),
        _row(role(hosts, "delivered first", deliver=True), deliver, _found(hosts)),
        _row(role(hosts, "unchanged", deliver=True), deliver, _found(hosts)),
        _row(f"copy on {hosts:,} hosts: first", bare_copy, {}),
        _row(copy(hosts), bare_copy, {}),
    )


_EACH = Play("each_host.yml", hosts=HOSTS)
# For every host the plan under the lock, and a look for twins after its creation.
_EACH_LISTS = sum(pages(before) + pages(before + 1) for before in range(HOSTS))
_EACH_CREATED = {"list": _EACH_LISTS, "create": HOSTS, "path": HOSTS}

_BULK = Play("set.yml", {"tokens": [{"description": f"benchmark {number}"} for number in range(HOSTS)], "prune": False})
BULK = f"one task for {HOSTS} tokens: create"

HOST_ROWS: tuple[Row, ...] = (
    *_rows(HOSTS),
    _row(BULK, _BULK, {"list": 1 + pages(HOSTS), "create": HOSTS, "path": 1}, fresh=True),
    _row(f"task on each of {HOSTS} hosts: create", _EACH, _EACH_CREATED, fresh=True),
    _row(f"task on each of {HOSTS} hosts: unchanged", _EACH, {"list": HOSTS * pages(HOSTS)}),
)
# These take half an hour: their yardsticks are programs that Ansible starts on every host.
MANY_ROWS: tuple[Row, ...] = _rows(MANY)

SET_FACT_LIMIT, COPY_LIMIT, MANY_LIMIT, MEMORY_LIMIT = 3.0, 1.2, 5.5, 2.0


def host_targets(found: Mapping[str, Figure]) -> Iterator[Target]:
    """What is promised about the role, as far as it was measured."""
    hosts = f"role, {HOSTS} hosts"
    fact = SET_FACT_LIMIT * found[set_fact(HOSTS)].seconds
    yield at_most(f"{hosts}, unchanged: {SET_FACT_LIMIT:g} x set_fact", found[role(HOSTS, "unchanged")].seconds, fact)
    yield at_most(
        f"{hosts}, all created: {SET_FACT_LIMIT:g} x set_fact and the bulk task",
        found[role(HOSTS, "create")].seconds,
        fact + found[BULK].seconds,
    )
    yield at_most(
        f"{hosts}, one file each, unchanged: {COPY_LIMIT:g} x copy",
        found[role(HOSTS, "unchanged", deliver=True)].seconds,
        COPY_LIMIT * found[copy(HOSTS)].seconds,
    )
    if role(MANY, "unchanged") in found:
        for deliver in (False, True):
            few, many = (found[role(hosts, "unchanged", deliver=deliver)].seconds for hosts in (HOSTS, MANY))
            files = ", one file each" if deliver else ""
            yield at_most(f"role, unchanged{files}: {MANY:,} hosts {MANY_LIMIT:g} x {HOSTS}", many, MANY_LIMIT * few)
        ours, bare = (found[name].memory for name in (role(MANY, "unchanged", deliver=True), copy(MANY)))
        yield Target(
            f"role, {MANY:,} hosts, one file each: peak memory at most {MEMORY_LIMIT:g} x that of copy",
            f"{ours:.0f} MiB, {ours / bare:.2f} x {bare:.0f} MiB",
            ours <= MEMORY_LIMIT * bare,
        )
