"""What an examination finds: one line each."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """ADVICE is for a person to weigh; only a PROBLEM makes the examination fail."""

    OK = "ok"
    ADVICE = "advice"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    area: str
    verdict: Verdict
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        if self.verdict is Verdict.OK:
            return f"ok {self.area}: {self.text}"
        advice = " (advice)" if self.verdict is Verdict.ADVICE else ""
        return f"! {self.area}{advice}: {self.text} → {self.remedy}"


@dataclass(frozen=True, slots=True)
class Area:
    """Makes the findings about one thing."""

    name: str

    def ok(self, text: str) -> Finding:
        return Finding(self.name, Verdict.OK, text)

    def advice(self, text: str, remedy: str) -> Finding:
        return Finding(self.name, Verdict.ADVICE, text, remedy)

    def problem(self, text: str, remedy: str) -> Finding:
        return Finding(self.name, Verdict.PROBLEM, text, remedy)
