"""OpenAPI path items of revocation, introspection and the feed."""

from __future__ import annotations

from typing import Any

REVOCATION: dict[str, Any] = {"post": {"summary": "Revoke an access token", "responses": {}}}
INTROSPECTION: dict[str, Any] = {"post": {"summary": "Is this token good now?", "responses": {}}}
REVOCATIONS: dict[str, Any] = {"get": {"summary": "What has ended early", "responses": {}}}
PROTECTED_RESOURCE: dict[str, Any] = {"get": {"summary": "Resource metadata", "responses": {}}}
