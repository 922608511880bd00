"""Sends where an invocation spends its time to AWS X-Ray's daemon. Imported only where tracing is on.

Inside Lambda the segment is Lambda's own, known from the trace header; this module adds subsegments, each
sent when it ends. Elsewhere it opens a segment for each batch that the SDK's local rule samples."""

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
    """Uses the SDK's global recorder, so that libraries patched by it are traced too.

    ``AWS_XRAY_DAEMON_ADDRESS`` is the daemon's address (default 127.0.0.1:2000). Without a daemon there,
    traces are lost, without an error, a wait or a log line. Raises the SDK's
    ``InvalidDaemonAddressException`` for an invalid address."""

    def __init__(self, *, service: str = SERVICE) -> None:
        self._service = service
        self._context = Context()
        self._context.context_missing = "IGNORE_ERROR"
        self._recorder = xray_recorder
        # The SDK's default sampler would ask the daemon for rules, from its own threads, and log where it
        # does not answer.
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
        if self._recorder.get_trace_entity() is None:  # outside a batch a span has no parent
            yield NO_SPAN
            return
        subsegment = self._recorder.begin_subsegment(name)
        span = _Subsegment(subsegment)
        span.annotate(**annotations)
        try:
            yield span
        except BaseException as error:
            # Only its class: the message of an error of another library may quote an item.
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
    """The SDK's emitter, without its log lines about a missing daemon."""

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
            """No daemon, a full buffer, or too large for a datagram: a lost trace is acceptable."""

    def close(self) -> None:
        self._socket.close()


def _resolved(host: str, port: int) -> tuple[str, int] | None:
    """Resolved once: an unknown name must not delay every segment."""
    try:
        found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError:
        return None
    return (str(found[0][4][0]), port)
