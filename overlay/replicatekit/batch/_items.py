"""A batch's inputs: how the journal stores them, and when two are equal.

Files are stored as their location and the digest of their content, so that an input stays equal however often and
from wherever it is added, and differs when a file's content changes.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from uuid import uuid4

from attrs import frozen

from replicatekit._base.signatures import resolvable
from replicatekit._inputs.plan import plan_input, resolve
from replicatekit.batch._tree import rebuild
from replicatekit.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replicatekit._inputs.file_sources import FileSource

FILE = "$file"
"""The key of the object that represents a file in a stored input."""

_CHUNK = 1 << 20


class FileStore(Protocol):
    """Stores the digests and contents of an input's files."""

    def digest_of(self, path: str, size: int, modified: int) -> str | None:
        """The digest of a file that was read before and has not changed since."""
        ...

    def remember(self, path: str, size: int, modified: int, digest: str) -> None:
        """Store a file's digest."""
        ...

    def keep(self, digest: str, content: bytes) -> None:
        """Store content that is not in a file on disk."""
        ...


@frozen
class EncodedInput:
    """An input as the journal stores it."""

    text: str
    """JSON, with `{"$file": {...}}` for each file."""
    fingerprint: str
    """The SHA-256 of the reference, the input and the content of its files, in hex."""


@frozen
class _Hosted:
    """Represents a path while an input is converted: the converter leaves this object unchanged."""

    __replicate_url__: str


def encode_input(reference: str, value: Mapping[str, Any], store: FileStore, where: str = "input") -> EncodedInput:
    """Convert an input to the form that the journal stores.

    Args:
        reference: The model.
        value: The input.
        store: Where its files are stored.
        where: The input's name in errors.

    Raises:
        InvalidInput: A value cannot be sent, or a file cannot be read.
    """
    try:
        return _encoded(reference, value, store, where)
    except RecursionError:
        raise InvalidInput(f"{where} is nested too deeply, or contains itself", path=where) from None


def _encoded(reference: str, value: Mapping[str, Any], store: FileStore, where: str) -> EncodedInput:
    files: dict[str, dict[str, Any]] = {}
    secret = uuid4().hex  # a caller's value must not look like a file

    def mark(file: dict[str, Any]) -> str:
        files[place := f"{secret}:{len(files)}"] = file
        return place

    def mark_path(value: object) -> object:
        if isinstance(value, os.PathLike) and not hasattr(type(cast("object", value)), "__replicate_url__"):
            return _Hosted(mark(_of_path(Path(cast("os.PathLike[str]", value)), store, where)))
        return cast("object", value)

    def put_file(value: Any) -> Any:
        if isinstance(value, dict) and FILE in value:
            raise InvalidInput(f"{where} has the key {FILE!r}, which stands for files in the journal", path=where)
        return files.get(value, value) if isinstance(value, str) else cast("Any", value)

    plan = plan_input(rebuild(value, mark_path), strategy="upload", root=where)
    tree = rebuild(resolve(plan, [mark(_of_source(source, store)) for source in plan.files]), put_file)
    try:
        identity = canonical({"ref": reference, "input": _identity(tree)})
    except ValueError as error:  # such as an integer of thousands of digits
        raise InvalidInput(f"{where} cannot be written as JSON: {error}", path=where) from None
    return EncodedInput(canonical(tree), hashlib.sha256(identity.encode()).hexdigest())


def decode_input(text: str) -> Any:
    """An input from the journal in readable form: files on disk as paths, other files by name."""
    return with_files(json.loads(text), lambda file: Path(file["path"]) if "path" in file else file)


def with_files(tree: Any, convert: Callable[[dict[str, Any]], Any]) -> Any:
    """A stored input with each file replaced."""

    def replace(value: Any) -> Any:
        if isinstance(value, dict) and cast("dict[str, Any]", value).keys() == {FILE}:
            return convert(cast("dict[str, Any]", value)[FILE])
        return cast("Any", value)

    return rebuild(tree, replace)


def canonical(value: Any) -> str:
    """Canonical JSON: equal values have equal text."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which databases refuse
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return text


def file_marker(file: dict[str, Any]) -> dict[str, Any]:
    """The object that represents a file in a stored input."""
    return {FILE: file}


def _of_path(path: Path, store: FileStore, where: str) -> dict[str, Any]:
    file = path.absolute()
    try:
        facts = file.stat()
        digest = store.digest_of(str(file), facts.st_size, facts.st_mtime_ns)
        if digest is None:
            digest = digest_of_file(file)
            store.remember(str(file), facts.st_size, facts.st_mtime_ns, digest)
    except OSError as error:
        raise InvalidInput(f"{where}: {str(path)!r} cannot be read: {error.strerror or error}", path=where) from None
    return file_marker({"path": str(file), "sha256": digest, "size": facts.st_size})


def digest_of_file(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _of_source(source: FileSource, store: FileStore) -> dict[str, Any]:
    content = b"".join(source.chunks(_CHUNK))
    digest = hashlib.sha256(content).hexdigest()
    store.keep(digest, content)
    file = {"name": source.name, "type": source.media_type, "sha256": digest, "size": len(content)}
    return file_marker(file)


def _identity(tree: Any) -> Any:
    """The part of a stored input that its fingerprint covers: files by their content alone."""
    return with_files(tree, lambda file: {FILE: file["sha256"]})


resolvable(__name__)
