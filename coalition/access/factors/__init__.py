"""Second factors: an app that counts time (TOTP) with recovery codes, and passkeys; which roles have to have one."""
