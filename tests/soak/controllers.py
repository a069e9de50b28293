# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controllers on one OpenBao, with homes of their own: `kills NUMBER SEED`, `turns CONTROLLERS ROUNDS`, `bulk TOKENS ROUNDS`.

kills: two controllers change the same slot at the same moment, and one of them or both are killed (SIGKILL) at a random
moment. After the next run one token has to live, and its secret has to be in the store.
turns: all controllers converge the same new slot at once, in each round. One creation each, and everybody ends well.
bulk: what a set of tokens takes with its secrets in a file and in OpenBao.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from hvac.exceptions import InvalidPath, InvalidRequest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock, Token, serve
from ansible_collections.ellipsis.drive.tests.integration.fork_server import Forked
from ansible_collections.ellipsis.drive.tests.integration.openbao import OpenBao, running_openbao
from ansible_collections.ellipsis.drive.tests.integration.playbook import VARIABLES, Controller
from ansible_collections.ellipsis.drive.tests.integration.test_killed import kill_all

Process = Forked | subprocess.Popen[bytes]
LATENCIES = {"kills": 0.05, "turns": 0.05, "bulk": 0.02}
NAME, FOLDER = "tile server", "soak"
STORE = f"secret/{FOLDER}"
OVER = "2000-01-01T00:00:00Z"
# What both controllers want, round after round: a first token, replacements of it, and nothing.
WANTED: tuple[dict[str, Any], ...] = (
    {"valid_for": "90d", "overlap": "0"},
    {"valid_for": "30d", "overlap": "0"},
    {"valid_for": "60d", "overlap": "0"},
    {"state": "absent"},
)


class Stage:
    """The servers, and the controllers on them."""

    def __init__(self, folder: Path, bao: OpenBao, emulator: Emulator, url: str, controllers: int) -> None:
        self.bao, self.emulator = bao, emulator
        self.controllers = []
        for number in range(controllers):
            place = folder / str(number)
            place.mkdir()
            controller = Controller(place, url)
            controller.environment |= {"VAULT_ADDR": bao.url, "VAULT_TOKEN": bao.admin.token}
            self.controllers.append(controller)

    def start(self, controller: Controller, wanted: dict[str, Any], name: str = NAME) -> Process:
        """One run."""
        absent = wanted.get("state") == "absent"
        access = {} if absent else {"access_list": [{"path_id": VARIABLES["roads_id"], "access_tier": "view"}]}
        task = {"description": name, "store": f"hashi_vault://{STORE}", "lock_timeout": 300, **access, **wanted}
        return self.start_task(controller, {"ellipsis.drive.ellipsis_access_token": task})

    def start_task(self, controller: Controller, task: dict[str, Any]) -> Process:
        """A run of one task."""
        play = {"hosts": "localhost", "gather_facts": False, "tasks": [task]}
        (controller.folder / "play.yml").write_text(repr([play]))
        with (controller.folder / "out").open("w") as out:
            return controller.start(["ansible-playbook", "play.yml"], out, out)

    def finish(self, controller: Controller, process: Process) -> None:
        """Wait for the end of a run, which has to be a good one."""
        while process.poll() is None:
            time.sleep(0.02)
        if process.poll():
            said = (controller.folder / "out").read_text()
            raise SystemExit(f"a run ended with {process.poll()}, {self.claimed()}:\n{said}")

    def entry(self, name: str = NAME) -> dict[str, Any]:
        """What is in the store."""
        try:
            return self.bao.read(f"{FOLDER}/{name}")
        except InvalidPath:
            return {}

    def live(self) -> list[Token]:
        """What lives."""
        now = self.emulator.clock.now()
        return [token for token in self.emulator.tokens if token.live(now)]

    def claimed(self) -> str:
        """Who has a claim, for the report of a failure."""
        claim = self.entry().get("claim")
        if not claim:
            return "nobody has a claim"
        alive = _alive(claim, time.time())
        return f"claimed by {claim['by']} until {claim['until']}, whose process {'lives' if alive else 'is gone'}"

    def end_claims_of_the_dead(self) -> None:
        """Time passes: a claim whose process is gone is over."""
        kv = self.bao.admin.secrets.kv.v2
        # Who writes meanwhile is looked at the next time.
        with suppress(InvalidPath, InvalidRequest):
            found = kv.read_secret_version(f"{FOLDER}/{NAME}", raise_on_deleted_version=True)["data"]
            claim, written = found["data"].get("claim"), found["metadata"]["created_time"]
            if claim and claim["until"] != OVER and not _alive(claim, _seconds(written)):
                over = {**found["data"], "claim": {**claim, "until": OVER}}
                kv.create_or_update_secret(f"{FOLDER}/{NAME}", over, cas=found["metadata"]["version"])

    def end_all_claims(self) -> None:
        """The same, when no run is left. Who is killed takes a moment to be gone."""
        for _attempt in range(100):
            self.end_claims_of_the_dead()
            if self.entry().get("claim", {"until": OVER})["until"] == OVER:
                return
            time.sleep(0.1)
        raise SystemExit(f"somebody goes on: {self.claimed()}")


def _seconds(written: str) -> float:
    """Epoch seconds, rounded up, of a time that has too many digits for Python."""
    return datetime.fromisoformat(f"{written[:19]}+00:00").timestamp() + 1


def _alive(claim: dict[str, str], written: float) -> bool:
    """Whether the process that wrote a claim runs. Who started later only has its number."""
    try:
        fields = Path("/proc", claim["by"].split()[2], "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    started = time.time() - uptime + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return fields[0] != "Z" and started <= written


def kills(stage: Stage, number: int, seed: int) -> None:
    """Kill at random moments, counted from the first request to the service."""
    chance, found = random.Random(seed), Counter[str]()
    longest = _seconds_of_a_run(stage)
    for attempt in range(number):
        wanted = WANTED[attempt % len(WANTED)]
        before = len(stage.emulator.journal)
        runs = [stage.start(controller, wanted) for controller in stage.controllers]
        while len(stage.emulator.journal) == before and runs[0].poll() is None:
            time.sleep(0.002)
        victims = chance.choice(([0], [1], [0, 1]))
        time.sleep(chance.uniform(0, longest))
        for victim in victims:
            kill_all(runs[victim].pid)
        found[_left(stage)] += 1
        while any(run.poll() is None for run in runs):
            stage.end_claims_of_the_dead()
            time.sleep(0.05)
        for victim, (controller, run) in enumerate(zip(stage.controllers, runs, strict=True)):
            if victim not in victims:
                stage.finish(controller, run)
        stage.end_all_claims()
        stage.finish(stage.controllers[0], stage.start(stage.controllers[0], wanted))
        _check(stage, wanted, f"kill {attempt + 1} of seed {seed}, {wanted}, {victims}")
    print(f"{number} kills within {longest:.2f} s of the first request; each time healed by the next run")
    print("what they left:", *(f"{count:4} x {what}" for what, count in found.most_common()), sep="\n  ")


def _seconds_of_a_run(stage: Stage) -> float:
    """From the first request to the end, of both controllers that take turns."""
    before = len(stage.emulator.journal)
    runs = [stage.start(controller, {"valid_for": "45d", "overlap": "0"}) for controller in stage.controllers]
    while len(stage.emulator.journal) == before:
        time.sleep(0.002)
    begun = time.monotonic()
    for controller, run in zip(stage.controllers, runs, strict=True):
        stage.finish(controller, run)
    return time.monotonic() - begun


def _left(stage: Stage) -> str:
    """What there is at the moment of a kill."""
    entry, live = stage.entry(), [token.id for token in stage.live()]
    parts = [name for name in ("claim", "pending") if entry.get(name)]
    parts.append(f"{len(live)} live")
    parts.append("its secret kept" if entry.get("id") in live else "none of them kept" if live else "nothing kept")
    return ", ".join(parts)


def _check(stage: Stage, wanted: dict[str, Any], where: str) -> None:
    # A claim that is over, or a creation that never was, stays until the next write; one that counts must not stay.
    entry, live = stage.entry(), {token.id: token.secret for token in stage.live()}
    left = entry.get("claim", {"until": OVER})["until"] != OVER
    kept = {entry["id"]: entry["token"]} if entry.get("id") else {}
    if left or live != kept or len(live) != (wanted.get("state") != "absent"):
        raise SystemExit(f"{where}: {len(live)} live, the store has {sorted(entry)}, {stage.claimed()}")


def turns(stage: Stage, rounds: int) -> None:
    """Rounds of all controllers at once, each for a slot of its own."""
    begun = time.monotonic()
    waits: list[float] = []
    for number in range(rounds):
        before, start = len(stage.emulator.tokens), time.monotonic()
        name = f"slot {number + 1}"
        runs = [stage.start(controller, {"valid_for": "90d"}, name) for controller in stage.controllers]
        for controller, run in zip(stage.controllers, runs, strict=True):
            stage.finish(controller, run)
        waits.append(time.monotonic() - start)
        made = stage.emulator.tokens[before:]
        entry = stage.entry(name)
        if len(made) != 1 or made[0].secret != entry["token"] or set(entry) & {"claim", "pending"}:
            raise SystemExit(f"round {number + 1}: {len(made)} creations, the store has {sorted(entry)}")
    creations = len(stage.emulator.tokens)
    print(
        f"{len(stage.controllers)} controllers x {rounds} rounds: {creations} creations, all ended with 0; "
        f"{time.monotonic() - begun:.0f} s, the longest round {max(waits):.1f} s"
    )


def bulk(stage: Stage, tokens: int, rounds: int) -> None:
    """New sets, in turns: plain runs of ansible-playbook from start to end."""
    [controller] = stage.controllers
    seconds: dict[str, list[float]] = {"file": [], "OpenBao": []}
    for number in range(rounds + 1):
        for store, where in (("file", f"{number}.yml"), ("OpenBao", f"hashi_vault://secret/bulk/{number}")):
            names = [f"{store} {number} {each}" for each in range(tokens)]
            access = [{"path_id": VARIABLES["roads_id"], "access_tier": "view"}]
            wanted = [{"description": name, "access_list": access, "valid_for": "90d"} for name in names]
            task = {"tokens": wanted, "store": where, **({"store_plaintext": True} if store == "file" else {})}
            begun = time.monotonic()
            stage.finish(controller, stage.start_task(controller, {"ellipsis.drive.ellipsis_access_tokens": task}))
            # The first ones are not counted.
            seconds[store] += [time.monotonic() - begun] if number else []
    file, other = (statistics.median(each) for each in seconds.values())
    print(f"{tokens} tokens: file {file:.2f} s, OpenBao {other:.2f} s, {other - file:+.2f} s ({other / file - 1:+.0%})")


def main(arguments: Sequence[str]) -> None:
    what, first, second = arguments[0], int(arguments[1]), int(arguments[2])
    emulator = Emulator(clock=ManualClock())
    with (
        tempfile.TemporaryDirectory(prefix="ellipsis-soak-") as name,
        serve(emulator, latency=LATENCIES[what]) as url,
        running_openbao(Path(name)) as bao,
    ):
        if what == "kills":
            kills(Stage(Path(name), bao, emulator, url, 2), first, second)
        elif what == "turns":
            turns(Stage(Path(name), bao, emulator, url, first), second)
        else:
            bulk(Stage(Path(name), bao, emulator, url, 1), first, second)


if __name__ == "__main__":
    main(sys.argv[1:])
