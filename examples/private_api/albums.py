"""A typed client for an API of your own, generated from its document (`albums.yaml` here) by this project's generator.

In a clone of the repository:

    make .venv/.ready
    .venv/bin/python scripts/generate.py --spec examples/private_api/albums.yaml --output build/albums
    PYTHONPATH=build/albums ALBUMS_TOKEN=... .venv/bin/python examples/private_api/albums.py https://albums.example.com/v1

The generated package stands alone: copy it into your project. It needs attrs, httpx and python-dateutil.
"""

from __future__ import annotations

import os
import sys

from replicatekit_api import AuthenticatedClient
from replicatekit_api.api.albums import create, get
from replicatekit_api.errors import ApiError


def main(base_url: str) -> int:
    with AuthenticatedClient(base_url, token=os.environ["ALBUMS_TOKEN"]) as client:
        try:
            made = create.sync(client=client, body={"title": "Llamas"})
            album = get.sync(str(made.id), client=client)
        except ApiError as error:  # one call is one request: nothing is sent twice
            print(error, file=sys.stderr)
            return 1
    print(album.id, album.title, album.created_at)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
