"""Rights: which role may do which action. On which rows is SQL's matter, whether the law allows it is ``rules``'."""
