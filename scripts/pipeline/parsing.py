"""Parse an adapted document with openapi-python-client, and leave out what it cannot parse.

A schema that cannot be parsed becomes any value; an operation that cannot be parsed is left out. Both are reported, and
the caller decides whether to go on.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import frozen
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.uuid import UuidProperty
from openapi_python_client.schema import ParameterLocation
from openapi_python_client.schema.untrusted_string import UntrustedString

from pipeline import adaptation, naming, schemas
from pipeline.errors import GenerationFailed
from pipeline.models import Shapes
from pipeline.operations import Operations, module_name
from pipeline.property_types import Kinds, Tags, has_class, properties_of
from pipeline.text import paragraph, raw

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from openapi_python_client.config import Config
    from openapi_python_client.parser.openapi import Endpoint

__all__ = ["Parsed", "modules_of", "parse", "raise_errors"]

_COMPONENT = re.compile(r"/components/schemas/([^\s:]+)")


@frozen
class Parsed:
    """A parsed document, and the data of the templates."""

    data: GeneratorData
    models: Shapes
    operations: Operations
    left_out: tuple[str, ...]
    """Messages about the parts that could not be parsed."""


# Allow these types in all parameter locations; the generator would allow them only in some.
for _kind in (ListProperty, DateProperty, DateTimeProperty, FileProperty, ModelProperty, NoneProperty, UuidProperty):
    setattr(_kind, "_allowed_locations", set(ParameterLocation))  # noqa: B010 (the generator has no setting for it)


def parse(adapted: adaptation.Adapted, config: Config) -> Parsed:
    """Parse a document.

    Raises:
        GenerationFailed: The generator refuses the document as a whole.
    """
    left_out = list(adapted.left_out)
    while True:
        data, broken = _parse_data(adapted.document, config, left_out)
        _restore_methods(data)
        kinds = _kinds(data, adapted.document)
        models, operations = Shapes(kinds, adapted.document), Operations(kinds, adapted.notes)
        data.models = [model for model in data.models if has_class(model)]
        if not broken:
            broken = _unreadable_models(data.models, models, left_out, adapted.document)
        if not broken:
            break
        for name in broken:
            adapted.document["components"]["schemas"][name] = {}
    _drop_unreadable(data, operations, left_out)
    return Parsed(data, models, operations, tuple(dict.fromkeys(left_out)))


def _parse_data(document: dict[str, Any], config: Config, left_out: list[str]) -> tuple[GeneratorData, set[str]]:
    """Return the generator's data, and the components that it cannot parse."""
    with _readable_strings():
        try:
            data = GeneratorData.from_dict(document, config=config)
        except Exception as error:  # unusual documents make it raise any error
            raise GenerationFailed(f"the generator failed: {type(error).__name__}: {error}") from error
        if isinstance(data, GeneratorError):
            raise GenerationFailed(f"{data.header}: {data.detail}")
        known = document["components"]["schemas"]
        found = {
            name: _error_message(each) for each in data.errors for name in _COMPONENT.findall(each.header or "")[:1]
        }
        broken = {name: message for name, message in found.items() if known.get(name)}
        left_out += broken.values()
        if not broken:
            left_out += [_error_message(each) for each in data.errors]
            left_out += [
                _error_message(error)
                for each in data.endpoint_collections_by_tag.values()
                for error in each.parse_errors
            ]
    data.errors = []
    for collection in data.endpoint_collections_by_tag.values():
        collection.parse_errors = []
    return data, set(broken)


def _unreadable_models(
    models: Iterable[ModelProperty], shapes: Shapes, left_out: list[str], document: dict[str, Any]
) -> set[str]:
    components = {naming.class_of(name, each): name for name, each in document["components"]["schemas"].items()}
    broken: set[str] = set()
    for model in models:
        try:
            shapes.of(model)
        except GenerationFailed as error:
            left_out.append(str(error))
            broken.add(components[str(model.class_info.name)])
    return broken


def _drop_unreadable(data: GeneratorData, operations: Operations, left_out: list[str]) -> None:
    """Leave out operations that have no valid module, or the module of another operation."""
    found: dict[str, str] = {}
    for tag, collection in data.endpoint_collections_by_tag.items():
        endpoints: list[Endpoint] = []
        for endpoint in collection.endpoints:
            module, place = f"api.{tag}.{module_name(endpoint.name)}", _place(endpoint)
            try:
                operations.of(endpoint)
            except GenerationFailed as error:
                left_out.append(str(error))
                continue
            if module in found:
                left_out.append(f"{found[module]} and {place} would both be {module}")
                continue
            found[module] = place
            endpoints.append(endpoint)
        collection.endpoints = endpoints
    for tag in [tag for tag, each in data.endpoint_collections_by_tag.items() if not each.endpoints]:
        del data.endpoint_collections_by_tag[tag]


def _place(endpoint: Endpoint) -> str:
    return f"{endpoint.method.upper()} {raw(endpoint.path)}"


def modules_of(data: GeneratorData) -> Iterator[tuple[str, str]]:
    """Yield the module and the title of each operation."""
    for tag, collection in data.endpoint_collections_by_tag.items():
        for endpoint in collection.endpoints:
            yield f"api.{tag}.{module_name(endpoint.name)}", _place(endpoint)


def _restore_methods(data: GeneratorData) -> None:
    """Restore the paths and methods that `adaptation` encoded."""
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            path, separator, method = raw(endpoint.path).partition(adaptation.METHOD_SEPARATOR)
            if separator:
                endpoint.path, endpoint.method = UntrustedString(path), method


def _kinds(data: GeneratorData, document: dict[str, Any]) -> Kinds:
    models = {str(model.class_info.name): model for model in data.models}
    components: dict[str, Any] = document["components"]["schemas"]
    name_of: Callable[[str], str] = lambda name: naming.class_of(name, components[name])  # noqa: E731 (too short for a def)
    tags: dict[frozenset[str], Tags] = {}
    for key, values, default in schemas.discriminators(document):
        classes = {value: name_of(name) for value, name in values.items() if name in components}
        otherwise = name_of(default) if default in components else ""
        tags[frozenset(classes.values())] = Tags(key, tuple(classes.items()), otherwise=otherwise)
    return Kinds(models, frozenset(_requested(data, models)), tags)


def _requested(data: GeneratorData, models: dict[str, ModelProperty]) -> set[str]:
    """Return the classes of all objects that a request can contain."""
    pending: list[Any] = []
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            pending += [body.prop for body in endpoint.bodies]
            pending += [*endpoint.path_parameters, *endpoint.query_parameters]
            pending += [*endpoint.header_parameters, *endpoint.cookie_parameters]
    found: set[str] = set()
    while pending:
        prop: Any = pending.pop()
        pending += getattr(prop, "inner_properties", [])
        if inner := getattr(prop, "inner_property", None):
            pending.append(inner)
        name = str(prop.class_info.name) if isinstance(prop, ModelProperty) else ""
        if name and name not in found:
            found.add(name)
            known = models.get(name, prop)
            pending += properties_of(known)
            if known.additional_properties:
                pending.append(known.additional_properties)
    return found


@contextmanager
def _readable_strings() -> Generator[None, None, None]:
    """Show the generator's untrusted strings in messages; outside of this context, for code, they stay escaped."""
    UntrustedString.__repr__ = UntrustedString.get_untrusted_value  # type: ignore[method-assign, assignment] #
    try:
        yield
    finally:
        del UntrustedString.__repr__


def raise_errors(errors: Iterable[GeneratorError]) -> None:
    """Raise an error if the generator reported any.

    Raises:
        GenerationFailed: There are errors.
    """
    messages = [_error_message(each) for each in errors]
    if messages:
        raise GenerationFailed("\n".join(messages))


def _error_message(error: GeneratorError) -> str:
    text = paragraph(f"{error.header} {error.detail or ''}")
    text = re.sub(r"(WARNING|Endpoint will not be generated\.) ?", "", text)
    node: Any = getattr(error, "data", None)
    json = node.model_dump_json(by_alias=True, exclude_none=True, exclude_defaults=True) if node else ""
    return f"{text} {json[:200]}".strip()
