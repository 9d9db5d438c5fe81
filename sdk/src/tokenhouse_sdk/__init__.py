"""Calling APIs behind Tokenhouse, and checking its tokens at an API.

`calling` gets tokens and sends them, `checking` judges those that others send; each framework has
one small file beside them. No server code.
"""

from tokenhouse_sdk.calling.auth import TokenAuth
from tokenhouse_sdk.calling.credentials import Credentials
from tokenhouse_sdk.calling.session import AsyncSession, Session
from tokenhouse_sdk.checking.checker import Claims, TokenChecker
from tokenhouse_sdk.errors import (
    CredentialsError,
    InsufficientScope,
    InvalidDpopProof,
    InvalidRequest,
    InvalidToken,
    NoToken,
    Refused,
    ServiceUnavailable,
    TokenhouseError,
    TokenRefused,
)

__all__ = [
    "AsyncSession",
    "Claims",
    "Credentials",
    "CredentialsError",
    "InsufficientScope",
    "InvalidDpopProof",
    "InvalidRequest",
    "InvalidToken",
    "NoToken",
    "Refused",
    "ServiceUnavailable",
    "Session",
    "TokenAuth",
    "TokenChecker",
    "TokenRefused",
    "TokenhouseError",
]
