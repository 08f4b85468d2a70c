"""A parameter, said once: a pydantic field that knows its range, unit, title and help.

Command-line flags, the REST schema, the studio's forms, the tables in the documentation and the tests with
invalid values are all read from these fields.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Literal, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from sightmill.errors import SettingsError

__all__ = ["Settings", "allowed_values", "describe", "setting"]


def setting(
    default: Any,
    help: str,
    *,
    title: str | None = None,
    unit: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    group: str = "",
    advanced: bool = False,
) -> Any:
    """Declare one parameter.

    Parameters
    ----------
    default : its value when nobody says anything.
    help : one sentence for the user, saying what 0 or None means where that is special.
    title : its name in the studio; the field's name in words when None.
    unit : ``%``, ``px``, ``deg``, ``min`` ...
    ge, gt, le, lt : its range.
    group : heading under which forms and help show it.
    advanced : True folds it away.
    """
    return Field(
        default=default,
        title=title,
        description=help,
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
        json_schema_extra={"unit": unit, "group": group, "advanced": advanced},
    )


class Settings(BaseModel):
    """Base of all settings: immutable, strict about names, and answering in sentences."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Validate values that came from outside (flags, JSON, a manifest).

        Raises
        ------
        SettingsError : one sentence for the first bad value: which parameter, what was got, what is allowed.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise _as_sentence(cls, error) from error

    def changed(self, **values: Any) -> Self:
        """A copy with some values replaced, validated; raises `SettingsError`."""
        return type(self).of({**self.model_dump(), **values})


def describe(settings: type[Settings]) -> list[dict[str, Any]]:
    """Every parameter as plain data: name, title, help, default, unit, group, advanced, kind, range.

    ``kind`` is ``bool``, ``int``, ``float``, ``choice`` (then ``choices``), ``text`` or ``list``; ``optional``
    tells that None is allowed; ``minimum``/``maximum`` with ``exclusive_minimum``/``exclusive_maximum``.
    """
    return [_described(name, field) for name, field in settings.model_fields.items()]


def allowed_values(described: Mapping[str, Any]) -> str:
    """The range of a described parameter in words, for help pages and errors."""
    if described["kind"] == "choice":
        return ", ".join(str(choice) for choice in described["choices"])
    if described["kind"] == "bool":
        return "true, false"
    unit = f" {described['unit']}" if described["unit"] else ""
    low, high = described["minimum"], described["maximum"]
    low_words = None if low is None else f"{'> ' if described['exclusive_minimum'] else '>= '}{_number(low)}"
    high_words = None if high is None else f"{'< ' if described['exclusive_maximum'] else '<= '}{_number(high)}"
    if low_words and high_words and not described["exclusive_minimum"] and not described["exclusive_maximum"]:
        words = f"{_number(low)} to {_number(high)}"
    else:
        words = " and ".join(part for part in (low_words, high_words) if part) or "any"
    whole = "whole number " if described["kind"] == "int" else ""
    none = ", or none" if described["optional"] else ""
    return f"{whole}{words}{unit}{none}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _described(name: str, field: FieldInfo) -> dict[str, Any]:
    kind, choices, optional = _kind(field.annotation)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    found: dict[str, Any] = {
        "name": name,
        "title": field.title or name.replace("_", " ").capitalize(),
        "help": field.description or "",
        "default": field.default,
        "unit": extra.get("unit", ""),
        "group": extra.get("group", ""),
        "advanced": bool(extra.get("advanced", False)),
        "kind": kind,
        "choices": list(choices),
        "optional": optional,
        "minimum": None,
        "maximum": None,
        "exclusive_minimum": False,
        "exclusive_maximum": False,
    }
    for bound in field.metadata:
        for attribute, side, exclusive in (
            ("ge", "minimum", False),
            ("gt", "minimum", True),
            ("le", "maximum", False),
            ("lt", "maximum", True),
        ):
            value = getattr(bound, attribute, None)
            if value is not None:
                found[side] = value
                found[f"exclusive_{side}"] = exclusive
    return found


def _kind(annotation: Any) -> tuple[str, tuple[Any, ...], bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        kind, choices, _ = _kind(inner[0])
        return kind, choices, True
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation), False
    if get_origin(annotation) in (tuple, list):
        return "list", (), False
    names = {bool: "bool", int: "int", float: "float", str: "text"}
    return names.get(annotation, "text"), (), False


def _as_sentence(settings: type[Settings], error: ValidationError) -> SettingsError:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else settings.__name__
    if first["type"] == "extra_forbidden":
        return SettingsError("unknown parameter", where=name, allowed=sorted(settings.model_fields))
    field = settings.model_fields.get(name)
    if field is None:
        return SettingsError(_own_words(first["msg"]), where=None if not first["loc"] else name)
    described = _described(name, field)
    what = "this value is not allowed" if first["type"] != "value_error" else _own_words(first["msg"])
    return SettingsError(what, where=name, got=first.get("input"), allowed=allowed_values(described))


def _own_words(message: str) -> str:
    """A validator's sentence without what pydantic puts before it."""
    return message.removeprefix("Value error, ")
