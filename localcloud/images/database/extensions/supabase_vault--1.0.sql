CREATE TABLE vault.secrets (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text, description text NOT NULL DEFAULT '',
  secret text NOT NULL, key_id uuid, nonce bytea, created_at timestamptz NOT NULL DEFAULT now());
CREATE VIEW vault.decrypted_secrets AS SELECT id, name, description, secret, secret AS decrypted_secret
  FROM vault.secrets;
CREATE FUNCTION vault.create_secret(new_secret text, new_name text DEFAULT NULL) RETURNS uuid
  LANGUAGE sql SECURITY DEFINER AS
  'INSERT INTO vault.secrets (secret, name) VALUES (new_secret, new_name) RETURNING id';
SELECT pg_catalog.pg_extension_config_dump('vault.secrets', '');
