"""A first project, inferred from what the table and its streams hold, by somebody who has none."""

from __future__ import annotations

from pathlib import Path

from tests.simulation.account.looks.look import Look
from tests.simulation.configuration import PLAIN
from tests.simulation.world import TABLE

_OK, _ERROR, _PARTLY = 0, 1, 4


def proposed(look: Look) -> None:
    """What is proposed passes the check, renders the records that it was made from, and holds no secret."""
    records = [record for record, _ in look.records()]
    out = look.folder / "proposed"
    from_table = not records or look.rng.random() < 0.5
    source = ("--table", TABLE) if from_table else ("--from", look.write("records.ndjson", records))
    done = look.run("init", *source, "--out", str(out), "--yes", "--output", "json")
    if from_table and not look.simulation.world.items:
        look.must(done, _ERROR)
        return
    if look.must(done, _OK, _PARTLY).code not in (_OK, _PARTLY):
        return
    counts = done.document["records"]
    if (done.code == _OK) is not (counts["failed"] + counts["unreadable"] == 0):
        look.violated(f"{done}, and counts {counts}")
    for name in done.document["files"]:
        if "examples" not in name and PLAIN in (out / name).read_text(encoding="utf-8"):
            look.violated(f"{name} of the proposed project holds a value of an item that is a secret")
    variables = look.folder / "variables.env"
    text = Path(out / "bridge.yaml").read_text(encoding="utf-8")
    variables.write_text("".join(f"{name}=simulation-of-a-key\n" for name in _named(text)), encoding="utf-8")
    words = ("--config", str(out / "bridge.yaml"), "--env-file", str(variables))
    look.must(look.run("check", *words), _OK)
    if not from_table:
        rendered = look.run("render", source[1], *words, reveals=True)  # it hides other things than ours
        if any(PLAIN in str((line["data"].get("after") or {}).get("secret")) for line in rendered.lines):
            look.violated(f"{rendered} and shows what is called a secret")
        look.must(rendered, _PARTLY if counts["failed"] else _OK)
        if len(rendered.lines) < 1 and counts["rendered"]:
            look.violated(f"{rendered} and renders nothing, init rendered {counts['rendered']}")
    again = look.run("init", *source, "--out", str(out), "--yes")
    look.must(again, _ERROR)  # it overwrites nothing


def _named(text: str) -> set[str]:
    parts = text.split("${")[1:]
    return {part.partition("}")[0].partition(":")[0] for part in parts}
