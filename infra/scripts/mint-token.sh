# Lets the API token in: Coolify stores only its hash, so only the hash comes here.
# Wants: TOKEN_HASH. Safe to run again; another hash replaces the one before.
set -euo pipefail

[[ $TOKEN_HASH =~ ^[0-9a-f]{64}$ ]] || { echo "the token's hash is none" >&2; exit 1; }
# One that is there keeps its age; it may have ended, or may do less than it has to.
docker exec -i coolify-db psql -U coolify -d coolify -q -v ON_ERROR_STOP=1 <<SQL
begin;
update personal_access_tokens
  set abilities = '["root"]', team_id = '0', tokenable_id = 0, expires_at = null
  where token = '$TOKEN_HASH';
insert into personal_access_tokens
  (tokenable_type, tokenable_id, name, token, team_id, abilities, created_at, updated_at)
select 'App\Models\User', 0, 'pulumi', '$TOKEN_HASH', '0', '["root"]', now(), now()
where not exists (select 1 from personal_access_tokens where token = '$TOKEN_HASH');
delete from personal_access_tokens where name = 'pulumi' and token <> '$TOKEN_HASH';
commit;
SQL
echo "the API token is known to Coolify"
