"""Where an invocation spends its time, told to AWS X-Ray's daemon. Imported only where tracing is on.

Inside Lambda the segment is Lambda's own, known from the trace header; here are its subsegments, each sent
when it ends. Elsewhere a segment is opened for each batch, as many as the SDK's local rule samples.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws_xray_sdk.core import xray_recorder
from aws_xray_sdk.core.context import Context
from aws_xray_sdk.core.daemon_config import DaemonConfig
from aws_xray_sdk.core.models.facade_segment import FacadeSegment
from aws_xray_sdk.core.sampling.local.sampler import LocalSampler

from bridge.core.event import Trace
from bridge.core.events.trace import TraceIds, read_ids
from bridge.metrics import SERVICE
from bridge.ports.telemetry import NO_SPAN, Annotation, Span


class XRayTracer:
    """Uses the SDK's one recorder, so that libraries patched by it join in.

    ``AWS_XRAY_DAEMON_ADDRESS`` says where the daemon listens (default 127.0.0.1:2000). Where none does, what
    is sent is gone, without error, wait or log line. Raises the SDK's ``InvalidDaemonAddressException`` for
    an address that is none.
    """

    def __init__(self, *, service: str = SERVICE) -> None:
        self._service = service
        self._context = Context()
        self._context.context_missing = "IGNORE_ERROR"
        self._recorder = xray_recorder
        # The SDK's default sampler would ask the daemon for rules, from threads of its own, and log that
        # there is none.
        self._recorder.configure(context=self._context, sampler=LocalSampler(), streaming_threshold=0)
        self._recorder.emitter = _Daemon(self._recorder.emitter)

    @contextmanager
    def batch(self, trace: Trace | None) -> Iterator[Trace | None]:
        ids = read_ids(trace.header) if trace is not None else None
        segment: Any = None
        if ids is not None:
            self._context.put_segment(
                FacadeSegment(self._service, entityid=ids.parent, traceid=ids.root, sampled=ids.sampled)
            )
        else:
            segment = self._recorder.begin_segment(self._service)
            if trace is None and segment.sampled:
                trace = TraceIds(segment.trace_id, segment.id, sampled=True).trace()
        try:
            yield trace
        except BaseException:
            if segment is not None:
                segment.add_fault_flag()
            raise
        finally:
            if segment is not None:
                self._recorder.end_segment()
            self._context.clear_trace_entities()

    @contextmanager
    def span(self, name: str, **annotations: Annotation) -> Iterator[Span]:
        if self._recorder.get_trace_entity() is None:  # outside of a batch there is nothing to belong to
            yield NO_SPAN
            return
        subsegment = self._recorder.begin_subsegment(name)
        span = _Subsegment(subsegment)
        span.annotate(**annotations)
        try:
            yield span
        except BaseException as error:
            # Only its kind: the message of an error that is not ours may quote an item.
            subsegment.add_fault_flag()
            span.annotate(error=type(error).__name__)
            raise
        finally:
            self._recorder.end_subsegment()


class _Subsegment:
    def __init__(self, subsegment: Any) -> None:
        self._subsegment = subsegment

    def annotate(self, **annotations: Annotation) -> None:
        for name, value in annotations.items():
            self._subsegment.put_annotation(name, value)


class _Daemon:
    """The SDK's emitter, without its log lines about a daemon that is not there."""

    def __init__(self, replaced: Any) -> None:
        if isinstance(replaced, _Daemon):
            replaced.close()
        self._replaced = replaced  # has an open socket of its own, and no way to close it
        config = DaemonConfig()
        self._address = _resolved(config.udp_ip, config.udp_port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def send_entity(self, entity: Any) -> None:
        if self._address is None:
            return
        try:
            self._socket.sendto(
                b'{"format":"json","version":1}\n' + entity.serialize().encode(), self._address
            )
        except OSError:
            """Nobody there, no room, or too large for a datagram: a trace is not worth more."""

    def close(self) -> None:
        self._socket.close()


def _resolved(host: str, port: int) -> tuple[str, int] | None:
    """Asked once: a name that cannot be resolved must not be waited for at every segment."""
    try:
        found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError:
        return None
    return (str(found[0][4][0]), port)
