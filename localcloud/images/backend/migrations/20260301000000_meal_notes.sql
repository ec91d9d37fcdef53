-- Compatible: a version that knows nothing of it goes on.
ALTER TABLE meals ADD COLUMN note text;
