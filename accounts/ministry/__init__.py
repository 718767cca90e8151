"""Sign in with the account that the ministry's OpenID Connect server keeps (docs/adr/0020)."""
