"""The personal price of a reward: rules applied, by SQL, by the price book, and in words."""
