CREATE SCHEMA cron;
CREATE SEQUENCE cron.jobid_seq;
CREATE TABLE cron.job (
  jobid bigint PRIMARY KEY DEFAULT nextval('cron.jobid_seq'), schedule text NOT NULL,
  command text NOT NULL, nodename text NOT NULL DEFAULT 'localhost', nodeport integer NOT NULL
  DEFAULT 5432, database text NOT NULL DEFAULT current_database(), username text NOT NULL DEFAULT
  current_user, active boolean NOT NULL DEFAULT true, jobname text, UNIQUE (jobname, username));
ALTER TABLE cron.job ENABLE ROW LEVEL SECURITY;
CREATE POLICY cron_job_policy ON cron.job USING (username = current_user);
GRANT USAGE ON SCHEMA cron TO PUBLIC;
GRANT SELECT ON cron.job TO PUBLIC;
CREATE FUNCTION cron.schedule(job_name text, schedule text, command text) RETURNS bigint
  LANGUAGE sql SECURITY DEFINER AS $$
  INSERT INTO cron.job (jobname, schedule, command, username)
  VALUES (job_name, schedule, command, session_user)
  ON CONFLICT (jobname, username) DO UPDATE SET schedule = excluded.schedule,
    command = excluded.command RETURNING jobid $$;
SELECT pg_catalog.pg_extension_config_dump('cron.job', '');
