"""References to what can be run: text, the address of a page on replicate.com, or an object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, cast

from replicatekit._base.validation import format_value
from replicatekit.errors import InvalidArgument, InvalidReference

if TYPE_CHECKING:
    from replicatekit_api.models import Deployment, Model, Version

    Runnable = str | Model | Version | Deployment

_EXPECTED = "'owner/name', 'owner/name:version', a version id of 64 hex digits, a Model, a Version or a Deployment"

# ASCII only: names become parts of paths, and `/`, `?`, `#`, `%` or a control character would change the path. The
# names and ids of real models contain only digits, letters, `.`, `_` and `-`.
_NAME = re.compile(r"[A-Za-z0-9._-]+")
# Official models have version ids such as `dp-a557…`, so only an id without a model must look like a hash.
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HASH = re.compile(r"[0-9A-Fa-f]{64}")
_PAGE = re.compile(r"(?:https?://)?(?:www\.)?replicate\.com(?:/([^?#]*))?(?:[?#].*)?", re.IGNORECASE)
_SEGMENT = re.compile(r"[A-Za-z0-9._~=-]{1,1000}")

# Tabs of a model's page, and pages of the same form that are not models.
_TABS = frozenset({"api", "examples", "playground", "readme", "train", "versions"})
_NOT_OWNERS = frozenset({"p", "collections", "docs", "explore", "account", "blog"})


class Reference(NamedTuple):
    """A model, one version of a model, a version by its id alone, or a deployment."""

    owner: str | None = None
    name: str | None = None
    version: str | None = None
    deployment: bool = False
    latest: str | None = None
    """The latest version, if a `Model` was given: saves a request for a model that runs by version only."""
    described: object = None
    """The `Model` or `Version` that was given: its schema saves a request too."""

    @property
    def model(self) -> str | None:
        """`owner/name` of the model or deployment; None for a version id alone."""
        return f"{self.owner}/{self.name}" if self.owner else None

    @property
    def path(self) -> tuple[str, str]:
        """Owner and name, as parts of a URL's path."""
        return self.owner or "", self.name or ""

    @property
    def required_version(self) -> str | None:
        """The latest version, if the `Model` that was given says that it cannot be run by its name."""
        is_official = getattr(self.described, "is_official", None)
        return self.latest if is_official is False and self.latest and _HASH.fullmatch(self.latest) else None

    @property
    def identity(self) -> Reference:
        """The reference without further data: equal for two references to the same thing."""
        return Reference(self.owner, self.name, self.version, self.deployment)

    def __str__(self) -> str:
        if self.owner and self.version:
            return f"{self.owner}/{self.name}:{self.version}"
        return self.model or self.version or ""


def parse(ref: Runnable | Reference) -> Reference:
    """Read a reference.

    Text may be surrounded by whitespace, or be the address of a model's or version's page on replicate.com.

    Raises:
        InvalidReference: The value cannot be read; the error shows it, and what was expected.
    """
    if isinstance(ref, Reference):
        return ref
    if isinstance(ref, str):
        return _from_text(ref)
    return _from_object(ref)


def reference_of(ref: Runnable | None, deployment: str | Deployment | None) -> Reference:
    """Read what to run from the two arguments that can name it.

    Raises:
        InvalidReference: The value cannot be read.
        InvalidArgument: Both are given, or neither.
    """
    if ref is None and deployment is None:
        raise InvalidArgument(
            "no model was given: pass 'owner/name' as the first argument, or deployment='owner/name' for a deployment"
        )
    if ref is not None and deployment is not None:
        both = f"a model ({format_value(str(parse(ref)))}) and deployment={format_value(str(parse(deployment)))}"
        raise InvalidArgument(f"both {both} were given: pass only one")
    return parse(cast("Runnable", ref)) if deployment is None else parse_deployment(deployment)


def parse_model(ref: Runnable | Reference) -> Reference:
    """Read a reference to a model: `owner/name`, with a version or without."""
    reference = parse(ref)
    if reference.owner is None or reference.deployment:
        raise _invalid(ref, "it does not name a model", expected="'owner/name' or a Model")
    return reference


def parse_deployment(ref: str | Deployment | Reference) -> Reference:
    """Read a reference to a deployment, such as the text `owner/name`."""
    reference = parse(ref)
    expected = "'owner/name' or a Deployment"
    if reference.owner is None or reference.version:
        raise _invalid(ref, "a deployment has an owner, a name and no version", expected=expected)
    if not isinstance(ref, (str, Reference)) and not reference.deployment:
        raise _invalid(ref, "it is not a deployment", expected=expected)
    return Reference(reference.owner, reference.name, deployment=True)


def check_segment(value: object, what: str) -> str:
    """Return `value` if it is safe as one segment of a path.

    Args:
        value: An id or a name that the caller gave.
        what: What the value should be, for the error: `a prediction id`.

    Raises:
        InvalidArgument: The value would change the path.
    """
    if value == "":
        raise InvalidArgument(f"'' is not {what}: it is empty")
    if not isinstance(value, str) or not _SEGMENT.fullmatch(value) or not value.strip("."):
        raise InvalidArgument(
            f"{format_value(value)} is not {what}: only letters, digits and . _ ~ = - are allowed, up to 1,000"
        )
    return value


def _from_text(text: str) -> Reference:
    stripped = text.strip()
    page = _PAGE.fullmatch(stripped)
    if page:
        return _from_page(text, page[1] or "")
    if "://" in stripped:
        raise _invalid(text, "the only URLs that can be read are those of pages on replicate.com")
    if "/" not in stripped:
        if _HASH.fullmatch(stripped):
            return Reference(version=stripped.lower())
        raise _invalid(text, _why_not_an_id(stripped))
    owner, _, rest = stripped.partition("/")
    return _new_reference(text, owner, *_split(rest))


def _from_page(text: str, path: str) -> Reference:
    segments = [segment for segment in path.split("/") if segment]
    if segments[:1] == ["deployments"] and len(segments) == 3:
        _, owner, name = segments
        return Reference(_name(text, owner, "owner"), _name(text, name, "name"), deployment=True)
    match segments:
        case [owner, name] if owner not in _NOT_OWNERS:
            return _new_reference(text, owner, *_split(name))
        case [owner, name, "versions", version]:
            return _new_reference(text, owner, name, version)
        case [owner, name, tab, *_] if tab in _TABS and owner not in _NOT_OWNERS:
            return _new_reference(text, owner, name, None)
        case _:
            raise _invalid(text, "it is not the page of a model, a version or a deployment")


def _split(rest: str) -> tuple[str, str | None]:
    name, colon, version = rest.partition(":")
    return name, version if colon else None


def _from_object(thing: object) -> Reference:
    # Class names are compared: this imports no generated models, and accepts subclasses of the same name.
    kinds = {cls.__name__ for cls in type(thing).__mro__}
    if kinds & {"Model", "Deployment"}:
        owner, name = getattr(thing, "owner", None), getattr(thing, "name", None)
        if not isinstance(owner, str) or not isinstance(name, str):
            raise _invalid(thing, "it has no owner and name")
        owner, name = _name(thing, owner, "owner"), _name(thing, name, "name")
        if "Deployment" in kinds:
            return Reference(owner, name, deployment=True)
        latest = getattr(getattr(thing, "latest_version", None), "id", None)
        return Reference(owner, name, latest=latest if _can_run(latest) else None, described=thing)
    if "Version" in kinds:
        version = getattr(thing, "id", None)
        if not isinstance(version, str) or not _can_run(version):
            raise _invalid(thing, "it has no version id that can be run")
        return Reference(version=version, described=thing)
    raise _invalid(thing, f"it is of the type {type(thing).__name__}")


def _new_reference(ref: object, owner: str, name: str, version: str | None) -> Reference:
    owner, name = _name(ref, owner, "owner"), _name(ref, name, "name")
    if version is None:
        return Reference(owner, name)
    if version in ("latest", "hidden"):
        # The API returns `hidden` in place of the version of some models, which run by their name.
        raise _invalid(
            ref, f"{format_value(version)} is not a version id; to run the latest version, write '{owner}/{name}'"
        )
    if not _VERSION.fullmatch(version):
        raise _invalid(ref, f"{format_value(version)} is not a version id")
    return Reference(owner, name, version.lower() if _HASH.fullmatch(version) else version)


def _name(ref: object, value: str, what: str) -> str:
    if not value:
        raise _invalid(ref, f"the {what} is missing")
    if not _NAME.fullmatch(value) or not value.strip("."):
        raise _invalid(
            ref, f"{format_value(value)} is not a valid {what}: only letters, digits, '.', '_' and '-' are allowed"
        )
    return value


def _can_run(version: object) -> bool:
    return isinstance(version, str) and version != "hidden" and _VERSION.fullmatch(version) is not None


def _why_not_an_id(text: str) -> str:
    if not text:
        return "it is empty"
    if re.fullmatch(r"[0-9A-Fa-f]{32,}", text):
        return f"a version id has 64 hex digits, not {len(text)}"
    if _NAME.fullmatch(text):
        return "the owner is missing"
    return "it has no '/' between an owner and a name"


def _invalid(value: object, why: str, *, expected: str = _EXPECTED) -> InvalidReference:
    return InvalidReference(f"{format_value(value)} is not a reference: {why}; expected {expected}")
