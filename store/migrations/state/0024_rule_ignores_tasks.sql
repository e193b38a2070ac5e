-- SPDX-License-Identifier: Apache-2.0
-- Rules whose patterns want other sources than those of a task's events: where all do, no events
-- of tasks are made.

ALTER TABLE event_rule ADD COLUMN ignores_tasks INTEGER NOT NULL DEFAULT 0;
