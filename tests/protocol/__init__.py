"""The protocol over HTTP: tables of request, status, error and headers, keyed by clause."""
