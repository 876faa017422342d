"""The token that the school's site makes: the documented examples make it as documented, and nothing else is taken."""

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.site_links import LIVES, read_token, sign
from db.errors import LinkInvalid

DOCUMENT = (Path(__file__).parents[1] / "docs" / "site.md").read_text()
_VECTOR = re.search(r"^\| `(\S{32,})` \| `(\d+)` \| `(\d+)` \| `(\S+)` \|$", DOCUMENT, re.MULTILINE)
assert _VECTOR
SECRET, USER, ENDS, TOKEN = _VECTOR[1], int(_VECTOR[2]), int(_VECTOR[3]), _VECTOR[4]
BEFORE = datetime.fromtimestamp(ENDS, UTC) - timedelta(minutes=5)


def example(language: str) -> str:
    [code] = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    return str(code)


def refused(token: str, now: datetime = BEFORE, secret: str = SECRET) -> str:
    with pytest.raises(LinkInvalid) as caught:
        read_token(secret, token, now)
    return caught.value.reason


def test_ours_is_the_documented_one() -> None:
    assert sign(SECRET, USER, ENDS) == TOKEN
    found = read_token(SECRET, TOKEN, BEFORE)
    assert (found.user_id, found.ends_at) == (USER, datetime.fromtimestamp(ENDS, UTC))


def test_the_python_example_makes_it() -> None:
    names: dict[str, object] = {}
    exec(example("python"), names)
    made = names["token"]
    assert callable(made)
    assert made(SECRET, USER, ENDS) == TOKEN
    assert read_token(SECRET, made(SECRET, USER), datetime.now(UTC)).user_id == USER


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node to run the JavaScript example")
def test_the_javascript_example_makes_it() -> None:
    script = example("javascript") + f"console.log(token({SECRET!r}, {USER}, {ENDS}))"
    made = subprocess.run(["node", "-e", script], check=True, capture_output=True, text=True, timeout=60)
    assert made.stdout.strip() == TOKEN


@pytest.mark.skipif(shutil.which("mcs") is None, reason="there is no mono-mcs to run the C# example")
def test_the_csharp_example_makes_it(tmp_path: Path) -> None:
    call = f'SiteLink.Token("{SECRET}", {USER}, {ENDS})'
    main = f"class Program {{ static void Main() {{ System.Console.Write({call}); }} }}"
    source, program = tmp_path / "Site.cs", tmp_path / "site.exe"
    source.write_text(example("csharp") + main)
    subprocess.run(["mcs", f"-out:{program}", source], check=True, capture_output=True, timeout=60)
    made = subprocess.run(["mono", program], check=True, capture_output=True, text=True, timeout=60)
    assert made.stdout.strip() == TOKEN


def test_each_changed_sign_makes_it_wrong() -> None:
    for place, letter in enumerate(TOKEN):
        other = "A" if letter != "A" else "B"
        assert refused(TOKEN[:place] + other + TOKEN[place + 1 :]) in ("wrong", "expired"), place
        assert refused(TOKEN[:place] + TOKEN[place + 1 :]) == "wrong"


@pytest.mark.parametrize(
    "token",
    ["", "A", TOKEN + "A", TOKEN + "=", TOKEN * 100, "ссылка", TOKEN.lower(), "A" * 38, "\N{SNOWMAN}" * 38],
)
def test_what_is_no_token(token: str) -> None:
    assert refused(token) == "wrong"


def test_another_secret_and_another_purpose() -> None:
    assert refused(TOKEN, secret=SECRET[::-1]) == "wrong"


def test_it_is_spelled_in_one_way_only() -> None:
    """Bits that base64 does not use are zero, so that a used link is no new one."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = TOKEN[:-1] + letters[letters.index(TOKEN[-1]) + 1]
    assert refused(twin) == "wrong"


def test_it_lives_for_ten_minutes_at_most() -> None:
    end = datetime.fromtimestamp(ENDS, UTC)
    assert refused(TOKEN, end) == "expired"
    assert read_token(SECRET, TOKEN, end - LIVES).user_id == USER
    assert refused(TOKEN, end - LIVES - timedelta(seconds=1)) == "wrong"


@pytest.mark.parametrize("user", [0, 2**63, 2**64 - 1])
def test_an_id_that_no_account_has(user: int) -> None:
    assert refused(sign(SECRET, user, ENDS)) == "wrong"
