"""The Terraform modules of infra/terraform as data: parsed by python-hcl2, and evaluated for given variables
as Terraform would, as far as the modules use the language. What a provider would only know after an apply
(ARNs, URLs) has the form that AWS gives it, the same as in tests/infra/templates.py."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import hcl2
from lark import Token, Tree

from tests.infra.templates import ACCOUNT, INFRA, MAPPING_ID, REGION

ROOT = INFRA / "terraform"
MODULES = ("bridge", "reconciliation", "observability")
Node = Tree[Token]


class RefusedError(Exception):
    """What Terraform would refuse: a variable outside its validation, an attribute of null."""


@cache
def parse(module: str) -> tuple[Node, ...]:
    """The blocks of all files of a module."""
    found: list[Node] = []
    for path in sorted((ROOT / module).glob("*.tf")):
        (body,) = hcl2.parses_to_tree(path.read_text()).children
        found += [each for each in body.children if _is(each, "block")]
    return tuple(found)


def _is(node: Any, *kinds: str) -> bool:
    return isinstance(node, Tree) and node.data in kinds


def _parts(node: Node) -> list[Any]:
    """Children without punctuation and comments."""
    return [each for each in node.children if isinstance(each, Tree) and each.data != "new_line_or_comment"]


def _word(node: Node) -> str:
    (token,) = node.children
    return str(token)


def labels(block: Node) -> list[str]:
    """``resource "aws_x" "y"`` as three words."""
    words = []
    for each in _parts(block):
        if _is(each, "body"):
            break
        words.append(_word(each) if not _is(each, "string") else _word(_parts(each)[0]))
    return words


def attributes(block: Node) -> dict[str, Node]:
    (body,) = (each for each in _parts(block) if _is(each, "body"))
    return {_word(_parts(each)[0]): _parts(each)[1] for each in _parts(body) if _is(each, "attribute")}


def blocks(block: Node) -> list[Node]:
    (body,) = (each for each in _parts(block) if _is(each, "body"))
    return [each for each in _parts(body) if _is(each, "block")]


@dataclass(frozen=True)
class Resource:
    """One instance. ``given`` is what the module says, blocks as lists; the rest is AWS's to say."""

    kind: str
    name: str
    given: Mapping[str, Any]

    def attribute(self, name: str) -> Any:
        if name in self.given:
            return self.given[name]
        computed = _COMPUTED.get((self.kind, name))
        if computed is None:
            raise RefusedError(f"{self.kind}.{self.name} has no {name}")
        return computed.format_map(_Filled(self))


class _Filled(dict[str, str]):
    def __init__(self, of: Resource) -> None:
        super().__init__(region=REGION, account=ACCOUNT, label=of.name)
        self.of = of

    def __missing__(self, key: str) -> Any:
        return self.of.given[key]


_COMPUTED = {
    ("aws_cloudwatch_event_bus", "arn"): "arn:aws:events:{region}:{account}:event-bus/{name}",
    ("aws_cloudwatch_event_rule", "arn"): "arn:aws:events:{region}:{account}:rule/{name}",
    (
        "aws_cloudwatch_log_delivery_destination",
        "arn",
    ): "arn:aws:logs:{region}:{account}:delivery-destination:{name}",
    ("aws_cloudwatch_log_group", "arn"): "arn:aws:logs:{region}:{account}:log-group:{name}",
    ("aws_dynamodb_table", "arn"): "arn:aws:dynamodb:{region}:{account}:table/{name}",
    ("aws_iam_policy", "arn"): "arn:aws:iam::{account}:policy/{label}",
    ("aws_iam_role", "arn"): "arn:aws:iam::{account}:role/{label}",
    ("aws_iam_role", "id"): "{label}",
    ("aws_iam_role", "name"): "{label}",
    ("aws_lambda_event_source_mapping", "uuid"): MAPPING_ID,
    ("aws_lambda_function", "arn"): "arn:aws:lambda:{region}:{account}:function:{function_name}",
    ("aws_s3_bucket", "arn"): "arn:aws:s3:::{bucket}",
    ("aws_s3_bucket", "id"): "{bucket}",
    ("aws_secretsmanager_secret", "arn"): "arn:aws:secretsmanager:{region}:{account}:secret:{name}-abcdef",
    ("aws_secretsmanager_secret", "id"): "arn:aws:secretsmanager:{region}:{account}:secret:{name}-abcdef",
    # The template writes it as CloudFormation's dynamic reference.
    ("aws_secretsmanager_secret_version", "secret_string"): "{{{{resolve:secretsmanager:{secret_id}}}}}",
    ("aws_secretsmanager_random_password", "random_password"): "(made by AWS)",
    ("aws_sfn_state_machine", "arn"): "arn:aws:states:{region}:{account}:stateMachine:{name}",
    ("aws_sns_topic", "arn"): "arn:aws:sns:{region}:{account}:{name}",
    ("aws_sqs_queue", "arn"): "arn:aws:sqs:{region}:{account}:{name}",
    ("aws_sqs_queue", "id"): "https://sqs.{region}.amazonaws.com/{account}/{name}",
    ("aws_sqs_queue", "url"): "https://sqs.{region}.amazonaws.com/{account}/{name}",
    ("aws_caller_identity", "account_id"): ACCOUNT,
    ("aws_partition", "partition"): "aws",
    ("aws_partition", "dns_suffix"): "amazonaws.com",
    ("aws_region", "id"): REGION,
}


@dataclass
class Module:
    """What Terraform would plan of a module with ``variables``."""

    name: str
    variables: Mapping[str, Any]
    values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.declared = {labels(each)[1]: each for each in parse(self.name) if labels(each)[0] == "variable"}
        unknown = set(self.variables) - set(self.declared)
        assert not unknown, f"{self.name}: no variable {unknown}"
        for name, block in self.declared.items():
            default = attributes(block).get("default")
            if name not in self.variables and default is None:
                raise RefusedError(f"{self.name}: {name} is not given")
            own = self.variables.get(name)
            self.values[name] = own if name in self.variables else self.evaluate(default, {})
        self._locals = {
            name: value
            for block in parse(self.name)
            if labels(block) == ["locals"]
            for name, value in attributes(block).items()
        }
        self._known: dict[str, Any] = {}
        self._made: dict[tuple[str, ...], Any] = {}
        self._blocks = {
            tuple(words): block
            for block in parse(self.name)
            if (words := labels(block))[0] in ("resource", "data", "ephemeral")
        }
        for block in self.declared.values():
            for validation in blocks(block):
                if not self.evaluate(attributes(validation)["condition"], {}):
                    raise RefusedError(self.evaluate(attributes(validation)["error_message"], {}))

    def instances(self, kind: str) -> dict[str, Resource]:
        """Resources of a type by name, with ``[key]`` where there are several."""
        found: dict[str, Resource] = {}
        for words in self._blocks:
            if words[:2] != ("resource", kind):
                continue
            made = self.made(words)
            if isinstance(made, Resource):
                found[words[2]] = made
            elif isinstance(made, list):
                found.update((words[2], each) for each in made)
            else:
                found.update((f"{words[2]}[{key}]", each) for key, each in made.items())
        return found

    def resource(self, kind: str, name: str) -> Mapping[str, Any]:
        return self.instances(kind)[name].given

    def kinds(self) -> set[str]:
        return {words[1] for words in self._blocks if words[0] == "resource"}

    def outputs(self) -> dict[str, Any]:
        return {
            labels(each)[1]: self.evaluate(attributes(each)["value"], {})
            for each in parse(self.name)
            if labels(each)[0] == "output"
        }

    def statements(self, role: str) -> list[dict[str, Any]]:
        """What a role may do: inline policies, and policies of this module that are attached."""
        arns = {
            each.given["policy_arn"]
            for each in self.instances("aws_iam_role_policy_attachment").values()
            if each.given["role"] == role
        }
        documents = [
            each.given["policy"]
            for each in self.instances("aws_iam_role_policy").values()
            if each.given["role"] == role
        ] + [
            each.given["policy"]
            for each in self.instances("aws_iam_policy").values()
            if each.attribute("arn") in arns
        ]
        return [statement for document in documents for statement in json.loads(document)["Statement"]]

    def made(self, words: tuple[str, ...]) -> Any:
        if words not in self._made:
            block = self._blocks[words]
            given = attributes(block)
            if "count" in given:
                number = self.evaluate(given["count"], {})
                self._made[words] = [self._instance(words, {}) for _ in range(number)]
            elif "for_each" in given:
                several = self.evaluate(given["for_each"], {})
                self._made[words] = {
                    key: self._instance(words, {"each": {"key": key, "value": value}})
                    for key, value in several.items()
                }
            else:
                self._made[words] = self._instance(words, {})
        return self._made[words]

    def _instance(self, words: tuple[str, ...], scope: Mapping[str, Any]) -> Resource:
        return Resource(words[1], words[2], self._body(self._blocks[words], scope, top=True))

    def _body(self, block: Node, scope: Mapping[str, Any], *, top: bool = False) -> dict[str, Any]:
        """Attributes that are not null, and nested blocks as lists."""
        meta = {"count", "for_each", "depends_on"} if top else set()
        found: dict[str, Any] = {}
        for name, node in attributes(block).items():
            if name not in meta and (value := self.evaluate(node, scope)) is not None:
                found[name] = value
        for nested in blocks(block):
            kind, *rest = labels(nested)
            if kind != "dynamic":
                skipped = kind == "lifecycle"  # its conditions are about what is there after an apply, too
                found.setdefault(kind, []).append(
                    {name: self.evaluate(node, scope) for name, node in attributes(nested).items()}
                    if skipped
                    else self._body(nested, scope)
                )
                continue
            several = self.evaluate(attributes(nested)["for_each"], scope)
            (content,) = blocks(nested)
            for value in several:
                inner = {**scope, rest[0]: {"value": value}}
                found.setdefault(rest[0], []).append(self._body(content, inner))
        return found

    # --- expressions -------------------------------------------------------------------------------

    def evaluate(self, node: Any, scope: Mapping[str, Any]) -> Any:
        return getattr(self, f"_{node.data}")(node, scope)

    def _expr_term(self, node: Node, scope: Mapping[str, Any]) -> Any:
        (inner,) = _parts(node)
        return self.evaluate(inner, scope)

    def _literal_value(self, node: Node, scope: Mapping[str, Any]) -> Any:
        return {"true": True, "false": False, "null": None}[_word(node)]

    def _int_lit(self, node: Node, scope: Mapping[str, Any]) -> int:
        return int(_word(node))

    def _string(self, node: Node, scope: Mapping[str, Any]) -> str:
        text = ""
        for part in _parts(node):
            (inner,) = part.children
            if _is(inner, "interpolation"):
                value = self.evaluate(_parts(inner)[0], scope)
                if value is None or isinstance(value, dict | list | Resource):
                    raise RefusedError(f"no text: {value!r}")
                text += str(value)
            elif inner.type == "ESCAPED_INTERPOLATION":
                text += str(inner)[1:]
            else:
                text += re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), str(inner))
        return text

    def _tuple(self, node: Node, scope: Mapping[str, Any]) -> list[Any]:
        return [self.evaluate(each, scope) for each in _parts(node)]

    def _object(self, node: Node, scope: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for element in _parts(node):
            key, value = _parts(element)
            found[self._key(key, scope)] = self.evaluate(value, scope)
        return found

    def _key(self, node: Node, scope: Mapping[str, Any]) -> str:
        (inner,) = _parts(node)
        while _is(inner, "expr_term"):
            (inner,) = _parts(inner)
        return _word(inner) if _is(inner, "identifier", "keyword") else str(self.evaluate(inner, scope))

    def _conditional(self, node: Node, scope: Mapping[str, Any]) -> Any:
        condition, yes, no = _parts(node)
        return self.evaluate(yes if self.evaluate(condition, scope) else no, scope)

    def _unary_op(self, node: Node, scope: Mapping[str, Any]) -> Any:
        (value,) = (self.evaluate(each, scope) for each in _parts(node))
        return not value if str(node.children[0]) == "!" else -value

    def _binary_op(self, node: Node, scope: Mapping[str, Any]) -> Any:
        left, term = _parts(node)
        operator, right = _parts(term)
        # Both sides, always: Terraform before 1.12 does not stop at the first.
        one, two = self.evaluate(left, scope), self.evaluate(right, scope)
        return _OPERATORS[_word(operator)](one, two)

    def _for_tuple_expr(self, node: Node, scope: Mapping[str, Any]) -> list[Any]:
        intro, value, *condition = _parts(node)
        return [
            self.evaluate(value, inner)
            for inner in self._turns(intro, scope)
            if not condition or self.evaluate(_parts(condition[0])[0], inner)
        ]

    def _for_object_expr(self, node: Node, scope: Mapping[str, Any]) -> dict[str, Any]:
        intro, key, value, *condition = _parts(node)
        return {
            self.evaluate(key, inner): self.evaluate(value, inner)
            for inner in self._turns(intro, scope)
            if not condition or self.evaluate(_parts(condition[0])[0], inner)
        }

    def _turns(self, intro: Node, scope: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        *names, several = _parts(intro)
        of = self.evaluate(several, scope)
        for key, value in sorted(of.items()) if isinstance(of, dict) else enumerate(of):
            words = [_word(each) for each in names]
            yield {**scope, **dict(zip(words, (key, value) if len(words) == 2 else (value,), strict=True))}

    def _identifier(self, node: Node, scope: Mapping[str, Any]) -> Any:
        name = _word(node)
        return scope.get(name, (name,))  # the beginning of a reference

    def _get_attr_expr_term(self, node: Node, scope: Mapping[str, Any]) -> Any:
        of, attribute = _parts(node)
        return self._of(self.evaluate(of, scope), _word(_parts(attribute)[0]))

    def _of(self, value: Any, name: str) -> Any:
        if isinstance(value, tuple):
            return self._reference((*value, name))
        if isinstance(value, Resource):
            return value.attribute(name)
        if isinstance(value, dict) and name in value:
            return value[name]
        raise RefusedError(f"no {name} in {value!r}")

    def _reference(self, words: tuple[str, ...]) -> Any:
        if words[0] == "var":
            return self.values[words[1]]
        if words[0] == "path":
            return str(ROOT / self.name)
        if words[0] == "local":
            if words[1] not in self._known:
                self._known[words[1]] = self.evaluate(self._locals[words[1]], {})
            return self._known[words[1]]
        if words[0] not in ("data", "ephemeral"):
            words = ("resource", *words)
        return self.made(words) if len(words) == 3 else (words[1:] if words[0] == "resource" else words)

    def _index_expr_term(self, node: Node, scope: Mapping[str, Any]) -> Any:
        of, index = _parts(node)
        value, key = self.evaluate(of, scope), self.evaluate(_parts(index)[0], scope)
        try:
            return value[key]
        except (IndexError, KeyError) as error:
            raise RefusedError(f"no [{key!r}]") from error

    def _full_splat_expr_term(self, node: Node, scope: Mapping[str, Any]) -> list[Any]:
        of, splat = _parts(node)
        found = self.evaluate(of, scope)
        for attribute in _parts(splat):
            found = [self._of(each, _word(_parts(attribute)[0])) for each in found]
        return list(found)

    def _function_call(self, node: Node, scope: Mapping[str, Any]) -> Any:
        name, *rest = _parts(node)
        arguments = _parts(rest[0]) if rest else []
        if _word(name) in ("can", "try"):
            return self._tried(_word(name), arguments, scope)
        return _FUNCTIONS[_word(name)](*(self.evaluate(each, scope) for each in arguments))

    def _tried(self, function: str, arguments: list[Node], scope: Mapping[str, Any]) -> Any:
        for each in arguments:
            try:
                value = self.evaluate(each, scope)
            except (RefusedError, TypeError):
                continue
            return True if function == "can" else value
        return False


def _regex(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RefusedError(f"{text!r} does not match {pattern!r}")
    return match[0]


def _templatefile(path: str, values: Mapping[str, Any]) -> str:
    text = (ROOT / path).read_text()  # an absolute path stays one
    return re.sub(r"\$\{(\w+)\}", lambda match: str(values[match[1]]), text)


_OPERATORS: dict[str, Any] = {
    "==": lambda one, two: one == two,
    "!=": lambda one, two: one != two,
    "&&": lambda one, two: one and two,
    "||": lambda one, two: one or two,
    "<=": lambda one, two: one <= two,
    ">=": lambda one, two: one >= two,
    ">": lambda one, two: one > two,
}
_FUNCTIONS: dict[str, Any] = {
    "alltrue": all,
    "contains": lambda several, one: one in several,
    "jsonencode": json.dumps,
    "length": len,
    "one": lambda several: several[0] if several else None,
    "regex": _regex,
    "split": lambda separator, text: text.split(separator),
    "templatefile": _templatefile,
}
