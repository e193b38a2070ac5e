-- SPDX-License-Identifier: Apache-2.0
-- Log groups, streams and events. Numbers instead of names in the events, which are
-- by far the most rows. Counters of bytes (messages and, as the API counts, 26 bytes
-- an event) are kept with every write, so that no answer has to add up.
--
-- A deleted group has the account '' and a name made of its number: it is out of
-- sight at once, and trimming removes its events piece by piece.

CREATE TABLE log_group (
	id INTEGER PRIMARY KEY,
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	retention_days BIGINT NOT NULL, -- 0: for ever
	stored_bytes BIGINT NOT NULL,
	UNIQUE (account, name)
);
CREATE INDEX log_group_retained ON log_group (id) WHERE retention_days > 0;

CREATE TABLE log_stream (
	id INTEGER PRIMARY KEY,
	group_id BIGINT NOT NULL REFERENCES log_group (id),
	name TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	first_event_ms BIGINT NOT NULL, -- 0: no event yet
	last_event_ms BIGINT NOT NULL,
	last_ingestion_ms BIGINT NOT NULL,
	stored_bytes BIGINT NOT NULL,
	UNIQUE (group_id, name)
);
CREATE INDEX log_stream_by_time ON log_stream (group_id, last_event_ms, name);

-- The order in which events are read is (timestamp_ms, id); ids rise with arrival, so
-- lines of one millisecond stay in the order in which they were written.
-- AUTOINCREMENT: a position that a reader holds must not be given to a later line.
CREATE TABLE log_event (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id BIGINT NOT NULL,
	stream_id BIGINT NOT NULL REFERENCES log_stream (id),
	timestamp_ms BIGINT NOT NULL,
	ingestion_ms BIGINT NOT NULL,
	message BLOB NOT NULL
);
CREATE INDEX log_event_of_stream ON log_event (stream_id, timestamp_ms, id);
CREATE INDEX log_event_of_group ON log_event (group_id, timestamp_ms, id);

-- What all events together take: one row, compared with the limit.
CREATE TABLE log_total (
	id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	stored_bytes BIGINT NOT NULL
);
INSERT INTO log_total (id, stored_bytes) VALUES (1, 0);

-- The last report of each task's agent whose lines are here.
CREATE TABLE log_agent (
	task TEXT NOT NULL PRIMARY KEY,
	seq BIGINT NOT NULL
);
