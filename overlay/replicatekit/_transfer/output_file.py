"""How output files behave in other code: equal by URL, a str for pydantic, an image in a notebook, never JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, NoReturn, Self

from replicatekit._base.signatures import Resolvable
from replicatekit._base.validation import check_text
from replicatekit._transfer.content import RemoteContent, session_of
from replicatekit._transfer.fetch import redact_url
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from replicatekit._http.contract import Sender
    from replicatekit._session.default import HasSession
    from replicatekit._session.session import Session


class OutputFile(Resolvable):
    """The part of an output file that needs no request: identity, name, and support of other libraries."""

    __slots__ = ("_content", "_stream")

    _io: ClassVar[Sender]
    _content: RemoteContent
    _stream: BinaryIO | None

    def __init__(self, url: str, client: HasSession | None = None) -> None:
        self._begin(check_text(url, "a file's URL", blank=True), session_of(client, self._io))

    @classmethod
    def bind(cls, session: Session | None, url: str, prediction_id: str | None = None) -> Self:
        """A file that a client's session downloads; without one, that of the default client."""
        file = cls.__new__(cls)
        file._begin(url, session, prediction_id)  # noqa: SLF001 (created here)
        return file

    def _begin(self, url: str, session: Session | None, prediction_id: str | None = None) -> None:
        self._content = RemoteContent(url, session, self._io, prediction_id)
        self._stream = None

    @property
    def url(self) -> str:
        """The file's HTTPS URL, or a `data:` URL that contains the file."""
        return self._content.url

    @property
    def __replicate_url__(self) -> str:
        return self._content.url

    @property
    def name(self) -> str:
        """A file name that is safe on every system: from the URL, until `fetch_metadata` gets the server's."""
        return self._content.name

    @property
    def media_type(self) -> str:
        """The media type, such as `image/png`: guessed from the name until the server's `Content-Type` is known."""
        return self._content.media_type

    @property
    def size(self) -> int | None:
        """Size in bytes; None until `fetch_metadata` or a download, or if the server does not report it."""
        return self._content.size

    def __str__(self) -> str:
        return redact_url(self.url) if self._content.is_data_url else self.url

    def __repr__(self) -> str:
        return f"{type(self).__name__}({redact_url(self.url)!r})"

    def __eq__(self, other: object) -> bool:
        return self.url == other.url if isinstance(other, OutputFile) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.url)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # No token and no connections: the other process uses its default client.
        return _unpickled, (type(self), self.url, self._content.prediction_id)

    def __dir__(self) -> list[str]:
        return [name for name in dir(type(self)) if name not in ("__dict__", "keys")]

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override] # pyright: ignore[reportIncompatibleVariableOverride]
        # FastAPI and `json.dumps(default=vars)` would write `{}`: the file would be lost silently.
        raise self._not_json()

    def keys(self) -> NoReturn:
        """Not available: `dict(file)`, which FastAPI tries for what it does not know, would download the file.

        Raises:
            InvalidArgument: Always; it says what to write instead.
        """
        raise self._not_json()

    def _not_json(self) -> InvalidArgument:
        return InvalidArgument(
            f"{type(self).__name__} objects are not JSON: write their `url` instead, or give the encoder `default=str`"
        )

    @property
    def __pydantic_serializer__(self) -> Any:
        from pydantic_core import SchemaSerializer

        return SchemaSerializer(self.__get_pydantic_core_schema__(None, None))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        from pydantic_core import core_schema as schemas

        text = schemas.str_schema()
        from_text = schemas.no_info_after_validator_function(cls, text)
        return schemas.json_or_python_schema(
            from_text,
            schemas.union_schema([schemas.is_instance_schema(cls), from_text]),
            serialization=schemas.plain_serializer_function_ser_schema(
                lambda file: file.url, return_schema=text, when_used="json"
            ),
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude
        from replicatekit._transfer.notebook import bundle

        return bundle(self._content)

    def _repr_html_(self) -> str | None:
        return self._repr_mimebundle_().get("text/html")

    def _repr_png_(self) -> bytes | None:
        return self._preview_as("image/png")

    def _repr_jpeg_(self) -> bytes | None:
        return self._preview_as("image/jpeg")

    def _preview_as(self, media_type: str) -> bytes | None:
        from replicatekit._transfer.notebook import preview

        data = preview(self._content)
        return data if isinstance(data, bytes) and self.media_type == media_type else None


def _unpickled(kind: type[OutputFile], url: str, prediction_id: str | None) -> OutputFile:
    return kind.bind(None, url, prediction_id)
