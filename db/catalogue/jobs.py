"""Jobs of the catalogue in the chat."""

from db.jobs import Job


class SendCatalogueJob(Job):
    """The catalogue as a file. `copy`: under which number."""

    name = "send_catalogue"
    copy: int


class ReadCatalogueJob(Job):
    """Fetches a catalogue file that came in, and shows what loading it would change."""

    name = "read_catalogue"
    copy: int


class LoadCatalogueJob(Job):
    """`stamp`: of what was confirmed; `forced`: also over what others have changed. `message_id` shows it."""

    name = "load_catalogue"
    copy: int
    stamp: int
    forced: bool
    message_id: int | None = None
