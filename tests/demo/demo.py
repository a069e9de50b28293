# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watch real playbooks give an integration its token, against an emulator of the API on loopback."""

from __future__ import annotations

import getpass
import itertools
import json
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / ".venv" / "collections"))

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, ManualClock, serve  # noqa: E402 - needs the path
from ansible_collections.ellipsis.drive.tests.integration.programs import free_port, mapproxy, running  # noqa: E402 - as above

DAY = 86400
START = 1893456000  # 2030-01-01, so that nothing here depends on today


@dataclass(frozen=True)
class Scene:
    """A playbook run. days: how much time passes before it."""

    title: str
    playbook: str
    arguments: tuple[str, ...] = ()
    days: int = 0


SCENES = (
    Scene("A tile server gets a token for 90 days; the secret goes into a vaulted file", "token.yml"),
    Scene("The same again: found by its marker, nothing changes", "token.yml"),
    Scene("What would happen if it needed the data too?", "token.yml", ("-e", "tier=viewPlus", "--check", "--diff")),
    Scene("Do it: a new token first, the old one lives on for an hour", "token.yml", ("-e", "tier=viewPlus", "--diff")),
    Scene("Put the secret into a configuration", "inject.yml"),
    Scene("70 days later: less than a third of its life is left", "token.yml", ("-e", "tier=viewPlus"), days=70),
    Scene("A day later: the replaced token has had its time", "token.yml", ("-e", "tier=viewPlus"), days=1),
    Scene(
        "It leaked: replace it, and revoke it at once", "token.yml", ("-e", "tier=viewPlus regenerate=always overlap=0")
    ),
    Scene("What is there?", "list.yml"),
    Scene("The tile server is gone, and so is its token", "revoke.yml"),
)


def main() -> int:
    clock = ManualClock(START)
    emulator = Emulator(clock=clock)
    with tempfile.TemporaryDirectory(prefix="ellipsis-demo-") as folder, serve(emulator) as url:
        password = Path(folder) / "vault-password"
        password.write_text(secrets.token_hex(16))
        environment = {
            **os.environ,
            "ANSIBLE_HOME": f"{folder}/ansible",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_VAULT_PASSWORD_FILE": str(password),
            "ANSIBLE_NOCOLOR": "" if sys.stdout.isatty() else "1",
            "ELLIPSIS_API_URL": url,
            "ELLIPSIS_API_TOKEN": USER_TOKEN,
        }
        shown = ""
        for number, scene in enumerate(SCENES, start=1):
            clock.advance(scene.days * DAY)
            print(f"\n──── {number}. {scene.title}", flush=True)
            calls = len(emulator.journal)
            shown += play(scene, folder, environment)
            print(f"     requests: {requests(emulator, calls)}", flush=True)
        shown += map_proxy(folder, environment)
        leaked = [secret for secret in emulator.secrets if secret in shown]
        print(f"\nOf {len(emulator.secrets)} secrets made here, {len(leaked)} can be seen above.")
        return 1 if leaked else 0


def requests(emulator: Emulator, start: int) -> str:
    """What was sent since then, in its order."""
    sent = [
        each.method if each.status == 200 else f"{each.method} ({each.status})" for each in emulator.journal[start:]
    ]
    counted = [(len(list(same)), name) for name, same in itertools.groupby(sent)]
    return ", ".join(f"{count} {name}" if count > 1 else name for count, name in counted) or "none"


def play(scene: Scene, folder: str, environment: dict[str, str]) -> str:
    """Run a playbook and show it; returns what was shown."""
    print(f"$ {shlex.join(['ansible-playbook', scene.playbook, *scene.arguments])}", flush=True)
    variables = f"config_dir={folder}"
    command = ["ansible-playbook", str(HERE / scene.playbook), "-e", variables, *scene.arguments]
    run = subprocess.run(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    print(run.stdout.replace("*" * 20, ""), end="")
    if run.returncode:
        sys.exit(f"{scene.playbook} failed with {run.returncode}")
    return run.stdout


def map_proxy(folder: str, environment: dict[str, str]) -> str:
    """Render the MapProxy example, start it on loopback, and fetch a tile through it."""
    print(f"\n──── {len(SCENES) + 1}. A real MapProxy, configured from the store, shows the layer", flush=True)
    print("$ ansible-playbook examples/mapproxy.yml", flush=True)
    inventory = Path(folder) / "inventory.yml"
    inventory.write_text("tile_servers: {hosts: {localhost: {ansible_connection: local}}}\n")
    variables = {
        "layer_id": PATHS["Elevation"], "ellipsis_store": f"{folder}/tokens.yml", "mapproxy_dir": folder,
        "mapproxy_cache_dir": f"{folder}/cache", "mapproxy_user": getpass.getuser(), "mapproxy_service": "",
    }  # fmt: skip
    command = ["ansible-playbook", "-i", str(inventory), str(HERE.parents[1] / "examples" / "mapproxy.yml")]
    run = subprocess.run(
        [*command, "-e", json.dumps(variables)], env=environment, text=True, capture_output=True, check=False
    )
    print(run.stdout.replace("*" * 20, ""), end="")
    if run.returncode:
        sys.exit(f"{run.stderr}\nmapproxy.yml failed with {run.returncode}")
    port = free_port()
    with running(mapproxy(Path(folder) / "mapproxy.yaml", port), Path(folder), port) as get:
        size = "width=256&height=256&bbox=0,0,10,10&srs=EPSG:4326&format=image/png&styles="
        picture = get(f"/service?service=WMS&version=1.1.1&request=GetMap&layers=layer&{size}")
    print(
        f"     MapProxy answered {picture.status_code}, {picture.headers['Content-Type']}, {len(picture.content)} bytes"
    )
    if picture.status_code != 200 or not picture.content.startswith(b"\x89PNG"):
        sys.exit(picture.text)
    return run.stdout + run.stderr


if __name__ == "__main__":
    sys.exit(main())
