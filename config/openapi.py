"""drf-spectacular settings: title and security schemes of the OpenAPI document."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Digital downloads",
    "DESCRIPTION": "What a customer bought, and how often it may still be downloaded.",
    "VERSION": "2",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/",
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "StorefrontKey": {"type": "apiKey", "in": "header", "name": "X-STOREFRONT-KEY"},
            "CustomerBearer": {"type": "http", "scheme": "bearer"},
            "SecretKey": {"type": "http", "scheme": "bearer", "bearerFormat": "sk_…"},
        }
    },
}
