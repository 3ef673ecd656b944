#!/bin/sh
# Makes the roles and databases of Temporal and Admit. PostgreSQL's image runs it
# once, on an empty volume. psql quotes the passwords, so they may hold anything.
set -eu

: "${POSTGRES_TEMPORAL_PASSWORD:?the password of the role temporal is missing}"
: "${POSTGRES_ADMIT_PASSWORD:?the password of the role admit is missing}"

psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv temporal_password POSTGRES_TEMPORAL_PASSWORD
\getenv admit_password POSTGRES_ADMIT_PASSWORD

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;

CREATE ROLE admit LOGIN PASSWORD :'admit_password';
CREATE DATABASE admit OWNER admit;

-- Neither reads the other's data.
REVOKE CONNECT ON DATABASE temporal, temporal_visibility, admit FROM PUBLIC;
SQL
