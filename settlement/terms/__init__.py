"""What each legal entity has agreed to pay and to be paid, by day: agreements, their versions and their prices."""

from settlement.terms.agreements import FUNDING_MODES, Agreement, Prices, agree, by_id, in_force, list_agreements

__all__ = ["FUNDING_MODES", "Agreement", "Prices", "agree", "by_id", "in_force", "list_agreements"]
