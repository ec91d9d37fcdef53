-- Fails in the middle, at a column that nobody has.
ALTER TABLE meals ADD COLUMN rating integer;
UPDATE meals SET rating = stars;
