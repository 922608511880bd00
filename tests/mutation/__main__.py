"""``python -m tests.mutation sampled --mutants 300``."""

import sys

if __name__ == "__main__":
    match sys.argv[1:2]:
        case ["sampled"]:
            from tests.mutation.sampled.run import main

            sys.exit(main(sys.argv[2:]))
        case _:
            sys.exit("usage: python -m tests.mutation sampled [--seed N] [--mutants N] [--workers N]")
