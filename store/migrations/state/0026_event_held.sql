-- SPDX-License-Identifier: Apache-2.0
-- What the events of an account hold (store/event_held.h), so that one who asks counts nothing:
-- of each delivery its event, which may become its dead letter, and of each dead letter its own;
-- and 512 bytes of each, for the row and its places in indexes. Archives count for themselves.
ALTER TABLE quota ADD COLUMN event_bytes BIGINT;

ALTER TABLE event_accepted ADD COLUMN size BIGINT NOT NULL DEFAULT 0; -- of its text, in bytes
UPDATE event_accepted SET size = COALESCE(LENGTH(CAST(body AS BLOB)), 0);

CREATE TABLE event_held (
	account TEXT NOT NULL PRIMARY KEY,
	bytes BIGINT NOT NULL
);
INSERT INTO event_held (account, bytes)
	SELECT account, SUM(bytes) FROM (
		SELECT event_delivery.account AS account, size + 512 AS bytes FROM event_delivery
			JOIN event_accepted ON event_accepted.number = event_delivery.event
		UNION ALL SELECT account, LENGTH(CAST(body AS BLOB)) + 512 FROM event_dead
	) AS held GROUP BY account;

CREATE TRIGGER event_delivery_begins AFTER INSERT ON event_delivery BEGIN
	INSERT INTO event_held (account, bytes) VALUES (NEW.account,
		512 + (SELECT size FROM event_accepted WHERE number = NEW.event))
		ON CONFLICT (account) DO UPDATE SET bytes = event_held.bytes + excluded.bytes;
END;
CREATE TRIGGER event_delivery_ends AFTER DELETE ON event_delivery BEGIN
	UPDATE event_held SET bytes = bytes - 512
		- (SELECT size FROM event_accepted WHERE number = OLD.event)
		WHERE account = OLD.account;
END;
-- A letter that is sent again may bring another text under the same id.
CREATE TRIGGER event_accepted_grows AFTER UPDATE OF size ON event_accepted
	WHEN NEW.size <> OLD.size BEGIN
	UPDATE event_held SET bytes = bytes + (NEW.size - OLD.size)
		* (SELECT COUNT(*) FROM event_delivery WHERE event = NEW.number)
		WHERE account = NEW.account;
END;
CREATE TRIGGER event_dead_begins AFTER INSERT ON event_dead BEGIN
	INSERT INTO event_held (account, bytes) VALUES (NEW.account,
		512 + LENGTH(CAST(NEW.body AS BLOB)))
		ON CONFLICT (account) DO UPDATE SET bytes = event_held.bytes + excluded.bytes;
END;
CREATE TRIGGER event_dead_ends AFTER DELETE ON event_dead BEGIN
	UPDATE event_held SET bytes = bytes - 512 - LENGTH(CAST(OLD.body AS BLOB))
		WHERE account = OLD.account;
END;
