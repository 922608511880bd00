"""``stream-bridge`` and ``python -m bridge``."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. The Lambda handlers do not need the ``cli`` extra."""
    if any(importlib.util.find_spec(name) is None for name in ("typer", "rich")):
        sys.stderr.write("the stream-bridge command needs its cli extra: pip install 'stream-bridge[cli]'\n")
        return 1
    from bridge.cli.app import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
