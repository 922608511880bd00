"""What is in a package, and that its bytes depend on nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.packaging.__main__ import HERE, ROOT
from infra.packaging.archive import fingerprint, pack
from infra.packaging.libraries import PackagingError
from infra.packaging.package import Package, build

LIBRARIES = {
    "botocore/data/events/2015-10-07/service-2.json.gz": b"{}",
    "botocore/data/xray/2016-04-12/service-2.json.gz": b"{}",
    "six.py": b"KINDS = {'b', 'a', 'c'}\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one small handler."""
    handlers = tmp_path / "repository" / "bridge" / "lambdas"
    handlers.mkdir(parents=True)
    for name in (handlers.parent / "__init__.py", handlers / "__init__.py"):
        name.write_text("")
    (handlers / "stream.py").write_text(
        "def handler(event, client):\n    return client('events') in {'a', 'b', 'c'}\n"
    )
    return tmp_path / "repository"


@pytest.fixture
def config() -> Path:
    return ROOT / "infra" / "example" / "bridge.yaml"


def test_two_builds_of_one_thing_are_the_same_bytes(tmp_path: Path, root: Path, config: Path) -> None:
    """Whatever folder, umask, hash seed or time zone they were made in."""
    made = []
    for number, (seed, umask, zone) in enumerate((("1", 0o022, "UTC"), ("2", 0o077, "Asia/Tokyo"))):
        out = tmp_path / f"run{number}" / "package.zip"
        words = [sys.executable, "-c", _BUILD, str(root), str(config), str(out), str(umask)]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)}
        subprocess.run(words, cwd=tmp_path, env=environment, check=True)
        made.append(out)
    first, second = (path.read_bytes() for path in made)
    assert first == second
    assert b"six.cpython" in first


_BUILD = f"""
import os, sys
from pathlib import Path
from infra.packaging.package import build
root, config, out, umask = sys.argv[1:]
os.umask(int(umask))
build({LIBRARIES!r}, root=Path(root), config=Path(config), schemas=None, python={HERE!r}, out=Path(out))
"""


def test_entries_are_sorted_dated_alike_and_readable_by_everyone(package: Package) -> None:
    with zipfile.ZipFile(package.path) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(names)
    assert len(set(names)) == len(names)
    assert {(entry.date_time, entry.external_attr >> 16) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644)
    }


def test_a_package_has_nothing_that_a_function_never_loads(package: Package) -> None:
    with zipfile.ZipFile(package.path) as archive:
        names = archive.namelist()
    never: tuple[str, ...] = ("bridge/cli/", "bridge/demo/", "bridge/onboarding/")
    never += (
        "bridge/edges/local/embedded",
        "bridge/stream/runner.py",
        "bridge/doctor/",
        "tests/",
        "typer/",
        "ministack/",
    )
    assert [name for name in names if name.startswith(never)] == []
    assert [name for name in names if "/examples/" in name or name.endswith((".pyi", ".exe", ".md"))] == []
    services = {name.split("/")[2] for name in names if name.startswith("botocore/data/")}
    assert "ec2" not in services
    assert {"bridge.yaml", "event_schemas/registry.yaml"} <= set(names)


def test_every_lambda_handler_is_in_the_package(package: Package) -> None:
    handlers = {f"bridge/lambdas/{path.name}" for path in (ROOT / "bridge" / "lambdas").glob("*.py")}
    with zipfile.ZipFile(package.path) as archive:
        assert handlers <= set(archive.namelist())


def test_bytecode_is_taken_unchecked_and_names_lambdas_folder(package: Package) -> None:
    """PEP 552: flags 0b01 are hash-based and never checked; a traceback shows the path of the source."""
    with zipfile.ZipFile(package.path) as archive:
        code = archive.read(f"bridge/relay/__pycache__/relay.cpython-{HERE.replace('.', '')}.pyc")
        modules = [name for name in archive.namelist() if name.endswith(".py")]
        compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
    assert int.from_bytes(code[4:8], "little") == 0b01
    assert b"/var/task/bridge/relay/relay.py" in code
    assert len(compiled) == len(modules)


def test_a_package_stays_below_its_limit(package: Package) -> None:
    with zipfile.ZipFile(package.path) as archive:
        assert sum(entry.file_size for entry in archive.infolist()) == package.unzipped_bytes
    assert package.unzipped_bytes < 60_000_000
    assert package.zipped_bytes < 50_000_000  # what Lambda takes by upload without S3


def test_a_build_that_fails_leaves_the_package_that_was_there(
    tmp_path: Path, root: Path, config: Path
) -> None:
    out = tmp_path / "package.zip"
    out.write_bytes(b"the last good one")
    with pytest.raises(PackagingError, match=r"more than 0 \(MB: "):
        build(LIBRARIES, root=root, config=config, schemas=None, python=HERE, out=out, max_bytes=1000)
    assert out.read_bytes() == b"the last good one"
    assert sorted(tmp_path.iterdir()) == [out, root]


def test_without_the_right_python_there_is_a_package_without_bytecode(
    tmp_path: Path, root: Path, config: Path
) -> None:
    built = build(
        LIBRARIES,
        root=root,
        config=config,
        schemas=None,
        python="3.13",
        out=tmp_path / "package.zip",
        find_interpreter=lambda python: None,
    )
    assert not built.has_bytecode
    with zipfile.ZipFile(built.path) as archive:
        assert not [name for name in archive.namelist() if name.endswith(".pyc")]


def test_a_service_without_a_model_is_noticed_at_the_build(tmp_path: Path, root: Path, config: Path) -> None:
    libraries = {path: content for path, content in LIBRARIES.items() if "events" not in path}
    with pytest.raises(PackagingError, match="botocore has no service events"):
        build(libraries, root=root, config=config, schemas=None, python=HERE, out=tmp_path / "package.zip")


def test_the_fingerprint_is_of_the_contents() -> None:
    one, other = {"a": b"1", "b": b"2"}, {"b": b"2", "a": b"1"}
    assert fingerprint(one) == fingerprint(other)
    assert pack(one) == pack(other)
    assert len({fingerprint(each) for each in (one, {"a": b"2", "b": b"1"}, {"a": b"1b", "": b"2"})}) == 3
