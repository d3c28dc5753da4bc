"""Ways of mails: an SMTP server, Amazon SES, and a catcher that keeps what it is given for whoever looks."""
