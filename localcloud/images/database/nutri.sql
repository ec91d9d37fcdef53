-- nutri as it is in production: tables, an extension, a role besides the owner, the same rows
-- each time. To be run as the database's owner.
BEGIN;

CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions;
CREATE ROLE nutri_readonly NOLOGIN;
CREATE TYPE meal_type AS ENUM ('breakfast', 'lunch', 'dinner', 'snack');

CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE meals (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  name text NOT NULL,
  kind meal_type NOT NULL,
  eaten_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX meals_of_user ON meals (user_id, eaten_at);
CREATE TABLE nutrition_entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  meal_id uuid NOT NULL REFERENCES meals ON DELETE CASCADE,
  food text NOT NULL,
  calories integer NOT NULL CHECK (calories >= 0),
  protein_g numeric(6, 1) NOT NULL,
  carbs_g numeric(6, 1) NOT NULL,
  fat_g numeric(6, 1) NOT NULL
);
CREATE INDEX entries_of_meal ON nutrition_entries (meal_id);
-- The canary: the app adds a row every few seconds, so its newest row tells the age of a copy.
CREATE TABLE heartbeat (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  beat_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX heartbeat_by_time ON heartbeat (beat_at);
CREATE TABLE _prisma_migrations (
  id varchar(36) PRIMARY KEY,
  checksum varchar(64) NOT NULL,
  finished_at timestamptz,
  migration_name varchar(255) NOT NULL,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz NOT NULL DEFAULT now(),
  applied_steps_count integer NOT NULL DEFAULT 0
);
CREATE VIEW meals_a_day AS
  SELECT user_id, date_trunc('day', eaten_at) AS day, count(*) AS meals FROM meals GROUP BY 1, 2;

INSERT INTO users
SELECT md5('user' || n)::uuid, 'user' || n || '@nutri.test', 'User ' || n,
  encode(extensions.digest('password' || n, 'sha256'), 'hex'),
  timestamptz '2026-01-01 00:00:00Z' + n * interval '1 hour'
FROM generate_series(1, 500) AS n;

INSERT INTO meals
SELECT md5('meal' || n)::uuid, md5('user' || 1 + n % 500)::uuid, 'Meal ' || n,
  (enum_range(NULL::meal_type))[1 + n % 4],
  timestamptz '2026-02-01 00:00:00Z' + n * interval '7 minutes'
FROM generate_series(1, 3000) AS n;

INSERT INTO nutrition_entries (meal_id, food, calories, protein_g, carbs_g, fat_g)
SELECT md5('meal' || 1 + n % 3000)::uuid, (ARRAY['oats', 'rice', 'beans', 'egg', 'apple'])[1 + n % 5],
  50 + n % 400, n % 40 + 0.5, n % 90, n % 30
FROM generate_series(1, 9000) AS n;

INSERT INTO _prisma_migrations
  (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
SELECT md5(name)::uuid::text, encode(extensions.digest(name, 'sha256'), 'hex'),
  timestamptz '2026-01-01Z', name, timestamptz '2026-01-01Z', 1
FROM unnest(ARRAY['20260101000000_init', '20260115000000_heartbeat']) AS name;

INSERT INTO heartbeat (source) VALUES ('seed');

GRANT USAGE ON SCHEMA public TO nutri_readonly;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO nutri_readonly;

COMMIT;
