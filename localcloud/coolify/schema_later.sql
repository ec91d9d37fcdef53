-- What a later version adds; one that does not know it cannot go back behind it.
ALTER TABLE applications ADD COLUMN is_later boolean NOT NULL DEFAULT true;
