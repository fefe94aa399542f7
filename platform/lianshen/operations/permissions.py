READ = "operations.read"
ORDER = "operations.order"
APPROVE = "operations.approve"
ALL = (READ, ORDER, APPROVE)
"""Of the platform's operators; none of them shows anything of a tenant but counts (D43)."""
