"""What a schema may say of a text beyond its format: that it is a currency, or probably an enumeration.

A currency is asserted by its pattern. The values of an enumeration are only named, in ``$comment``: a new
value must not become an invalid event.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from bridge.onboarding.entities.words import words
from bridge.onboarding.names import withheld
from bridge.schemas.authoring.infer import ANY, MIN_SEEN, Path
from bridge.schemas.authoring.seen_values import SeenValues

CURRENCY: Final = "^[A-Z]{3}$"

_CODE_LIST: Final = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
    GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW
    KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
    NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
    SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES
    VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_CODES: Final = frozenset(_CODE_LIST.split())
"""Active codes of ISO 4217."""

_PLACES_MAX: Final = 2_000
_NAMES: Final = frozenset({"currency", "ccy"})
_DIFFERENT: Final = 3  # codes, after which a place of any name holds currencies


@dataclass(slots=True)
class _Codes:
    seen: int = 0
    other: bool = False
    different: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Candidates:
    """Counts of texts at each place. Values that may be secret or personal are never shown."""

    values: SeenValues = field(default_factory=lambda: SeenValues(withheld))
    _codes: dict[Path, _Codes] = field(default_factory=dict)

    def add(self, item: dict[str, Any]) -> None:
        self.values.add(item)
        self._look(item, ())

    def decorate(self, schema: dict[str, Any], path: Path = ()) -> None:
        """Add what is known to the schema of a place and of the places below."""
        for name, inner in schema.get("properties", {}).items():
            self.decorate(inner, (*path, name))
        if isinstance(schema.get("items"), dict):
            self.decorate(schema["items"], (*path, ANY))
        if schema.get("type") != "string" or {"format", "pattern", "const"} & schema.keys():
            return
        if self._is_currency(path):
            schema |= {"pattern": CURRENCY, "description": "A currency code of ISO 4217."}
        elif (values := self.values.enum_at(path)) is not None:
            comments = [schema["$comment"]] if "$comment" in schema else []
            schema["$comment"] = "; ".join([*comments, f"perhaps an enum: {', '.join(values)}"])

    def _is_currency(self, path: Path) -> bool:
        codes = self._codes.get(path)
        if codes is None or codes.other or codes.seen < MIN_SEEN:
            return False
        last = words(path[-1])[-1:] if path else []
        return bool(_NAMES & set(last)) or len(codes.different) >= _DIFFERENT

    def _look(self, value: Any, path: Path) -> None:
        if isinstance(value, dict):
            for name, member in value.items():
                self._look(member, (*path, name))
        elif isinstance(value, list):
            for element in value:
                self._look(element, (*path, ANY))
        elif value in _CODES if isinstance(value, str) else False:
            codes = self._codes.setdefault(path, _Codes())
            codes.seen += 1
            codes.different.add(value)
        elif path in self._codes or len(self._codes) < _PLACES_MAX:
            self._codes.setdefault(path, _Codes()).other = True
