"""Live events: what one window does, the others see."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel

__all__ = ["Hub", "finite"]

#: A listener that is further behind than this is told to read everything anew.
MOST_WAITING = 500
#: Seconds of silence after which a comment keeps the connection open.
HEARTBEAT = 15.0


class _Listener:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.queue: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()
        self.behind = False


class Hub:
    """Hands events on to everyone who listens. May be spoken to from any thread."""

    def __init__(self) -> None:
        self._listeners: set[_Listener] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._number = 0

    def say(self, kind: str, data: BaseModel | Mapping[str, Any]) -> None:
        """Tell everyone."""
        plain = data.model_dump(mode="json") if isinstance(data, BaseModel) else data
        text = json.dumps(finite(plain), allow_nan=False)
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            self._put(listener, (kind, text))

    def close(self) -> None:
        """End all streams: the server goes down."""
        with self._lock:
            self._closed = True
            listeners = list(self._listeners)
        for listener in listeners:
            self._put(listener, None)

    async def stream(self, hello: Mapping[str, Any]) -> AsyncIterator[str]:
        """One listener's stream in the format of server-sent events, `hello` first."""
        listener = _Listener(asyncio.get_running_loop())
        with self._lock:
            if self._closed:
                return
            self._listeners.add(listener)
        try:
            yield self._framed("hello", json.dumps(hello))
            while True:
                try:
                    event = await asyncio.wait_for(listener.queue.get(), HEARTBEAT)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if event is None:
                    return
                if listener.behind:
                    while not listener.queue.empty():
                        listener.queue.get_nowait()
                    listener.behind = False
                    event = ("resync", "{}")
                yield self._framed(*event)
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def _put(self, listener: _Listener, event: tuple[str, str] | None) -> None:
        def put() -> None:
            if listener.queue.qsize() < MOST_WAITING or event is None:
                listener.queue.put_nowait(event)
            else:
                listener.behind = True

        try:
            listener.loop.call_soon_threadsafe(put)
        except RuntimeError:  # its loop is closed: nobody listens any more
            with self._lock:
                self._listeners.discard(listener)

    def _framed(self, kind: str, text: str) -> str:
        with self._lock:
            self._number += 1
            number = self._number
        return f"id: {number}\nevent: {kind}\ndata: {text}\n\n"


def finite(value: Any) -> Any:
    """JSON has no infinities: they become null."""
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, np.generic):
        return finite(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
