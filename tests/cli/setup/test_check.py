"""``stream-bridge check``: all problems at once, each with its position and a suggestion."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema_rs
import pytest

from tests.cli.shell import TYPES, Shell

CREATED = f"event_schemas/{TYPES[0]}/1.0.0.json"


def test_a_project_that_is_fine_is_summed_up_on_stderr(shell: Shell) -> None:
    done = shell.run("check")
    assert (done.code, done.out) == (0, b"")
    assert done.err == "bridge.yaml: 1 table, 3 event types, 3 schemas, 6 examples: fine\n"


def test_a_misspelt_key_is_shown_at_its_place_with_a_suggestion(shell: Shell) -> None:
    shell.edit("bridge.yaml", "    subject: user/", "    subjekt: user/")
    done = shell.run("check", "--config", "bridge.yaml")
    assert done.code == 3
    assert (
        "bridge.yaml:10:5 tables.Users.subjekt: unknown key 'subjekt' — did you mean 'subject'?"
        in done.err.splitlines()
    )


def test_a_missing_environment_variable_is_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVENT_BUS")
    done = shell.run("check")
    assert done.code == 3
    assert "bridge.yaml:5:36 sinks.domain.bus: the environment variable EVENT_BUS is not set" in done.err


def test_a_schema_that_is_not_there_is_named_with_what_is_there(shell: Shell) -> None:
    shell.edit("bridge.yaml", 'versions: ["1.0.0"]', 'versions: ["1.2.0"]')
    done = shell.run("check")
    assert done.code == 3
    assert "bridge.yaml:19:20 tables.Users.events[1].versions[0]: " in done.err
    assert "com.example.user.noted has no schema version 1.2.0 — available: 1.0.0" in done.err


def test_a_broken_schema_is_shown_at_its_line(shell: Shell) -> None:
    shell.write(CREATED, '{\n  "type": "object",\n  "required": [id]\n}')
    done = shell.run("check")
    assert done.code == 3
    assert f"{CREATED}:3:16" in done.err


def test_a_schema_that_breaks_json_schema_is_named(shell: Shell) -> None:
    shell.edit(CREATED, '"type": "object"', '"type": "objekt"')
    done = shell.run("check")
    assert done.code == 3
    assert CREATED in done.err


def test_an_example_that_breaks_its_schema_is_named(shell: Shell) -> None:
    path = shell.write(f"event_schemas/{TYPES[0]}/examples/1.0.0/valid/two.json", {"id": 7})
    done = shell.run("check")
    assert done.code == 3
    assert f"{path} data breaks com.example.user.created 1.0.0" in done.err


def test_a_wrong_stage_hides_nothing_of_the_next(shell: Shell) -> None:
    """Schemas that cannot be read, patterns and paths that are wrong: all of it is shown."""
    shell.write(CREATED, "{")
    shell.edit("bridge.yaml", "when: {changed: [/note]}", "when: {after: {note: [{prefics: a}]}}")
    shell.edit("bridge.yaml", "id: $.key.id", "id: $.kee.id")
    done = shell.run("check")
    assert done.code == 3
    assert f"{CREATED}:1:" in done.err
    assert "bridge.yaml:18:" in done.err
    assert "tables.Users.events[1].when.after.note" in done.err
    assert "bridge.yaml:15:" in done.err
    assert "tables.Users.events[0].versions[0].data.id" in done.err
    assert "there is no schema" not in done.err  # nobody knows, while they cannot be read


def test_schemas_are_read_although_the_configuration_is_wrong(shell: Shell) -> None:
    shell.write(CREATED, "{")
    shell.edit("bridge.yaml", "    subject: user/", "    subjekt: user/")
    done = shell.run("check")
    assert done.code == 3
    assert "subjekt" in done.err
    assert f"{CREATED}:1:" in done.err


def test_warnings_are_shown_and_only_strict_makes_them_count(shell: Shell) -> None:
    (shell.folder / f"event_schemas/{TYPES[0]}/meta.yaml").unlink()
    loose, strict = shell.run("check"), shell.run("check", "--strict")
    for done in (loose, strict):
        assert f"warning: event_schemas/{TYPES[0]} has no meta.yaml" in done.err
    assert loose.last_line.endswith(": fine, with 1 warning")
    assert (loose.code, strict.code) == (0, 3)


def test_output_json_is_one_document_with_every_finding(shell: Shell) -> None:
    shell.edit("bridge.yaml", 'versions: ["1.0.0"]', 'versions: ["1.2.0"]')
    done = shell.run("check", "--output", "json")
    answer = json.loads(done.out)
    assert (done.code, done.err, answer["fine"]) == (3, "", False)
    assert answer["problems"] == [
        {
            "file": "bridge.yaml",
            "line": 19,
            "column": 20,
            "path": "tables.Users.events[1].versions[0]",
            "message": "com.example.user.noted has no schema version 1.2.0",
            "suggestion": "available: 1.0.0",
            "severity": "error",
        }
    ]
    assert json.loads(shell.run("check", "--output", "json").out)["counts"]["schema"] == 3


def test_variables_come_from_a_file_where_the_process_has_none(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVENT_BUS")
    shell.write(".env", "# the bus\n\nexport EVENT_BUS='domain'\n")
    assert shell.run("check", "--env-file", ".env").code == 0


def test_a_line_of_the_variables_file_that_says_nothing_is_shown(shell: Shell) -> None:
    shell.write(".env", "EVENT_BUS=domain\nsecret without an equals sign\n")
    done = shell.run("check", "--env-file", ".env")
    assert (done.code, done.err) == (3, ".env:2:1 is not NAME=value — comments begin with #\n")


def test_a_configuration_that_is_not_there_is_named(shell: Shell) -> None:
    done = shell.run("check", "--config", "nowhere.yaml")
    assert done.code == 3
    assert done.err.startswith("nowhere.yaml the file does not exist — name another with --config\n")


def test_the_installed_command_is_the_same(shell: Shell) -> None:
    done = subprocess.run([sys.executable, "-m", "bridge", "check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith(": fine\n")


def test_the_schema_for_editors_is_one_valid_json_schema_on_stdout() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "config", "schema"], capture_output=True, text=True, check=True
    )
    schema = json.loads(done.stdout)
    jsonschema_rs.meta.validate(schema)
    assert {"version", "source", "sinks", "tables"} <= set(schema["properties"])
    assert done.stderr == ""
