"""Apps that members allow: what was allowed, the codes and refresh tokens that come of it, and how clients prove."""
