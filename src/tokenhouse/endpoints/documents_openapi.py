"""OpenAPI path items of the documents and health endpoints."""

from __future__ import annotations

from typing import Any

METADATA: dict[str, Any] = {"get": {"summary": "Server metadata", "responses": {}}}
JWKS: dict[str, Any] = {"get": {"summary": "Public signing keys", "responses": {}}}
HEALTH: dict[str, Any] = {"get": {"summary": "Is the process alive?", "responses": {}}}
READY: dict[str, Any] = {"get": {"summary": "Can it do its work?", "responses": {}}}
