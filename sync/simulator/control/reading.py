"""How the control API reads a request: unknown fields are answered 422, unknown ids 404."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


async def read(request: Request, model: type[M]) -> M:
    try:
        return model.model_validate_json(await request.body() or b"{}")
    except ValidationError as problem:
        detail = problem.json(include_url=False, include_context=False, include_input=False)
        raise HTTPException(422, detail) from problem


def found(rows: dict[str, T], row_id: str, what: str) -> T:
    row = rows.get(row_id)
    if row is None:
        raise HTTPException(404, f"no such {what}")
    return row
