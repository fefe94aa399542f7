"""Sign-in through OpenID providers: which there are, who is who there, and the exchange with them."""
