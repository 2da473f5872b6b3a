-- Times are nanoseconds since 1970, booleans 0 or 1. Wide columns come last: listing then reads only the row's first page.

CREATE TABLE artifacts (
    sha256 {text} PRIMARY KEY NOT NULL,
    bytes {bytes} NOT NULL
) {strict};

CREATE TABLE functions (
    id {text} PRIMARY KEY NOT NULL,
    name {text} NOT NULL,
    runtime {text} NOT NULL,
    tags {text} NOT NULL,
    latest {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    deleted_at {int}
) {strict};

-- A deleted function keeps its row, for its invocations; only living ones own their name.
CREATE UNIQUE INDEX functions_living ON functions (name) WHERE deleted_at IS NULL;

CREATE TABLE versions (
    function_id {text} NOT NULL REFERENCES functions (id),
    version {int} NOT NULL,
    runtime {text} NOT NULL,
    tags {text} NOT NULL,
    artifact {text} NOT NULL REFERENCES artifacts (sha256),
    created_at {int} NOT NULL,
    spec {text} NOT NULL,
    PRIMARY KEY (function_id, version)
) {strict};

-- No foreign key to functions: it would cost every record a look-up and nothing deletes functions.
CREATE TABLE invocations (
    id {text} PRIMARY KEY NOT NULL,
    function_id {text} NOT NULL,
    function_name {text} NOT NULL,
    version {int} NOT NULL,
    mode {text} NOT NULL,
    status {text} NOT NULL,
    payload_json {int} NOT NULL,
    result_json {int} NOT NULL,
    start {text},
    machine {text},
    queued_at {int} NOT NULL,
    started_at {int},
    ended_at {int},
    duration_us {int} NOT NULL,
    attempts {int} NOT NULL,
    error {text},
    payload {bytes},
    result {bytes},
    logs {text}
) {strict};

CREATE INDEX invocations_by_function ON invocations (function_name, id);

-- Either column alone would find far too much: the failures of a busy function, the successes of a quiet one.
CREATE INDEX invocations_by_function_and_status ON invocations (function_name, status, id);

CREATE INDEX invocations_by_status ON invocations (status, id);

CREATE INDEX invocations_by_time ON invocations (queued_at);

CREATE TABLE tasks (
    id {text} PRIMARY KEY NOT NULL,
    name {text} NOT NULL,
    status {text} NOT NULL,
    pid {int} NOT NULL,
    exit_code {int},
    signal {int},
    created_at {int} NOT NULL,
    started_at {int},
    ended_at {int},
    version {int} NOT NULL,
    reason {text} NOT NULL,
    spec {text} NOT NULL
) {strict};

CREATE INDEX tasks_by_status ON tasks (status, id);

CREATE INDEX tasks_by_name ON tasks (name, id);
