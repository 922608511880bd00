"""The locked libraries: fetched as wheels for Lambda's platform, and reduced to what the package needs.

Nothing is built or run: a wheel is an archive, and its files are extracted. The configuration of pip decides
the index, and the hashes of the lock decide which files are accepted.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

PLATFORMS: Mapping[str, tuple[str, ...]] = {
    "arm64": ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    "x86_64": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
}
"""Platform tags of accepted wheels. Lambda's python3.12 and later use Amazon Linux 2023 with glibc 2.34."""


class PackagingError(Exception):
    """The reason why there is no package, for the person who runs ``make package``."""


Files = dict[str, bytes]
"""Contents by path inside the package, with forward slashes."""

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def fetch(lock: Path, architecture: str, python: str, store: Path) -> Path:
    """A folder in ``store`` with one wheel for each pin of ``lock``. Existing wheels are used if they match
    the hashes of the lock; otherwise pip downloads all of them."""
    content = lock.read_bytes()
    folder = store / f"{architecture}-{python}-{hashlib.sha256(content).hexdigest()[:12]}"
    if folder.is_dir() and _is_whole(folder, content.decode()):
        return folder
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix=".fetching-") as name:
        _download(lock, architecture, python, Path(name) / "wheels")
        if not _is_whole(Path(name) / "wheels", content.decode()):
            raise PackagingError("pip downloaded other files than the lock names")
        shutil.rmtree(folder, ignore_errors=True)
        (Path(name) / "wheels").rename(folder)
    return folder


def _download(lock: Path, architecture: str, python: str, folder: Path) -> None:
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    words += ["--no-deps", "--only-binary=:all:", "--implementation", "cp", "--python-version", python]
    words += [word for platform in PLATFORMS[architecture] for word in ("--platform", platform)]
    words += ["--require-hashes", "--requirement", str(lock), "--dest", str(folder)]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False
    )  # what pip says: only on failure
    if done.returncode:
        said = "\n".join(line for line in done.stderr.splitlines() if not line.startswith("WARNING"))
        raise PackagingError(f"pip got no wheels for {architecture}, Python {python}:\n{said or done.stderr}")


def _is_whole(folder: Path, lock: str) -> bool:
    hashes = set(_HASH.findall(lock))
    wheels = sorted(folder.glob("*.whl"))
    return len(wheels) == len(_PIN.findall(lock)) and all(
        hashlib.sha256(wheel.read_bytes()).hexdigest() in hashes for wheel in wheels
    )


def from_wheels(folder: Path) -> Files:
    """What pip would install of the wheels in ``folder``, without scripts and headers."""
    files: Files = {}
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                place = re.sub(r"^[^/]+\.data/(purelib|platlib)/", "", name)
                if not name.endswith("/") and ".data/" not in place.partition("/")[0] + "/":
                    files[place] = archive.read(name)
    return files


def from_installed(lock: Path) -> Files:
    """The same from the libraries that are installed for this interpreter, in any version. The package runs
    on this machine, and needs no index.

    Raises :class:`PackagingError` if a library is not installed."""
    files: Files = {}
    for name, _ in _PIN.findall(lock.read_text(encoding="utf-8")):
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError as error:
            raise PackagingError(f"{name} is not installed") from error
        for path in distribution.files or ():
            if ".." not in path.parts and "__pycache__" not in path.parts:
                files[path.as_posix()] = Path(str(distribution.locate_file(path))).read_bytes()
    return files


_DROPPED = re.compile(
    r"""
      boto3/(data|examples)/                      # resources, which are not used
    | aws_lambda_powertools/(event_handler|utilities/(?!(__init__\.py|jmespath_utils/)))
    | aws_xray_sdk/ext/                           # patches for frameworks
    | cloudevents/v1/                             # the interface of SDK 1.x,
    | deprecation\.py | packaging/                # ... and what only that uses
    | deprecation-[^/]*/ | packaging-[^/]*/
    | pydantic/(v1/|mypy\.py)
    | .*/tests?/
    | [^/]+\.(md|rst|txt)$                        # files next to the packages in wheels
    | .*\.(pyi|pyx|pxd|c|h|exe)$ | .*/py\.typed$
    """,
    re.VERBOSE,
)
_MODELS = re.compile(r"botocore/data/([^/]+)/[^/]+/([a-z-]+)")
_USED_MODELS = {"service-", "endpoint-rule-set-", "paginators-"}
_ASKED_BY_LIBRARIES = {"xray"}  # the X-Ray SDK creates a client for it when tracing starts
_KEPT_METADATA = re.compile(r"[^/]+\.dist-info/(METADATA$|licenses?/|LICEN[CS]E|NOTICE|COPYING)")
"""Vulnerability scanners read METADATA, and pydantic reads its own version from it; licences stay with the
code that they cover. RECORD and the other files would describe files that were removed."""


def trimmed(files: Files, services: set[str]) -> Files:
    """``files`` without those that no function loads; of botocore's models, those of ``services`` stay.

    botocore itself stays, although Lambda has one, because ``eventbridgev2`` may be newer than the runtime's
    botocore, and AWS updates runtimes without notice. Its dependencies stay too, for matching versions."""
    services = services | _ASKED_BY_LIBRARIES
    kept = {path: content for path, content in files.items() if _stays(path, services)}
    missing = services - {match[1] for match in map(_MODELS.match, kept) if match}
    if missing:
        raise PackagingError(f"botocore has no service {', '.join(sorted(missing))}")
    return kept


def _stays(path: str, services: set[str]) -> bool:
    if _DROPPED.match(path) or "__pycache__/" in path:
        return False
    if ".dist-info/" in path:
        return _KEPT_METADATA.match(path) is not None
    if model := _MODELS.match(path):
        return model[1] in services and model[2] in _USED_MODELS
    return True


def sizes(files: Files) -> Iterator[tuple[str, int]]:
    """Bytes by first folder, the largest first."""
    found: dict[str, int] = {}
    for path, content in files.items():
        name = path.partition("/")[0]
        found[name] = found.get(name, 0) + len(content)
    yield from sorted(found.items(), key=lambda item: (-item[1], item[0]))
