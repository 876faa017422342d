"""The folder of the embedded PostgreSQL: where everything lies, who may run it, how it is first made.

DATA_DIR/postgres/            0700
    data/                     PostgreSQL's own; made as data.new, then renamed
    s/.s.PGSQL.5432           the unix socket (elsewhere if that path would be too long)
    tie                       FIFO, the lifeline: the server lives as long as somebody holds its write end
    users, lock               kernel locks: who uses the server; who starts or stops it
    server.log, server.log.1  what the server said
"""

import asyncio
import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from db.postgres.binaries import Binaries, child_environment

PORT = 5432  # only the socket's name: there is no TCP
USER = "app"
NOBODY = 65534
SOCKET_FOLDER_LIMIT = 80  # bytes; sun_path holds 107 (macOS 103) with "/.s.PGSQL.5432.lock" after it
LOG_LIMIT = 5_000_000  # bytes, looked at before a start

SERVER_OPTIONS = (
    "max_connections=100",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_line_prefix=%m [%p] ",
    # Errors of statements hold people's e-mails and names, and whoever sent the statement logs them.
    "log_min_messages=log",
    "log_error_verbosity=terse",
)
VOLATILE_OPTIONS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)


class ServerError(RuntimeError):
    """The embedded server cannot be used; the text says why and shows the server's last words."""


class WrongMajorError(ServerError):
    """The data folder was made by another major version of PostgreSQL than the programs at hand."""

    def __init__(self, folder: Path, found: str, binaries: Binaries) -> None:
        super().__init__(
            f"{folder} was made by PostgreSQL {found}, but {binaries.folder} holds PostgreSQL "
            f"{binaries.major}: point PG_BIN at the bin folder of PostgreSQL {found}, back up with it, "
            "and restore into an empty DATA_DIR"
        )
        self.folder, self.found, self.wanted = folder, found, binaries.major


class Cluster:
    """Paths and preparation of one embedded cluster; starting and stopping is EmbeddedServer's."""

    def __init__(self, data_dir: Path) -> None:
        self.home = data_dir.expanduser().absolute() / "postgres"
        self.data = self.home / "data"
        self.lifeline = self.home / "tie"
        self.users = self.home / "users"
        self.lock = self.home / "lock"
        self.log = self.home / "server.log"
        self.sockets = _socket_folder(self.home)

    def make_home(self) -> None:
        """Creates the folder that the lock lies in."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)

    def make_ready(self) -> None:
        """Creates socket folder and FIFO, or refuses a socket folder that somebody else put there.

        Only under the lock: whoever leaves last removes a socket folder outside DATA_DIR.
        """
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        _refuse_foreign(self.sockets, self.home)
        if not self.lifeline.exists():
            os.mkfifo(self.lifeline, 0o600)

    def hand_over(self) -> None:
        """As root, gives what we made in a plain user's folder to that user, who comes after us."""
        if os.geteuid() != 0:
            return
        owner = self.home.stat()
        for entry in (self.sockets, *self.home.iterdir()):
            if entry != self.data and entry.lstat().st_uid != owner.st_uid:
                os.chown(entry, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def tidy(self) -> None:
        """After the server has stopped: leaves nothing outside DATA_DIR."""
        if self.sockets.parent != self.home:
            with contextlib.suppress(OSError):  # it still stops, or has never started
                self.sockets.rmdir()

    async def make_data(self, binaries: Binaries, *, durable: bool, lock: int) -> None:
        """Makes the data folder if there is none; raises WrongMajorError if there is one of another version.

        `lock` is inherited by initdb: if we are killed now, nobody else begins before initdb has ended too.
        """
        if self.data.exists():
            found = (self.data / "PG_VERSION").read_text().strip()
            if found != str(binaries.major):
                raise WrongMajorError(self.data, found, binaries)
            return
        fresh = self.data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)
        await self._initdb(binaries, fresh, durable=durable, lock=lock)
        fresh.rename(self.data)

    async def _initdb(self, binaries: Binaries, fresh: Path, *, durable: bool, lock: int) -> None:
        command = [*self.unprivileged(), binaries.path("initdb"), "-D", str(fresh), *_initdb_options(durable)]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=child_environment(),
            pass_fds=(lock,),
            start_new_session=True,
        )
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise ServerError(f"initdb failed in {fresh}:\n{tail(output)}")

    def unprivileged(self) -> list[str]:
        """The prefix that makes a command run as somebody PostgreSQL accepts: it refuses uid 0.

        A user namespace needs no second user and leaves all files root's. Where it is forbidden (Docker's
        seccomp profile) setpriv runs the server as `nobody`, who then owns the folder; a folder that
        belongs to somebody else already is served as its owner.
        """
        if os.geteuid() != 0:
            return []
        owner = self.home.stat()
        if owner.st_uid == 0 and _user_namespaces():
            return ["unshare", "-U", f"--map-user={NOBODY}"]
        if owner.st_uid == 0:
            give_away(self.home, NOBODY)
            give_away(self.sockets, NOBODY)
            owner = self.home.stat()
        return ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups"]

    def refuse_unreachable(self, binaries: Binaries) -> None:
        """Raises ServerError naming the folder that whoever serves in root's place may not enter.

        A checkout in /root is the common case: the programs lie there, and only root may pass.
        """
        command = self.unprivileged()
        for folder in (binaries.folder, self.home) if command else ():
            entering = [*command, "sh", "-c", 'cd "$1"', "sh", str(folder)]
            if subprocess.run(entering, capture_output=True, cwd="/").returncode != 0:
                raise ServerError(
                    f"PostgreSQL does not run as root here, and {folder} can be entered by root alone: "
                    "keep the project and its data outside root's home (/srv, /opt), or run it as another user"
                )

    def command(self, binaries: Binaries, options: Sequence[str], *, durable: bool) -> list[str]:
        """The server's command line; `options` are `name=value` and win over ours."""
        quoted = str(self.sockets).replace('"', '""')
        ours = ("listen_addresses=", f'unix_socket_directories="{quoted}"', "unix_socket_permissions=0700")
        settings = (*SERVER_OPTIONS, *(() if durable else VOLATILE_OPTIONS), *options, *ours, f"port={PORT}")
        flags = [part for setting in settings for part in ("-c", setting)]
        return [*self.unprivileged(), binaries.path("postgres"), "-D", str(self.data), *flags]

    def open_log(self) -> int:
        """A descriptor at the log's end; an overlong log is put aside first."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_name("server.log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def postmaster(self) -> int | None:
        """The pid of a server that runs on our data folder without our knowing, None if there is none.

        postmaster.pid alone proves nothing: after a crash or in a restarted container its pid is often
        another process of ours, and PostgreSQL would refuse to start because of it. The working directory
        decides; a file that names no server is removed. Without /proc the file is left for PostgreSQL to judge.
        """
        file = self.data / "postmaster.pid"
        if not Path("/proc/self/cwd").exists() or not file.exists():
            return None
        first_line = file.read_text().partition("\n")[0].strip()
        if first_line.isdecimal() and _works_in(int(first_line), self.data):
            return int(first_line)
        file.unlink(missing_ok=True)
        return None


def tail(output: bytes, lines: int = 15) -> str:
    """The last lines of a program's output, as text."""
    return "\n".join(output.decode(errors="replace").splitlines()[-lines:])


def give_away(folder: Path, uid: int) -> None:
    """Changes the owner of a folder and of all that is in it."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, uid, follow_symlinks=False)


def _socket_folder(home: Path) -> Path:
    """`s` beside the data; under /tmp if that is too long or has a comma, at which libpq splits hosts."""
    beside = home / "s"
    if len(os.fsencode(beside)) <= SOCKET_FOLDER_LIMIT and "," not in str(beside):
        return beside
    # /tmp and not $TMPDIR: every process must find the same place
    return Path("/tmp") / f"pg-{hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]}"


def _refuse_foreign(folder: Path, home: Path) -> None:
    found = folder.lstat()
    safe = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700
    if not safe or found.st_uid not in {os.geteuid(), home.stat().st_uid}:
        raise ServerError(f"{folder} must be a folder of ours that only we may enter (mode 0700): remove it")


def _initdb_options(durable: bool) -> list[str]:
    # C.UTF-8 of the C library is Linux's; elsewhere PostgreSQL's own. Both sort by code point and know
    # Cyrillic.
    linux = ["--locale=C.UTF-8"]
    elsewhere = [
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--lc-collate=C",
        "--lc-ctype=C.UTF-8",
    ]
    locale = linux if sys.platform == "linux" else elsewhere
    sync = [] if durable else ["--no-sync"]
    # trust is safe here alone: no TCP, and the socket lies in a folder that only we may enter
    return ["-U", USER, "-A", "trust", "-E", "UTF8", "--data-checksums", "--no-instructions", *locale, *sync]


def _user_namespaces() -> bool:
    if shutil.which("unshare") is None:
        return False
    probe = ["unshare", "-U", f"--map-user={NOBODY}", "true"]
    return subprocess.run(probe, capture_output=True).returncode == 0


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == folder.resolve()
    except OSError:
        return False
