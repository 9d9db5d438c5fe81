"""Foreign clients, unchanged, against a real server: what they get must open a foreign API."""
