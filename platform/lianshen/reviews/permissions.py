PRE_REVIEW = "reviews.pre_review"
CONVENE = "reviews.convene"
GIVE_OPINION = "reviews.give_opinion"
RECHECK = "reviews.recheck"

ACTS = (PRE_REVIEW, CONVENE, GIVE_OPINION, RECHECK)
ALL = ACTS
