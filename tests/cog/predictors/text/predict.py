"""A text from a text, as slowly as it is told to, and in the moods that a model can have."""

import os
import time
from typing import Optional

from cog import BasePredictor, Input


class Predictor(BasePredictor):
    def setup(self) -> None:
        self.greeting = os.environ.get("GREETING", "hello")

    def predict(
        self,
        text: str = Input(description="Who is greeted"),
        times: int = Input(default=1, ge=1, le=5),
        tone: str = Input(default="plain", choices=["plain", "loud"]),
        seconds: float = Input(default=0.0, ge=0),
        mood: Optional[str] = Input(default=None, description="`bad`: it fails; `worse`: its process dies"),
    ) -> str:
        print(f"greeting {text}")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.01)
        if mood == "bad":
            raise ValueError(f"not in the mood for {text}")
        if mood == "worse":
            os._exit(3)
        if mood == "curious":
            return os.environ.get("REPLICATE_API_TOKEN", "no token")
        words = " ".join([f"{self.greeting} {text}"] * times)
        return words.upper() if tone == "loud" else words
