"""Pages of lists, by the names of the official SDK."""

from typing import Any, TypeAlias, TypeVar

from telnyx_recordings.core.pages import AsyncPage, Page

RowT = TypeVar("RowT")

SyncDefaultFlatPagination: TypeAlias = Page[RowT, Any]
AsyncDefaultFlatPagination: TypeAlias = AsyncPage[RowT, Any]
