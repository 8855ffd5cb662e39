"""A typed client for another API, generated from its OpenAPI document (here `albums.yaml`) with this project's scripts.

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
            created = create.sync(client=client, body={"title": "Llamas"})
            album = get.sync(str(created.id), client=client)
        except ApiError as error:  # each call sends one request, without retries
            print(error, file=sys.stderr)
            return 1
    print(album.id, album.title, album.created_at)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
