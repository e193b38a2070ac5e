-- SPDX-License-Identifier: Apache-2.0
-- API destinations and the connections that authorize their requests.

CREATE TABLE event_connection (
	number INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	uuid TEXT NOT NULL,            -- the end of its ARN
	description TEXT NOT NULL,
	kind TEXT NOT NULL,            -- as the API has it: BASIC, API_KEY, ...
	state TEXT NOT NULL,
	reason TEXT NOT NULL,
	shown TEXT NOT NULL,           -- JSON: its parameters without what is secret
	sealed BLOB,                   -- JSON: all of them; NULL: it was deauthorized
	created_ms BIGINT NOT NULL,
	modified_ms BIGINT NOT NULL,
	authorized_ms BIGINT NOT NULL, -- 0: never
	revision BIGINT NOT NULL,      -- rises with each change of its parameters
	UNIQUE (account, name)
);
CREATE INDEX event_connection_waiting ON event_connection (number) WHERE state = 'AUTHORIZING';

CREATE TABLE event_api_destination (
	number INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	uuid TEXT NOT NULL,
	description TEXT NOT NULL,
	connection BIGINT NOT NULL,    -- its number; it may be gone
	connection_arn TEXT NOT NULL,
	endpoint TEXT NOT NULL,
	method TEXT NOT NULL,
	rate BIGINT NOT NULL,          -- requests a second at most
	created_ms BIGINT NOT NULL,
	modified_ms BIGINT NOT NULL,
	UNIQUE (account, name)
);
CREATE INDEX event_api_destination_by_connection ON event_api_destination (connection);

-- The number of the API destination that a target is, 0: it is something else. Deliveries have
-- their target's: those with one are made by slipway-relay, the others by the gateway.
ALTER TABLE event_target ADD COLUMN destination BIGINT NOT NULL DEFAULT 0;
ALTER TABLE event_delivery ADD COLUMN destination BIGINT NOT NULL DEFAULT 0;
DROP INDEX event_delivery_due;
CREATE INDEX event_delivery_due ON event_delivery (account, destination, next_ms);
CREATE INDEX event_delivery_away ON event_delivery (destination, next_ms) WHERE destination > 0;
