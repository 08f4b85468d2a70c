"""Every error that Sightmill raises on purpose.

    SightmillError
    ├── DataError             something in the user's images or annotations
    │   ├── ImageError        one image cannot be used
    │   ├── AnnotationError   one annotation cannot be used
    │   └── FormatError       a data folder or annotation file cannot be understood
    ├── SettingsError         a parameter has a value that it may not have
    ├── ModelError            a trained model cannot be used
    │   ├── BundleError       the file is damaged, foreign or hostile
    │   └── ParityError       the exported network does not repeat the trained one
    ├── TrainingError         a training cannot start, or cannot go on
    ├── DeviceError           a device, engine or precision is not there
    └── MissingExtraError     an optional part of the package is not installed

An error is one sentence made of up to five parts: what happened, where, what was got, what is allowed,
and what to do next. `str(error)` is that sentence; the parts are attributes, so that the command line,
the REST server and the studio can lay them out without taking the sentence apart.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "AnnotationError",
    "BundleError",
    "DataError",
    "DeviceError",
    "FormatError",
    "ImageError",
    "MissingExtraError",
    "ModelError",
    "ParityError",
    "SettingsError",
    "SightmillError",
    "TrainingError",
]


class SightmillError(Exception):
    """The root: catch this to catch everything that Sightmill raises on purpose.

    Parameters
    ----------
    what : what happened, without a full stop.
    where : the file, image, field or line it happened in.
    got : the offending value.
    allowed : what would have been accepted; a sequence is joined with commas.
    remedy : what to do next, as an instruction.
    """

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        got: object = None,
        allowed: object = None,
        remedy: str | None = None,
    ) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.got = None if got is None else _shown(got)
        self.allowed = None if allowed is None else _joined(allowed)
        self.remedy = remedy
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        if self.got is not None:
            sentence += f"; got {self.got}"
        if self.allowed is not None:
            sentence += f"; allowed: {self.allowed}"
        sentence += "."
        if self.remedy:
            sentence += f" {self.remedy[:1].upper()}{self.remedy[1:].rstrip('.')}."
        return sentence


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 200 else text[:200] + "…"


def _joined(value: object) -> str:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return str(value)
    return ", ".join(str(item) for item in value)


class DataError(SightmillError):
    """Something in the user's images or annotations."""


class ImageError(DataError):
    """One image cannot be used."""


class AnnotationError(DataError):
    """One annotation cannot be used."""


class FormatError(DataError):
    """A data folder or an annotation file cannot be understood."""


class SettingsError(SightmillError):
    """A parameter has a value that it may not have."""


class ModelError(SightmillError):
    """A trained model cannot be used."""


class BundleError(ModelError):
    """The model file is damaged, foreign or hostile."""


class ParityError(ModelError):
    """The exported network does not repeat what the trained one answers."""


class TrainingError(SightmillError):
    """A training cannot start, or cannot go on."""


class DeviceError(SightmillError):
    """A device, engine or precision is not there."""


class MissingExtraError(SightmillError):
    """An optional part of the package is not installed; the sentence holds the line to type.

    Parameters
    ----------
    needed_for : what the user was doing, for instance ``"training"``.
    extra : the extra's name in ``pip install "sightmill[extra]"``.
    """

    def __init__(self, needed_for: str, extra: str) -> None:
        super().__init__(
            f"{needed_for} needs a part of Sightmill that is not installed",
            remedy=f'type: pip install "sightmill[{extra}]"',
        )
