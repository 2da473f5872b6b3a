-- A deleted service leaves no row: nothing refers to it.
CREATE TABLE services (
    id {text} PRIMARY KEY NOT NULL,
    name {text} NOT NULL UNIQUE,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    definition {text} NOT NULL
) {strict};
