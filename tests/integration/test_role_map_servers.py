# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real map servers get new tokens from the role while people look at their maps, and nobody notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from types import TracebackType

import pytest
import requests

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller
from ansible_collections.ellipsis.drive.tests.integration.programs import free_port, mapproxy, nginx, running

PLAYBOOK = Path(__file__).resolve().parents[2] / "examples" / "rotation" / "map_servers.yml"
LAYER = PATHS["Elevation"]
# How long somebody who looks at a map waits before the next request.
PAUSE = 0.1


@pytest.fixture
def emulator() -> Emulator:
    """With the real time, in which the servers live."""
    return Emulator()


class Visitor:
    """Asks for one tile after the other, each of which no cache has."""

    def __init__(self, get: Callable[[str], requests.Response], address: str) -> None:
        self._get, self._address = get, address
        self.answers: list[str] = []
        self._stop = Event()
        self._thread = Thread(target=self._look)

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *exc: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def failures(self) -> list[str]:
        return [answer for answer in self.answers if answer != "200 image/png"]

    def _look(self) -> None:
        while not self._stop.wait(PAUSE):
            number = 4 * len(self.answers)  # MapProxy asks for four by four tiles at a time
            answer = self._get(self._address.format(x=number % 1024, y=4 * (number // 1024)))
            self.answers.append(f"{answer.status_code} {answer.headers.get('Content-Type')}")

    def see(self, count: int) -> None:
        """Wait for so many more answers."""
        wanted = len(self.answers) + count
        while self._thread.is_alive() and len(self.answers) < wanted:
            self._stop.wait(PAUSE)


class Site:
    """One host with MapProxy and one with nginx."""

    def __init__(self, controller: Controller, folder: Path) -> None:
        self.controller, self.folder = controller, folder
        self.ports = {"mapproxy": free_port(), "nginx": free_port()}
        for name in ("mapproxy", "nginx", "nginx/run"):
            (folder / name).mkdir()
        self.commands = {
            "mapproxy": mapproxy(folder / "mapproxy" / "mapproxy.yaml", self.ports["mapproxy"]),
            "nginx": nginx(folder / "nginx" / "ellipsis-drive.conf", folder / "nginx" / "run"),
        }
        hosts = {line.split()[0]: line for line in controller.inventory.read_text().splitlines()}
        (folder / "groups.ini").write_text(f"[tile_servers]\n{hosts['alpha']}\n[web_servers]\n{hosts['beta']}\n")
        (folder / "vault-password").write_text("password of the tests\n")

    def run(self, code: int = 0, **variables: object) -> str:
        given = {
            "layer_id": LAYER,
            "access_tokens_store": str(self.folder / "tokens.yml"),
            "mapproxy_dir": str(self.folder / "mapproxy"),
            "mapproxy_cache_dir": str(self.folder / "cache"),
            "mapproxy_user": self.folder.owner(),
            "mapproxy_url": f"http://127.0.0.1:{self.ports['mapproxy']}",
            "mapproxy_reload": ["true"],
            "nginx_dir": str(self.folder / "nginx"),
            "nginx_listen": f"127.0.0.1:{self.ports['nginx']}",
            "nginx_reload": ["true"],
            **variables,
        }
        options = ["-i", str(self.folder / "groups.ini"), "--vault-password-file", str(self.folder / "vault-password")]
        return self.controller.run_file(PLAYBOOK, *options, "-e", json.dumps(given), code=code).text


def test_nobody_notices_a_rotation(
    controller: Controller, emulator: Emulator, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    site = Site(controller, tmp_path)
    site.run(access_tokens_check_tasks="")
    reload = [*site.commands["nginx"], "-s", "reload"]
    addresses = {"mapproxy": "/wmts/layer/GLOBAL_WEBMERCATOR/10/{x}/{y}.png", "nginx": "/tiles/10/{x}/{y}"}
    with ExitStack() as stack:
        visitors = {}
        for name, address in addresses.items():
            get = stack.enter_context(running(site.commands[name], tmp_path / name, site.ports[name]))
            get(address.format(x=0, y=0))
            visitors[name] = stack.enter_context(Visitor(get, address))
        site.run(access_tokens_rotate=["*"], nginx_reload=reload)
        for visitor in visitors.values():
            visitor.see(10)

    old, new = emulator.tokens[:2], emulator.tokens[2:]
    assert [token.revoked_at is None for token in (*old, *new)] == [False, False, True, True]
    retired = max(token.revoked_at or 0 for token in old)
    for name, visitor in visitors.items():
        after = sum(entry.at > retired for entry in emulator.journal if "/ogc/" in entry.path)
        record_property(
            "shown",
            f"{len(visitor.answers)} requests through {name}, one every {PAUSE:g} s, while its token was replaced and the old one "
            f"revoked: {len(visitor.failures)} failed",
        )
        assert visitor.failures == [] and after >= 10


def test_a_server_that_shows_no_map_gets_its_token_back(
    controller: Controller, emulator: Emulator, tmp_path: Path
) -> None:
    site = Site(controller, tmp_path)
    site.run(access_tokens_check_tasks="")
    with running(site.commands["nginx"], tmp_path / "nginx", site.ports["nginx"]) as get:
        # The web server is well and reloaded; MapProxy is not even there.
        text = site.run(code=2, access_tokens_rotate=["*"], nginx_reload=[*site.commands["nginx"], "-s", "reload"])
        assert get("/tiles/3/2/1").status_code == 200
    assert "alpha failed at Ask for a tile" in text
    rendered = (tmp_path / "mapproxy" / "mapproxy.yaml").read_text()
    assert emulator.tokens[0].secret in rendered
