"""The HTTP side: thin Starlette routes, no business rules."""
