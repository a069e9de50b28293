# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores import yaml_edit as _yamledit
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.yaml_edit import Unusable, read_key, write_key

VALUE = {"no": {"id": "1", "none": None}}
FLOW = '"k": {"no": {"id": "1", "none": null}}'
BLOCK = "k:\n  'no':\n    id: '1'\n    none: null\n"


@pytest.fixture(autouse=True, params=["CSafe", "Safe"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML may come without its C part."""
    monkeypatch.setattr(_yamledit, "_LOADER", getattr(yaml, f"{request.param}Loader"))
    monkeypatch.setattr(_yamledit, "_DUMPER", getattr(yaml, f"{request.param}Dumper"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", BLOCK, id="empty"),
        pytest.param("# a\n", "# a\n" + BLOCK, id="comment only"),
        pytest.param("# a", "# a\n" + BLOCK, id="comment without line end"),
        pytest.param("---\n", "---\n" + BLOCK, id="document start"),
        pytest.param("---\n# a\n...\n", "---\n# a\n" + BLOCK + "...\n", id="document end"),
        pytest.param("a: 1\n", "a: 1\n" + BLOCK, id="other variable"),
        pytest.param("z: 1\n", "z: 1\n" + BLOCK, id="a name that comes later in the alphabet"),
        pytest.param("a: 1", BLOCK + "a: 1", id="no line end"),
        pytest.param("a: 1 # one\n# end\n", "a: 1 # one\n# end\n" + BLOCK, id="comment after"),
        pytest.param("a:\n- 1\n- b:\n  # in\n\n", "a:\n- 1\n- b:\n  # in\n\n" + BLOCK, id="list"),
        pytest.param("a: |\n  x\n\n", "a: |\n  x\n\n" + BLOCK, id="block text"),
        pytest.param("a: &a 1\nb:\n- *a\n", "a: &a 1\nb:\n- *a\n" + BLOCK, id="alias at the end"),
        pytest.param("a: 1\n# end\n...\n", "a: 1\n# end\n" + BLOCK + "...\n", id="all three"),
        pytest.param("a: |\n  x", BLOCK + "a: |\n  x", id="block text without line end"),
        pytest.param("a: |+\n  x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n" + BLOCK, id="kept line ends"),
        pytest.param("a: 1\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n" + BLOCK.replace("\n", "\r\n"), id="CRLF"),
        pytest.param("\ufeffa: 1\n", "\ufeffa: 1\n" + BLOCK, id="byte order mark"),
        pytest.param("  a: 1\n", "  a: 1\n  " + BLOCK[:-1].replace("\n", "\n  ") + "\n", id="indented"),
        pytest.param("{}", f"{{{FLOW}}}", id="JSON, empty"),
        pytest.param('{"a": 1}\n', f'{{{FLOW}, "a": 1}}\n', id="JSON"),
        pytest.param('{"a": 1, "k": {"x": 1}, "b": 2}', f'{{"a": 1, {FLOW}, "b": 2}}', id="JSON, there"),
        pytest.param("{k}", f"{{{FLOW}}}", id="JSON, only the name"),
        pytest.param("k:\n", BLOCK, id="null"),
        pytest.param("k:", BLOCK[:-1], id="null without line end"),
        pytest.param("k: {} # c\n", BLOCK.replace("k:", "k: # c"), id="comment beside"),
        pytest.param("k: {x: 'a #b'} # c\n", BLOCK.replace("k:", "k: # c"), id="comment beside what looks like one"),
        pytest.param("k: {x: 'a #b'}\n", BLOCK, id="what looks like a comment"),
        pytest.param("k:  # c\n  x: {}\n", BLOCK.replace("k:", "k:  # c"), id="comment beside the key"),
        pytest.param(
            "k: {x: 1,\n y: 2} # c\nb: 1\n", BLOCK.replace("k:", "k: # c") + "b: 1\n", id="comment behind the flow"
        ),
        pytest.param("'k': {x: 1,\n y: 2}\n\nb: 1\n", BLOCK + "\nb: 1\n", id="flow"),
        pytest.param("a: 1\nk:\n  x: 1\n\n# b\nb: 2\n", "a: 1\n" + BLOCK + "\n# b\nb: 2\n", id="in the middle"),
        pytest.param("k:\n  x: |\n    1\n\nb: 2\n", BLOCK + "\nb: 2\n", id="ends in block text"),
        pytest.param("a: &a {x: 1}\nk:\n  y: *a\nb: *a\n", f"a: &a {{x: 1}}\n{BLOCK}b: *a\n", id="ends in an alias"),
        pytest.param(
            "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nb: !unsafe '{{'\nk: {}\nc: é😀 # ü\n",
            f"a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nb: !unsafe '{{{{'\n{BLOCK}c: é😀 # ü\n",
            id="tags and Unicode",
        ),
    ],
)
def test_only_the_key_changes(before: str, after: str) -> None:
    assert write_key(before, "k", VALUE) == after
    assert read_key(after, "k") == VALUE
    assert write_key(after, "k", VALUE) == after


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [\n", "not one YAML document"),
        ("a: 1\n b: SECRET\n", "(line 2)"),
        ("a: 1\n---\nb: 1\n", "not one YAML document"),
        ("SECRET", "not a YAML mapping"),
        ("7", "not a YAML mapping"),
        ("- a\n", "not a YAML mapping"),
        ("a: 1\nb: \x00SECRET", "not one YAML document of variables."),
        ("[" * 5000, "not one YAML document of variables"),
        ("k: 1\nk: 2\n", "has k twice"),
        ("k: {a: 1, a: 2}\n", "an entry twice in k"),
        ("a: &a {}\nk: *a\n", "YAML alias as k"),
        ("k: {a: {b: !vault SECRET}}", "tag !vault in k.a.b"),
        ("k: {a: !!python/name:os.system x}", "tag tag:yaml.org,2002:python"),
        ("k: {a: !!set {b: , c: }}", "a value with the tag tag:yaml.org,2002:set in k.a, which"),
        ("k: {a: !!omap [b: 1]}", "a value with the tag tag:yaml.org,2002:omap in k.a, which"),
        ("k: {a: !!set [b]}", "a value with the tag tag:yaml.org,2002:set in k.a, which"),
        ("k: {a: !x {b: SECRET}}", "a value with the tag !x in k.a, which"),
        ("k: {a: !!map SECRET}", "a value with the tag tag:yaml.org,2002:map in k.a, which"),
        ("k: {a: !!seq SECRET}", "a value with the tag tag:yaml.org,2002:seq in k.a, which"),
        ("k: {? [a] : b}", "a key that is no text"),
        ("k: &a {b: *a}", "nests too deeply"),
    ],
)
def test_what_cannot_be_read(text: str, says: str) -> None:
    with pytest.raises(Unusable) as caught:
        read_key(text, "k")
    assert says in str(caught.value)
    assert "SECRET" not in repr(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("k: &a {x: 1}\nb: *a\n", VALUE, id="somebody refers to our text"),
        pytest.param("? k\n: {}\n", VALUE, id="explicit key"),
        # YAML ends lines there, editors do not.
        pytest.param("k: {}\u2028b: 1\n", VALUE, id="another variable on the line"),
        pytest.param("k: {}\u2028b: 1\nc: 1\n", VALUE, id="another variable on the line, and one below"),
        pytest.param("{}", {"a": "x\x85y"}, id="JSON that YAML would read differently"),
        pytest.param("{}", {"a\x7fb": {}}, id="JSON that YAML would not read"),
    ],
)
def test_what_cannot_be_edited(text: str, value: dict[str, t.Any]) -> None:
    with pytest.raises(Unusable, match="can't be changed without touching the rest"):
        write_key(text, "k", value)


LONG = "word " * 100 + "end"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"k:\n  é:\n    token: {LONG}\n    id: ü\n"),
        ("{}", f'{{"k": {{"é": {{"token": "{LONG}", "id": "ü"}}}}}}'),
    ],
    ids=["block", "JSON"],
)
def test_what_is_written_can_be_read_by_people(before: str, after: str) -> None:
    """Letters as they are, names in the order that was given, each value on one line."""
    assert write_key(before, "k", {"é": {"token": LONG, "id": "ü"}}) == after


@pytest.mark.parametrize(
    ("opening", "closing"), [("{a: ", "}"), ("[", "]"), ("[{a: ", "}]")], ids=["maps", "lists", "both"]
)
def test_how_deep_values_may_be(opening: str, closing: str) -> None:
    """32 levels, of whatever kind."""
    deepest = 32 // len(closing)

    def nested(levels: int) -> str:
        return f"k: {opening * levels}1{closing * levels}"

    assert read_key(nested(deepest), "k")
    with pytest.raises(Unusable, match="nests too deeply in k"):
        read_key(nested(deepest + 1), "k")


def test_there_may_be_any_number_of_entries() -> None:
    entries = {f"slot {number}": {"id": str(number)} for number in range(300)}
    assert read_key(write_key("", "k", entries), "k") == entries


def test_values_are_plain() -> None:
    text = "k: {date: 2026-01-01T00:00:00Z, int: 7, none: , quoted: '7', yes: 1, list: [a, 1.5, true]}"
    assert read_key(text, "k") == {
        "date": "2026-01-01T00:00:00Z",
        "int": 7,
        "none": None,
        "quoted": "7",
        "yes": 1,
        "list": ["a", 1.5, True],
    }
    assert read_key("a: 1", "k") is None
    assert read_key("", "k") is None


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"))
ENTRY = st.dictionaries(TEXT, st.one_of(st.none(), st.integers(), TEXT, st.lists(TEXT, max_size=2)), max_size=3)
FOREIGN = st.sampled_from(
    [
        "# comment",
        "",
        "a{}: 1 # one",
        "b{}:\n  - x\n\n  - y: {{z: 1}}",
        "c{}: |\n  text\n\n  more",
        "d{}: |+\n  kept\n\n",
        "e{}: >-\n  folded\n  é😀",
        "f{}: 'it''s\n  long'",
        "g{}: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61626364",
        "h{0}: &h{0} [1,\n  2]\ni{0}: *h{0}",
        "j{}:",
    ]
)


@given(
    st.lists(FOREIGN, max_size=4),
    st.lists(FOREIGN, max_size=4),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
    st.lists(st.dictionaries(TEXT, ENTRY, max_size=3), min_size=1, max_size=4),
)
def test_any_text_around_any_values(
    above: list[str], below: list[str], there: bool, newline: str, values: list[dict[str, t.Any]]
) -> None:
    foreign = [line.format(number) for number, line in enumerate([*above, *below])]
    text = "\n".join([*foreign[: len(above)], *(["k: {}"] if there else []), *foreign[len(above) :]])
    text = text.replace("\n", newline) + newline
    before = others(text)
    for value in values:
        edited = write_key(text, "k", value)
        assert read_key(edited, "k") == value
        assert others(edited) == before
        assert without(edited, value) == without(write_key(text, "k", {}), {})
        text = edited


def others(text: str) -> list[tuple[str, str]]:
    """Names and values of everything else, serialised."""
    root = yaml.compose(text)
    return [(key.value, yaml.serialize(value)) for key, value in (root.value if root else []) if key.value != "k"]


def without(text: str, value: dict[str, t.Any]) -> str:
    """The text without the lines of the key."""
    newline = "\r\n" if "\r\n" in text else "\n"
    block = yaml.dump(
        {"k": value},
        Dumper=_yamledit._DUMPER,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=1 << 20,
    )
    block = block.replace("\n", newline)
    assert text.count(block) == 1
    return text.replace(block, "")
