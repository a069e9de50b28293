# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook audit: its reports, its gate, and its page in a browser, where there is one."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run

AUDIT = Path("ellipsis.drive.audit")
NAME = "ellipsis-access-tokens"
FORMS = ("html", "csv", "json", "prom")
HOSTILE = "<script>document.title='owned'</script>{{ 7*7 }}"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OWN = f"""
- ellipsis.drive.ellipsis_access_token:
    description: tile server
    access_list: [{{path_id: {PATHS["Projects/Roads"]}, access_tier: view}}]
    valid_for: 90d
    store: tokens.yml
    store_plaintext: true
"""


def audit(controller: Controller, *arguments: str, code: int = 0, **variables: Any) -> Run:
    return controller.run_file(AUDIT, "-e", json.dumps(variables), *arguments, code=code)


def report(controller: Controller, form: str, name: str = NAME) -> str:
    return (controller.folder / f"{name}.{form}").read_text(encoding="utf-8-sig")


def test_reports_say_what_the_account_has_and_no_secret(controller: Controller, emulator: Emulator) -> None:
    controller.run(OWN)
    emulator.seed_tokens(1, description=HOSTILE)
    emulator.seed_tokens(2, description="=copy {n}", valid_for=86400)
    emulator.clear_journal()
    run = audit(
        controller,
        "--diff",
        "-vvvv",
        ellipsis_audit_store="tokens.yml",
        ellipsis_audit_store_plaintext=True,
        ellipsis_audit_verify="basic",
    )
    assert "changed=0" in run.text
    assert "4 tokens; never_expires 1, expires_soon 2, unmanaged 3" in run.text
    assert {entry.method for entry in emulator.journal} == {"GET"}

    page, table, data, metrics = (report(controller, form) for form in FORMS)
    assert HOSTILE not in page and "&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;{{ 7*7 }}" in page
    rows = list(csv.DictReader(table.splitlines()))
    assert {row["description"] for row in rows} == {"tile server", HOSTILE, "'=copy 1", "'=copy 2"}
    facts = json.loads(data)
    assert 'ellipsis_access_token_generations{description="tile server"' in metrics
    assert {each["id"] for each in facts["access_tokens"]} == {each.id for each in emulator.tokens}
    assert [each["result"] for each in facts["verified"]] == ["ok"]
    for text in (page, table, data, metrics, run.stdout, run.stderr, json.dumps(run.events)):
        assert not [secret for secret in (*emulator.secrets, USER_TOKEN) if secret in text]
    for form in FORMS:
        assert (controller.folder / f"{NAME}.{form}").stat().st_mode & 0o777 == 0o600


def test_the_gate_fails_after_the_report_was_written(controller: Controller, emulator: Emulator) -> None:
    emulator.seed_tokens(1, description="copied", valid_for=86400)
    assert (
        "no findings"
        in audit(controller, ellipsis_audit_managed=True, ellipsis_audit_name="ours", ellipsis_audit_title="Ours").text
    )
    assert "<h1>Ours</h1>" in report(controller, "html", "ours")
    run = audit(controller, ellipsis_audit_fail_on="expires_soon,duplicate", code=2)
    assert "1 findings that fail_on names: 'copied'" in run.text
    assert "expires_soon" in report(controller, "html")
    audit(
        controller,
        ellipsis_audit_fail_on=["expires_soon"],
        ellipsis_audit_warn_within="1h",
        ellipsis_audit_name="later",
    )

    (controller.folder / f"{NAME}.html").unlink()
    audit(controller, "--check")
    assert not (controller.folder / f"{NAME}.html").exists()


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"ellipsis_audit_fial_on": "duplicate"},
        "ellipsis_audit_fial_on: no such variable; write ellipsis_audit_fail_on",
    ),
    (
        {"ellipsis_audit_folder": "missing"},
        "ellipsis_audit_folder: {folder}/missing is not a directory of the controller; make it first",
    ),
    ({"ellipsis_audit_fail_on": "everything"}, "value of fail_on must be one or more of: never_expires, expires_soon"),
    ({"ellipsis_audit_verify": "basic"}, "verify: needs store, since a token can only be tried with its secret"),
    ({"ellipsis_api_token": "nonsense"}, 'msg": "GET /account/security/accessToken answered 401'),
]


def test_bad_variables_are_named(controller: Controller) -> None:
    for variables, said in REFUSED:
        run = audit(controller, code=2, **variables)
        assert said.format(folder=controller.folder) in run.text
    assert not list(controller.folder.glob(f"{NAME}.*"))


def test_it_can_be_imported(controller: Controller) -> None:
    playbook = controller.folder / "ours.yml"
    playbook.write_text("- import_playbook: ellipsis.drive.audit\n  vars: {ellipsis_audit_title: Imported}\n")
    controller.run_file(playbook)
    assert "<h1>Imported</h1>" in report(controller, "html")


class Browser:
    """A browser without a window, with a profile of its own."""

    def __init__(self, program: str, folder: Path) -> None:
        self.folder = folder
        # A container's root has no sandbox; the page is our own.
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")
        self._command = [program, *options, f"--user-data-dir={folder / 'profile'}"]

    def dom(self, page: Path) -> str:
        """The document after everything in it had its chance to run."""
        return self._run("--dump-dom", page.as_uri())

    def picture(self, page: Path, name: str, *, dark: bool, width: int = 1180, height: int = 1400) -> Any:
        from PIL import Image

        target = self.folder / f"{name}.png"
        scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
        self._run(scheme, f"--window-size={width},{height}", f"--screenshot={target}", page.as_uri())
        return Image.open(target).convert("RGB")

    def _run(self, *arguments: str) -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        done = subprocess.run(
            [*self._command, *arguments], env=environment, capture_output=True, text=True, timeout=90, check=True
        )
        return done.stdout


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    pytest.importorskip("PIL", reason="no Pillow in this environment to look at screenshots with")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium or Chrome here to look at the page with; test_report.py parses it in any case")
    browser = Browser(program, tmp_path)
    page = tmp_path / "probe.html"
    page.write_text("<p>It works.</p>")
    try:
        shown = browser.dom(page)
    except subprocess.SubprocessError as error:
        shown = str(error)
    if "It works." not in shown:
        # A browser that is packaged as a snap sees no temporary folders.
        pytest.skip(f"{program} shows no page of {tmp_path}: {shown[:200]}")
    return browser


Colour = tuple[int, ...]


def colour(text: str) -> Colour:
    return tuple(bytes.fromhex(text))


def colours(picture: Any) -> Counter[Colour]:
    return Counter({found: count for count, found in picture.getcolors(1 << 24)})


# How the page paints: paper, card, and the marks of severities.
LIGHT = {"paper": "f6f7f5", "card": "ffffff", "error": "c22f2f", "warning": "b06a00", "info": "3568b8"}
DARK = {"paper": "131816", "card": "1c2320", "error": "ff8078", "warning": "f0b450", "info": "8ab4f8"}


def test_a_browser_shows_the_page(controller: Controller, emulator: Emulator, browser: Browser) -> None:
    emulator.seed_tokens(1, description=HOSTILE)
    emulator.seed_tokens(2, description="<img src=x onerror=\"document.title='owned'\">", tier="admin")
    for days in range(1, 100):
        emulator.seed_tokens(2, description=f"import {days} {{n}}", valid_for=days * 86400, age=days * 3600)
    audit(controller, ellipsis_audit_check_paths=True, ellipsis_audit_title="Ours & theirs")
    page = controller.folder / f"{NAME}.html"

    dom = browser.dom(page)
    assert "<title>Ours &amp; theirs</title>" in dom
    assert "<img" not in dom and dom.count("<script") == 0
    for scheme in (LIGHT, DARK):
        picture = browser.picture(page, "dark" if scheme is DARK else "light", dark=scheme is DARK)
        painted, values = colours(picture), {name: colour(value) for name, value in scheme.items()}
        assert {name for name, value in values.items() if painted[value] < 20} == set()
        assert painted[values["paper"]] + painted[values["card"]] > picture.width * picture.height / 2
        assert not set(painted) & {colour(value) for value in (DARK if scheme is LIGHT else LIGHT).values()}
    narrow = browser.picture(page, "narrow", dark=False, width=500)
    edge = colours(narrow.crop((narrow.width - 8, 0, narrow.width, narrow.height)))
    assert set(edge) == {colour(LIGHT["paper"])}, "something sticks out at the side"
