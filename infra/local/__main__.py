"""``make deploy-local``: infra/ deployed to the embedded AWS, tried, and taken away. See docs/deploy.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bridge.edges.local.clock import SystemClock
from bridge.edges.local.embedded import EmbeddedAws
from bridge.errors import BridgeError
from bridge.wiring.clients import client_factory
from infra.local.configuration import CHANGED, EXAMPLE, read_settings, write_configuration
from infra.local.deployment import Rehearsal
from infra.local.package import write_package
from infra.local.scenario import Performance, check_all, play
from infra.packaging.failure import PackagingError

_FEWEST = 30


def main(words: list[str] | None = None) -> int:
    """Exit code 1 where something was not as it had to be."""
    asked = _parser().parse_args(words)
    clock = SystemClock()
    began_s = clock.monotonic()

    def say(text: str) -> None:
        print(f"{clock.monotonic() - began_s:6.1f} s  {text}", flush=True)

    try:
        with (
            tempfile.TemporaryDirectory(prefix="deploy-local-") as name,
            EmbeddedAws(log_level="ERROR") as aws,
        ):
            os.environ.pop("AWS_PROFILE", None)
            os.environ.update(aws.environ)
            say(f"an AWS in a child process, {aws.endpoint_url}")
            config = write_configuration(Path(name))
            package = write_package(config, Path(name) / "bridge.zip", whole=not asked.without_libraries)
            say(f"the package, {package.stat().st_size / 1e6:.1f} MB zipped")
            client = client_factory(endpoint_url=aws.endpoint_url)
            rehearsal = Rehearsal(client, aws.endpoint_url, read_settings(config), clock)
            seen = play(rehearsal, package, asked.changes, say)
    except (BridgeError, PackagingError) as error:
        print(f"make deploy-local: {error}", file=sys.stderr)
        return 1
    return _report(rehearsal, seen)


def _report(rehearsal: Rehearsal, seen: Performance) -> int:
    print("\nStacks")
    for stack in seen.stacks:
        facts = f"{len(stack.resources)} resources, {stack.took_s:.1f} s"
        print(f"  {stack.name:32} infra/{stack.template}.yaml, {facts}")
    print("\nNot as in the templates, because this is not AWS")
    reasons = Counter((each.template, each.what, each.reason) for each in rehearsal.stacks.adapted)
    for (template, what, reason), count in reasons.items():
        print(f"  infra/{template}.yaml: {count} x {what} - {reason}")
    print(f"\nNot as in infra/example/{EXAMPLE.name}")
    for old, new, reason in CHANGED:
        print(f"  {new} for {old} - {reason}")
    print("\nTold to CloudWatch in Lambda's place\n  IteratorAge, which MiniStack does not measure")
    print("\nJudged elsewhere, because MiniStack does it otherwise than AWS")
    print(
        "  partial batch responses, retries, the on-failure destination, archive: tests/deploy, tests/infra"
    )
    print("\nThe report of the night")
    for each in ("compared", "rows", "matching", "differing", "missed", "by_type", "reemitted", "settled"):
        print(f"  {each:10} {seen.report.get(each)}")
    print("\nActs")
    for act, seconds in seen.seconds.items():
        print(f"  {seconds:6.1f} s  {act}")
    print("\nPromises")
    checks = list(check_all(seen))
    for check in checks:
        print(
            f"  {'kept  ' if check.kept else 'BROKEN'}  {check.promise}"
            + ("" if check.kept else f": {check.found}")
        )
    return 0 if all(check.kept for check in checks) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("--changes", type=_enough, default=1000, help=f"at least {_FEWEST}, 1000 by default")
    parser.add_argument(
        "--without-libraries",
        action="store_true",
        help="upload our own code only; the libraries are those of this Python. Faster",
    )
    return parser


def _enough(text: str) -> int:
    if (count := int(text)) < _FEWEST:
        raise argparse.ArgumentTypeError(f"at least {_FEWEST}, or there is nothing to lose")
    return count


if __name__ == "__main__":
    sys.exit(main())
