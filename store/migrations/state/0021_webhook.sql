-- SPDX-License-Identifier: Apache-2.0
-- Places that events may be sent to over HTTP by who knows a secret.

CREATE TABLE webhook (
	id TEXT NOT NULL PRIMARY KEY, -- as in its URL
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	bus TEXT NOT NULL,
	kind TEXT NOT NULL,           -- whose way to sign it is
	source TEXT NOT NULL,         -- of its events that are no CloudEvents
	type TEXT NOT NULL,           -- of those that name none; "": all must
	sealed BLOB NOT NULL,         -- the secret
	created_ms BIGINT NOT NULL,
	UNIQUE (account, name)
);
