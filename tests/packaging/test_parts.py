"""What a package is made of: reachable modules, the configuration, wheels by the lock."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from infra.packaging.__main__ import ROOT, main
from infra.packaging.configuration import configured
from infra.packaging.libraries import PackagingError, fetch, from_wheels, trimmed
from infra.packaging.modules import reachable, services


def test_modules_are_found_behind_every_kind_of_import(tmp_path: Path) -> None:
    for name, text in {
        "bridge/__init__.py": "",
        "bridge/lambdas/__init__.py": "",
        "bridge/lambdas/stream.py": "import bridge.plain\nfrom bridge import named\n",
        "bridge/plain.py": "def later():\n    from bridge.inside import thing\n",
        "bridge/named.py": "from .beside import thing\n",
        "bridge/inside.py": "client('events'); (given or client_factory())('s3'); other('sqs'); "
        "client.describe().get('Table')",
        "bridge/beside.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import bridge.hints\n",
        "bridge/hints.py": "",
        "bridge/cli.py": "import bridge.plain\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = reachable(tmp_path)
    names = {path.relative_to(tmp_path / "bridge").as_posix() for path in found}
    assert names == {
        "__init__.py",
        "lambdas/__init__.py",
        "lambdas/stream.py",
        "plain.py",
        "named.py",
        "inside.py",
        "beside.py",
    }
    assert services(found) == {"events", "s3"}


def test_only_the_place_of_the_schemas_changes_in_a_packaged_configuration() -> None:
    config = ROOT / "infra" / "example" / "bridge.yaml"
    packaged = configured(config, None)["bridge.yaml"].decode()
    changed = [
        (old, new)
        for old, new in zip(config.read_text().splitlines(), packaged.splitlines(), strict=True)
        if old != new
    ]
    assert changed == [("schemas: ../../event_schemas", "schemas: ./event_schemas")]


def test_other_schemas_can_be_packaged_than_the_configuration_names(tmp_path: Path) -> None:
    config = tmp_path / "bridge.yaml"
    text = (ROOT / "infra" / "example" / "bridge.yaml").read_text()
    config.write_text(text.replace("schemas: ../../event_schemas", "schemas: ./not-yet-there"))
    assert "event_schemas/registry.yaml" in configured(config, ROOT / "event_schemas")


def test_a_configuration_that_would_fail_at_the_cold_start_fails_at_the_build(tmp_path: Path) -> None:
    config = tmp_path / "bridge.yaml"
    text = (ROOT / "infra" / "example" / "bridge.yaml").read_text()
    config.write_text(text.replace("com.example.user.deleted", "com.example.user.never_seen"))
    with pytest.raises(PackagingError, match="never_seen"):
        configured(config, ROOT / "event_schemas")
    with pytest.raises(PackagingError, match="is not a folder of schemas"):
        configured(ROOT / "infra" / "example" / "bridge.yaml", tmp_path / "nowhere")


def _wheel(folder: Path, name: str, files: dict[str, str]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for place, text in files.items():
            archive.writestr(place, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_wheel_gives_what_pip_would_install_but_scripts(tmp_path: Path) -> None:
    inside = {
        "pkg/__init__.py": "",
        "pkg-1.data/platlib/pkg/fast.so": "",
        "pkg-1.data/scripts/run": "",
        "pkg-1.data/data/share/man": "",
        "pkg-1.dist-info/METADATA": "",
    }
    _wheel(tmp_path, "pkg-1-py3-none-any.whl", inside)
    assert set(from_wheels(tmp_path)) == {"pkg/__init__.py", "pkg/fast.so", "pkg-1.dist-info/METADATA"}


def test_wheels_that_are_there_are_held_against_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of wheels is taken while every one of them has a hash of the lock; else pip is asked."""
    digest = _wheel(tmp_path / "made", "pkg-1-py3-none-any.whl", {"pkg/__init__.py": ""})
    lock = tmp_path / "runtime.txt"
    lock.write_text(f"pkg==1 \\\n    --hash=sha256:{digest}\n")
    store = tmp_path / "store"
    folder = store / f"arm64-3.13-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    store.mkdir()
    (tmp_path / "made").rename(folder)
    assert fetch(lock, "arm64", "3.13", store) == folder
    (folder / "pkg-1-py3-none-any.whl").write_bytes(b"something else")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(PackagingError, match=r"pip got no wheels for arm64, Python 3\.13:\nERROR"):
        fetch(lock, "arm64", "3.13", store)
    assert [path.name for path in store.iterdir()] == [folder.name]


def test_what_stays_of_the_libraries() -> None:
    files = dict.fromkeys(
        (
            "botocore/data/events/2015-10-07/service-2.json.gz",
            "botocore/data/events/2015-10-07/waiters-2.json.gz",
            "botocore/data/events/2015-10-07/endpoint-rule-set-1.json.gz",
            "botocore/data/xray/2016-04-12/service-2.json.gz",
            "botocore/data/ec2/2016-11-15/service-2.json.gz",
            "botocore/data/endpoints.json",
            "aws_lambda_powertools/event_handler/__init__.py",
            "aws_lambda_powertools/utilities/jmespath_utils/__init__.py",
            "aws_lambda_powertools/utilities/parser/__init__.py",
            "pydantic/main.py",
            "pydantic/__init__.pyi",
            "pydantic/v1/main.py",
            "pydantic-2.dist-info/METADATA",
            "pydantic-2.dist-info/licenses/LICENSE",
            "pydantic-2.dist-info/RECORD",
            "README.md",
        ),
        b"",
    )
    assert set(files) - set(trimmed(files, {"events"})) == {
        "botocore/data/events/2015-10-07/waiters-2.json.gz",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "aws_lambda_powertools/event_handler/__init__.py",
        "aws_lambda_powertools/utilities/parser/__init__.py",
        "pydantic/__init__.pyi",
        "pydantic/v1/main.py",
        "pydantic-2.dist-info/RECORD",
        "README.md",
    }


def test_a_failed_build_says_why_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--here", "--config", str(tmp_path / "none.yaml"), "--out", str(tmp_path)]) == 1
    reported = capsys.readouterr()
    assert reported.err.startswith("make package: ")
    assert "none.yaml" in reported.err
    assert reported.out == ""
