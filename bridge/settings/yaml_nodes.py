"""The nodes of a YAML document, read by the parser in C where PyYAML has it."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver

if yaml.__with_libyaml__:
    from yaml._yaml import CParser

    class _Fast(Composer, CParser, Resolver):
        """Events from C, nodes from Python: deep nesting is a RecursionError there, and a crash in C."""

        def __init__(self, content: bytes | str) -> None:
            CParser.__init__(self, content)
            Composer.__init__(self)
            Resolver.__init__(self)


def compose(content: bytes | str) -> Any:
    """The root node, None for an empty document. What the parser in C refuses, the one in Python judges: its
    messages are better. Raises ``yaml.YAMLError``, and ``RecursionError`` for what is nested too deep."""
    tab: Any = b"\t" if isinstance(content, bytes) else "\t"
    if yaml.__with_libyaml__ and tab not in content:  # the one in C takes tabs at more places
        try:
            return _Fast(content).get_single_node()
        except yaml.YAMLError:
            pass
    return yaml.compose(content, Loader=yaml.SafeLoader)
