"""What can be run: text, a pasted page address or an object, read into a `Reference`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from replicatekit._base.validation import format_value, with_article
from replicatekit.errors import InvalidArgument, InvalidReference

if TYPE_CHECKING:
    from replicatekit_api.models import Deployment, Model, Version

    Runnable = str | Model | Version | Deployment

__all__ = ["Reference", "check_segment", "parse", "parse_deployment", "parse_model"]

EXPECTED = "'owner/name', 'owner/name:version', a version id of 64 hex digits, a Model, a Version or a Deployment"

# ASCII on purpose: these go into paths, and a name with `/`, `?`, `#`, `%` or a control character would be
# another path. Digits, letters, `.`, `_` and `-` are all that the names and ids of real models hold.
_NAME = re.compile(r"[A-Za-z0-9._-]+")
# Official models answer with ids such as `dp-a557…`, so only a bare id has to look like a hash.
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HASH = re.compile(r"[0-9A-Fa-f]{64}")
_PAGE = re.compile(r"(?:https?://)?(?:www\.)?replicate\.com(?:/([^?#]*))?(?:[?#].*)?", re.IGNORECASE)
_SEGMENT = re.compile(r"[A-Za-z0-9._~=-]+")

# Tabs of a model's page, and pages that are no model although their address has the same form.
_TABS = frozenset({"api", "examples", "playground", "readme", "train", "versions"})
_NOT_OWNERS = frozenset({"p", "collections", "docs", "explore", "account", "blog"})


class Reference(NamedTuple):
    """A model, one version of a model, a version by its id alone, or a deployment."""

    owner: str | None = None
    name: str | None = None
    version: str | None = None
    deployment: bool = False
    latest: str | None = None
    """The latest version, where a `Model` told it: spares a look-up for a model that runs by version only."""
    described: object = None
    """The `Model` or `Version` that was given: its schema spares a look-up as well."""

    @property
    def model(self) -> str | None:
        """`owner/name` (of the deployment, if it is one), or None where only a version id is known."""
        return f"{self.owner}/{self.name}" if self.owner else None

    @property
    def surely_runs_by(self) -> str | None:
        """The latest version, where the `Model` that was given says that its name alone would be tried in vain."""
        is_official = getattr(self.described, "is_official", None)
        return self.latest if is_official is False and self.latest and _HASH.fullmatch(self.latest) else None

    @property
    def meant(self) -> Reference:
        """The same without what else is known of it: what two references share that mean the same."""
        return Reference(self.owner, self.name, self.version, self.deployment)

    def __str__(self) -> str:
        if self.owner and self.version:
            return f"{self.owner}/{self.name}:{self.version}"
        return self.model or self.version or ""


def parse(ref: Runnable | Reference) -> Reference:
    """What `ref` names.

    Text may be surrounded by whitespace, or be the address of a model's or version's page on replicate.com.

    Raises:
        InvalidReference: with the value and what was expected.
    """
    if isinstance(ref, Reference):
        return ref
    if isinstance(ref, str):
        return _from_text(ref)
    return _from_object(ref)


def parse_model(ref: Runnable | Reference) -> Reference:
    """The same for what must name a model: `owner/name`, with a version or without."""
    reference = parse(ref)
    if reference.owner is None or reference.deployment:
        raise _invalid(ref, "it does not name a model", expected="'owner/name' or a Model")
    return reference


def parse_deployment(ref: str | Deployment | Reference) -> Reference:
    """The same for what must be a deployment: text `owner/name` means one here."""
    reference = parse(ref)
    expected = "'owner/name' or a Deployment"
    if reference.owner is None or reference.version:
        raise _invalid(ref, "a deployment has an owner, a name and no version", expected=expected)
    if not isinstance(ref, (str, Reference)) and not reference.deployment:
        raise _invalid(ref, "it is no deployment", expected=expected)
    return Reference(reference.owner, reference.name, deployment=True)


def check_segment(value: object, what: str) -> str:
    """`value`, if it is safe as one segment of a path.

    Args:
        value: An id or a name that the caller gave.
        what: What it is, for the error: `a prediction id`.

    Raises:
        InvalidArgument: where it would become another path.
    """
    if not isinstance(value, str) or not _SEGMENT.fullmatch(value) or not value.strip("."):
        raise InvalidArgument(f"{format_value(value)} is not {what}: it must be letters, digits and any of . _ ~ = -")
    return value


def _from_text(text: str) -> Reference:
    stripped = text.strip()
    page = _PAGE.fullmatch(stripped)
    if page:
        return _from_page(text, page[1] or "")
    if "://" in stripped:
        raise _invalid(text, "of addresses, only those of pages on replicate.com can be read")
    if "/" not in stripped:
        if _HASH.fullmatch(stripped):
            return Reference(version=stripped.lower())
        raise _invalid(text, _why_not_an_id(stripped))
    owner, _, rest = stripped.partition("/")
    return _named(text, owner, *_split(rest))


def _from_page(text: str, path: str) -> Reference:
    segments = [segment for segment in path.split("/") if segment]
    if segments[:1] == ["deployments"] and len(segments) == 3:
        _, owner, name = segments
        return Reference(_name(text, owner, "owner"), _name(text, name, "name"), deployment=True)
    match segments:
        case [owner, name] if owner not in _NOT_OWNERS:
            return _named(text, owner, *_split(name))
        case [owner, name, "versions", version]:
            return _named(text, owner, name, version)
        case [owner, name, tab, *_] if tab in _TABS and owner not in _NOT_OWNERS:
            return _named(text, owner, name, None)
        case _:
            raise _invalid(text, "that page is not a model's, a version's or a deployment's")


def _split(rest: str) -> tuple[str, str | None]:
    name, colon, version = rest.partition(":")
    return name, version if colon else None


def _from_object(thing: object) -> Reference:
    # By the names of its classes: no import of all models for a look at one, and a value that wraps or
    # extends a generated model under its name counts as one.
    kinds = {cls.__name__ for cls in type(thing).__mro__}
    if kinds & {"Model", "Deployment"}:
        owner, name = getattr(thing, "owner", None), getattr(thing, "name", None)
        if not isinstance(owner, str) or not isinstance(name, str):
            raise _invalid(thing, "it has no owner and name")
        owner, name = _name(thing, owner, "owner"), _name(thing, name, "name")
        if "Deployment" in kinds:
            return Reference(owner, name, deployment=True)
        latest = getattr(getattr(thing, "latest_version", None), "id", None)
        return Reference(owner, name, latest=latest if _runs(latest) else None, described=thing)
    if "Version" in kinds:
        version = getattr(thing, "id", None)
        if not isinstance(version, str) or not _runs(version):
            raise _invalid(thing, "it has no id that can be run")
        return Reference(version=version, described=thing)
    raise _invalid(thing, f"{with_article(type(thing).__name__)} cannot be run")


def _named(given: object, owner: str, name: str, version: str | None) -> Reference:
    owner, name = _name(given, owner, "owner"), _name(given, name, "name")
    if version is None:
        return Reference(owner, name)
    if version in ("latest", "hidden"):
        # `hidden` is what the API says in place of the version of some models; both run by their name alone.
        raise _invalid(
            given, f"{format_value(version)} is no version: leave it out to run the latest, '{owner}/{name}'"
        )
    if not _VERSION.fullmatch(version):
        raise _invalid(given, f"{format_value(version)} is not a version id")
    return Reference(owner, name, version.lower() if _HASH.fullmatch(version) else version)


def _name(given: object, value: str, what: str) -> str:
    if not value:
        raise _invalid(given, f"the {what} is missing")
    if not _NAME.fullmatch(value) or not value.strip("."):
        raise _invalid(given, f"{format_value(value)} cannot be the {what}: only letters, digits, '.', '_' and '-'")
    return value


def _runs(version: object) -> bool:
    return isinstance(version, str) and version != "hidden" and _VERSION.fullmatch(version) is not None


def _why_not_an_id(text: str) -> str:
    if not text:
        return "it is empty"
    if re.fullmatch(r"[0-9A-Fa-f]{32,}", text):
        return f"a version id has 64 hex digits, this has {len(text)}"
    if _NAME.fullmatch(text):
        return "the owner is missing"
    return "it has no '/' between an owner and a name"


def _invalid(value: object, why: str, *, expected: str = EXPECTED) -> InvalidReference:
    return InvalidReference(f"Cannot read {format_value(value)} as a reference: {why}. Expected {expected}.")
