"""How often things happen. Arguments of the composition root, so that tests can make them short."""

from dataclasses import dataclass, field
from datetime import timedelta

from db.connecting.codes import CodeLimits


def seconds(*values: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=value) for value in values)


@dataclass(frozen=True, slots=True)
class Timings:
    """`asks` are the waits before an open payment is asked for again; the last one repeats until the link ends.

    `heartbeat`: a job whose worker has been silent for so long is taken by another one.
    """

    asks: tuple[timedelta, ...] = field(default_factory=lambda: seconds(5, 10, 20, 40, 120))
    stuck_charge: timedelta = timedelta(hours=1)  # before what could not be credited is tried again
    ended_link: timedelta = timedelta(hours=1)  # between questions about a payment whose link has ended
    link_lives: timedelta = timedelta(hours=1)  # not ours to choose: docs/facts.md#payment-life
    slow_link: timedelta = timedelta(seconds=5)  # after which the payer is told that the link takes longer
    grant_news: timedelta = timedelta(minutes=1)  # before a learner hears of what an admin gave or took
    unknown_waits: timedelta = timedelta(seconds=15)  # before a payment that no purchase bears is parked
    heartbeat: timedelta = timedelta(seconds=30)
    dequeue: timedelta = timedelta(seconds=5)
    job_retry: timedelta = timedelta(seconds=1)
    job_retry_most: timedelta = timedelta(minutes=2)
    mail_retry: timedelta = timedelta(seconds=10)  # before a letter that was not taken is tried again
    mail_retry_most: timedelta = timedelta(minutes=10)
    pace: timedelta = timedelta(milliseconds=40)  # between two messages that nobody waits for: 25 a second
    poll: int = 25  # seconds a getUpdates may wait
    replies: timedelta = timedelta(seconds=1)  # an update waits for them, then it is confirmed without
    body: timedelta = timedelta(seconds=20)  # within which the body of a request must have come
    idle: timedelta = timedelta(
        seconds=75
    )  # a connection without a request is closed; proxies keep theirs for 60
    connections: int = 400  # open ones of HTTP; the usual limit of files of a process is 1024
    answer: timedelta = timedelta(seconds=20)  # a request has left when its connection has to go
    burst: int = 20  # updates a person may send at once; payments are not counted
    every: timedelta = timedelta(seconds=1)  # one more each, after that
    codes: CodeLimits = field(default_factory=CodeLimits)  # that prove an e-mail
    tries: int = 5  # wrong promo codes before a person has to wait
    tries_wait: timedelta = timedelta(minutes=15)
    questions: int = 20  # messages to the school before a person has to wait
    questions_wait: timedelta = timedelta(minutes=10)
    data_wait: timedelta = timedelta(minutes=10)  # before a person's data is put together once more
    restart: timedelta = timedelta(seconds=1)
    restart_most: timedelta = timedelta(seconds=15)

    def ask_after(self, asked: int) -> timedelta:
        return self.asks[min(asked, len(self.asks) - 1)]
