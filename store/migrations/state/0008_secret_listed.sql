-- SPDX-License-Identifier: Apache-2.0
-- Secrets are listed by their creation.
CREATE INDEX secret_listed ON secret (account, created_ms, name);
