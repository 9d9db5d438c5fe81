"""The console as browsers use it: over HTTP, and in a real Chromium."""
