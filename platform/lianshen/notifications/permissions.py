READ = "notifications.read"

ALL = (READ,)
