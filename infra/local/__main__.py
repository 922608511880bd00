"""``make deploy-local``: deploy infra/ to the embedded AWS, test it, and remove it. See docs/deploy.md."""

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
from infra.local.deployment import Deployment
from infra.local.package import write_package
from infra.local.scenario import Observed, check_all, run_scenario
from infra.packaging.libraries import PackagingError

_FEWEST = 30


def main(words: list[str] | None = None) -> int:
    """Returns exit code 1 if a promise was not kept or a step failed."""
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
            say(f"an embedded AWS runs on {aws.endpoint_url}")
            config = write_configuration(Path(name))
            package = write_package(config, Path(name) / "bridge.zip", whole=not asked.without_libraries)
            say(f"the package, {package.stat().st_size / 1e6:.1f} MB zipped")
            client = client_factory(endpoint_url=aws.endpoint_url)
            deployment = Deployment(client, aws.endpoint_url, read_settings(config), clock)
            seen = run_scenario(deployment, package, asked.changes, say)
    except (BridgeError, PackagingError) as error:
        print(f"make deploy-local: {error}", file=sys.stderr)
        return 1
    return _report(deployment, seen)


def _report(deployment: Deployment, seen: Observed) -> int:
    print("\nStacks")
    for stack in seen.stacks:
        facts = f"{len(stack.resources)} resources, {stack.took_s:.1f} s"
        print(f"  {stack.name:32} infra/{stack.template}.yaml, {facts}")
    print("\nDifferences from the templates, because this is not AWS")
    reasons = Counter((each.template, each.what, each.reason) for each in deployment.stacks.adapted)
    for (template, what, reason), count in reasons.items():
        print(f"  infra/{template}.yaml: {count} x {what} - {reason}")
    print(f"\nDifferences from infra/example/{EXAMPLE.name}")
    for old, new, reason in CHANGED:
        print(f"  {new} for {old} - {reason}")
    print("\nPublished to CloudWatch in place of Lambda\n  IteratorAge, which MiniStack does not measure")
    print("\nTested elsewhere, because MiniStack differs from AWS")
    print(
        "  partial batch responses, retries, the on-failure destination, archive: tests/deploy, tests/infra"
    )
    print("\nThe report of the reconciliation")
    for each in ("compared", "rows", "matching", "differing", "missed", "by_type", "reemitted", "settled"):
        print(f"  {each:10} {seen.report.get(each)}")
    print("\nPhases")
    for phase, seconds in seen.seconds.items():
        print(f"  {seconds:6.1f} s  {phase}")
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
        help="upload only the code of the project, and use the libraries of this Python; faster",
    )
    return parser


def _enough(text: str) -> int:
    if (count := int(text)) < _FEWEST:
        raise argparse.ArgumentTypeError(f"at least {_FEWEST}, so that some changes can be lost")
    return count


if __name__ == "__main__":
    sys.exit(main())
