READ = "documents.read"
UPLOAD = "documents.upload"

ALL = (READ, UPLOAD)
