-- {"organization_id": "d95e1b6f-96c1-4524-97f5-dedf67b764fd", "customers": [{"id": "b1fc1d97-0470-44d6-b6a3-04552fd551f6", "external_id": "living-2", "email": "living-2@people.example", "name": null, "created_at": "2026-11-28T01:12:38.432325Z", "subscriptions": [], "members": []}, {"id": "f2a0c793-19d1-4f8c-b10e-9f093a766b85", "external_id": "again-1", "email": "again-1@people.example", "name": "Somebody again-1", "created_at": "2026-11-28T01:11:01.193146Z", "subscriptions": [], "members": []}, {"id": "c3f8d7af-d4a7-4aed-9a8e-35b791a1267e", "external_id": "team-1", "email": "team-1@people.example", "name": "Somebody team-1", "created_at": "2026-10-29T01:12:01.211775Z", "subscriptions": [{"id": "a24617a6-5a77-434f-9bc0-f0ae8c4ade5f", "status": "active"}], "members": []}, {"id": "345cc3f1-4da4-4e16-af68-da84253a4936", "external_id": "held-3", "email": "held-3@people.example", "name": "Somebody held-3", "created_at": "2026-10-29T01:12:01.172261Z", "subscriptions": [{"id": "4ba7564f-2547-4986-a4a4-633fa44ea8ca", "status": "active"}], "members": []}, {"id": "08f10da1-4323-4154-ad37-6c0545a0b6c0", "external_id": "held-2", "email": "held-2@people.example", "name": "Somebody held-2", "created_at": "2026-10-29T01:12:01.155604Z", "subscriptions": [{"id": "5929ff7c-7d0e-47b6-9e0b-fd53fed67c30", "status": "active"}], "members": []}, {"id": "74678b36-f917-4bda-a441-b62cab4951ca", "external_id": "held-1", "email": "held-1@people.example", "name": "Somebody held-1", "created_at": "2026-10-29T01:12:01.151784Z", "subscriptions": [{"id": "de4dd4b3-e34b-41a9-bc69-61ad456815fd", "status": "active"}], "members": []}, {"id": "ac02f676-1672-47db-9966-d4fcb3aab316", "external_id": "living-1", "email": "living-1@people.example", "name": "Somebody living-1", "created_at": "2026-10-29T01:12:01.123247Z", "subscriptions": [{"id": "45c07192-4fd1-4aaa-86eb-0ba8a4e78dab", "status": "active"}], "members": []}, {"id": "c46adf14-3d01-487d-894c-eefbca3e9e6e", "external_id": "pending-1", "email": "pending-1@people.example", "name": "Somebody pending-1", "created_at": "2026-10-29T01:12:01.111764Z", "subscriptions": [{"id": "0ead8608-b5eb-42e5-9749-595544216716", "status": "active"}], "members": []}, {"id": "e4d61e66-7cb1-4e35-9b8b-d7784c206847", "external_id": "mapped-1", "email": "mapped-1@people.example", "name": "Somebody mapped-1", "created_at": "2026-10-29T01:12:01.106524Z", "subscriptions": [{"id": "28d4d154-969b-4ee1-bd6e-501a9b9bed5d", "status": "active"}], "members": []}, {"id": "9546291a-6991-4d46-89a8-39c819119d59", "external_id": "blocked-1", "email": "blocked-1@people.example", "name": "Somebody blocked-1", "created_at": "2026-10-29T01:12:01.073698Z", "subscriptions": [{"id": "6d9ca847-c543-46ad-bb40-1d9ca8569c1e", "status": "active"}], "members": []}]}
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0013');
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
	revoked_at DATETIME, not_kept JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "benefit_grant" VALUES('2026-11-28 01:12:20.298966','2026-11-28 01:12:20.299144','c4124ac620bd0a3b24eb0c853536ebd1aa8fe32d2abff396dbc19a563604fdef','benefit_grant.revoked','2026-11-28 01:12:21.220775','5a83fcdd-4813-4572-bd80-4b1e300961c9','8fc2cdca-b607-44a2-b2ce-776633a6f4f4','96c23246-c2cd-448e-b6bb-a68d4bc38409','2026-10-29 01:12:01.135708',0,'2026-10-29 01:12:01.135708','2026-11-28 01:12:20.298966',NULL);
CREATE TABLE budget (
	id INTEGER NOT NULL, 
	next_at DATETIME NOT NULL, 
	paused_until DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "budget" VALUES(1,'2026-11-28 01:12:34.847233','1970-01-01 00:00:00.000000');
CREATE TABLE counter (
	name VARCHAR NOT NULL, 
	labels VARCHAR NOT NULL, 
	value FLOAT NOT NULL, 
	PRIMARY KEY (name, labels)
);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/benefit-grants/","0.05"]',8.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/benefit-grants/","sum"]',3.58611810079310089349e-02);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/customers/","0.5"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/customers/","sum"]',3.81392480994691140949e-01);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/members/","0.05"]',2.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/members/","sum"]',1.46607630013022571802e-02);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/subscriptions/","0.05"]',15.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/subscriptions/","sum"]',1.65461507029249332845e-01);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/webhooks/deliveries","0.05"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/webhooks/deliveries","sum"]',3.84710280050057917833e-02);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/webhooks/endpoints","0.05"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/webhooks/endpoints","sum"]',8.814857006655074656e-03);
INSERT INTO "counter" VALUES('polar_sync_polar_requests_total','["GET","/v1/benefit-grants/","200"]',8.0);
INSERT INTO "counter" VALUES('polar_sync_polar_requests_total','["GET","/v1/customers/","200"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_polar_requests_total','["GET","/v1/members/","200"]',2.0);
INSERT INTO "counter" VALUES('polar_sync_polar_requests_total','["GET","/v1/subscriptions/","200"]',15.0);
INSERT INTO "counter" VALUES('polar_sync_polar_requests_total','["GET","/v1/webhooks/deliveries","200"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_polar_requests_total','["GET","/v1/webhooks/endpoints","200"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_last_reconciliation_timestamp_seconds','["complete"]',1.79582832749991106987e+09);
INSERT INTO "counter" VALUES('polar_sync_events_applied_total','["app","user.deleted","applied"]',10.0);
INSERT INTO "counter" VALUES('polar_sync_events_received_total','["app","user.deleted","accepted"]',13.0);
INSERT INTO "counter" VALUES('polar_sync_events_received_total','["polar","","accepted"]',16.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["DELETE","/v1/customers/external/{id}","0.05"]',2.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["DELETE","/v1/customers/external/{id}","sum"]',4.43535270023858174681e-02);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/customers/external/{id}/state","0.05"]',7.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/customers/external/{id}/state","0.1"]',2.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/customers/external/{id}/state","0.25"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/customers/external/{id}/state","sum"]',4.43094971968093886971e-01);
INSERT INTO "counter" VALUES('polar_sync_polar_requests_total','["DELETE","/v1/customers/external/{id}","204"]',2.0);
INSERT INTO "counter" VALUES('polar_sync_polar_requests_total','["GET","/v1/customers/external/{id}/state","200"]',7.0);
INSERT INTO "counter" VALUES('polar_sync_polar_requests_total','["GET","/v1/customers/external/{id}/state","404"]',3.0);
INSERT INTO "counter" VALUES('polar_sync_last_webhook_timestamp_seconds','[]',1.79582835847322392457e+09);
INSERT INTO "counter" VALUES('polar_sync_deletion_verified_duration_seconds','["5"]',2.0);
INSERT INTO "counter" VALUES('polar_sync_deletion_verified_duration_seconds','["sum"]',3.969747);
INSERT INTO "counter" VALUES('polar_sync_events_applied_total','["polar","benefit_grant.revoked","applied"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_events_applied_total','["polar","customer.deleted","applied"]',2.0);
INSERT INTO "counter" VALUES('polar_sync_events_applied_total','["polar","customer.state_changed","applied"]',3.0);
INSERT INTO "counter" VALUES('polar_sync_events_applied_total','["polar","member.deleted","applied"]',3.0);
INSERT INTO "counter" VALUES('polar_sync_events_applied_total','["polar","other","dead"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_events_applied_total','["polar","subscription.canceled","applied"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_events_applied_total','["polar","subscription.revoked","applied"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_events_applied_total','["polar","subscription.updated","applied"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_events_received_total','["app","","refused"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["DELETE","/v1/customers/{id}/members/{id}","0.05"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["DELETE","/v1/customers/{id}/members/{id}","sum"]',2.98107609996804967522e-02);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/customers/{id}/members/{id}","0.05"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_polar_request_duration_seconds','["GET","/v1/customers/{id}/members/{id}","sum"]',1.15301920013735070824e-02);
INSERT INTO "counter" VALUES('polar_sync_polar_requests_total','["DELETE","/v1/customers/{id}/members/{id}","204"]',1.0);
INSERT INTO "counter" VALUES('polar_sync_polar_requests_total','["GET","/v1/customers/{id}/members/{id}","200"]',1.0);
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
	forgotten_at DATETIME, not_kept JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "customer" VALUES('2026-11-28 01:11:01.193146','2026-11-28 01:12:20.044964','','api','2026-11-28 01:12:20.866408','f2a0c793-19d1-4f8c-b10e-9f093a766b85','2026-11-28 01:11:01.193146',NULL,'again-1','again-1@people.example','Somebody again-1','Somebody again-1','{"line1": "1 again-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:12:01.211775','2026-11-28 01:12:20.317294','','api','2026-11-28 01:12:20.406453','c3f8d7af-d4a7-4aed-9a8e-35b791a1267e','2026-10-29 01:12:01.211775',NULL,'team-1','team-1@people.example','Somebody team-1','Somebody team-1','{"line1": "1 team-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:12:01.172261','2026-11-28 01:12:27.967928','','api','2026-11-28 01:12:28.014894','345cc3f1-4da4-4e16-af68-da84253a4936','2026-10-29 01:12:01.172261',NULL,'held-3','held-3@people.example','Somebody held-3','Somebody held-3','{"line1": "1 held-3 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:12:01.155604','2026-11-28 01:12:27.858464','','api','2026-11-28 01:12:27.880893','08f10da1-4323-4154-ad37-6c0545a0b6c0','2026-10-29 01:12:01.155604',NULL,'held-2','held-2@people.example','Somebody held-2','Somebody held-2','{"line1": "1 held-2 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:12:01.151784','2026-11-28 01:12:27.747537','','api','2026-11-28 01:12:27.849816','74678b36-f917-4bda-a441-b62cab4951ca','2026-10-29 01:12:01.151784',NULL,'held-1','held-1@people.example','Somebody held-1','Somebody held-1','{"line1": "1 held-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-11-28 01:12:20.366239','2026-11-28 01:12:20.366475','c5adc8783dd638a54ea10c81d49786111f7e40a44f85217e04d4ccac72f88e17','customer.state_changed','2026-11-28 01:12:21.220775','3e42dadb-e5c8-4a90-bd2a-7b3496318d40','2026-10-29 01:12:01.140280','2026-11-28 01:12:20.366239','paused-1',NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:12:20.366475',0,NULL,NULL);
INSERT INTO "customer" VALUES('2026-11-28 01:12:20.203418','2026-11-28 01:12:20.326555','d0a044319a8d8e6942eaea9fad01b150de23a35c6c1c3fac9765f5da73e0ad5c','customer.state_changed','2026-11-28 01:12:21.220775','8fc2cdca-b607-44a2-b2ce-776633a6f4f4','2026-10-29 01:12:01.135708','2026-11-28 01:12:20.203418',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:12:20.326555',0,'2026-11-28 01:12:21.220775',NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:12:01.123247','2026-11-28 01:12:06.727750','','api','2026-11-28 01:12:07.175447','ac02f676-1672-47db-9966-d4fcb3aab316','2026-10-29 01:12:01.123247',NULL,'living-1','living-1@people.example','Somebody living-1','Somebody living-1','{"line1": "1 living-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:12:01.111764','2026-11-28 01:12:06.727750','','api','2026-11-28 01:12:07.175447','c46adf14-3d01-487d-894c-eefbca3e9e6e','2026-10-29 01:12:01.111764',NULL,'pending-1','pending-1@people.example','Somebody pending-1','Somebody pending-1','{"line1": "1 pending-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:12:01.106524','2026-11-28 01:12:06.727750','','api','2026-11-28 01:12:07.175447','e4d61e66-7cb1-4e35-9b8b-d7784c206847','2026-10-29 01:12:01.106524',NULL,'mapped-1','mapped-1@people.example','Somebody mapped-1','Somebody mapped-1','{"line1": "1 mapped-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:12:01.073698','2026-11-28 01:12:06.727750','','api','2026-11-28 01:12:07.175447','9546291a-6991-4d46-89a8-39c819119d59','2026-10-29 01:12:01.073698',NULL,'blocked-1','blocked-1@people.example','Somebody blocked-1','Somebody blocked-1','{"line1": "1 blocked-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:12:01.046065','2026-11-28 01:12:34.337512','','api','2026-11-28 01:12:34.416121','12c7aa8b-3d20-4d01-b469-c49bb761153a','2026-10-29 01:12:01.046065',NULL,'deleting-1','deleting-1@people.example','Somebody deleting-1','Somebody deleting-1','{"line1": "1 deleting-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL,NULL);
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
	member_id VARCHAR, not_kept JSON, 
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
	lease_until DATETIME, by_external_id BOOLEAN DEFAULT 0 NOT NULL, sent_by_external_id_at DATETIME, on_its_way_until DATETIME, memberships_left INTEGER DEFAULT '0' NOT NULL, others INTEGER, override_at DATETIME, nobody_at DATETIME, active_since DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "deletion" VALUES(1,'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3',NULL,NULL,'4903347d4e46f955661db33f2d4936d4c6647b6bbd7881ff2c58a30a77a5cbe5',NULL,'2026-11-28 01:12:18.494437','2026-11-28 01:12:18.773151','verified',NULL,NULL,0,'8fc2cdca-b607-44a2-b2ce-776633a6f4f4','2026-10-29 01:12:01.135708','2026-11-28 01:12:18.923634','2026-11-28 01:12:19.311739','2026-11-28 01:12:20.143687','2026-11-28 01:12:20.362311','2026-11-28 01:12:21.220775','2026-11-28 01:12:21.220775',0,NULL,2,NULL,NULL,1,'2026-11-28 01:12:20.143687',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "deletion" VALUES(2,'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592','paused-1','paused-1','929b43e8f3ea8f8ea640040ec7f6e0ea100fe60f5397c8824a42f25d7e3f2fad',NULL,'2026-11-28 01:12:18.686551','2026-11-28 01:12:18.932278','incomplete',NULL,'the customer is gone, but these are not: subscription 228aa11c-8c34-45a3-a919-6cf89b895523 (paused); end them at Polar, then `polar-sync retry`',0,'3e42dadb-e5c8-4a90-bd2a-7b3496318d40','2026-10-29 01:12:01.140280','2026-11-28 01:12:19.281626','2026-11-28 01:12:34.049804','2026-11-28 01:12:20.287875','2026-11-28 01:12:20.428425',NULL,NULL,0,'2026-11-28 01:12:34.796385',1,NULL,NULL,1,'2026-11-28 01:12:20.287875',NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "deletion" VALUES(3,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','nobody-1','nobody-1','df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560',NULL,'2026-11-28 01:12:18.883339','2026-11-28 01:12:19.281845','no_customer',NULL,'Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:07+00:00)',0,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:12:20.866408',NULL,0,'2026-12-05 01:12:20.866408',0,NULL,NULL,0,NULL,NULL,0,NULL,NULL,'2026-11-28 01:12:20.039413',NULL);
INSERT INTO "deletion" VALUES(4,'3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0','again-1','again-1','5f5a14cb6647c2e691245fd1e4a48e1b0b1ae5c0e35ceac8075f87a3a0e9a659',NULL,'2026-11-28 00:12:19.216132','2026-11-28 01:12:19.659572','superseded',NULL,'customer f2a0c793-19d1-4f8c-b10e-9f093a766b85 was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted',0,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:12:20.866408',NULL,0,NULL,0,NULL,NULL,0,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "deletion" VALUES(5,'7fdb1ef38ee168933108fc3b2ac2487a9b08c7699cdb814fbd45ff9abeb47835','team-1','team-1','50738aeac6d8e3e02f60f32db18b9115ee665dbd883af1fb10a5c0ad4b7bd63d',NULL,'2026-11-28 01:12:19.337853','2026-11-28 01:12:20.033674','held','resolved','customer c3f8d7af-d4a7-4aed-9a8e-35b791a1267e is a team with 1 other person; they would lose subscription a24617a6-5a77-434f-9bc0-f0ae8c4ade5f: `polar-sync approve`, `cancel`, or `transfer`',0,'c3f8d7af-d4a7-4aed-9a8e-35b791a1267e','2026-10-29 01:12:01.211775','2026-11-28 01:12:20.293027','2026-11-28 01:12:20.323436',NULL,NULL,NULL,NULL,0,NULL,0,NULL,NULL,1,NULL,NULL,0,1,NULL,NULL,NULL);
INSERT INTO "deletion" VALUES(6,'12f0798884d2cf0740b61e8541e3030ae599e6499bcd9169626c23a30b3429d1',NULL,NULL,'987fd74c1af61158c99e81454c57765ea0a8958bb0e2fe5b8dfc911a04648718',NULL,'2026-11-28 01:12:20.006204','2026-11-28 01:12:20.384308','verified',NULL,NULL,0,NULL,NULL,NULL,NULL,'2026-11-28 01:12:21.104095','2026-11-28 01:12:21.104095','2026-11-28 01:12:21.906431','2026-11-28 01:12:21.906431',0,NULL,0,NULL,NULL,0,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "deletion" VALUES(7,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','nobody-1','nobody-1','df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560',NULL,'2026-11-28 01:12:20.475672','2026-11-28 01:12:20.993843','no_customer',NULL,'Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:07+00:00)',0,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:12:21.433054',NULL,0,'2026-12-05 01:12:21.433054',0,NULL,NULL,0,NULL,NULL,0,NULL,NULL,'2026-11-28 01:12:21.073826',NULL);
INSERT INTO "deletion" VALUES(8,'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52','held-1','held-1','3f9651e99ccac428f66f1df17c5c876a26975d9e33129bb242dba1e2e478ec83',NULL,'2026-11-28 01:12:27.310771','2026-11-28 01:12:27.640243','held','resolved','the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`',0,'74678b36-f917-4bda-a441-b62cab4951ca','2026-10-29 01:12:01.151784','2026-11-28 01:12:27.746621','2026-11-28 01:12:27.837312',NULL,NULL,NULL,NULL,0,NULL,0,NULL,NULL,1,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "deletion" VALUES(9,'4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44','held-2','held-2','802ad5b4b6164dcb4539937f20ba387a3def0aed7c31c138d277074a9c7315b3',NULL,'2026-11-28 01:12:27.467492','2026-11-28 01:12:27.816526','held','resolved','the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`',0,'08f10da1-4323-4154-ad37-6c0545a0b6c0','2026-10-29 01:12:01.155604','2026-11-28 01:12:27.853836','2026-11-28 01:12:27.865763',NULL,NULL,NULL,NULL,0,NULL,0,NULL,NULL,1,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "deletion" VALUES(10,'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017','held-3','held-3','8dc76f1d4145695b4baffb6e49b3cd2766b09ea2b9facd77d64ab907d3093c52',NULL,'2026-11-28 01:12:27.775669','2026-11-28 01:12:27.892172','canceled',NULL,NULL,0,'345cc3f1-4da4-4e16-af68-da84253a4936','2026-10-29 01:12:01.172261','2026-11-28 01:12:27.962184','2026-11-28 01:12:27.974851',NULL,NULL,'2026-11-28 01:12:30.145533',NULL,0,NULL,0,NULL,NULL,1,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "deletion" VALUES(11,'350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb','deleting-1','deleting-1','63b9df2a704c994078cc4a1590c3d6a51a9555bfdd81d392dd66221643747af2',NULL,'2026-11-28 01:12:34.091805','2026-11-28 01:12:34.256749','deleting',NULL,NULL,0,'12c7aa8b-3d20-4d01-b469-c49bb761153a','2026-10-29 01:12:01.046065','2026-11-28 01:12:34.335085','2026-11-28 01:12:34.365487','2026-11-28 01:12:34.460929',NULL,NULL,NULL,0,'2026-11-28 01:14:44.460929',0,'cacbea02ff704a65a3447b2c97d3e4ee','2026-11-28 01:13:04.433764',1,'2026-11-28 01:12:34.460929','2026-11-28 01:14:44.460929',0,NULL,NULL,NULL,NULL);
INSERT INTO "deletion" VALUES(12,'6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0','blocked-1','blocked-1','0eceeb3db836a091c90ebab8c33b762f3862953bbe740c0768843338a073c070',NULL,'2026-11-28 01:12:34.515367','2026-11-28 01:12:34.595642','blocked','received','GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one; if it is valid, the organization''s API access is switched off, which Polar''s support can tell',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'2026-11-28 01:12:35.834524',0,NULL,NULL,0,NULL,NULL,0,NULL,NULL,NULL,NULL);
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
INSERT INTO "evidence" VALUES(1,1,1,'2026-11-28 01:12:18.773151','event.received','app','received','{"event_digest": "c746d4ec9a08caed1446547fd2f0066c3ccad0d054e707f2dac6870550fb04e2", "event_at": "2026-11-28T01:12:18.494437+00:00"}','ceb4703e40a4afc72824a2f5f5c932924396f89f7d85474a8e6937d0535c2cf1');
INSERT INTO "evidence" VALUES(2,2,1,'2026-11-28 01:12:18.932278','event.received','app','received','{"event_digest": "4f0a3d09257451f6b94851fa6384662bcbb64b313b426e0a6916ca099c65d7ee", "event_at": "2026-11-28T01:12:18.686551+00:00"}','c5e2a74c187dd9218fab3d59f259582bd7a8adcae65cd2ec0066c882634a1329');
INSERT INTO "evidence" VALUES(3,3,1,'2026-11-28 01:12:19.281845','event.received','app','received','{"event_digest": "aadef55519002e08b727f269496591c2cf8b03aa59f68ed02063044290f7b35c", "event_at": "2026-11-28T01:12:18.883339+00:00"}','020df7c4bc30b633bcaa711450fb6af2982e09acc8444add96a311967af7612f');
INSERT INTO "evidence" VALUES(4,2,2,'2026-11-28 01:12:19.374501','customer.found','api','resolved','{"identified_by": "identity", "customer_id": "3e42dadb-e5c8-4a90-bd2a-7b3496318d40", "customer_created_at": "2026-10-29T01:12:01.140280+00:00", "subscriptions": [{"id": "228aa11c-8c34-45a3-a919-6cf89b895523", "status": "paused"}], "benefit_grants": [], "was": "received"}','6d41342aceee171a8adfac23e8066478a73423203f8efa4d78bfbd4087274e4c');
INSERT INTO "evidence" VALUES(5,4,1,'2026-11-28 01:12:19.659572','event.received','app','received','{"event_digest": "f22e225639f4d916b1a515e08c295d698ca25688266c5817552b24bad82b43ca", "event_at": "2026-11-28T00:12:19.216132+00:00"}','7f72127e26fa35fec14a87016f366d47c7d064ad73b4efdb563d752e9f9a1225');
INSERT INTO "evidence" VALUES(6,1,2,'2026-11-28 01:12:19.747618','customer.found','api','resolved','{"identified_by": "identity", "customer_id": "8fc2cdca-b607-44a2-b2ce-776633a6f4f4", "customer_created_at": "2026-10-29T01:12:01.135708+00:00", "subscriptions": [{"id": "0ad4d01f-9194-4b92-96a9-9bc875e73d77", "status": "active"}], "benefit_grants": ["5a83fcdd-4813-4572-bd80-4b1e300961c9"], "was": "received"}','80f6802918577a9e79b81e191e942c92a9c496af6cd71b9424c04e2640c3ab25');
INSERT INTO "evidence" VALUES(7,5,1,'2026-11-28 01:12:20.033674','event.received','app','received','{"event_digest": "701aa07b17df730901197f70a068488d328844bc56fbe5bd5bb1805bf788e53c", "event_at": "2026-11-28T01:12:19.337853+00:00"}','c0d8c9c2f723ce11ee9f7ebd86ce9fd97418d9cc8acf9651ea073e8c3a16ca09');
INSERT INTO "evidence" VALUES(8,1,3,'2026-11-28 01:12:20.143687','delete.sent','worker','deleting','{"customer_id": "8fc2cdca-b607-44a2-b2ce-776633a6f4f4", "by": "external_id", "anonymize": true, "was": "resolved"}','7d8e30b457f6c2a0bb27694c40369bda9085ec3236180e2d73ea58c4bc1d4daf');
INSERT INTO "evidence" VALUES(9,2,3,'2026-11-28 01:12:20.287875','delete.sent','worker','deleting','{"customer_id": "3e42dadb-e5c8-4a90-bd2a-7b3496318d40", "by": "external_id", "anonymize": true, "was": "resolved"}','fb162e82bab80f9380022719fd3243e1b9362e105693968a1c0f90aad415ca2f');
INSERT INTO "evidence" VALUES(10,1,4,'2026-11-28 01:12:20.362311','delete.answered','api','deleted','{"answer": "204", "was": "deleting"}','39d59013ac20e5a7d4ea466fae9176b2d339271dda73bbd9877ee3bc3543270e');
INSERT INTO "evidence" VALUES(11,6,1,'2026-11-28 01:12:20.384308','event.received','app','received','{"event_digest": "f77696ac75b22a36e51ecd65cba6b433c09d4b40423504e42fe829cb2a62f081", "event_at": "2026-11-28T01:12:20.006204+00:00"}','a1dff7c615432b70e537ac572253f770d8fdba560fa8b7e6fc66585181324279');
INSERT INTO "evidence" VALUES(12,5,2,'2026-11-28 01:12:20.406453','customer.found','api','resolved','{"identified_by": "identity", "customer_id": "c3f8d7af-d4a7-4aed-9a8e-35b791a1267e", "customer_created_at": "2026-10-29T01:12:01.211775+00:00", "subscriptions": [{"id": "a24617a6-5a77-434f-9bc0-f0ae8c4ade5f", "status": "active"}], "benefit_grants": [], "was": "received"}','1d341ab8d35c7fa9633d32b6f9b4e426813991af9e900bf7545523d824408dd5');
INSERT INTO "evidence" VALUES(13,5,3,'2026-11-28 01:12:20.406453','team.found','api','held','{"others": 1, "reason": "customer c3f8d7af-d4a7-4aed-9a8e-35b791a1267e is a team with 1 other person; they would lose subscription a24617a6-5a77-434f-9bc0-f0ae8c4ade5f: `polar-sync approve`, `cancel`, or `transfer`", "was": "resolved"}','3a5fcceb2dd3408086125d4052f5dbe322fe4376985df4860642258e22cac2f5');
INSERT INTO "evidence" VALUES(14,2,4,'2026-11-28 01:12:20.428425','delete.answered','api','deleted','{"answer": "204", "was": "deleting"}','9f268850840ace78a061cd67cd387d18915916bdc8d0f2b92d2e0866673b4e85');
INSERT INTO "evidence" VALUES(15,1,5,'2026-11-28 01:12:20.569228','webhook.member.deleted','webhook','deleted','{"payload_digest": "44926c2f7b640c45482570b389380388bf24a8feb33d956b432824b9d6e03570", "id": "fc3f041b-222f-48e4-ac3e-d004fe13dbb4", "role": "owner"}','2c41497430d34ae55c007f8437c880d95251107827aa3c5c69f8af869a9753d2');
INSERT INTO "evidence" VALUES(16,3,2,'2026-11-28 01:12:20.866408','customer.missing','api','no_customer','{"identified_by": "identity", "external_hash": "df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560", "reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:07+00:00)", "was": "received"}','8a5af3fc0baaeff7ca52db38c1c67078902381375690dfcac25576f39da835e6');
INSERT INTO "evidence" VALUES(17,4,2,'2026-11-28 01:12:20.866408','customer.found','api','superseded','{"identified_by": "identity", "customer_id": "f2a0c793-19d1-4f8c-b10e-9f093a766b85", "customer_created_at": "2026-11-28T01:11:01.193146+00:00", "subscriptions": [], "benefit_grants": [], "reason": "customer f2a0c793-19d1-4f8c-b10e-9f093a766b85 was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted", "was": "received"}','b484706060ca59ad4c090e7743004589672582d2e4ce08fca6fd2471d4ca6dc0');
INSERT INTO "evidence" VALUES(18,6,2,'2026-11-28 01:12:20.931684','customer.missing','api','resolved','{"identified_by": "identity", "external_hash": "987fd74c1af61158c99e81454c57765ea0a8958bb0e2fe5b8dfc911a04648718", "was": "received"}','3698999404f0394931634fa37355e0a2a18cfc28cb5321e9153f988e06755449');
INSERT INTO "evidence" VALUES(19,7,1,'2026-11-28 01:12:20.993843','event.received','app','received','{"event_digest": "fe318cdc9e546e977f48f84d1e966a1d0953b586e5a1d383a1a354f39b9289ab", "event_at": "2026-11-28T01:12:20.475672+00:00"}','35aa67b09ba0577992957f2686f40ff48a7cdbdd860d762cece84cf4ed037cb1');
INSERT INTO "evidence" VALUES(20,1,6,'2026-11-28 01:12:20.993843','webhook.customer.deleted','webhook','deleted','{"payload_digest": "60788eba30c72932e92d1dff48fa4811150153bf8bac9a33a9209643a53d17d9", "id": "8fc2cdca-b607-44a2-b2ce-776633a6f4f4"}','80dd453b50e9e898efd55ce2884d440a5754113ff7b39670539c0e5d4d924eae');
INSERT INTO "evidence" VALUES(21,1,7,'2026-11-28 01:12:20.993843','webhook.customer.state_changed','webhook','deleted','{"payload_digest": "c12786657701032948e4330e9f483861ae0e0c3025771dbb1989778605a9e995", "id": "8fc2cdca-b607-44a2-b2ce-776633a6f4f4"}','090e29e9ba1ded714466b7e3568d0650e30ac0434ad523b6928a453a12803537');
INSERT INTO "evidence" VALUES(22,6,3,'2026-11-28 01:12:21.104095','customer.none','worker','deleted','{"was": "resolved"}','75b024e913206dd3969c38a1e946decfa4ccd2e6532d562c5bf957a959622a1f');
INSERT INTO "evidence" VALUES(23,1,8,'2026-11-28 01:12:21.220775','webhook.customer.state_changed','webhook','deleted','{"payload_digest": "415df1971141563b1a0bfbdb582d0745bf69b898b6cb1ed20d9618998e5e0efa", "id": "8fc2cdca-b607-44a2-b2ce-776633a6f4f4"}','7dd659c6bbea3830c91508349b3676d17aaf1e03f56129ad8bc977186976cfad');
INSERT INTO "evidence" VALUES(24,1,9,'2026-11-28 01:12:21.220775','webhook.subscription.updated','webhook','deleted','{"payload_digest": "b056fb7ad8fe8f7f56899cf852c103728c735f88e918c97f1d0f8c80a1566b06", "id": "0ad4d01f-9194-4b92-96a9-9bc875e73d77", "status": "canceled"}','f4d3cf25045a6d15280e64e2be39edb42b9d28278369301bef0f9a6e00e4727e');
INSERT INTO "evidence" VALUES(25,1,10,'2026-11-28 01:12:21.220775','webhook.benefit_grant.revoked','webhook','deleted','{"payload_digest": "1a740b50b340eedbfa2774911a5373a1f18b8daf23b6150c2fc18b87e70b17a6", "id": "5a83fcdd-4813-4572-bd80-4b1e300961c9", "is_granted": false}','c66699ef6e82594c8455d74a38eb629146f8c66a6ca75ac39ba29896e67daeb2');
INSERT INTO "evidence" VALUES(26,2,5,'2026-11-28 01:12:21.220775','webhook.customer.state_changed','webhook','deleted','{"payload_digest": "77764fdd9f1cf430a6bbe2da17ddb00a28fecf4c9c41909c84137f261b1cc8b9", "id": "3e42dadb-e5c8-4a90-bd2a-7b3496318d40"}','32df90ad11b417a693360e239b7f698cd3218bd2623e3e1160adfab03044766e');
INSERT INTO "evidence" VALUES(27,2,6,'2026-11-28 01:12:21.220775','webhook.member.deleted','webhook','deleted','{"payload_digest": "2b704663326dc656796fe3fba17a0133e126bd720f5cb72e2c8160f32ff35aeb", "id": "e3240c8a-8ece-4225-a758-b0a594fa9fee", "role": "owner"}','c287e48bc8d71b8c25c9a61528c5cba042e830a3717b725c519243d403999c91');
INSERT INTO "evidence" VALUES(28,2,7,'2026-11-28 01:12:21.220775','webhook.customer.deleted','webhook','deleted','{"payload_digest": "0bcd235bc56b168d6d383d3c284bedd657748b019712eaa6642a7a4699f1c6e2", "id": "3e42dadb-e5c8-4a90-bd2a-7b3496318d40"}','ff3a335cd5dd7d657274521e270ecf35ecbefe8af01347572783c1bb5ce3feee');
INSERT INTO "evidence" VALUES(29,1,11,'2026-11-28 01:12:21.220775','webhook.subscription.canceled','webhook','deleted','{"payload_digest": "71f2dbc2a579cc09b741e2718e559a92124eb03f41747c4ec1eab968bfad3a91", "id": "0ad4d01f-9194-4b92-96a9-9bc875e73d77", "status": "canceled"}','b6ea26ec2dd67e4b169ecd28b1fef6f8355fd1b5587f6dd3db9c950930ac4664');
INSERT INTO "evidence" VALUES(30,1,12,'2026-11-28 01:12:21.220775','webhook.subscription.revoked','webhook','deleted','{"payload_digest": "b89d51f712b5c294f52cbe502fa17965021fa95a879f0b8483e0b5590d0594b0", "id": "0ad4d01f-9194-4b92-96a9-9bc875e73d77", "status": "canceled"}','a9a22c3978417ce6571de27a8ee9c804343f23b9b5a85f42a2ca98bd36674a81');
INSERT INTO "evidence" VALUES(31,1,13,'2026-11-28 01:12:21.220775','checked','webhook','verified','{"was": "deleted", "by": "webhooks", "subscriptions": [{"id": "0ad4d01f-9194-4b92-96a9-9bc875e73d77", "status": "canceled", "ended": true}], "benefit_grants": [{"id": "5a83fcdd-4813-4572-bd80-4b1e300961c9", "is_granted": false}]}','fd17c4709f13e7c2694ac925e217380c071cb3791c619392398bcacb73585144');
INSERT INTO "evidence" VALUES(32,1,14,'2026-11-28 01:12:21.220775','forgotten','worker','verified','{}','1c75e0fe37bc40cb4356c124f216ac71e38ad4ff08941bf62d3fb0c30c625990');
INSERT INTO "evidence" VALUES(33,7,2,'2026-11-28 01:12:21.433054','customer.missing','api','no_customer','{"identified_by": "identity", "external_hash": "df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560", "reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:07+00:00)", "was": "received"}','48f262c34f81702e4c0e8b9aa2ad1cac387084124eee55133b10f51e701edb1f');
INSERT INTO "evidence" VALUES(34,2,8,'2026-11-28 01:12:21.517646','checked','api','incomplete','{"reason": "the customer is gone, but these are not: subscription 228aa11c-8c34-45a3-a919-6cf89b895523 (paused); end them at Polar, then `polar-sync retry`", "was": "deleted", "by": "api", "subscriptions": [{"id": "228aa11c-8c34-45a3-a919-6cf89b895523", "status": "paused", "ended": false}], "benefit_grants": []}','32f2b044cd47ba6f10959816e3095cd092ca2168b78230025d68cd9d5b448285');
INSERT INTO "evidence" VALUES(35,1,15,'2026-11-28 01:12:21.562473','checked','api','verified','{"by": "api", "subscriptions": [{"id": "0ad4d01f-9194-4b92-96a9-9bc875e73d77", "status": "canceled", "ended": true}], "benefit_grants": [{"id": "5a83fcdd-4813-4572-bd80-4b1e300961c9", "is_granted": false}]}','872b95a1922eeab69382a3d7827c6da56f07aa9d185bff13dbf76cc53dc17518');
INSERT INTO "evidence" VALUES(36,6,4,'2026-11-28 01:12:21.738292','membership.delete.sent','worker','deleted','{"member_id": "c4a3fb5c-09c2-4f80-8f6b-6cf53971b74e", "customer_id": "c3f8d7af-d4a7-4aed-9a8e-35b791a1267e"}','efb62544642c9b2cd51f98fab676f5ef98634c2c23b603baa275044be6a372de');
INSERT INTO "evidence" VALUES(37,6,5,'2026-11-28 01:12:21.851295','membership.ended','api','deleted','{"answer": "204", "member_id": "c4a3fb5c-09c2-4f80-8f6b-6cf53971b74e", "customer_id": "c3f8d7af-d4a7-4aed-9a8e-35b791a1267e"}','1b8ed1beb274e6925efba5660bf79915c6e028eb1f8d736b248653719286aa9e');
INSERT INTO "evidence" VALUES(38,5,4,'2026-11-28 01:12:21.889100','webhook.member.deleted','webhook','held','{"payload_digest": "a78a25465029c3f886bc37de2c98dc553a0adebcb99b3e0af835e35e3f4ac8d5", "id": "c4a3fb5c-09c2-4f80-8f6b-6cf53971b74e", "role": "member"}','943ba9caaecf7e280cd63973622d52e640e1b37c7ed1b27e9cfa8bf5f7062090');
INSERT INTO "evidence" VALUES(39,6,6,'2026-11-28 01:12:21.906431','checked','api','verified','{"was": "deleted", "by": "webhooks", "subscriptions": [], "benefit_grants": []}','81937ff4a1d0516ed480db1b6b6e6e05feab31031553742b1622e90f21b84981');
INSERT INTO "evidence" VALUES(40,6,7,'2026-11-28 01:12:21.906431','forgotten','worker','verified','{}','e2c8109c64efd15f753423c6210863e026177c7b4834faf81c04219825f04e17');
INSERT INTO "evidence" VALUES(41,2,9,'2026-11-28 01:12:21.964706','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "228aa11c-8c34-45a3-a919-6cf89b895523", "status": "paused", "ended": false}], "benefit_grants": []}','63f99f6daa53d32776cb81f1e63a8f2965d0de14857c0b62c8fe8f999e1fec4e');
INSERT INTO "evidence" VALUES(42,2,10,'2026-11-28 01:12:27.550776','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "228aa11c-8c34-45a3-a919-6cf89b895523", "status": "paused", "ended": false}], "benefit_grants": []}','cc97e3afafcd94234b1d1285589ece4942858ed5c35219b83f498e2b98b0de39');
INSERT INTO "evidence" VALUES(43,8,1,'2026-11-28 01:12:27.640243','event.received','app','received','{"event_digest": "c5a5f17dc51e1b7d10d3c0b5af7844390fa6ab50bee11880e79890baa162da6b", "event_at": "2026-11-28T01:12:27.310771+00:00"}','63a13d282670da877ff893c6b569a045951bae00c283684de0f474a1a0348b16');
INSERT INTO "evidence" VALUES(44,9,1,'2026-11-28 01:12:27.816526','event.received','app','received','{"event_digest": "61821fe3336da2f27d3ff61bb5d1dbbd7ac83c62e8f649cf1e87d291cf6fefd1", "event_at": "2026-11-28T01:12:27.467492+00:00"}','5087c749a46553e4364e500fbe2ccfeb505317df96b501ee8bcb2d3a0faf2153');
INSERT INTO "evidence" VALUES(45,8,2,'2026-11-28 01:12:27.849816','customer.found','api','resolved','{"identified_by": "identity", "customer_id": "74678b36-f917-4bda-a441-b62cab4951ca", "customer_created_at": "2026-10-29T01:12:01.151784+00:00", "subscriptions": [{"id": "de4dd4b3-e34b-41a9-bc69-61ad456815fd", "status": "active"}], "benefit_grants": [], "was": "received"}','0693c581763db80f6255ed2ce982a5d1a6fb810577c31bc230b70677b8b29d16');
INSERT INTO "evidence" VALUES(46,9,2,'2026-11-28 01:12:27.880893','customer.found','api','resolved','{"identified_by": "identity", "customer_id": "08f10da1-4323-4154-ad37-6c0545a0b6c0", "customer_created_at": "2026-10-29T01:12:01.155604+00:00", "subscriptions": [{"id": "5929ff7c-7d0e-47b6-9e0b-fd53fed67c30", "status": "active"}], "benefit_grants": [], "was": "received"}','c689580617ea37c62dfeea680c40647c8bb064f963a69e61b0373fa7ab1a57a8');
INSERT INTO "evidence" VALUES(47,10,1,'2026-11-28 01:12:27.892172','event.received','app','received','{"event_digest": "6c6bf1f1614902976df66a90816b01594715d9822b9ca25a577d6427bfce18b3", "event_at": "2026-11-28T01:12:27.775669+00:00"}','ef8d65ef5859977dbbc44ee45a01b86962b6cb4dc40524e33d56fd328e08d20e');
INSERT INTO "evidence" VALUES(48,8,3,'2026-11-28 01:12:27.941777','brake.tripped','worker','held','{"reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}','aad260b0f2fac8f067744caa4cebf4fbf4071985d6fc3031200218bb9f1acced');
INSERT INTO "evidence" VALUES(49,9,3,'2026-11-28 01:12:27.989433','brake.tripped','worker','held','{"reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}','a5a0f627235d3320225fbe82c7c46a89bc1b3a820210fad4a9845b48876ad0ae');
INSERT INTO "evidence" VALUES(50,10,2,'2026-11-28 01:12:28.014894','customer.found','api','resolved','{"identified_by": "identity", "customer_id": "345cc3f1-4da4-4e16-af68-da84253a4936", "customer_created_at": "2026-10-29T01:12:01.172261+00:00", "subscriptions": [{"id": "4ba7564f-2547-4986-a4a4-633fa44ea8ca", "status": "active"}], "benefit_grants": [], "was": "received"}','179dfd054c707da82b589df11e2985a0a396b89e04f0500a38b51fa4a26df6ec');
INSERT INTO "evidence" VALUES(51,10,3,'2026-11-28 01:12:28.095726','brake.tripped','worker','held','{"reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}','c4758971bcd0c51546f663570053d483af297ae19f0816f074a7d472d8deb254');
INSERT INTO "evidence" VALUES(52,2,11,'2026-11-28 01:12:28.400177','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "228aa11c-8c34-45a3-a919-6cf89b895523", "status": "paused", "ended": false}], "benefit_grants": []}','56885bffdf224e86b0020ed9f609cfa2edc99bb6850bb94dd1e790844874829d');
INSERT INTO "evidence" VALUES(53,2,12,'2026-11-28 01:12:28.947008','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "228aa11c-8c34-45a3-a919-6cf89b895523", "status": "paused", "ended": false}], "benefit_grants": []}','988f49017a2069e7a6fa1295cd60532351dbc95bd68d0e6daa9fa3eb1345aa37');
INSERT INTO "evidence" VALUES(54,2,13,'2026-11-28 01:12:29.529227','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "228aa11c-8c34-45a3-a919-6cf89b895523", "status": "paused", "ended": false}], "benefit_grants": []}','0bd0b70d93c3b4d62dfb0bbfb7f8d20725d5acfee87b67fd4068e051f748189e');
INSERT INTO "evidence" VALUES(55,2,14,'2026-11-28 01:12:30.127981','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "228aa11c-8c34-45a3-a919-6cf89b895523", "status": "paused", "ended": false}], "benefit_grants": []}','4328ff20b81159ab6e778fd7460235e0383f07ec45ef503c5eb6757304de7e20');
INSERT INTO "evidence" VALUES(56,10,4,'2026-11-28 01:12:30.145533','canceled','operator','canceled','{"was": "held"}','11d20adc727f30414def4fd7dc4af1bd1265c0ee05c2ad4ec4c88209e4d4bffb');
INSERT INTO "evidence" VALUES(57,11,1,'2026-11-28 01:12:34.256749','event.received','app','received','{"event_digest": "91a7b0a150d276c0e670856d94c5026354b04573e400aade0b90e26f3261efa4", "event_at": "2026-11-28T01:12:34.091805+00:00"}','d1c5bb92ebbcff60e12eead2633fc5f9fa5fece24d8381eac3223085ad53e7fe');
INSERT INTO "evidence" VALUES(58,2,15,'2026-11-28 01:12:34.296385','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "228aa11c-8c34-45a3-a919-6cf89b895523", "status": "paused", "ended": false}], "benefit_grants": []}','072c0daf5b306012e4095ae28660bf5a0e74a9b83a21fdb879a03d281b686fb9');
INSERT INTO "evidence" VALUES(59,11,2,'2026-11-28 01:12:34.416121','customer.found','api','resolved','{"identified_by": "identity", "customer_id": "12c7aa8b-3d20-4d01-b469-c49bb761153a", "customer_created_at": "2026-10-29T01:12:01.046065+00:00", "subscriptions": [{"id": "76a59ceb-d615-4af6-9b01-527ea580c71b", "status": "active"}], "benefit_grants": [], "was": "received"}','c9fe4a0551978e1702edf00133036e532ea52fd30dc95946152245f383be44c4');
INSERT INTO "evidence" VALUES(60,11,3,'2026-11-28 01:12:34.460929','delete.sent','worker','deleting','{"customer_id": "12c7aa8b-3d20-4d01-b469-c49bb761153a", "by": "external_id", "anonymize": true, "was": "resolved"}','e286008f0af2e0d220e6d3cec75021e3a8eaffcb6b8257a1cec4e11f21bc433a');
INSERT INTO "evidence" VALUES(61,12,1,'2026-11-28 01:12:34.595642','event.received','app','received','{"event_digest": "dfc5d7ed8a0600105f7ae0d0bb1d9acbc29e6e8949a11e40e28e36758afa959d", "event_at": "2026-11-28T01:12:34.515367+00:00"}','d21ba6f6351d73403eb2b4b36ce020b9e78db15af96ce39b7bd5590de53a993b');
INSERT INTO "evidence" VALUES(62,12,2,'2026-11-28 01:12:34.652257','request.failed','api','blocked','{"reason": "GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one; if it is valid, the organization''s API access is switched off, which Polar''s support can tell", "was": "received"}','c86d7a2f37e475c742d73908849416bdc79ab26fc085e08464494a4c09c23fb8');
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
INSERT INTO "inbox" VALUES(1,'app','msg_f631bc1d76fd420e83edb0c3cca10658','2026-11-28 01:12:18.651813',NULL,'c746d4ec9a08caed1446547fd2f0066c3ccad0d054e707f2dac6870550fb04e2','applied','user.deleted','2026-11-28 01:12:18.494437',NULL,'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3','2026-11-28 01:12:18.773151',NULL,NULL);
INSERT INTO "inbox" VALUES(2,'app','msg_64621b44ce0f4bc19108b18fe641b993','2026-11-28 01:12:18.860488',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383333382E363836353530392C202264617461223A207B22757365725F6964223A20227061757365642D31227D7D','4f0a3d09257451f6b94851fa6384662bcbb64b313b426e0a6916ca099c65d7ee','applied','user.deleted','2026-11-28 01:12:18.686551',NULL,'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592','2026-11-28 01:12:18.932278',NULL,NULL);
INSERT INTO "inbox" VALUES(3,'app','msg_4e4fc6650fc24a2b9bb2647d2c591c9e','2026-11-28 01:12:18.984425',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383333382E383833333339342C202264617461223A207B22757365725F6964223A20226E6F626F64792D31227D7D','aadef55519002e08b727f269496591c2cf8b03aa59f68ed02063044290f7b35c','applied','user.deleted','2026-11-28 01:12:18.883339',NULL,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','2026-11-28 01:12:19.281845',NULL,NULL);
INSERT INTO "inbox" VALUES(4,'app','msg_cb0fc097a04f49c7964e373ffcb3c04a','2026-11-28 01:12:19.312002',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A2022323032362D31312D32385430303A31323A31392E3231363133322B30303A3030222C202264617461223A207B22757365725F6964223A2022616761696E2D31227D7D','f22e225639f4d916b1a515e08c295d698ca25688266c5817552b24bad82b43ca','applied','user.deleted','2026-11-28 00:12:19.216132',NULL,'3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0','2026-11-28 01:12:19.659572',NULL,NULL);
INSERT INTO "inbox" VALUES(5,'app','msg_7df982e780034d8bb1cdaa0d8a6d4aab','2026-11-28 01:12:19.541788',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383333392E3333373835332C202264617461223A207B22757365725F6964223A20227465616D2D31227D7D','701aa07b17df730901197f70a068488d328844bc56fbe5bd5bb1805bf788e53c','applied','user.deleted','2026-11-28 01:12:19.337853',NULL,'7fdb1ef38ee168933108fc3b2ac2487a9b08c7699cdb814fbd45ff9abeb47835','2026-11-28 01:12:20.033674',NULL,NULL);
INSERT INTO "inbox" VALUES(6,'app','msg_60b81bea36d74925bd41652de7a551a3','2026-11-28 01:12:20.089076',NULL,'f77696ac75b22a36e51ecd65cba6b433c09d4b40423504e42fe829cb2a62f081','applied','user.deleted','2026-11-28 01:12:20.006204',NULL,'12f0798884d2cf0740b61e8541e3030ae599e6499bcd9169626c23a30b3429d1','2026-11-28 01:12:20.384308',NULL,NULL);
INSERT INTO "inbox" VALUES(7,'polar','97b647b4-bc68-4420-93f3-b3ed3a61738e','2026-11-28 01:12:20.310211',NULL,'44926c2f7b640c45482570b389380388bf24a8feb33d956b432824b9d6e03570','applied','member.deleted','2026-11-28 01:12:20.203466','8fc2cdca-b607-44a2-b2ce-776633a6f4f4',NULL,'2026-11-28 01:12:20.569228',NULL,'fc3f041b-222f-48e4-ac3e-d004fe13dbb4');
INSERT INTO "inbox" VALUES(8,'polar','msg_615a365d0367407a814ba5583577792b','2026-11-28 01:12:20.333349',X'6E6F204A534F4E','29ecbeb830e3244605e5a88493e4088424a71780e5cf59bb3475f278f294335b','dead',NULL,NULL,NULL,NULL,'2026-11-28 01:12:20.569228','the body is not JSON',NULL);
INSERT INTO "inbox" VALUES(9,'polar','618248d0-2471-49e2-8fca-3df31ae8f9af','2026-11-28 01:12:20.424330',NULL,'60788eba30c72932e92d1dff48fa4811150153bf8bac9a33a9209643a53d17d9','applied','customer.deleted','2026-11-28 01:12:20.203630','8fc2cdca-b607-44a2-b2ce-776633a6f4f4',NULL,'2026-11-28 01:12:20.993843',NULL,NULL);
INSERT INTO "inbox" VALUES(10,'app','msg_used','2026-11-28 01:12:20.541347',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383334302E343735363732352C202264617461223A207B22757365725F6964223A20226E6F626F64792D31227D7D','fe318cdc9e546e977f48f84d1e966a1d0953b586e5a1d383a1a354f39b9289ab','applied','user.deleted','2026-11-28 01:12:20.475672',NULL,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','2026-11-28 01:12:20.993843',NULL,NULL);
INSERT INTO "inbox" VALUES(11,'polar','ff1f8a62-771e-4570-88a7-7f2f5d1e3d4c','2026-11-28 01:12:20.824761',NULL,'c12786657701032948e4330e9f483861ae0e0c3025771dbb1989778605a9e995','applied','customer.state_changed','2026-11-28 01:12:20.203698','8fc2cdca-b607-44a2-b2ce-776633a6f4f4',NULL,'2026-11-28 01:12:20.993843',NULL,NULL);
INSERT INTO "inbox" VALUES(12,'polar','04550e7b-ba21-4f0f-8308-acafb712e978','2026-11-28 01:12:20.935346',NULL,'415df1971141563b1a0bfbdb582d0745bf69b898b6cb1ed20d9618998e5e0efa','applied','customer.state_changed','2026-11-28 01:12:20.326555','8fc2cdca-b607-44a2-b2ce-776633a6f4f4',NULL,'2026-11-28 01:12:21.220775',NULL,NULL);
INSERT INTO "inbox" VALUES(13,'polar','33c09899-ccd0-4e74-b048-ff674bb94f2d','2026-11-28 01:12:20.905794',NULL,'b056fb7ad8fe8f7f56899cf852c103728c735f88e918c97f1d0f8c80a1566b06','applied','subscription.updated','2026-11-28 01:12:20.299351','8fc2cdca-b607-44a2-b2ce-776633a6f4f4',NULL,'2026-11-28 01:12:21.220775',NULL,NULL);
INSERT INTO "inbox" VALUES(14,'polar','7c36e039-c793-4b56-b59c-c5a5f3bd9cf7','2026-11-28 01:12:20.904776',NULL,'1a740b50b340eedbfa2774911a5373a1f18b8daf23b6150c2fc18b87e70b17a6','applied','benefit_grant.revoked','2026-11-28 01:12:20.299144','8fc2cdca-b607-44a2-b2ce-776633a6f4f4',NULL,'2026-11-28 01:12:21.220775',NULL,'fc3f041b-222f-48e4-ac3e-d004fe13dbb4');
INSERT INTO "inbox" VALUES(15,'polar','8de8c723-884e-40db-8f52-103ef7332716','2026-11-28 01:12:20.975921',X'7B2274797065223A22637573746F6D65722E73746174655F6368616E676564222C2274696D657374616D70223A22323032362D31312D32385430313A31323A32302E3336363437355A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2233653432646164622D653563382D346139302D626432612D376233343936333138643430222C22637265617465645F6174223A22323032362D31302D32395430313A31323A30312E3134303238305A222C226D6F6469666965645F6174223A22323032362D31312D32385430313A31323A32302E3336363233395A222C226D65746164617461223A7B225F5F616E6F6E796D697A65645F6174223A22323032362D31312D32385430313A31323A32302E3336363233392B30303A3030222C225F5F65787465726E616C5F6964223A227061757365642D31227D2C2265787465726E616C5F6964223A227061757365642D31222C22656D61696C223A223964323066626261333138633733613737626135616630393333363634643166623263313566336561356466333336663332666634386363346538346334623840616E6F6E796D697A65642E706F6C61722E7368222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F6E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2264393565316236662D393663312D343532342D393766352D646564663637623736346664222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A22323032362D31312D32385430313A31323A32302E3336363233395A222C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C2C226163746976655F737562736372697074696F6E73223A5B5D2C226772616E7465645F62656E6566697473223A5B5D2C226163746976655F6D6574657273223A5B5D7D7D','77764fdd9f1cf430a6bbe2da17ddb00a28fecf4c9c41909c84137f261b1cc8b9','applied','customer.state_changed','2026-11-28 01:12:20.366475','3e42dadb-e5c8-4a90-bd2a-7b3496318d40',NULL,'2026-11-28 01:12:21.220775',NULL,NULL);
INSERT INTO "inbox" VALUES(16,'polar','91c0c0e5-20a2-47a3-8a94-e3e05d56502e','2026-11-28 01:12:20.975577',X'7B2274797065223A226D656D6265722E64656C65746564222C2274696D657374616D70223A22323032362D31312D32385430313A31323A32302E3336363239315A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2265333234306338612D386563652D343232352D613735382D623061353934666139666565222C22637265617465645F6174223A22323032362D31302D32395430313A31323A30312E3134303238305A222C226D6F6469666965645F6174223A22323032362D31312D32385430313A31323A32302E3336363233395A222C22637573746F6D65725F6964223A2233653432646164622D653563382D346139302D626432612D376233343936333138643430222C22656D61696C223A227061757365642D314070656F706C652E6578616D706C65222C226E616D65223A22536F6D65626F6479207061757365642D31222C2265787465726E616C5F6964223A227061757365642D31222C22726F6C65223A226F776E6572227D7D','2b704663326dc656796fe3fba17a0133e126bd720f5cb72e2c8160f32ff35aeb','applied','member.deleted','2026-11-28 01:12:20.366291','3e42dadb-e5c8-4a90-bd2a-7b3496318d40',NULL,'2026-11-28 01:12:21.220775',NULL,'e3240c8a-8ece-4225-a758-b0a594fa9fee');
INSERT INTO "inbox" VALUES(17,'polar','ccc399bb-931c-44b8-8497-0af81b6a24aa','2026-11-28 01:12:20.975811',X'7B2274797065223A22637573746F6D65722E64656C65746564222C2274696D657374616D70223A22323032362D31312D32385430313A31323A32302E3336363433315A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2233653432646164622D653563382D346139302D626432612D376233343936333138643430222C22637265617465645F6174223A22323032362D31302D32395430313A31323A30312E3134303238305A222C226D6F6469666965645F6174223A22323032362D31312D32385430313A31323A32302E3336363233395A222C226D65746164617461223A7B225F5F616E6F6E796D697A65645F6174223A22323032362D31312D32385430313A31323A32302E3336363233392B30303A3030222C225F5F65787465726E616C5F6964223A227061757365642D31227D2C2265787465726E616C5F6964223A227061757365642D31222C22656D61696C223A223964323066626261333138633733613737626135616630393333363634643166623263313566336561356466333336663332666634386363346538346334623840616E6F6E796D697A65642E706F6C61722E7368222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F6E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2264393565316236662D393663312D343532342D393766352D646564663637623736346664222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A22323032362D31312D32385430313A31323A32302E3336363233395A222C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C7D7D','0bcd235bc56b168d6d383d3c284bedd657748b019712eaa6642a7a4699f1c6e2','applied','customer.deleted','2026-11-28 01:12:20.366431','3e42dadb-e5c8-4a90-bd2a-7b3496318d40',NULL,'2026-11-28 01:12:21.220775',NULL,NULL);
INSERT INTO "inbox" VALUES(18,'polar','f54f5256-16ed-4258-b41f-d50df42b28f6','2026-11-28 01:12:20.905900',NULL,'71f2dbc2a579cc09b741e2718e559a92124eb03f41747c4ec1eab968bfad3a91','applied','subscription.canceled','2026-11-28 01:12:20.299431','8fc2cdca-b607-44a2-b2ce-776633a6f4f4',NULL,'2026-11-28 01:12:21.220775',NULL,NULL);
INSERT INTO "inbox" VALUES(19,'polar','f83bf1d8-ead3-456f-abce-c97de8333c5e','2026-11-28 01:12:20.905960',NULL,'b89d51f712b5c294f52cbe502fa17965021fa95a879f0b8483e0b5590d0594b0','applied','subscription.revoked','2026-11-28 01:12:20.299490','8fc2cdca-b607-44a2-b2ce-776633a6f4f4',NULL,'2026-11-28 01:12:21.220775',NULL,NULL);
INSERT INTO "inbox" VALUES(20,'polar','bc88057e-2145-4e58-9591-7bb7b01efd4a','2026-11-28 01:12:21.802324',NULL,'a78a25465029c3f886bc37de2c98dc553a0adebcb99b3e0af835e35e3f4ac8d5','applied','member.deleted','2026-11-28 01:12:21.786644','c3f8d7af-d4a7-4aed-9a8e-35b791a1267e',NULL,'2026-11-28 01:12:21.889100',NULL,'c4a3fb5c-09c2-4f80-8f6b-6cf53971b74e');
INSERT INTO "inbox" VALUES(21,'app','msg_165e9a3fcdd64441a7098de53873909c','2026-11-28 01:12:27.400112',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383334372E3331303737312C202264617461223A207B22757365725F6964223A202268656C642D31227D7D','c5a5f17dc51e1b7d10d3c0b5af7844390fa6ab50bee11880e79890baa162da6b','applied','user.deleted','2026-11-28 01:12:27.310771',NULL,'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52','2026-11-28 01:12:27.640243',NULL,NULL);
INSERT INTO "inbox" VALUES(22,'app','msg_ed2fb558c44f4a7b89038f2b966b3b47','2026-11-28 01:12:27.599015',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383334372E343637343932332C202264617461223A207B22757365725F6964223A202268656C642D32227D7D','61821fe3336da2f27d3ff61bb5d1dbbd7ac83c62e8f649cf1e87d291cf6fefd1','applied','user.deleted','2026-11-28 01:12:27.467492',NULL,'4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44','2026-11-28 01:12:27.816526',NULL,NULL);
INSERT INTO "inbox" VALUES(23,'app','msg_79a6996738f3411f8cf910ceea19058e','2026-11-28 01:12:27.815447',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383334372E373735363639332C202264617461223A207B22757365725F6964223A202268656C642D33227D7D','6c6bf1f1614902976df66a90816b01594715d9822b9ca25a577d6427bfce18b3','applied','user.deleted','2026-11-28 01:12:27.775669',NULL,'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017','2026-11-28 01:12:27.892172',NULL,NULL);
INSERT INTO "inbox" VALUES(24,'app','msg_e4477da67e854432bf1ada00a8c32592','2026-11-28 01:12:34.136665',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383335342E3039313830352C202264617461223A207B22757365725F6964223A202264656C6574696E672D31227D7D','91a7b0a150d276c0e670856d94c5026354b04573e400aade0b90e26f3261efa4','applied','user.deleted','2026-11-28 01:12:34.091805',NULL,'350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb','2026-11-28 01:12:34.256749',NULL,NULL);
INSERT INTO "inbox" VALUES(25,'app','msg_c9538252bf4d40de9339ad3a0b5ef62f','2026-11-28 01:12:34.569755',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383335342E353135333637352C202264617461223A207B22757365725F6964223A2022626C6F636B65642D31227D7D','dfc5d7ed8a0600105f7ae0d0bb1d9acbc29e6e8949a11e40e28e36758afa959d','applied','user.deleted','2026-11-28 01:12:34.515367',NULL,'6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0','2026-11-28 01:12:34.595642',NULL,NULL);
INSERT INTO "inbox" VALUES(26,'app','msg_06d34dfdbc5b43618db61c93a7bea138','2026-11-28 01:12:34.628376',X'7B2274797065223A2022757365722E75706461746564222C202274696D657374616D70223A20313739353832383335342E3538393235322C202264617461223A207B22757365725F6964223A20226C6976696E672D31222C2022656D61696C223A20226E65772D314070656F706C652E6578616D706C65222C20226E616D65223A20224E6577227D7D','f49a3770dc21fbfa915f5d96dea8eeb46e97c2ce0d8e7f1dc404b9f51c0bafa8','pending','user.updated','2026-11-28 01:12:34.589252',NULL,'9c1f1c1ed471e86b2974680be521694f04d71801be3ae87afd197c688a857aac',NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(27,'app','msg_f22b834eb97646789560b3d10411dcd9','2026-11-28 01:12:38.308876',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383335382E323834363337322C202264617461223A207B22757365725F6964223A202270656E64696E672D31227D7D','36f370df7e5b2a3ccc26ea26a66502e2e97033fbd1d7c1e9489711696d909377','pending','user.deleted','2026-11-28 01:12:38.284637',NULL,'34f5e4d50c2ef4d4a5cce3613c31338e69fb68140bc5df6d51e0475989639c00',NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(28,'app','msg_1124038ee77e4778bd5833ca0e8fdeb6','2026-11-28 01:12:38.344699',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383335382E3331363233392C202264617461223A207B22757365725F6964223A202270656E64696E672D6E6F626F6479227D7D','76a36c61e6d4f930502d3f7c6706124c065ffeccd006dd0d8b2e73fba3b63e25','pending','user.deleted','2026-11-28 01:12:38.316239',NULL,'538d011938dd4a76d67386aefc4cd46ebbca8ca7e936a61784a8ba9c12bf77a0',NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(29,'app','msg_6a89a8c66977430ea5ad47f0a23cf56f','2026-11-28 01:12:38.418286',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383335382E333532313835322C202264617461223A207B22757365725F6964223A2022757365722D6D6170706564227D7D','4da6f8435571a3e696a9839b3a679fee793ea9315fbf569e5c78e19caf9f7bd4','pending','user.deleted','2026-11-28 01:12:38.352185',NULL,'21e5d13a48c91f644ebd083c9c6e3ab89adb5b7cf6ef06eae0d08b47752cdfeb',NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(30,'polar','387e38fd-af39-4ae1-adff-4a77c4bf8ed2','2026-11-28 01:12:38.439769',X'7B2274797065223A22637573746F6D65722E63726561746564222C2274696D657374616D70223A22323032362D31312D32385430313A31323A33382E3433323437375A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2262316663316439372D303437302D343464362D623661332D303435353266643535316636222C22637265617465645F6174223A22323032362D31312D32385430313A31323A33382E3433323332355A222C226D6F6469666965645F6174223A6E756C6C2C226D65746164617461223A7B7D2C2265787465726E616C5F6964223A226C6976696E672D32222C22656D61696C223A226C6976696E672D324070656F706C652E6578616D706C65222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A6E756C6C2C2262696C6C696E675F6E616D65223A6E756C6C2C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2264393565316236662D393663312D343532342D393766352D646564663637623736346664222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A6E756C6C2C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C7D7D','64fdbb99c326667288e63ea21db20cf73f1d326dfaffcd4f08ca4de232c59bf8','pending',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(31,'polar','78f54960-61b4-4146-b8f8-21b308b416fb','2026-11-28 01:12:38.449559',X'7B2274797065223A22637573746F6D65722E73746174655F6368616E676564222C2274696D657374616D70223A22323032362D31312D32385430313A31323A33382E3433323539315A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2262316663316439372D303437302D343464362D623661332D303435353266643535316636222C22637265617465645F6174223A22323032362D31312D32385430313A31323A33382E3433323332355A222C226D6F6469666965645F6174223A6E756C6C2C226D65746164617461223A7B7D2C2265787465726E616C5F6964223A226C6976696E672D32222C22656D61696C223A226C6976696E672D324070656F706C652E6578616D706C65222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A6E756C6C2C2262696C6C696E675F6E616D65223A6E756C6C2C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2264393565316236662D393663312D343532342D393766352D646564663637623736346664222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A6E756C6C2C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C2C226163746976655F737562736372697074696F6E73223A5B5D2C226772616E7465645F62656E6566697473223A5B5D2C226163746976655F6D6574657273223A5B5D7D7D','67e4590132d6c8e8155d8a7d124b35d33663314862d7455d855593b80d6221c4','pending',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(32,'polar','3fccfc33-48fa-4108-ba58-1a9a415db17e','2026-11-28 01:12:38.473224',X'7B2274797065223A226D656D6265722E63726561746564222C2274696D657374616D70223A22323032362D31312D32385430313A31323A33382E3433323633365A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2233633138303136342D666365612D343463652D383330392D323939363937313262373632222C22637265617465645F6174223A22323032362D31312D32385430313A31323A33382E3433323332355A222C226D6F6469666965645F6174223A6E756C6C2C22637573746F6D65725F6964223A2262316663316439372D303437302D343464362D623661332D303435353266643535316636222C22656D61696C223A226C6976696E672D324070656F706C652E6578616D706C65222C226E616D65223A6E756C6C2C2265787465726E616C5F6964223A226C6976696E672D32222C22726F6C65223A226F776E6572227D7D','1287e95e7dcbd27a39700df46afa5dda732a923b78d9dd8ba741f5800c0b2b30','pending',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE mapping (
	user_id VARCHAR(255) NOT NULL, 
	external_id VARCHAR, 
	customer_id VARCHAR, 
	updated_at DATETIME NOT NULL, 
	PRIMARY KEY (user_id)
);
INSERT INTO "mapping" VALUES('user-mapped','mapped-1',NULL,'2026-11-28 01:12:11.140130');
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
	forgotten_at DATETIME, not_kept JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "member" VALUES('2026-11-28 01:11:01.193146','2026-11-28 01:12:07.208825','','api','2026-11-28 01:12:07.431384','5c925c96-9f12-4075-a4ab-52dde96957b3','f2a0c793-19d1-4f8c-b10e-9f093a766b85','2026-11-28 01:11:01.193146','owner','again-1',NULL,NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:12:01.211775','2026-11-28 01:12:07.208825','','api','2026-11-28 01:12:07.431384','120a231e-6e1d-46fa-a9ba-adc8704ff6ce','c3f8d7af-d4a7-4aed-9a8e-35b791a1267e','2026-10-29 01:12:01.211775','owner','team-1',NULL,NULL,NULL);
INSERT INTO "member" VALUES('2026-11-28 01:12:21.786598','2026-11-28 01:12:21.786644','815447ed653cfc43ef93dfe1ab03f0d1e2d6f611d5afc8836970b8fd25d8f51c','member.deleted','2026-11-28 01:12:21.889100','c4a3fb5c-09c2-4f80-8f6b-6cf53971b74e','c3f8d7af-d4a7-4aed-9a8e-35b791a1267e','2026-10-29 01:12:01.211775','member',NULL,'2026-11-28 01:12:21.786644','2026-11-28 01:12:21.906431',NULL);
INSERT INTO "member" VALUES('2026-10-29 01:12:01.172261','2026-11-28 01:12:07.208825','','api','2026-11-28 01:12:07.431384','bd38c1c9-8dce-4e5a-9574-243625c9f02f','345cc3f1-4da4-4e16-af68-da84253a4936','2026-10-29 01:12:01.172261','owner','held-3',NULL,NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:12:01.155604','2026-11-28 01:12:07.208825','','api','2026-11-28 01:12:07.431384','59d60ae5-fe49-4223-b0f3-5fd360c40e15','08f10da1-4323-4154-ad37-6c0545a0b6c0','2026-10-29 01:12:01.155604','owner','held-2',NULL,NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:12:01.151784','2026-11-28 01:12:07.208825','','api','2026-11-28 01:12:07.431384','0d9e80b6-fe12-45c7-8633-f49b06f9f3fa','74678b36-f917-4bda-a441-b62cab4951ca','2026-10-29 01:12:01.151784','owner','held-1',NULL,NULL,NULL);
INSERT INTO "member" VALUES('2026-11-28 01:12:20.366239','2026-11-28 01:12:20.366291','934cb03cb662c97eec828eb93679bd3d25017ef78ecd75c35e2dbf844aa187bf','member.deleted','2026-11-28 01:12:21.220775','e3240c8a-8ece-4225-a758-b0a594fa9fee','3e42dadb-e5c8-4a90-bd2a-7b3496318d40','2026-10-29 01:12:01.140280','owner','paused-1','2026-11-28 01:12:20.366239',NULL,NULL);
INSERT INTO "member" VALUES('2026-11-28 01:12:20.203418','2026-11-28 01:12:20.203466','a8c25e6a58197ca45aec024e9c67ea6ddf2b8a080579f25c882cd9c42b241a36','member.deleted','2026-11-28 01:12:20.569228','fc3f041b-222f-48e4-ac3e-d004fe13dbb4','8fc2cdca-b607-44a2-b2ce-776633a6f4f4','2026-10-29 01:12:01.135708','owner',NULL,'2026-11-28 01:12:20.203466','2026-11-28 01:12:21.220775',NULL);
INSERT INTO "member" VALUES('2026-10-29 01:12:01.123247','2026-11-28 01:12:07.208825','','api','2026-11-28 01:12:07.431384','342506fa-e77e-456d-a1a4-823348b94d62','ac02f676-1672-47db-9966-d4fcb3aab316','2026-10-29 01:12:01.123247','owner','living-1',NULL,NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:12:01.111764','2026-11-28 01:12:07.208825','','api','2026-11-28 01:12:07.431384','7ca45169-cac7-46e5-87b5-5e823799b5db','c46adf14-3d01-487d-894c-eefbca3e9e6e','2026-10-29 01:12:01.111764','owner','pending-1',NULL,NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:12:01.106524','2026-11-28 01:12:07.208825','','api','2026-11-28 01:12:07.431384','bd057bbb-74c5-4029-89af-47eba3d6003b','e4d61e66-7cb1-4e35-9b8b-d7784c206847','2026-10-29 01:12:01.106524','owner','mapped-1',NULL,NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:12:01.073698','2026-11-28 01:12:07.208825','','api','2026-11-28 01:12:07.431384','3460f605-de69-4cd5-96c3-4ca53f3221b1','9546291a-6991-4d46-89a8-39c819119d59','2026-10-29 01:12:01.073698','owner','blocked-1',NULL,NULL,NULL);
INSERT INTO "member" VALUES('2026-10-29 01:12:01.046065','2026-11-28 01:12:07.208825','','api','2026-11-28 01:12:07.431384','18ebdbfe-ccc4-4d39-b852-b688b45e231b','12c7aa8b-3d20-4d01-b469-c49bb761153a','2026-10-29 01:12:01.046065','owner','deleting-1',NULL,NULL,NULL);
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
INSERT INTO "membership" VALUES(6,'c4a3fb5c-09c2-4f80-8f6b-6cf53971b74e','c3f8d7af-d4a7-4aed-9a8e-35b791a1267e','2026-11-28 01:12:20.931684','2026-11-28 01:12:21.851295',0,NULL,'[]');
CREATE TABLE meta (
	name VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('hash_key_check','536b22fac0180a4352845183b5f1dcc793876170486e9e88d464f31afa2d48c0');
INSERT INTO "meta" VALUES('organization_id','d95e1b6f-96c1-4524-97f5-dedf67b764fd');
INSERT INTO "meta" VALUES('subscription_listed_at','2026-11-28T01:12:07.199741+00:00');
INSERT INTO "meta" VALUES('benefit_grant_listed_at','2026-11-28T01:12:07.199741+00:00');
INSERT INTO "meta" VALUES('member_listed_at','2026-11-28T01:12:07.199741+00:00');
INSERT INTO "meta" VALUES('clock_seen','2026-11-28T01:12:33.673361+00:00');
INSERT INTO "meta" VALUES('readyz.probe','2026-11-28T01:12:38.275367+00:00');
INSERT INTO "meta" VALUES('rewrite_after','2026-11-28T01:12:34.147645+00:00');
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	recipient VARCHAR(16) NOT NULL, 
	webhook_id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	deletion_id BIGINT, 
	made_at DATETIME NOT NULL, 
	data JSON NOT NULL, 
	user_id VARCHAR, 
	status VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_attempt_at DATETIME, 
	ended_at DATETIME, 
	error VARCHAR, 
	PRIMARY KEY (id), 
	UNIQUE (webhook_id)
);
INSERT INTO "outbox" VALUES(1,'app','msg_d624fdd045074f91b52b50af5cc4cd79','deletion.needs_action',5,'2026-11-28 01:12:20.406453','{"deletion_id": 5, "state": "held", "reason": "customer c3f8d7af-d4a7-4aed-9a8e-35b791a1267e is a team with 1 other person; they would lose subscription a24617a6-5a77-434f-9bc0-f0ae8c4ade5f: `polar-sync approve`, `cancel`, or `transfer`", "event_at": "2026-11-28T01:12:19.337853+00:00", "received_at": "2026-11-28T01:12:20.033674+00:00", "ended_at": null, "receipt_digest": null}','team-1','pending',2,'2026-11-28 01:12:36.622462',NULL,'127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO "outbox" VALUES(2,'app','msg_8077353cb7b54e749c57c7bbc974ad07','deletion.no_customer',3,'2026-11-28 01:12:20.866408','{"deletion_id": 3, "state": "no_customer", "reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:07+00:00)", "event_at": "2026-11-28T01:12:18.883339+00:00", "received_at": "2026-11-28T01:12:19.281845+00:00", "ended_at": "2026-11-28T01:12:20.866408+00:00", "receipt_digest": null}','nobody-1','pending',2,'2026-11-28 01:12:38.115341',NULL,'127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO "outbox" VALUES(3,'app','msg_906c22e1c87e483a83a65b75d88c0cc0','deletion.superseded',4,'2026-11-28 01:12:20.866408','{"deletion_id": 4, "state": "superseded", "reason": "customer f2a0c793-19d1-4f8c-b10e-9f093a766b85 was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted", "event_at": "2026-11-28T00:12:19.216132+00:00", "received_at": "2026-11-28T01:12:19.659572+00:00", "ended_at": "2026-11-28T01:12:20.866408+00:00", "receipt_digest": null}','again-1','pending',2,'2026-11-28 01:12:37.765020',NULL,'127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO "outbox" VALUES(4,'app','msg_1df28436e07745fd8e82005312be0626','deletion.verified',1,'2026-11-28 01:12:21.220775','{"deletion_id": 1, "state": "verified", "reason": null, "event_at": "2026-11-28T01:12:18.494437+00:00", "received_at": "2026-11-28T01:12:18.773151+00:00", "ended_at": "2026-11-28T01:12:21.220775+00:00", "receipt_digest": "fd17c4709f13e7c2694ac925e217380c071cb3791c619392398bcacb73585144"}','verified-1','pending',2,'2026-11-28 01:12:38.452774',NULL,'127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO "outbox" VALUES(5,'app','msg_06475e85f094417ebf595778aa53e4aa','deletion.no_customer',7,'2026-11-28 01:12:21.433054','{"deletion_id": 7, "state": "no_customer", "reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:12:07+00:00)", "event_at": "2026-11-28T01:12:20.475672+00:00", "received_at": "2026-11-28T01:12:20.993843+00:00", "ended_at": "2026-11-28T01:12:21.433054+00:00", "receipt_digest": null}','nobody-1','pending',2,'2026-11-28 01:12:37.363947',NULL,'127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO "outbox" VALUES(6,'app','msg_7e582c0dd3ca410aa6377e5fe05c57b0','deletion.needs_action',2,'2026-11-28 01:12:21.517646','{"deletion_id": 2, "state": "incomplete", "reason": "the customer is gone, but these are not: subscription 228aa11c-8c34-45a3-a919-6cf89b895523 (paused); end them at Polar, then `polar-sync retry`", "event_at": "2026-11-28T01:12:18.686551+00:00", "received_at": "2026-11-28T01:12:18.932278+00:00", "ended_at": null, "receipt_digest": null}','paused-1','pending',2,'2026-11-28 01:12:37.551977',NULL,'127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO "outbox" VALUES(7,'app','msg_613c144dec064c3995f2b73f9564a72f','deletion.verified',6,'2026-11-28 01:12:21.906431','{"deletion_id": 6, "state": "verified", "reason": null, "event_at": "2026-11-28T01:12:20.006204+00:00", "received_at": "2026-11-28T01:12:20.384308+00:00", "ended_at": "2026-11-28T01:12:21.906431+00:00", "receipt_digest": "81937ff4a1d0516ed480db1b6b6e6e05feab31031553742b1622e90f21b84981"}','member-1','pending',2,'2026-11-28 01:12:38.746139',NULL,'127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO "outbox" VALUES(8,'app','msg_9ea6e7ffe9c3428799f5cdc0c3bbe5f0','deletion.needs_action',8,'2026-11-28 01:12:27.941777','{"deletion_id": 8, "state": "held", "reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "event_at": "2026-11-28T01:12:27.310771+00:00", "received_at": "2026-11-28T01:12:27.640243+00:00", "ended_at": null, "receipt_digest": null}','held-1','pending',1,'2026-11-28 01:12:33.998951',NULL,'127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO "outbox" VALUES(9,'app','msg_65e3a8f4a1fc497d88f6d96c99418f9f','deletion.needs_action',9,'2026-11-28 01:12:27.989433','{"deletion_id": 9, "state": "held", "reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "event_at": "2026-11-28T01:12:27.467492+00:00", "received_at": "2026-11-28T01:12:27.816526+00:00", "ended_at": null, "receipt_digest": null}','held-2','pending',1,'2026-11-28 01:12:34.626461',NULL,'127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO "outbox" VALUES(10,'app','msg_6f540c8b89554a84ad788fbbcc5d1941','deletion.needs_action',10,'2026-11-28 01:12:28.095726','{"deletion_id": 10, "state": "held", "reason": "the brake tripped: 1 deletions within an hour, 1 allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or `polar-sync cancel`", "event_at": "2026-11-28T01:12:27.775669+00:00", "received_at": "2026-11-28T01:12:27.892172+00:00", "ended_at": null, "receipt_digest": null}','held-3','pending',1,'2026-11-28 01:12:34.102089',NULL,'127.0.0.1 refused the connection: does anything listen there?');
INSERT INTO "outbox" VALUES(11,'app','msg_ef7bad585629435fa22358f83be30e9b','deletion.canceled',10,'2026-11-28 01:12:30.145533','{"deletion_id": 10, "state": "canceled", "reason": null, "event_at": "2026-11-28T01:12:27.775669+00:00", "received_at": "2026-11-28T01:12:27.892172+00:00", "ended_at": "2026-11-28T01:12:30.145533+00:00", "receipt_digest": null}','held-3','pending',0,'2026-11-28 01:12:30.145533',NULL,NULL);
INSERT INTO "outbox" VALUES(12,'app','msg_5bc651fddc3d45c1807ece3dd39c412d','deletion.needs_action',12,'2026-11-28 01:12:34.652257','{"deletion_id": 12, "state": "blocked", "reason": "GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one; if it is valid, the organization''s API access is switched off, which Polar''s support can tell", "event_at": "2026-11-28T01:12:34.515367+00:00", "received_at": "2026-11-28T01:12:34.595642+00:00", "ended_at": null, "receipt_digest": null}','blocked-1','pending',0,'2026-11-28 01:12:34.652257',NULL,NULL);
CREATE TABLE profile (
	id INTEGER NOT NULL, 
	user_hash VARCHAR NOT NULL, 
	user_id VARCHAR(255), 
	external_id VARCHAR, 
	external_id_at DATETIME, 
	email VARCHAR, 
	email_at DATETIME, 
	name VARCHAR, 
	name_at DATETIME, 
	created_at DATETIME, 
	wants_customer BOOLEAN NOT NULL, 
	changed_at DATETIME NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	reason VARCHAR, 
	customer_id VARCHAR, 
	ended_at DATETIME, 
	attempts INTEGER NOT NULL, 
	next_attempt_at DATETIME, 
	on_its_way_until DATETIME, 
	lease_token VARCHAR, 
	lease_until DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (user_hash)
);
CREATE TABLE reconciliation (
	id INTEGER NOT NULL, 
	lease_token VARCHAR, 
	lease_until DATETIME, 
	progress JSON, 
	finished_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "reconciliation" VALUES(1,NULL,NULL,NULL,'2026-11-28 01:12:07.498172');
CREATE TABLE refused_event (
	id INTEGER NOT NULL, 
	first_id BIGINT NOT NULL, 
	event_type VARCHAR NOT NULL, 
	user_hash VARCHAR NOT NULL, 
	first_at DATETIME, 
	event_at DATETIME NOT NULL, 
	received_at DATETIME NOT NULL, 
	times INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (first_id, event_type, user_hash)
);
INSERT INTO "refused_event" VALUES(1,10,'user.deleted','d0ff066ed9988344fab98467e0997f256cabc25ce28ef1e7a285c0bbe7af7026','2026-11-28 01:12:20.475672','2026-11-28 01:12:20.981410','2026-11-28 01:12:21.038718',1);
CREATE TABLE "subscription" (
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
	ended_at DATETIME, 
	started_at DATETIME, 
	seats BIGINT, not_kept JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "subscription" VALUES('2026-10-29 01:12:01.211775','2026-11-28 01:12:20.323624','','api','2026-11-28 01:12:20.406453','a24617a6-5a77-434f-9bc0-f0ae8c4ade5f','c3f8d7af-d4a7-4aed-9a8e-35b791a1267e','2026-10-29 01:12:01.211775','active','775beb4b-6bdf-4395-b5bf-8c30e39cb237',1000,'usd','month','2026-11-28 01:12:01.211775',0,NULL,NULL,NULL,'2026-10-29 01:12:01.211775',NULL,NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:12:01.172261','2026-11-28 01:12:27.975104','','api','2026-11-28 01:12:28.014894','4ba7564f-2547-4986-a4a4-633fa44ea8ca','345cc3f1-4da4-4e16-af68-da84253a4936','2026-10-29 01:12:01.172261','active','775beb4b-6bdf-4395-b5bf-8c30e39cb237',1000,'usd','month','2026-11-28 01:12:01.172261',0,NULL,NULL,NULL,'2026-10-29 01:12:01.172261',NULL,NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:12:01.155604','2026-11-28 01:12:27.865923','','api','2026-11-28 01:12:27.880893','5929ff7c-7d0e-47b6-9e0b-fd53fed67c30','08f10da1-4323-4154-ad37-6c0545a0b6c0','2026-10-29 01:12:01.155604','active','775beb4b-6bdf-4395-b5bf-8c30e39cb237',1000,'usd','month','2026-11-28 01:12:01.155604',0,NULL,NULL,NULL,'2026-10-29 01:12:01.155604',NULL,NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:12:01.151784','2026-11-28 01:12:27.837647','','api','2026-11-28 01:12:27.849816','de4dd4b3-e34b-41a9-bc69-61ad456815fd','74678b36-f917-4bda-a441-b62cab4951ca','2026-10-29 01:12:01.151784','active','775beb4b-6bdf-4395-b5bf-8c30e39cb237',1000,'usd','month','2026-11-28 01:12:01.151784',0,NULL,NULL,NULL,'2026-10-29 01:12:01.151784',NULL,NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:12:01.140280','2026-11-28 01:12:34.050052','','api','2026-11-28 01:12:34.213952','228aa11c-8c34-45a3-a919-6cf89b895523','3e42dadb-e5c8-4a90-bd2a-7b3496318d40','2026-10-29 01:12:01.140280','paused','775beb4b-6bdf-4395-b5bf-8c30e39cb237',1000,'usd','month','2026-11-28 01:12:01.140280',0,NULL,NULL,NULL,'2026-10-29 01:12:01.140280',NULL,NULL);
INSERT INTO "subscription" VALUES('2026-11-28 01:12:20.299295','2026-11-28 01:12:21.077902','','api','2026-11-28 01:12:21.349366','0ad4d01f-9194-4b92-96a9-9bc875e73d77','8fc2cdca-b607-44a2-b2ce-776633a6f4f4','2026-10-29 01:12:01.135708','canceled','775beb4b-6bdf-4395-b5bf-8c30e39cb237',1000,'usd','month','2026-11-28 01:12:01.135708',0,'2026-11-28 01:12:20.299295','2026-11-28 01:12:20.299295','2026-11-28 01:12:20.299295','2026-10-29 01:12:01.135708',NULL,NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:12:01.123247','2026-11-28 01:12:07.203580','','api','2026-11-28 01:12:07.282427','45c07192-4fd1-4aaa-86eb-0ba8a4e78dab','ac02f676-1672-47db-9966-d4fcb3aab316','2026-10-29 01:12:01.123247','active','775beb4b-6bdf-4395-b5bf-8c30e39cb237',1000,'usd','month','2026-11-28 01:12:01.123247',0,NULL,NULL,NULL,'2026-10-29 01:12:01.123247',NULL,NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:12:01.111764','2026-11-28 01:12:07.203580','','api','2026-11-28 01:12:07.282427','0ead8608-b5eb-42e5-9749-595544216716','c46adf14-3d01-487d-894c-eefbca3e9e6e','2026-10-29 01:12:01.111764','active','775beb4b-6bdf-4395-b5bf-8c30e39cb237',1000,'usd','month','2026-11-28 01:12:01.111764',0,NULL,NULL,NULL,'2026-10-29 01:12:01.111764',NULL,NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:12:01.106524','2026-11-28 01:12:07.203580','','api','2026-11-28 01:12:07.282427','28d4d154-969b-4ee1-bd6e-501a9b9bed5d','e4d61e66-7cb1-4e35-9b8b-d7784c206847','2026-10-29 01:12:01.106524','active','775beb4b-6bdf-4395-b5bf-8c30e39cb237',1000,'usd','month','2026-11-28 01:12:01.106524',0,NULL,NULL,NULL,'2026-10-29 01:12:01.106524',NULL,NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:12:01.073698','2026-11-28 01:12:07.203580','','api','2026-11-28 01:12:07.282427','6d9ca847-c543-46ad-bb40-1d9ca8569c1e','9546291a-6991-4d46-89a8-39c819119d59','2026-10-29 01:12:01.073698','active','775beb4b-6bdf-4395-b5bf-8c30e39cb237',1000,'usd','month','2026-11-28 01:12:01.073698',0,NULL,NULL,NULL,'2026-10-29 01:12:01.073698',NULL,NULL);
INSERT INTO "subscription" VALUES('2026-10-29 01:12:01.046065','2026-11-28 01:12:34.365722','','api','2026-11-28 01:12:34.416121','76a59ceb-d615-4af6-9b01-527ea580c71b','12c7aa8b-3d20-4d01-b469-c49bb761153a','2026-10-29 01:12:01.046065','active','775beb4b-6bdf-4395-b5bf-8c30e39cb237',1000,'usd','month','2026-11-28 01:12:01.046065',0,NULL,NULL,NULL,'2026-10-29 01:12:01.046065',NULL,NULL);
CREATE INDEX ix_benefit_grant_customer_id ON benefit_grant (customer_id);
CREATE INDEX ix_customer_external_id ON customer (external_id);
CREATE INDEX ix_deletion_customer_id ON deletion (customer_id);
CREATE INDEX ix_deletion_delete_sent_at ON deletion (delete_sent_at);
CREATE INDEX ix_deletion_due ON deletion (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX ix_deletion_external_hash ON deletion (external_hash);
CREATE INDEX ix_deletion_user_hash ON deletion (user_hash);
CREATE INDEX ix_inbox_customer_id ON inbox (customer_id);
CREATE INDEX ix_inbox_open ON inbox (status, id) WHERE status IN ('pending', 'dead');
CREATE INDEX ix_inbox_user_hash ON inbox (user_hash);
CREATE INDEX ix_benefit_grant_created_at ON benefit_grant (created_at);
CREATE INDEX ix_customer_created_at ON customer (created_at);
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
CREATE INDEX ix_inbox_ignored ON inbox (event_type, received_at) WHERE source = 'app' AND status = 'ignored';
CREATE INDEX ix_mapping_external_id ON mapping (external_id);
CREATE INDEX ix_mapping_customer_id ON mapping (customer_id);
CREATE INDEX ix_subscription_customer_id ON subscription (customer_id);
CREATE INDEX ix_subscription_started_at ON subscription (started_at);
CREATE INDEX ix_customer_not_kept ON customer (id) WHERE not_kept IS NOT NULL;
CREATE INDEX ix_subscription_not_kept ON subscription (id) WHERE not_kept IS NOT NULL;
CREATE INDEX ix_benefit_grant_not_kept ON benefit_grant (id) WHERE not_kept IS NOT NULL;
CREATE INDEX ix_member_not_kept ON member (id) WHERE not_kept IS NOT NULL;
CREATE INDEX ix_customer_seat_not_kept ON customer_seat (id) WHERE not_kept IS NOT NULL;
CREATE INDEX ix_refused_event_user_hash ON refused_event (user_hash);
CREATE INDEX ix_outbox_open ON outbox (status, next_attempt_at) WHERE status IN ('pending', 'dead');
CREATE INDEX ix_outbox_deletion_id ON outbox (deletion_id);
CREATE INDEX ix_profile_open ON profile (status, next_attempt_at) WHERE status IN ('pending', 'dead');
CREATE INDEX ix_profile_changed_at ON profile (changed_at);
CREATE INDEX ix_deletion_state ON deletion (state, id);
COMMIT;
