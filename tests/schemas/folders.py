"""Folders of schemas for tests: sound documents, and files at their places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BASE = "https://schemas.example.com"
TYPE = "com.example.thing.made"
_KEYWORDS = {"defs": "$defs", "id": "$id", "dialect": "$schema"}


def schema(version: str = "1.0.0", *, of: str = TYPE, **more: Any) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{BASE}/{of}/{version}.json",
        "type": "object",
        **{_KEYWORDS.get(name, name): value for name, value in more.items()},
    }


def put(folder: Path, file: str, content: Any) -> Path:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path
