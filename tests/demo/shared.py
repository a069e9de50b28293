# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watch two controllers, each with a home of its own, share one OpenBao: at the same moment they make one token."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / ".venv" / "collections"))

from ansible_collections.ellipsis.drive.tests.emulator import USER_TOKEN, Emulator, ManualClock, serve  # noqa: E402 - needs the path
from ansible_collections.ellipsis.drive.tests.integration.openbao import ROOT_TOKEN, running_openbao  # noqa: E402 - as above

CONTROLLERS = ("one", "two")
SCENES = {
    "Both want the token of a tile server, at once": (),
    "The same again": (),
    "Both want another lifetime, at once": ("-e", "valid_for=30d"),
}


def main() -> int:
    emulator = Emulator(clock=ManualClock(1893456000))
    with tempfile.TemporaryDirectory(prefix="ellipsis-demo-") as name, serve(emulator) as url:
        folder = Path(name)
        with running_openbao(folder) as bao:
            shown = ""
            for number, (title, arguments) in enumerate(SCENES.items(), start=1):
                print(f"\n──── {number}. {title}", flush=True)
                made = len(emulator.tokens)
                runs = [start(folder / each, url, bao.url, arguments) for each in CONTROLLERS]
                for each, run in zip(CONTROLLERS, runs, strict=True):
                    said, _nothing = run.communicate()
                    shown += said
                    print(f"controller {each}:\n{said.replace('*' * 20, '')}", end="")
                    if run.returncode:
                        sys.exit(f"controller {each} failed")
                print(f"     tokens created: {len(emulator.tokens) - made}", flush=True)
            kept = bao.read("tokens/tile server")
            print(f"\nvault kv get secret/tokens/'tile server' has: {', '.join(kept)}")
        leaked = [secret for secret in (*emulator.secrets, ROOT_TOKEN) if secret in shown]
        print(f"{len(leaked)} secrets can be seen above.")
        return 1 if leaked or len(emulator.tokens) != 2 else 0


def start(home: Path, url: str, vault: str, arguments: tuple[str, ...]) -> subprocess.Popen[str]:
    """A controller that shares nothing with the others but the server of the store."""
    environment = {
        **os.environ,
        "ANSIBLE_HOME": str(home),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
        "ELLIPSIS_API_URL": url,
        "ELLIPSIS_API_TOKEN": USER_TOKEN,
        "VAULT_ADDR": vault,
        "VAULT_TOKEN": ROOT_TOKEN,
    }
    command = ["ansible-playbook", str(HERE / "shared.yml"), *arguments]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    sys.exit(main())
