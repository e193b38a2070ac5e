-- SPDX-License-Identifier: Apache-2.0
-- Account settings: what was set for a user, or for all of an account (its root).

CREATE TABLE account_setting (
	account TEXT NOT NULL,
	principal TEXT NOT NULL,
	name TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (account, principal, name)
);
