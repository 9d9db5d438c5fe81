"""Door: the web pages at `/console/`, one file per noun beside its template; `PAGES` their list.

Rendered here, whole without JavaScript; no build step, and nothing from another host.
"""
