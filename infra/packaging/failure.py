"""The one error of packaging."""


class PackagingError(Exception):
    """Why there is no package, in words for whoever runs ``make package``."""
