-- Kinds of objects that a project may hold, each with the question whether it is there: it has the
-- same answer in the source and wherever the kind came back. `told` is how it is named where it did
-- not; `by` is who makes it, where that is not the app's login.

-- kind: user of the app in auth.users
insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data) values
('11111111-1111-1111-1111-111111111111', 'ann@nutri.test', '2026-01-01Z', '{"name": "Ann \\ \"A\""}');
insert into auth.identities (provider_id, user_id, identity_data, provider) values
('1', '11111111-1111-1111-1111-111111111111', '{"email": "Ann@nutri.test"}', 'email');
-- question:
select u.id::text, u.email, raw_user_meta_data, email_confirmed_at, i.identity_data
from auth.users u left join auth.identities i on i.user_id = u.id;

-- kind: table with rows, defaults, checks
create table plain (id int primary key, body text default 'x', n numeric(8, 2) check (n > 0),
at timestamptz, raw bytea, doc jsonb, tags text[], missing text);
insert into plain select n, E'line\n\ttab \\ ' || n || ' COMMIT;
\\connect other',
n * 1.5, timestamptz '2026-01-01Z' + n * interval '1 s', decode(md5(n::text), 'hex'),
jsonb_build_object('n', n), array['a', null, E'b"c'], null from generate_series(1, 50) n;
-- question:
select md5(string_agg(p::text, '|' order by id)), count(*) from plain p;

-- kind: row that looks like a statement
create table words (line text);
insert into words values ('COMMIT;'), ('ROLLBACK;'),
('\connect template1'), ('\.'), ('BEGIN;'), ('\! touch /tmp/never');
-- question:
select string_agg(line, '|' order by line collate "C") from words;

-- kind: names with quotes, spaces, capitals
create schema "My Schema";
create table "My Schema"."a ""Table" ("the; column" int primary key);
insert into "My Schema"."a ""Table" values (7);
-- question:
select "the; column" from "My Schema"."a ""Table";

-- kind: enum
create type mood as enum ('sad', 'ok', 'happy');
create table moods as select 'ok'::mood as m;
-- question:
select m::text, enum_range(m)::text from moods;

-- kind: domain with a check
create domain positive as int check (value > 0);
create table positives as select 3::positive as p;
-- question:
select p::text, pg_typeof(p)::text from positives;

-- kind: composite type
create type pair as (a int, b text);
create table pairs as select row(1, 'x')::pair as p;
-- question:
select p::text from pairs;

-- kind: range type
create type hours as range (subtype = float8);
create table shifts as select hours(1, 2) as h;
-- question:
select h::text from shifts;

-- kind: identity and sequence
create table counted (id bigint generated always as identity (start 10), x int);
insert into counted (x) select n from generate_series(1, 5) n;
create sequence own_sequence start 5 increment 3;
select nextval('own_sequence');
-- question:
select max(id), (select last_value from own_sequence), (select last_value from counted_id_seq) from counted;

-- kind: generated column
create table squares (n int, s int generated always as (n * n) stored);
insert into squares (n) values (4);
-- question:
select s from squares;

-- kind: partitioned table
create table events (id int, day date) partition by range (day);
create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
create table events_rest partition of events default;
create index on events (day);
insert into events values (1, '2026-01-05'), (2, '2027-01-01');
-- question:
select count(*), (select count(*) from events_1), (select count(*) from pg_inherits i join pg_class c on c.oid = i.inhparent where c.relname = 'events') from events;

-- kind: inherited table
create table parent (id int);
create table child (more int) inherits (parent);
insert into child values (1, 2);
-- question:
select count(*), (select count(*) from only parent) from parent;

-- kind: indexes: unique, partial, of an expression
create table keyed (id int, email text);
insert into keyed values (1, 'A');
create unique index keyed_email on keyed (lower(email)) where id > 0;
create index keyed_gin on keyed using gin (to_tsvector('simple', email));
-- question:
select string_agg(pg_get_indexdef(indexrelid), '|' order by indexrelid::regclass::text) from pg_index where indrelid = 'keyed'::regclass;

-- kind: foreign key, deferrable
create table a (id int primary key);
create table b (a_id int references a on delete cascade
deferrable initially deferred);
insert into a values (1);
insert into b values (1);
-- question:
select pg_get_constraintdef(oid), condeferred from pg_constraint where conrelid = 'b'::regclass;

-- kind: exclusion constraint
create table booked (during int4range, exclude using gist (during with &&));
insert into booked values ('[1,3)');
-- question:
select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'booked'::regclass;

-- kind: foreign key into auth.users
-- told: profiles_id_fkey
create table profiles (id uuid primary key references auth.users on delete cascade, nick text);
insert into profiles values ('11111111-1111-1111-1111-111111111111', 'ann');
-- question:
select pg_get_constraintdef(oid), convalidated from pg_constraint where contype = 'f' and conrelid = 'profiles'::regclass;

-- kind: policy with auth.uid() and auth.jwt()
create table secrets (owner uuid, body text);
insert into secrets values (null, 'x');
alter table secrets enable row level security;
create policy own on secrets for select to authenticated using (auth.uid() = owner);
create policy by_role on secrets as restrictive for all to anon
using ((auth.jwt() ->> 'role') = 'x') with check (false);
-- question:
select string_agg(polname || pg_get_expr(polqual, polrelid) || polcmd::text || (select string_agg(r::regrole::text, ',') from unnest(polroles) r), '|' order by polname), (select relrowsecurity from pg_class where oid = 'secrets'::regclass) from pg_policy where polrelid = 'secrets'::regclass;

-- kind: policy on storage.objects
-- told: own files
create policy "own files" on storage.objects for insert to authenticated with check (bucket_id = 'a' and auth.uid() = owner);
-- question:
select pg_get_expr(polwithcheck, polrelid) from pg_policy where polname = 'own files';

-- kind: bucket of the storage
insert into storage.buckets (id, name, public) values ('a', 'a', true);
-- question:
select id, public from storage.buckets;

-- kind: record of a file in the storage
-- told: storage.objects
insert into storage.objects (bucket_id, name) values ('a', 'me/face.png');
-- question:
select name from storage.objects;

-- kind: trigger on a table
create function stamp() returns trigger language plpgsql as 'begin new.body := ''!'';
return
new;
end';
create table stamped (body text);
insert into stamped values ('before');
create trigger stamps before insert on stamped for each row execute function stamp();
-- question:
select pg_get_triggerdef(oid), (select body from stamped) from pg_trigger where tgname = 'stamps';

-- kind: trigger on auth.users
-- told: on_auth_user_created
create function new_user() returns trigger language plpgsql security definer set search_path =
'' as 'begin insert into public.profiles values (new.id, ''?'');
return new;
end';
create trigger on_auth_user_created after insert on auth.users for each row execute function
new_user();
-- question:
select pg_get_triggerdef(oid) from pg_trigger where tgname = 'on_auth_user_created';

-- kind: table in supabase_realtime
-- told: supabase_realtime
create table live (id int primary key, seen boolean);
insert into live values (1);
alter publication supabase_realtime add table live (id) where (id > 0);
-- question:
select pubname::text, attnames::text, rowfilter from pg_publication_tables where tablename = 'live' and pubname = 'supabase_realtime';

-- kind: publication of the app's
create table shown (id int primary key);
insert into shown values (1);
create publication app_changes for table shown with (publish = 'insert');
-- question:
select p.pubname::text, pubinsert, pubdelete, t.tablename::text from pg_publication p join pg_publication_tables t using (pubname) where pubname = 'app_changes';

-- kind: publication for all tables
-- told: publication everything
-- by: supabase_admin
create publication everything for all tables;
create role app_super superuser;
alter publication everything owner to app_super;
-- question:
select puballtables from pg_publication where pubname = 'everything';

-- kind: subscription
-- told: subscription follower
-- by: supabase_admin
create subscription follower connection 'host=127.0.0.1 port=1 dbname=none' publication p with (connect = false, slot_name = none);
-- question:
select subname::text from pg_subscription where subdbid = (select oid from pg_database where datname = current_database());

-- kind: event trigger of the app's
-- told: event trigger app_ddl
-- by: supabase_admin
create function on_ddl() returns event_trigger language plpgsql as 'begin end';
alter function on_ddl() owner to postgres;
create event trigger app_ddl on ddl_command_end execute function on_ddl();
do $$ begin if to_regrole('app_super') is null then create role app_super superuser;
end if;
end $$;
alter event trigger app_ddl owner to app_super;
-- question:
select evtname::text from pg_event_trigger where evtname = 'app_ddl';

-- kind: view, also on auth.users
create view mine with (security_invoker = true) as select id, email from auth.users where id = auth.uid();
create view sums as select n, count(*) from squares group by n;
-- question:
select pg_get_viewdef('mine'::regclass), (select count from sums), (select reloptions::text from pg_class where relname = 'mine');

-- kind: materialized view with an index
create materialized view totals as select count(*) as n from plain;
create unique index on totals (n);
-- question:
select n, (select ispopulated from pg_matviews where matviewname = 'totals') from totals;

-- kind: function, security definer
create function secret() returns int language sql security definer set search_path = '' as 'select 7';
-- question:
select pg_get_functiondef(oid) from pg_proc where proname = 'secret';

-- kind: function with a body of SQL
create function half(n int) returns int language sql immutable begin atomic select n / 2;
end;
-- question:
select pg_get_functiondef(oid) from pg_proc where proname = 'half';

-- kind: procedure that commits
create procedure works() language plpgsql as $$ begin insert into words values ('w');
commit;
end $$;
-- question:
select pg_get_functiondef(oid) from pg_proc where proname = 'works';

-- kind: aggregate
create aggregate total (int) (sfunc = int4pl, stype = int, initcond = '0');
-- question:
select aggtransfn::text, agginitval from pg_aggregate where aggfnoid = to_regproc('total');

-- kind: operator, cast, operator class
create type point2 as (x int, y int);
create function p_eq(point2, point2) returns boolean language sql immutable as
'select ($1).x = ($2).x';
create operator === (leftarg = point2, rightarg = point2, function = p_eq);
create function p_text(point2) returns text language sql immutable as 'select ''p''::text';
create cast (point2 as text) with function p_text(point2) as assignment;
-- question:
select row(1,2)::point2 === row(1,3)::point2, castcontext::text from pg_cast where castsource = 'point2'::regtype;

-- kind: rule
create table logged (id int);
create table log (id int);
create rule also as on insert to logged do also insert into log values (new.id);
insert into logged values (1);
-- question:
select pg_get_ruledef(oid), (select count(*) from log) from pg_rewrite where rulename = 'also';

-- kind: statistics object
create statistics plain_stats (dependencies) on n, at from plain;
-- question:
select pg_get_statisticsobjdef(oid) from pg_statistic_ext where stxname = 'plain_stats';

-- kind: collation
create collation german (provider = libc, locale = 'C');
create table sorted (w text collate german);
insert into sorted values ('ä');
-- question:
select collcollate, collprovider::text from pg_collation where collname = 'german';

-- kind: text search configuration
create text search dictionary simple_d (template = simple);
create text search configuration words_c (copy = simple);
alter text search configuration words_c alter mapping for word with simple_d;
-- question:
select to_tsvector('words_c', 'A b')::text;

-- kind: comments
comment on table plain is E'it''s\na COMMIT;\n\\connect other';
comment on column plain.body is 'a body';
comment on function secret() is 's';
-- question:
select obj_description('plain'::regclass), col_description('plain'::regclass, 2), obj_description('secret'::regproc);

-- kind: grants to the API roles
grant select (id), insert on plain to anon;
grant execute on function half(int) to authenticated;
revoke all on secrets from anon;
-- question:
select relacl::text, (select attacl::text from pg_attribute where attrelid = 'plain'::regclass and attname = 'id'), has_table_privilege('anon', 'secrets', 'select') from pg_class where relname = 'plain';

-- kind: role of the app's, its grants and settings
do $$ begin create role reporter login; exception when duplicate_object then null; end $$;
alter role reporter set statement_timeout = '9s';
do $$ begin create role team; exception when duplicate_object then null; end $$;
grant team to reporter;
grant select on plain, words to reporter;
grant anon to reporter;
-- question:
select rolcanlogin, rolconfig::text, pg_has_role('reporter', 'team', 'member'), has_table_privilege('reporter', 'words', 'select') from pg_roles where rolname = 'reporter';

-- kind: grant on auth.users to a role of the app's
-- told: grant of select on table auth.users to seer
do $$ begin create role seer; exception when duplicate_object then null; end $$;
grant usage on schema auth to seer;
grant select on auth.users to seer;
-- question:
select has_table_privilege('seer', 'auth.users', 'select');

-- kind: default privileges
do $$ begin create role future; exception when duplicate_object then null; end $$;
alter default privileges in schema public grant select on tables to future;
create schema more;
alter default privileges in schema more grant all on tables to anon;
-- question:
select string_agg((select string_agg(x::text, ',' order by x::text) from unnest(defaclacl) x), '|' order by defaclobjtype, n.nspname) from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace where defaclrole = 'postgres'::regrole;

-- kind: default privileges of supabase_admin
-- told: DEFAULT PRIVILEGES FOR
select 1;
-- question:
select count(*) from pg_default_acl where defaclrole = (select oid from pg_roles where rolname = 'supabase_admin');

-- kind: owner other than the login
-- told: ownership of owner_o
do $$ begin create role owner_o; exception when duplicate_object then null; end $$;
grant create on schema public to owner_o;
grant owner_o to postgres;
create table owned (id int);
insert into owned values (1);
alter table owned owner to owner_o;
-- question:
select relowner::regrole::text from pg_class where relname = 'owned';

-- kind: large objects
create table files (id int primary key, body oid);
insert into files select n,
lo_from_bytea(0, decode(repeat(md5(n::text), 3000), 'hex')) from generate_series(1, 5) n;
-- question:
select string_agg(md5(lo_get(body)), '|' order by id) from files;

-- kind: extension that every image has
create extension pg_trgm with schema extensions;
create table fuzzy (w text);
insert into fuzzy values ('x');
create index fuzzy_w on fuzzy using gin (w extensions.gin_trgm_ops);
-- question:
select pg_get_indexdef('fuzzy_w'::regclass), extname::text from pg_extension where extname = 'pg_trgm';

-- kind: extension in the schema public
create extension citext with schema public;
create table folded (w citext primary key);
insert into folded values ('ABC');
-- question:
select w::text, (select count(*) from folded where w = 'abc') from folded;

-- kind: extension that the image lacks, its type
create extension vector with schema extensions;
create table places (id int primary key, spot extensions.vector(3));
insert into places values (1, '[1,2,3]');
-- question:
select spot::text, atttypmod from places, pg_attribute where attrelid = 'places'::regclass and attname = 'spot';

-- kind: extension that the image lacks, its index
-- told: places_spot
create index places_spot on places (spot);
-- question:
select pg_get_indexdef('places_spot'::regclass);

-- kind: foreign table of the app's
-- told: elsewhere
-- by: supabase_admin
create extension postgres_fdw with schema extensions;
create server elsewhere foreign data wrapper postgres_fdw options (host 'h.test');
create user mapping for postgres server elsewhere options (user 'u', password 'p');
create foreign table far (id int) server elsewhere;
alter server elsewhere owner to postgres;
alter foreign table far owner to postgres;
-- question:
select srvoptions::text, (select count(*) from pg_user_mappings where srvname = 'elsewhere'), (select count(*) from pg_foreign_table) from pg_foreign_server where srvname = 'elsewhere';

-- kind: foreign server of the vendor's wrapper
-- told: vendors
create server vendors foreign data wrapper vendor_wrapper;
comment on server vendors is 'v';
-- question:
select obj_description(oid, 'pg_foreign_server') from pg_foreign_server where srvname = 'vendors';

-- kind: job of pg_cron
-- told: nightly
create extension pg_cron;
select cron.schedule('nightly', '0 3 * * *', 'select 1');
-- question:
select jobname, command from cron.job;

-- kind: secret of the vault
-- told: vault.secrets
-- by: supabase_admin
select vault.create_secret('s3cret', 'key');
-- question:
select count(*) from vault.secrets;

-- kind: setting of the database
-- told: setting timezone
do $$ begin execute format('alter database %I set timezone = ''Europe/Berlin''', current_database());
end $$;
-- question:
select setconfig::text from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database()) and setrole = 0;

-- kind: object of the app's in the vendor's schema
-- told: extensions.mine_too
create table extensions.mine_too (id int);
insert into extensions.mine_too values (1);
-- question:
select relkind::text, relpersistence::text from pg_class where relname = 'mine_too';

-- kind: migrations of the vendor's CLI
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (version text primary key);
insert into supabase_migrations.schema_migrations values ('1');
-- question:
select version from supabase_migrations.schema_migrations;

-- kind: event triggers of the vendor's
-- told: event trigger pgrst_drop_watch
select 1;
-- question:
select count(*) from pg_event_trigger where evtname = 'pgrst_drop_watch';

-- kind: unlogged table
create unlogged table quick (id int);
insert into quick values (5);
-- question:
select id, (select relpersistence::text from pg_class where relname = 'quick') from quick;

-- kind: storage parameters and replica identity
create table tuned (id int primary key) with (fillfactor = 70);
alter table tuned replica identity full;
alter table tuned alter id set statistics 7;
insert into tuned values (1);
-- question:
select reloptions::text, relreplident::text from pg_class where relname = 'tuned';

-- kind: publication of some columns and rows
-- told: publication
create schema published;
create table published.a (id int primary key, body text, secret text);
create publication of_columns for table published.a (id, body) where (id > 1);
-- question:
select p.pubname, r.prattrs::text, pg_get_expr(r.prqual, r.prrelid) from pg_publication p join pg_publication_rel r on r.prpubid = p.oid where pubname = 'of_columns';

-- kind: names with line breaks, letters of elsewhere, semicolons
create schema "größe;
drop";
create table "größe;
drop"."таблица
-- ""x""" ("col
umn" int primary key, "end" text);
insert into "größe;
drop"."таблица
-- ""x""" values (1, 'COMMIT;');
-- question:
select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where nspname like 'größe;%' and relname like 'таблица%' and relkind = 'r';

-- kind: function that finds another by the search path, in a check
create extension if not exists unaccent with schema extensions;
create function plain_words(t text) returns text language plpgsql immutable as $$ begin return lower(unaccent(t)); end $$;
create table titles (id int, title text check (plain_words(title) <> ''));
insert into titles values (1, 'Café');
-- question:
select title, (select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'titles'::regclass) from titles;

-- kind: check by a function that looks into another table
create table zz_allowed (id int primary key);
insert into zz_allowed values (1);
create function is_allowed(i int) returns boolean language sql stable as $$ select exists (select from public.zz_allowed where id = i) $$;
create table aa_users (id int check (is_allowed(id)));
insert into aa_users values (1);
-- question:
select count(*), (select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'aa_users'::regclass) from aa_users;

-- kind: generated column by a function of the app's, unqualified
create function thrice(i int) returns int language sql immutable as $$ select i * 3 $$;
create function twice(i int) returns int language plpgsql immutable as $$ begin return thrice(i) - i; end $$;
create table doubled (n int, d int generated always as (twice(n)) stored);
insert into doubled (n) values (2);
-- question:
select d from doubled;

-- kind: materialized view over a function and auth.users
create function how_many() returns bigint language plpgsql stable as $$ begin return (select count(*) from public.plain); end $$;
create materialized view counted_plain as select how_many() as n, (select count(*) from auth.users) as u;
-- question:
select n from counted_plain;

-- kind: large object with rights and a comment
select lo_from_bytea(424242, 'abc'), lo_from_bytea(424243, '');
grant select on large object 424242 to authenticated;
comment on large object 424242 is 'COMMIT; -- x';
-- question:
select oid::text, array_to_string(lomacl, ','), obj_description(oid, 'pg_largeobject'), lo_get(oid) from pg_largeobject_metadata where oid in (424242, 424243) order by 1;

-- kind: rights on columns, to all, and to give away
create table openly (a int, b int);
grant select (a), update (b) on openly to authenticated;
grant select on openly to service_role with grant option;
create function closed() returns int language sql as 'select 1';
revoke all on function closed() from public, anon;
-- question:
select (select string_agg(attacl::text, '|' order by attnum) from pg_attribute where attrelid = 'openly'::regclass), has_function_privilege('anon', 'closed()', 'execute'), has_table_privilege('service_role', 'openly', 'select with grant option');

-- kind: constraint not validated, trigger disabled, trigger of a replica
create table half (n int);
insert into half values (-1);
alter table half add constraint half_positive check (n > 0) not valid;
create function nothing() returns trigger language plpgsql as 'begin return new; end';
create trigger off_one before insert on half for each row execute function nothing();
alter table half disable trigger off_one;
create trigger replica_one before insert on half for each row execute function nothing();
alter table half enable replica trigger replica_one;
create constraint trigger late_one after insert on half deferrable initially deferred for each row execute function nothing();
-- question:
select (select convalidated from pg_constraint where conname = 'half_positive'), (select string_agg(tgname || tgenabled, ',' order by tgname) from pg_trigger where tgrelid = 'half'::regclass);

-- kind: tables that refer to each other, and to themselves
create table hen (id int primary key, egg int, mother int references hen);
create table egg (id int primary key, hen int references hen);
alter table hen add foreign key (egg) references egg deferrable initially deferred;
insert into hen values (2, 1, 2); insert into egg values (1, 2);
-- question:
select count(*), (select count(*) from pg_constraint where contype = 'f' and conrelid in ('hen'::regclass, 'egg'::regclass)) from hen;

-- kind: typed table, table without columns, multirange, view with the caller's rights
create type point_of as (x int, y int);
create table points of point_of (primary key (x));
insert into points values (1, 2);
create table columnless ();
insert into columnless default values;
create table spans (s int4multirange default '{[1,2)}');
insert into spans default values;
create view as_caller with (security_invoker = on, security_barrier = on) as select * from points;
-- question:
select (select count(*) from columnless), (select s::text from spans), (select reloftype::regtype::text from pg_class where oid = 'points'::regclass), (select array_to_string(reloptions, ',') from pg_class where oid = 'as_caller'::regclass);

-- kind: partitions elsewhere, with another order of columns
create schema parts;
create table measured (id int, day date, v int default 7) partition by list (day);
create table parts.measured_1 (v int default 8, day date not null, id int);
alter table measured attach partition parts.measured_1 for values in ('2026-01-01');
create table parts.measured_2 partition of measured for values in ('2026-01-02') partition by hash (id);
create table parts.measured_2_0 partition of parts.measured_2 for values with (modulus 1, remainder 0);
insert into measured values (1, '2026-01-01', 1), (2, '2026-01-02', 2);
-- question:
select string_agg(tableoid::regclass::text || id || v, ',' order by id) from measured;

-- kind: domain over a type of an extension, default by an extension's function
create extension if not exists citext with schema extensions;
create domain address as citext check (value ~ '@');
create table addressed (id uuid default (encode(extensions.digest('x', 'md5'), 'hex'))::uuid, a address);
insert into addressed values ('22222222-2222-2222-2222-222222222222', 'A@b');
-- question:
select id::text, a::text, (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'addressed'::regclass) from addressed;

-- kind: settings of a function, a role in this database, statistics of a column
create function with_path() returns text language sql set search_path = '' set work_mem = '8MB' as $$ select current_setting('work_mem') $$;
alter table plain alter column body set statistics 500, alter column body set storage external;
comment on column plain.body is 'it''s; COMMIT; "x"';
-- question:
select with_path(), (select attstattarget::text || attstorage::text from pg_attribute where attrelid = 'plain'::regclass and attname = 'body'), col_description('plain'::regclass, 2);
