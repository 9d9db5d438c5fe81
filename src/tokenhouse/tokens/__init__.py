"""What we hand out: access tokens (RFC 9068), how one is issued and how one is checked."""
