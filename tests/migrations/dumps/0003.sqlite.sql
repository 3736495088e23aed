-- {"organization_id": "a128c565-8362-4c2e-aa0b-eea8c33151f7", "customers": [{"id": "913dd3df-be40-4cd4-a145-9aeb9b8fa4fc", "external_id": "living-2", "email": "living-2@people.example", "name": null, "created_at": "2026-11-28T01:09:13.457330Z", "subscriptions": [], "members": []}, {"id": "808a4887-a87b-4f6d-a8ab-17bbebc043ac", "external_id": "again-1", "email": "again-1@people.example", "name": "Somebody again-1", "created_at": "2026-11-28T01:08:01.149259Z", "subscriptions": [], "members": []}, {"id": "826adec2-b1d1-4a58-909d-0d9509f09bce", "external_id": "held-3", "email": "held-3@people.example", "name": "Somebody held-3", "created_at": "2026-10-29T01:09:01.148425Z", "subscriptions": [{"id": "40f844c7-2edd-46b6-a4f4-fe1eda005489", "status": "active"}], "members": []}, {"id": "89ec250f-e20a-407b-94ea-c50fe1181c2d", "external_id": "held-2", "email": "held-2@people.example", "name": "Somebody held-2", "created_at": "2026-10-29T01:09:01.147548Z", "subscriptions": [{"id": "f9f77ac9-4557-48a7-980c-a4dfa3f484fb", "status": "active"}], "members": []}, {"id": "65afe736-a04a-4215-bceb-38f943a19c94", "external_id": "held-1", "email": "held-1@people.example", "name": "Somebody held-1", "created_at": "2026-10-29T01:09:01.146405Z", "subscriptions": [{"id": "3218976b-d816-4bfb-a29e-94e0da69edfc", "status": "active"}], "members": []}, {"id": "71905a65-057e-4818-92cb-0468918b0890", "external_id": "living-1", "email": "living-1@people.example", "name": "Somebody living-1", "created_at": "2026-10-29T01:09:01.138011Z", "subscriptions": [{"id": "96c38bf2-9873-4d23-b89f-757914928fb1", "status": "active"}], "members": []}, {"id": "1606e9a8-adc8-4013-a245-bd39d8533124", "external_id": "pending-1", "email": "pending-1@people.example", "name": "Somebody pending-1", "created_at": "2026-10-29T01:09:01.136900Z", "subscriptions": [{"id": "4b9eeb9c-baf2-4919-97a0-71a1783096bf", "status": "active"}], "members": []}, {"id": "87aa2a86-2ff2-4182-8c69-1de42caa903f", "external_id": "mapped-1", "email": "mapped-1@people.example", "name": "Somebody mapped-1", "created_at": "2026-10-29T01:09:01.135614Z", "subscriptions": [{"id": "6de75773-a75c-44ab-aeb0-5cc525a60478", "status": "active"}], "members": []}, {"id": "8433e1a4-b92f-49c7-a254-1f92fd82678e", "external_id": "blocked-1", "email": "blocked-1@people.example", "name": "Somebody blocked-1", "created_at": "2026-10-29T01:09:01.131392Z", "subscriptions": [{"id": "c4e1a588-e48e-43b7-932f-6b2d638a7610", "status": "active"}], "members": []}]}
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
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
INSERT INTO "benefit_grant" VALUES('2026-11-28 01:09:04.573337','2026-11-28 01:09:04.573377','71efdbc65834a65c1c8b9b746ca75fee748a3ca8c145867a0d4661e6a92d5942','benefit_grant.revoked','2026-11-28 01:09:04.662104','964f6610-c573-433a-9095-adcf185d988d','521ff325-41af-4960-8724-c08d77aaea70','254fc3af-aad8-403f-b830-192ac7b0d57c','2026-10-29 01:09:01.144160',0,'2026-10-29 01:09:01.144160','2026-11-28 01:09:04.573337');
CREATE TABLE budget (
	id INTEGER NOT NULL, 
	next_at DATETIME NOT NULL, 
	paused_until DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "budget" VALUES(1,'2026-11-28 01:09:11.440913','1970-01-01 00:00:00.000000');
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
INSERT INTO "customer" VALUES('2026-11-28 01:08:01.149259','2026-11-28 01:09:04.457144','','api','2026-11-28 01:09:04.476162','808a4887-a87b-4f6d-a8ab-17bbebc043ac','2026-11-28 01:08:01.149259',NULL,'again-1','again-1@people.example','Somebody again-1','Somebody again-1','{"line1": "1 again-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:01.148425','2026-11-28 01:09:06.999121','','api','2026-11-28 01:09:07.181328','826adec2-b1d1-4a58-909d-0d9509f09bce','2026-10-29 01:09:01.148425',NULL,'held-3','held-3@people.example','Somebody held-3','Somebody held-3','{"line1": "1 held-3 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:01.147548','2026-11-28 01:09:06.999087','','api','2026-11-28 01:09:07.181328','89ec250f-e20a-407b-94ea-c50fe1181c2d','2026-10-29 01:09:01.147548',NULL,'held-2','held-2@people.example','Somebody held-2','Somebody held-2','{"line1": "1 held-2 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:01.146405','2026-11-28 01:09:06.920217','','api','2026-11-28 01:09:06.974552','65afe736-a04a-4215-bceb-38f943a19c94','2026-10-29 01:09:01.146405',NULL,'held-1','held-1@people.example','Somebody held-1','Somebody held-1','{"line1": "1 held-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-11-28 01:09:04.574663','2026-11-28 01:09:04.604837','2e7cfd500737e3fda1f9b81bfa5457ce5ddb86ea55d7cdaeb5211dfd10be693f','customer.state_changed','2026-11-28 01:09:04.662104','12ef891d-7e8d-4aa2-b4f3-d4c2d4d29f27','2026-10-29 01:09:01.145429','2026-11-28 01:09:04.574663','paused-1',NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:09:04.604837',0,NULL);
INSERT INTO "customer" VALUES('2026-11-28 01:09:04.477573','2026-11-28 01:09:04.573708','b8e69411a9db18bca688ba5c3725430bd5cef763231be554ac0275f1f1d05532','customer.state_changed','2026-11-28 01:09:04.662104','521ff325-41af-4960-8724-c08d77aaea70','2026-10-29 01:09:01.144160','2026-11-28 01:09:04.477573',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:09:04.573708',0,'2026-11-28 01:09:04.662104');
INSERT INTO "customer" VALUES('2026-10-29 01:09:01.138011','2026-11-28 01:09:02.019324','','api','2026-11-28 01:09:02.068757','71905a65-057e-4818-92cb-0468918b0890','2026-10-29 01:09:01.138011',NULL,'living-1','living-1@people.example','Somebody living-1','Somebody living-1','{"line1": "1 living-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:01.136900','2026-11-28 01:09:02.019324','','api','2026-11-28 01:09:02.068757','1606e9a8-adc8-4013-a245-bd39d8533124','2026-10-29 01:09:01.136900',NULL,'pending-1','pending-1@people.example','Somebody pending-1','Somebody pending-1','{"line1": "1 pending-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:01.135614','2026-11-28 01:09:02.019324','','api','2026-11-28 01:09:02.068757','87aa2a86-2ff2-4182-8c69-1de42caa903f','2026-10-29 01:09:01.135614',NULL,'mapped-1','mapped-1@people.example','Somebody mapped-1','Somebody mapped-1','{"line1": "1 mapped-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:01.131392','2026-11-28 01:09:02.019324','','api','2026-11-28 01:09:02.068757','8433e1a4-b92f-49c7-a254-1f92fd82678e','2026-10-29 01:09:01.131392',NULL,'blocked-1','blocked-1@people.example','Somebody blocked-1','Somebody blocked-1','{"line1": "1 blocked-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
INSERT INTO "customer" VALUES('2026-10-29 01:09:01.124891','2026-11-28 01:09:11.177580','','api','2026-11-28 01:09:11.208156','ccf5f7a3-3064-4879-bb92-5443ace27af9','2026-10-29 01:09:01.124891',NULL,'deleting-1','deleting-1@people.example','Somebody deleting-1','Somebody deleting-1','{"line1": "1 deleting-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}',NULL,'{}',NULL,NULL,NULL);
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
	lease_until DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "deletion" VALUES(1,'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3',NULL,NULL,'4903347d4e46f955661db33f2d4936d4c6647b6bbd7881ff2c58a30a77a5cbe5',NULL,'2026-11-28 01:09:04.215675','2026-11-28 01:09:04.285710','verified',NULL,NULL,0,'521ff325-41af-4960-8724-c08d77aaea70','2026-10-29 01:09:01.144160','2026-11-28 01:09:04.422010','2026-11-28 01:09:04.412072','2026-11-28 01:09:04.451877','2026-11-28 01:09:04.491751','2026-11-28 01:09:04.662104','2026-11-28 01:09:04.662104',0,NULL,0,NULL,NULL);
INSERT INTO "deletion" VALUES(2,'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592','paused-1','paused-1','929b43e8f3ea8f8ea640040ec7f6e0ea100fe60f5397c8824a42f25d7e3f2fad',NULL,'2026-11-28 01:09:04.276867','2026-11-28 01:09:04.401558','incomplete',NULL,'the customer is gone, but these are not: subscription e09cb9f2-fb9f-4202-9ca2-05b6f569657a (paused); end them at Polar, then `polar-sync retry`',0,'12ef891d-7e8d-4aa2-b4f3-d4c2d4d29f27','2026-10-29 01:09:01.145429','2026-11-28 01:09:04.476162','2026-11-28 01:09:10.983920','2026-11-28 01:09:04.523028','2026-11-28 01:09:04.580589',NULL,NULL,0,'2026-11-28 01:09:11.652703',1,NULL,NULL);
INSERT INTO "deletion" VALUES(3,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','nobody-1','nobody-1','df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560',NULL,'2026-11-28 01:09:04.328906','2026-11-28 01:09:04.401558','no_customer',NULL,'Polar has no customer under this user''s external id',0,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:09:04.476162',NULL,0,'2026-12-05 01:09:04.476162',0,NULL,NULL);
INSERT INTO "deletion" VALUES(4,'3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0','again-1','again-1','5f5a14cb6647c2e691245fd1e4a48e1b0b1ae5c0e35ceac8075f87a3a0e9a659',NULL,'2026-11-28 00:09:04.359579','2026-11-28 01:09:04.401558','superseded',NULL,'customer 808a4887-a87b-4f6d-a8ab-17bbebc043ac was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted',0,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:09:04.476162',NULL,0,NULL,0,NULL,NULL);
INSERT INTO "deletion" VALUES(5,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','nobody-1','nobody-1','df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560',NULL,'2026-11-28 01:09:04.451563','2026-11-28 01:09:04.501988','no_customer',NULL,'Polar has no customer under this user''s external id',0,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-28 01:09:04.584246',NULL,0,'2026-12-05 01:09:04.584246',0,NULL,NULL);
INSERT INTO "deletion" VALUES(6,'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52','held-1','held-1','3f9651e99ccac428f66f1df17c5c876a26975d9e33129bb242dba1e2e478ec83',NULL,'2026-11-28 01:09:06.694949','2026-11-28 01:09:06.848212','held','resolved','the brake tripped: 2 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`',0,'65afe736-a04a-4215-bceb-38f943a19c94','2026-10-29 01:09:01.146405','2026-11-28 01:09:06.974552','2026-11-28 01:09:06.943723',NULL,NULL,NULL,NULL,0,NULL,0,NULL,NULL);
INSERT INTO "deletion" VALUES(7,'4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44','held-2','held-2','802ad5b4b6164dcb4539937f20ba387a3def0aed7c31c138d277074a9c7315b3',NULL,'2026-11-28 01:09:06.816129','2026-11-28 01:09:06.960031','held','resolved','the brake tripped: 2 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`',0,'89ec250f-e20a-407b-94ea-c50fe1181c2d','2026-10-29 01:09:01.147548','2026-11-28 01:09:07.181328','2026-11-28 01:09:07.171785',NULL,NULL,NULL,NULL,0,NULL,0,NULL,NULL);
INSERT INTO "deletion" VALUES(8,'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017','held-3','held-3','8dc76f1d4145695b4baffb6e49b3cd2766b09ea2b9facd77d64ab907d3093c52',NULL,'2026-11-28 01:09:06.881660','2026-11-28 01:09:06.960031','canceled',NULL,NULL,0,'826adec2-b1d1-4a58-909d-0d9509f09bce','2026-10-29 01:09:01.148425','2026-11-28 01:09:07.181328','2026-11-28 01:09:07.171785',NULL,NULL,'2026-11-28 01:09:08.005666',NULL,0,NULL,0,NULL,NULL);
INSERT INTO "deletion" VALUES(9,'350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb','deleting-1','deleting-1','63b9df2a704c994078cc4a1590c3d6a51a9555bfdd81d392dd66221643747af2',NULL,'2026-11-28 01:09:10.964414','2026-11-28 01:09:11.084595','deleting',NULL,NULL,0,'ccf5f7a3-3064-4879-bb92-5443ace27af9','2026-10-29 01:09:01.124891','2026-11-28 01:09:11.208156','2026-11-28 01:09:11.193586','2026-11-28 01:09:11.242163',NULL,NULL,NULL,0,'2026-11-28 01:09:11.242163',0,'c220c1f0af004d53a8f7d9192af98ea7','2026-11-28 01:09:41.227467');
INSERT INTO "deletion" VALUES(10,'6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0','blocked-1','blocked-1','0eceeb3db836a091c90ebab8c33b762f3862953bbe740c0768843338a073c070',NULL,'2026-11-28 01:09:11.268336','2026-11-28 01:09:11.353678','blocked','received','GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'2026-11-28 01:09:12.549572',0,NULL,NULL);
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
INSERT INTO "evidence" VALUES(1,1,1,'2026-11-28 01:09:04.285710','event.received','app','received','{"event_digest": "db6e6b5f856be109604c5f0a5a988f531a6e4d32460f3d8de0dc29c4ccd55b1a", "event_at": "2026-11-28T01:09:04.215675+00:00"}','78c84ff498f46da9a7a720e77b4a69ca8593a5939f4210f7e1114eafe859c724');
INSERT INTO "evidence" VALUES(2,2,1,'2026-11-28 01:09:04.401558','event.received','app','received','{"event_digest": "8e537016e6bfc5021bdee95da1a4a86105efef1a5b8ef538644891bb5a7c3b4f", "event_at": "2026-11-28T01:09:04.276867+00:00"}','af30b12a6a15bb7bc97d0d31ea5992b149779b4052ea6a278ad84781e165983b');
INSERT INTO "evidence" VALUES(3,3,1,'2026-11-28 01:09:04.401558','event.received','app','received','{"event_digest": "374a638bad1c83d5b3a31acaa164503ee5ccfda86d764bcf781a5cda1e800137", "event_at": "2026-11-28T01:09:04.328906+00:00"}','d64248f4b044d1ce8848a0d5a9178000e2c103f0c231139c5f714a56ccadbb34');
INSERT INTO "evidence" VALUES(4,4,1,'2026-11-28 01:09:04.401558','event.received','app','received','{"event_digest": "9d2fa3122ceced0a11c25f084366dbdf9a1d4e78206f5c78a5c4de6ecf951b49", "event_at": "2026-11-28T00:09:04.359579+00:00"}','8d41b738d40335e5fbfa55312ded0c0a08cf7e2c2d17303bbe94c02578430773');
INSERT INTO "evidence" VALUES(5,1,2,'2026-11-28 01:09:04.422010','customer.found','api','resolved','{"customer_id": "521ff325-41af-4960-8724-c08d77aaea70", "customer_created_at": "2026-10-29T01:09:01.144160+00:00", "subscriptions": [{"id": "0071ed17-7a63-4a80-9447-9b98c9aeb56d", "status": "active"}], "benefit_grants": ["964f6610-c573-433a-9095-adcf185d988d"], "was": "received"}','37ae5e65326723f513af1cf9b8fb09207bb2b7b9f83e13a3d159514cfdb29c4a');
INSERT INTO "evidence" VALUES(6,1,3,'2026-11-28 01:09:04.451877','delete.sent','worker','deleting','{"customer_id": "521ff325-41af-4960-8724-c08d77aaea70", "was": "resolved"}','b5189f22119e59ec502acfc6a553548d3645f6997f465fa6beffb4c772dcaa16');
INSERT INTO "evidence" VALUES(7,2,2,'2026-11-28 01:09:04.476162','customer.found','api','resolved','{"customer_id": "12ef891d-7e8d-4aa2-b4f3-d4c2d4d29f27", "customer_created_at": "2026-10-29T01:09:01.145429+00:00", "subscriptions": [{"id": "e09cb9f2-fb9f-4202-9ca2-05b6f569657a", "status": "paused"}], "benefit_grants": [], "was": "received"}','ee82095b295e832fa55ee7a7bdd5ca66c2519b9afa8d5fa954fc78b9a4884ec8');
INSERT INTO "evidence" VALUES(8,3,2,'2026-11-28 01:09:04.476162','customer.missing','api','no_customer','{"reason": "Polar has no customer under this user''s external id", "was": "received"}','b119bcb52fe80a0fe8e83b7df6db5c0f008b4f11d2c0942d79d35829498657d5');
INSERT INTO "evidence" VALUES(9,4,2,'2026-11-28 01:09:04.476162','customer.found','api','superseded','{"customer_id": "808a4887-a87b-4f6d-a8ab-17bbebc043ac", "customer_created_at": "2026-11-28T01:08:01.149259+00:00", "subscriptions": [], "benefit_grants": [], "reason": "customer 808a4887-a87b-4f6d-a8ab-17bbebc043ac was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted", "was": "received"}','52662a12169dd4944d013f989911407ddb5b3f0f97d5c8868c74f3b7f34e0d2c');
INSERT INTO "evidence" VALUES(10,1,4,'2026-11-28 01:09:04.491751','delete.answered','api','deleted','{"answer": "204", "was": "deleting"}','1962b7151ad64745edcd6cafbdac3e3c73a80988a75e3e9f75d70acca1b31c32');
INSERT INTO "evidence" VALUES(11,5,1,'2026-11-28 01:09:04.501988','event.received','app','received','{"event_digest": "6cf3d9d2cc47f92275c20fa77244d21df50b5cd4fb524c8e2981c8a2615ee815", "event_at": "2026-11-28T01:09:04.451563+00:00"}','56ff5f3f9420cb48dfadd57b2062f1c66b69d284d50f94020dbc2d2e3810871d');
INSERT INTO "evidence" VALUES(12,2,3,'2026-11-28 01:09:04.523028','delete.sent','worker','deleting','{"customer_id": "12ef891d-7e8d-4aa2-b4f3-d4c2d4d29f27", "was": "resolved"}','19cbbfa2002ad724303d86edf6b0e53aa63c93043b1ed0f376f99aeeb5f297a3');
INSERT INTO "evidence" VALUES(13,2,4,'2026-11-28 01:09:04.580589','delete.answered','api','deleted','{"answer": "204", "was": "deleting"}','de4d5457cad7c805106d7c54cd657c0bd7213026dc1cad20a7700e167720c66b');
INSERT INTO "evidence" VALUES(14,5,2,'2026-11-28 01:09:04.584246','customer.missing','api','no_customer','{"reason": "Polar has no customer under this user''s external id", "was": "received"}','71a431b6d2b7ffa0edf85f2d8a02da5d833f2f8579a7096e116cfc6b6c4ce598');
INSERT INTO "evidence" VALUES(15,1,5,'2026-11-28 01:09:04.593342','webhook.customer.deleted','webhook','deleted','{"payload_digest": "5842bc78c6833d0280e4a7e2fc9a2deeb76fbe2a90646e501ad1716580edf2cc", "id": "521ff325-41af-4960-8724-c08d77aaea70"}','1534b8acefab8222fcea3eca639ebc9761fd9ed5e34520b7790af6a956347df1');
INSERT INTO "evidence" VALUES(16,1,6,'2026-11-28 01:09:04.662104','webhook.benefit_grant.revoked','webhook','deleted','{"payload_digest": "cee16754bb96a0fa6d8a2261a1e547587814b056567360787e5573f2e27bf55d", "id": "964f6610-c573-433a-9095-adcf185d988d", "is_granted": false}','f94c18ec8315154c53353258dc205ab146c68c46e50e4a53166abf064f30a23e');
INSERT INTO "evidence" VALUES(17,1,7,'2026-11-28 01:09:04.662104','webhook.subscription.updated','webhook','deleted','{"payload_digest": "50b2bf75f0ff58b6a5cfda49317e9842eaf6c8fe3671e7db64f601806f91ce4c", "id": "0071ed17-7a63-4a80-9447-9b98c9aeb56d", "status": "canceled"}','57e62c41044f28a1ccc44b2f47da38a0ea3bf047398f66d6109d0a4e382c2d88');
INSERT INTO "evidence" VALUES(18,1,8,'2026-11-28 01:09:04.662104','webhook.subscription.canceled','webhook','deleted','{"payload_digest": "d7268650fd59859151d170ef08c5ceda79e6851022b6a4ed5d60e9ca175ad365", "id": "0071ed17-7a63-4a80-9447-9b98c9aeb56d", "status": "canceled"}','f324548cae1f6505e54c40921ac7ad0390565f06848d28ad118b4fa1fe7fa349');
INSERT INTO "evidence" VALUES(19,1,9,'2026-11-28 01:09:04.662104','webhook.subscription.revoked','webhook','deleted','{"payload_digest": "24b7386e670fb34850aa6f19a10f1a2daeb118c01d9740ed9a87f7e19f08562b", "id": "0071ed17-7a63-4a80-9447-9b98c9aeb56d", "status": "canceled"}','152b5bb4edec91ba70a5b80a991b3ef8caa448436ac0f777ca1919c9366e1002');
INSERT INTO "evidence" VALUES(20,1,10,'2026-11-28 01:09:04.662104','webhook.customer.state_changed','webhook','deleted','{"payload_digest": "8decf023092a4131d3a140538dee232ddbc149f8d95904abb2fd6d6944e02c5a", "id": "521ff325-41af-4960-8724-c08d77aaea70"}','10c54e571630c3011748081cc21576fbd0438146271efc0e3e8db440d2ccff75');
INSERT INTO "evidence" VALUES(21,2,5,'2026-11-28 01:09:04.662104','webhook.customer.deleted','webhook','deleted','{"payload_digest": "47bb79913cc6f77d637e0afb5c7484d3ed4831a39cdceae502a1b7480153feee", "id": "12ef891d-7e8d-4aa2-b4f3-d4c2d4d29f27"}','a9c6291c2b9dfdf6d91ea95af42e0227703bd43b7f332a97f5c10fb4133c9169');
INSERT INTO "evidence" VALUES(22,2,6,'2026-11-28 01:09:04.662104','webhook.customer.state_changed','webhook','deleted','{"payload_digest": "baeceac6114a1a0e72f2df47d9b8182b57b21afca6ad91eda8acbbfb12859582", "id": "12ef891d-7e8d-4aa2-b4f3-d4c2d4d29f27"}','4498297587ab53e5489dbb89ed826b8adb50fc21cc30db0ac25448db34e3be6d');
INSERT INTO "evidence" VALUES(23,1,11,'2026-11-28 01:09:04.662104','checked','webhook','verified','{"was": "deleted", "by": "webhooks", "subscriptions": [{"id": "0071ed17-7a63-4a80-9447-9b98c9aeb56d", "status": "canceled", "ended": true}], "benefit_grants": [{"id": "964f6610-c573-433a-9095-adcf185d988d", "is_granted": false}]}','7dde8a792d26caf962ba109ebd18ff9cd932e62dc076e4cc961a0056a3b62376');
INSERT INTO "evidence" VALUES(24,1,12,'2026-11-28 01:09:04.662104','forgotten','worker','verified','{}','922aa1941c033b6ef32e0cc0ece6c850e1783751f56b499d919d902f8f22bb39');
INSERT INTO "evidence" VALUES(25,2,7,'2026-11-28 01:09:04.733926','checked','api','incomplete','{"reason": "the customer is gone, but these are not: subscription e09cb9f2-fb9f-4202-9ca2-05b6f569657a (paused); end them at Polar, then `polar-sync retry`", "was": "deleted", "by": "api", "subscriptions": [{"id": "e09cb9f2-fb9f-4202-9ca2-05b6f569657a", "status": "paused", "ended": false}], "benefit_grants": []}','bc9e2128d58746553ac87318bb8505106a2711e9a26d73154af8c4f98aff4ff9');
INSERT INTO "evidence" VALUES(26,6,1,'2026-11-28 01:09:06.848212','event.received','app','received','{"event_digest": "7ca444a646911f4a7ffbf1087eb95e124a90495ee137f039c68741b6391cf633", "event_at": "2026-11-28T01:09:06.694949+00:00"}','c2b825cedf9f42ee416005ddfda279ec2fcedcc1780627584ee95295ff7be9e2');
INSERT INTO "evidence" VALUES(27,2,8,'2026-11-28 01:09:06.891911','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "e09cb9f2-fb9f-4202-9ca2-05b6f569657a", "status": "paused", "ended": false}], "benefit_grants": []}','97384b9ae17790f7ebe1a32e45260631128408b8b85c8857ac7c8209d7f7ea03');
INSERT INTO "evidence" VALUES(28,7,1,'2026-11-28 01:09:06.960031','event.received','app','received','{"event_digest": "d1553ff938c0c4c9e21f1890cb509464298520c8464fb786634c30d2e2c20d18", "event_at": "2026-11-28T01:09:06.816129+00:00"}','01d7ddd13b7b10baf0d931ad493e8da89ad0a13f5f9178197b6bad64f395a871');
INSERT INTO "evidence" VALUES(29,8,1,'2026-11-28 01:09:06.960031','event.received','app','received','{"event_digest": "26058fd30fc6ade9e6b4e0ed0cee760a80c64c7f32b7284aa54f5f406623ba77", "event_at": "2026-11-28T01:09:06.881660+00:00"}','4c2a84b96f6b90b9f1a1c28acabd2bc4c41c4c445479edcc4ebd75acb5b0a4bd');
INSERT INTO "evidence" VALUES(30,6,2,'2026-11-28 01:09:06.974552','customer.found','api','resolved','{"customer_id": "65afe736-a04a-4215-bceb-38f943a19c94", "customer_created_at": "2026-10-29T01:09:01.146405+00:00", "subscriptions": [{"id": "3218976b-d816-4bfb-a29e-94e0da69edfc", "status": "active"}], "benefit_grants": [], "was": "received"}','001bdb9ad1ed271e9a554cf0f9b9dd7cbed97460a308395d0aac2a4386ad8fbe');
INSERT INTO "evidence" VALUES(31,6,3,'2026-11-28 01:09:07.018323','brake.tripped','worker','held','{"reason": "the brake tripped: 2 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}','37a61212d6c751f451fa5245224f55a440c959701a73a980405152ac261d9625');
INSERT INTO "evidence" VALUES(32,7,2,'2026-11-28 01:09:07.181328','customer.found','api','resolved','{"customer_id": "89ec250f-e20a-407b-94ea-c50fe1181c2d", "customer_created_at": "2026-10-29T01:09:01.147548+00:00", "subscriptions": [{"id": "f9f77ac9-4557-48a7-980c-a4dfa3f484fb", "status": "active"}], "benefit_grants": [], "was": "received"}','dd3c6cc188789a01a25b83d90282578ec0b2c860ad286e17e38191bfd6f87ddf');
INSERT INTO "evidence" VALUES(33,8,2,'2026-11-28 01:09:07.181328','customer.found','api','resolved','{"customer_id": "826adec2-b1d1-4a58-909d-0d9509f09bce", "customer_created_at": "2026-10-29T01:09:01.148425+00:00", "subscriptions": [{"id": "40f844c7-2edd-46b6-a4f4-fe1eda005489", "status": "active"}], "benefit_grants": [], "was": "received"}','1bfc14c20f055428e4b1f297242d1dc0b7a0f62f44a53f7c4a5d36a8edf1cd17');
INSERT INTO "evidence" VALUES(34,7,3,'2026-11-28 01:09:07.207593','brake.tripped','worker','held','{"reason": "the brake tripped: 2 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}','6d6db351f4c16414fc909891c9483ecc90710d84122e4e488770c780ca4a8ca8');
INSERT INTO "evidence" VALUES(35,8,3,'2026-11-28 01:09:07.222137','brake.tripped','worker','held','{"reason": "the brake tripped: 2 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}','f89ffaa7f629c92cd29a56002af28e159c621c6043b7cfa05dc236aabda75b6e');
INSERT INTO "evidence" VALUES(36,2,9,'2026-11-28 01:09:07.845950','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "e09cb9f2-fb9f-4202-9ca2-05b6f569657a", "status": "paused", "ended": false}], "benefit_grants": []}','c86b413c608ee60baa746f63f05782d51e4c034ff1c1f5b78131c582daebf8f8');
INSERT INTO "evidence" VALUES(37,8,4,'2026-11-28 01:09:08.005666','canceled','operator','canceled','{"was": "held"}','70a1e343cf2241a0d5e63ba26203a82553ec67afc11f9eb30900c4021acffb38');
INSERT INTO "evidence" VALUES(38,9,1,'2026-11-28 01:09:11.084595','event.received','app','received','{"event_digest": "b248ac8d8d97e649db13b9f97d3f166088df90b7fe817c67e233784a3e4f7bc7", "event_at": "2026-11-28T01:09:10.964414+00:00"}','68e131b09c28e719bfab88569c40328f04a524a07b93d6a736f9dc96805c56f1');
INSERT INTO "evidence" VALUES(39,2,10,'2026-11-28 01:09:11.152703','checked','api','incomplete','{"by": "api", "subscriptions": [{"id": "e09cb9f2-fb9f-4202-9ca2-05b6f569657a", "status": "paused", "ended": false}], "benefit_grants": []}','4a8e1e152f3615a0ed60757a64924871adbd321feab921bb9d2ae32d9ea05777');
INSERT INTO "evidence" VALUES(40,9,2,'2026-11-28 01:09:11.208156','customer.found','api','resolved','{"customer_id": "ccf5f7a3-3064-4879-bb92-5443ace27af9", "customer_created_at": "2026-10-29T01:09:01.124891+00:00", "subscriptions": [{"id": "bb56ee2b-a8b7-4758-a25b-4ba8f802b8f6", "status": "active"}], "benefit_grants": [], "was": "received"}','25b56f9ea90c38730be9cba89eb07917033fd98f3a46baee014957053418cf6a');
INSERT INTO "evidence" VALUES(41,9,3,'2026-11-28 01:09:11.242163','delete.sent','worker','deleting','{"customer_id": "ccf5f7a3-3064-4879-bb92-5443ace27af9", "was": "resolved"}','4fc602f894b2c669aec05ee0ab3bfdc711d5c3cd499879011cc9d7ca8424a106');
INSERT INTO "evidence" VALUES(42,10,1,'2026-11-28 01:09:11.353678','event.received','app','received','{"event_digest": "575d26d99ec09fbb779f983e8e413380124f0f8cd04331f6baed8d86b65c2391", "event_at": "2026-11-28T01:09:11.268336+00:00"}','691846e02c2d3c8af380b641c6f09ee2d1b4761554f5e1333f64c5730a694753');
INSERT INTO "evidence" VALUES(43,10,2,'2026-11-28 01:09:11.368444','request.failed','api','blocked','{"reason": "GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one", "was": "received"}','c9eb5eb57d685f877b7e667f4363a2b37812f4786d169f597f74289f35e68717');
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
	error VARCHAR, 
	PRIMARY KEY (id), 
	UNIQUE (source, webhook_id)
);
INSERT INTO "inbox" VALUES(1,'app','msg_b59bf246f7a34d1f9a0ef724d70cfc39','2026-11-28 01:09:04.270164',NULL,'db6e6b5f856be109604c5f0a5a988f531a6e4d32460f3d8de0dc29c4ccd55b1a','applied','user.deleted','2026-11-28 01:09:04.215675',NULL,'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3','2026-11-28 01:09:04.285710',NULL);
INSERT INTO "inbox" VALUES(2,'app','msg_24e2e07ad20b4fc6963f4ec9bd068aae','2026-11-28 01:09:04.323738',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383134342E3237363836372C202264617461223A207B22757365725F6964223A20227061757365642D31227D7D','8e537016e6bfc5021bdee95da1a4a86105efef1a5b8ef538644891bb5a7c3b4f','applied','user.deleted','2026-11-28 01:09:04.276867',NULL,'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592','2026-11-28 01:09:04.401558',NULL);
INSERT INTO "inbox" VALUES(3,'app','msg_6b66891821ba44688c33b20eb9bc5343','2026-11-28 01:09:04.354019',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383134342E333238393036332C202264617461223A207B22757365725F6964223A20226E6F626F64792D31227D7D','374a638bad1c83d5b3a31acaa164503ee5ccfda86d764bcf781a5cda1e800137','applied','user.deleted','2026-11-28 01:09:04.328906',NULL,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','2026-11-28 01:09:04.401558',NULL);
INSERT INTO "inbox" VALUES(4,'app','msg_a8f0fb238a6e401db2342f23f963b52b','2026-11-28 01:09:04.393555',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A2022323032362D31312D32385430303A30393A30342E3335393537392B30303A3030222C202264617461223A207B22757365725F6964223A2022616761696E2D31227D7D','9d2fa3122ceced0a11c25f084366dbdf9a1d4e78206f5c78a5c4de6ecf951b49','applied','user.deleted','2026-11-28 00:09:04.359579',NULL,'3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0','2026-11-28 01:09:04.401558',NULL);
INSERT INTO "inbox" VALUES(5,'polar','msg_38c897e4c251434c87371b6fcdbcaa64','2026-11-28 01:09:04.425826',X'6E6F204A534F4E','29ecbeb830e3244605e5a88493e4088424a71780e5cf59bb3475f278f294335b','dead',NULL,NULL,NULL,NULL,'2026-11-28 01:09:04.501988','the body is not JSON');
INSERT INTO "inbox" VALUES(6,'app','msg_used','2026-11-28 01:09:04.483985',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383134342E343531353633342C202264617461223A207B22757365725F6964223A20226E6F626F64792D31227D7D','6cf3d9d2cc47f92275c20fa77244d21df50b5cd4fb524c8e2981c8a2615ee815','applied','user.deleted','2026-11-28 01:09:04.451563',NULL,'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2','2026-11-28 01:09:04.501988',NULL);
INSERT INTO "inbox" VALUES(7,'polar','40d9feaa-cf5d-406d-b277-14cdfb17e75b','2026-11-28 01:09:04.577631',NULL,'5842bc78c6833d0280e4a7e2fc9a2deeb76fbe2a90646e501ad1716580edf2cc','applied','customer.deleted','2026-11-28 01:09:04.477679','521ff325-41af-4960-8724-c08d77aaea70',NULL,'2026-11-28 01:09:04.593342',NULL);
INSERT INTO "inbox" VALUES(8,'polar','0e8c30d3-0f8d-4b79-bbf4-ba8abbe60f55','2026-11-28 01:09:04.587910',NULL,'dc6f0563c6931837a012844fbd889dffd8edb981c3d3c6656a7d9c6ef2930dbf','ignored','member.deleted','2026-11-28 01:09:04.573240','521ff325-41af-4960-8724-c08d77aaea70',NULL,'2026-11-28 01:09:04.593342',NULL);
INSERT INTO "inbox" VALUES(9,'polar','bcd142ae-0187-40e0-a033-11f7aab20045','2026-11-28 01:09:04.595768',NULL,'cee16754bb96a0fa6d8a2261a1e547587814b056567360787e5573f2e27bf55d','applied','benefit_grant.revoked','2026-11-28 01:09:04.573377','521ff325-41af-4960-8724-c08d77aaea70',NULL,'2026-11-28 01:09:04.662104',NULL);
INSERT INTO "inbox" VALUES(10,'polar','e2844f77-f220-4063-b6d3-7869d6188c9d','2026-11-28 01:09:04.612422',NULL,'50b2bf75f0ff58b6a5cfda49317e9842eaf6c8fe3671e7db64f601806f91ce4c','applied','subscription.updated','2026-11-28 01:09:04.573490','521ff325-41af-4960-8724-c08d77aaea70',NULL,'2026-11-28 01:09:04.662104',NULL);
INSERT INTO "inbox" VALUES(11,'polar','fb2f0f2a-9bac-43a3-a3d9-9f5a62a1b403','2026-11-28 01:09:04.618261',NULL,'d7268650fd59859151d170ef08c5ceda79e6851022b6a4ed5d60e9ca175ad365','applied','subscription.canceled','2026-11-28 01:09:04.573560','521ff325-41af-4960-8724-c08d77aaea70',NULL,'2026-11-28 01:09:04.662104',NULL);
INSERT INTO "inbox" VALUES(12,'polar','af6236ee-2667-4ee1-9fdf-8da0c6e78ec7','2026-11-28 01:09:04.620846',NULL,'24b7386e670fb34850aa6f19a10f1a2daeb118c01d9740ed9a87f7e19f08562b','applied','subscription.revoked','2026-11-28 01:09:04.573615','521ff325-41af-4960-8724-c08d77aaea70',NULL,'2026-11-28 01:09:04.662104',NULL);
INSERT INTO "inbox" VALUES(13,'polar','2fd0cd9c-434d-45e2-a1cf-6dcd6228f17b','2026-11-28 01:09:04.627325',NULL,'8decf023092a4131d3a140538dee232ddbc149f8d95904abb2fd6d6944e02c5a','applied','customer.state_changed','2026-11-28 01:09:04.573708','521ff325-41af-4960-8724-c08d77aaea70',NULL,'2026-11-28 01:09:04.662104',NULL);
INSERT INTO "inbox" VALUES(14,'polar','627ace61-f22e-4717-95b0-02ce03815d3c','2026-11-28 01:09:04.631713',X'7B2274797065223A22637573746F6D65722E64656C65746564222C2274696D657374616D70223A22323032362D31312D32385430313A30393A30342E3537343736375A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2231326566383931642D376538642D346161322D623466332D643463326434643239663237222C22637265617465645F6174223A22323032362D31302D32395430313A30393A30312E3134353432395A222C226D6F6469666965645F6174223A22323032362D31312D32385430313A30393A30342E3537343636335A222C226D65746164617461223A7B225F5F65787465726E616C5F6964223A227061757365642D31222C225F5F616E6F6E796D697A65645F6174223A22323032362D31312D32385430313A30393A30342E3537343636332B30303A3030227D2C2265787465726E616C5F6964223A227061757365642D31222C22656D61696C223A226162613236316164303030663033336136636630616161656538306438386137626465386439363364336331623062396230353232333439326561316265666240616E6F6E796D697A65642E696E76616C6964222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F6E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2261313238633536352D383336322D346332652D616130622D656561386333333135316637222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A22323032362D31312D32385430313A30393A30342E3537343636335A222C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C7D7D','47bb79913cc6f77d637e0afb5c7484d3ed4831a39cdceae502a1b7480153feee','applied','customer.deleted','2026-11-28 01:09:04.574767','12ef891d-7e8d-4aa2-b4f3-d4c2d4d29f27',NULL,'2026-11-28 01:09:04.662104',NULL);
INSERT INTO "inbox" VALUES(15,'polar','ba42dfbc-34cc-4def-8907-fab98e717587','2026-11-28 01:09:04.637162',X'7B2274797065223A22637573746F6D65722E73746174655F6368616E676564222C2274696D657374616D70223A22323032362D31312D32385430313A30393A30342E3630343833375A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2231326566383931642D376538642D346161322D623466332D643463326434643239663237222C22637265617465645F6174223A22323032362D31302D32395430313A30393A30312E3134353432395A222C226D6F6469666965645F6174223A22323032362D31312D32385430313A30393A30342E3537343636335A222C226D65746164617461223A7B225F5F65787465726E616C5F6964223A227061757365642D31222C225F5F616E6F6E796D697A65645F6174223A22323032362D31312D32385430313A30393A30342E3537343636332B30303A3030227D2C2265787465726E616C5F6964223A227061757365642D31222C22656D61696C223A226162613236316164303030663033336136636630616161656538306438386137626465386439363364336331623062396230353232333439326561316265666240616E6F6E796D697A65642E696E76616C6964222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F6E616D65223A2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2261313238633536352D383336322D346332652D616130622D656561386333333135316637222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A22323032362D31312D32385430313A30393A30342E3537343636335A222C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C2C226163746976655F737562736372697074696F6E73223A5B5D2C226772616E7465645F62656E6566697473223A5B5D2C226163746976655F6D6574657273223A5B5D7D7D','baeceac6114a1a0e72f2df47d9b8182b57b21afca6ad91eda8acbbfb12859582','applied','customer.state_changed','2026-11-28 01:09:04.604837','12ef891d-7e8d-4aa2-b4f3-d4c2d4d29f27',NULL,'2026-11-28 01:09:04.662104',NULL);
INSERT INTO "inbox" VALUES(16,'polar','5d4abac9-0531-43a0-85c1-acef8eedcf0a','2026-11-28 01:09:04.641659',NULL,'c59e7026ac88dc41c06933ffd0805d27f36a7625ee3896864d5672a99166d184','ignored','member.deleted','2026-11-28 01:09:04.615200','12ef891d-7e8d-4aa2-b4f3-d4c2d4d29f27',NULL,'2026-11-28 01:09:04.662104',NULL);
INSERT INTO "inbox" VALUES(17,'app','msg_2f1bbf39021447b4b10f0ccb854f5315','2026-11-28 01:09:06.770121',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383134362E3639343934392C202264617461223A207B22757365725F6964223A202268656C642D31227D7D','7ca444a646911f4a7ffbf1087eb95e124a90495ee137f039c68741b6391cf633','applied','user.deleted','2026-11-28 01:09:06.694949',NULL,'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52','2026-11-28 01:09:06.848212',NULL);
INSERT INTO "inbox" VALUES(18,'app','msg_7075fb26d12041429d27fc6061bf0580','2026-11-28 01:09:06.867916',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383134362E383136313238372C202264617461223A207B22757365725F6964223A202268656C642D32227D7D','d1553ff938c0c4c9e21f1890cb509464298520c8464fb786634c30d2e2c20d18','applied','user.deleted','2026-11-28 01:09:06.816129',NULL,'4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44','2026-11-28 01:09:06.960031',NULL);
INSERT INTO "inbox" VALUES(19,'app','msg_4f68772055e7483aa775efadffc8a90f','2026-11-28 01:09:06.943971',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383134362E383831363539372C202264617461223A207B22757365725F6964223A202268656C642D33227D7D','26058fd30fc6ade9e6b4e0ed0cee760a80c64c7f32b7284aa54f5f406623ba77','applied','user.deleted','2026-11-28 01:09:06.881660',NULL,'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017','2026-11-28 01:09:06.960031',NULL);
INSERT INTO "inbox" VALUES(20,'app','msg_25fe7a1d9f3d42c8a1a15f7ca8748b7f','2026-11-28 01:09:11.052619',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383135302E393634343134312C202264617461223A207B22757365725F6964223A202264656C6574696E672D31227D7D','b248ac8d8d97e649db13b9f97d3f166088df90b7fe817c67e233784a3e4f7bc7','applied','user.deleted','2026-11-28 01:09:10.964414',NULL,'350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb','2026-11-28 01:09:11.084595',NULL);
INSERT INTO "inbox" VALUES(21,'app','msg_4dc309af737a40c49deb60f10e1c58ad','2026-11-28 01:09:11.345293',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383135312E323638333335382C202264617461223A207B22757365725F6964223A2022626C6F636B65642D31227D7D','575d26d99ec09fbb779f983e8e413380124f0f8cd04331f6baed8d86b65c2391','applied','user.deleted','2026-11-28 01:09:11.268336',NULL,'6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0','2026-11-28 01:09:11.353678',NULL);
INSERT INTO "inbox" VALUES(22,'app','msg_18993b3db20d47be983856edb497e6b3','2026-11-28 01:09:11.457837',NULL,'60e8ec23252f85b8ca36c6f6cbd80ebbbc788c1f8b9510e3affc8622b700dbce','ignored','user.updated',NULL,NULL,NULL,'2026-11-28 01:09:11.457837',NULL);
INSERT INTO "inbox" VALUES(23,'app','msg_73a0917c45ae43e299cde8e1475f67ff','2026-11-28 01:09:13.396891',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383135332E3337323637392C202264617461223A207B22757365725F6964223A202270656E64696E672D31227D7D','150da1440652bec9461d354c879b7b32e314a30be0a6040a4f414cf6979135a1','pending','user.deleted','2026-11-28 01:09:13.372679',NULL,'34f5e4d50c2ef4d4a5cce3613c31338e69fb68140bc5df6d51e0475989639c00',NULL,NULL);
INSERT INTO "inbox" VALUES(24,'app','msg_09159193b54546e199bba60005911ff9','2026-11-28 01:09:13.429237',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383135332E343031343738332C202264617461223A207B22757365725F6964223A202270656E64696E672D6E6F626F6479227D7D','79a0b5e972ce18b879c1607bc1004500d71b3715e5205e0d8e0a05aae3e0edcf','pending','user.deleted','2026-11-28 01:09:13.401478',NULL,'538d011938dd4a76d67386aefc4cd46ebbca8ca7e936a61784a8ba9c12bf77a0',NULL,NULL);
INSERT INTO "inbox" VALUES(25,'app','msg_27d8683ac43242e3a17177f87571ccf5','2026-11-28 01:09:13.454916',X'7B2274797065223A2022757365722E64656C65746564222C202274696D657374616D70223A20313739353832383135332E343331323237342C202264617461223A207B22757365725F6964223A2022757365722D6D6170706564227D7D','148adf88ded9c372473c661f712e7583532784f8dedc23953e83e6e691001833','pending','user.deleted','2026-11-28 01:09:13.431228',NULL,'21e5d13a48c91f644ebd083c9c6e3ab89adb5b7cf6ef06eae0d08b47752cdfeb',NULL,NULL);
INSERT INTO "inbox" VALUES(26,'polar','984993b5-b2a3-43a5-b45e-a086546ebd33','2026-11-28 01:09:13.464572',X'7B2274797065223A22637573746F6D65722E63726561746564222C2274696D657374616D70223A22323032362D31312D32385430313A30393A31332E3435373432325A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2239313364643364662D626534302D346364342D613134352D396165623962386661346663222C22637265617465645F6174223A22323032362D31312D32385430313A30393A31332E3435373333305A222C226D6F6469666965645F6174223A6E756C6C2C226D65746164617461223A7B7D2C2265787465726E616C5F6964223A226C6976696E672D32222C22656D61696C223A226C6976696E672D324070656F706C652E6578616D706C65222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A6E756C6C2C2262696C6C696E675F6E616D65223A6E756C6C2C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2261313238633536352D383336322D346332652D616130622D656561386333333135316637222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A6E756C6C2C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C7D7D','4af0977700a005c5cc07c185583b5069a856b4f81a89ce625dad61cc3943fe55','pending',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(27,'polar','99ddf75a-31c5-4218-bd60-cebcd264bea5','2026-11-28 01:09:13.467290',X'7B2274797065223A226D656D6265722E63726561746564222C2274696D657374616D70223A22323032362D31312D32385430313A30393A31332E3435373531375A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2231646132346335642D656239342D343537372D383731362D666666333435623065363233222C22637265617465645F6174223A22323032362D31312D32385430313A30393A31332E3435373333305A222C226D6F6469666965645F6174223A6E756C6C2C22637573746F6D65725F6964223A2239313364643364662D626534302D346364342D613134352D396165623962386661346663222C22656D61696C223A226C6976696E672D324070656F706C652E6578616D706C65222C226E616D65223A6E756C6C2C2265787465726E616C5F6964223A6E756C6C2C22726F6C65223A226F776E6572227D7D','a10ea747297248d2ec2735b4d0186bd1d0d1529ed8c0cc447b95f19fd61d1b23','pending',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(28,'polar','6c074488-c4b2-4767-a93b-d4e7ab704551','2026-11-28 01:09:13.489656',X'7B2274797065223A22637573746F6D65722E73746174655F6368616E676564222C2274696D657374616D70223A22323032362D31312D32385430313A30393A31332E3438373336315A222C226170695F76657273696F6E223A22323032362D3130222C2264617461223A7B226964223A2239313364643364662D626534302D346364342D613134352D396165623962386661346663222C22637265617465645F6174223A22323032362D31312D32385430313A30393A31332E3435373333305A222C226D6F6469666965645F6174223A6E756C6C2C226D65746164617461223A7B7D2C2265787465726E616C5F6964223A226C6976696E672D32222C22656D61696C223A226C6976696E672D324070656F706C652E6578616D706C65222C22656D61696C5F7665726966696564223A66616C73652C2274797065223A22696E646976696475616C222C226E616D65223A6E756C6C2C2262696C6C696E675F6E616D65223A6E756C6C2C2262696C6C696E675F61646472657373223A6E756C6C2C227461785F6964223A6E756C6C2C226C6F63616C65223A6E756C6C2C226F7267616E697A6174696F6E5F6964223A2261313238633536352D383336322D346332652D616130622D656561386333333135316637222C2264656661756C745F7061796D656E745F6D6574686F645F6964223A6E756C6C2C2264656C657465645F6174223A6E756C6C2C2266697273745F757365725F6576656E745F6174223A6E756C6C2C226176617461725F75726C223A6E756C6C2C226163746976655F737562736372697074696F6E73223A5B5D2C226772616E7465645F62656E6566697473223A5B5D2C226163746976655F6D6574657273223A5B5D7D7D','f1de2103ac1fd974146471b0b3a4fd3db33be28a4d8e8e8328f6e134e7370e19','pending',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE mapping (
	user_id VARCHAR(255) NOT NULL, 
	external_id VARCHAR, 
	customer_id VARCHAR, 
	updated_at DATETIME NOT NULL, 
	PRIMARY KEY (user_id)
);
INSERT INTO "mapping" VALUES('user-mapped','mapped-1',NULL,'2026-11-28 01:09:02.803573');
CREATE TABLE meta (
	name VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('hash_key_check','536b22fac0180a4352845183b5f1dcc793876170486e9e88d464f31afa2d48c0');
INSERT INTO "meta" VALUES('organization_id','a128c565-8362-4c2e-aa0b-eea8c33151f7');
INSERT INTO "meta" VALUES('rewrite_after','2026-11-28T01:09:10.943645+00:00');
CREATE TABLE reconciliation (
	id INTEGER NOT NULL, 
	lease_token VARCHAR, 
	lease_until DATETIME, 
	progress JSON, 
	finished_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "reconciliation" VALUES(1,NULL,NULL,NULL,'2026-11-28 01:09:02.124320');
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
	ended_at DATETIME, started_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "subscription" VALUES('2026-10-29 01:09:01.148425','2026-11-28 01:09:07.171920','','api','2026-11-28 01:09:07.181328','40f844c7-2edd-46b6-a4f4-fe1eda005489','826adec2-b1d1-4a58-909d-0d9509f09bce','2026-10-29 01:09:01.148425','active','86a968f6-5367-4e88-a562-b7bc6cb73b98',1000,'usd','month','2026-11-28 01:09:01.148425',0,NULL,NULL,NULL,'2026-10-29 01:09:01.148425');
INSERT INTO "subscription" VALUES('2026-10-29 01:09:01.147548','2026-11-28 01:09:07.171920','','api','2026-11-28 01:09:07.181328','f9f77ac9-4557-48a7-980c-a4dfa3f484fb','89ec250f-e20a-407b-94ea-c50fe1181c2d','2026-10-29 01:09:01.147548','active','86a968f6-5367-4e88-a562-b7bc6cb73b98',1000,'usd','month','2026-11-28 01:09:01.147548',0,NULL,NULL,NULL,'2026-10-29 01:09:01.147548');
INSERT INTO "subscription" VALUES('2026-10-29 01:09:01.146405','2026-11-28 01:09:06.944352','','api','2026-11-28 01:09:06.974552','3218976b-d816-4bfb-a29e-94e0da69edfc','65afe736-a04a-4215-bceb-38f943a19c94','2026-10-29 01:09:01.146405','active','86a968f6-5367-4e88-a562-b7bc6cb73b98',1000,'usd','month','2026-11-28 01:09:01.146405',0,NULL,NULL,NULL,'2026-10-29 01:09:01.146405');
INSERT INTO "subscription" VALUES('2026-10-29 01:09:01.145429','2026-11-28 01:09:10.983995','','api','2026-11-28 01:09:11.116699','e09cb9f2-fb9f-4202-9ca2-05b6f569657a','12ef891d-7e8d-4aa2-b4f3-d4c2d4d29f27','2026-10-29 01:09:01.145429','paused','86a968f6-5367-4e88-a562-b7bc6cb73b98',1000,'usd','month','2026-11-28 01:09:01.145429',0,NULL,NULL,NULL,'2026-10-29 01:09:01.145429');
INSERT INTO "subscription" VALUES('2026-11-28 01:09:04.573436','2026-11-28 01:09:04.573615','f7a78c0eb05ee5c78f7fe925371d30d1b5ae8b0219e1174828e945db4130c1a0','subscription.revoked','2026-11-28 01:09:04.662104','0071ed17-7a63-4a80-9447-9b98c9aeb56d','521ff325-41af-4960-8724-c08d77aaea70','2026-10-29 01:09:01.144160','canceled','86a968f6-5367-4e88-a562-b7bc6cb73b98',1000,'usd','month','2026-11-28 01:09:01.144160',0,'2026-11-28 01:09:04.573436','2026-11-28 01:09:04.573436','2026-11-28 01:09:04.573436','2026-10-29 01:09:01.144160');
INSERT INTO "subscription" VALUES('2026-10-29 01:09:01.138011','2026-11-28 01:09:02.077728','','api','2026-11-28 01:09:02.094736','96c38bf2-9873-4d23-b89f-757914928fb1','71905a65-057e-4818-92cb-0468918b0890','2026-10-29 01:09:01.138011','active','86a968f6-5367-4e88-a562-b7bc6cb73b98',1000,'usd','month','2026-11-28 01:09:01.138011',0,NULL,NULL,NULL,'2026-10-29 01:09:01.138011');
INSERT INTO "subscription" VALUES('2026-10-29 01:09:01.136900','2026-11-28 01:09:02.077728','','api','2026-11-28 01:09:02.094736','4b9eeb9c-baf2-4919-97a0-71a1783096bf','1606e9a8-adc8-4013-a245-bd39d8533124','2026-10-29 01:09:01.136900','active','86a968f6-5367-4e88-a562-b7bc6cb73b98',1000,'usd','month','2026-11-28 01:09:01.136900',0,NULL,NULL,NULL,'2026-10-29 01:09:01.136900');
INSERT INTO "subscription" VALUES('2026-10-29 01:09:01.135614','2026-11-28 01:09:02.077728','','api','2026-11-28 01:09:02.094736','6de75773-a75c-44ab-aeb0-5cc525a60478','87aa2a86-2ff2-4182-8c69-1de42caa903f','2026-10-29 01:09:01.135614','active','86a968f6-5367-4e88-a562-b7bc6cb73b98',1000,'usd','month','2026-11-28 01:09:01.135614',0,NULL,NULL,NULL,'2026-10-29 01:09:01.135614');
INSERT INTO "subscription" VALUES('2026-10-29 01:09:01.131392','2026-11-28 01:09:02.077728','','api','2026-11-28 01:09:02.094736','c4e1a588-e48e-43b7-932f-6b2d638a7610','8433e1a4-b92f-49c7-a254-1f92fd82678e','2026-10-29 01:09:01.131392','active','86a968f6-5367-4e88-a562-b7bc6cb73b98',1000,'usd','month','2026-11-28 01:09:01.131392',0,NULL,NULL,NULL,'2026-10-29 01:09:01.131392');
INSERT INTO "subscription" VALUES('2026-10-29 01:09:01.124891','2026-11-28 01:09:11.194289','','api','2026-11-28 01:09:11.208156','bb56ee2b-a8b7-4758-a25b-4ba8f802b8f6','ccf5f7a3-3064-4879-bb92-5443ace27af9','2026-10-29 01:09:01.124891','active','86a968f6-5367-4e88-a562-b7bc6cb73b98',1000,'usd','month','2026-11-28 01:09:01.124891',0,NULL,NULL,NULL,'2026-10-29 01:09:01.124891');
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
COMMIT;
