"""Price rules: kept, granted, tried out, and the price book made anew after a change."""
