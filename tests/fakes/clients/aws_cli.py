"""The AWS CLI for tests that run a page's commands: ``aws dynamodb update-table --table-name Users ...``.

Only what pages use: one operation of one service, its members as options, in JSON or in the shorthand
``Name=value,Name=value``. The endpoint and the credentials come from the environment, as for the CLI.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import boto3
from botocore import xform_name


def main(words: list[str]) -> None:
    service, verb, *rest = words
    client = boto3.client(service)
    model = client.meta.service_model
    (operation,) = [name for name in model.operation_names if xform_name(name, "-") == verb]
    members = model.operation_model(operation).input_shape.members
    names = {f"--{xform_name(name, '-')}": name for name in members}
    arguments = {
        names[option]: value_of(text, members[names[option]])
        for option, text in zip(rest[::2], rest[1::2], strict=True)
    }
    answer = getattr(client, xform_name(operation))(**arguments)
    sys.stdout.write(json.dumps(answer, default=str) + "\n")


def value_of(text: str, shape: Any) -> Any:
    if text.startswith(("{", "[")):
        return json.loads(text)
    if shape.type_name == "structure":
        pairs = (pair.partition("=") for pair in text.split(","))
        return {name: value_of(value, shape.members[name]) for name, _, value in pairs}
    if shape.type_name == "boolean":
        return text == "true"
    return int(text) if shape.type_name in ("integer", "long") else text


if __name__ == "__main__":
    main(sys.argv[1:])
