-- SPDX-License-Identifier: Apache-2.0
-- Tasks and events: what a task was at each version, for its event; how deep events and tasks lie
-- in a chain in which one makes the other; why deliveries wait; order by key; who watches a bus.

ALTER TABLE task ADD COLUMN event_depth BIGINT NOT NULL DEFAULT 0;    -- of events that it makes
ALTER TABLE task ADD COLUMN admit_until_ms BIGINT NOT NULL DEFAULT 0; -- for room; 0: as the host has it
ALTER TABLE task ADD COLUMN waits_ms BIGINT NOT NULL DEFAULT 0;       -- for room, since; 0: it did not
CREATE INDEX task_waits ON task (waits_ms) WHERE waits_ms > 0 AND state = 'PROVISIONING';

-- What may change of a task, as it was, until the event of that version is made. Rows are written
-- where somebody may want the event, and live for some milliseconds.
CREATE TABLE task_version (
	number INTEGER NOT NULL PRIMARY KEY,
	task TEXT NOT NULL,
	waits INTEGER NOT NULL,     -- not a version: it waits for room
	noted_ms BIGINT NOT NULL,
	state TEXT NOT NULL,
	want_stopped INTEGER NOT NULL,
	version BIGINT NOT NULL,
	stop_code TEXT NOT NULL,
	stopped_reason TEXT NOT NULL,
	connectivity_ms BIGINT NOT NULL,
	pull_started_ms BIGINT NOT NULL,
	pull_stopped_ms BIGINT NOT NULL,
	started_ms BIGINT NOT NULL,
	stopping_ms BIGINT NOT NULL,
	execution_stopped_ms BIGINT NOT NULL,
	stopped_ms BIGINT NOT NULL,
	address TEXT NOT NULL,
	mac TEXT NOT NULL
);
CREATE INDEX task_version_by_task ON task_version (task);

CREATE TABLE task_version_container (
	version BIGINT NOT NULL REFERENCES task_version (number) ON DELETE CASCADE,
	position INTEGER NOT NULL,
	image_digest TEXT NOT NULL,
	runtime_id TEXT NOT NULL,
	state TEXT NOT NULL,
	exit_code BIGINT,
	reason TEXT NOT NULL,
	health TEXT NOT NULL,
	PRIMARY KEY (version, position)
);

-- Whether anybody hears what happens on a bus.
CREATE INDEX event_rule_heard ON event_rule (account, bus) WHERE enabled = 1 AND pattern IS NOT NULL;

ALTER TABLE event_accepted ADD COLUMN depth BIGINT NOT NULL DEFAULT 0;

ALTER TABLE event_delivery ADD COLUMN since_ms BIGINT NOT NULL DEFAULT 0; -- its age counts from there
ALTER TABLE event_delivery ADD COLUMN code TEXT NOT NULL DEFAULT '';      -- of the last failure
ALTER TABLE event_delivery ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE event_delivery ADD COLUMN told INTEGER NOT NULL DEFAULT 0;    -- its want of capacity is
-- Deliveries of one target with the same key go one after the other; '': in any order.
ALTER TABLE event_delivery ADD COLUMN order_key TEXT NOT NULL DEFAULT '';
ALTER TABLE event_delivery ADD COLUMN bus TEXT NOT NULL DEFAULT '';
UPDATE event_delivery SET
	since_ms = (SELECT received_ms FROM event_accepted WHERE event_accepted.number = event),
	bus = (SELECT event_accepted.bus FROM event_accepted WHERE event_accepted.number = event);
CREATE INDEX event_delivery_ordered ON event_delivery (account, bus, rule, target, order_key, number)
	WHERE order_key <> '';

-- Rules that deliver in order by key have this tag.
CREATE INDEX tag_order_by ON tag (account, resource) WHERE key = 'slipway:orderBy';

-- Who watches a bus, and the last events of buses that are watched.
CREATE TABLE event_tail (
	account TEXT NOT NULL,
	bus TEXT NOT NULL,
	watcher TEXT NOT NULL,
	until_ms BIGINT NOT NULL,
	PRIMARY KEY (account, bus, watcher)
);
CREATE TABLE event_recent (
	account TEXT NOT NULL,
	bus TEXT NOT NULL,
	number BIGINT NOT NULL,
	size BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (account, bus, number)
);

-- Numbers of dead letters rise, so that nobody means one and gets another.
CREATE TABLE event_dead_head (
	id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	number BIGINT NOT NULL
);
INSERT INTO event_dead_head (id, number) SELECT 1, COALESCE(MAX(number), 0) FROM event_dead;

-- How far the outbox has become events of buses: from now on.
CREATE TABLE event_outbox (
	id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	position BIGINT NOT NULL
);
INSERT INTO event_outbox (id, position) SELECT 1, position FROM outbox_head;
