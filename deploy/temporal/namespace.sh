#!/bin/sh
# Makes the namespace TEMPORAL_NAMESPACE at TEMPORAL_ADDRESS, which the temporal
# command reads by itself. Closed workflows are kept for RETENTION. It may run any
# number of times; an open port is no serving frontend yet, so it asks again.
set -eu

: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}" "${RETENTION:?}"

tries=60
until temporal operator cluster health >/dev/null 2>&1; do
	tries=$((tries - 1))
	if [ "$tries" -eq 0 ]; then
		echo "Temporal at $TEMPORAL_ADDRESS does not serve" >&2
		exit 1
	fi
	sleep 2
done

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
	echo "namespace $TEMPORAL_NAMESPACE is there"
	exit 0
fi
temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"

# Each part of the server learns of a new namespace within seconds.
tries=60
until temporal workflow list --namespace "$TEMPORAL_NAMESPACE" --limit 1 >/dev/null 2>&1; do
	tries=$((tries - 1))
	if [ "$tries" -eq 0 ]; then
		echo "namespace $TEMPORAL_NAMESPACE was made, and cannot be used" >&2
		exit 1
	fi
	sleep 1
done
