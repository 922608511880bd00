"""What an error means that has a code which no table knows: its status and its text decide."""

from __future__ import annotations

import pytest

from bridge.edges.answers.codes import Meaning, meaning_of_answer, meaning_of_entry


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (400, "refused"), (401, "refused"), (402, "refused"), (403, "denied"), (404, "missing"), (405,
        "refused"),
        (412, "refused"), (413, "too_large"), (414, "refused"), (428, "refused"), (429, "unavailable"),
        (430, "refused"), (499, "refused"), (500, "unavailable"), (501, "unavailable"), (503, "unavailable"),
    ],
)  # fmt: skip
def test_the_status_decides_about_an_unknown_code(status: int, meaning: Meaning) -> None:
    assert meaning_of_answer("NeverHeardOf", status, "") == meaning


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("403", "denied"), ("404", "missing"), ("429", "unavailable"), ("500", "unavailable"),
        ("502", "unavailable"), ("503", "unavailable"), ("504", "unavailable"), ("405", "refused"),
        ("NewThrottledThing", "unavailable"), ("NewThrottling", "unavailable"), ("InternalThing",
        "unavailable"),
        ("TooManyRequestsHere", "unavailable"), ("LimitExceededHere", "unavailable"), ("Strange", "refused"),
    ],
)  # fmt: skip
def test_without_a_status_the_code_decides(code: str, meaning: Meaning) -> None:
    assert meaning_of_answer(code, 0, "") == meaning


def test_a_code_that_sounds_transient_is_refused_where_the_status_says_so() -> None:
    assert meaning_of_answer("NewThrottling", 400, "") == "refused"


@pytest.mark.parametrize(
    "text", ["Total size over the limit", "is too long", "Too Large", "exceeds the maximum"]
)
def test_only_the_text_says_that_something_is_too_large(text: str) -> None:
    assert meaning_of_answer("ValidationError", 400, text) == "too_large"
    assert meaning_of_answer("NeverHeardOf", 503, text) == "unavailable"


@pytest.mark.parametrize(
    ("code", "sender_fault", "meaning"),
    [
        ("Strange", None, "refused"),
        ("NewThrottling", None, "unavailable"),
        ("Strange", True, "refused"),
        ("Strange", False, "unavailable"),
        ("NewThrottling", True, "refused"),
        ("ThrottlingException", True, "unavailable"),
        ("AccessDeniedException", False, "denied"),
    ],
)
def test_a_code_inside_an_answer_is_whose_fault_the_service_says(
    code: str, sender_fault: bool | None, meaning: Meaning
) -> None:
    assert meaning_of_entry(code, sender_fault) == meaning
