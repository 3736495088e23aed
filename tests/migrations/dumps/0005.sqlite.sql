-- {"organization_id": "43f5c995-9826-41f7-929c-32d55374e84a", "customers": [{"id": "a0f0f106-621e-49fd-a5bf-d3b337de993e", "external_id": "living-2", "email": "living-2@people.example", "name": null, "created_at": "2026-11-28T01:09:56.000095Z", "subscriptions": [], "members": []}, {"id": "1442de31-8c6d-452b-a82b-9b4d5bbc8108", "external_id": "again-1", "email": "again-1@people.example", "name": "Somebody again-1", "created_at": "2026-11-28T01:08:43.776212Z", "subscriptions": [], "members": []}, {"id": "7cc79e48-9b1b-4f63-9eb7-7b92646394d4", "external_id": "team-1", "email": "team-1@people.example", "name": "Somebody team-1", "created_at": "2026-10-29T01:09:43.779374Z", "subscriptions": [{"id": "39c3180c-e209-4e23-8036-f652709435be", "status": "active"}], "members": []}, {"id": "879264b1-1002-449a-9d6e-70c8ce2a39a5", "external_id": "held-3", "email": "held-3@people.example", "name": "Somebody held-3", "created_at": "2026-10-29T01:09:43.774639Z", "subscriptions": [{"id": "4031ba2a-091f-40f8-a3c8-3e42c1447401", "status": "active"}], "members": []}, {"id": "dc89bbf1-bed2-4381-9207-4f1c7f09e306", "external_id": "held-2", "email": "held-2@people.example", "name": "Somebody held-2", "created_at": "2026-10-29T01:09:43.772793Z", "subscriptions": [{"id": "0331be94-5025-4dfb-a526-466e8a609a34", "status": "active"}], "members": []}, {"id": "42d7e7f7-6acd-4472-baf6-b00dbb315a74", "external_id": "held-1", "email": "held-1@people.example", "name": "Somebody held-1", "created_at": "2026-10-29T01:09:43.769491Z", "subscriptions": [{"id": "c5f29a76-0d04-46a9-8c49-6f7789e5c422", "status": "active"}], "members": []}, {"id": "1caf8189-5c53-4f9d-b125-a2be7a9d0ab4", "external_id": "living-1", "email": "living-1@people.example", "name": "Somebody living-1", "created_at": "2026-10-29T01:09:43.740222Z", "subscriptions": [{"id": "f7133fd8-61be-451a-b9ca-7e263b8d150e", "status": "active"}], "members": []}, {"id": "966fe20a-e584-46be-8cba-67850777be5f", "external_id": "pending-1", "email": "pending-1@people.example", "name": "Somebody pending-1", "created_at": "2026-10-29T01:09:43.738813Z", "subscriptions": [{"id": "2cfcaaf3-ce38-4833-af28-a9b1a6fd381d", "status": "active"}], "members": []}, {"id": "c92256b2-045d-4d26-a60a-9bbc477ffb3c", "external_id": "mapped-1", "email": "mapped-1@people.example", "name": "Somebody mapped-1", "created_at": "2026-10-29T01:09:43.733884Z", "subscriptions": [{"id": "74275ba3-54fd-48ec-9b6b-6a466407487e", "status": "active"}], "members": []}, {"id": "57dbd89b-c08b-42de-a77c-61eccccfb262", "external_id": "blocked-1", "email": "blocked-1@people.example", "name": "Somebody blocked-1", "created_at": "2026-10-29T01:09:43.732100Z", "subscriptions": [{"id": "0e9833f8-2765-495a-bef3-1f06c3cef163", "status": "active"}], "members": []}]}
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
CREATE TABLE benefit_grant (
	version_at DATETIME NOT NULL, 
	observed_at DATETIME NOT NULL, 
	digest VARCHAR NOT NULL, 
	written_by VARCHAR NOT NULL, 
	written_at DATETIME NOT NULL, 
	id VARCHAR NOT NULL, 
	customer_id VARCHAR NOT NULL, 
	benefit_id VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	is_granted BOOLEAN NOT NULL, 
	granted_at DATETIME, 
	revoked_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "benefit_grant" VALUES('2026-11-28 01:09:48.022056','2026-11-28 01:09:48.022126','dbf7c2d75d41f1313de71a5ed39c4f6ac0f470b51d1671335bf03d1881d5aa8f','benefit_grant.revoked','2026-11-28 01:09:48.207098','0948a742-8216-4a16-8e07-49e575922645','30b5f966-48f2-41c1-b14c-17b7d0c8b276','b402a432-91ad-4f4b-bea0-85c814c59f17','2026-10-29 01:09:43.741747',0,'2026-10-29 01:09:43.741747','2026-11-28 01:09:48.022056');
CREATE TABLE budget (
	id INTEGER NOT NULL, 
	next_at DATETIME NOT NULL, 
	paused_until DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "budget" VALUES(1,'2026-11-28 01:09:53.790805','1970-01-01 00:00:00.000000');
CREATE TABLE customer (
	version_at DATETIME NOT NULL, 
	observed_at DATETIME NOT NULL, 
	digest VARCHAR NOT NULL, 
	written_by VARCHAR NOT NULL, 
	written_at DATETIME NOT NULL, 
	id VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	deleted_at DATETIME, 
	external_id VARCHAR, 
	email VARCHAR, 
	name VARCHAR, 
	billing_name VARCHAR, 
	billing_address JSON, 
	tax_id JSON, 
	metadata JSON, 
	final_state_at DATETIME, 
	final_state_open INTEGER, 
	forgotten_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "customer" VALUES('2026-11-28 01:08:43.776212','2026-11-28 01:09:48.060349','','api','2026-11-28 01:09:48.109837','1442de31-8c6d-452b-a82b-9b4d5bbc8108','2026-11-28 01:08:43.776212',NULL,'again-1','again-1@people.example','Somebody again-1','Somebody again-1','{"line1": "1 again-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:43.779374','2026-11-28 01:09:48.120948','','api','2026-11-28 01:09:48.147194','7cc79e48-9b1b-4f63-9eb7-7b92646394d4','2026-10-29 01:09:43.779374',NULL,'team-1','team-1@people.example','Somebody team-1','Somebody team-1','{"line1": "1 team-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:43.774639','2026-11-28 01:09:50.429010','','api','2026-11-28 01:09:50.453094','879264b1-1002-449a-9d6e-70c8ce2a39a5','2026-10-29 01:09:43.774639',NULL,'held-3','held-3@people.example','Somebody held-3','Somebody held-3','{"line1": "1 held-3 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:43.772793','2026-11-28 01:09:50.369972','','api','2026-11-28 01:09:50.378665','dc89bbf1-bed2-4381-9207-4f1c7f09e306','2026-10-29 01:09:43.772793',NULL,'held-2','held-2@people.example','Somebody held-2','Somebody held-2','{"line1": "1 held-2 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:43.769491','2026-11-28 01:09:50.309231','','api','2026-11-28 01:09:50.320103','42d7e7f7-6acd-4472-baf6-b00dbb315a74','2026-10-29 01:09:43.769491',NULL,'held-1','held-1@people.example','Somebody held-1','Somebody held-1','{"line1": "1 held-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-11-28 01:09:48.030885','2026-11-28 01:09:48.031135','bceaa67b4004ccdc211a52c76cb53a011f72914b7e6b0282cf60323b0e7bcfd9','customer.state_changed','2026-11-28 01:09:48.406213','c4f8a9b6-b04f-4347-9077-0805d4575ef3','2026-10-29 01:09:43.743099','2026-11-28 01:09:48.030885','paused-1',NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:09:48.031135',0,NULL);
INSERT INTO "customer" VALUES('2026-11-28 01:09:47.913281','2026-11-28 01:09:48.049937','0bdef4c0e361dd3cdc3b0f890a4dc89b4b532e19adfe300df33f7cf81b0250ff','customer.state_changed','2026-11-28 01:09:48.406213','30b5f966-48f2-41c1-b14c-17b7d0c8b276','2026-10-29 01:09:43.741747','2026-11-28 01:09:47.913281',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:09:48.049937',0,'2026-11-28 01:09:48.344394');
INSERT INTO "customer" VALUES('2026-10-29 01:09:43.740222','2026-11-28 01:09:44.737879','','api','2026-11-28 01:09:44.805409','1caf8189-5c53-4f9d-b125-a2be7a9d0ab4','2026-10-29 01:09:43.740222',NULL,'living-1','living-1@people.example','Somebody living-1','Somebody living-1','{"line1": "1 living-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:43.738813','2026-11-28 01:09:44.737879','','api','2026-11-28 01:09:44.805409','966fe20a-e584-46be-8cba-67850777be5f','2026-10-29 01:09:43.738813',NULL,'pending-1','pending-1@people.example','Somebody pending-1','Somebody pending-1','{"line1": "1 pending-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:43.733884','2026-11-28 01:09:44.737879','','api','2026-11-28 01:09:44.805409','c92256b2-045d-4d26-a60a-9bbc477ffb3c','2026-10-29 01:09:43.733884',NULL,'mapped-1','mapped-1@people.example','Somebody mapped-1','Somebody mapped-1','{"line1": "1 mapped-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:43.732100','2026-11-28 01:09:44.737879','','api','2026-11-28 01:09:44.805409','57dbd89b-c08b-42de-a77c-61eccccfb262','2026-10-29 01:09:43.732100',NULL,'blocked-1','blocked-1@people.example','Somebody blocked-1','Somebody blocked-1','{"line1": "1 blocked-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:43.726717','2026-11-28 01:09:53.530059','','api','2026-11-28 01:09:53.543348','4180f2f2-2b37-41c9-8bf0-7b17ba084a69','2026-10-29 01:09:43.726717',NULL,'deleting-1','deleting-1@people.example','Somebody deleting-1','Somebody deleting-1','{"line1": "1 deleting-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
CREATE TABLE customer_seat (
	version_at DATETIME NOT NULL, 
	observed_at DATETIME NOT NULL, 
	digest VARCHAR NOT NULL, 
	written_by VARCHAR NOT NULL, 
	written_at DATETIME NOT NULL, 
	id VARCHAR NOT NULL, 
	customer_id VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	status VARCHAR NOT NULL, 
	subscription_id VARCHAR, 
	member_id VARCHAR, 
	PRIMARY KEY (id)
);
CREATE TABLE deletion (
	id INTEGER NOT NULL, 
	user_hash VARCHAR NOT NULL, 
	user_id VARCHAR, 
	external_id VARCHAR, 
	external_hash VARCHAR, 
	override_external_id VARCHAR, 
	event_at DATETIME NOT NULL, 
	received_at DATETIME NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	resume VARCHAR(16), 
	reason VARCHAR, 
	approved BOOLEAN NOT NULL, 
	customer_id VARCHAR, 
	customer_created_at DATETIME, 
	pinned_at DATETIME, 
	listed_at DATETIME, 
	delete_sent_at DATETIME, 
	deleted_at DATETIME, 
	ended_at DATETIME, 
	forgotten_at DATETIME, 
	attempts INTEGER NOT NULL, 
	next_attempt_at DATETIME, 
	signals INTEGER NOT NULL, 
	lease_token VARCHAR, 
	lease_until DATETIME, by_external_id BOOLEAN DEFAULT 0 NOT NULL, sent_by_external_id_at DATETIME, on_its_way_until DATETIME, memberships_left INTEGER DEFAULT '0' NOT NULL, others INTEGER, 
	PRIMARY KEY (id)
);
INSERT INTO "deletion" VALUES(1,'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3',NULL,NULL,'4903347d4e46f955661db33f2d4936d4c6647b6bbd7881ff2c58a30a77a5cbe5',NULL,'2026-11-28 01:09:47.650312','2026-11-28 01:09:47.720529','verified',NULL,NULL,0,'30b5f966-48f2-41c1-b14c-17b7d0c8b276','2026-10-29 01:09:43.741747','2026-11-28 01:09:47.741593','2026-11-28 01:09:48.261243','2026-11-28 01:09:47.907644','2026-11-28 01:09:47.926148','2026-11-28 01:09:48.344394','2026-11-28 01:09:48.344394',0,NULL,2,NULL,NULL,1,'2026-11-28 01:09:47.907644',NULL,0,NULL);
INSERT INTO "deletion" VALUES(2,'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592','paused-1','paused-1','929b43e8f3ea8f8ea640040ec7f6e0ea100fe60f5397c8824a42f25d7e3f2fad',NULL,'2026-11-28 01:09:47.715597','2026-11-28 01:09:47.784729','incomplete',NULL,'the customer is gone, but these are not: subscription 3680ee15-37b0-482e-8b04-887fbd2c1f1f (paused); end them at Polar, then `polar-sync retry`',0,'c4f8a9b6-b04f-4347-9077-0805d4575ef3','2026-10-29 01:09:43.743099','2026-11-28 01:09:47.812460','2026-11-28 01:09:53.316521','2026-11-28 01:09:47.912310','2026-11-28 01:09:48.049498',NULL,NULL,0,'2026-11-28 01:09:53.986713',2,NULL,NULL,1,'2026-11-28 01:09:47.912310',NULL,0,NULL);
INSERT INTO "deletion" VALUES(3,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','nobody-1','nobody-1','df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560',NULL,'2026-11-28 01:09:47.775874','2026-11-28 01:09:47.899647','no_customer',NULL,'Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:09:44+00:00)',0,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:09:48.100467',NULL,0,'2026-12-05 01:09:48.100467',0,NULL,NULL,0,NULL,NULL,0,NULL);
INSERT INTO "deletion" VALUES(4,'3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0','again-1','again-1','5f5a14cb6647c2e691245fd1e4a48e1b0b1ae5c0e35ceac8075f87a3a0e9a659',NULL,'2026-11-28 00:09:47.865456','2026-11-28 01:09:47.969852','superseded',NULL,'customer 1442de31-8c6d-452b-a82b-9b4d5bbc8108 was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted',0,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:09:48.109837',NULL,0,NULL,0,NULL,NULL,0,NULL,NULL,0,NULL);
INSERT INTO "deletion" VALUES(5,'7fdb1ef38ee168933108fc3b2ac2487a9b08c7699cdb814fbd45ff9abeb47835','team-1','team-1','50738aeac6d8e3e02f60f32db18b9115ee665dbd883af1fb10a5c0ad4b7bd63d',NULL,'2026-11-28 01:09:47.927896','2026-11-28 01:09:48.068909','held','resolved','customer 7cc79e48-9b1b-4f63-9eb7-7b92646394d4 is a team with 1 other person; they would lose subscription 39c3180c-e209-4e23-8036-f652709435be: `polar-sync approve`, `cancel`, or `transfer`',0,'7cc79e48-9b1b-4f63-9eb7-7b92646394d4','2026-10-29 01:09:43.779374','2026-11-28 01:09:48.120714','2026-11-28 01:09:48.124962',NULL,NULL,NULL,NULL,0,NULL,0,NULL,NULL,1,NULL,NULL,0,1);
INSERT INTO "deletion" VALUES(6,'12f0798884d2cf0740b61e8541e3030ae599e6499bcd9169626c23a30b3429d1',NULL,NULL,'987fd74c1af61158c99e81454c57765ea0a8958bb0e2fe5b8dfc911a04648718',NULL,'2026-11-28 01:09:47.992465','2026-11-28 01:09:48.068909','verified',NULL,NULL,0,NULL,NULL,NULL,NULL,'2026-11-28 01:09:48.255899','2026-11-28 01:09:48.255899','2026-11-28 01:09:48.382884','2026-11-28 01:09:48.382884',0,NULL,0,NULL,NULL,0,NULL,NULL,0,NULL);
INSERT INTO "deletion" VALUES(7,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','nobody-1','nobody-1','df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560',NULL,'2026-11-28 01:09:48.124464','2026-11-28 01:09:48.317685','no_customer',NULL,'Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:09:44+00:00)',0,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:09:48.368662',NULL,0,'2026-12-05 01:09:48.368662',0,NULL,NULL,0,NULL,NULL,0,NULL);
INSERT INTO "deletion" VALUES(8,'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52','held-1','held-1','3f9651e99ccac428f66f1df17c5c876a26975d9e33129bb242dba1e2e478ec83',NULL,'2026-11-28 01:09:50.169979','2026-11-28 01:09:50.267544','held','resolved','the brake tripped: 3 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`',0,'42d7e7f7-6acd-4472-baf6-b00dbb315a74','2026-10-29 01:09:43.769491','2026-11-28 01:09:50.308975','2026-11-28 01:09:50.313762',NULL,NULL,NULL,NULL,0,NULL,0,NULL,NULL,1,NULL,NULL,0,NULL);
INSERT INTO "deletion" VALUES(9,'4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44','held-2','held-2','802ad5b4b6164dcb4539937f20ba387a3def0aed7c31c138d277074a9c7315b3',NULL,'2026-11-28 01:09:50.244906','2026-11-28 01:09:50.338641','held','resolved','the brake tripped: 3 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`',0,'dc89bbf1-bed2-4381-9207-4f1c7f09e306','2026-10-29 01:09:43.772793','2026-11-28 01:09:50.366176','2026-11-28 01:09:50.374233',NULL,NULL,NULL,NULL,0,NULL,0,NULL,NULL,1,NULL,NULL,0,NULL);
INSERT INTO "deletion" VALUES(10,'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017','held-3','held-3','8dc76f1d4145695b4baffb6e49b3cd2766b09ea2b9facd77d64ab907d3093c52',NULL,'2026-11-28 01:09:50.291646','2026-11-28 01:09:50.399402','canceled',NULL,NULL,0,'879264b1-1002-449a-9d6e-70c8ce2a39a5','2026-10-29 01:09:43.774639','2026-11-28 01:09:50.426651','2026-11-28 01:09:50.438077',NULL,NULL,'2026-11-28 01:09:51.102645',NULL,0,NULL,0,NULL,NULL,1,NULL,NULL,0,NULL);
INSERT INTO "deletion" VALUES(11,'350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb','deleting-1','deleting-1','63b9df2a704c994078cc4a1590c3d6a51a9555bfdd81d392dd66221643747af2',NULL,'2026-11-28 01:09:53.306779','2026-11-28 01:09:53.474737','deleting',NULL,NULL,0,'4180f2f2-2b37-41c9-8bf0-7b17ba084a69','2026-10-29 01:09:43.726717','2026-11-28 01:09:53.529742','2026-11-28 01:09:53.534507','2026-11-28 01:09:53.588635',NULL,NULL,NULL,0,'2026-11-28 01:12:03.588635',0,'c5e3bc701fd048688246633244eba17f','2026-11-28 01:10:23.581001',1,'2026-11-28 01:09:53.588635','2026-11-28 01:12:03.588635',0,NULL);
INSERT INTO "deletion" VALUES(12,'6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0','blocked-1','blocked-1','0eceeb3db836a091c90ebab8c33b762f3862953bbe740c0768843338a073c070',NULL,'2026-11-28 01:09:53.604884','2026-11-28 01:09:53.661088','blocked','received','GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one; if it is valid, the organization''s API access is switched off, which Polar''s support can tell',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'2026-11-28 01:09:55.134365',0,NULL,NULL,0,NULL,NULL,0,NULL);
CREATE TABLE evidence (
	id INTEGER NOT NULL, 
	deletion_id INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	kind VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	detail JSON NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (deletion_id, seq)
);
INSERT INTO "evidence" VALUES(1,1,1,'2026-11-28 01:09:47.720529','event.received','app','received','{"event_digest": "213d874f830bd60cd8685b0071148a46f1c28e88cc862c1e31315ff6e936b5ad", "event_at": "2026-11-28T01:09:47.650312+00:00"}','40f18015a4175ffe4de15dbc0c07eefc9cf222f852330fe328a65709cab244ca');
INSERT INTO "evidence" VALUES(2,2,1,'2026-11-28 01:09:47.784729','event.received','app','received','{"event_digest": "3991e3e3b48af6eed6216f371fd99f89cf2783e4bf85282c5969c3747bac99d0", "event_at": "2026-11-28T01:09:47.715597+00:00"}','f5126e763db31b349dfbfd7521e72703117f32e9d4a683f5e4a6ae3e74b2819f');
INSERT INTO "evidence" VALUES(3,1,2,'2026-11-28 01:09:47.813117','customer.found','api','resolved','{"customer_id": "30b5f966-48f2-41c1-b14c-17b7d0c8b276", "customer_created_at": "2026-10-29T01:09:43.741747+00:00", "subscriptions": [{"id": "efce6bd3-1368-4628-99d6-b20b5c560ae1", "status": "active"}], "benefit_grants": ["0948a742-8216-4a16-8e07-49e575922645"], "was": "received"}','1d446117c5d5f8647a863f17ed1faa4a9ec99e71c30833deaefada87fe95d9c9');
INSERT INTO "evidence" VALUES(4,2,2,'2026-11-28 01:09:47.864042','customer.found','api','resolved','{"customer_id": "c4f8a9b6-b04f-4347-9077-0805d4575ef3", "customer_created_at": "2026-10-29T01:09:43.743099+00:00", "subscriptions": [{"id": "3680ee15-37b0-482e-8b04-887fbd2c1f1f", "status": "paused"}], "benefit_grants": [], "was": "received"}','e37f8e12927794eafbf75cacc16bed21ec5486503250d9b39aedc9039025bdb2');
INSERT INTO "evidence" VALUES(5,3,1,'2026-11-28 01:09:47.899647','event.received','app','received','{"event_digest": "faaecafecb2d40ac73fda9b4d6df1f917c8ea72b1e3c914a86a96c8f14b8dbd1", "event_at": "2026-11-28T01:09:47.775874+00:00"}','03920bc07c0d78c867649540d45ad01ee32324d570723a1f883c2c0b64940a5d');
INSERT INTO "evidence" VALUES(6,1,3,'2026-11-28 01:09:47.907644','delete.sent','worker','deleting','{"customer_id": "30b5f966-48f2-41c1-b14c-17b7d0c8b276", "by": "external_id", "anonymize": true, "was": "resolved"}','72953d5c714d52027b7d5ccf524bf5ff4caad4eb341a0e18458ba30f48e47657');
INSERT INTO "evidence" VALUES(7,2,3,'2026-11-28 01:09:47.912310','delete.sent','worker','deleting','{"customer_id": "c4f8a9b6-b04f-4347-9077-0805d4575ef3", "by": "external_id", "anonymize": true, "was": "resolved"}','ea7ea2dbca06879fbc30578a087e44d8e046d781e724d6cdc7a9b17d5af0da18');
INSERT INTO "evidence" VALUES(8,1,4,'2026-11-28 01:09:47.926148','delete.answered','api','deleted','{"answer": "204", "was": "deleting"}','2d740638eca9ad8a076f7bff5f4017e430eb98584f85983163c201e9b85fa071');
INSERT INTO "evidence" VALUES(9,4,1,'2026-11-28 01:09:47.969852','event.received','app','received','{"event_digest": "b382575715c10109c5669d1db736de5c72431139c029735d19dad2b6126bdff2", "event_at": "2026-11-28T00:09:47.865456+00:00"}','6da7c680034c4785e64c9f62202eecc5c8f920324175867679b3f34ff19a2feb');
INSERT INTO "evidence" VALUES(10,2,4,'2026-11-28 01:09:48.049498','delete.answered','api','deleted','{"answer": "204", "was": "deleting"}','fed4c7cb529d9475157a6b7cc0fec02dd9c688d8ed02550049c545ba7bb23ba9');
INSERT INTO "evidence" VALUES(11,5,1,'2026-11-28 01:09:48.068909','event.received','app','received','{"event_digest": "4d62ce0a4b18f12eafc23dac463bbb75a91c9ceb94a24b44dcb3e0a8d447079b", "event_at": "2026-11-28T01:09:47.927896+00:00"}','07dcfd088c96067d1c4e6623ccf09461edd0a4f0bf0ee34f6f2058a0b53ead8b');
INSERT INTO "evidence" VALUES(12,6,1,'2026-11-28 01:09:48.068909','event.received','app','received','{"event_digest": "e1c9221dba75d580dbf7302896e76c8910bacc81c860cf85cb6c2c86876a96eb", "event_at": "2026-11-28T01:09:47.992465+00:00"}','8b57a70cfab80d8defb4c85d8e31de05956d8f517921d6d5ac57778ffdc8de44');
INSERT INTO "evidence" VALUES(13,1,5,'2026-11-28 01:09:48.068909','webhook.member.deleted','webhook','deleted','{"payload_digest": "ba940835a82f3da8277c2ffbcbb7bc6cdd5baa2be4433a0041b57877dc4d99db", "id": "d629d53b-08e5-49aa-9fa8-89d0a957fc77", "role": "owner"}','959883cf2ceb652f86e4e265a2b81e56d4581526169a2b26c258d9f06c99e19b');
INSERT INTO "evidence" VALUES(14,3,2,'2026-11-28 01:09:48.100467','customer.missing','api','no_customer','{"reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:09:44+00:00)", "was": "received"}','8d8f8c58b5135aa6c6b7c471406de1c2438f7dbdf611c95910052ac767a3ceae');
INSERT INTO "evidence" VALUES(15,4,2,'2026-11-28 01:09:48.109837','customer.found','api','superseded','{"customer_id": "1442de31-8c6d-452b-a82b-9b4d5bbc8108", "customer_created_at": "2026-11-28T01:08:43.776212+00:00", "subscriptions": [], "benefit_grants": [], "reason": "customer 1442de31-8c6d-452b-a82b-9b4d5bbc8108 was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted", "was": "received"}','db2a0abadd4c856641f4d470835fc240922d30bdbac3f2b2ba03485f6a7e8d89');
INSERT INTO "evidence" VALUES(16,5,2,'2026-11-28 01:09:48.147194','customer.found','api','resolved','{"customer_id": "7cc79e48-9b1b-4f63-9eb7-7b92646394d4", "customer_created_at": "2026-10-29T01:09:43.779374+00:00", "subscriptions": [{"id": "39c3180c-e209-4e23-8036-f652709435be", "status": "active"}], "benefit_grants": [], "was": "received"}','6b3d6bfb0b80cfce2e6a9bfeb3a19165c9a686d881d4148dfc52cfbdaad3b1d9');
INSERT INTO "evidence" VALUES(17,5,3,'2026-11-28 01:09:48.147194','team.found','api','held','{"others": 1, "reason": "customer 7cc79e48-9b1b-4f63-9eb7-7b92646394d4 is a team with 1 other person; they would lose subscription 39c3180c-e209-4e23-8036-f652709435be: `polar-sync approve`, `cancel`, or `transfer`", "was": "resolved"}','95bc0ad42be0872ca90673e73f6d8546c8e7dcc3b6a214b768081759979742f3');
INSERT INTO "evidence" VALUES(18,6,2,'2026-11-28 01:09:48.147194','customer.missing','api','resolved','{"was": "received"}','6da55155aa26f0c8832e6f9ab58f199b9b7567ec11ea62288e478ccce8f85ddb');
INSERT INTO "evidence" VALUES(19,1,6,'2026-11-28 01:09:48.207098','webhook.customer.deleted','webhook','deleted','{"payload_digest": "9871318657591f5cd2d1b72733a5c066af93d13e07a4cf6e85dbd6d9279997f4", "id": "30b5f966-48f2-41c1-b14c-17b7d0c8b276"}','4884d1124579591506f84326401ade3bd1bceb22e6e4f6d2a0bf0bac0cbb776a');
INSERT INTO "evidence" VALUES(20,1,7,'2026-11-28 01:09:48.207098','webhook.customer.state_changed','webhook','deleted','{"payload_digest": "3d7ead519e6753ac0d3cb043282e793c2cfaf6ae3ba6a0d1f605e4b435354af3", "id": "30b5f966-48f2-41c1-b14c-17b7d0c8b276"}','195e237d7f3df3b3a6f4a9946264bcb24a9ea5227a1562cbb6afff848a04e13f');
INSERT INTO "evidence" VALUES(21,1,8,'2026-11-28 01:09:48.207098','webhook.benefit_grant.revoked','webhook','deleted','{"payload_digest": "3f2aa304b194f2c5ae80775e7420f0449594d04c174790bf9c46b757f859fe69", "id": "0948a742-8216-4a16-8e07-49e575922645", "is_granted": false}','c30c39f2d328aa19cacc87e5dabce30d6a5e5890d31d41798faa9484a755dc7c');
INSERT INTO "evidence" VALUES(22,1,9,'2026-11-28 01:09:48.207098','webhook.subscription.updated','webhook','deleted','{"payload_digest": "717b2a94691b839c5b7655fd2bde5b595c00f480b489c81614fc4835bb15720b", "id": "efce6bd3-1368-4628-99d6-b20b5c560ae1", "status": "canceled"}','dc21d8a3de4f0d744c36ba2354e493b732f068b4764903e7d5405eb8d618871d');
INSERT INTO "evidence" VALUES(23,6,3,'2026-11-28 01:09:48.255899','customer.none','worker','deleted','{"was": "resolved"}','e02164ae3fbe72f20df523c5f5f40edce772c35b707e521661971477fb0e75e5');
INSERT INTO "evidence" VALUES(24,7,1,'2026-11-28 01:09:48.317685','event.received','app','received','{"event_digest": "4b7ab0460fd7ece773ee6d016c24e95712b45eb3dd208379b4c00c4486867528", "event_at": "2026-11-28T01:09:48.124464+00:00"}','bcfc6b9e1fc228f6225896c6a06cb000783398a6a80dac12624d3d7859abf3cf');
INSERT INTO "evidence" VALUES(25,1,10,'2026-11-28 01:09:48.317685','webhook.subscription.canceled','webhook','deleted','{"payload_digest": "3f2ec5d6603c9dcbd5d028859e30a09d7aa7ebad7ae298862b1a8533f52ae4c0", "id": "efce6bd3-1368-4628-99d6-b20b5c560ae1", "status": "canceled"}','e50003a335d0a7867b7ab8fb0fe535bb8a1c69b5f34cb6dfc636dcdbcb9b9e5a');
INSERT INTO "evidence" VALUES(26,1,11,'2026-11-28 01:09:48.317685','webhook.subscription.revoked','webhook','deleted','{"payload_digest": "4652144e2f02c1dff012bac5de228d71fe4013fa371955717caa2d22bb91b5b5", "id": "efce6bd3-1368-4628-99d6-b20b5c560ae1", "status": "canceled"}','f2989ed80a2de58d816727d170fc0c5a2c31b86c111c9bb22ce3be8de3690e39');
INSERT INTO "evidence" VALUES(27,2,5,'2026-11-28 01:09:48.317685','webhook.member.deleted','webhook','deleted','{"payload_digest": "881adbd017991036e18712cd768b285f248a3a1bb9b18dcaa3a52631b50e5bf8", "id": "2ad77ec8-c418-4f7d-b611-be3a03dd1851", "role": "owner"}','a25428e6cd5a23804ab6af47e2d66b973870a42494895380e121f8b47a1ee333');
INSERT INTO "evidence" VALUES(28,1,12,'2026-11-28 01:09:48.344394','checked','api','verified','{"was": "deleted", "by": "api", "subscriptions": [{"id": "efce6bd3-1368-4628-99d6-b20b5c560ae1", "status": "canceled", "ended": true}], "benefit_grants": [{"id": "0948a742-8216-4a16-8e07-49e575922645", "is_granted": false}]}','584725398fccf2bf405ba753b04a559d3800f2f0ed4bf821d4f4d04373631e60');
INSERT INTO "evidence" VALUES(29,1,13,'2026-11-28 01:09:48.344394','forgotten','worker','verified','{}','ea9896b715c9a7cf1c57a4cfc56b1da82d91733fd193f0e7cd59443396882569');
INSERT INTO "evidence" VALUES(30,6,4,'2026-11-28 01:09:48.364242','membership.delete.sent','worker','deleted','{"member_id": "9ec51ac4-1608-44ef-8a4e-c447b742e9af", "customer_id": "7cc79e48-9b1b-4f63-9eb7-7b92646394d4"}','3bcc7ad3ea61bb1683d0d01805849fd2cddd604261c87c6b2b2c3973ca7578fd');
INSERT INTO "evidence" VALUES(31,7,2,'2026-11-28 01:09:48.368662','customer.missing','api','no_customer','{"reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:09:44+00:00)", "was": "received"}','1698f0f27862a16b95bc6ffbbb6df933d7a545cdc18d5e043c3db25592d80466');
INSERT INTO "evidence" VALUES(32,6,5,'2026-11-28 01:09:48.373691','membership.ended','api','deleted','{"answer": "204", "member_id": "9ec51ac4-1608-44ef-8a4e-c447b742e9af", "customer_id": "7cc79e48-9b1b-4f63-9eb7-7b92646394d4"}','e60b1358f964e158905f51d1c686cb3f6f9474e077dbaf2dd8bf2b89588549fe');
INSERT INTO "evidence" VALUES(33,6,6,'2026-11-28 01:09:48.382884','checked','api','verified','{"was": "deleted", "by": "webhooks", "subscriptions": [], "benefit_grants": []}','0cf95ad00b2095fda622194194ae33211eaaf8412000b5e933013f88da6caffc');
INSERT INTO "evidence" VALUES(34,6,7,'2026-11-28 01:09:48.382884','forgotten','worker','verified','{}','c85d156f9bab5ce539c37f7999baf868893e7790914e13f53466bc10f4698fb2');
INSERT INTO "evidence" VALUES(35,2,6,'2026-11-28 01:09:48.406213','webhook.customer.deleted','webhook','deleted','{"payload_digest": "67b880f83d402bce39bb639eaff4af44b54ffb47afbe50290d2951eee95f7a24", "id": "c4f8a9b6-b04f-4347-9077-0805d4575ef3"}','946bb38ba86ef33799c5abd1d1c6e2eb1709f5dd5ef7295e75fa8b7069ba98cd');
INSERT INTO "evidence" VALUES(36,2,7,'2026-11-28 01:09:48.406213','webhook.customer.state_changed','webhook','deleted','{"payload_digest": "d998f70ad6326ad40abfa8c12e7616a7fc7e916fd6498c0b0019db40f3c165a3", "id": "c4f8a9b6-b04f-4347-9077-0805d4575ef3"}','b43a3b5738c384ddc642fc16ad3352c6ac0cd9f80a97729d4c777d6c41e76ed4');
INSERT INTO "evidence" VALUES(37,5,4,'2026-11-28 01:09:48.406213','webhook.member.deleted','webhook','held','{"payload_digest": "39fedacb33e4c834106813cca886c4d8530e133d833af23b8c23226db8d9fdfe", "id": "9ec51ac4-1608-44ef-8a4e-c447b742e9af", "role": "member"}','d987132f6985e988af4a0c1b8e1b2b0d41252745f124b27891a96c1f4751a37c');
INSERT INTO "evidence" VALUES(38,2,8,'2026-11-28 01:09:48.436333','checked','api','incomplete','{"reason": "the customer is gone, but these are not: subscription 3680ee15-37b0-482e-8b04-887fbd2c1f1f (paused); end them at Polar, then `polar-sync retry`", "was": "deleted", "by": "api", "subscriptions": [{"id": "3680ee15-37b0-482e-8b04-887fbd2c1f1f", "status": "paused", "ended": false}], "benefit_grants": []}','2fd8423f2a8bac89dd7034f3f116408dba00320d2d15123075958bee2b83b9ee');
INSERT INTO "evidence" VALUES(39,2,9,'2026-11-28 01:09:48.462575','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "3680ee15-37b0-482e-8b04-887fbd2c1f1f", "status": "paused", "ended": false}], "benefit_grants": []}','eba4a01c4880d40e99419d7948fec417f4263225e53765a55314bbe2cd6edb07');
INSERT INTO "evidence" VALUES(40,8,1,'2026-11-28 01:09:50.267544','event.received','app','received','{"event_digest": "8e7c295cd624646544c85c45292ffa6f38823829f67a523aa6b3adb861436b06", "event_at": "2026-11-28T01:09:50.169979+00:00"}','aff653f39d06a97add6f3ea28944fb6b71d8ffc9b909ae9ee8cd7197a6b7f1a7');
INSERT INTO "evidence" VALUES(41,2,10,'2026-11-28 01:09:50.287710','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "3680ee15-37b0-482e-8b04-887fbd2c1f1f", "status": "paused", "ended": false}], "benefit_grants": []}','77c78cae723b4b9bc670b91767862078e8eb04c493985d4b0b397168650a0995');
INSERT INTO "evidence" VALUES(42,8,2,'2026-11-28 01:09:50.320103','customer.found','api','resolved','{"customer_id": "42d7e7f7-6acd-4472-baf6-b00dbb315a74", "customer_created_at": "2026-10-29T01:09:43.769491+00:00", "subscriptions": [{"id": "c5f29a76-0d04-46a9-8c49-6f7789e5c422", "status": "active"}], "benefit_grants": [], "was": "received"}','6852d408f6636c1c46ca5727d063625ff424f069740890e523ac764411c714b6');
INSERT INTO "evidence" VALUES(43,9,1,'2026-11-28 01:09:50.338641','event.received','app','received','{"event_digest": "f539da08de3162e6665860f66f0930d5f10e0fe0802b8e63dd045a2693b811c6", "event_at": "2026-11-28T01:09:50.244906+00:00"}','58f71735557134988c1775e8d5fe1ff7e00d1ca90230b850e1f486ed49824f05');
INSERT INTO "evidence" VALUES(44,8,3,'2026-11-28 01:09:50.365004','brake.tripped','worker','held','{"reason": "the brake tripped: 3 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}','e39b06004caa96ffd98dd03da86c0608376ed8c6908507c22fae54e8fe565f49');
INSERT INTO "evidence" VALUES(45,9,2,'2026-11-28 01:09:50.378665','customer.found','api','resolved','{"customer_id": "dc89bbf1-bed2-4381-9207-4f1c7f09e306", "customer_created_at": "2026-10-29T01:09:43.772793+00:00", "subscriptions": [{"id": "0331be94-5025-4dfb-a526-466e8a609a34", "status": "active"}], "benefit_grants": [], "was": "received"}','fce02e915da1027e4a1522995382a000b4282d8e84807ca8f0e5f35ffa34560a');
INSERT INTO "evidence" VALUES(46,10,1,'2026-11-28 01:09:50.399402','event.received','app','received','{"event_digest": "5b803efdd6a1f991b8cd2094e45eadbf91df5a250624945e810b28569b0fcd34", "event_at": "2026-11-28T01:09:50.291646+00:00"}','1039428a0bc35cbf9506a65753c915b09b63dc4633049b992ca4d93917fc4f8d');
INSERT INTO "evidence" VALUES(47,9,3,'2026-11-28 01:09:50.435118','brake.tripped','worker','held','{"reason": "the brake tripped: 3 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}','f08e5765088fe6b13cab532663bbb540d09d513444778c657d359327d21f3ac9');
INSERT INTO "evidence" VALUES(48,10,2,'2026-11-28 01:09:50.453094','customer.found','api','resolved','{"customer_id": "879264b1-1002-449a-9d6e-70c8ce2a39a5", "customer_created_at": "2026-10-29T01:09:43.774639+00:00", "subscriptions": [{"id": "4031ba2a-091f-40f8-a3c8-3e42c1447401", "status": "active"}], "benefit_grants": [], "was": "received"}','4b3360eece46a3767932fe061d0e95144c7615196c77ae72609966656076faf2');
INSERT INTO "evidence" VALUES(49,10,3,'2026-11-28 01:09:50.485359','brake.tripped','worker','held','{"reason": "the brake tripped: 3 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}','37897da44bd965260cce8d8153b6e245e4af9461a1785154bf9d12ff1868aace');
INSERT INTO "evidence" VALUES(50,2,11,'2026-11-28 01:09:51.061257','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "3680ee15-37b0-482e-8b04-887fbd2c1f1f", "status": "paused", "ended": false}], "benefit_grants": []}','00f4dfc650e847b4fa4752a8f37019fc4e0f06c52d180923a1e24aec4dea82b2');
INSERT INTO "evidence" VALUES(51,10,4,'2026-11-28 01:09:51.102645','canceled','operator','canceled','{"was": "held"}','0864c1755b5ebbb677d317227b593063d86a4b8e06c02933821a3772412394a5');
INSERT INTO "evidence" VALUES(52,11,1,'2026-11-28 01:09:53.474737','event.received','app','received','{"event_digest": "ef8c1a8b0ae16666e194c2ebb930a61a9699ae7a95645541f615afb01cd12e8b", "event_at": "2026-11-28T01:09:53.306779+00:00"}','81564677c5b4ee700f1dd5f75cfa4ff32fb920270fa19fe4b38649ce2522bcf5');
INSERT INTO "evidence" VALUES(53,2,12,'2026-11-28 01:09:53.486713','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "3680ee15-37b0-482e-8b04-887fbd2c1f1f", "status": "paused", "ended": false}], "benefit_grants": []}','91d039664323f140f08d66b6dfe7419642df5bcaa6de3eecaee6f0999ded43d6');
INSERT INTO "evidence" VALUES(54,11,2,'2026-11-28 01:09:53.543348','customer.found','api','resolved','{"customer_id": "4180f2f2-2b37-41c9-8bf0-7b17ba084a69", "customer_created_at": "2026-10-29T01:09:43.726717+00:00", "subscriptions": [{"id": "a248fd56-4e0a-4f86-9dfc-f1f276da5c6b", "status": "active"}], "benefit_grants": [], "was": "received"}','41ba1f2aa8b1d217181960841cebcdc0bec67780d0bd1258d8aefabfb8932ca9');
INSERT INTO "evidence" VALUES(55,11,3,'2026-11-28 01:09:53.588635','delete.sent','worker','deleting','{"customer_id": "4180f2f2-2b37-41c9-8bf0-7b17ba084a69", "by": "external_id", "anonymize": true, "was": "resolved"}','bab8b74076702c40d20fe7e2688750fa628305dc7c12132146f843622e55091a');
INSERT INTO "evidence" VALUES(56,12,1,'2026-11-28 01:09:53.661088','event.received','app','received','{"event_digest": "13708c88a3414baac9fd5520cf1665944e810fe85eea64441f40883c647783cf", "event_at": "2026-11-28T01:09:53.604884+00:00"}','2ea5874592bd2e2d5e0575136c6d6f16111e61f577829e3044e5fdd1d845b0b0');
INSERT INTO "evidence" VALUES(57,12,2,'2026-11-28 01:09:53.697169','request.failed','api','blocked','{"reason": "GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one; if it is valid, the organization''s API access is switched off, which Polar''s support can tell", "was": "received"}','e6b9c2733ecea86c84383c36ff2d51c90ddac6958debb4b074bce091fc127dc2');
CREATE TABLE inbox (
	id INTEGER NOT NULL, 
	source VARCHAR(16) NOT NULL, 
	webhook_id VARCHAR(255) NOT NULL, 
	received_at DATETIME NOT NULL, 
	body BLOB, 
	digest VARCHAR NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	event_type VARCHAR, 
	event_at DATETIME, 
	customer_id VARCHAR, 
	user_hash VARCHAR, 
	applied_at DATETIME, 
	error VARCHAR, member_id VARCHAR, 
	PRIMARY KEY (id), 
	UNIQUE (source, webhook_id)
);
INSERT INTO "inbox" VALUES(1,'app','msg_1274929563834c189b7dd225e64f0666','2026-11-28 01:09:47.707949',NULL,'213d874f830bd60cd8685b0071148a46f1c28e88cc862c1e31315ff6e936b5ad','applied','user.deleted','2026-11-28 01:09:47.650312',NULL,'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3','2026-11-28 01:09:47.720529',NULL,NULL);
INSERT INTO "inbox" VALUES(2,'app','msg_229d1bdb93574bd09cec68fb87d869bf','2026-11-28 01:09:47.765438',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383138372E373135353937322C202264617461223A207B22757365725F6964223A20227061757365642D31227D7D','3991e3e3b48af6eed6216f371fd99f89cf2783e4bf85282c5969c3747bac99d0','applied','user.deleted','2026-11-28 01:09:47.715597',NULL,'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592','2026-11-28 01:09:47.784729',NULL,NULL);
INSERT INTO "inbox" VALUES(3,'app','msg_f60118de6a5643a581765fd16bd04a6a','2026-11-28 01:09:47.845408',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383138372E373735383733342C202264617461223A207B22757365725F6964223A20226E6F626F64792D31227D7D','faaecafecb2d40ac73fda9b4d6df1f917c8ea72b1e3c914a86a96c8f14b8dbd1','applied','user.deleted','2026-11-28 01:09:47.775874',NULL,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','2026-11-28 01:09:47.899647',NULL,NULL);
INSERT INTO "inbox" VALUES(4,'app','msg_6368edeb390a46f89c19de80cc4f2489','2026-11-28 01:09:47.905738',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A2022323032362D31312D32385430303A30393A34372E3836353435362B30303A3030222C202264617461223A207B22757365725F6964223A2022616761696E2D31227D7D','b382575715c10109c5669d1db736de5c72431139c029735d19dad2b6126bdff2','applied','user.deleted','2026-11-28 00:09:47.865456',NULL,'3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0','2026-11-28 01:09:47.969852',NULL,NULL);
INSERT INTO "inbox" VALUES(5,'app','msg_de220143fcf94ace94bc99a92d783e60','2026-11-28 01:09:47.974593',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383138372E393237383935382C202264617461223A207B22757365725F6964223A20227465616D2D31227D7D','4d62ce0a4b18f12eafc23dac463bbb75a91c9ceb94a24b44dcb3e0a8d447079b','applied','user.deleted','2026-11-28 01:09:47.927896',NULL,'7fdb1ef38ee168933108fc3b2ac2487a9b08c7699cdb814fbd45ff9abeb47835','2026-11-28 01:09:48.068909',NULL,NULL);
INSERT INTO "inbox" VALUES(6,'app','msg_215c7f7bce5f4a45a789cfaf47126b43','2026-11-28 01:09:48.014978',NULL,'e1c9221dba75d580dbf7302896e76c8910bacc81c860cf85cb6c2c86876a96eb','applied','user.deleted','2026-11-28 01:09:47.992465',NULL,'12f0798884d2cf0740b61e8541e3030ae599e6499bcd9169626c23a30b3429d1','2026-11-28 01:09:48.068909',NULL,NULL);
INSERT INTO "inbox" VALUES(7,'polar','83d2f361-c13a-4e78-8635-f72afed3287f','2026-11-28 01:09:48.040764',NULL,'ba940835a82f3da8277c2ffbcbb7bc6cdd5baa2be4433a0041b57877dc4d99db','applied','member.deleted','2026-11-28 01:09:47.913339','30b5f966-48f2-41c1-b14c-17b7d0c8b276',NULL,'2026-11-28 01:09:48.068909',NULL,'d629d53b-08e5-49aa-9fa8-89d0a957fc77');
INSERT INTO "inbox" VALUES(8,'polar','aa401a5d-5ea3-4670-88fc-dc0409951dac','2026-11-28 01:09:48.080627',NULL,'9871318657591f5cd2d1b72733a5c066af93d13e07a4cf6e85dbd6d9279997f4','applied','customer.deleted','2026-11-28 01:09:47.913523','30b5f966-48f2-41c1-b14c-17b7d0c8b276',NULL,'2026-11-28 01:09:48.207098',NULL,NULL);
INSERT INTO "inbox" VALUES(9,'polar','msg_06018ad3b8a14594aca73e464618525e','2026-11-28 01:09:48.097587',X'6E6F204A534F4E','29ecbeb830e3244605e5a88493e4088424a71780e5cf59bb3475f278f294335b','dead',NULL,NULL,NULL,NULL,'2026-11-28 01:09:48.207098','the body is not JSON',NULL);
INSERT INTO "inbox" VALUES(10,'polar','3502d6de-6d36-42d9-a3d4-3e0765fe1908','2026-11-28 01:09:48.113811',NULL,'3d7ead519e6753ac0d3cb043282e793c2cfaf6ae3ba6a0d1f605e4b435354af3','applied','customer.state_changed','2026-11-28 01:09:47.913593','30b5f966-48f2-41c1-b14c-17b7d0c8b276',NULL,'2026-11-28 01:09:48.207098',NULL,NULL);
INSERT INTO "inbox" VALUES(11,'polar','7f172007-a536-4a61-8001-9a90a5e17e00','2026-11-28 01:09:48.143862',NULL,'3f2aa304b194f2c5ae80775e7420f0449594d04c174790bf9c46b757f859fe69','applied','benefit_grant.revoked','2026-11-28 01:09:48.022126','30b5f966-48f2-41c1-b14c-17b7d0c8b276',NULL,'2026-11-28 01:09:48.207098',NULL,'d629d53b-08e5-49aa-9fa8-89d0a957fc77');
INSERT INTO "inbox" VALUES(12,'polar','4f706752-2730-4f26-8987-68df43a885f5','2026-11-28 01:09:48.149930',NULL,'717b2a94691b839c5b7655fd2bde5b595c00f480b489c81614fc4835bb15720b','applied','subscription.updated','2026-11-28 01:09:48.022305','30b5f966-48f2-41c1-b14c-17b7d0c8b276',NULL,'2026-11-28 01:09:48.207098',NULL,NULL);
INSERT INTO "inbox" VALUES(13,'polar','db3a9735-a18b-4d0f-b089-12bf2946b7f4','2026-11-28 01:09:48.205147',NULL,'3f2ec5d6603c9dcbd5d028859e30a09d7aa7ebad7ae298862b1a8533f52ae4c0','applied','subscription.canceled','2026-11-28 01:09:48.022385','30b5f966-48f2-41c1-b14c-17b7d0c8b276',NULL,'2026-11-28 01:09:48.317685',NULL,NULL);
INSERT INTO "inbox" VALUES(14,'app','msg_used','2026-11-28 01:09:48.205759',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383138382E3132343436342C202264617461223A207B22757365725F6964223A20226E6F626F64792D31227D7D','4b7ab0460fd7ece773ee6d016c24e95712b45eb3dd208379b4c00c4486867528','applied','user.deleted','2026-11-28 01:09:48.124464',NULL,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','2026-11-28 01:09:48.317685',NULL,NULL);
INSERT INTO "inbox" VALUES(15,'polar','82fa3973-9182-4522-a297-88ff0a319c23','2026-11-28 01:09:48.259389',NULL,'4652144e2f02c1dff012bac5de228d71fe4013fa371955717caa2d22bb91b5b5','applied','subscription.revoked','2026-11-28 01:09:48.030199','30b5f966-48f2-41c1-b14c-17b7d0c8b276',NULL,'2026-11-28 01:09:48.317685',NULL,NULL);
INSERT INTO "inbox" VALUES(16,'polar','097c8d74-1f1a-4dcf-99b7-6a77fc011d25','2026-11-28 01:09:48.298876',X'7B2274797065223A226D656D6265722E64656C65746564222C2274696D657374616D70223A22323032362D31312D32385430313A30393A34382E3033303932325A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2232616437376563382D633431382D346637642D623631312D626533613033646431383531222C22637265617465645F6174223A22323032362D31302D32395430313A30393A34332E3734333039395A222C226D6F6469666965645F6174223A22323032362D31312D32385430313A30393A34382E3033303838355A222C22637573746F6D65725F6964223A2263346638613962362D623034662D343334372D393037372D303830356434353735656633222C22656D61696C223A227061757365642D314070656F706C652E6578616D706C65222C226E616D65223A22536F6D65626F6479207061757365642D31222C2265787465726E616C5F6964223A227061757365642D31222C22726F6C65223A226F776E6572227D7D','881adbd017991036e18712cd768b285f248a3a1bb9b18dcaa3a52631b50e5bf8','applied','member.deleted','2026-11-28 01:09:48.030922','c4f8a9b6-b04f-4347-9077-0805d4575ef3',NULL,'2026-11-28 01:09:48.317685',NULL,'2ad77ec8-c418-4f7d-b611-be3a03dd1851');
INSERT INTO "inbox" VALUES(17,'polar','419ece3e-36d9-478e-bce6-7ac06617c449','2026-11-28 01:09:48.321278',X'7B2274797065223A22637573746F6D65722E64656C65746564222C2274696D657374616D70223A22323032362D31312D32385430313A30393A34382E3033313032355A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2263346638613962362D623034662D343334372D393037372D303830356434353735656633222C22637265617465645F6174223A22323032362D31302D32395430313A30393A34332E3734333039395A222C226D6F6469666965645F6174223A22323032362D31312D32385430313A30393A34382E3033303838355A222C226D65746164617461223A7B225F5F616E6F6E796D697A65645F6174223A22323032362D31312D32385430313A30393A34382E3033303838352B30303A3030222C225F5F65787465726E616C5F6964223A227061757365642D31227D2C2265787465726E616C5F6964223A227061757365642D31222C22656D61696C223A226461306338623233323935643131393338623739656561336539346332373638376232323835373162303433653330343432656563643734663931623139393940616E6F6E796D697A65642E706F6C61722E7368222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F6E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2234336635633939352D393832362D343166372D393239632D333264353533373465383461222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A22323032362D31312D32385430313A30393A34382E3033303838355A222C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C7D7D','67b880f83d402bce39bb639eaff4af44b54ffb47afbe50290d2951eee95f7a24','applied','customer.deleted','2026-11-28 01:09:48.031025','c4f8a9b6-b04f-4347-9077-0805d4575ef3',NULL,'2026-11-28 01:09:48.406213',NULL,NULL);
INSERT INTO "inbox" VALUES(18,'polar','2cff7a01-fbb8-425b-ad98-eae4c93b6b33','2026-11-28 01:09:48.346997',X'7B2274797065223A22637573746F6D65722E73746174655F6368616E676564222C2274696D657374616D70223A22323032362D31312D32385430313A30393A34382E3033313133355A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2263346638613962362D623034662D343334372D393037372D303830356434353735656633222C22637265617465645F6174223A22323032362D31302D32395430313A30393A34332E3734333039395A222C226D6F6469666965645F6174223A22323032362D31312D32385430313A30393A34382E3033303838355A222C226D65746164617461223A7B225F5F616E6F6E796D697A65645F6174223A22323032362D31312D32385430313A30393A34382E3033303838352B30303A3030222C225F5F65787465726E616C5F6964223A227061757365642D31227D2C2265787465726E616C5F6964223A227061757365642D31222C22656D61696C223A226461306338623233323935643131393338623739656561336539346332373638376232323835373162303433653330343432656563643734663931623139393940616E6F6E796D697A65642E706F6C61722E7368222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F6E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2234336635633939352D393832362D343166372D393239632D333264353533373465383461222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A22323032362D31312D32385430313A30393A34382E3033303838355A222C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C2C226163746976655F737562736372697074696F6E73223A5B5D2C226772616E7465645F62656E6566697473223A5B5D2C226163746976655F6D6574657273223A5B5D7D7D','d998f70ad6326ad40abfa8c12e7616a7fc7e916fd6498c0b0019db40f3c165a3','applied','customer.state_changed','2026-11-28 01:09:48.031135','c4f8a9b6-b04f-4347-9077-0805d4575ef3',NULL,'2026-11-28 01:09:48.406213',NULL,NULL);
INSERT INTO "inbox" VALUES(19,'polar','01227f1f-2016-4ca0-8582-32d8ce7632a8','2026-11-28 01:09:48.373211',NULL,'2e8b1b1e170a7a0eb66cb384bd87e18b3d85112f341d3239d7da030761223232','applied','customer.state_changed','2026-11-28 01:09:48.049937','30b5f966-48f2-41c1-b14c-17b7d0c8b276',NULL,'2026-11-28 01:09:48.406213',NULL,NULL);
INSERT INTO "inbox" VALUES(20,'polar','1fbe3cfb-a4b1-47f5-9cce-31095403b086','2026-11-28 01:09:48.381992',NULL,'39fedacb33e4c834106813cca886c4d8530e133d833af23b8c23226db8d9fdfe','applied','member.deleted','2026-11-28 01:09:48.368772','7cc79e48-9b1b-4f63-9eb7-7b92646394d4',NULL,'2026-11-28 01:09:48.406213',NULL,'9ec51ac4-1608-44ef-8a4e-c447b742e9af');
INSERT INTO "inbox" VALUES(21,'app','msg_15672d1bdcfa4a46b64ccff108c69f69','2026-11-28 01:09:50.220848',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383139302E3136393937392C202264617461223A207B22757365725F6964223A202268656C642D31227D7D','8e7c295cd624646544c85c45292ffa6f38823829f67a523aa6b3adb861436b06','applied','user.deleted','2026-11-28 01:09:50.169979',NULL,'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52','2026-11-28 01:09:50.267544',NULL,NULL);
INSERT INTO "inbox" VALUES(22,'app','msg_a176ccb9b40d46d2a40248fb13640d61','2026-11-28 01:09:50.280220',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383139302E323434393036322C202264617461223A207B22757365725F6964223A202268656C642D32227D7D','f539da08de3162e6665860f66f0930d5f10e0fe0802b8e63dd045a2693b811c6','applied','user.deleted','2026-11-28 01:09:50.244906',NULL,'4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44','2026-11-28 01:09:50.338641',NULL,NULL);
INSERT INTO "inbox" VALUES(23,'app','msg_8a69e81e5ce44abbb70bff64b3c947d9','2026-11-28 01:09:50.343262',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383139302E323931363435352C202264617461223A207B22757365725F6964223A202268656C642D33227D7D','5b803efdd6a1f991b8cd2094e45eadbf91df5a250624945e810b28569b0fcd34','applied','user.deleted','2026-11-28 01:09:50.291646',NULL,'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017','2026-11-28 01:09:50.399402',NULL,NULL);
INSERT INTO "inbox" VALUES(24,'app','msg_d361e4fc3ce64f25b9a56085cc04afcb','2026-11-28 01:09:53.353061',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383139332E333036373739312C202264617461223A207B22757365725F6964223A202264656C6574696E672D31227D7D','ef8c1a8b0ae16666e194c2ebb930a61a9699ae7a95645541f615afb01cd12e8b','applied','user.deleted','2026-11-28 01:09:53.306779',NULL,'350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb','2026-11-28 01:09:53.474737',NULL,NULL);
INSERT INTO "inbox" VALUES(25,'app','msg_782314a1cdc345139faaca0951b425a0','2026-11-28 01:09:53.647892',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383139332E363034383833342C202264617461223A207B22757365725F6964223A2022626C6F636B65642D31227D7D','13708c88a3414baac9fd5520cf1665944e810fe85eea64441f40883c647783cf','applied','user.deleted','2026-11-28 01:09:53.604884',NULL,'6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0','2026-11-28 01:09:53.661088',NULL,NULL);
INSERT INTO "inbox" VALUES(26,'app','msg_fdc4f97fe3c34be4a1f34eb0946190f1','2026-11-28 01:09:53.690208',NULL,'2dd41160758ee2e182fc8cd08a11ce1d574b01eb6f9ac567e7aece9951703550','ignored','user.updated',NULL,NULL,NULL,'2026-11-28 01:09:53.690208',NULL,NULL);
INSERT INTO "inbox" VALUES(27,'app','msg_9ce98d3b78894578b364302a2c051d51','2026-11-28 01:09:55.915514',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383139352E383435383230372C202264617461223A207B22757365725F6964223A202270656E64696E672D31227D7D','f8717917b7ff8d8d165deaa1172cb33fadada2a8ebfbec98d883712ff0c29b87','pending','user.deleted','2026-11-28 01:09:55.845821',NULL,'34f5e4d50c2ef4d4a5cce3613c31338e69fb68140bc5df6d51e0475989639c00',NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(28,'app','msg_744021ef17684fc89d31e98fdd0c7f9c','2026-11-28 01:09:55.969015',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383139352E3932343637342C202264617461223A207B22757365725F6964223A202270656E64696E672D6E6F626F6479227D7D','17347b92d6025c87524fef10d5a7963242c4ac3f844713218d4ed7e42fc34ec0','pending','user.deleted','2026-11-28 01:09:55.924674',NULL,'538d011938dd4a76d67386aefc4cd46ebbca8ca7e936a61784a8ba9c12bf77a0',NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(29,'app','msg_3231b68a86c14c07848b0f45cf70a341','2026-11-28 01:09:55.997462',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383139352E393736313338382C202264617461223A207B22757365725F6964223A2022757365722D6D6170706564227D7D','e166c59c540b6d03b616bbeb5cf73e9687484742510b4ff0d835eb0a170781fa','pending','user.deleted','2026-11-28 01:09:55.976139',NULL,'21e5d13a48c91f644ebd083c9c6e3ab89adb5b7cf6ef06eae0d08b47752cdfeb',NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(30,'polar','081a643a-551d-4bd4-81d3-82b9f8318147','2026-11-28 01:09:56.002654',X'7B2274797065223A22637573746F6D65722E63726561746564222C2274696D657374616D70223A22323032362D31312D32385430313A30393A35362E3030303230335A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2261306630663130362D363231652D343966642D613562662D643362333337646539393365222C22637265617465645F6174223A22323032362D31312D32385430313A30393A35362E3030303039355A222C226D6F6469666965645F6174223A6E756C6C2C226D65746164617461223A7B7D2C2265787465726E616C5F6964223A226C6976696E672D32222C22656D61696C223A226C6976696E672D324070656F706C652E6578616D706C65222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A6E756C6C2C2262696C6C696E675F6E616D65223A6E756C6C2C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2234336635633939352D393832362D343166372D393239632D333264353533373465383461222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A6E756C6C2C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C7D7D','5788fdbb54b867019aa80dc41249dbae400d71d420da4935b1f00f88b7e810e6','pending',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(31,'polar','f68a7f4d-fbf5-4d89-b3f1-01a61ba9caee','2026-11-28 01:09:56.009358',X'7B2274797065223A22637573746F6D65722E73746174655F6368616E676564222C2274696D657374616D70223A22323032362D31312D32385430313A30393A35362E3030303238315A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2261306630663130362D363231652D343966642D613562662D643362333337646539393365222C22637265617465645F6174223A22323032362D31312D32385430313A30393A35362E3030303039355A222C226D6F6469666965645F6174223A6E756C6C2C226D65746164617461223A7B7D2C2265787465726E616C5F6964223A226C6976696E672D32222C22656D61696C223A226C6976696E672D324070656F706C652E6578616D706C65222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A6E756C6C2C2262696C6C696E675F6E616D65223A6E756C6C2C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2234336635633939352D393832362D343166372D393239632D333264353533373465383461222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A6E756C6C2C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C2C226163746976655F737562736372697074696F6E73223A5B5D2C226772616E7465645F62656E6566697473223A5B5D2C226163746976655F6D6574657273223A5B5D7D7D','1036dbcc5ef8e6f6f7af0d6e6e5978c185e618eaeffa8a5884ddd3dd32586019','pending',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(32,'polar','d7a84a6d-a7f7-4a0c-8627-ef64b5191404','2026-11-28 01:09:56.016996',X'7B2274797065223A226D656D6265722E63726561746564222C2274696D657374616D70223A22323032362D31312D32385430313A30393A35362E3030303330395A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2232336630356463392D363536302D343261392D396635632D303831386361653236623734222C22637265617465645F6174223A22323032362D31312D32385430313A30393A35362E3030303039355A222C226D6F6469666965645F6174223A6E756C6C2C22637573746F6D65725F6964223A2261306630663130362D363231652D343966642D613562662D643362333337646539393365222C22656D61696C223A226C6976696E672D324070656F706C652E6578616D706C65222C226E616D65223A6E756C6C2C2265787465726E616C5F6964223A226C6976696E672D32222C22726F6C65223A226F776E6572227D7D','2b00dc7efafc7154685194837db75785ca2f7c65e365b8bb142b99e0ffa70211','pending',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE mapping (
	user_id VARCHAR(255) NOT NULL, 
	external_id VARCHAR, 
	customer_id VARCHAR, 
	updated_at DATETIME NOT NULL, 
	PRIMARY KEY (user_id)
);
INSERT INTO "mapping" VALUES('user-mapped','mapped-1',NULL,'2026-11-28 01:09:45.891814');
CREATE TABLE member (
	version_at DATETIME NOT NULL, 
	observed_at DATETIME NOT NULL, 
	digest VARCHAR NOT NULL, 
	written_by VARCHAR NOT NULL, 
	written_at DATETIME NOT NULL, 
	id VARCHAR NOT NULL, 
	customer_id VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	role VARCHAR NOT NULL, 
	external_id VARCHAR, 
	deleted_at DATETIME, 
	forgotten_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "member" VALUES('2026-11-28 01:08:43.776212','2026-11-28 01:09:44.854907','','api','2026-11-28 01:09:44.883874','b53be577-a7ba-417a-9e95-566727753ee0','1442de31-8c6d-452b-a82b-9b4d5bbc8108','2026-11-28 01:08:43.776212','owner','again-1',NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:09:43.779374','2026-11-28 01:09:44.854907','','api','2026-11-28 01:09:44.883874','7c329e71-d3f5-4727-9e7b-acf99c3c911d','7cc79e48-9b1b-4f63-9eb7-7b92646394d4','2026-10-29 01:09:43.779374','owner','team-1',NULL,NULL);
INSERT INTO "member" VALUES('2026-11-28 01:09:48.368724','2026-11-28 01:09:48.368772','ad1bfbd5eba134392e25f81ee06ccbb7dec1946ff31710623fe84e3c561083f5','member.deleted','2026-11-28 01:09:48.406213','9ec51ac4-1608-44ef-8a4e-c447b742e9af','7cc79e48-9b1b-4f63-9eb7-7b92646394d4','2026-10-29 01:09:43.779374','member',NULL,'2026-11-28 01:09:48.368772','2026-11-28 01:09:48.382884');
INSERT INTO "member" VALUES('2026-10-29 01:09:43.774639','2026-11-28 01:09:44.854907','','api','2026-11-28 01:09:44.883874','0981e196-a505-436a-b3a2-e807be8f9349','879264b1-1002-449a-9d6e-70c8ce2a39a5','2026-10-29 01:09:43.774639','owner','held-3',NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:09:43.772793','2026-11-28 01:09:44.854907','','api','2026-11-28 01:09:44.883874','ed2c19f9-aace-4286-9531-2674e9b07bfb','dc89bbf1-bed2-4381-9207-4f1c7f09e306','2026-10-29 01:09:43.772793','owner','held-2',NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:09:43.769491','2026-11-28 01:09:44.854907','','api','2026-11-28 01:09:44.883874','6d928a72-65fd-4284-9357-294e5503b771','42d7e7f7-6acd-4472-baf6-b00dbb315a74','2026-10-29 01:09:43.769491','owner','held-1',NULL,NULL);
INSERT INTO "member" VALUES('2026-11-28 01:09:48.030885','2026-11-28 01:09:48.030922','1ca9076654a9e9aa8413398dfe93f3824f11b25ea44b8d87e2c9805c42e10a75','member.deleted','2026-11-28 01:09:48.317685','2ad77ec8-c418-4f7d-b611-be3a03dd1851','c4f8a9b6-b04f-4347-9077-0805d4575ef3','2026-10-29 01:09:43.743099','owner','paused-1','2026-11-28 01:09:48.030922',NULL);
INSERT INTO "member" VALUES('2026-11-28 01:09:47.913281','2026-11-28 01:09:47.913339','22716636fc0d5909c9cfe191d54d83ceb8a0b4961d3ec0d3a09f7b0d38c4fe41','member.deleted','2026-11-28 01:09:48.068909','d629d53b-08e5-49aa-9fa8-89d0a957fc77','30b5f966-48f2-41c1-b14c-17b7d0c8b276','2026-10-29 01:09:43.741747','owner',NULL,'2026-11-28 01:09:47.913339','2026-11-28 01:09:48.344394');
INSERT INTO "member" VALUES('2026-10-29 01:09:43.740222','2026-11-28 01:09:44.854907','','api','2026-11-28 01:09:44.883874','c296ba96-fb25-450f-a5b7-a32f25c2a43f','1caf8189-5c53-4f9d-b125-a2be7a9d0ab4','2026-10-29 01:09:43.740222','owner','living-1',NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:09:43.738813','2026-11-28 01:09:44.854907','','api','2026-11-28 01:09:44.883874','472fc8c5-8620-4955-a211-12629fedecf7','966fe20a-e584-46be-8cba-67850777be5f','2026-10-29 01:09:43.738813','owner','pending-1',NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:09:43.733884','2026-11-28 01:09:44.854907','','api','2026-11-28 01:09:44.883874','1ec47870-2bae-4b5a-95c7-a99b6b018e09','c92256b2-045d-4d26-a60a-9bbc477ffb3c','2026-10-29 01:09:43.733884','owner','mapped-1',NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:09:43.732100','2026-11-28 01:09:44.854907','','api','2026-11-28 01:09:44.883874','08f8e6d0-3b94-4b44-8bf7-ad5e9409f304','57dbd89b-c08b-42de-a77c-61eccccfb262','2026-10-29 01:09:43.732100','owner','blocked-1',NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:09:43.726717','2026-11-28 01:09:44.854907','','api','2026-11-28 01:09:44.883874','649f4347-fae1-4342-bfde-27921e2e8f50','4180f2f2-2b37-41c9-8bf0-7b17ba084a69','2026-10-29 01:09:43.726717','owner','deleting-1',NULL,NULL);
CREATE TABLE membership (
	deletion_id BIGINT NOT NULL, 
	member_id VARCHAR NOT NULL, 
	customer_id VARCHAR NOT NULL, 
	found_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	kept BOOLEAN NOT NULL, 
	problem VARCHAR, 
	seats JSON NOT NULL, 
	PRIMARY KEY (deletion_id, member_id)
);
INSERT INTO "membership" VALUES(6,'9ec51ac4-1608-44ef-8a4e-c447b742e9af','7cc79e48-9b1b-4f63-9eb7-7b92646394d4','2026-11-28 01:09:48.147194','2026-11-28 01:09:48.373691',0,NULL,'[]');
CREATE TABLE meta (
	name VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('hash_key_check','536b22fac0180a4352845183b5f1dcc793876170486e9e88d464f31afa2d48c0');
INSERT INTO "meta" VALUES('organization_id','43f5c995-9826-41f7-929c-32d55374e84a');
INSERT INTO "meta" VALUES('subscription_listed_at','2026-11-28T01:09:44.819124+00:00');
INSERT INTO "meta" VALUES('benefit_grant_listed_at','2026-11-28T01:09:44.819124+00:00');
INSERT INTO "meta" VALUES('member_listed_at','2026-11-28T01:09:44.819124+00:00');
INSERT INTO "meta" VALUES('rewrite_after','2026-11-28T01:09:53.390038+00:00');
CREATE TABLE reconciliation (
	id INTEGER NOT NULL, 
	lease_token VARCHAR, 
	lease_until DATETIME, 
	progress JSON, 
	finished_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "reconciliation" VALUES(1,NULL,NULL,NULL,'2026-11-28 01:09:44.922246');
CREATE TABLE subscription (
	version_at DATETIME NOT NULL, 
	observed_at DATETIME NOT NULL, 
	digest VARCHAR NOT NULL, 
	written_by VARCHAR NOT NULL, 
	written_at DATETIME NOT NULL, 
	id VARCHAR NOT NULL, 
	customer_id VARCHAR NOT NULL, 
	created_at DATETIME NOT NULL, 
	status VARCHAR NOT NULL, 
	product_id VARCHAR NOT NULL, 
	amount BIGINT NOT NULL, 
	currency VARCHAR NOT NULL, 
	recurring_interval VARCHAR NOT NULL, 
	current_period_end DATETIME, 
	cancel_at_period_end BOOLEAN NOT NULL, 
	canceled_at DATETIME, 
	ends_at DATETIME, 
	ended_at DATETIME, started_at DATETIME, seats INTEGER, 
	PRIMARY KEY (id)
);
INSERT INTO "subscription" VALUES('2026-10-29 01:09:43.779374','2026-11-28 01:09:48.125095','','api','2026-11-28 01:09:48.147194','39c3180c-e209-4e23-8036-f652709435be','7cc79e48-9b1b-4f63-9eb7-7b92646394d4','2026-10-29 01:09:43.779374','active','c9b0229a-68be-4014-a86a-cf7d7d225aea',1000,'usd','month','2026-11-28 01:09:43.779374',0,NULL,NULL,NULL,'2026-10-29 01:09:43.779374',NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:09:43.774639','2026-11-28 01:09:50.438189','','api','2026-11-28 01:09:50.453094','4031ba2a-091f-40f8-a3c8-3e42c1447401','879264b1-1002-449a-9d6e-70c8ce2a39a5','2026-10-29 01:09:43.774639','active','c9b0229a-68be-4014-a86a-cf7d7d225aea',1000,'usd','month','2026-11-28 01:09:43.774639',0,NULL,NULL,NULL,'2026-10-29 01:09:43.774639',NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:09:43.772793','2026-11-28 01:09:50.374388','','api','2026-11-28 01:09:50.378665','0331be94-5025-4dfb-a526-466e8a609a34','dc89bbf1-bed2-4381-9207-4f1c7f09e306','2026-10-29 01:09:43.772793','active','c9b0229a-68be-4014-a86a-cf7d7d225aea',1000,'usd','month','2026-11-28 01:09:43.772793',0,NULL,NULL,NULL,'2026-10-29 01:09:43.772793',NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:09:43.769491','2026-11-28 01:09:50.313881','','api','2026-11-28 01:09:50.320103','c5f29a76-0d04-46a9-8c49-6f7789e5c422','42d7e7f7-6acd-4472-baf6-b00dbb315a74','2026-10-29 01:09:43.769491','active','c9b0229a-68be-4014-a86a-cf7d7d225aea',1000,'usd','month','2026-11-28 01:09:43.769491',0,NULL,NULL,NULL,'2026-10-29 01:09:43.769491',NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:09:43.743099','2026-11-28 01:09:53.316664','','api','2026-11-28 01:09:53.466804','3680ee15-37b0-482e-8b04-887fbd2c1f1f','c4f8a9b6-b04f-4347-9077-0805d4575ef3','2026-10-29 01:09:43.743099','paused','c9b0229a-68be-4014-a86a-cf7d7d225aea',1000,'usd','month','2026-11-28 01:09:43.743099',0,NULL,NULL,NULL,'2026-10-29 01:09:43.743099',NULL);
INSERT INTO "subscription" VALUES('2026-11-28 01:09:48.022245','2026-11-28 01:09:48.261378','','api','2026-11-28 01:09:48.309494','efce6bd3-1368-4628-99d6-b20b5c560ae1','30b5f966-48f2-41c1-b14c-17b7d0c8b276','2026-10-29 01:09:43.741747','canceled','c9b0229a-68be-4014-a86a-cf7d7d225aea',1000,'usd','month','2026-11-28 01:09:43.741747',0,'2026-11-28 01:09:48.022245','2026-11-28 01:09:48.022245','2026-11-28 01:09:48.022245','2026-10-29 01:09:43.741747',NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:09:43.740222','2026-11-28 01:09:44.819848','','api','2026-11-28 01:09:44.867452','f7133fd8-61be-451a-b9ca-7e263b8d150e','1caf8189-5c53-4f9d-b125-a2be7a9d0ab4','2026-10-29 01:09:43.740222','active','c9b0229a-68be-4014-a86a-cf7d7d225aea',1000,'usd','month','2026-11-28 01:09:43.740222',0,NULL,NULL,NULL,'2026-10-29 01:09:43.740222',NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:09:43.738813','2026-11-28 01:09:44.819848','','api','2026-11-28 01:09:44.867452','2cfcaaf3-ce38-4833-af28-a9b1a6fd381d','966fe20a-e584-46be-8cba-67850777be5f','2026-10-29 01:09:43.738813','active','c9b0229a-68be-4014-a86a-cf7d7d225aea',1000,'usd','month','2026-11-28 01:09:43.738813',0,NULL,NULL,NULL,'2026-10-29 01:09:43.738813',NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:09:43.733884','2026-11-28 01:09:44.819848','','api','2026-11-28 01:09:44.867452','74275ba3-54fd-48ec-9b6b-6a466407487e','c92256b2-045d-4d26-a60a-9bbc477ffb3c','2026-10-29 01:09:43.733884','active','c9b0229a-68be-4014-a86a-cf7d7d225aea',1000,'usd','month','2026-11-28 01:09:43.733884',0,NULL,NULL,NULL,'2026-10-29 01:09:43.733884',NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:09:43.732100','2026-11-28 01:09:44.819848','','api','2026-11-28 01:09:44.867452','0e9833f8-2765-495a-bef3-1f06c3cef163','57dbd89b-c08b-42de-a77c-61eccccfb262','2026-10-29 01:09:43.732100','active','c9b0229a-68be-4014-a86a-cf7d7d225aea',1000,'usd','month','2026-11-28 01:09:43.732100',0,NULL,NULL,NULL,'2026-10-29 01:09:43.732100',NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:09:43.726717','2026-11-28 01:09:53.534651','','api','2026-11-28 01:09:53.543348','a248fd56-4e0a-4f86-9dfc-f1f276da5c6b','4180f2f2-2b37-41c9-8bf0-7b17ba084a69','2026-10-29 01:09:43.726717','active','c9b0229a-68be-4014-a86a-cf7d7d225aea',1000,'usd','month','2026-11-28 01:09:43.726717',0,NULL,NULL,NULL,'2026-10-29 01:09:43.726717',NULL);
CREATE INDEX ix_benefit_grant_customer_id ON benefit_grant (customer_id);
CREATE INDEX ix_customer_external_id ON customer (external_id);
CREATE INDEX ix_deletion_customer_id ON deletion (customer_id);
CREATE INDEX ix_deletion_delete_sent_at ON deletion (delete_sent_at);
CREATE INDEX ix_deletion_due ON deletion (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX ix_deletion_external_hash ON deletion (external_hash);
CREATE INDEX ix_deletion_state ON deletion (state);
CREATE INDEX ix_deletion_user_hash ON deletion (user_hash);
CREATE INDEX ix_inbox_customer_id ON inbox (customer_id);
CREATE INDEX ix_inbox_open ON inbox (status, id) WHERE status IN ('pending', 'dead');
CREATE INDEX ix_inbox_user_hash ON inbox (user_hash);
CREATE INDEX ix_subscription_customer_id ON subscription (customer_id);
CREATE INDEX ix_benefit_grant_created_at ON benefit_grant (created_at);
CREATE INDEX ix_customer_created_at ON customer (created_at);
CREATE INDEX ix_subscription_started_at ON subscription (started_at);
CREATE INDEX ix_inbox_payload ON inbox (applied_at) WHERE status = 'applied' AND body IS NOT NULL;
CREATE INDEX ix_deletion_removable ON deletion (state, ended_at) WHERE state IN ('verified', 'no_customer', 'canceled');
CREATE INDEX ix_member_customer_id ON member (customer_id);
CREATE INDEX ix_member_external_id ON member (external_id);
CREATE INDEX ix_member_created_at ON member (created_at);
CREATE INDEX ix_customer_seat_customer_id ON customer_seat (customer_id);
CREATE INDEX ix_customer_seat_subscription_id ON customer_seat (subscription_id);
CREATE INDEX ix_customer_seat_member_id ON customer_seat (member_id);
CREATE INDEX ix_membership_member_id ON membership (member_id);
CREATE INDEX ix_inbox_member_id ON inbox (member_id) WHERE member_id IS NOT NULL;
COMMIT;
