"""The faulty proxy does what it says, and what it records is what the endpoint has accepted."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.builders.aws import client
from tests.chaos import proxy as proxy_module
from tests.chaos import wire
from tests.chaos.proxy import Proxy
from tests.chaos.weather import CALM, FAULTS, Fault, Kind, Weather, draw, forecast
from tests.chaos.wire import Asked, Reply

SERVICES = ("dynamodb", "dynamodbstreams", "events", "sns", "s3", "sqs")
ENTRY = {"Source": "s", "DetailType": "t", "Detail": '{"id": "1"}', "EventBusName": "b"}
ANSWER = {"FailedEntryCount": 0, "Entries": [{"EventId": "e-1"}]}


class Endpoint(HTTPServer):
    """Accepts every PutEvents of one entry, and counts them."""

    def __init__(self) -> None:
        self.calls = 0
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.calls += 1
                body = json.dumps(ANSWER).encode()
                self.send_response(200)
                self.send_header("x-amzn-RequestId", "r-1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def put(endpoint: Endpoint, fault: Fault) -> tuple[Any, Proxy]:
    """The answer to a PutEvents that meets ``fault``, or the error."""
    url = f"http://127.0.0.1:{endpoint.server_address[1]}"
    with patch.object(proxy_module, "draw", lambda *given: fault), Proxy(url, 1) as proxy:
        events = client("events", proxy.endpoint_url, retries={"total_max_attempts": 1}, read_timeout=0.5)
        try:
            return events.put_events(Entries=[ENTRY]), proxy
        except (ClientError, ConnectionClosedError, ReadTimeoutError, http.client.HTTPException) as error:
            return error, proxy
        finally:
            events.close()
            proxy.drain()


@pytest.mark.parametrize(
    ("kind", "passed_on"),
    [(kind, passed_on) for kind in FAULTS for passed_on in (True, False) if kind in ("html", "hang")]
    + [("empty object", False), ("reset before", False), ("reset after", True)]
    + [("cut short", True), ("throttled", False), ("unavailable", False)],
)
def test_a_fault_hides_the_answer_and_the_record_has_exactly_what_reached_the_endpoint(
    endpoint: Endpoint, kind: Kind, passed_on: bool
) -> None:
    answer, proxy = put(endpoint, Fault(kind, passed_on=passed_on, cut=0.5))
    assert isinstance(answer, Exception) or "Entries" not in answer
    assert endpoint.calls == passed_on
    assert proxy.accepted()["events"] == [ENTRY["Detail"]] * passed_on
    assert proxy.counts == Counter({("events", kind): 1})


@pytest.mark.parametrize("kind", ["pass", "delay"])
def test_without_a_fault_the_answer_is_the_endpoints(endpoint: Endpoint, kind: Kind) -> None:
    answer, proxy = put(endpoint, Fault(kind, delay_s=0.01))
    assert answer["Entries"] == ANSWER["Entries"]
    assert proxy.accepted()["events"] == [ENTRY["Detail"]]


def test_a_body_that_is_cut_to_fit_arrives_as_a_whole_answer_without_its_end(endpoint: Endpoint) -> None:
    answer, _ = put(endpoint, Fault("cut to fit", cut=0.5))
    assert "Entries" not in answer  # botocore reads cut JSON as an empty answer
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", ["throttled", "unavailable"])
def test_each_service_says_in_its_own_format_that_it_cannot(service: str, kind: wire.Trouble) -> None:
    botocore = client(service, "http://127.0.0.1:1", retries={"total_max_attempts": 1})
    operation = {"s3": "ListBuckets", "dynamodbstreams": "ListStreams", "dynamodb": "ListTables"}.get(service)
    operation = operation or {"events": "ListRules", "sns": "ListTopics", "sqs": "ListQueues"}[service]

    def answer(request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        reply = wire.trouble(service, kind)

        class Raw:
            def stream(self, **_: Any) -> Iterator[bytes]:
                yield reply.body

        return AWSResponse(request.url, reply.status, dict(reply.headers), Raw())

    botocore.meta.events.register(f"before-send.*.{operation}", answer)
    with pytest.raises(ClientError) as failed:
        getattr(botocore, "_make_api_call")(operation, {})  # noqa: B009 - not in boto3's types
    code = failed.value.response["Error"]["Code"]
    assert not (code or "0").isdigit()
    assert failed.value.response["ResponseMetadata"]["RequestId"] == wire.REQUEST_ID


def test_a_refused_entry_of_a_bus_or_a_topic_is_not_accepted() -> None:
    request = json.dumps({"Entries": [{"Detail": "one"}, {"Detail": "two"}]}).encode()
    body = json.dumps({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "X"}, {"EventId": "2"}]}).encode()
    assert wire.accepted(Asked("events", "PutEvents"), request, Reply(200, (), body)) == ["two"]
    form = {
        f"PublishBatchRequestEntries.member.{number}.{name}": value
        for number, text in ((1, "one"), (2, "two"))
        for name, value in (("Id", f"i-{number}"), ("Message", text))
    }
    request = urllib.parse.urlencode({"Action": "PublishBatch", **form}).encode()
    failed = b"<Failed><member><Id>i-1</Id></member></Failed>"
    body = b"<Successful><member><Id>i-2</Id></member></Successful>" + failed
    assert wire.accepted(Asked("sns", "PublishBatch"), request, Reply(200, (), body)) == ["two"]


def test_the_same_seed_draws_the_same_faults_and_every_kind_comes_early() -> None:
    storm = Weather("storm", 0.5)
    drawn = [draw(7, number, number, "sns", storm) for number in range(1_000)]
    assert drawn == [draw(7, number, number, "sns", storm) for number in range(1_000)]
    assert drawn != [draw(8, number, number, "sns", storm) for number in range(1_000)]
    assert {fault.kind for fault in drawn} == {*FAULTS, "pass"}
    sure = Weather("storm", 1.0)
    assert {draw(7, 1, met, "sns", sure).kind for met in range(len(FAULTS))} == {*FAULTS}
    assert {draw(7, number, number, "sns", CALM).kind for number in range(1_000)} == {"pass"}
    assert draw(7, 1, 0, "sns", Weather("outage", 0.0, "sns")) == Fault("unavailable", passed_on=False)


def test_the_forecast_has_good_and_bad_phases() -> None:
    phases = [weather.name for _, weather in zip(range(40), (each for _, each in forecast(3)), strict=False)]
    assert {"good", "bad", "storm", "outage"} == set(phases)
