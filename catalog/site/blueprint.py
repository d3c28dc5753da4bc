"""The one blueprint of this floor's pages; its templates lie in `catalog/templates`."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("catalog", "catalog", template_folder="templates")
