"""``python -m benchmarks``: every benchmark, as ratios measured side by side in one process."""

from __future__ import annotations

from benchmarks import compatibility, entities, large_items, reconcile, schemas, transform


def main() -> None:
    transform.main()
    entities.main()
    large_items.main()
    reconcile.main()
    compatibility.main()
    schemas.main()


main()
