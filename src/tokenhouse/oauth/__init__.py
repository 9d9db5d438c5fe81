"""The words of the protocol: no web framework, no SQL, no I/O."""
