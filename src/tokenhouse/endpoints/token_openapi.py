"""OpenAPI path items of the token endpoints."""

from __future__ import annotations

from typing import Any

TOKEN: dict[str, Any] = {"post": {"summary": "Get an access token", "responses": {}}}
BASIC_TOKEN: dict[str, Any] = {"get": {"summary": "Get an access token", "responses": {}}}
