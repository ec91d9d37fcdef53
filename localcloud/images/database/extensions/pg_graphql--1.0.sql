CREATE SEQUENCE graphql.seq_schema_version;
CREATE FUNCTION graphql.resolve(query text) RETURNS jsonb LANGUAGE sql AS
  'SELECT jsonb_build_object(''data'', query)';
