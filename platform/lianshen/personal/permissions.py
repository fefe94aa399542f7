CONTACTS = "identity.contacts"
UNMASK = "identity.unmask"

ALL = (CONTACTS, UNMASK)
