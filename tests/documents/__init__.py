"""What the service says of itself: the OpenAPI document and the two pages that show it."""
