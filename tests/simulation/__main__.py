"""``python -m tests.simulation --seed 1 --runs 1000``."""

import sys

from tests.simulation.run import main

if __name__ == "__main__":
    sys.exit(main())
