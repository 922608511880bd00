"""The embedded AWS: alone on loopback, gone with its parent, and good enough to carry the demonstration."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

import pytest

from bridge.demo import resources
from bridge.edges.local.embedded import EmbeddedAws, EmbeddedAwsFailed
from tests.builders.aws import Aws, client

pytestmark = pytest.mark.embedded

SOURCE = "com.example.test"
PARENT = """
import sys
import tempfile
from bridge.edges.local.embedded import EmbeddedAws
with EmbeddedAws() as server:
    print(server.endpoint_url, flush=True)
    sys.stdin.read()
"""


def address(endpoint_url: str) -> tuple[str, int]:
    url = urllib.parse.urlsplit(endpoint_url)
    return url.hostname or "", url.port or 0


def listeners(pid: int) -> set[str]:
    """Addresses (hexadecimal, as the kernel writes them) on which a process listens."""
    links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}


def wait_until_gone(where: tuple[str, int]) -> None:
    """Return when nobody listens there; a server that stays lets the connection time out instead."""
    while True:
        try:
            with socket.create_connection(where, timeout=60) as connection:
                connection.recv(1)  # a live server never speaks first
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            continue


def fake_ministack(directory: Path, code: str) -> str:
    """A package named ministack whose import runs ``code``; to be put on PYTHONPATH."""
    package = directory / "ministack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "app.py").write_text(code)
    return str(directory)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's table of sockets")
def test_it_listens_on_loopback_only_whatever_the_callers_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BIND_HOST", "0.0.0.0")
    monkeypatch.setenv("IOT_MTLS_ENABLED", "1")
    with EmbeddedAws() as server:
        for service, call in (
            ("dynamodb", "list_tables"),
            ("s3", "list_buckets"),
            ("lambda", "list_functions"),
        ):
            getattr(client(service, server.endpoint_url), call)()
        assert listeners(server.pid) == {"0100007F"}


def test_it_writes_only_into_a_directory_that_goes_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with EmbeddedAws() as server:
        assert len(list(tmp_path.iterdir())) == 1
        port = address(server.endpoint_url)[1]
        assert not Path(f"/tmp/ministack-{port}.pid").exists()
    assert list(tmp_path.iterdir()) == []


def test_reset_forgets_everything(aws: Aws, embedded_aws: EmbeddedAws) -> None:
    if aws.shared:
        pytest.skip("another endpoint is never reset")
    aws.client("sqs").create_queue(QueueName="left-over")
    embedded_aws.reset()
    assert not aws.client("sqs").list_queues().get("QueueUrls")


def test_its_environment_is_all_that_an_aws_tool_needs(embedded_aws: EmbeddedAws) -> None:
    code = "import boto3; print(boto3.client('dynamodb').list_tables()['ResponseMetadata']['HTTPStatusCode'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], **embedded_aws.environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "200"


def test_its_environment_reaches_nothing_else(embedded_aws: EmbeddedAws) -> None:
    assert embedded_aws.environ == {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": embedded_aws.endpoint_url,
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def test_an_interrupt_leaves_no_server_behind() -> None:
    server = EmbeddedAws()
    ports = []

    def work() -> None:
        with server:
            ports.append(address(server.endpoint_url))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    with socket.socket() as probe:
        assert probe.connect_ex(ports[0]) != 0


@pytest.mark.parametrize("deadly", [signal.SIGKILL, signal.SIGTERM])
def test_it_dies_with_its_parent_however_that_dies(deadly: signal.Signals, tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    with parent:
        assert parent.stdout is not None
        where = address(parent.stdout.readline().decode().strip())
        parent.send_signal(deadly)
    wait_until_gone(where)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_ministack_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ministack", None)
    with pytest.raises(EmbeddedAwsFailed, match=r"pip install 'stream-bridge\[local\]'"):
        EmbeddedAws().start()


def test_a_server_that_ends_at_once_shows_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", fake_ministack(tmp_path, "raise SystemExit('no luck today')"))
    with pytest.raises(EmbeddedAwsFailed, match=r"ended with status 1(.|\n)*no luck today"):
        EmbeddedAws().start()


def test_a_server_that_is_never_ready_is_given_up_and_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", fake_ministack(tmp_path, "import signal; signal.pause()"))
    server = EmbeddedAws(start_s=0.1)
    with pytest.raises(EmbeddedAwsFailed, match="not ready after"):
        server.start()
    with pytest.raises(EmbeddedAwsFailed, match="not running"):
        _ = server.endpoint_url


def test_the_resources_carry_changes_out_and_events_in(aws: Aws) -> None:
    """Table to stream, bus by rule to its subscriber, FIFO topic raw and in order to its own."""
    clients = resources.Clients(*(aws.client(name) for name in ("dynamodb", "events", "sns", "sqs")))
    built = resources.build(clients, source=SOURCE, prefix=aws.name("demo"))
    try:
        _changes_come_out(aws, built)
        _bus_events_go_in(clients, built)
        _topic_events_go_in(clients, built)
    finally:
        resources.remove(clients, built)
    if not aws.shared:
        assert clients.dynamodb.list_tables()["TableNames"] == []


def _changes_come_out(aws: Aws, built: resources.Resources) -> None:
    dynamodb, streams = aws.client("dynamodb"), aws.client("dynamodbstreams")
    item = {"userId": {"S": "u-1"}, "n": {"N": "1." + "2" * 37}, "b": {"B": b"\x00\xff"}}
    for _ in range(2):  # the second changes nothing and leaves no record
        dynamodb.put_item(TableName="Users", Item=item)
    assert resources.scan(dynamodb, "Users") == {"u-1": item}
    dynamodb.delete_item(TableName="Users", Key={"userId": {"S": "u-1"}})

    arn = built.streams["Users"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    assert [record["eventName"] for record in records] == ["INSERT", "REMOVE"]
    assert records[0]["dynamodb"]["NewImage"] == item
    assert records[1]["dynamodb"]["OldImage"] == item


def _bus_events_go_in(clients: resources.Clients, built: resources.Resources) -> None:
    clients.events.put_events(
        Entries=[
            {
                "EventBusName": built.bus,
                "Source": source,
                "DetailType": "t",
                "Detail": json.dumps({"id": source}),
            }
            for source in (SOURCE, "com.example.stranger")
        ]
    )
    assert list(resources.drain(clients.sqs, built.bus_queue, wait_s=1)) == [{"id": SOURCE}]


def _topic_events_go_in(clients: resources.Clients, built: resources.Resources) -> None:
    entries = [
        {
            "Id": str(number),
            "Message": json.dumps({"id": number}),
            "MessageGroupId": "user-u-1",
            "MessageDeduplicationId": str(number),
            "MessageAttributes": {"type": {"DataType": "String", "StringValue": "created"}},
        }
        for number in range(10)
    ]
    for _ in range(2):  # the second time everything is a duplicate
        clients.sns.publish_batch(TopicArn=built.topic_arn, PublishBatchRequestEntries=entries)
    first = clients.sqs.receive_message(
        QueueUrl=built.topic_queue.url, MessageAttributeNames=["All"], VisibilityTimeout=0
    )["Messages"][0]
    assert first["MessageAttributes"]["type"]["StringValue"] == "created"
    drained = list(resources.drain(clients.sqs, built.topic_queue, wait_s=1))
    assert drained == [{"id": number} for number in range(10)]


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="only Linux tells a process's environment"
)
def test_the_server_lives_in_a_temporary_folder_of_its_own(embedded_aws: EmbeddedAws) -> None:
    entries = Path(f"/proc/{embedded_aws.pid}/environ").read_bytes().split(b"\0")
    found = dict(each.decode().partition("=")[::2] for each in entries if each)
    port = embedded_aws.endpoint_url.rpartition(":")[2]
    assert found["GATEWAY_PORT"] == port
    assert Path(found["HOME"]).is_dir()
    assert Path(found["HOME"]).is_relative_to(tempfile.gettempdir())
