-- Passkeys, and sign-in through an OpenID provider.
SELECT;
