"""The embedded AWS: MiniStack as a child process on a free loopback port.

The parent binds the socket and hands it over, so no other process can take the port in between. The child
holds the read end of a pipe whose write end only the parent has: when the parent ends, by any means, the
child ends too. Nothing is written outside a temporary directory, which goes with the child.

What MiniStack does not do like AWS (retries, limits, dead letters, TTL) is listed in the project's docs:
it carries data here, it never judges.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from bridge.errors import BridgeError

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT = "000000000000"
_SERVER = Path(__file__).with_name("embedded_server.py")
_POLL_S = 0.02
_LAST_LINES = 15
# What a child needs of the caller's environment. Nothing else goes in: a MiniStack, LocalStack or AWS
# variable of the caller could open a port, write outside the directory or reach another account.
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV")


class EmbeddedAwsFailed(BridgeError):
    """The embedded AWS could not be started, or has ended; carries the last lines it wrote."""


class EmbeddedAws:
    """A context manager around one MiniStack process.

    ``start`` raises :class:`EmbeddedAwsFailed` when MiniStack is not installed, ends, or is not ready within
    ``start_s`` seconds. ``close`` may be called any number of times.
    """

    def __init__(self, *, log_level: str = "WARNING", start_s: float = 60.0) -> None:
        self._log_level = log_level
        self._start_s = start_s
        self._process: subprocess.Popen[bytes] | None = None
        self._directory: Path | None = None
        self._port = 0

    @property
    def endpoint_url(self) -> str:
        """``http://127.0.0.1:<port>``, for every service."""
        if self._process is None:
            raise EmbeddedAwsFailed("the embedded AWS is not running", hint="call start() first")
        return f"http://{HOST}:{self._port}"

    @property
    def pid(self) -> int:
        """The process and process group to look at."""
        if self._process is None:
            raise EmbeddedAwsFailed("the embedded AWS is not running", hint="call start() first")
        return self._process.pid

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables that make any AWS tool talk to this endpoint, with credentials that open nothing.

        An ``AWS_PROFILE`` of the caller must be unset beside them: tools look it up before they use these.
        """
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            # else newer SDKs send DynamoDB calls to a host named after the account
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def start(self) -> Self:
        """Start the server and wait until it answers."""
        for module in ("ministack", "hypercorn"):
            if importlib.util.find_spec(module) is None:
                raise EmbeddedAwsFailed(
                    f"the embedded AWS needs MiniStack, and its package {module} is not installed",
                    hint="pip install 'stream-bridge[local]'",
                )
        if self._process is not None:
            return self
        try:
            self._spawn()
            self._wait_until_ready()
        except BaseException:  # also a Ctrl-C in the middle of starting leaves no server behind
            self.close()
            raise
        return self

    def reset(self) -> None:
        """Forget every resource and all data, in a few milliseconds."""
        status, body = self._request("POST", "/_ministack/reset")
        if status != http.client.OK:
            raise EmbeddedAwsFailed(f"the embedded AWS answered {status} to a reset", hint=body[:200])

    def close(self) -> None:
        """End the server and everything it started, and remove its directory."""
        process, self._process = self._process, None
        if process is not None:
            # Only while the child is not reaped is its number surely not another process's.
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdin is not None:
                process.stdin.close()
        directory, self._directory = self._directory, None
        if directory is not None:
            shutil.rmtree(directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _spawn(self) -> None:
        self._directory = directory = Path(tempfile.mkdtemp(prefix="stream-bridge-aws-"))
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener, self._log().open("wb") as log:
            listener.bind((HOST, 0))
            self._port = listener.getsockname()[1]
            self._process = subprocess.Popen(  # noqa: S603 - our own file, our own arguments
                [sys.executable, "-P", str(_SERVER), str(listener.fileno()), str(directory)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_environment(self._port, directory, self._log_level),
                pass_fds=(listener.fileno(),),
                # Its own group: a Ctrl-C at the terminal is ours to handle, and the group is ours to end.
                start_new_session=True,
            )

    def _wait_until_ready(self) -> None:
        assert self._process is not None  # noqa: S101 - for the type checker
        deadline = time.monotonic() + self._start_s
        while True:
            try:
                status, _ = self._request("GET", "/_ministack/ready")
            except EmbeddedAwsFailed:
                status = 0
            if status == http.client.OK:
                return
            if time.monotonic() > deadline:
                raise EmbeddedAwsFailed(
                    f"the embedded AWS was not ready after {self._start_s:g} s", hint=self._last_lines()
                )
            try:
                code = self._process.wait(_POLL_S)
            except subprocess.TimeoutExpired:
                continue
            raise EmbeddedAwsFailed(
                f"the embedded AWS ended with status {code} while it started", hint=self._last_lines()
            )

    def _request(self, method: str, path: str) -> tuple[int, str]:
        if self._process is None:
            raise EmbeddedAwsFailed("the embedded AWS is not running", hint="call start() first")
        connection = http.client.HTTPConnection(HOST, self._port, timeout=10)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise EmbeddedAwsFailed(
                f"the embedded AWS does not answer on {HOST}:{self._port}", hint=self._last_lines()
            ) from error
        finally:
            connection.close()

    def _log(self) -> Path:
        assert self._directory is not None  # noqa: S101 - for the type checker
        return self._directory / "server.log"

    def _last_lines(self) -> str:
        if self._directory is None or not self._log().exists():
            return "it wrote nothing"
        lines = self._log().read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
        return "the last lines it wrote:\n" + "\n".join(lines) if lines else "it wrote nothing"


def _environment(port: int, directory: Path, log_level: str) -> dict[str, str]:
    """MiniStack's settings: loopback only, no further listener, no container engine, files in one place."""
    home = str(directory)
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": log_level,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "SFTP_HOST": HOST,
        "DOCKER_HOST": f"unix://{home}/no-docker.sock",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "STATE_DIR": f"{home}/state",
        "S3_DATA_DIR": f"{home}/s3",
        "HOME": home,
        "TMPDIR": home,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
