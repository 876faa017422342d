"""What a bot sent with a method call, whichever of the four ways of sending it used."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.multipart import MultipartResponseWrapper

from bot.sandbox.telegram.errors import bad_request

Json = dict[str, Any]
Parts = MultipartReader | MultipartResponseWrapper


@dataclass(frozen=True)
class Upload:
    name: str
    mime: str
    data: bytes


@dataclass
class Params:
    """Named values: JSON values as they came, form values as text (objects in them are JSON text)."""

    values: Json = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None or name in self.uploads

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        if value is None:
            return default
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int | None = None) -> int:
        """Raises 400 when the value is no whole number, or is missing without a default."""
        value = self.values.get(name)
        if value is None or value == "":
            if default is None:
                raise bad_request(f'parameter "{name}" is required')
            return default
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise bad_request(f'can\'t parse parameter "{name}" as an integer') from error

    def flag(self, name: str) -> bool:
        value = self.values.get(name)
        return value.lower() in ("true", "1", "yes", "t", "y") if isinstance(value, str) else bool(value)

    def structure(self, name: str) -> Any:
        """The decoded object or list, None when absent; raises 400 on broken JSON."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from error

    def mapping(self, name: str) -> Json | None:
        value = self.structure(name)
        if value is not None and not isinstance(value, dict):
            raise bad_request(f"object expected as {name.replace('_', ' ')}")
        return value

    def listing(self, name: str) -> list[Any] | None:
        value = self.structure(name)
        if value is not None and not isinstance(value, list):
            raise bad_request(f"expected an Array as {name.replace('_', ' ')}")
        return value

    def file(self, name: str) -> Upload | str | None:
        """An uploaded file, or the text (file id or URL) that stands for one."""
        if name in self.uploads:
            return self.uploads[name]
        reference = self.text(name)
        if reference.startswith("attach://"):
            return self.uploads.get(reference.removeprefix("attach://"))
        return reference or None

    def as_logged(self) -> Json:
        """For the list of calls: objects decoded, uploads as their name and size."""
        shown = {name: _decoded(value) for name, value in self.values.items()}
        for name, upload in self.uploads.items():
            shown[name] = {"file_name": upload.name, "file_size": len(upload.data)}
        return shown


def _decoded(value: Any) -> Any:
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


async def read_params(request: web.Request) -> Params:
    """Query and body together, the body winning; raises 400 on a body that cannot be read.

    The body counts whatever the HTTP method: AsyncTeleBot sends its parameters as the form of a GET.
    """
    params = Params(dict(request.query))
    if not request.can_read_body:
        return params
    match request.content_type:
        case "application/json":
            params.values.update(parse_json_object(await request.read()))
        case "multipart/form-data":
            await read_multipart(await request.multipart(), params)
        case "application/x-www-form-urlencoded":
            params.values.update(parse_form(await request.read()))
    return params


def parse_form(raw: bytes) -> Json:
    """An urlencoded form; raises 400 when it is no UTF-8. aiohttp itself would read none in a GET."""
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True, errors="strict"))
    except ValueError as error:
        raise bad_request("can't parse request: the form is broken") from error


def parse_json_object(raw: bytes) -> Json:
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise bad_request("can't parse request: JSON is invalid") from error
    if not isinstance(body, dict):
        raise bad_request("can't parse request: JSON object is expected")
    if b"\\u" in raw:  # half a surrogate pair can be written in JSON only so
        _check_text(body)
    return body


def _check_text(body: Json) -> None:
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise bad_request("strings must be encoded in UTF-8") from error


async def read_multipart(reader: Parts, params: Params) -> None:
    try:
        while (part := await reader.next()) is not None:
            if isinstance(part, BodyPartReader):
                await _read_part(part, params)
    except (ValueError, KeyError) as error:
        raise bad_request("can't parse request: multipart form is broken") from error


async def _read_part(part: BodyPartReader, params: Params) -> None:
    name = part.name or ""
    if part.filename is None:
        params.values[name] = await part.text(encoding="utf-8")
        return
    mime = part.headers.get("Content-Type", "application/octet-stream")
    params.uploads[name] = Upload(part.filename, mime, bytes(await part.read(decode=True)))
