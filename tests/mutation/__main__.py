"""``python -m tests.mutation pipeline`` and ``python -m tests.mutation sampled``."""

from __future__ import annotations

import sys
from importlib import import_module

PARTS = ("pipeline", "sampled")

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in PARTS:
        sys.exit(f"usage: python -m tests.mutation {'|'.join(PARTS)} ...")
    sys.exit(import_module(f"tests.mutation.{sys.argv[1]}.run").main(sys.argv[2:]))
