"""From the generator's properties to Python: types, readers, descriptions. The templates only place them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from openapi_python_client import strings
from openapi_python_client.parser.properties import (
    AnyProperty,
    BooleanProperty,
    ConstProperty,
    DateProperty,
    DateTimeProperty,
    EnumProperty,
    FileProperty,
    FloatProperty,
    IntProperty,
    ListProperty,
    LiteralEnumProperty,
    ModelProperty,
    NoneProperty,
    Property,
    StringProperty,
    UnionProperty,
)

if TYPE_CHECKING:
    from openapi_python_client.parser.openapi import Endpoint

__all__ = ["Field", "Operation", "Parameter", "Shape", "operation", "prose", "shape"]

Imports = tuple[tuple[str, str], ...]

_WIDTH = 100
_MEDIA_READERS = {
    "text/": ("str", "_call.reads_text"),
    "application/octet-stream": ("bytes", "_call.reads_bytes"),
}


@frozen
class Kind:
    """How a property is read and written."""

    read: str
    """The type that a reader of an answer sees, when the value is there and fits."""
    written: str
    """The type that an argument may have."""
    reader: str
    """The expression that reads it from JSON."""
    empty: str | None = None
    """What reads in its place where it should always be there and is not."""
    imports: Imports = ()
    """Classes that the expression needs, and their modules."""
    dear: bool = False
    """Whether what is read is worth keeping."""


_PLAIN: dict[type[Any], Kind] = {
    StringProperty: Kind("str", "str", "_view.text", '""'),
    BooleanProperty: Kind("bool", "bool", "_view.boolean"),
    IntProperty: Kind("int", "int", "_view.integer"),
    FloatProperty: Kind("float", "float", "_view.number"),
    DateTimeProperty: Kind("datetime", "datetime", "_view.instant"),
    DateProperty: Kind("date", "date", "_view.day"),
    FileProperty: Kind("Any", "types.File", "_view.anything"),
}
_ANYTHING = Kind("Any", "Any", "_view.anything")


def kind(prop: Property) -> Kind:
    """How a property of any type is read and written."""
    if isinstance(prop, ModelProperty):
        return _model(prop)
    if isinstance(prop, ListProperty):
        inner = kind(prop.inner_property)
        return Kind(
            f"list[{inner.read}]",
            f"Sequence[{inner.written}]",
            f"_view.list_of({inner.reader})",
            "[]",
            inner.imports,
            dear=True,
        )
    if isinstance(prop, (EnumProperty, LiteralEnumProperty)):
        return _enum(prop)
    if isinstance(prop, UnionProperty):
        return _union(prop)
    if isinstance(prop, ConstProperty):
        return _PLAIN[StringProperty]
    return _PLAIN.get(type(prop), _ANYTHING)


def _model(prop: ModelProperty) -> Kind:
    if not has_class(prop):
        inner = prop.additional_properties
        if inner is None or isinstance(inner, AnyProperty):
            return Kind("dict[str, Any]", "Mapping[str, Any]", "_view.mapping", "{}")
        value = kind(inner)
        return Kind(
            f"dict[str, {value.read}]",
            f"Mapping[str, {value.written}]",
            f"_view.mapping_of({value.reader})",
            "{}",
            value.imports,
            dear=True,
        )
    name = str(prop.class_info.name)
    return Kind(
        name,
        f"{name} | Mapping[str, Any]",
        f"_view.view({name})",
        f"{name}.from_dict({{}})",
        ((name, str(prop.class_info.module_name)),),
        dear=True,
    )


def has_class(prop: ModelProperty) -> bool:
    """Whether an object has fields of its own; one without is a dict."""
    # A reference's own properties are filled in later than it is made; the document's are there at once.
    return bool(prop.data.properties or prop.data.allOf)


def _enum(prop: EnumProperty | LiteralEnumProperty) -> Kind:
    if prop.value_type is not str:
        return Kind("int", "int", "_view.integer")
    name = str(prop.class_info.name)
    values = list(prop.values.values() if isinstance(prop, EnumProperty) else prop.values)
    words = ", ".join(f'"{strings.in_double_quote_literal(str(value))}"' for value in values)
    imports = ((name, str(prop.class_info.module_name)),)
    return Kind(f"{name} | str", f"{name} | Literal[{words}]", f"_view.choice({name})", '""', imports)


def _union(prop: UnionProperty) -> Kind:
    members = [inner for inner in prop.inner_properties if not isinstance(inner, NoneProperty)]
    kinds = [kind(inner) for inner in members]
    if not kinds or any(each.read == "Any" for each in kinds):
        return _ANYTHING
    enums = [each for each in kinds if each.reader.startswith("_view.choice")]
    if enums and all(each in enums or each.reader == "_view.text" for each in kinds):
        # An open enum: `choice` keeps words that it does not know.
        kinds = enums
    return Kind(
        _or(each.read for each in kinds),
        _or(each.written for each in kinds) + (" | str" if enums and len(members) > len(enums) else ""),
        kinds[0].reader if len(kinds) == 1 else f"_view.either({', '.join(each.reader for each in kinds)})",
        kinds[0].empty,
        tuple(dict.fromkeys(pair for each in kinds for pair in each.imports)),
        dear=any(each.dear for each in kinds),
    )


def _or(types: Any) -> str:
    return " | ".join(dict.fromkeys(part for each in types for part in each.split(" | ")))


def _nullable(prop: Property) -> bool:
    return isinstance(prop, UnionProperty) and any(isinstance(p, NoneProperty) for p in prop.inner_properties)


@frozen
class Field:
    """One field of a model, as the template places it."""

    name: str
    key: str
    read: str
    written: str
    reader: str
    imports: Imports
    needed: bool
    description: str


@frozen
class Shape:
    """A model, as the template places it."""

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    secret: str = ""
    imports: Imports = ()
    fields_for_init: tuple[Field, ...] = field(init=False)

    @fields_for_init.default
    def _sorted(self) -> tuple[Field, ...]:
        return tuple(sorted(self.fields, key=lambda each: not each.needed))


def shape(model: ModelProperty) -> Shape:
    """What the template needs of a model."""
    properties = [*(model.required_properties or []), *(model.optional_properties or [])]
    fields = tuple(_field(prop) for prop in properties)
    secrets = sorted(raw(prop.name) for prop in properties if _is_secret(model, raw(prop.name)))
    words = prose_words(raw(model.description)) or f"What the API calls {model.class_info.name}."
    return Shape(
        str(model.class_info.name),
        words.split(". ")[0].rstrip("."),
        words,
        fields,
        "{" + ", ".join(f'"{name}"' for name in secrets) + "}" if secrets else "",
        tuple(sorted({pair for prop in properties for pair in kind(prop).imports} - {_self(model)})),
    )


def _self(model: ModelProperty) -> tuple[str, str]:
    return str(model.class_info.name), str(model.class_info.module_name)


def _is_secret(model: ModelProperty, key: str) -> bool:
    schema = (model.data.properties or {}).get(key)
    return getattr(schema, "schema_format", None) == "password"


def _field(prop: Property) -> Field:
    each = kind(prop)
    key = strings.in_double_quote_literal(raw(prop.name))
    optional = "" if prop.required else " | Unset = UNSET"
    null = " | None" if (_nullable(prop) or not prop.required) and each.written != "Any" else ""
    always = prop.required and each.empty is not None
    reader = _reader(key, each, always=always)
    read = each.read if always or each.read == "Any" else f"{each.read} | None"
    description = prose_words(raw(prop.description)) or f"The field `{key}`."
    return Field(
        str(prop.python_name),
        raw(prop.name),
        read,
        each.written + null + optional,
        reader,
        each.imports,
        prop.required,
        description,
    )


def _reader(key: str, each: Kind, *, always: bool) -> str:
    if each.dear:
        once = f'self._once("{key}", lambda: {each.reader})'
        return f"{once} or {each.empty}" if always else once
    if always:
        return f'self._need("{key}", {each.reader}, {each.empty})'
    return f'self._read("{key}", {each.reader})'


@frozen
class Parameter:
    """One argument of an operation, as the template places it."""

    name: str
    key: str
    written: str
    description: str


@frozen
class Operation:
    """An operation, as the template places it."""

    method: str
    path: str
    summary: str
    description: str
    returns: str
    reads: str
    problems: tuple[tuple[int, int, str], ...]
    path_parameters: tuple[Parameter, ...]
    query_parameters: tuple[Parameter, ...]
    header_parameters: tuple[Parameter, ...]
    body_parameters: tuple[Parameter, ...]
    body: str
    imports: Imports
    runtime_imports: Imports

    @property
    def positional(self) -> tuple[Parameter, ...]:
        """Those that stand before the star: the path's."""
        return self.path_parameters

    @property
    def named(self) -> tuple[Parameter, ...]:
        """Those that are given by name."""
        return (*self.body_parameters, *self.query_parameters, *self.header_parameters)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All of them, in the order in which they are declared."""
        return (*self.positional, *self.named)


def operation(endpoint: Endpoint) -> Operation:
    """What the template needs of an endpoint."""
    given = [*endpoint.path_parameters, *endpoint.query_parameters, *endpoint.header_parameters]
    bodies = endpoint.bodies[:1]
    returns, reads, answer_imports = _answer(endpoint)
    problems = tuple(_problems(endpoint))
    problem_imports = {pair for _low, _high, _reader, pairs in problems for pair in pairs}
    arguments = [*given, *(body.prop for body in bodies)]
    argument_imports = {pair for prop in arguments for pair in kind(prop).imports}
    name = f"{endpoint.method.upper()} {raw(endpoint.path)}"
    return Operation(
        endpoint.method.upper(),
        raw(endpoint.path),
        (prose_words(raw(endpoint.summary)) or name).rstrip(".") + ".",
        prose_words(raw(endpoint.description)) or f"Operation {endpoint.name}.",
        returns,
        reads,
        tuple((low, high, reader) for low, high, reader, _pairs in problems),
        tuple(map(_parameter, endpoint.path_parameters)),
        tuple(map(_parameter, endpoint.query_parameters)),
        tuple(map(_parameter, endpoint.header_parameters)),
        tuple(_body_parameter(body) for body in bodies),
        _body(bodies[0]) if bodies else "",
        tuple(sorted({*answer_imports, *argument_imports})),
        tuple(sorted({*answer_imports, *problem_imports})),
    )


def _parameter(prop: Property) -> Parameter:
    # A default of the document's is the server's to apply: what is not given is not sent.
    written = kind(prop).written + ("" if prop.required else " | None | Unset = UNSET")
    default = f" The API takes {prop.default.raw_value!r} where it is not given." if prop.default else ""
    description = (prose_words(raw(prop.description)) or f"The parameter `{raw(prop.name)}`.") + default
    return Parameter(str(prop.python_name), raw(prop.name), written, description)


def _body_parameter(body: Any) -> Parameter:
    optional = "" if body.prop.required else " | Unset = UNSET"
    written = "str | bytes" if body.body_type == "content" else kind(body.prop).written
    return Parameter("body", "", written + optional, f"What to send, as {raw(body.content_type)}.")


def _body(body: Any) -> str:
    media_type = strings.in_double_quote_literal(raw(body.content_type))
    return {
        "json": "_call.json_body(body)",
        "files": "_call.multipart_body(body)",
        "data": f'_call.raw_body(body, "{media_type}")',
        "content": f'_call.raw_body(body, "{media_type}")',
    }[str(body.body_type)]


def _answer(endpoint: Endpoint) -> tuple[str, str, Imports]:
    """The type of a success, how it is read, and what both need. All statuses of a success bring the same."""
    for response in endpoint.responses:
        bounds = response.status_code.range or (200, 299)
        content = list(getattr(response.data, "content", None) or {})
        if not 200 <= bounds[0] < 300 or not content:
            continue
        for prefix, (returns, reads) in _MEDIA_READERS.items():
            if raw(content[0]).startswith(prefix):
                return returns, reads, ()
        each = kind(response.prop)
        return each.read, f"_call.reads_json({each.reader})", each.imports
    return "None", "_call.reads_nothing", ()


def _problems(endpoint: Endpoint) -> Any:
    for response in endpoint.responses:
        low, high = response.status_code.range or (300, 999)
        if low >= 300 and getattr(response.data, "content", None):
            each = kind(response.prop)
            yield low, high, each.reader, each.imports


def raw(value: Any) -> str:
    """The text of one of the generator's guarded strings; it is escaped where it becomes code or docstring."""
    return value.get_untrusted_value() if hasattr(value, "get_untrusted_value") else str(value or "")


def prose_words(value: str) -> str:
    """A description as one paragraph."""
    return " ".join(value.split())


def prose(value: Any) -> str:
    """A description, wrapped and escaped for a docstring; the formatter indents it."""
    safe = strings.safe_for_docstring(raw(value))
    lead = " " * (len(safe) - len(safe.lstrip()))
    wrapped = textwrap.fill(
        safe.strip(), _WIDTH, initial_indent=lead, subsequent_indent=lead * 2, break_long_words=False
    )
    return wrapped + " " if wrapped.endswith('"') else wrapped
