#!/bin/sh
# Brings Temporal's two databases to the schema of this image's release. It may
# run any number of times; SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD and
# SQL_PLUGIN say where.
set -eu

schema() {
	database=$1
	name=$2
	echo "schema of $database"
	temporal-sql-tool --db "$database" setup-schema -v 0.0
	temporal-sql-tool --db "$database" update-schema --schema-name "$name"
}

schema temporal postgresql/v12/temporal
schema temporal_visibility postgresql/v12/visibility
