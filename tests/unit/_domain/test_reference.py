"""What a caller may name a model, a version or a deployment by."""

from __future__ import annotations

import pytest

from replicatekit._domain.reference import Reference, check_segment, parse, parse_deployment, parse_model
from replicatekit.errors import InvalidArgument, InvalidReference

HASH = "39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b"
DP = "dp-a557b7387b4940df25b23f779dc534c4"


class Version:
    def __init__(self, id):
        self.id = id


class Model:
    def __init__(self, owner, name, latest_version=None):
        self.owner, self.name, self.latest_version = owner, name, latest_version


class Deployment:
    def __init__(self, owner, name):
        self.owner, self.name = owner, name


class LiveModel(Model):
    """What the overlay makes of a generated model: a class of another name above one called Model."""


SDXL = Reference("stability-ai", "sdxl")


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("stability-ai/sdxl", SDXL),
        ("  stability-ai/sdxl\n", SDXL),
        ("huiyegit/t2i_cl", Reference("huiyegit", "t2i_cl")),
        ("ai-forever/kandinsky-2.2", Reference("ai-forever", "kandinsky-2.2")),
        (f"stability-ai/sdxl:{HASH}", Reference("stability-ai", "sdxl", HASH)),
        (f"stability-ai/sdxl:{HASH.upper()}", Reference("stability-ai", "sdxl", HASH)),
        (f"meta/llama:{DP}", Reference("meta", "llama", DP)),
        (HASH, Reference(version=HASH)),
        (f"\t{HASH.upper()} ", Reference(version=HASH)),
        ("https://replicate.com/stability-ai/sdxl", SDXL),
        ("http://www.replicate.com/stability-ai/sdxl/", SDXL),
        ("replicate.com/stability-ai/sdxl", SDXL),
        ("HTTPS://Replicate.com/stability-ai/sdxl?input=json#api", SDXL),
        ("https://replicate.com/stability-ai/sdxl/api", SDXL),
        ("https://replicate.com/stability-ai/sdxl/api/learn-more", SDXL),
        ("https://replicate.com/stability-ai/sdxl/versions", SDXL),
        (f"https://replicate.com/stability-ai/sdxl/versions/{HASH}", Reference("stability-ai", "sdxl", HASH)),
        (f"https://replicate.com/stability-ai/sdxl:{HASH}", Reference("stability-ai", "sdxl", HASH)),
        ("https://replicate.com/deployments/acme/thumbs", Reference("acme", "thumbs", deployment=True)),
        (Model("stability-ai", "sdxl"), SDXL),
        (LiveModel("stability-ai", "sdxl", Version(HASH)), SDXL),
        (Version(HASH), Reference(version=HASH)),
        (Version(DP), Reference(version=DP)),
        (Deployment("acme", "thumbs"), Reference("acme", "thumbs", deployment=True)),
        (SDXL, SDXL),
    ],
)
def test_text_pages_and_objects_are_read(ref, expected):
    assert parse(ref).identity == expected


@pytest.mark.parametrize(
    ("ref", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("sdxl", "owner is missing"),
        ("hello world", "no '/'"),
        (HASH[:-1], "not 63"),
        (HASH + "0", "not 65"),
        (DP, "owner is missing"),
        ("/sdxl", "owner is missing"),
        ("stability-ai/", "name is missing"),
        ("stability-ai/:" + HASH, "name is missing"),
        ("stability-ai/sdxl:", "not a version id"),
        ("stability-ai/sdxl:latest", "to run the latest version"),
        ("stability-ai/sdxl:hidden", "to run the latest version"),
        (f"stability-ai/sdxl:{HASH}:{HASH}", "not a version id"),
        ("stability-ai/sdxl:../../account", "not a version id"),
        ("stability-ai/sdxl:..", "not a version id"),
        ("stability-ai/sdxl/versions", "is not a valid name"),
        ("../account", "is not a valid owner"),
        ("./account", "is not a valid owner"),
        ("acme/..", "is not a valid name"),
        ("acme/.", "is not a valid name"),
        ("acme/a?b", "is not a valid name"),
        ("acme/a#b", "is not a valid name"),
        ("acme/a%2Fb", "is not a valid name"),
        ("acme/%2e%2e", "is not a valid name"),
        ("acme/a\\b", "is not a valid name"),
        ("acme/a b", "is not a valid name"),
        ("acme/a\nb", "is not a valid name"),
        ("acme/a\x00b", "is not a valid name"),
        ("acme/a\x7fb", "is not a valid name"),
        ("acme/a;b", "is not a valid name"),
        ("acme/a@b", "is not a valid name"),
        ("acme/d\u0456ffusion", "is not a valid name"),
        ("acme/a\u200b", "is not a valid name"),
        ("acme/\uff0e\uff0e", "is not a valid name"),
        ("acme /a", "is not a valid owner"),
        ("https://replicate.com", "not the page of a model"),
        ("https://replicate.com/acme", "not the page of a model"),
        ("https://replicate.com/p/gm3qorzdhgbfurvjtvhg6dckhu", "not the page of a model"),
        ("https://replicate.com/collections/text-to-image", "not the page of a model"),
        ("https://replicate.com/acme/a/settings", "not the page of a model"),
        ("https://replicate.com/acme/../account", "not the page of a model"),
        ("https://replicate.com/../account", "is not a valid owner"),
        ("https://replicate.com/acme/%2e%2e", "is not a valid name"),
        ("https://replicate.com.evil.com/acme/a", "replicate.com"),
        ("https://evil.com/acme/a", "replicate.com"),
        ("https://token@replicate.com/acme/a", "replicate.com"),
        ("file:///etc/passwd", "replicate.com"),
        (None, "NoneType"),
        (7, "int"),
        (b"acme/a", "bytes"),
        ({"name": "a", "owner": "acme"}, "dict"),
        (Model("acme", None), "no owner and name"),
        (Model("acme", "../x"), "is not a valid name"),
        (Deployment("", "x"), "owner is missing"),
        (Version(None), "no version id"),
        (Version("hidden"), "no version id"),
        (Version("../x"), "no version id"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason_the_value_and_what_was_expected(ref, why):
    with pytest.raises(InvalidReference) as caught:
        parse(ref)
    message = str(caught.value)
    assert why in message
    assert "expected 'owner/name'" in message
    assert repr(ref)[:100] in message


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(InvalidReference) as caught:
        parse("x" * 100_000)
    assert len(str(caught.value)) < 500


def test_a_model_that_knows_its_latest_version_passes_it_on():
    assert parse(Model("acme", "a", Version(HASH))).latest == HASH
    assert parse(Model("acme", "a", Version("hidden"))).latest is None
    assert parse(Model("acme", "a")).latest is None


def test_a_reference_reads_as_what_was_given():
    for text in ("acme/a", f"acme/a:{HASH}", HASH):
        assert str(parse(text)) == text
    assert parse("acme/a").model == "acme/a"
    assert parse(HASH).model is None


def test_a_deployment_is_named_by_owner_and_name():
    expected = Reference("acme", "thumbs", deployment=True)
    for ref in ("acme/thumbs", Deployment("acme", "thumbs"), "https://replicate.com/deployments/acme/thumbs"):
        assert parse_deployment(ref) == expected
    for ref in (HASH, f"acme/thumbs:{HASH}", Model("acme", "thumbs"), Version(HASH), "thumbs", None):
        with pytest.raises(InvalidReference, match="expected 'owner/name'"):
            parse_deployment(ref)


def test_a_model_is_named_with_or_without_a_version():
    assert parse_model("acme/a") == Reference("acme", "a")
    assert parse_model(f"acme/a:{HASH}").version == HASH
    for ref in (HASH, Version(HASH), Deployment("acme", "a")):
        with pytest.raises(InvalidReference, match="does not name a model"):
            parse_model(ref)


@pytest.mark.parametrize("value", ["gm3qorzdhgbfurvjtvhg6dckhu", "text-to-image", "NGZi=", "a.b", "..a"])
def test_ids_are_safe_segments_of_a_path(value):
    assert check_segment(value, "an id") == value


@pytest.mark.parametrize("value", ["", ".", "..", "a/b", "a?b", "a#b", "a%2Fb", "a b", "é", "a\n", "a\\b", None, 3])
def test_what_would_become_another_path_is_no_id(value):
    with pytest.raises(InvalidArgument, match="is not a prediction id"):
        check_segment(value, "a prediction id")
