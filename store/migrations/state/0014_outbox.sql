-- SPDX-License-Identifier: Apache-2.0
-- What others shall be told (store/outbox.h): CloudEvents, in the order in which they came to be.

CREATE TABLE outbox (
	position INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3, ...; never used again
	id TEXT NOT NULL UNIQUE,
	type TEXT NOT NULL,
	source TEXT NOT NULL,
	subject TEXT NOT NULL,
	time_ms BIGINT NOT NULL,
	data_json TEXT NOT NULL
);

-- The last position that was given, which stays when its event goes.
CREATE TABLE outbox_head (
	id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	position BIGINT NOT NULL
);
INSERT INTO outbox_head (id, position) VALUES (1, 0);
