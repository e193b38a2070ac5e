-- SPDX-License-Identifier: Apache-2.0
-- What the keys of task roles are made from: one row, written by whoever needs it first.
CREATE TABLE role_seed (
	one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
	seed TEXT NOT NULL                  -- 64 hex digits
);
