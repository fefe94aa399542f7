"""The ledger of events: who did what, when, under which article; one chain per tenant that cannot fork."""
