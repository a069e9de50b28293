# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples, as a user would run them; MapProxy and nginx then serve what they rendered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, Emulator
from ansible_collections.ellipsis.drive.tests.emulator.picture import colour_of, png
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run
from ansible_collections.ellipsis.drive.tests.integration.programs import free_port, mapproxy, nginx, running

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LAYER, OTHER_LAYER, FOLDER = PATHS["Elevation"], PATHS["Projects/Roads/Surface"], PATHS["Projects/Roads"]
GET_MAP = (
    "&service=WMS&version=1.3.0&request=GetMap&styles=&crs=EPSG:3857&bbox=0,0,10018754,10018754&width=64&height=64"
    "&format=image/png"
)


@dataclass(frozen=True)
class Example:
    """group: its hosts. file: where the secret ends up, as `around` says. variables: what differs from machine to machine."""

    group: str
    file: str
    variables: dict[str, str]
    handler: str
    around: str


ALL = {
    "mapproxy": Example(
        "tile_servers",
        "mapproxy.yaml",
        {
            "mapproxy_dir": "{out}",
            "mapproxy_cache_dir": "{out}/cache",
            "mapproxy_user": "{user}",
            "mapproxy_service": "",
        },
        "Reload MapProxy",
        'Authorization: "Bearer {}"',
    ),
    "nginx": Example(
        "web_servers",
        "ellipsis-drive.conf",
        {"nginx_dir": "{out}", "nginx_service": ""},
        "Reload nginx",
        'proxy_set_header Authorization "Bearer {}";',
    ),
    "gdal": Example(
        "workers",
        "ellipsis-drive.headers",
        {"gdal_dir": "{out}", "gdal_user": "{user}"},
        "Restart what reads through GDAL",
        "Authorization: Bearer {}\n",
    ),
    "qgis": Example(
        "desktops",
        "ellipsis-drive.xml",
        {"qgis_dir": "{out}", "qgis_user": "{user}"},
        "Say that QGIS has to load the connections again",
        f'/ogc/wms/{LAYER}/{{}}"',
    ),
    "systemd": Example(
        "importers",
        "ellipsis-drive.env",
        {"importer_dir": "{out}", "importer_service": ""},
        "Restart the service",
        "ELLIPSIS_DRIVE_TOKEN={}\n",
    ),
}


@pytest.fixture
def emulator() -> Emulator:
    """With the real time, since the lookup looks at its own clock."""
    return Emulator()


class Site:
    """A controller with one managed host, and what the examples render on it."""

    def __init__(self, controller: Controller, folder: Path) -> None:
        self._controller, self.out = controller, folder / "out"
        self.out.mkdir()
        self._password = folder / "vault-password"
        self._password.write_text("password of the tests\n")
        self._store = folder / "tokens.yml"
        host = next(line for line in controller.inventory.read_text().splitlines() if line.startswith("alpha "))
        self._inventory = folder / "groups.ini"
        self._inventory.write_text("".join(f"[{example.group}]\n{host}\n" for example in ALL.values()))

    def run(self, name: str, *arguments: str, **variables: str) -> Run:
        places = {"out": str(self.out), "user": self.out.owner()}
        own = {key: value.format(**places) for key, value in ALL[name].variables.items()}
        given = {"layer_id": LAYER, "folder_id": FOLDER, "ellipsis_store": str(self._store), **own, **variables}
        options = ["-i", str(self._inventory), "--vault-password-file", str(self._password), "-e", json.dumps(given)]
        return self._controller.run_file(EXAMPLES / f"{name}.yml", *options, *arguments)

    def rendered(self, name: str) -> Path:
        return self.out / ALL[name].file


@pytest.fixture
def site(controller: Controller, tmp_path: Path) -> Site:
    return Site(controller, tmp_path)


def test_every_example_is_here() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.yml")} == {*ALL, "customers", "take_over"}


def test_a_token_for_each_folder_of_a_customer(controller: Controller, emulator: Emulator, tmp_path: Path) -> None:
    """With the example, and with the folders that come and go."""
    (tmp_path / "vault-password").write_text("password of the tests\n")
    variables = {"customers_folder": "myDrive/Customers", "ellipsis_store": str(tmp_path / "tokens.yml")}
    arguments = ["--vault-password-file", str(tmp_path / "vault-password"), "-e", json.dumps(variables)]

    def customers() -> list[str]:
        controller.run_file(EXAMPLES / "customers.yml", *arguments)
        now = emulator.clock.now()
        return sorted(token.description.split(" [")[0] for token in emulator.tokens if token.live(now))

    ids = emulator.add_folder_tree([f"Customers/{name}/Data" for name in ("Jansen & zn.", "De 'Vries'", 'Bo "x": y')])
    assert customers() == sorted(["Jansen & zn.", "De 'Vries'", 'Bo "x": y'])
    emulator.clear_journal()
    assert len(customers()) == 3
    assert not [entry for entry in emulator.journal if entry.method != "GET"]
    emulator.add_folder_tree(["Customers/Smit/Data"])
    assert "Smit" in customers()
    assert ids


def test_a_token_made_by_hand_and_an_earlier_name_are_taken_over(
    controller: Controller, emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "vault-password").write_text("password of the tests\n")
    [by_hand] = emulator.seed_tokens(1, description="made in the web application")
    emulator.seed_tokens(1, description="tiles of the old proxy [ed1:default:abcdef:t00000:0:aaaaa]")
    variables = {"layer_id": LAYER, "token_made_by_hand": by_hand, "ellipsis_store": str(tmp_path / "tokens.yml")}
    arguments = ["--vault-password-file", str(tmp_path / "vault-password"), "-e", json.dumps(variables), "--diff"]

    def run(*more: str) -> tuple[str, int]:
        text = controller.run_file(EXAMPLES / "take_over.yml", *arguments, *more).text
        now = emulator.clock.now()
        return text, sum(token.live(now) for token in emulator.tokens)

    text, live = run("--check")
    assert (
        live == 2 and "replaces" in text and "made in the web application" in text and "tiles of the old proxy" in text
    )
    assert run()[1] == 3
    emulator.advance(86400 + 60)
    text, live = run()
    assert live == 1 and "changed=1" in text
    assert "changed=0" in run()[0]


@pytest.mark.parametrize("name", sorted(ALL))
def test_an_example_renders_the_secret_and_shows_it_nowhere(name: str, site: Site, emulator: Emulator) -> None:
    file = site.rendered(name)
    site.run(name, "--check", "--diff")
    assert emulator.secrets == [] and not file.exists()

    run = site.run(name, "--diff", "-vvvv")
    [secret] = emulator.secrets
    assert ALL[name].around.format(secret) in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert secret not in run.stdout + run.stderr + json.dumps(run.events)
    assert not [path for path in site.out.iterdir() if path != file and secret in path.read_text()]
    assert ALL[name].handler in run.text

    before = file.read_bytes()
    again = site.run(name, "--diff")
    assert "changed=0" in again.text and ALL[name].handler not in again.text
    assert file.read_bytes() == before and len(emulator.tokens) == 1


def _uses(emulator: Emulator) -> set[tuple[str, str, int | None]]:
    """How the emulator was asked, with what kind of token, and what it answered."""
    return {(entry.carrier, entry.authorization, entry.status) for entry in emulator.journal}


def _for_another_layer(config: Path) -> Path:
    """What was rendered, with a layer to which its token gives no access."""
    other = config.with_name(f"other-{config.name}")
    other.write_text(config.read_text().replace(LAYER, OTHER_LAYER).replace("/out/cache", "/out/other-cache"))
    return other


def _colours(picture: bytes) -> list[Any]:
    """MapProxy writes pictures anew, so that only what they show can be compared."""
    from PIL import Image

    return [colour for _count, colour in Image.open(BytesIO(picture)).convert("RGB").getcolors() or []]


def test_mapproxy_shows_the_layer_and_no_other(site: Site, emulator: Emulator, tmp_path: Path) -> None:
    port = free_port()
    command = mapproxy(site.rendered("mapproxy"), port)
    site.run("mapproxy")
    places = ["/wmts/layer/GLOBAL_WEBMERCATOR/3/2/1.png", "/service?layers=layer" + GET_MAP]
    emulator.clear_journal()
    with running(command, tmp_path, port) as get:
        pictures = [get(place) for place in places]
    assert [picture.headers["Content-Type"] for picture in pictures] == ["image/png"] * 2
    assert [_colours(picture.content) for picture in pictures] == [_colours(png(1, 1, colour_of(LAYER)))] * 2
    assert _uses(emulator) == {("header", "access", 200)}

    emulator.clear_journal()
    with running(mapproxy(_for_another_layer(site.rendered("mapproxy")), port), tmp_path, port) as get:
        refused = [get(place) for place in places]
    assert [answer.headers["Content-Type"].split(";")[0] for answer in refused] == ["text/xml"] * 2
    assert _uses(emulator) == {("header", "access", 403)}
    [secret] = emulator.secrets
    assert secret not in (tmp_path / "server.log").read_text() + "".join(answer.text for answer in refused)


def test_nginx_shows_the_layer_and_no_other(site: Site, emulator: Emulator, tmp_path: Path) -> None:
    port = free_port()
    command = nginx(site.rendered("nginx"), tmp_path)
    site.run("nginx", nginx_listen=f"127.0.0.1:{port}")
    wms = f"/wms?layers={LAYER}{GET_MAP}"
    emulator.clear_journal()
    with running(command, tmp_path, port) as get:
        assert get(wms).content == png(64, 64, colour_of(LAYER))
        assert get("/tiles/3/2/1").content == png(256, 256, colour_of(LAYER))
        assert get("/tiles/../../wms/" + OTHER_LAYER).status_code == 404
    assert _uses(emulator) == {("header", "access", 200)}

    emulator.clear_journal()
    with running(nginx(_for_another_layer(site.rendered("nginx")), tmp_path), tmp_path, port) as get:
        assert [get(place).status_code for place in (wms, "/tiles/3/2/1")] == [403, 403]
    assert _uses(emulator) == {("header", "access", 403)}
    [secret] = emulator.secrets
    assert not [path for path in tmp_path.glob("*.log") if secret in path.read_text()]
