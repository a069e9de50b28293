# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server said about a refusal, as the user reads it."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.tests.laws.harness import Controller, present, service

ROWS = {
    "a message": ('{"message": "No more.", "status": 400}', "No more"),
    "a message that is no text": ('{"message": ["No", "more"]}', "['No', 'more']"),
    "no message": ('{"error": "No more"}', "{'error': 'No more'}"),
    "a list": ('["No more"]', "['No more']"),
    "a word": ('"No more"', "No more"),
    "text": ("No\n more", "No more"),
    "a page": ("<html><head><title>x</title></head><body><p>No more</p></body></html>", "No more"),
}


@pytest.mark.parametrize("name", ROWS)
def test_words_of_a_refusal(name: str) -> None:
    body, said = ROWS[name]
    controller = Controller(service())
    # The API has been recognised before.
    assert controller.run(present()).error is None
    controller.emulator.fault(kind="status", status=400, body=body, method="GET", skip=1)
    error = str(controller.run(present(description="others")).error)
    assert error.partition(" answered 400: ")[2].startswith(said), error
