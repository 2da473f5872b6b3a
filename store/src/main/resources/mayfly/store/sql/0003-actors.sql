CREATE TABLE namespaces (
    id {text} PRIMARY KEY NOT NULL,
    name {text} NOT NULL UNIQUE,
    display_name {text} NOT NULL,
    created_at {int} NOT NULL
) {strict};

CREATE TABLE pool_configs (
    namespace_id {text} NOT NULL,
    name {text} NOT NULL,
    revision {int} NOT NULL,
    updated_at {int} NOT NULL,
    definition {text} NOT NULL,
    PRIMARY KEY (namespace_id, name)
) {strict};

CREATE TABLE runners (
    id {text} PRIMARY KEY NOT NULL,
    namespace_id {text} NOT NULL,
    pool {text} NOT NULL,
    key {text} NOT NULL,
    version {int} NOT NULL,
    total_slots {int} NOT NULL,
    created_at {int} NOT NULL,
    connected_at {int} NOT NULL,
    drained_at {int},
    stopped_at {int},
    revision {int} NOT NULL,
    metadata {text}
) {strict};

CREATE INDEX runners_open ON runners (id) WHERE stopped_at IS NULL;

CREATE INDEX runners_by_key ON runners (namespace_id, key, id) WHERE stopped_at IS NULL;

CREATE INDEX runners_by_pool ON runners (namespace_id, pool, id);

CREATE INDEX runners_by_end ON runners (stopped_at) WHERE stopped_at IS NOT NULL;

CREATE TABLE actors (
    id {text} PRIMARY KEY NOT NULL,
    namespace_id {text} NOT NULL,
    name {text} NOT NULL,
    key {text},
    pool {text} NOT NULL,
    crash_policy {text} NOT NULL,
    created_at {int} NOT NULL,
    destroyed_at {int},
    alarm_at {int},
    awake {int} NOT NULL,
    revision {int} NOT NULL,
    state {text} NOT NULL
) {strict};

-- Only living actors own their keys. Every index but those of alarms and of who is awake is left alone when a living
-- actor changes.
CREATE UNIQUE INDEX actors_by_key ON actors (namespace_id, name, key) WHERE destroyed_at IS NULL AND key IS NOT NULL;

CREATE INDEX actors_living ON actors (namespace_id, id) WHERE destroyed_at IS NULL;

CREATE INDEX actors_living_by_name ON actors (namespace_id, name, id) WHERE destroyed_at IS NULL;

CREATE INDEX actors_destroyed ON actors (namespace_id, id) WHERE destroyed_at IS NOT NULL;

CREATE INDEX actors_destroyed_by_name ON actors (namespace_id, name, id) WHERE destroyed_at IS NOT NULL;

CREATE INDEX actors_by_end ON actors (destroyed_at) WHERE destroyed_at IS NOT NULL;

CREATE INDEX actors_awake ON actors (id) WHERE awake = 1;

CREATE INDEX actors_by_alarm ON actors (alarm_at, id) WHERE alarm_at IS NOT NULL;

CREATE TABLE actor_inputs (
    actor_id {text} PRIMARY KEY NOT NULL,
    input {bytes} NOT NULL
) {strict};

CREATE TABLE actor_names (
    namespace_id {text} NOT NULL,
    name {text} NOT NULL,
    metadata {text} NOT NULL,
    PRIMARY KEY (namespace_id, name)
) {strict};

-- Not clustered by its key: values of a kilobyte would then lie in the inner pages too, and every write would log twice
-- as much (measured with SQLite: 34 for 16 MB).
CREATE TABLE kv (
    actor_id {text} NOT NULL,
    key {bytes} NOT NULL,
    updated_at {int} NOT NULL,
    value {bytes} NOT NULL,
    PRIMARY KEY (actor_id, key)
) {strict};
