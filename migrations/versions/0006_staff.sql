-- People, posts and who stands in for whom; three administrators.
SELECT;
