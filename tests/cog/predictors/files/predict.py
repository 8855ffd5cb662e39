"""Files in, files out."""

import tempfile
from typing import List, Optional

from cog import BasePredictor, Input, Path


class Predictor(BasePredictor):
    def predict(
        self,
        document: Path = Input(description="What is turned around"),
        more: Optional[List[Path]] = Input(default=None, description="What goes after it"),
        name: str = Input(default="turned around.txt"),
    ) -> Path:
        parts = [document.read_bytes()[::-1], *(each.read_bytes() for each in more or [])]
        print(f"{document.suffix or 'no'}-file and {len(parts) - 1} more")
        result = Path(tempfile.mkdtemp()) / name
        result.write_bytes(b"".join(parts))
        return Path(str(result))
