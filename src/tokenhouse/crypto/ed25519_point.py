"""Is this an Ed25519 public key that one private key alone signs for (RFC 8032 section 5.1)?

The trap: the library takes any 32 octets. Some are no point at all, and for the eight points
of small order anybody can make signatures that hold.
"""

from __future__ import annotations

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_DOUBLINGS = 3  # 2**3 is the cofactor: a point of small order becomes the neutral one


def is_sound(octets: bytes) -> bool:
    """Tell whether 32 octets are a point of the curve, canonical, and not of small order.

    Reckons with the square of x, which decides both; public keys may take varying time.
    """
    y = int.from_bytes(octets, "little") % 2**255
    if y >= _P:
        return False
    x_square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(x_square, (_P - 1) // 2, _P) not in {0, 1}:
        return False  # not a square: no x, no point
    for _ in range(_DOUBLINGS):
        y_square = y * y % _P
        k = _D * x_square * y_square % _P
        y = (y_square + x_square) * pow(1 - k, -1, _P) % _P
        x_square = 4 * x_square * y_square * pow(1 + k, -2, _P) % _P
    return (x_square, y) != (0, 1)
