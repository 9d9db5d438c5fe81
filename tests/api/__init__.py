"""The management API over HTTP: app credentials and the signed-in user."""
