"""``python -m tests.simulation --runs 1000``."""

import sys

from tests.simulation.reporting.command import main

if __name__ == "__main__":
    sys.exit(main())
