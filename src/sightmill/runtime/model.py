"""A trained model, loaded: the one way to every answer, in evaluation as on the production line."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self, overload

import numpy as np
import numpy.typing as npt

from sightmill.bundle import Bundle, Manifest
from sightmill.data.regions import Region
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.errors import BundleError, DataError, ModelError, SettingsError
from sightmill.imaging.view import Frame, View
from sightmill.methods import catalogue
from sightmill.methods.contract import Method, RawOutputs
from sightmill.methods.settings import Settings
from sightmill.runtime.served import doubts_of
from sightmill.runtime.session import EngineFacts, NetworkOutputs, Session
from sightmill.runtime.stream import Prepared, prepare, prepared_in_order
from sightmill.runtime.verification import Verification, verify_bundle

__all__ = ["Image", "Model"]

#: What `Model.predict` takes: pixels ``(H, W)`` or ``(H, W, 3)`` in RGB order, a file, or a sample.
Image = npt.NDArray[Any] | str | os.PathLike[str] | Sample

#: Other inference settings for one call: a settings object of the method, or only the values that differ.
Inference = Settings | Mapping[str, Any]


class Model:
    """A method with a trained network. Never changes, and may be used from several threads at once.

    Parameters
    ----------
    method : the face of the method.
    manifest : what the model says about itself.
    session : its network, opened in an engine.
    bundle : the file it came from; None for a model in memory.

    Attributes
    ----------
    labels : class names; a class id is an index into it.
    view : how an image becomes the network's input.
    inference : the settings it decides with, calibrated when it was trained.

    Raises
    ------
    BundleError : network, settings and method do not fit together.
    """

    def __init__(
        self, method: Method[Any, Any], manifest: Manifest, session: Session, *, bundle: Bundle | None = None
    ) -> None:
        where = bundle.path if bundle else None
        missing = [name for name in manifest.outputs if name not in session.outputs]
        if missing:
            raise BundleError(
                "the network lacks an output that the model names",
                where=where,
                got=", ".join(session.outputs),
                allowed=manifest.outputs,
            )
        try:
            self.inference: Any = method.Inference.of(manifest.inference)
        except SettingsError as error:
            raise BundleError(
                f"the model's inference settings do not fit this version of {method.title} ({error.what})",
                where=where,
                got=f"{error.where}: {error.got}" if error.got else error.where,
                allowed=error.allowed,
                remedy="update Sightmill, or train the model again",
            ) from error
        self.method = method
        self.manifest = manifest
        self.session = session
        self.bundle = bundle
        self.labels = manifest.labels
        self.view = manifest.view

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        engine: str = "onnxruntime",
        precision: str = "float32",
        threads: int = 0,
        device: str = "cpu",
        warm_up: bool = True,
    ) -> Self:
        """Open a model file.

        Parameters
        ----------
        path : a ``*.sightmill`` file, also one from a stranger: nothing in it is run.
        engine : ``onnxruntime`` or ``openvino``.
        precision : ``float32``; with OpenVINO also ``bfloat16`` and ``float16`` where the device has them.
        threads : processor threads; 0 = one per core.
        device : ``cpu``; ``cuda`` with onnxruntime; ``gpu`` or ``npu`` with openvino.
        warm_up : run once now, so that the first image is as fast as the others.

        Raises
        ------
        BundleError : the file is missing, damaged, foreign, hostile or too new.
        DeviceError : engine, precision or device are not there.
        MissingExtraError : OpenVINO is asked for and not installed.
        """
        bundle = Bundle.open(path)
        session = Session(
            bundle.network(), engine=engine, precision=precision, threads=threads, device=device, where=path
        )
        model = cls(catalogue.named(bundle.manifest.method), bundle.manifest, session, bundle=bundle)
        if warm_up:
            model.warm_up()
        return model

    @property
    def facts(self) -> EngineFacts:
        """What computes: engine, version, precision, device, threads."""
        return self.session.facts

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why what the model promises may not hold here (calibrated for another engine or precision); or empty."""
        return doubts_of(self.manifest, self.facts)

    @overload
    def predict(  # type: ignore[overload-overlap]  # text is one file's name, never a row of letters
        self,
        image: Image,
        *,
        roi: Region | None = None,
        inference: Inference | None = None,
        batch_size: int = 8,
    ) -> Result: ...

    @overload
    def predict(
        self,
        image: Iterable[Image],
        *,
        roi: Region | None = None,
        inference: Inference | None = None,
        batch_size: int = 8,
    ) -> list[Result]: ...

    def predict(
        self,
        image: Image | Iterable[Image],
        *,
        roi: Region | None = None,
        inference: Inference | None = None,
        batch_size: int = 8,
    ) -> Result | list[Result]:
        """The answer for one image, or a list of answers for several.

        Parameters
        ----------
        image : pixels ``(H, W)`` or ``(H, W, 3)`` of uint8, uint16 or float32 in RGB order, a file, a
            sample; or any iterable of those.
        roi : look only there; None keeps a sample's own region of interest.
        inference : other settings for this call.
        batch_size : most tiles that go through the network at once: more is faster and takes more memory.

        Raises
        ------
        ImageError : an image cannot be used; the sentence names it.
        SettingsError : a value in `inference` or `batch_size` is not allowed.
        """
        if isinstance(image, np.ndarray | str | os.PathLike | Sample):
            settings = self._settings(inference)
            prepared = prepare(_sample(image, roi), self.method.view_under(self.view, settings))
            raw = self._run(prepared.tiles, _checked(batch_size))
            return self.method.decode(raw, prepared.frame, self.labels, settings)
        samples = (_sample(item, roi) for item in image)
        return [result for _, result in self.predict_samples(samples, batch_size=batch_size, inference=inference)]

    @overload
    def predict_samples(
        self,
        samples: Iterable[Sample],
        *,
        batch_size: int = 8,
        inference: Inference | None = None,
        errors: Literal["raise"] = "raise",
        workers: int = 2,
    ) -> Iterator[tuple[Sample, Result]]: ...

    @overload
    def predict_samples(
        self,
        samples: Iterable[Sample],
        *,
        batch_size: int = 8,
        inference: Inference | None = None,
        errors: Literal["yield"],
        workers: int = 2,
    ) -> Iterator[tuple[Sample, Result | DataError]]: ...

    def predict_samples(
        self,
        samples: Iterable[Sample],
        *,
        batch_size: int = 8,
        inference: Inference | None = None,
        errors: Literal["raise", "yield"] = "raise",
        workers: int = 2,
    ) -> Iterator[tuple[Sample, Result | DataError]]:
        """Answers in the order of the samples, as a stream: for folders of any length.

        Images are read and resized by threads while the network works; those of one size go through it
        together. Memory stays bounded however many there are.

        Parameters
        ----------
        errors : ``raise`` stops at the first image that cannot be used, after the answers before it;
            ``yield`` gives its error in place of a result, and goes on.
        workers : threads that read images.
        """
        settings = self._settings(inference)
        if errors not in ("raise", "yield"):
            raise SettingsError("this value is not allowed", where="errors", got=errors, allowed="raise, yield")
        size, workers = _checked(batch_size), _checked(workers, "workers")
        return self._stream(samples, size, settings, errors == "yield", workers)

    def _stream(
        self, samples: Iterable[Sample], batch_size: int, settings: Settings, go_on: bool, workers: int
    ) -> Iterator[tuple[Sample, Result | DataError]]:
        group: list[Prepared] = []
        tiles = 0
        view = self.method.view_under(self.view, settings)
        for sample, prepared in prepared_in_order(samples, view, ahead=batch_size + workers, workers=workers):
            if isinstance(prepared, DataError):
                yield from self._answers(group, batch_size, settings)
                group, tiles = [], 0
                if not go_on:
                    raise prepared
                yield sample, prepared
                continue
            more = len(prepared.tiles)
            fits = not group or group[0].tiles.shape[1:] == prepared.tiles.shape[1:]
            if group and (not fits or tiles + more > batch_size):
                yield from self._answers(group, batch_size, settings)
                group, tiles = [], 0
            group.append(prepared)
            tiles += more
            if tiles >= batch_size:
                yield from self._answers(group, batch_size, settings)
                group, tiles = [], 0
        yield from self._answers(group, batch_size, settings)

    def _answers(self, group: list[Prepared], batch_size: int, settings: Settings) -> Iterator[tuple[Sample, Result]]:
        if not group:
            return
        together = group[0].tiles if len(group) == 1 else np.concatenate([item.tiles for item in group])
        raw = self._run(together, batch_size)
        low = 0
        for item in group:
            high = low + len(item.tiles)
            own = NetworkOutputs({name: array[low:high] for name, array in raw.items()})
            yield item.sample, self.method.decode(own, item.frame, self.labels, settings)
            low = high

    def _run(self, tiles: npt.NDArray[Any], batch_size: int) -> RawOutputs:
        """Tiles ``(T, h, w, C)`` through the network, a batch at a time; rows of the outputs are tiles."""
        pieces = [
            self.session.run(self.view.normalise(tiles[low : low + batch_size]))
            for low in range(0, len(tiles), batch_size)
        ]
        if len(pieces) == 1:
            return pieces[0]
        return NetworkOutputs(
            {name: np.concatenate([piece[name] for piece in pieces]) for name in self.session.outputs}
        )

    def raw(
        self,
        image: Image,
        *,
        roi: Region | None = None,
        inference: Inference | None = None,
        batch_size: int = 8,
    ) -> tuple[RawOutputs, Frame]:
        """The network's outputs for one image before `Method.decode`, and the frame; arguments as for `predict`."""
        prepared = prepare(_sample(image, roi), self.view_under(inference))
        return self._run(prepared.tiles, _checked(batch_size)), prepared.frame

    def view_under(self, inference: Inference | None = None) -> View:
        """How images are cut under these settings; None takes the model's own. Raises `SettingsError`."""
        return self.method.view_under(self.view, self._settings(inference))

    def with_inference(self, **changes: Any) -> Self:
        """The same network deciding by other inference settings; raises `SettingsError`."""
        changed = self.inference.changed(**changes)
        manifest = self.manifest.model_copy(update={"inference": changed.model_dump(mode="json")})
        return type(self)(self.method, manifest, self.session, bundle=self.bundle)

    def warm_up(self) -> None:
        """Run one empty tile: engines choose their kernels and claim their memory at the first run."""
        self.session.run(np.zeros((1, self.view.channels, self.view.height, self.view.width), np.float32))

    def verify(self) -> Verification:
        """Compare the file with its checksums, and the answers of this engine with those stored inside.

        Raises
        ------
        ModelError : the model was made in memory, so there is no file to compare with.
        """
        if self.bundle is None:
            raise ModelError("this model is not saved yet", remedy="save it and load the file")
        return verify_bundle(self.bundle, self.session)

    def time_per_image(self, repeats: int = 20) -> dict[str, float]:
        """How long one image takes on this machine, at the size the model was made for.

        Returns
        -------
        Median milliseconds of ``view``, ``network``, ``decode`` and ``total`` (without reading a file), the
        image's ``width`` and ``height`` in pixels, and its ``tiles``.
        """
        image, view = self._test_image(), self.view_under()
        spent = []
        self.predict(image)
        for _ in range(_checked(repeats, "repeats")):
            started = time.perf_counter()
            frame = view.frame((image.shape[1], image.shape[0]))
            tiles = view.pixels(image, frame)
            planes = view.normalise(tiles)
            viewed = time.perf_counter()
            raw = self.session.run(planes)
            ran = time.perf_counter()
            self.method.decode(raw, frame, self.labels, self.inference)
            decoded = time.perf_counter()
            spent.append((viewed - started, ran - viewed, decoded - ran, decoded - started))
        view, network, decode, total = (np.median(spent, axis=0) * 1000).tolist()
        return {
            "view": view,
            "network": network,
            "decode": decode,
            "total": total,
            "width": float(image.shape[1]),
            "height": float(image.shape[0]),
            "tiles": float(len(tiles)),
        }

    def _test_image(self) -> npt.NDArray[Any]:
        """A gray ramp that fills one tile."""
        view = self.view
        factor = view.scale / 2**view.downsample if view.fit == "scale" else 1.0
        width, height = (max(round(side / factor), 1) for side in (view.width, view.height))
        ramp = np.linspace(view.black, view.white, width).astype(view.dtype)
        shape = (height, width) if view.channels == 1 else (height, width, 3)
        return np.ascontiguousarray(np.broadcast_to(ramp if view.channels == 1 else ramp[:, None], shape))

    def _settings(self, inference: Inference | None) -> Any:
        if inference is None:
            return self.inference
        if isinstance(inference, self.method.Inference):
            return inference
        if isinstance(inference, Mapping):
            return self.inference.changed(**inference)
        raise SettingsError(
            "these are inference settings of another method",
            where="inference",
            got=type(inference).__name__,
            allowed=self.method.Inference.__name__,
        )


def _sample(image: Image, roi: Region | None) -> Sample:
    if isinstance(image, Sample):
        return image if roi is None else replace(image, roi=roi)
    if isinstance(image, np.ndarray):
        return Sample(image, roi=roi)
    if isinstance(image, str | os.PathLike):
        path = Path(image)
        return Sample(path, name=path.as_posix(), roi=roi)
    raise DataError(
        "this is no image",
        got=type(image).__name__,
        allowed="an array (H, W) or (H, W, 3), a path, a Sample",
        remedy="convert it with numpy.asarray; OpenCV's BGR order must be turned to RGB",
    )


def _checked(count: int, name: str = "batch_size") -> int:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise SettingsError("this value is not allowed", where=name, got=count, allowed="whole number >= 1")
    return count
