"""What surrounds the handlers. aiogram injects a `bot` argument: write `from bot import x`, never `import bot`."""

from typing import Any

from pydantic import BaseModel

_build = BaseModel.model_rebuild.__func__  # type: ignore[attr-defined]  # a class method's function
_names: dict[str, Any] = {}  # of all of aiogram's types, as it gives them


def _build_when_used(
    cls: type[BaseModel],
    *,
    force: bool = False,
    raise_errors: bool = True,
    _parent_namespace_depth: int = 2,
    _types_namespace: dict[str, Any] | None = None,
) -> bool | None:
    """aiogram builds each of its several hundred classes when it is imported: four seconds and a hundred megabytes,
    of which a bot needs a tenth. pydantic itself builds a class when it is first used, given the names in it."""
    if any(one.__module__.startswith("aiogram.") for one in cls.__mro__):
        if _types_namespace is not None:
            _names.update(_types_namespace)
            return None
        _types_namespace = _names or None
    built: bool | None = _build(
        cls,
        force=force,
        raise_errors=raise_errors,
        _parent_namespace_depth=_parent_namespace_depth + 1,
        _types_namespace=_types_namespace,
    )
    return built


BaseModel.model_rebuild = classmethod(_build_when_used)  # type: ignore[assignment,method-assign]
