# Stands in for what spec/templates/_document.py.jinja makes, so that the files beside it can be checked here.
DEFAULT_BASE_URL: str
