"""``make package``: dist/stream-bridge-{arm64,x86_64}.zip for Lambda. See docs/packaging.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.packaging.libraries import PLATFORMS, Files, PackagingError, fetch, from_installed, from_wheels
from infra.packaging.package import MAX_BYTES, Package, build

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
ROOT = Path(__file__).resolve().parents[2]


def main(words: list[str] | None = None) -> int:
    """Returns exit code 1 if a package could not be built, with the reason on stderr."""
    asked = _parser().parse_args(words)
    try:
        for name, python, libraries in _asked(asked):
            package = build(
                libraries,
                root=ROOT,
                config=asked.config,
                schemas=asked.schemas,
                python=python,
                out=asked.out / f"stream-bridge-{name}.zip",
            )
            print(_reported(package, python))
    except PackagingError as error:
        print(f"make package: {error}", file=sys.stderr)
        return 1
    return 0


def _asked(asked: argparse.Namespace) -> Iterator[tuple[str, str, Files]]:
    if asked.here:
        yield "here", HERE, from_installed(asked.lock)
        return
    for architecture in asked.arch or PLATFORMS:
        folder = fetch(asked.lock, architecture, asked.python, asked.wheels)
        yield architecture, asked.python, from_wheels(folder)


def _reported(package: Package, python: str) -> str:
    zipped, unzipped = package.zipped_bytes / 1e6, package.unzipped_bytes / 1e6
    lines = [
        f"{package.path}  {zipped:.1f} MB, {unzipped:.1f} MB unzipped of {MAX_BYTES / 1e6:.0f}",
        f"  sha256    {package.sha256}",
        f"  contents  {package.fingerprint}",
        "  largest   " + ", ".join(f"{name} {count / 1e6:.1f} MB" for name, count in package.largest),
    ]
    if not package.has_bytecode:
        lines.append(
            f"  no bytecode: this machine has no python{python}, and cold starts will compile the modules"
        )
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.packaging", description=__doc__)
    parser.add_argument("--arch", action="append", choices=tuple(PLATFORMS), help="both by default")
    parser.add_argument(
        "--here", action="store_true", help="for the Python of this machine, with its installed libraries"
    )
    parser.add_argument("--python", default="3.13", help="version of Lambda's runtime")
    parser.add_argument("--config", type=Path, default=ROOT / "infra/example/bridge.yaml")
    parser.add_argument(
        "--schemas", type=Path, help="folder of schemas; by default the one that --config names"
    )
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements/runtime.txt")
    parser.add_argument("--wheels", type=Path, default=ROOT / "build/wheels", help="where wheels are kept")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    return parser


if __name__ == "__main__":
    sys.exit(main())
