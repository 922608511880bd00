"""Python classes for subscribers, written from the schemas: pydantic models of data and of the CloudEvent.

One module a type and major, ``cloud_event`` beside them. The same schemas give the same bytes: nothing of the
machine, the time or the folder goes in, and no configuration file of the project around is read.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bridge.errors import BridgeError
from bridge.schemas.authoring.bundle import bundle, pascal
from bridge.schemas.authoring.model_patterns import without_foreign_patterns
from bridge.schemas.documents.event_document import ATTRIBUTES, REQUIRED, cloud_event
from bridge.schemas.documents.proposed import Proposed

PYTHON: Final = "3.11"
LINE_LENGTH: Final = 100
ENVELOPE_MODULE: Final = "cloud_event"
EXTRA: Final = "stream-bridge[codegen]"


def python_modules(schemas: Sequence[Proposed]) -> dict[str, str]:
    """File names to their content: a package that is imported as a whole.

    Raises :class:`BridgeError` without the ``codegen`` extra, for two versions of one major, and for a schema
    that no classes can be made of.
    """
    modules = {f"{ENVELOPE_MODULE}.py": _envelope()}
    index: dict[str, tuple[str, str]] = {}
    for schema in sorted(schemas, key=lambda each: each.event_type):
        if schema.event_type in index:
            raise BridgeError(
                f"two versions of {schema.event_type} are asked for",
                hint="there is one module for each major",
            )
        module = module_name(schema.event_type)
        text, event_class = _module(schema)
        if f"{module}.py" in modules:
            raise BridgeError(f"two types would be called {module}", hint="write them into two folders")
        modules[f"{module}.py"] = text
        index[schema.event_type] = (module, event_class)
    modules["__init__.py"] = _index(index)
    return dict(sorted(modules.items()))


def module_name(event_type: str) -> str:
    """``com.example.user.created.v1`` to ``com_example_user_created_v1``."""
    return re.sub(r"[^A-Za-z0-9]+", "_", event_type).lower()


def digest(schema: Proposed) -> str:
    """Of the document and all it refers to."""
    document = bundle(schema.documents, schema.id)
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _module(schema: Proposed) -> tuple[str, str]:
    document = _opened(bundle(schema.documents, schema.id))
    name = pascal(schema.type.rpartition(".")[2]) or "Event"
    document["title"] = f"{name}Data"
    body = _generated(document, f"{name}Data", str(schema))
    if _names_collide(body):
        body = _generated(document, f"{name}Data", str(schema), by_name=False)
    classes = [node.name for node in ast.parse(body).body if isinstance(node, ast.ClassDef)]
    data_class = f"{name}Data" if f"{name}Data" in classes else classes[-1]
    event_class = name if name not in classes else f"{name}Event"
    head = (
        f"# Written by stream-bridge schema codegen: change the schema, not this file.\n"
        f"# {schema.type} {schema.version}\n"
        f"# {schema.id}\n"
        f"# sha256 {digest(schema)}\n\n"
    )
    summary = " ".join(str(schema.document.get("description", "")).split()) or f"{schema.event_type}."
    tail = (
        f"\n\nclass {event_class}(CloudEvent[{data_class}]):\n"
        f"    {json.dumps(summary, ensure_ascii=False)}\n\n"
        f"    type: Literal[{json.dumps(schema.event_type)}]\n"
    )
    return head + _with_imports(body) + tail, event_class


def _names_collide(body: str) -> bool:
    """Whether a class calls a member as another one is called in events: ``a_b`` for ``a-b``, beside ``a_b``.
    Were members taken by both names, the one would be read as the other."""
    for node in ast.parse(body).body:
        if not isinstance(node, ast.ClassDef):
            continue
        fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
        names = {each.target.id for each in fields if isinstance(each.target, ast.Name)}
        aliases = {
            keyword.value.value
            for each in fields
            for call in ast.walk(each)
            if isinstance(call, ast.Call)
            for keyword in call.keywords
            if keyword.arg == "alias" and isinstance(keyword.value, ast.Constant)
        }
        if names & aliases:
            return True
    return False


def _with_imports(body: str) -> str:
    """The module with what the event's class needs: ``Literal``, and the envelope below the other imports."""
    lines = body.splitlines(keepends=True)
    typing = next((n for n, line in enumerate(lines) if line.startswith("from typing import ")), None)
    if typing is None:
        after = ("from __future__", "from enum", "from collections")
        typing = max(n for n, line in enumerate(lines) if line.startswith(after)) + 1
        lines.insert(typing, "from typing import Literal\n")
    else:
        names = {*lines[typing].removeprefix("from typing import ").strip().split(", "), "Literal"}
        lines[typing] = f"from typing import {', '.join(sorted(names))}\n"
    imports = [
        node for node in ast.parse("".join(lines)).body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    last = max(node.end_lineno or 0 for node in imports)
    lines.insert(last, f"\nfrom .{ENVELOPE_MODULE} import CloudEvent\n")
    return "".join(lines).rstrip("\n") + "\n"


def _opened(value: Any) -> Any:
    """The schema as classes read it. Enumerations to which values may be added become any value, because a
    reader must take the next one; addresses become a pattern, because pydantic's own type for them needs
    another library and looks at more than the format."""
    if isinstance(value, list):
        return [_opened(each) for each in value]
    if not isinstance(value, dict):
        return value
    opened = {name: _opened(each) for name, each in value.items()}
    if opened.pop("x-extensible-enum", None) and "enum" in opened:
        kinds = {type(each) for each in opened.pop("enum")}
        if kinds == {str}:
            opened.setdefault("type", "string")
    if opened.get("format") in ("email", "idn-email"):
        del opened["format"]
        opened.setdefault("pattern", "^.+@[^@]+$")
    return opened


def _generated(document: Mapping[str, Any], class_name: str, what: str, *, by_name: bool = True) -> str:
    try:
        from datamodel_code_generator import Error, InputFileType, InvalidClassNameError, generate
        from datamodel_code_generator.enums import DataModelType, StrictTypes
        from datamodel_code_generator.format import Formatter, PythonVersion
    except ImportError as error:
        raise BridgeError(
            "writing classes needs datamodel-code-generator", hint=f"pip install '{EXTRA}'"
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        # The generator looks for a pyproject.toml from here upwards, to format as it says.
        (Path(folder) / "pyproject.toml").write_text("[tool.datamodel-codegen]\n", encoding="utf-8")
        try:
            text = generate(
                without_foreign_patterns(json.loads(json.dumps(document))),
                input_file_type=InputFileType.JsonSchema,
                output_model_type=DataModelType.PydanticV2BaseModel,
                target_python_version=PythonVersion(PYTHON),
                class_name=class_name,
                use_title_as_name=True,
                disable_timestamp=True,
                formatters=[Formatter.BUILTIN],
                builtin_format_line_length=LINE_LENGTH,
                settings_path=Path(folder),
                allow_remote_refs=False,
                field_constraints=True,
                use_annotated=True,
                collapse_root_models=True,
                use_double_quotes=True,
                use_schema_description=True,
                allow_population_by_field_name=by_name,
                extra_fields="allow",
                # "1" is no number, as in the schema
                strict_types=[StrictTypes.str, StrictTypes.int, StrictTypes.float, StrictTypes.bool],
            )
        except (Error, InvalidClassNameError, ValueError, NotImplementedError) as error:
            raise BridgeError(f"no classes can be made of {what}: {type(error).__name__}: {error}") from error
    if not isinstance(text, str):
        raise BridgeError(f"no classes can be made of {what}", hint="its parts would be several modules")
    return re.sub(r"\A(?:\s*#.*\n)*\s*", "", text).rstrip("\n") + "\n"


def _envelope() -> str:
    """The CloudEvent around the data."""
    schema = cloud_event(True)["properties"]
    lines = []
    for name in ATTRIBUTES:
        of_name = schema[name]
        kind = "StrictStr"
        if "const" in of_name:
            kind = f"Literal[{json.dumps(of_name['const']) if of_name['const'] is not True else 'True'}]"
        elif of_name.get("format") == "date-time":
            kind = "AwareDatetime"
        optional = "" if name in REQUIRED else " | None"
        default = "" if name in REQUIRED else " = None"
        lines.append(f"    {name}: {kind}{optional}{default}\n    {json.dumps(of_name['description'])}\n")
    return (
        "# Written by stream-bridge schema codegen: change nothing here.\n\n"
        "from __future__ import annotations\n\n"
        "from typing import Generic, Literal, TypeVar\n\n"
        "from pydantic import AwareDatetime, BaseModel, ConfigDict, StrictStr\n\n"
        'DataT = TypeVar("DataT")\n\n\n'
        "class CloudEvent(BaseModel, Generic[DataT]):\n"
        '    """CloudEvents 1.0 in structured mode, with the extensions that stream-bridge sets.\n\n'
        "    An event whose data was too large carries ``dataref`` instead of ``data``: fetch it first.\n"
        '    """\n\n'
        '    model_config = ConfigDict(extra="allow")\n\n' + "".join(lines) + "    data: DataT\n"
    )


def _index(index: Mapping[str, tuple[str, str]]) -> str:
    lines = ["# Written by stream-bridge schema codegen: change nothing here.\n\n"]
    lines.append("from typing import Any\n\n")
    modules = sorted({f"from . import {module}\n" for module, _ in index.values()})
    lines += modules
    lines.append(f"from .{ENVELOPE_MODULE} import CloudEvent\n\n")
    lines.append("EVENTS: dict[str, type[CloudEvent[Any]]] = {\n")
    lines += [f"    {json.dumps(name)}: {module}.{kind},\n" for name, (module, kind) in index.items()]
    lines.append('}\n"""The class of each type of event, by its CloudEvents type."""\n\n')
    lines.append('__all__ = ["EVENTS", "CloudEvent"]\n')
    return "".join(lines)
