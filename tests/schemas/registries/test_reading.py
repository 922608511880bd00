"""A start reads the versions that bridge.yaml pins, caches them, and uses the cache when the registry is
down."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.setup.check import find_problems
from bridge.edges.local.registry_cache import FileSchemaCache
from bridge.errors import (
    AccessDenied,
    ConfigurationError,
    EventInvalid,
    RegistryUnavailable,
    TargetMissing,
)
from bridge.schemas.conversion.proof import read_examples, variants
from bridge.schemas.documents.schema_set import SchemaNotFound, SchemaSet
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.registries.publish import publish
from bridge.schemas.registries.reading import Reading, read_schemas
from bridge.schemas.registries.remarks import report
from bridge.settings import read_settings
from bridge.wiring.bridge import load_configuration
from bridge.wiring.functions import Function
from bridge.wiring.registries import cache_folder
from tests.builders.places import ROOT
from tests.fakes.clients.batch_peer import throttling, timeout
from tests.fakes.context import LambdaContext
from tests.fakes.telemetry import KeptTelemetry
from tests.schemas.folders import BASE, TYPE
from tests.schemas.registries.rig import KINDS, NAME, Rig, add_version, load, make_folder

TTL_S = 3_600.0
PINS = frozenset({(TYPE, "1.0.0")})
SAMPLES = ROOT / "event_schemas"


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(request.param)


def published(rig: Rig, folder: Path) -> SchemaSet:
    schemas = load(folder)
    publish([rig.target(schemas)], rig.patience)
    rig.client.calls.clear()
    return schemas


def start(rig: Rig, cache: Path, pins: frozenset[tuple[str, str]] = PINS, ttl_s: float = TTL_S) -> Reading:
    return read_schemas(rig.registry, FileSchemaCache(cache), pins, rig.clock, ttl_s=ttl_s)


def test_only_the_pinned_versions_are_there_with_the_ids_of_the_files(rig: Rig, tmp_path: Path) -> None:
    schemas = published(rig, make_folder(tmp_path / "s"))
    reading = start(rig, tmp_path / "c")
    (schema,) = reading.schemas
    assert schema.id == schemas.get(TYPE, "1.0.0").id == f"{BASE}/{TYPE}/1.0.0.json"
    assert reading.remarks == ()
    schema.validate({"id": 1.0})
    with pytest.raises(EventInvalid, match=r"data breaks com.example.thing.made 1.0.0: data lacks .* 'id'"):
        schema.validate({})


def test_every_sample_read_back_judges_its_examples_and_what_is_near_them_as_the_file_does(
    rig: Rig, tmp_path: Path
) -> None:
    """Drafts 4 and 7 come back; the semantics are those of the files."""
    files = published(rig, SAMPLES)
    pins = frozenset((schema.type, str(schema.version)) for schema in files)
    schemas = start(rig, tmp_path, pins).schemas
    assert len(schemas) == len(files) > 5
    for schema in files:
        back = schemas.get(schema.type, schema.version)
        assert back.id == schema.id
        for example in read_examples(SAMPLES, schema):
            for change, data in variants(example.data):
                assert _valid(back, data) is _valid(schema, data), (schema.file, example.name, change)


def _valid(schema: SchemaVersion, data: Any) -> bool:
    try:
        schema.validate(data)
    except EventInvalid:
        return False
    return True


def test_within_its_time_to_live_a_cache_serves_without_the_registry(rig: Rig, tmp_path: Path) -> None:
    published(rig, make_folder(tmp_path / "s"))
    start(rig, tmp_path / "c")
    rig.client.calls.clear()
    rig.clock.advance(TTL_S - 1)
    assert len(start(rig, tmp_path / "c").schemas) == 1
    assert not rig.client.calls
    rig.clock.advance(1)
    assert len(start(rig, tmp_path / "c").schemas) == 1
    assert rig.client.calls


@pytest.mark.parametrize("trouble", [throttling("Any"), timeout()], ids=["throttled", "timeout"])
def test_a_registry_that_is_down_at_start_is_replaced_by_an_expired_cache_loudly(
    rig: Rig, trouble: Exception, tmp_path: Path
) -> None:
    published(rig, make_folder(tmp_path / "s"))
    start(rig, tmp_path / "c")
    rig.clock.advance(30 * TTL_S)
    rig.client.fail = lambda operation, call: trouble
    before_s = rig.clock.now()
    reading = start(rig, tmp_path / "c")
    assert len(reading.schemas) == 1
    assert rig.clock.now() - before_s <= 60
    telemetry = KeptTelemetry()
    report(reading.remarks, telemetry)
    ((level, message, fields),) = telemetry.lines
    assert (level, message) == ("error", "the schema registry is down: cached schemas are used")
    assert fields["registry"] == f"{rig.kind}://orders"
    assert telemetry.counts == {"SchemaCacheUsed": 1}


def test_a_registry_that_is_down_without_a_cache_is_an_error_that_says_so(rig: Rig, tmp_path: Path) -> None:
    published(rig, make_folder(tmp_path / "s"))
    rig.client.fail = lambda operation, call: throttling(operation)
    with pytest.raises(RegistryUnavailable, match="nothing of it is cached"):
        start(rig, tmp_path / "c")


def test_a_cache_that_lacks_a_pinned_version_is_not_enough(rig: Rig, tmp_path: Path) -> None:
    """A deploy with a new pin reads the registry, however young the cache is."""
    published(rig, make_folder(tmp_path / "s"))
    start(rig, tmp_path / "c")
    wanted = frozenset({*PINS, (TYPE, "1.1.0")})
    rig.client.remove_version(NAME, 2)
    with pytest.raises(SchemaNotFound):
        start(rig, tmp_path / "d", wanted).schemas.get(TYPE, "1.1.0")
    FileSchemaCache(tmp_path / "d").path_of(rig.registry.address).rename(
        FileSchemaCache(tmp_path / "c").path_of(rig.registry.address)
    )
    rig.client.fail = lambda operation, call: timeout()
    with pytest.raises(RegistryUnavailable, match="the cache lacks pinned versions"):
        start(rig, tmp_path / "c", wanted)


def test_a_missing_registry_or_a_denied_access_is_no_outage(rig: Rig, tmp_path: Path) -> None:
    published(rig, make_folder(tmp_path / "s"))
    start(rig, tmp_path / "c")
    rig.clock.advance(TTL_S)
    rig.client.exists = False
    with pytest.raises(TargetMissing):
        start(rig, tmp_path / "c")
    rig.client.exists, rig.client.denied = True, True
    with pytest.raises(AccessDenied):
        start(rig, tmp_path / "c")


@pytest.mark.parametrize("content", [b"", b"x", b"half", b"0" * 64 + b"\n{}"])
def test_a_cache_that_is_not_whole_counts_as_none(rig: Rig, content: bytes, tmp_path: Path) -> None:
    published(rig, make_folder(tmp_path / "s"))
    start(rig, tmp_path / "c")
    path = FileSchemaCache(tmp_path / "c").path_of(rig.registry.address)
    path.write_bytes(path.read_bytes()[:-20] if content == b"half" else content)
    rig.client.calls.clear()
    assert len(start(rig, tmp_path / "c").schemas) == 1
    assert rig.client.calls


def test_a_cache_that_cannot_be_written_is_reported_and_the_start_goes_on(rig: Rig, tmp_path: Path) -> None:
    published(rig, make_folder(tmp_path / "s"))
    (tmp_path / "c").write_text("a file where the folder should be")
    (remark,) = start(rig, tmp_path / "c").remarks
    assert remark.level == "warning"
    assert "could not be cached" in remark.message


def test_the_caches_of_two_registries_are_two_files(tmp_path: Path) -> None:
    cache = FileSchemaCache(tmp_path)
    paths = {cache.path_of(Rig(kind).registry.address) for kind in KINDS}
    assert len(paths) == 2


def test_two_contents_of_one_version_are_refused_because_nobody_knows_which_is_meant(
    rig: Rig, tmp_path: Path
) -> None:
    published(rig, make_folder(tmp_path / "s", "1.0.0"))
    forged = rig.documents()[0]
    rig.client.edit(NAME, json.dumps(forged))
    assert len(start(rig, tmp_path / "c").schemas) == 1  # the same content twice is no harm
    rig.client.edit(NAME, json.dumps({**forged, "required": []}))
    with pytest.raises(ConfigurationError, match="twice, with different contents"):
        start(rig, tmp_path / "d")


def test_a_version_that_the_registry_calls_failed_is_not_used(tmp_path: Path) -> None:
    rig = Rig("glue")
    published(rig, make_folder(tmp_path / "s", "1.0.0", "1.1.0"))
    rig.client.schemas[NAME].versions[0].outcome = "FAILURE"
    with pytest.raises(SchemaNotFound):
        start(rig, tmp_path / "c").schemas.get(TYPE, "1.0.0")


def test_schemas_of_others_in_the_registry_are_skipped(rig: Rig, tmp_path: Path) -> None:
    published(rig, make_folder(tmp_path / "s", "1.0.0"))
    for content in ("{", "{}", "[]", json.dumps({"$id": 7}), json.dumps({"id": f"{BASE}/other/1.0.0.json"})):
        rig.client.edit(NAME, content)
    assert len(start(rig, tmp_path / "c").schemas) == 1


def test_a_document_with_a_remote_reference_is_refused_and_nothing_is_fetched(
    rig: Rig, tmp_path: Path
) -> None:
    published(rig, make_folder(tmp_path / "s", "1.0.0"))
    kept = rig.documents()[0]
    rig.client.remove_version(NAME, 1)
    kept["properties"]["id"] = {"$ref": "https://elsewhere.example.org/id.json"}
    rig.client.edit(NAME, json.dumps(kept))
    with pytest.raises(ConfigurationError, match="cannot be used as a schema"):
        start(rig, tmp_path / "c")


# --- a deploy -----------------------------------------------------------------------------------------

CONFIG = """\
version: 1
source: com.example.things
schemas: {address}
schema_cache: {{path: cache, ttl: 0}}
sinks: {{domain: {{kind: memory}}}}
quarantine: {{kind: directory, path: q}}
tables:
  Things:
    subject: thing/{{$.key.id}}
    events:
      - {{type: com.example.thing.made, op: insert, versions: [{{schema: "1.0.0", data: {{id: $.key.id}}}}]}}
"""


def deploy(rig: Rig, folder: Path) -> Any:
    (folder / "bridge.yaml").write_text(CONFIG.format(address=rig.registry.address))
    client = {"glue": rig.client, "schemas": rig.client}.__getitem__
    return load_configuration(folder / "bridge.yaml", {}, client=client, clock=rig.clock)


def test_a_new_minor_in_the_registry_does_not_change_what_a_deployment_publishes(
    rig: Rig, tmp_path: Path
) -> None:
    folder = make_folder(tmp_path / "s", "1.0.0")
    published(rig, folder)
    before = deploy(rig, tmp_path)
    add_version(folder, "1.1.0", properties={"id": {"type": "integer"}, "more": {"type": "string"}})
    add_version(folder, "2.0.0", required=["id", "more"])
    published(rig, folder)
    after = deploy(rig, tmp_path)
    for configuration in (before, after):
        (rule,) = configuration.tables["Things"].rules
        (version,) = rule.versions
        assert version.envelope.dataschema == f"{BASE}/{TYPE}/1.0.0.json"
        assert version.envelope.type == f"{TYPE}.v1"
        version.validate({"id": 1, "more": 7})
    assert [str(schema.version) for schema in after.schemas] == ["1.0.0"]


def test_a_pin_that_the_registry_does_not_have_is_reported_at_its_place(rig: Rig, tmp_path: Path) -> None:
    add = make_folder(tmp_path / "s", "1.1.0")
    published(rig, add)
    with pytest.raises(ConfigurationError, match=r"bridge.yaml:11:.*there is no schema of type"):
        deploy(rig, tmp_path)


def test_a_deploy_goes_on_when_the_registry_is_down_and_says_so(rig: Rig, tmp_path: Path) -> None:
    published(rig, make_folder(tmp_path / "s", "1.0.0"))
    assert deploy(rig, tmp_path).remarks == ()
    rig.client.fail = lambda operation, call: throttling(operation)
    before_s = rig.clock.now()
    configuration = deploy(rig, tmp_path)
    assert [remark.from_cache for remark in configuration.remarks] == [True]
    assert rig.clock.now() - before_s <= 8.0


def test_a_function_says_at_its_first_invocation_that_it_started_from_the_cache(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published(rig, make_folder(tmp_path / "s", "1.0.0"))
    deploy(rig, tmp_path)
    rig.client.fail = lambda operation, call: throttling(operation)
    client = {"glue": rig.client, "schemas": rig.client}.__getitem__
    monkeypatch.setattr("bridge.wiring.bridge.client_factory", lambda **given: client)
    monkeypatch.setattr("bridge.wiring.bridge.SystemClock", lambda: rig.clock)
    monkeypatch.setenv("BRIDGE_CONFIG", str(tmp_path / "bridge.yaml"))

    class Handler:
        def handle(self, event: Any, context: Any) -> Any:
            return event

    function = Function(lambda configuration, telemetry: Handler())
    assert function({"Records": []}, LambdaContext()) == {"Records": []}
    reported = capsys.readouterr().out
    assert "the schema registry is down: cached schemas are used" in reported
    assert "SchemaCacheUsed" in reported


@pytest.mark.parametrize(
    ("named", "environ", "expected"),
    [
        ("path: c, ", {"BRIDGE_SCHEMA_CACHE": "/cache"}, "{folder}/c"),
        ("", {"BRIDGE_SCHEMA_CACHE": "/cache", "AWS_LAMBDA_FUNCTION_NAME": "f"}, "/cache"),
        ("", {"AWS_LAMBDA_FUNCTION_NAME": "f"}, "{temporary}/stream-bridge-schemas"),
        ("", {"XDG_CACHE_HOME": "/home/u/.c"}, "/home/u/.c/stream-bridge/schemas"),
        ("", {}, "{home}/.cache/stream-bridge/schemas"),
    ],
)
def test_the_cache_is_where_somebody_says_or_where_it_can_be_written(
    named: str, environ: dict[str, str], expected: str, tmp_path: Path
) -> None:
    text = CONFIG.format(address="glue://orders").replace("path: cache, ", named)
    settings = read_settings(text.encode(), "bridge.yaml", tmp_path, {})
    places = {"folder": tmp_path, "temporary": tempfile.gettempdir(), "home": Path.home()}
    assert str(cache_folder(settings, environ)) == expected.format(**places)


def test_check_stays_offline_and_says_that_it_has_not_seen_the_schemas(tmp_path: Path) -> None:
    (tmp_path / "bridge.yaml").write_text(CONFIG.format(address="glue://orders"))
    findings = find_problems(tmp_path / "bridge.yaml", {})
    assert [problem for problem in findings.problems if problem.severity == "error"] == []
    (skipped,) = findings.skipped
    assert skipped == "schemas in glue://orders are not checked offline; the bridge reads them at start"
