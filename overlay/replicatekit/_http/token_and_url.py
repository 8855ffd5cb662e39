"""Read the token and the base URL as users write them in variables and files, or copy them from pages."""

from __future__ import annotations

import re

from replicatekit.errors import InvalidArgument

TOKEN_VARIABLE = "REPLICATE_API_TOKEN"  # noqa: S105 (the variable's name)

_WITHOUT_PATH = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
_MARKS = "\ufeff\u200b"  # in files from Windows and in web pages; `strip` keeps them
_SCHEMES = ("bearer ", "token ")
_NOT_IN_A_TOKEN = (
    (r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "a line end or another control character"),
    (r"\s", "a blank"),
    (r"[^\x00-\x7f]", "a character outside ASCII"),
    (r"[\"'`]", "a quotation mark: if the token was quoted, one of its two quotes is missing"),
    (r"[<>{}$]|^(?:none|null|undefined)$", "no token but a placeholder that nothing has replaced"),
)


def strip_quotes(text: str) -> str:
    """A text without the blanks and marks around it, and without the quotes that docker's `--env-file` keeps."""
    while True:
        text = text.strip().strip(_MARKS).strip()
        if len(text) < 2 or text[0] != text[-1] or text[0] not in "\"'":
            return text
        text = text[1:-1]


def check_token(value: object) -> str:
    """Check the caller's token, which may be empty, and return it.

    Raises:
        InvalidArgument: It cannot be a token. The message does not show it: it may be a token with one typing error.
    """
    if not isinstance(value, str):
        raise InvalidArgument(f"the API token must be a str, not {type(value).__name__}")
    token = strip_quotes(value)
    if token.lower().startswith(_SCHEMES):
        raise InvalidArgument("the API token must be given alone, without the word before it (Bearer or Token)")
    if token.startswith(f"{TOKEN_VARIABLE}="):
        raise InvalidArgument(f"the API token must be given alone, without {TOKEN_VARIABLE}= before it")
    for pattern, what in _NOT_IN_A_TOKEN:
        if re.search(pattern, token, re.IGNORECASE):
            raise InvalidArgument(f"the API token contains {what}")
    return token


def with_version(base_url: str) -> str:
    """A base URL with its version: `https://api.replicate.com`, the official client's form, means `.../v1`."""
    url = base_url.rstrip("/")
    return f"{url}/v1" if _WITHOUT_PATH.fullmatch(url) else url
