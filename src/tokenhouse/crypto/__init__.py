"""Everything secret: sealing, signing keys, passwords, client secrets.

Clear secrets leave this room only as return values; nothing here logs.
"""
