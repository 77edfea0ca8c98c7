"""How a contract becomes an `Api`, and that the document for openapi-generator: see build.py."""
