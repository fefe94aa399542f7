"""Legal days: which days are worked in China, and how a term of the law runs over them."""
