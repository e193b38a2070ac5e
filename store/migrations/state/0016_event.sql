-- SPDX-License-Identifier: Apache-2.0
-- Event buses with their rules and targets, and the events that are on their way. The bus
-- "default" of each account exists without a row.

CREATE TABLE event_bus (
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (account, name)
);

-- A number that rises with each change of what the rules of a bus match; it stays when the bus
-- goes, so that no number means two sets of rules.
CREATE TABLE event_rules_version (
	account TEXT NOT NULL,
	bus TEXT NOT NULL,
	version BIGINT NOT NULL,
	PRIMARY KEY (account, bus)
);

CREATE TABLE event_rule (
	account TEXT NOT NULL,
	bus TEXT NOT NULL,
	name TEXT NOT NULL,
	pattern TEXT,               -- as given
	schedule TEXT,
	enabled INTEGER NOT NULL,
	description TEXT NOT NULL,
	role TEXT NOT NULL,
	based_ms BIGINT NOT NULL,   -- where a rate counts from: when its schedule was given
	due_ms BIGINT NOT NULL,     -- when the schedule falls due next; 0: never
	PRIMARY KEY (account, bus, name)
);
CREATE INDEX event_rule_due ON event_rule (due_ms) WHERE due_ms > 0;

CREATE TABLE event_target (
	account TEXT NOT NULL,
	bus TEXT NOT NULL,
	rule TEXT NOT NULL,
	id TEXT NOT NULL,
	arn TEXT NOT NULL,
	body TEXT NOT NULL,         -- JSON as given
	PRIMARY KEY (account, bus, rule, id),
	FOREIGN KEY (account, bus, rule)
		REFERENCES event_rule (account, bus, name) ON DELETE CASCADE
);
CREATE INDEX event_target_by_arn ON event_target (account, bus, arn, rule);

-- Events that were accepted: those that go somewhere, and the ids of those whose sender may send
-- them again.
CREATE TABLE event_accepted (
	number INTEGER NOT NULL PRIMARY KEY,
	account TEXT NOT NULL,
	bus TEXT NOT NULL,
	id TEXT NOT NULL,
	received_ms BIGINT NOT NULL,
	body TEXT,                  -- NULL: nobody is to get it any more
	UNIQUE (account, bus, id)
);
CREATE INDEX event_accepted_old ON event_accepted (received_ms) WHERE body IS NULL;

-- Each pair of event and target that is to be delivered.
CREATE TABLE event_delivery (
	number INTEGER NOT NULL PRIMARY KEY,
	event BIGINT NOT NULL REFERENCES event_accepted (number),
	account TEXT NOT NULL,
	rule TEXT NOT NULL,
	target TEXT NOT NULL,
	attempts BIGINT NOT NULL,
	next_ms BIGINT NOT NULL
);
CREATE INDEX event_delivery_due ON event_delivery (account, next_ms);
CREATE INDEX event_delivery_event ON event_delivery (event);

-- Those that could not be delivered, and why.
CREATE TABLE event_dead (
	number INTEGER NOT NULL PRIMARY KEY,
	account TEXT NOT NULL,
	bus TEXT NOT NULL,
	rule TEXT NOT NULL,
	target TEXT NOT NULL,
	event_id TEXT NOT NULL,
	body TEXT NOT NULL,
	received_ms BIGINT NOT NULL,
	dead_ms BIGINT NOT NULL,
	attempts BIGINT NOT NULL,
	exhausted TEXT NOT NULL,    -- the limit that ended it; "": its error is for ever
	code TEXT NOT NULL,
	reason TEXT NOT NULL
);
CREATE INDEX event_dead_by_account ON event_dead (account, number);
CREATE INDEX event_dead_old ON event_dead (dead_ms);
