-- SPDX-License-Identifier: Apache-2.0
-- Events that other programs than the gateway accepted: they lie here, durable, until the gateway
-- has asked the rules of their bus and moved them on.
CREATE TABLE event_inbox (
	number INTEGER NOT NULL PRIMARY KEY,
	account TEXT NOT NULL,
	bus TEXT NOT NULL,
	id TEXT NOT NULL,
	named INTEGER NOT NULL,     -- its sender gave the id, and may send it again
	received_ms BIGINT NOT NULL,
	body TEXT NOT NULL          -- the envelope
);
CREATE INDEX event_inbox_by_account ON event_inbox (account, number);

-- What was accepted from a source of events which may yet offer it again.
CREATE TABLE event_mark (
	source TEXT NOT NULL,
	item TEXT NOT NULL,
	value TEXT NOT NULL,        -- another one is another event
	PRIMARY KEY (source, item)
);
