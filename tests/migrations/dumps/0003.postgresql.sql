-- {"organization_id": "9a8b231f-5ea7-415e-a364-88763e75daf8", "customers": [{"id": "50cbdef4-e78c-4dc3-87d0-d80292cb427a", "external_id": "living-2", "email": "living-2@people.example", "name": null, "created_at": "2026-11-28T01:09:31.362870Z", "subscriptions": [], "members": []}, {"id": "822b698e-6e4b-4313-a7de-50f776d76559", "external_id": "again-1", "email": "again-1@people.example", "name": "Somebody again-1", "created_at": "2026-11-28T01:08:15.804119Z", "subscriptions": [], "members": []}, {"id": "0ab81ae1-ae32-4911-9a22-45db193a1803", "external_id": "held-3", "email": "held-3@people.example", "name": "Somebody held-3", "created_at": "2026-10-29T01:09:15.802677Z", "subscriptions": [{"id": "4d36aa1a-c8bd-4d95-b1ab-52fe8e85d073", "status": "active"}], "members": []}, {"id": "419669a0-45be-479e-a83e-7313abe29163", "external_id": "held-2", "email": "held-2@people.example", "name": "Somebody held-2", "created_at": "2026-10-29T01:09:15.799839Z", "subscriptions": [{"id": "c0312090-175b-49c8-b648-399f67292905", "status": "active"}], "members": []}, {"id": "3eb00265-7666-4a83-a672-6621e815e42a", "external_id": "held-1", "email": "held-1@people.example", "name": "Somebody held-1", "created_at": "2026-10-29T01:09:15.795467Z", "subscriptions": [{"id": "4164dc8b-f833-4d6a-a37a-ca340eff23c8", "status": "active"}], "members": []}, {"id": "3f456b5f-2383-4f13-a56d-c4036a10ab3f", "external_id": "living-1", "email": "living-1@people.example", "name": "Somebody living-1", "created_at": "2026-10-29T01:09:15.787828Z", "subscriptions": [{"id": "6ea84cea-0a73-48ca-a232-1ba2fb126dd2", "status": "active"}], "members": []}, {"id": "dd851098-fb2f-4a6c-ba23-c9d5a93c0f1b", "external_id": "pending-1", "email": "pending-1@people.example", "name": "Somebody pending-1", "created_at": "2026-10-29T01:09:15.785798Z", "subscriptions": [{"id": "e28a9ea6-828f-4292-8315-d88d00cea56c", "status": "active"}], "members": []}, {"id": "d642101b-41d2-4f95-8644-753e723b4f42", "external_id": "mapped-1", "email": "mapped-1@people.example", "name": "Somebody mapped-1", "created_at": "2026-10-29T01:09:15.782799Z", "subscriptions": [{"id": "3a7c01a1-0c59-406c-adf1-2bcb08adef69", "status": "active"}], "members": []}, {"id": "fda6eea6-ca64-462e-8e5d-19d67cf5c977", "external_id": "blocked-1", "email": "blocked-1@people.example", "name": "Somebody blocked-1", "created_at": "2026-10-29T01:09:15.778708Z", "subscriptions": [{"id": "aff8585d-a8c3-4d09-b1cc-20131224bfc7", "status": "active"}], "members": []}]}
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.benefit_grant (
    version_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    digest character varying NOT NULL,
    written_by character varying NOT NULL,
    written_at timestamp with time zone NOT NULL,
    id character varying NOT NULL,
    customer_id character varying NOT NULL,
    benefit_id character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    is_granted boolean NOT NULL,
    granted_at timestamp with time zone,
    revoked_at timestamp with time zone
);
CREATE TABLE public.budget (
    id integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    paused_until timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.budget_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.budget_id_seq OWNED BY public.budget.id;
CREATE TABLE public.customer (
    version_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    digest character varying NOT NULL,
    written_by character varying NOT NULL,
    written_at timestamp with time zone NOT NULL,
    id character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    external_id character varying,
    email character varying,
    name character varying,
    billing_name character varying,
    billing_address json,
    tax_id json,
    metadata json,
    final_state_at timestamp with time zone,
    final_state_open integer,
    forgotten_at timestamp with time zone
);
CREATE TABLE public.deletion (
    id bigint NOT NULL,
    user_hash character varying NOT NULL,
    user_id character varying,
    external_id character varying,
    external_hash character varying,
    override_external_id character varying,
    event_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    state character varying(16) NOT NULL,
    resume character varying(16),
    reason character varying,
    approved boolean NOT NULL,
    customer_id character varying,
    customer_created_at timestamp with time zone,
    pinned_at timestamp with time zone,
    listed_at timestamp with time zone,
    delete_sent_at timestamp with time zone,
    deleted_at timestamp with time zone,
    ended_at timestamp with time zone,
    forgotten_at timestamp with time zone,
    attempts integer NOT NULL,
    next_attempt_at timestamp with time zone,
    signals integer NOT NULL,
    lease_token character varying,
    lease_until timestamp with time zone
);
CREATE SEQUENCE public.deletion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.deletion_id_seq OWNED BY public.deletion.id;
CREATE TABLE public.evidence (
    id bigint NOT NULL,
    deletion_id bigint NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    kind character varying NOT NULL,
    source character varying NOT NULL,
    state character varying(16) NOT NULL,
    detail json NOT NULL,
    hash character varying NOT NULL
);
CREATE SEQUENCE public.evidence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.evidence_id_seq OWNED BY public.evidence.id;
CREATE TABLE public.inbox (
    id bigint NOT NULL,
    source character varying(16) NOT NULL,
    webhook_id character varying(255) NOT NULL,
    received_at timestamp with time zone NOT NULL,
    body bytea,
    digest character varying NOT NULL,
    status character varying(16) NOT NULL,
    event_type character varying,
    event_at timestamp with time zone,
    customer_id character varying,
    user_hash character varying,
    applied_at timestamp with time zone,
    error character varying
);
CREATE SEQUENCE public.inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.inbox_id_seq OWNED BY public.inbox.id;
CREATE TABLE public.mapping (
    user_id character varying(255) NOT NULL,
    external_id character varying,
    customer_id character varying,
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE public.meta (
    name character varying NOT NULL,
    value character varying NOT NULL
);
CREATE TABLE public.reconciliation (
    id integer NOT NULL,
    lease_token character varying,
    lease_until timestamp with time zone,
    progress json,
    finished_at timestamp with time zone
);
CREATE SEQUENCE public.reconciliation_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.reconciliation_id_seq OWNED BY public.reconciliation.id;
CREATE TABLE public.subscription (
    version_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    digest character varying NOT NULL,
    written_by character varying NOT NULL,
    written_at timestamp with time zone NOT NULL,
    id character varying NOT NULL,
    customer_id character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    status character varying NOT NULL,
    product_id character varying NOT NULL,
    amount bigint NOT NULL,
    currency character varying NOT NULL,
    recurring_interval character varying NOT NULL,
    current_period_end timestamp with time zone,
    cancel_at_period_end boolean NOT NULL,
    canceled_at timestamp with time zone,
    ends_at timestamp with time zone,
    ended_at timestamp with time zone,
    started_at timestamp with time zone
);
ALTER TABLE ONLY public.budget ALTER COLUMN id SET DEFAULT nextval('public.budget_id_seq'::regclass);
ALTER TABLE ONLY public.deletion ALTER COLUMN id SET DEFAULT nextval('public.deletion_id_seq'::regclass);
ALTER TABLE ONLY public.evidence ALTER COLUMN id SET DEFAULT nextval('public.evidence_id_seq'::regclass);
ALTER TABLE ONLY public.inbox ALTER COLUMN id SET DEFAULT nextval('public.inbox_id_seq'::regclass);
ALTER TABLE ONLY public.reconciliation ALTER COLUMN id SET DEFAULT nextval('public.reconciliation_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0003');
INSERT INTO public.benefit_grant VALUES ('2026-11-28 01:09:21.312144+00', '2026-11-28 01:09:21.312184+00', '9eec4ca6dcefb61b2e27b64b9665fc8eba4c6dab0e6bc91f703ff1e9356a96eb', 'benefit_grant.revoked', '2026-11-28 01:09:21.442126+00', '53bf7c2b-93dc-4f77-af65-75c97138f174', '4d863eef-e860-4df4-84fd-2bbf5cdef3d8', 'd3d8a874-84e4-421e-a3cb-3f326af6c86d', '2026-10-29 01:09:15.791508+00', false, '2026-10-29 01:09:15.791508+00', '2026-11-28 01:09:21.312144+00');
INSERT INTO public.budget VALUES (1, '2026-11-28 01:09:28.794952+00', '1970-01-01 00:00:00+00');
INSERT INTO public.customer VALUES ('2026-10-29 01:09:15.787828+00', '2026-11-28 01:09:16.85146+00', '', 'api', '2026-11-28 01:09:16.941168+00', '3f456b5f-2383-4f13-a56d-c4036a10ab3f', '2026-10-29 01:09:15.787828+00', NULL, 'living-1', 'living-1@people.example', 'Somebody living-1', 'Somebody living-1', '{"line1": "1 living-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:15.785798+00', '2026-11-28 01:09:16.85146+00', '', 'api', '2026-11-28 01:09:16.941168+00', 'dd851098-fb2f-4a6c-ba23-c9d5a93c0f1b', '2026-10-29 01:09:15.785798+00', NULL, 'pending-1', 'pending-1@people.example', 'Somebody pending-1', 'Somebody pending-1', '{"line1": "1 pending-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:15.782799+00', '2026-11-28 01:09:16.85146+00', '', 'api', '2026-11-28 01:09:16.941168+00', 'd642101b-41d2-4f95-8644-753e723b4f42', '2026-10-29 01:09:15.782799+00', NULL, 'mapped-1', 'mapped-1@people.example', 'Somebody mapped-1', 'Somebody mapped-1', '{"line1": "1 mapped-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:15.778708+00', '2026-11-28 01:09:16.85146+00', '', 'api', '2026-11-28 01:09:16.941168+00', 'fda6eea6-ca64-462e-8e5d-19d67cf5c977', '2026-10-29 01:09:15.778708+00', NULL, 'blocked-1', 'blocked-1@people.example', 'Somebody blocked-1', 'Somebody blocked-1', '{"line1": "1 blocked-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-11-28 01:08:15.804119+00', '2026-11-28 01:09:21.033117+00', '', 'api', '2026-11-28 01:09:21.381721+00', '822b698e-6e4b-4313-a7de-50f776d76559', '2026-11-28 01:08:15.804119+00', NULL, 'again-1', 'again-1@people.example', 'Somebody again-1', 'Somebody again-1', '{"line1": "1 again-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-11-28 01:09:21.31387+00', '2026-11-28 01:09:21.349009+00', '76f0f2a982637ff616bfc47895987dc1ef0814e6da97102ea613863e0faefe69', 'customer.state_changed', '2026-11-28 01:09:21.442126+00', '1b751de5-6a6a-40b5-b662-2503429243f7', '2026-10-29 01:09:15.793817+00', '2026-11-28 01:09:21.31387+00', 'paused-1', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:09:21.349009+00', 0, NULL);
INSERT INTO public.customer VALUES ('2026-11-28 01:09:21.047467+00', '2026-11-28 01:09:21.313088+00', '9cd56143a1c3190ccbd91385c2f758e122bee4fe3f51c8cf200fc834e6c82b9a', 'customer.state_changed', '2026-11-28 01:09:21.442126+00', '4d863eef-e860-4df4-84fd-2bbf5cdef3d8', '2026-10-29 01:09:15.791508+00', '2026-11-28 01:09:21.047467+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:09:21.313088+00', 0, '2026-11-28 01:09:21.442126+00');
INSERT INTO public.customer VALUES ('2026-10-29 01:09:15.795467+00', '2026-11-28 01:09:24.035904+00', '', 'api', '2026-11-28 01:09:24.120633+00', '3eb00265-7666-4a83-a672-6621e815e42a', '2026-10-29 01:09:15.795467+00', NULL, 'held-1', 'held-1@people.example', 'Somebody held-1', 'Somebody held-1', '{"line1": "1 held-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:15.802677+00', '2026-11-28 01:09:24.165701+00', '', 'api', '2026-11-28 01:09:24.188243+00', '0ab81ae1-ae32-4911-9a22-45db193a1803', '2026-10-29 01:09:15.802677+00', NULL, 'held-3', 'held-3@people.example', 'Somebody held-3', 'Somebody held-3', '{"line1": "1 held-3 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:15.799839+00', '2026-11-28 01:09:24.164915+00', '', 'api', '2026-11-28 01:09:24.188243+00', '419669a0-45be-479e-a83e-7313abe29163', '2026-10-29 01:09:15.799839+00', NULL, 'held-2', 'held-2@people.example', 'Somebody held-2', 'Somebody held-2', '{"line1": "1 held-2 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:15.773605+00', '2026-11-28 01:09:28.503141+00', '', 'api', '2026-11-28 01:09:28.556468+00', 'dfb51002-3425-4d94-ae7d-deb9100b90b8', '2026-10-29 01:09:15.773605+00', NULL, 'deleting-1', 'deleting-1@people.example', 'Somebody deleting-1', 'Somebody deleting-1', '{"line1": "1 deleting-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (1, 'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3', NULL, NULL, '4903347d4e46f955661db33f2d4936d4c6647b6bbd7881ff2c58a30a77a5cbe5', NULL, '2026-11-28 01:09:20.610741+00', '2026-11-28 01:09:20.65518+00', 'verified', NULL, NULL, false, '4d863eef-e860-4df4-84fd-2bbf5cdef3d8', '2026-10-29 01:09:15.791508+00', '2026-11-28 01:09:20.889331+00', '2026-11-28 01:09:20.843536+00', '2026-11-28 01:09:21.009089+00', '2026-11-28 01:09:21.077552+00', '2026-11-28 01:09:21.442126+00', '2026-11-28 01:09:21.442126+00', 0, NULL, 1, NULL, NULL);
INSERT INTO public.deletion VALUES (6, 'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52', 'held-1', 'held-1', '3f9651e99ccac428f66f1df17c5c876a26975d9e33129bb242dba1e2e478ec83', NULL, '2026-11-28 01:09:23.701725+00', '2026-11-28 01:09:23.846341+00', 'held', 'resolved', 'the brake tripped: 2 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`', false, '3eb00265-7666-4a83-a672-6621e815e42a', '2026-10-29 01:09:15.795467+00', '2026-11-28 01:09:24.120633+00', '2026-11-28 01:09:24.092823+00', NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL);
INSERT INTO public.deletion VALUES (3, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', 'nobody-1', 'nobody-1', 'df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560', NULL, '2026-11-28 01:09:20.711501+00', '2026-11-28 01:09:20.795303+00', 'no_customer', NULL, 'Polar has no customer under this user''s external id', false, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:09:21.111413+00', NULL, 0, '2026-12-05 01:09:21.111413+00', 0, NULL, NULL);
INSERT INTO public.deletion VALUES (7, '4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44', 'held-2', 'held-2', '802ad5b4b6164dcb4539937f20ba387a3def0aed7c31c138d277074a9c7315b3', NULL, '2026-11-28 01:09:23.807814+00', '2026-11-28 01:09:24.000662+00', 'held', 'resolved', 'the brake tripped: 2 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`', false, '419669a0-45be-479e-a83e-7313abe29163', '2026-10-29 01:09:15.799839+00', '2026-11-28 01:09:24.188243+00', '2026-11-28 01:09:24.174075+00', NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL);
INSERT INTO public.deletion VALUES (5, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', 'nobody-1', 'nobody-1', 'df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560', NULL, '2026-11-28 01:09:20.925341+00', '2026-11-28 01:09:21.16346+00', 'no_customer', NULL, 'Polar has no customer under this user''s external id', false, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:09:21.372746+00', NULL, 0, '2026-12-05 01:09:21.372746+00', 0, NULL, NULL);
INSERT INTO public.deletion VALUES (4, '3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0', 'again-1', 'again-1', '5f5a14cb6647c2e691245fd1e4a48e1b0b1ae5c0e35ceac8075f87a3a0e9a659', NULL, '2026-11-28 00:09:20.781538+00', '2026-11-28 01:09:20.954802+00', 'superseded', NULL, 'customer 822b698e-6e4b-4313-a7de-50f776d76559 was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted', false, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:09:21.381721+00', NULL, 0, NULL, 0, NULL, NULL);
INSERT INTO public.deletion VALUES (8, 'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017', 'held-3', 'held-3', '8dc76f1d4145695b4baffb6e49b3cd2766b09ea2b9facd77d64ab907d3093c52', NULL, '2026-11-28 01:09:23.898793+00', '2026-11-28 01:09:24.000662+00', 'canceled', NULL, NULL, false, '0ab81ae1-ae32-4911-9a22-45db193a1803', '2026-10-29 01:09:15.802677+00', '2026-11-28 01:09:24.188243+00', '2026-11-28 01:09:24.174075+00', NULL, NULL, '2026-11-28 01:09:25.355772+00', NULL, 0, NULL, 0, NULL, NULL);
INSERT INTO public.deletion VALUES (2, 'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592', 'paused-1', 'paused-1', '929b43e8f3ea8f8ea640040ec7f6e0ea100fe60f5397c8824a42f25d7e3f2fad', NULL, '2026-11-28 01:09:20.637251+00', '2026-11-28 01:09:20.795303+00', 'incomplete', NULL, 'the customer is gone, but these are not: subscription ee14baff-5d17-47bc-812c-792c4e6c791f (paused); end them at Polar, then `polar-sync retry`', false, '1b751de5-6a6a-40b5-b662-2503429243f7', '2026-10-29 01:09:15.793817+00', '2026-11-28 01:09:21.111413+00', '2026-11-28 01:09:28.365373+00', '2026-11-28 01:09:21.197342+00', '2026-11-28 01:09:21.330892+00', NULL, NULL, 0, '2026-11-28 01:09:29.008936+00', 1, NULL, NULL);
INSERT INTO public.deletion VALUES (9, '350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb', 'deleting-1', 'deleting-1', '63b9df2a704c994078cc4a1590c3d6a51a9555bfdd81d392dd66221643747af2', NULL, '2026-11-28 01:09:28.358918+00', '2026-11-28 01:09:28.448446+00', 'deleting', NULL, NULL, false, 'dfb51002-3425-4d94-ae7d-deb9100b90b8', '2026-10-29 01:09:15.773605+00', '2026-11-28 01:09:28.556468+00', '2026-11-28 01:09:28.531142+00', '2026-11-28 01:09:28.594189+00', NULL, NULL, NULL, 0, '2026-11-28 01:09:28.594189+00', 0, '7a3e2655767f44eca534276bdac40eaf', '2026-11-28 01:09:58.579324+00');
INSERT INTO public.deletion VALUES (10, '6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0', 'blocked-1', 'blocked-1', '0eceeb3db836a091c90ebab8c33b762f3862953bbe740c0768843338a073c070', NULL, '2026-11-28 01:09:28.615392+00', '2026-11-28 01:09:28.664924+00', 'blocked', 'received', 'GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one', false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, '2026-11-28 01:09:30.121861+00', 0, NULL, NULL);
INSERT INTO public.evidence VALUES (1, 1, 1, '2026-11-28 01:09:20.65518+00', 'event.received', 'app', 'received', '{"event_digest": "c1e44dbf711f04aa4d159fd996fc8fe0d6ea7a73bcf55a2303955d17ccf3c95c", "event_at": "2026-11-28T01:09:20.610741+00:00"}', '9b594c285d41bcf0010adf9a56839563a12fe1e6f3fd4ccab137269476c4c093');
INSERT INTO public.evidence VALUES (2, 2, 1, '2026-11-28 01:09:20.795303+00', 'event.received', 'app', 'received', '{"event_digest": "9ee1b470dcec75ba50b21535412bf5a4fae8012e45ce000662442db04216ab7a", "event_at": "2026-11-28T01:09:20.637251+00:00"}', 'e76ae21d30c15eadc67cba601479c6e2b702d58b5f51bb69eaea379113bdaa9c');
INSERT INTO public.evidence VALUES (3, 3, 1, '2026-11-28 01:09:20.795303+00', 'event.received', 'app', 'received', '{"event_digest": "6cddfe9a3d26449acfc28465df619aad79905fbba9b3e59189f5644e7ff61d56", "event_at": "2026-11-28T01:09:20.711501+00:00"}', 'd0b0d6fb91021402421c52eb9c30b5d70f94183442b0689bd6284d0509e65b28');
INSERT INTO public.evidence VALUES (4, 1, 2, '2026-11-28 01:09:20.889331+00', 'customer.found', 'api', 'resolved', '{"customer_id": "4d863eef-e860-4df4-84fd-2bbf5cdef3d8", "customer_created_at": "2026-10-29T01:09:15.791508+00:00", "subscriptions": [{"id": "e743a07d-e534-4d64-9372-a9f5c5ebf2f5", "status": "active"}], "benefit_grants": ["53bf7c2b-93dc-4f77-af65-75c97138f174"], "was": "received"}', '1822623c7e990364072342cdf60ed1d3b5dd6e8b5c9d5a0dcd6da1c48b053f9e');
INSERT INTO public.evidence VALUES (5, 4, 1, '2026-11-28 01:09:20.954802+00', 'event.received', 'app', 'received', '{"event_digest": "1e08acf9e09a1e80633323128c48c06ef49926e64637b2fc26c620a7dbbca7f8", "event_at": "2026-11-28T00:09:20.781538+00:00"}', 'ef9346ce6bce1dd0b647888933414fb6ad12d32dd515318c1bbd8341fa901cb6');
INSERT INTO public.evidence VALUES (6, 1, 3, '2026-11-28 01:09:21.009089+00', 'delete.sent', 'worker', 'deleting', '{"customer_id": "4d863eef-e860-4df4-84fd-2bbf5cdef3d8", "was": "resolved"}', '202bfdc5c29b0651b3f49ee67dd69308c8b1c4ac4b862e7290eb1c6f2608e28b');
INSERT INTO public.evidence VALUES (7, 1, 4, '2026-11-28 01:09:21.077552+00', 'delete.answered', 'api', 'deleted', '{"answer": "204", "was": "deleting"}', '11e242d9d022037ea8cc4d003f7878d3edb6fd2df8553d04fb25580d0f62a9fa');
INSERT INTO public.evidence VALUES (8, 2, 2, '2026-11-28 01:09:21.111413+00', 'customer.found', 'api', 'resolved', '{"customer_id": "1b751de5-6a6a-40b5-b662-2503429243f7", "customer_created_at": "2026-10-29T01:09:15.793817+00:00", "subscriptions": [{"id": "ee14baff-5d17-47bc-812c-792c4e6c791f", "status": "paused"}], "benefit_grants": [], "was": "received"}', '116e34445b9846927a5ec23fc3c8a1551cc5c15239ec210326af7e42c5409210');
INSERT INTO public.evidence VALUES (9, 3, 2, '2026-11-28 01:09:21.111413+00', 'customer.missing', 'api', 'no_customer', '{"reason": "Polar has no customer under this user''s external id", "was": "received"}', '76ea33a8f23b35c1e9b68f1e3370ebc25cf543ce2cb2f635b0e9b75e843506ac');
INSERT INTO public.evidence VALUES (10, 5, 1, '2026-11-28 01:09:21.16346+00', 'event.received', 'app', 'received', '{"event_digest": "44088e5289529f7e6e5970fbd9e1b2bdba6c2d21441180e9c4067fa8b5f640f9", "event_at": "2026-11-28T01:09:20.925341+00:00"}', '2b8d0473b0da92a73901dec5ea27ac68a0fc6ef5fef72702d6d4d2eb31904b0c');
INSERT INTO public.evidence VALUES (11, 2, 3, '2026-11-28 01:09:21.197342+00', 'delete.sent', 'worker', 'deleting', '{"customer_id": "1b751de5-6a6a-40b5-b662-2503429243f7", "was": "resolved"}', 'f0502bcfbf5621781531c96cb466bb11214681ff810e85e346fb91037bf91035');
INSERT INTO public.evidence VALUES (12, 2, 4, '2026-11-28 01:09:21.330892+00', 'delete.answered', 'api', 'deleted', '{"answer": "204", "was": "deleting"}', 'af20c2b884d5e215be8a1736ab83c0895f33d627f28692a43260c6f41cdcb526');
INSERT INTO public.evidence VALUES (13, 1, 5, '2026-11-28 01:09:21.346297+00', 'webhook.customer.deleted', 'webhook', 'deleted', '{"payload_digest": "76c57747b53512ba088e03bc99131ffaadd90eaa9fe373c638cfcfbe0eefc796", "id": "4d863eef-e860-4df4-84fd-2bbf5cdef3d8"}', '5cc77fb3e8ab21920be66bc7594be71067db42676a2f00452bafab232993654c');
INSERT INTO public.evidence VALUES (14, 5, 2, '2026-11-28 01:09:21.372746+00', 'customer.missing', 'api', 'no_customer', '{"reason": "Polar has no customer under this user''s external id", "was": "received"}', '0cd8fd8c98a9c4c3565873156ddc59b3681ac26138ffe5eadd11ace17e6f4abf');
INSERT INTO public.evidence VALUES (15, 4, 2, '2026-11-28 01:09:21.381721+00', 'customer.found', 'api', 'superseded', '{"customer_id": "822b698e-6e4b-4313-a7de-50f776d76559", "customer_created_at": "2026-11-28T01:08:15.804119+00:00", "subscriptions": [], "benefit_grants": [], "reason": "customer 822b698e-6e4b-4313-a7de-50f776d76559 was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted", "was": "received"}', '70d28388c436f5a65ea524507260a59d03337911627412a7febca04b7b6bff0b');
INSERT INTO public.evidence VALUES (16, 1, 6, '2026-11-28 01:09:21.442126+00', 'webhook.benefit_grant.revoked', 'webhook', 'deleted', '{"payload_digest": "9f934a2fce6e1050ea0102c96a195fd5fa5614fde5087b8e4fb0777fc795c54c", "id": "53bf7c2b-93dc-4f77-af65-75c97138f174", "is_granted": false}', 'e6b77b011b89fa9cd3914cde084d734c6b603f132aab3a710b75affc8c66239e');
INSERT INTO public.evidence VALUES (17, 1, 7, '2026-11-28 01:09:21.442126+00', 'webhook.subscription.updated', 'webhook', 'deleted', '{"payload_digest": "fa10f75affac87034213ad1f446ce8e7e1001d7072d2141a01f24961096ac0e5", "id": "e743a07d-e534-4d64-9372-a9f5c5ebf2f5", "status": "canceled"}', '9193d49c902216c941eef4a6d3a84a35c6143369f6b2ada7471f8aaeeea62edf');
INSERT INTO public.evidence VALUES (18, 1, 8, '2026-11-28 01:09:21.442126+00', 'webhook.subscription.canceled', 'webhook', 'deleted', '{"payload_digest": "d7009e7a470d2f824c546ed953c1005ee7f1a9846c2cabcb3b3eaaf83d44f4ec", "id": "e743a07d-e534-4d64-9372-a9f5c5ebf2f5", "status": "canceled"}', 'eed13e3a35711d73edd66c74c331d6f3863606f68f2662a50c0172fb17b2192e');
INSERT INTO public.evidence VALUES (19, 1, 9, '2026-11-28 01:09:21.442126+00', 'webhook.subscription.revoked', 'webhook', 'deleted', '{"payload_digest": "aa4f860529985f217ead712a28900bea04e860fc3b471b0a7fe5433f733fe000", "id": "e743a07d-e534-4d64-9372-a9f5c5ebf2f5", "status": "canceled"}', '85a8f97907e3267c475fbb1602444d70b69f9e93b0e14d08451080a9f0a2cb32');
INSERT INTO public.evidence VALUES (20, 1, 10, '2026-11-28 01:09:21.442126+00', 'webhook.customer.state_changed', 'webhook', 'deleted', '{"payload_digest": "11c8bf65aa952e460bef2d78393053549970b1314af88ddf64aba13f6577d02f", "id": "4d863eef-e860-4df4-84fd-2bbf5cdef3d8"}', 'd2d19b343075d5ce6eac3088f98fc10c290ee09f1c668501d1a2fe5faeff478a');
INSERT INTO public.evidence VALUES (21, 2, 5, '2026-11-28 01:09:21.442126+00', 'webhook.customer.deleted', 'webhook', 'deleted', '{"payload_digest": "d4b27f9fc9c3fc81fec516b20efec43f4d86546ead3b8e989a7790483b73dfeb", "id": "1b751de5-6a6a-40b5-b662-2503429243f7"}', '88ce260d2c08adac44141909e9136f56600304db20edb07eb3ac009ca2236257');
INSERT INTO public.evidence VALUES (22, 2, 6, '2026-11-28 01:09:21.442126+00', 'webhook.customer.state_changed', 'webhook', 'deleted', '{"payload_digest": "974a8268f9ff0a8e44e40e8a9600152484c28f4169049fedad5ba1a75680b42d", "id": "1b751de5-6a6a-40b5-b662-2503429243f7"}', '088755ec4c1697b7d564087579a6356b9226063dba9ceee0d2671f7e5c9878cb');
INSERT INTO public.evidence VALUES (23, 1, 11, '2026-11-28 01:09:21.442126+00', 'checked', 'webhook', 'verified', '{"was": "deleted", "by": "webhooks", "subscriptions": [{"id": "e743a07d-e534-4d64-9372-a9f5c5ebf2f5", "status": "canceled", "ended": true}], "benefit_grants": [{"id": "53bf7c2b-93dc-4f77-af65-75c97138f174", "is_granted": false}]}', 'b5842f16596f4ffe9e857fce63de02db45a78625956da6d7f2ccb3fc02c2a84a');
INSERT INTO public.evidence VALUES (24, 1, 12, '2026-11-28 01:09:21.442126+00', 'forgotten', 'worker', 'verified', '{}', '44e8dd444ee5e9331565064638732458070cf496821cd9f716ec86fbcbb8cfbd');
INSERT INTO public.evidence VALUES (25, 1, 13, '2026-11-28 01:09:21.557656+00', 'checked', 'api', 'verified', '{"by": "api", "subscriptions": [{"id": "e743a07d-e534-4d64-9372-a9f5c5ebf2f5", "status": "canceled", "ended": true}], "benefit_grants": [{"id": "53bf7c2b-93dc-4f77-af65-75c97138f174", "is_granted": false}]}', '7b3e145a16a951096fbfd744c54be8c7475f39ed1a20f30b5f29c82a39b0ad58');
INSERT INTO public.evidence VALUES (26, 2, 7, '2026-11-28 01:09:21.621786+00', 'checked', 'api', 'incomplete', '{"reason": "the customer is gone, but these are not: subscription ee14baff-5d17-47bc-812c-792c4e6c791f (paused); end them at Polar, then `polar-sync retry`", "was": "deleted", "by": "api", "subscriptions": [{"id": "ee14baff-5d17-47bc-812c-792c4e6c791f", "status": "paused", "ended": false}], "benefit_grants": []}', '890fab249cc3f8dc2352831fc9fc5e6ce9139c5720ce6862ee37b494e014dd8d');
INSERT INTO public.evidence VALUES (27, 6, 1, '2026-11-28 01:09:23.846341+00', 'event.received', 'app', 'received', '{"event_digest": "4014930def8834fbcfa6684c8b054941a3fcef9985934a69dae73546500204b8", "event_at": "2026-11-28T01:09:23.701725+00:00"}', '7cf766ffc148bb8ccebb852fa86f9ed3ab34f7c0104e4a4ad3798f746f24646d');
INSERT INTO public.evidence VALUES (28, 7, 1, '2026-11-28 01:09:24.000662+00', 'event.received', 'app', 'received', '{"event_digest": "4ffd24dcaee9749aa79ad2cb4d995942e658d3b07fcfc6cdf04f9da14ef8fc3f", "event_at": "2026-11-28T01:09:23.807814+00:00"}', '6729ec7355272a03483a4e3901b279bee726f64361fec52970ff7dc9fb49626d');
INSERT INTO public.evidence VALUES (29, 8, 1, '2026-11-28 01:09:24.000662+00', 'event.received', 'app', 'received', '{"event_digest": "472190739d23298be223c2a6bc58f71407412cd5d99fe318db285fdac66684a9", "event_at": "2026-11-28T01:09:23.898793+00:00"}', 'e9c54fbd203423c30f7d9cd7f05e6612e21cfc42fa95cf9f803e49b8950eda50');
INSERT INTO public.evidence VALUES (30, 2, 8, '2026-11-28 01:09:24.059399+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "ee14baff-5d17-47bc-812c-792c4e6c791f", "status": "paused", "ended": false}], "benefit_grants": []}', '58db12c7b24a1a4e55664c4bfa25c7ad5c6c510a233871d351541afac73a3c06');
INSERT INTO public.evidence VALUES (31, 6, 2, '2026-11-28 01:09:24.120633+00', 'customer.found', 'api', 'resolved', '{"customer_id": "3eb00265-7666-4a83-a672-6621e815e42a", "customer_created_at": "2026-10-29T01:09:15.795467+00:00", "subscriptions": [{"id": "4164dc8b-f833-4d6a-a37a-ca340eff23c8", "status": "active"}], "benefit_grants": [], "was": "received"}', 'a6694596a040413be76ca015ba0a1114d7a86d4e38db9e16c087c80308e47f61');
INSERT INTO public.evidence VALUES (32, 7, 2, '2026-11-28 01:09:24.188243+00', 'customer.found', 'api', 'resolved', '{"customer_id": "419669a0-45be-479e-a83e-7313abe29163", "customer_created_at": "2026-10-29T01:09:15.799839+00:00", "subscriptions": [{"id": "c0312090-175b-49c8-b648-399f67292905", "status": "active"}], "benefit_grants": [], "was": "received"}', '88615a673737d0adb86f8ad40f48b10b0fad4d6fb1570c5ca1cf1cf44b36c1cd');
INSERT INTO public.evidence VALUES (33, 8, 2, '2026-11-28 01:09:24.188243+00', 'customer.found', 'api', 'resolved', '{"customer_id": "0ab81ae1-ae32-4911-9a22-45db193a1803", "customer_created_at": "2026-10-29T01:09:15.802677+00:00", "subscriptions": [{"id": "4d36aa1a-c8bd-4d95-b1ab-52fe8e85d073", "status": "active"}], "benefit_grants": [], "was": "received"}', '98515ff7d3ae179d5876b3c320430c8f8d028c72b31dc7f3829d221274e1003b');
INSERT INTO public.evidence VALUES (34, 6, 3, '2026-11-28 01:09:24.231545+00', 'brake.tripped', 'worker', 'held', '{"reason": "the brake tripped: 2 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}', '39c6b9ec169ccce3c799f913f1e8ebe75cd6bdd9280f38b774c876762846dc26');
INSERT INTO public.evidence VALUES (35, 7, 3, '2026-11-28 01:09:24.247869+00', 'brake.tripped', 'worker', 'held', '{"reason": "the brake tripped: 2 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}', 'd655a2cfb516cec78711c4c1d54ec540951888d52868e1e56b7c4e2e08c365d2');
INSERT INTO public.evidence VALUES (36, 8, 3, '2026-11-28 01:09:24.258437+00', 'brake.tripped', 'worker', 'held', '{"reason": "the brake tripped: 2 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}', '5d49fce980777aea87e61b6fe9a59bd3e5c5c2cd2b7ee2699a5b5862e28b25f1');
INSERT INTO public.evidence VALUES (37, 2, 9, '2026-11-28 01:09:24.936381+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "ee14baff-5d17-47bc-812c-792c4e6c791f", "status": "paused", "ended": false}], "benefit_grants": []}', 'a4455c36fc9c6206eaf362f610e7a9c3d31d97ce9d7d85a0aea35cd604c6bb11');
INSERT INTO public.evidence VALUES (38, 8, 4, '2026-11-28 01:09:25.355772+00', 'canceled', 'operator', 'canceled', '{"was": "held"}', 'ec85efa308986e2ecf67d51565bc122fa4082f20ebcb4f46e4d05ca4bb0ea0bf');
INSERT INTO public.evidence VALUES (39, 2, 10, '2026-11-28 01:09:25.52744+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "ee14baff-5d17-47bc-812c-792c4e6c791f", "status": "paused", "ended": false}], "benefit_grants": []}', '7c828b87e141b8152d168f72aacce44940ff0a0ed5111c88458316aaf0b92a9a');
INSERT INTO public.evidence VALUES (40, 9, 1, '2026-11-28 01:09:28.448446+00', 'event.received', 'app', 'received', '{"event_digest": "e877de071ff171c6e7737df2a4b3be86aea87ee3e5b3cc96c05e9210213049a7", "event_at": "2026-11-28T01:09:28.358918+00:00"}', 'd06684b6b6c7bfa18c12dd36fe2869a76489d698ed1b26d6dc43b2e037f84e25');
INSERT INTO public.evidence VALUES (41, 2, 11, '2026-11-28 01:09:28.508936+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "ee14baff-5d17-47bc-812c-792c4e6c791f", "status": "paused", "ended": false}], "benefit_grants": []}', '4309fb2020531a1eca8a4b7a59ba551e3e53ed1004a0c13bde926934d303704f');
INSERT INTO public.evidence VALUES (42, 9, 2, '2026-11-28 01:09:28.556468+00', 'customer.found', 'api', 'resolved', '{"customer_id": "dfb51002-3425-4d94-ae7d-deb9100b90b8", "customer_created_at": "2026-10-29T01:09:15.773605+00:00", "subscriptions": [{"id": "dd7af724-74bf-4f91-a63c-bad3a0564d53", "status": "active"}], "benefit_grants": [], "was": "received"}', 'f571577e617ceafe64b9bc3f8adb24c5eda7d228250f17c6bb48a0be7ce152ae');
INSERT INTO public.evidence VALUES (43, 9, 3, '2026-11-28 01:09:28.594189+00', 'delete.sent', 'worker', 'deleting', '{"customer_id": "dfb51002-3425-4d94-ae7d-deb9100b90b8", "was": "resolved"}', 'db01d77b1f822b1eb8db176a33f4ccae03219f4227573c8e64da22a5f5fd3c4c');
INSERT INTO public.evidence VALUES (44, 10, 1, '2026-11-28 01:09:28.664924+00', 'event.received', 'app', 'received', '{"event_digest": "05babe03293e3f0c7802f9657b8435603aaaa7f6fdd540606e052c3bc5fb344b", "event_at": "2026-11-28T01:09:28.615392+00:00"}', '435d86dd00a502b68e0a8baa74bebfb35e6276eb6927c603e6931d50967444a1');
INSERT INTO public.evidence VALUES (45, 10, 2, '2026-11-28 01:09:28.742173+00', 'request.failed', 'api', 'blocked', '{"reason": "GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one", "was": "received"}', '9e489d855882c2b88495082d45489d6dd9734eed10fdc79a63cd376f3d336b76');
INSERT INTO public.inbox VALUES (2, 'app', 'msg_6e2378bae76a4b22beeed4e224d29c7b', '2026-11-28 01:09:20.68969+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383136302e363337323531312c202264617461223a207b22757365725f6964223a20227061757365642d31227d7d', '9ee1b470dcec75ba50b21535412bf5a4fae8012e45ce000662442db04216ab7a', 'applied', 'user.deleted', '2026-11-28 01:09:20.637251+00', NULL, 'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592', '2026-11-28 01:09:20.795303+00', NULL);
INSERT INTO public.inbox VALUES (3, 'app', 'msg_3389e6b37f0b4c1dbe9514fbca9a7314', '2026-11-28 01:09:20.777487+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383136302e373131353031312c202264617461223a207b22757365725f6964223a20226e6f626f64792d31227d7d', '6cddfe9a3d26449acfc28465df619aad79905fbba9b3e59189f5644e7ff61d56', 'applied', 'user.deleted', '2026-11-28 01:09:20.711501+00', NULL, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', '2026-11-28 01:09:20.795303+00', NULL);
INSERT INTO public.inbox VALUES (4, 'app', 'msg_75b16aa01e5f4b6d971846e80682f62f', '2026-11-28 01:09:20.850947+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a2022323032362d31312d32385430303a30393a32302e3738313533382b30303a3030222c202264617461223a207b22757365725f6964223a2022616761696e2d31227d7d', '1e08acf9e09a1e80633323128c48c06ef49926e64637b2fc26c620a7dbbca7f8', 'applied', 'user.deleted', '2026-11-28 00:09:20.781538+00', NULL, '3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0', '2026-11-28 01:09:20.954802+00', NULL);
INSERT INTO public.inbox VALUES (5, 'polar', 'msg_43066e4792cc4b3bb64513f20aaee3a4', '2026-11-28 01:09:20.920612+00', '\x6e6f204a534f4e', '29ecbeb830e3244605e5a88493e4088424a71780e5cf59bb3475f278f294335b', 'dead', NULL, NULL, NULL, NULL, '2026-11-28 01:09:20.954802+00', 'the body is not JSON');
INSERT INTO public.inbox VALUES (6, 'app', 'msg_used', '2026-11-28 01:09:21.00512+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383136302e393235333431312c202264617461223a207b22757365725f6964223a20226e6f626f64792d31227d7d', '44088e5289529f7e6e5970fbd9e1b2bdba6c2d21441180e9c4067fa8b5f640f9', 'applied', 'user.deleted', '2026-11-28 01:09:20.925341+00', NULL, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', '2026-11-28 01:09:21.16346+00', NULL);
INSERT INTO public.inbox VALUES (8, 'polar', '42bcb417-da76-4542-88b2-65541053979e', '2026-11-28 01:09:21.323627+00', NULL, '76c57747b53512ba088e03bc99131ffaadd90eaa9fe373c638cfcfbe0eefc796', 'applied', 'customer.deleted', '2026-11-28 01:09:21.047564+00', '4d863eef-e860-4df4-84fd-2bbf5cdef3d8', NULL, '2026-11-28 01:09:21.346297+00', NULL);
INSERT INTO public.inbox VALUES (9, 'polar', '4fab4386-e3b2-4d3f-8932-e367334e9f81', '2026-11-28 01:09:21.331338+00', NULL, '9a1d2d79b3a7e2ce1fe2cbf0272c0de3f923f00742fb04b6cec0b116fcd7d224', 'ignored', 'member.deleted', '2026-11-28 01:09:21.312051+00', '4d863eef-e860-4df4-84fd-2bbf5cdef3d8', NULL, '2026-11-28 01:09:21.346297+00', NULL);
INSERT INTO public.inbox VALUES (1, 'app', 'msg_b95451a3562f4364b8061c19493fe51a', '2026-11-28 01:09:20.63365+00', NULL, 'c1e44dbf711f04aa4d159fd996fc8fe0d6ea7a73bcf55a2303955d17ccf3c95c', 'applied', 'user.deleted', '2026-11-28 01:09:20.610741+00', NULL, 'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3', '2026-11-28 01:09:20.65518+00', NULL);
INSERT INTO public.inbox VALUES (27, 'polar', '27e3fddc-7bba-4e4a-9c04-5e61a5880a52', '2026-11-28 01:09:31.366572+00', '\x7b2274797065223a22637573746f6d65722e63726561746564222c2274696d657374616d70223a22323032362d31312d32385430313a30393a33312e3336323936375a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2235306362646566342d653738632d346463332d383764302d643830323932636234323761222c22637265617465645f6174223a22323032362d31312d32385430313a30393a33312e3336323837305a222c226d6f6469666965645f6174223a6e756c6c2c226d65746164617461223a7b7d2c2265787465726e616c5f6964223a226c6976696e672d32222c22656d61696c223a226c6976696e672d324070656f706c652e6578616d706c65222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a6e756c6c2c2262696c6c696e675f6e616d65223a6e756c6c2c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2239613862323331662d356561372d343135652d613336342d383837363365373564616638222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a6e756c6c2c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c7d7d', '25a8c6d4295ead41cdc049dace81da7b79e6d6392192df18397eba85c8cd5723', 'pending', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (28, 'polar', 'f6900b1a-c027-42e2-968c-93d233c6b073', '2026-11-28 01:09:31.373318+00', '\x7b2274797065223a226d656d6265722e63726561746564222c2274696d657374616d70223a22323032362d31312d32385430313a30393a33312e3336333132315a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2265386334343762372d663565612d346139322d396533382d666233396461316636393436222c22637265617465645f6174223a22323032362d31312d32385430313a30393a33312e3336323837305a222c226d6f6469666965645f6174223a6e756c6c2c22637573746f6d65725f6964223a2235306362646566342d653738632d346463332d383764302d643830323932636234323761222c22656d61696c223a226c6976696e672d324070656f706c652e6578616d706c65222c226e616d65223a6e756c6c2c2265787465726e616c5f6964223a6e756c6c2c22726f6c65223a226f776e6572227d7d', 'ae6c655b5fd1c2f4b0278ae4cdf563e0dbb3d0528ba57a1d980a875394c9b4c7', 'pending', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (29, 'polar', 'f7fb6be9-ebe3-4afd-9999-bd9da2975577', '2026-11-28 01:09:31.395473+00', '\x7b2274797065223a22637573746f6d65722e73746174655f6368616e676564222c2274696d657374616d70223a22323032362d31312d32385430313a30393a33312e3339333337315a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2235306362646566342d653738632d346463332d383764302d643830323932636234323761222c22637265617465645f6174223a22323032362d31312d32385430313a30393a33312e3336323837305a222c226d6f6469666965645f6174223a6e756c6c2c226d65746164617461223a7b7d2c2265787465726e616c5f6964223a226c6976696e672d32222c22656d61696c223a226c6976696e672d324070656f706c652e6578616d706c65222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a6e756c6c2c2262696c6c696e675f6e616d65223a6e756c6c2c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2239613862323331662d356561372d343135652d613336342d383837363365373564616638222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a6e756c6c2c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c2c226163746976655f737562736372697074696f6e73223a5b5d2c226772616e7465645f62656e6566697473223a5b5d2c226163746976655f6d6574657273223a5b5d7d7d', '26a8861232d212d4464e42d32d9cd6faeab0a7cc14f7479e8c6955f86c89ff24', 'pending', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (15, 'polar', 'e72a9e7e-929b-41bd-b7dd-875598349b96', '2026-11-28 01:09:21.398647+00', '\x7b2274797065223a22637573746f6d65722e64656c65746564222c2274696d657374616d70223a22323032362d31312d32385430313a30393a32312e3331333933385a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2231623735316465352d366136612d343062352d623636322d323530333432393234336637222c22637265617465645f6174223a22323032362d31302d32395430313a30393a31352e3739333831375a222c226d6f6469666965645f6174223a22323032362d31312d32385430313a30393a32312e3331333837305a222c226d65746164617461223a7b225f5f65787465726e616c5f6964223a227061757365642d31222c225f5f616e6f6e796d697a65645f6174223a22323032362d31312d32385430313a30393a32312e3331333837302b30303a3030227d2c2265787465726e616c5f6964223a227061757365642d31222c22656d61696c223a226162613236316164303030663033336136636630616161656538306438386137626465386439363364336331623062396230353232333439326561316265666240616e6f6e796d697a65642e696e76616c6964222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f6e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2239613862323331662d356561372d343135652d613336342d383837363365373564616638222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a22323032362d31312d32385430313a30393a32312e3331333837305a222c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c7d7d', 'd4b27f9fc9c3fc81fec516b20efec43f4d86546ead3b8e989a7790483b73dfeb', 'applied', 'customer.deleted', '2026-11-28 01:09:21.313938+00', '1b751de5-6a6a-40b5-b662-2503429243f7', NULL, '2026-11-28 01:09:21.442126+00', NULL);
INSERT INTO public.inbox VALUES (16, 'polar', 'ced96a65-a98b-462c-a26c-54eaee5c1d45', '2026-11-28 01:09:21.407869+00', '\x7b2274797065223a22637573746f6d65722e73746174655f6368616e676564222c2274696d657374616d70223a22323032362d31312d32385430313a30393a32312e3334393030395a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2231623735316465352d366136612d343062352d623636322d323530333432393234336637222c22637265617465645f6174223a22323032362d31302d32395430313a30393a31352e3739333831375a222c226d6f6469666965645f6174223a22323032362d31312d32385430313a30393a32312e3331333837305a222c226d65746164617461223a7b225f5f65787465726e616c5f6964223a227061757365642d31222c225f5f616e6f6e796d697a65645f6174223a22323032362d31312d32385430313a30393a32312e3331333837302b30303a3030227d2c2265787465726e616c5f6964223a227061757365642d31222c22656d61696c223a226162613236316164303030663033336136636630616161656538306438386137626465386439363364336331623062396230353232333439326561316265666240616e6f6e796d697a65642e696e76616c6964222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f6e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2239613862323331662d356561372d343135652d613336342d383837363365373564616638222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a22323032362d31312d32385430313a30393a32312e3331333837305a222c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c2c226163746976655f737562736372697074696f6e73223a5b5d2c226772616e7465645f62656e6566697473223a5b5d2c226163746976655f6d6574657273223a5b5d7d7d', '974a8268f9ff0a8e44e40e8a9600152484c28f4169049fedad5ba1a75680b42d', 'applied', 'customer.state_changed', '2026-11-28 01:09:21.349009+00', '1b751de5-6a6a-40b5-b662-2503429243f7', NULL, '2026-11-28 01:09:21.442126+00', NULL);
INSERT INTO public.inbox VALUES (17, 'polar', '04bc6b3b-e631-40ba-8634-4074e6aadf35', '2026-11-28 01:09:21.416039+00', NULL, 'f0f9587b04137f52c83c5904efef17490e75b49da1b550fbd7aba562fb124b01', 'ignored', 'member.deleted', '2026-11-28 01:09:21.35486+00', '1b751de5-6a6a-40b5-b662-2503429243f7', NULL, '2026-11-28 01:09:21.442126+00', NULL);
INSERT INTO public.inbox VALUES (10, 'polar', '612d4253-8f94-4701-bb2b-d3574b5ef916', '2026-11-28 01:09:21.351122+00', NULL, '9f934a2fce6e1050ea0102c96a195fd5fa5614fde5087b8e4fb0777fc795c54c', 'applied', 'benefit_grant.revoked', '2026-11-28 01:09:21.312184+00', '4d863eef-e860-4df4-84fd-2bbf5cdef3d8', NULL, '2026-11-28 01:09:21.442126+00', NULL);
INSERT INTO public.inbox VALUES (11, 'polar', '5faf53f2-897e-4217-8682-47d4d6bcbc51', '2026-11-28 01:09:21.366346+00', NULL, 'fa10f75affac87034213ad1f446ce8e7e1001d7072d2141a01f24961096ac0e5', 'applied', 'subscription.updated', '2026-11-28 01:09:21.312553+00', '4d863eef-e860-4df4-84fd-2bbf5cdef3d8', NULL, '2026-11-28 01:09:21.442126+00', NULL);
INSERT INTO public.inbox VALUES (12, 'polar', 'a175698f-b05f-4597-afd4-2db3f69e6b1d', '2026-11-28 01:09:21.374298+00', NULL, 'd7009e7a470d2f824c546ed953c1005ee7f1a9846c2cabcb3b3eaaf83d44f4ec', 'applied', 'subscription.canceled', '2026-11-28 01:09:21.312635+00', '4d863eef-e860-4df4-84fd-2bbf5cdef3d8', NULL, '2026-11-28 01:09:21.442126+00', NULL);
INSERT INTO public.inbox VALUES (13, 'polar', '787cfa63-7788-4ccd-bc10-9675b436206b', '2026-11-28 01:09:21.381328+00', NULL, 'aa4f860529985f217ead712a28900bea04e860fc3b471b0a7fe5433f733fe000', 'applied', 'subscription.revoked', '2026-11-28 01:09:21.312878+00', '4d863eef-e860-4df4-84fd-2bbf5cdef3d8', NULL, '2026-11-28 01:09:21.442126+00', NULL);
INSERT INTO public.inbox VALUES (14, 'polar', 'b52df9ce-1864-4814-a8ca-84d26c4d31a4', '2026-11-28 01:09:21.393053+00', NULL, '11c8bf65aa952e460bef2d78393053549970b1314af88ddf64aba13f6577d02f', 'applied', 'customer.state_changed', '2026-11-28 01:09:21.313088+00', '4d863eef-e860-4df4-84fd-2bbf5cdef3d8', NULL, '2026-11-28 01:09:21.442126+00', NULL);
INSERT INTO public.inbox VALUES (18, 'app', 'msg_30e9fbf2ad344a8b92eb0d7d8e20e338', '2026-11-28 01:09:23.795528+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383136332e373031373235322c202264617461223a207b22757365725f6964223a202268656c642d31227d7d', '4014930def8834fbcfa6684c8b054941a3fcef9985934a69dae73546500204b8', 'applied', 'user.deleted', '2026-11-28 01:09:23.701725+00', NULL, 'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52', '2026-11-28 01:09:23.846341+00', NULL);
INSERT INTO public.inbox VALUES (19, 'app', 'msg_1b0a457ecd29468e87e865eb1c39ed4b', '2026-11-28 01:09:23.886634+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383136332e3830373831342c202264617461223a207b22757365725f6964223a202268656c642d32227d7d', '4ffd24dcaee9749aa79ad2cb4d995942e658d3b07fcfc6cdf04f9da14ef8fc3f', 'applied', 'user.deleted', '2026-11-28 01:09:23.807814+00', NULL, '4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44', '2026-11-28 01:09:24.000662+00', NULL);
INSERT INTO public.inbox VALUES (20, 'app', 'msg_096ab91cdd6f44689a57d3c72e2cb50d', '2026-11-28 01:09:23.971627+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383136332e383938373933322c202264617461223a207b22757365725f6964223a202268656c642d33227d7d', '472190739d23298be223c2a6bc58f71407412cd5d99fe318db285fdac66684a9', 'applied', 'user.deleted', '2026-11-28 01:09:23.898793+00', NULL, 'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017', '2026-11-28 01:09:24.000662+00', NULL);
INSERT INTO public.inbox VALUES (21, 'app', 'msg_1e021fabb15d4ca8bb7337ce8fca364d', '2026-11-28 01:09:28.421721+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383136382e333538393137372c202264617461223a207b22757365725f6964223a202264656c6574696e672d31227d7d', 'e877de071ff171c6e7737df2a4b3be86aea87ee3e5b3cc96c05e9210213049a7', 'applied', 'user.deleted', '2026-11-28 01:09:28.358918+00', NULL, '350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb', '2026-11-28 01:09:28.448446+00', NULL);
INSERT INTO public.inbox VALUES (22, 'app', 'msg_453d8128f6234f8cad682ca7d9752218', '2026-11-28 01:09:28.650628+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383136382e363135333931352c202264617461223a207b22757365725f6964223a2022626c6f636b65642d31227d7d', '05babe03293e3f0c7802f9657b8435603aaaa7f6fdd540606e052c3bc5fb344b', 'applied', 'user.deleted', '2026-11-28 01:09:28.615392+00', NULL, '6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0', '2026-11-28 01:09:28.664924+00', NULL);
INSERT INTO public.inbox VALUES (23, 'app', 'msg_aee75d71ce35416dabd097db66e65369', '2026-11-28 01:09:28.717723+00', NULL, 'a2502e593e5cf33b2668f5c23ff11881b544fcba73a39c80ce68ac2bcb0c6d35', 'ignored', 'user.updated', NULL, NULL, NULL, '2026-11-28 01:09:28.717723+00', NULL);
INSERT INTO public.inbox VALUES (24, 'app', 'msg_542863c179fd49e6a4f5dcc35f429aae', '2026-11-28 01:09:31.268626+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383137312e323233313230372c202264617461223a207b22757365725f6964223a202270656e64696e672d31227d7d', 'ff453dd2e2cc261b71b834b639e9d177ef128b0d23e981d0c63a8662ce7fefba', 'pending', 'user.deleted', '2026-11-28 01:09:31.223121+00', NULL, '34f5e4d50c2ef4d4a5cce3613c31338e69fb68140bc5df6d51e0475989639c00', NULL, NULL);
INSERT INTO public.inbox VALUES (25, 'app', 'msg_ef9ddc75d9c44e6586736578c5fcea6a', '2026-11-28 01:09:31.314881+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383137312e3237313539342c202264617461223a207b22757365725f6964223a202270656e64696e672d6e6f626f6479227d7d', 'a1eda04eedea20e4622ef8da7e774e4be18fa4afc306a6c40ca674a86d65a04f', 'pending', 'user.deleted', '2026-11-28 01:09:31.271594+00', NULL, '538d011938dd4a76d67386aefc4cd46ebbca8ca7e936a61784a8ba9c12bf77a0', NULL, NULL);
INSERT INTO public.inbox VALUES (26, 'app', 'msg_10e177fbeeac4c36b3e4e89a11195008', '2026-11-28 01:09:31.36019+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383137312e333231383038332c202264617461223a207b22757365725f6964223a2022757365722d6d6170706564227d7d', '4f70eabc00867ed41624087f41e079499821867c7e85547a7e7fd0feb44c67dd', 'pending', 'user.deleted', '2026-11-28 01:09:31.321808+00', NULL, '21e5d13a48c91f644ebd083c9c6e3ab89adb5b7cf6ef06eae0d08b47752cdfeb', NULL, NULL);
INSERT INTO public.mapping VALUES ('user-mapped', 'mapped-1', NULL, '2026-11-28 01:09:18.053592+00');
INSERT INTO public.meta VALUES ('hash_key_check', '536b22fac0180a4352845183b5f1dcc793876170486e9e88d464f31afa2d48c0');
INSERT INTO public.meta VALUES ('organization_id', '9a8b231f-5ea7-415e-a364-88763e75daf8');
INSERT INTO public.reconciliation VALUES (1, NULL, NULL, NULL, '2026-11-28 01:09:17.077767+00');
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:15.787828+00', '2026-11-28 01:09:16.964867+00', '', 'api', '2026-11-28 01:09:17.006518+00', '6ea84cea-0a73-48ca-a232-1ba2fb126dd2', '3f456b5f-2383-4f13-a56d-c4036a10ab3f', '2026-10-29 01:09:15.787828+00', 'active', 'a30ee01e-ad13-4b91-9472-67d236dc128e', 1000, 'usd', 'month', '2026-11-28 01:09:15.787828+00', false, NULL, NULL, NULL, '2026-10-29 01:09:15.787828+00');
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:15.785798+00', '2026-11-28 01:09:16.964867+00', '', 'api', '2026-11-28 01:09:17.006518+00', 'e28a9ea6-828f-4292-8315-d88d00cea56c', 'dd851098-fb2f-4a6c-ba23-c9d5a93c0f1b', '2026-10-29 01:09:15.785798+00', 'active', 'a30ee01e-ad13-4b91-9472-67d236dc128e', 1000, 'usd', 'month', '2026-11-28 01:09:15.785798+00', false, NULL, NULL, NULL, '2026-10-29 01:09:15.785798+00');
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:15.782799+00', '2026-11-28 01:09:16.964867+00', '', 'api', '2026-11-28 01:09:17.006518+00', '3a7c01a1-0c59-406c-adf1-2bcb08adef69', 'd642101b-41d2-4f95-8644-753e723b4f42', '2026-10-29 01:09:15.782799+00', 'active', 'a30ee01e-ad13-4b91-9472-67d236dc128e', 1000, 'usd', 'month', '2026-11-28 01:09:15.782799+00', false, NULL, NULL, NULL, '2026-10-29 01:09:15.782799+00');
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:15.778708+00', '2026-11-28 01:09:16.964867+00', '', 'api', '2026-11-28 01:09:17.006518+00', 'aff8585d-a8c3-4d09-b1cc-20131224bfc7', 'fda6eea6-ca64-462e-8e5d-19d67cf5c977', '2026-10-29 01:09:15.778708+00', 'active', 'a30ee01e-ad13-4b91-9472-67d236dc128e', 1000, 'usd', 'month', '2026-11-28 01:09:15.778708+00', false, NULL, NULL, NULL, '2026-10-29 01:09:15.778708+00');
INSERT INTO public.subscription VALUES ('2026-11-28 01:09:21.312479+00', '2026-11-28 01:09:21.400343+00', '', 'api', '2026-11-28 01:09:21.41644+00', 'e743a07d-e534-4d64-9372-a9f5c5ebf2f5', '4d863eef-e860-4df4-84fd-2bbf5cdef3d8', '2026-10-29 01:09:15.791508+00', 'canceled', 'a30ee01e-ad13-4b91-9472-67d236dc128e', 1000, 'usd', 'month', '2026-11-28 01:09:15.791508+00', false, '2026-11-28 01:09:21.312479+00', '2026-11-28 01:09:21.312479+00', '2026-11-28 01:09:21.312479+00', '2026-10-29 01:09:15.791508+00');
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:15.795467+00', '2026-11-28 01:09:24.093947+00', '', 'api', '2026-11-28 01:09:24.120633+00', '4164dc8b-f833-4d6a-a37a-ca340eff23c8', '3eb00265-7666-4a83-a672-6621e815e42a', '2026-10-29 01:09:15.795467+00', 'active', 'a30ee01e-ad13-4b91-9472-67d236dc128e', 1000, 'usd', 'month', '2026-11-28 01:09:15.795467+00', false, NULL, NULL, NULL, '2026-10-29 01:09:15.795467+00');
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:15.802677+00', '2026-11-28 01:09:24.179272+00', '', 'api', '2026-11-28 01:09:24.188243+00', '4d36aa1a-c8bd-4d95-b1ab-52fe8e85d073', '0ab81ae1-ae32-4911-9a22-45db193a1803', '2026-10-29 01:09:15.802677+00', 'active', 'a30ee01e-ad13-4b91-9472-67d236dc128e', 1000, 'usd', 'month', '2026-11-28 01:09:15.802677+00', false, NULL, NULL, NULL, '2026-10-29 01:09:15.802677+00');
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:15.799839+00', '2026-11-28 01:09:24.179272+00', '', 'api', '2026-11-28 01:09:24.188243+00', 'c0312090-175b-49c8-b648-399f67292905', '419669a0-45be-479e-a83e-7313abe29163', '2026-10-29 01:09:15.799839+00', 'active', 'a30ee01e-ad13-4b91-9472-67d236dc128e', 1000, 'usd', 'month', '2026-11-28 01:09:15.799839+00', false, NULL, NULL, NULL, '2026-10-29 01:09:15.799839+00');
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:15.793817+00', '2026-11-28 01:09:28.365922+00', '', 'api', '2026-11-28 01:09:28.475729+00', 'ee14baff-5d17-47bc-812c-792c4e6c791f', '1b751de5-6a6a-40b5-b662-2503429243f7', '2026-10-29 01:09:15.793817+00', 'paused', 'a30ee01e-ad13-4b91-9472-67d236dc128e', 1000, 'usd', 'month', '2026-11-28 01:09:15.793817+00', false, NULL, NULL, NULL, '2026-10-29 01:09:15.793817+00');
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:15.773605+00', '2026-11-28 01:09:28.535862+00', '', 'api', '2026-11-28 01:09:28.556468+00', 'dd7af724-74bf-4f91-a63c-bad3a0564d53', 'dfb51002-3425-4d94-ae7d-deb9100b90b8', '2026-10-29 01:09:15.773605+00', 'active', 'a30ee01e-ad13-4b91-9472-67d236dc128e', 1000, 'usd', 'month', '2026-11-28 01:09:15.773605+00', false, NULL, NULL, NULL, '2026-10-29 01:09:15.773605+00');
SELECT pg_catalog.setval('public.budget_id_seq', 1, false);
SELECT pg_catalog.setval('public.deletion_id_seq', 10, true);
SELECT pg_catalog.setval('public.evidence_id_seq', 45, true);
SELECT pg_catalog.setval('public.inbox_id_seq', 29, true);
SELECT pg_catalog.setval('public.reconciliation_id_seq', 1, false);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.benefit_grant
    ADD CONSTRAINT benefit_grant_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.budget
    ADD CONSTRAINT budget_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.customer
    ADD CONSTRAINT customer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.deletion
    ADD CONSTRAINT deletion_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_deletion_id_seq_key UNIQUE (deletion_id, seq);
ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_source_webhook_id_key UNIQUE (source, webhook_id);
ALTER TABLE ONLY public.mapping
    ADD CONSTRAINT mapping_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.reconciliation
    ADD CONSTRAINT reconciliation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (id);
CREATE INDEX ix_benefit_grant_created_at ON public.benefit_grant USING btree (created_at);
CREATE INDEX ix_benefit_grant_customer_id ON public.benefit_grant USING btree (customer_id);
CREATE INDEX ix_customer_created_at ON public.customer USING btree (created_at);
CREATE INDEX ix_customer_external_id ON public.customer USING btree (external_id);
CREATE INDEX ix_deletion_customer_id ON public.deletion USING btree (customer_id);
CREATE INDEX ix_deletion_delete_sent_at ON public.deletion USING btree (delete_sent_at);
CREATE INDEX ix_deletion_due ON public.deletion USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);
CREATE INDEX ix_deletion_external_hash ON public.deletion USING btree (external_hash);
CREATE INDEX ix_deletion_removable ON public.deletion USING btree (state, ended_at) WHERE ((state)::text = ANY ((ARRAY['verified'::character varying, 'no_customer'::character varying, 'canceled'::character varying])::text[]));
CREATE INDEX ix_deletion_state ON public.deletion USING btree (state);
CREATE INDEX ix_deletion_user_hash ON public.deletion USING btree (user_hash);
CREATE INDEX ix_inbox_customer_id ON public.inbox USING btree (customer_id);
CREATE INDEX ix_inbox_open ON public.inbox USING btree (status, id) WHERE ((status)::text = ANY ((ARRAY['pending'::character varying, 'dead'::character varying])::text[]));
CREATE INDEX ix_inbox_payload ON public.inbox USING btree (applied_at) WHERE (((status)::text = 'applied'::text) AND (body IS NOT NULL));
CREATE INDEX ix_inbox_user_hash ON public.inbox USING btree (user_hash);
CREATE INDEX ix_subscription_customer_id ON public.subscription USING btree (customer_id);
CREATE INDEX ix_subscription_started_at ON public.subscription USING btree (started_at);
