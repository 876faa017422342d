"""Findings of the doctor: one line each."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Only a PROBLEM makes the command fail; ADVICE is for the operator to weigh."""

    OK = "ok"
    ADVICE = "advice"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    area: str
    severity: Severity
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        if self.severity is Severity.OK:
            return f"ok {self.area}: {self.text}"
        advice = " (advice)" if self.severity is Severity.ADVICE else ""
        return f"! {self.area}{advice}: {self.text} → {self.remedy}"


@dataclass(frozen=True, slots=True)
class Area:
    """Makes findings about one subject."""

    name: str

    def ok(self, text: str) -> Finding:
        return Finding(self.name, Severity.OK, text)

    def advice(self, text: str, remedy: str) -> Finding:
        return Finding(self.name, Severity.ADVICE, text, remedy)

    def problem(self, text: str, remedy: str) -> Finding:
        return Finding(self.name, Severity.PROBLEM, text, remedy)
