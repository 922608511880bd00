"""``schema upcasts`` prints what the kit takes, and nothing while a mapping is wrong."""

from __future__ import annotations

import json

from bridge.consumer.upcast import Upcaster
from tests.cli.shell import Shell

TYPE = "com.example.user.created"
FOLDER = f"event_schemas/{TYPE}"
META = "summary: x\nowner: {team: t, contact: c}\n"


def test_what_is_printed_makes_old_events_new_ones(shell: Shell) -> None:
    assert shell.run("schema", "bump", TYPE, "--major").code == 0
    shell.write(f"{FOLDER}/meta.yaml", f"{META}upcast:\n  1: {{data: {{id: {{$upper: $.id}}}}}}\n")
    done = shell.run("schema", "upcasts")
    assert done.code == 0
    made = Upcaster(json.loads(done.out)).upcast({"type": f"{TYPE}.v1", "data": {"id": "u-1"}})
    assert (made["type"], made["data"]) == (f"{TYPE}.v2", {"id": "U-1"})
    assert json.loads(shell.run("schema", "upcasts", "com.example.user.noted").out) == {}
    assert shell.run("schema", "upcasts", "com.example.user.creatd").code == 1


def test_a_wrong_mapping_is_reported_by_every_verb_that_reads_it(shell: Shell) -> None:
    assert shell.run("schema", "bump", TYPE, "--major").code == 0
    shell.write(f"{FOLDER}/meta.yaml", f"{META}upcast:\n  1: {{data: {{no: $.id}}}}\n")
    for words, code in ((("upcasts",), 3), (("lint",), 3), (("check",), 2)):
        done = shell.run("schema", *words)
        assert done.code == code, words
        assert f"{TYPE} 2.0.0 made of it is not valid" in done.out.decode() + done.err
