-- SPDX-License-Identifier: Apache-2.0
-- What is due of one account: none waits for all of another's.
CREATE INDEX schedule_due_of_account ON schedule (account, fire_ms) WHERE fire_ms > 0;
