-- SPDX-License-Identifier: Apache-2.0
-- Which stopped tasks are old enough to be forgotten: the oldest first.

CREATE INDEX task_stopped ON task (stopped_ms, id) WHERE state = 'STOPPED';
