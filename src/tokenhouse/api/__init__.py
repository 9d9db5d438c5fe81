"""The REST door (FastAPI), one file per noun; the rules are `manage`'s."""
