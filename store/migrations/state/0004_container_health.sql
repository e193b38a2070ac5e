-- SPDX-License-Identifier: Apache-2.0
-- How well containers are, as their health checks found it ('': there is no check), and
-- how often their restart policies have started them again.

ALTER TABLE task_container ADD COLUMN health TEXT NOT NULL DEFAULT ''
	CHECK (health IN ('', 'UNKNOWN', 'HEALTHY', 'UNHEALTHY'));
ALTER TABLE task_container ADD COLUMN restarts BIGINT NOT NULL DEFAULT 0;
