"""``python -m benchmarks``: every benchmark, as ratios measured side by side in one process."""

from __future__ import annotations

from benchmarks import compatibility, reconcile, transform


def main() -> None:
    transform.main()
    reconcile.main()
    compatibility.main()


main()
