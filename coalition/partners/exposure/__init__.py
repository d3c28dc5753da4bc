"""How much an entity may fund before it has paid, decided while points are issued. It knows nothing of agreements.

Whoever knows what was agreed sets the limit (`set_limit`) and frees what was paid (`free`).
"""

from coalition.partners.exposure.limiting import Limit, Standing, lift, limits, set_limit, standings
from coalition.partners.exposure.spreading import spread
from coalition.partners.exposure.using import (
    Declined,
    Wanted,
    admit,
    admit_together,
    declined,
    free,
    give_back,
    use_again,
)

__all__ = [
    "Declined",
    "Limit",
    "Standing",
    "Wanted",
    "admit",
    "admit_together",
    "declined",
    "free",
    "give_back",
    "lift",
    "limits",
    "set_limit",
    "spread",
    "standings",
    "use_again",
]
