# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotations by the role that are interrupted, at the beginning, in and at the end of each step: `NUMBER SEED [WORLD…]`.

Each is interrupted by SIGKILL, SIGTERM or SIGINT for all its processes, or loses a host from then on; some of the ordinary runs after
it are interrupted as well. What hosts have loaded has to be live whenever a token is revoked, and renewed after at most two ordinary
runs. NUMBER interruptions in each world are drawn by SEED, 0 is all of them.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock, Request, Response, serve
from ansible_collections.ellipsis.drive.tests.integration.fork_server import Forked
from ansible_collections.ellipsis.drive.tests.integration.moments import STEPS, VARIABLE, Moments
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, _play
from ansible_collections.ellipsis.drive.tests.integration.role import ROLE, Role, slot
from ansible_collections.ellipsis.drive.tests.integration.test_killed import kill_all

Process = Forked | subprocess.Popen[bytes]
PLUGINS = Path(__file__).parents[1] / "integration" / "plugins"
HOSTS, FILES = ("alpha", "beta"), ("shared", "own")
ROTATE = {"access_tokens_rotate": ["*"]}
PARTS = ("beginning", "middle", "end")
WAYS = {"KILL": signal.SIGKILL, "TERM": signal.SIGTERM, "INT": signal.SIGINT, "lost": None}
LOAD = "for name in shared own; do cp $name.json $name.new && mv $name.new $name.loaded || exit 1; done"
CHECK = """
- name: check
  ansible.builtin.shell: {cmd: cmp shared.json shared.loaded && cmp own.json own.loaded, chdir: "{{ out }}"}
  changed_when: false
"""
# What keeps the secrets elsewhere: a file, in place of what one would have.
FETCH = """
- ansible.builtin.set_fact:
    access_tokens_held: "{{ lookup('file', kept, errors='ignore') | default('{}', true) | from_json }}"
"""
KEEP = """
- ansible.builtin.copy:
    content: "{{ access_tokens_held | combine(access_tokens_to_keep) | to_json }}"
    dest: "{{ kept }}"
    mode: "0600"
"""


@dataclass(frozen=True)
class World:
    """keeper: of the secrets. limit: what the rotation is limited to, then: what the first ordinary run is."""

    keeper: str
    checks: bool = False
    serial: bool = False
    limit: tuple[str, ...] = ()
    then: tuple[str, ...] = ()


ALPHA = ("--limit", "alpha")
WORLDS = {
    "store": World("store"),
    "store-serial": World("store", checks=True, serial=True),
    "store-limit": World("store", limit=ALPHA),
    "store-then-limit": World("store", checks=True, then=ALPHA),
    "hosts": World("hosts"),
    "hosts-serial": World("hosts", checks=True, serial=True),
    "hosts-limit": World("hosts", limit=ALPHA),
    "tasks": World("tasks", checks=True),
}


class Witness(Emulator):
    """Sees at each revocation which files of hosts hold that secret."""

    def __init__(self, moments: Moments, hosts: Path) -> None:
        super().__init__(clock=ManualClock())
        self.moments, self.hosts = moments, hosts
        self.dead: list[str] = []
        self.busy = 0

    def handle(self, request: Request) -> Response:
        self.busy += 1
        try:
            self.moments.pass_by("service")
            response = super().handle(request)
            if request.method == "DELETE" and response.status == 200:
                self._look_for(request.path.rpartition("/")[2])
            self.moments.pass_by("service")
            return response
        finally:
            self.busy -= 1

    def _look_for(self, token_id: str) -> None:
        [secret] = [token.secret for token in self.tokens if token.id == token_id]
        for file in self.hosts.glob("*/*.*"):
            with suppress(FileNotFoundError):
                if secret in file.read_text():
                    self.dead.append(f"{file.parent.name}/{file.name}")


class Stage:
    """One world: a controller, two hosts and what they have loaded."""

    def __init__(self, folder: Path, url: str, emulator: Witness, world: World) -> None:
        self.emulator, self.world, self.moments = emulator, world, emulator.moments
        controller = Controller(folder, url)
        for name in ("CALLBACK", "CONNECTION"):
            controller.environment[f"ANSIBLE_{name}_PLUGINS"] = str(PLUGINS / name.lower())
        controller.environment |= {"ANSIBLE_CALLBACKS_ENABLED": "steps", VARIABLE: str(self.moments.folder)}
        self.role = Role(controller, emulator)
        notify = {"format": "json", "notify": ["load"]}
        self.role.variables |= {
            "ansible_connection": "losable",
            "access_tokens": [
                slot("tile server", {"dest": "{{ out }}/shared.json", **notify}, overlap="0"),
                slot("of {{ inventory_hostname }}", {"dest": "{{ out }}/own.json", **notify}, overlap="0"),
            ],
            "kept": str(folder / "kept.json"),
        }
        if world.checks:
            self.role.variables["access_tokens_check_tasks"] = self.role.tasks("check.yml", CHECK)
        if world.keeper != "store":
            del self.role.variables["access_tokens_store"]
        if world.keeper == "tasks":
            for name, text in {"fetch": FETCH, "keep": KEEP}.items():
                self.role.variables[f"access_tokens_{name}_tasks"] = self.role.tasks(f"{name}.yml", text)

    def start(self, *arguments: str, more: Mapping[str, Any] | None = None) -> Process:
        """A run that can be interrupted: hosts start modules by its own processes."""
        controller = self.role.controller
        handler = {"name": "load", "ansible.builtin.shell": {"cmd": LOAD, "chdir": "{{ out }}"}}
        play: dict[str, Any] = {"handlers": [handler], "vars": {**self.role.variables, **(more or {})}}
        if self.world.serial:
            play["serial"] = 1
        playbook = controller.folder / "playbook.yml"
        playbook.write_text(_play(":".join(HOSTS), play, ROLE))
        command = ["ansible-playbook", "-i", str(controller.inventory), "--vault-password-file", "password", *arguments]
        with (controller.folder / "out").open("w") as out:
            return controller.start([*command, str(playbook)], out, out)

    def ordinary(self, *arguments: str) -> str:
        """A run that has to end well. What is wrong with it, or nothing."""
        self.role.controller.serve_modules()
        code = self.start(*arguments).wait(300)
        self.role.controller.serve_modules(served=False)
        return f"ended with {code}:\n{(self.role.controller.folder / 'out').read_text()}" if code else ""

    def interrupted(self, moment: str, way: str, *arguments: str, more: Mapping[str, Any] | None = None) -> bool:
        """A run that is interrupted, and whether it came to that."""
        number = WAYS[way]
        self.moments.expect(moment, lose=number is None)
        process = self.start(*arguments, more=more)
        while process.poll() is None:
            if number and self.moments.reached:
                self._end(process, number)
            time.sleep(0.01)
        reached = self.moments.reached
        self.moments.forget()
        while self.emulator.busy:
            time.sleep(0.01)
        return reached

    def _end(self, process: Process, number: int) -> None:
        """All processes hear of it, and those that don't end are killed in the end."""
        family = [process.pid, *_descendants(process.pid)]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        self.moments.forget()
        if number != signal.SIGKILL:
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
        for pid in family:
            kill_all(pid)
        process.wait(30)

    def secrets(self, kind: str) -> dict[str, str]:
        """What the files of a kind hold: C(json) is what was delivered, C(loaded) what is used."""
        files = [self.role.out / host / f"{name}.{kind}" for host in HOSTS for name in FILES]
        tokens = {token.secret: token.id for token in self.emulator.tokens}
        texts = {f"{file.parent.name}/{file.name}": file.read_text() for file in files if file.exists()}
        return {name: next((i for s, i in tokens.items() if s in text), "") for name, text in texts.items()}

    def unfinished(self) -> str:
        """What is not as it is after a rollout, or nothing."""
        loaded, delivered, live = self.secrets("loaded"), self.secrets("json"), set(self.role.live)
        dead = [name for name, token in loaded.items() if token not in live]
        if dead:
            return f"dead: {', '.join(dead)}"
        if [*loaded.values()] != [*delivered.values()]:
            return "not all has loaded what was delivered"
        return "" if set(loaded.values()) == live else f"{len(live)} tokens are live, {len(set(loaded.values()))} used"

    def left(self, before: set[str]) -> str:
        """How far an interrupted rotation came."""
        live = set(self.role.live)
        if live == before:
            return "nothing"
        if not before <= live:
            return "retired"
        kinds = {"loaded": "loaded", "json": "delivered"}
        return next((word for kind, word in kinds.items() if set(self.secrets(kind).values()) - before), "made")


def _descendants(pid: int) -> Iterator[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    for child in map(int, listed.stdout.split()):
        yield child
        yield from _descendants(child)


class Table:
    """What was interrupted where, what that left, and after how many ordinary runs it was finished."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Counter[str]] = {}
        self.faults = 0

    COLUMNS = (*WAYS, "nothing", "made", "delivered", "loaded", "retired", "again", "by 1", "by 2", "missed", "faults")

    def note(self, step: str, part: str, *what: str) -> None:
        """Count it."""
        self.rows.setdefault((step, part), Counter()).update(what)
        self.faults += "faults" in what

    def __str__(self) -> str:
        order = sorted(self.rows, key=lambda key: ([*STEPS.values(), "end"].index(key[0]), PARTS.index(key[1])))
        lines = [f"{'step':10}{'moment':11}" + "".join(f"{name:>10}" for name in self.COLUMNS)]
        for step, part in [*order, ("all", "")]:
            row = self.rows.get((step, part)) or sum(self.rows.values(), Counter())
            lines.append(f"{step:10}{part:11}" + "".join(f"{row[name]:>10}" for name in self.COLUMNS))
        return "\n".join(lines)


def by_parts(passed: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    """The moments of each step: its beginning, its end, and those between."""
    found: dict[tuple[str, str], list[str]] = {}
    steps = list(dict.fromkeys(moment.split()[0] for moment in passed))
    for step in (each for each in steps if each != "start"):
        moments = [moment for moment in passed if moment.split()[0] == step]
        found[step, "beginning"] = [each for each in moments if each.split()[1] == "task"]
        between = [each for each in moments[:-1] if each.split()[1] != "task"]
        found.update({(step, "middle"): between} if between else {})
        found.update({(step, "end"): moments[-1:]} if len(moments) > 1 else {})
    return found


def walk(stage: Stage, number: int, chance: random.Random, table: Table, name: str) -> bool:
    """Interrupt in one world. False where it has to begin anew after a fault."""
    world = stage.world
    problem = stage.ordinary()
    stage.moments.expect("none")
    code = stage.start(*world.limit, more=ROTATE).wait(300)
    parts = by_parts(stage.moments.passed)
    problem = problem or stage.ordinary() or stage.unfinished()
    if code or problem:
        raise SystemExit(f"{name}: not even without an interruption: {code} {problem}")
    rows = [(step, part, way) for step, part in parts for way in WAYS]
    chance.shuffle(rows)
    for step, part, way in rows[: number or None]:
        moment, again = chance.choice(parts[step, part]), chance.random() < 0.2
        before = set(stage.role.live)
        reached = stage.interrupted(moment, way, *world.limit, more=ROTATE)
        notes = [way, stage.left(before)] if reached else ["missed"]
        second = chance.choice(parts[chance.choice(list(parts))]) if again else ""
        # A host that an ordinary run loses has no more than the overlap, which is 0 here.
        if second:
            notes += ["again"] if stage.interrupted(second, chance.choice(list(WAYS)[:3])) else []
        problem = stage.ordinary(*world.then)
        runs = 1
        if not problem and stage.unfinished():
            problem, runs = stage.ordinary() or stage.unfinished(), 2
        if stage.emulator.dead:
            problem += f"\ndead while it was used: {', '.join(stage.emulator.dead)}"
            stage.emulator.dead.clear()
        table.note(step, part, *notes, "faults" if problem else f"by {runs}")
        if problem:
            print(f"FAULT in {name}: {way} at {moment!r}, again at {second!r}: {problem}", flush=True)
            return False
    return True


def main(arguments: Sequence[str]) -> None:
    number, seed, *names = arguments
    table, begun = Table(), time.monotonic()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
    for name in names or WORLDS:
        chance, healthy = random.Random(f"{seed} {name}"), False
        for _attempt in range(4):
            with tempfile.TemporaryDirectory(prefix="ellipsis-soak-") as place:
                folder = Path(place)
                emulator = Witness(Moments(folder), folder / "hosts")
                with serve(emulator) as url:
                    healthy = walk(Stage(folder, url, emulator, WORLDS[name]), int(number), chance, table, name)
            if healthy:
                break
        print(f"{table}\nseed {seed}, up to {name}, {time.monotonic() - begun:.0f} s\n", flush=True)
    if table.faults:
        raise SystemExit(f"{table.faults} faults")


if __name__ == "__main__":
    main(sys.argv[1:])
