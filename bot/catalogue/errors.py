"""What is wrong with a catalogue file."""


class CatalogueError(Exception):
    """`lines`: one for each mistake, with its place in the file."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
