"""A reference leads to the schema that the drafts say, in this document or in another given one."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.schemas.compatibility.reading.drafts import URIS, Draft, draft_of
from bridge.schemas.compatibility.reading.references import MAIN, NOWHERE, Library, Place, Unusable, join

BASE = "https://example.com/s/"
D4, D7 = {"$schema": URIS[Draft.D4]}, {"$schema": URIS[Draft.D7]}


def library(main: Any, **others: Any) -> Library:
    return Library(main, {f"{BASE}{name}.json": each for name, each in others.items()}, lambda *_: None)


def target(main: Any, reference: str, **others: Any) -> Place:
    found = library(main, **others)
    return found.resolve(reference, found.main)


MAIN_DOCUMENT = {
    "$id": f"{BASE}main.json",
    "$defs": {
        "a/b~c": {"type": "string"},
        "list": {"allOf": [{"minimum": 1}, {"minimum": 2}]},
        "named": {"$anchor": "here", "maximum": 1},
        "dynamic": {"$dynamicAnchor": "there", "maximum": 2},
        "part": {
            "$id": "sub/part.json",
            "$defs": {"x": {"$anchor": "here", "maximum": 3}, "y": {"$id": "deep.json", "maximum": 4}},
        },
    },
}
OTHER = {"$id": f"{BASE}other.json", "$defs": {"o": {"$anchor": "mark", "const": 1}}}


@pytest.mark.parametrize(
    ("reference", "document", "pointer", "base"),
    [
        ("#", MAIN, "", "main.json"),
        ("", MAIN, "", "main.json"),
        ("main.json", MAIN, "", "main.json"),
        (f"{BASE}main.json#", MAIN, "", "main.json"),
        ("#/$defs/a~1b~0c", MAIN, "/$defs/a~1b~0c", "main.json"),
        ("#/$defs/a~1b%7E0c", MAIN, "/$defs/a~1b~0c", "main.json"),
        ("#/$defs/list/allOf/1", MAIN, "/$defs/list/allOf/1", "main.json"),
        ("#here", MAIN, "/$defs/named", "main.json"),
        ("#there", MAIN, "/$defs/dynamic", "main.json"),
        ("sub/part.json", MAIN, "/$defs/part", "sub/part.json"),
        ("sub/part.json#here", MAIN, "/$defs/part/$defs/x", "sub/part.json"),
        ("sub/part.json#/$defs/x", MAIN, "/$defs/part/$defs/x", "sub/part.json"),
        ("sub/deep.json", MAIN, "/$defs/part/$defs/y", "sub/deep.json"),
        ("#/$defs/part/$defs/x", MAIN, "/$defs/part/$defs/x", "sub/part.json"),
        ("#/$defs/part/$defs/y", MAIN, "/$defs/part/$defs/y", "sub/deep.json"),
        ("other.json", f"{BASE}other.json", "", "other.json"),
        ("other.json#/$defs/o", f"{BASE}other.json", "/$defs/o", "other.json"),
        ("other.json#mark", f"{BASE}other.json", "/$defs/o", "other.json"),
    ],
)
def test_a_reference_leads_to_its_place_with_the_base_of_the_references_in_it(
    reference: str, document: str, pointer: str, base: str
) -> None:
    found = target(MAIN_DOCUMENT, reference, other=OTHER)
    assert (found.document, found.pointer, found.base) == (document, pointer, BASE + base)
    node: Any = OTHER if document else MAIN_DOCUMENT
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        node = node[int(name)] if isinstance(node, list) else node[name]
    assert found.node is node


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("#/$defs/none", "leads nowhere"),
        ("#/$defs/list/allOf/2", "leads nowhere"),
        ("#/$defs/list/allOf/-1", "leads nowhere"),
        ("#/$defs/list/allOf/x", "leads nowhere"),
        ("#/$defs/list/allOf/10000000000", "leads nowhere"),
        ("#nowhere", "leads nowhere"),
        ("#mark", "leads nowhere"),
        ("sub/none.json", "never fetched"),
        ("https://example.com/elsewhere.json", "never fetched"),
        (7, "is not a string"),
        ("http://[bad", "is not a URI"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused_with_its_place(reference: Any, message: str) -> None:
    found = library(MAIN_DOCUMENT, other=OTHER)
    at = Place({}, MAIN, "/$defs/here/$ref", found.main.base, Draft.D2020)
    with pytest.raises(Unusable, match=message) as error:
        found.resolve(reference, at)
    assert str(error.value).startswith("/$defs/here/$ref: ")


def test_references_inside_another_document_start_there() -> None:
    found = library(MAIN_DOCUMENT, other=OTHER)
    there = found.resolve("other.json", found.main)
    assert found.resolve("#/$defs/o", there).node is OTHER["$defs"]["o"]  # type: ignore[index]
    assert found.resolve("main.json#here", there).pointer == "/$defs/named"
    assert found.used == [f"{BASE}other.json"]


def test_another_document_is_found_by_its_name_by_the_written_reference_and_by_its_id() -> None:
    one = {"$id": f"{BASE}by-id.json#", "const": 1}
    found = Library({}, {"plain-name": one, "x.json": {"const": 2}, "bool": True}, lambda *_: None)
    assert found.resolve(f"{BASE}by-id.json", found.main).document == "plain-name"
    assert found.resolve("plain-name", found.main).document == "plain-name"
    assert found.resolve("x.json", found.main).document == "x.json"
    assert found.resolve("bool", found.main).node is True
    assert sorted(found.used) == ["bool", "plain-name", "x.json"]


def test_a_document_without_an_id_has_a_base_that_leads_nowhere() -> None:
    assert library({}).main.base == NOWHERE
    assert library({"$id": "a.json"}).main.base == "https://schemas.invalid/a.json"


@pytest.mark.parametrize(
    ("document", "base"),
    [
        ({**D4, "id": f"{BASE}a.json"}, f"{BASE}a.json"),
        ({**D4, "$id": f"{BASE}a.json"}, NOWHERE),
        ({**D7, "$id": f"{BASE}a.json"}, f"{BASE}a.json"),
        ({**D7, "id": f"{BASE}a.json"}, NOWHERE),
        ({**D7, "$id": f"{BASE}a.json", "$ref": "#"}, NOWHERE),
        ({"$id": f"{BASE}a.json", "$ref": "#"}, f"{BASE}a.json"),
        ({"$id": 5}, NOWHERE),
    ],
)
def test_the_id_is_where_the_draft_says(document: Any, base: str) -> None:
    assert library(document).main.base == base


def test_an_id_that_is_only_a_fragment_is_an_anchor_in_the_old_drafts() -> None:
    document = {**D7, "$id": f"{BASE}a.json", "definitions": {"p": {"$id": "#p", "const": 1}}}
    found = target(document, "#p")
    assert (found.pointer, found.base) == ("/definitions/p", f"{BASE}a.json")
    assert target(document, "#/definitions/p").base == f"{BASE}a.json"


@pytest.mark.parametrize(
    "path",
    [
        "properties/n", "patternProperties/n", "dependentSchemas/n", "dependencies/n", "$defs/n",
        "definitions/n",
        "additionalProperties", "additionalItems", "propertyNames", "contains", "not", "if", "then", "else",
        "unevaluatedItems", "unevaluatedProperties", "items", "allOf/0", "anyOf/1", "oneOf/0",
        "prefixItems/1",
        "items/1",
    ],
)  # fmt: skip
def test_anchors_and_ids_are_found_below_every_keyword_that_contains_schemas(path: str) -> None:
    keyword, _, step = path.partition("/")
    for inner, reference in (({"$anchor": "in"}, "#in"), ({"$id": "in.json"}, "in.json")):
        listed: Any = [{}, {}]
        if step.isdecimal():
            listed[int(step)] = inner
        value = listed if step.isdecimal() else {"n": inner} if step else inner
        found = target({"$id": f"{BASE}main.json", keyword: value}, reference)
        assert (found.node, found.pointer) == (inner, f"/{path}")


def test_what_looks_like_a_schema_below_other_keywords_has_no_anchor() -> None:
    for keyword in ("const", "default", "x-more"):
        with pytest.raises(Unusable, match="leads nowhere"):
            target({keyword: {"$anchor": "in"}}, "#in")
    with pytest.raises(Unusable, match="leads nowhere"):
        target({"properties": {"n": {"$anchor": 5}}}, "#5")


def test_dynamic_anchors_are_found_in_every_document() -> None:
    found = library(
        MAIN_DOCUMENT, other={"$id": f"{BASE}other.json", "$defs": {"i": {"$dynamicAnchor": "there"}}}
    )
    assert sorted(each.document for each in found.dynamic_anchors("there")) == [MAIN, f"{BASE}other.json"]
    assert found.dynamic_anchors("here2") == []


def test_the_check_sees_each_document_once_with_its_name_and_draft() -> None:
    seen: list[tuple[str, Any, Draft]] = []
    one = {**D7, "$id": f"{BASE}one.json"}
    found = Library({}, {f"{BASE}one.json": one}, lambda *each: seen.append(each))
    for _ in range(2):
        found.resolve(f"{BASE}one.json", found.main)
    assert seen == [(MAIN, {}, Draft.D2020), (f"{BASE}one.json", one, Draft.D7)]


def test_a_dialect_that_is_not_known_is_refused() -> None:
    with pytest.raises(Unusable, match=r"^/\$schema: |^the document"):
        library({"$schema": "https://example.com/own"})
    with pytest.raises(Unusable, match="is not a URI"):
        library({"$id": "http://[bad"})


@pytest.mark.parametrize(
    ("base", "reference", "joined"),
    [
        ("urn:a:b", "#x", "urn:a:b#x"),
        ("urn:a:b#y", "#x", "urn:a:b#x"),
        (f"{BASE}a.json", "b.json", f"{BASE}b.json"),
        (f"{BASE}a.json", "../b.json", "https://example.com/b.json"),
        (f"{BASE}a.json", "urn:a:b", "urn:a:b"),
    ],
)
def test_joining_works_for_urls_and_urns(base: str, reference: str, joined: str) -> None:
    assert join(base, reference) == joined


@pytest.mark.parametrize(
    ("uri", "draft"),
    [
        *((uri, draft) for draft, uri in URIS.items()),
        *((uri.removesuffix("#"), draft) for draft, uri in URIS.items()),
        (URIS[Draft.D7].replace("http:", "https:"), Draft.D7),
        ("https://json-schema.org/draft/next/schema", None),
        (5, None),
    ],
)
def test_the_draft_is_what_schema_names(uri: Any, draft: Draft | None) -> None:
    assert draft_of({"$schema": uri}) is draft


def test_without_a_dialect_it_is_2020_12() -> None:
    assert [draft_of(each) for each in ({}, True, {"$schema": None})] == [Draft.D2020] * 3
