"""A Python function as a model."""

from __future__ import annotations

import asyncio
import inspect
import pathlib
import typing
from collections.abc import Callable
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING, Any

from replicatekit.sandbox._models.job import Canceled, Job
from replicatekit.sandbox._models.logs import captured
from replicatekit.sandbox._models.schema import cog_document
from replicatekit.sandbox._models.signature import MISSING, Secret, is_file, optional_of, read_signature

if TYPE_CHECKING:
    from replicatekit.sandbox._models.signature import Parameter


_current: ContextVar[Job] = ContextVar("current job")


def current_job() -> Job:
    """Return the run of the calling model: its folder, its metrics, whether it was canceled.

    Raises:
        LookupError: It is not called by a running model.
    """
    return _current.get()


class FunctionRunner:
    """Runs a function, a generator, or an async one of either kind, as a model."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._signature = read_signature(function)
        self._schema = cog_document(self._signature)

    @property
    def openapi_schema(self) -> dict[str, Any]:
        """The OpenAPI document derived from the function's signature."""
        return self._schema

    def run(self, job: Job) -> Any:
        """Call the function with the inputs as Python values."""
        _current.set(job)
        with captured(job.log):
            arguments = {parameter.name: _argument(parameter, job) for parameter in self._signature.parameters}
            result = self._function(**arguments)
            if inspect.iscoroutine(result) or inspect.isasyncgen(result):
                return _run_async(result, job, streams=self._signature.streams)
            if self._signature.streams:
                for item in result:
                    job.emit(item)
                return None
            return job.publish(result)


def _argument(parameter: Parameter, job: Job) -> Any:
    if parameter.name in job.input:
        return _python_value(parameter.annotation, job.input[parameter.name], job)
    default = parameter.field.default
    return None if default is MISSING else default


def _python_value(annotation: Any, value: Any, job: Job) -> Any:
    inner = optional_of(annotation)
    if value is None:
        return None
    if inner is not None:
        return _python_value(inner, value, job)
    if is_file(annotation):
        path = job.fetch(value)
        return path if issubclass(annotation, pathlib.PurePath) else path.open("rb")
    if annotation is bytes:
        return job.fetch(value).read_bytes()
    if isinstance(annotation, type) and issubclass(annotation, (Enum, Secret)):
        return annotation(value)
    if annotation in (int, float):
        return annotation(value)
    arguments = typing.get_args(annotation)
    if isinstance(value, list) and arguments:
        return [_python_value(arguments[0], item, job) for item in typing.cast("list[Any]", value)]
    return typing.cast("Any", value)


def _run_async(result: Any, job: Job, *, streams: bool) -> Any:
    async def main() -> Any:
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        job.on_cancel(lambda: loop.call_soon_threadsafe(task.cancel if task else loop.stop))
        if inspect.iscoroutine(result):
            value = await result
            if not streams:
                return job.publish(value)
            for item in value:
                job.emit(item)
            return None
        async for item in result:
            job.emit(item)
        return None

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise Canceled from None
    finally:
        if inspect.iscoroutine(result):
            result.close()  # a coroutine canceled before it started would be reported as never awaited
