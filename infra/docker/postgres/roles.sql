-- Run once, by the first start of an empty database: who migrates, who runs, and the database between them.
-- The passwords come from files and stand on no command line; an error must not write them to a log either.
\set ON_ERROR_STOP on
\set owner_password `cat "$SECRETS/database_owner_password"`
\set runtime_password `cat "$SECRETS/database_runtime_password"`
CREATE ROLE lacuna_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE lacuna_runtime LOGIN PASSWORD :'runtime_password';
CREATE DATABASE lacuna OWNER lacuna_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
REVOKE ALL ON DATABASE lacuna FROM PUBLIC;
GRANT CONNECT ON DATABASE lacuna TO lacuna_runtime;
