"""A text in pieces."""

import time

from cog import BasePredictor, ConcatenateIterator, Input


class Predictor(BasePredictor):
    def predict(
        self,
        prompt: str,
        pieces: int = Input(default=3, ge=0, le=1000),
        pause: float = Input(default=0.0, ge=0, le=10),
    ) -> ConcatenateIterator[str]:
        for number in range(pieces):
            time.sleep(pause)
            if number % 2 == 0:
                print(f"piece-{number}")
            yield f"{prompt}-{number} "
