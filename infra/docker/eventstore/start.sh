#!/bin/sh
# EventStoreDB takes the first passwords of its two users from its environment only: here they go from files into the
# environment of this one process, and stand in no description of the container.
set -eu
EVENTSTORE_DEFAULT_ADMIN_PASSWORD="$(cat /run/secrets/eventstore_admin_password)"
EVENTSTORE_DEFAULT_OPS_PASSWORD="$(cat /run/secrets/eventstore_ops_password)"
export EVENTSTORE_DEFAULT_ADMIN_PASSWORD EVENTSTORE_DEFAULT_OPS_PASSWORD
exec /opt/eventstore/EventStore.ClusterNode
