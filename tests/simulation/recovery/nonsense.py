"""Answers that are not AWS's: a proxy, a captive portal or a cut body in the place of what was asked for.

botocore makes an empty dictionary of a 200 with HTML, and a dictionary that lacks members of JSON that is
another service's. The call itself may have arrived, or not.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from botocore.response import StreamingBody

from tests.simulation.faults import Faults

_HTML = b"<html><body>Sign in</body></html>"
_LACKING: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "scan": ({"Count": 0}, {"Items": []}, {"LastEvaluatedKey": None}),
    "batch_get_item": ({"Responses": {}}, {"UnprocessedKeys": {}}),
    "list_objects_v2": ({"IsTruncated": False}, {"Contents": [], "KeyCount": 0}),
    "receive_message": ({"Messages": []},),
}
"""Members without the others that AWS always sends beside them."""


class Nonsense:
    """``client``, of whose answers ``share`` are nonsense while things go wrong."""

    def __init__(self, client: Any, faults: Faults, share: float) -> None:
        self._client = client
        self._faults = faults
        self._share = share

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return self._asked(name, found) if callable(found) else found

    def _asked(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def asked(**parameters: Any) -> Any:
            faults = self._faults
            if not faults.on or not self._share or faults.rng.random() >= self._share:
                return call(**parameters)
            faults.world.note(f"nonsense instead of {name}")
            if faults.coin():
                call(**parameters)  # it arrived, and the answer was replaced
            return self._answer(name)

        return asked

    def _answer(self, name: str) -> Any:
        answers = [{}, {"ResponseMetadata": {"HTTPStatusCode": 200}}, *_LACKING.get(name, ())]
        answer = dict(self._faults.rng.choice(answers))
        if name == "get_object":
            answer["Body"] = StreamingBody(io.BytesIO(_HTML), len(_HTML))
        return answer
