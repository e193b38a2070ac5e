-- SPDX-License-Identifier: Apache-2.0
-- Archives of what came to buses, and replays of them.

CREATE TABLE event_archive (
	number INTEGER NOT NULL PRIMARY KEY,
	account TEXT NOT NULL,
	name TEXT,                     -- NULL: it was deleted, and goes as soon as its events have gone
	bus TEXT NOT NULL,
	description TEXT NOT NULL,
	pattern TEXT,                  -- as given; NULL: all events
	retention_days BIGINT NOT NULL, -- 0: for ever
	created_ms BIGINT NOT NULL,
	event_count BIGINT NOT NULL,
	size_bytes BIGINT NOT NULL,    -- of the envelopes
	UNIQUE (account, name)
);
CREATE INDEX event_archive_by_bus ON event_archive (account, bus);

CREATE TABLE event_archived (
	number INTEGER NOT NULL PRIMARY KEY,
	archive BIGINT NOT NULL REFERENCES event_archive (number),
	id TEXT NOT NULL,
	event_ms BIGINT NOT NULL,      -- its own time
	received_ms BIGINT NOT NULL,
	body TEXT NOT NULL
);
CREATE INDEX event_archived_by_time ON event_archived (archive, event_ms, number);
CREATE INDEX event_archived_old ON event_archived (archive, received_ms);

CREATE TABLE event_replay (
	number INTEGER NOT NULL PRIMARY KEY,
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	archive BIGINT NOT NULL,       -- its number: one of the same name that came later is another
	archive_name TEXT NOT NULL,
	bus TEXT NOT NULL,
	filter TEXT NOT NULL,          -- JSON: the ARNs of the rules that get it; []: all
	from_ms BIGINT NOT NULL,
	to_ms BIGINT NOT NULL,
	until_number BIGINT NOT NULL,  -- the last event that the archive had when it began
	state TEXT NOT NULL,
	reason TEXT NOT NULL,
	started_ms BIGINT NOT NULL,
	ended_ms BIGINT NOT NULL,      -- 0: it has not
	at_ms BIGINT NOT NULL,         -- the event that was replayed last: all before it were as well
	at_number BIGINT NOT NULL,
	UNIQUE (account, name)
);
CREATE INDEX event_replay_running ON event_replay (number) WHERE ended_ms = 0;
CREATE INDEX event_replay_old ON event_replay (ended_ms) WHERE ended_ms > 0;
