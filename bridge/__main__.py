"""``stream-bridge`` and ``python -m bridge``."""

from __future__ import annotations

import gc
import importlib.util
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

_GARBAGE_AFTER: Final = 50_000
"""New objects between two looks for cycles. Verbs that read hundreds of files would look for nothing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. The Lambda handlers do not need the ``cli`` extra."""
    gc.set_threshold(_GARBAGE_AFTER, 10, 10)
    with _without_tracebacks():
        ready = all(importlib.util.find_spec(name) is not None for name in ("typer", "rich"))
        if ready:
            from bridge.cli.app import run
    if not ready:
        sys.stderr.write("the stream-bridge command needs its cli extra: pip install 'stream-bridge[cli]'\n")
        return 1
    return run(arguments)


@contextmanager
def _without_tracebacks() -> Iterator[None]:
    """While modules are imported, Ctrl-C ends the process as it ends any other, without a traceback of the
    import. A Ctrl-C that is ignored (nohup) stays so."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    except ValueError:  # not the main thread, which is the one that gets signals
        yield
        return
    yield
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    sys.exit(main())
