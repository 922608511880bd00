"""The child process of the embedded AWS: serves MiniStack on a socket handed over, while its parent lives.

Run by path (``python -P embedded_server.py``), so that starting it imports nothing of stream-bridge.
Arguments: the number of the bound socket's descriptor, and the directory to remove at the end.
Standard input is a pipe that nobody writes to: it ends when the parent ends, however it ended.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import threading


def die_with_parent(directory: str) -> None:
    """Wait for the end of standard input, then end this process and everything it started."""
    while os.read(0, 4096):
        pass
    shutil.rmtree(directory, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def main(descriptor: int, directory: str) -> None:
    threading.Thread(target=die_with_parent, args=(directory,), daemon=True).start()

    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.keep_alive_timeout = 75
    config.loglevel = os.environ.get("LOG_LEVEL", "WARNING")
    asyncio.run(serve(app, config))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
