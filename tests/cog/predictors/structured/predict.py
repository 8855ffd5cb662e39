"""An object with a list, a number, something that may be missing, and a file."""

import tempfile
from typing import List, Optional

from cog import BaseModel, BasePredictor, Input, Path


class Output(BaseModel):
    words: List[str]
    length: int
    longest: Optional[str]
    report: Path


class Predictor(BasePredictor):
    def predict(self, text: str = Input(description="What is looked at")) -> Output:
        words = text.split()
        report = Path(str(Path(tempfile.mkdtemp()) / "report.txt"))
        report.write_text(f"{len(words)} words\n")
        longest = max(words, key=len) if words else None
        return Output(words=words, length=len(text), longest=longest, report=report)
