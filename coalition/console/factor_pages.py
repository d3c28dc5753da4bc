"""Which roles have to have a second factor: an administrator decides, everybody with the role sets one up first."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition.access.factors import policy
from coalition.console.frame import blueprint
from coalition.kernel.db import transact
from coalition.site.viewer import require_role


@blueprint.get("/factors")
def factor_policy() -> str:
    """The roles, and whether each demands a second factor."""
    require_role("admin")
    return render_template("console/factors.html", nav="factors", demands=transact(policy.factor_demands))


@blueprint.post("/factors")
def demand_factor() -> Response:
    """Demand a second factor of a role's people, or demand it no longer."""
    require_role("admin")
    role, demanded = request.form.get("role", ""), request.form.get("demanded") == "yes"
    transact(lambda: policy.demand_factor(role, demanded))
    return redirect(url_for("console.factor_policy"), code=303)
