-- {"organization_id": "5db53629-2fdc-41df-9cd4-8c5d11118951", "customers": [{"id": "9663e2a6-af21-4743-ba72-33ce4deacc1e", "external_id": "living-2", "email": "living-2@people.example", "name": null, "created_at": "2026-11-28T01:10:19.606271Z", "subscriptions": [], "members": []}, {"id": "24bdfad6-2197-4edb-be45-243b5e33bffa", "external_id": "again-1", "email": "again-1@people.example", "name": "Somebody again-1", "created_at": "2026-11-28T01:08:58.587572Z", "subscriptions": [], "members": []}, {"id": "5eed3195-6a82-4605-b044-ff35f56fd298", "external_id": "team-1", "email": "team-1@people.example", "name": "Somebody team-1", "created_at": "2026-10-29T01:09:58.590349Z", "subscriptions": [{"id": "0fd35b4f-f40b-4261-9044-7c7b21dd442e", "status": "active"}], "members": []}, {"id": "6e285049-2a5c-4dc1-a3f9-53ba5b2c744e", "external_id": "held-3", "email": "held-3@people.example", "name": "Somebody held-3", "created_at": "2026-10-29T01:09:58.585804Z", "subscriptions": [{"id": "de165dcc-3d23-4cc1-aeb3-8d42c67cf9c8", "status": "active"}], "members": []}, {"id": "67d64331-2a80-4b31-b488-488d1040e106", "external_id": "held-2", "email": "held-2@people.example", "name": "Somebody held-2", "created_at": "2026-10-29T01:09:58.584174Z", "subscriptions": [{"id": "2f414356-1351-4cd9-b5a3-554b3a675ea4", "status": "active"}], "members": []}, {"id": "718c4185-418c-4260-852e-60a80c85a0f5", "external_id": "held-1", "email": "held-1@people.example", "name": "Somebody held-1", "created_at": "2026-10-29T01:09:58.578945Z", "subscriptions": [{"id": "54b01221-f302-4fb8-9f6f-edcd4e1af701", "status": "active"}], "members": []}, {"id": "c26f0461-f97e-4c15-8d30-dacf1b0c28ac", "external_id": "living-1", "email": "living-1@people.example", "name": "Somebody living-1", "created_at": "2026-10-29T01:09:58.537459Z", "subscriptions": [{"id": "73edb5ea-e677-4ee2-8408-5ba9718988bb", "status": "active"}], "members": []}, {"id": "4b55e730-dc2d-4f2c-bd8b-2a1ba03d7f10", "external_id": "pending-1", "email": "pending-1@people.example", "name": "Somebody pending-1", "created_at": "2026-10-29T01:09:58.536393Z", "subscriptions": [{"id": "f5ecdb54-38fe-4bf4-914c-575d97e75c51", "status": "active"}], "members": []}, {"id": "58ad8dae-be88-41e9-a523-442b842ba431", "external_id": "mapped-1", "email": "mapped-1@people.example", "name": "Somebody mapped-1", "created_at": "2026-10-29T01:09:58.535270Z", "subscriptions": [{"id": "6b34c4bf-6946-4a28-8b07-e84fca6446c5", "status": "active"}], "members": []}, {"id": "bd05655b-1f2d-4354-9dd7-c9f3c877cb1b", "external_id": "blocked-1", "email": "blocked-1@people.example", "name": "Somebody blocked-1", "created_at": "2026-10-29T01:09:58.533868Z", "subscriptions": [{"id": "dcbdf570-1955-40b5-ba56-42182b8ea2a8", "status": "active"}], "members": []}]}
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
CREATE TABLE public.customer_seat (
    version_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    digest character varying NOT NULL,
    written_by character varying NOT NULL,
    written_at timestamp with time zone NOT NULL,
    id character varying NOT NULL,
    customer_id character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    status character varying NOT NULL,
    subscription_id character varying,
    member_id character varying
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
    lease_until timestamp with time zone,
    by_external_id boolean DEFAULT false NOT NULL,
    sent_by_external_id_at timestamp with time zone,
    on_its_way_until timestamp with time zone,
    memberships_left integer DEFAULT 0 NOT NULL,
    others integer
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
    error character varying,
    member_id character varying
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
CREATE TABLE public.member (
    version_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    digest character varying NOT NULL,
    written_by character varying NOT NULL,
    written_at timestamp with time zone NOT NULL,
    id character varying NOT NULL,
    customer_id character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    role character varying NOT NULL,
    external_id character varying,
    deleted_at timestamp with time zone,
    forgotten_at timestamp with time zone
);
CREATE TABLE public.membership (
    deletion_id bigint NOT NULL,
    member_id character varying NOT NULL,
    customer_id character varying NOT NULL,
    found_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    kept boolean NOT NULL,
    problem character varying,
    seats json NOT NULL
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
    started_at timestamp with time zone,
    seats integer
);
ALTER TABLE ONLY public.budget ALTER COLUMN id SET DEFAULT nextval('public.budget_id_seq'::regclass);
ALTER TABLE ONLY public.deletion ALTER COLUMN id SET DEFAULT nextval('public.deletion_id_seq'::regclass);
ALTER TABLE ONLY public.evidence ALTER COLUMN id SET DEFAULT nextval('public.evidence_id_seq'::regclass);
ALTER TABLE ONLY public.inbox ALTER COLUMN id SET DEFAULT nextval('public.inbox_id_seq'::regclass);
ALTER TABLE ONLY public.reconciliation ALTER COLUMN id SET DEFAULT nextval('public.reconciliation_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0005');
INSERT INTO public.benefit_grant VALUES ('2026-11-28 01:10:04.201992+00', '2026-11-28 01:10:04.202067+00', '09423eb2c7d5167f8346f63a24c84a7ef43cdc7b55ee57fac2f0149ac199b0e5', 'benefit_grant.revoked', '2026-11-28 01:10:04.336216+00', '30a1f578-6a36-4980-b3df-b2e3845daf06', '30378250-dedd-4bcc-b0c4-21a725118261', '73272a9e-079f-4005-87f7-6260781ed245', '2026-10-29 01:09:58.538338+00', false, '2026-10-29 01:09:58.538338+00', '2026-11-28 01:10:04.201992+00');
INSERT INTO public.budget VALUES (1, '2026-11-28 01:10:15.719584+00', '1970-01-01 00:00:00+00');
INSERT INTO public.customer VALUES ('2026-10-29 01:09:58.537459+00', '2026-11-28 01:09:59.679214+00', '', 'api', '2026-11-28 01:09:59.741016+00', 'c26f0461-f97e-4c15-8d30-dacf1b0c28ac', '2026-10-29 01:09:58.537459+00', NULL, 'living-1', 'living-1@people.example', 'Somebody living-1', 'Somebody living-1', '{"line1": "1 living-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:58.536393+00', '2026-11-28 01:09:59.679214+00', '', 'api', '2026-11-28 01:09:59.741016+00', '4b55e730-dc2d-4f2c-bd8b-2a1ba03d7f10', '2026-10-29 01:09:58.536393+00', NULL, 'pending-1', 'pending-1@people.example', 'Somebody pending-1', 'Somebody pending-1', '{"line1": "1 pending-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:58.53527+00', '2026-11-28 01:09:59.679214+00', '', 'api', '2026-11-28 01:09:59.741016+00', '58ad8dae-be88-41e9-a523-442b842ba431', '2026-10-29 01:09:58.53527+00', NULL, 'mapped-1', 'mapped-1@people.example', 'Somebody mapped-1', 'Somebody mapped-1', '{"line1": "1 mapped-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:58.533868+00', '2026-11-28 01:09:59.679214+00', '', 'api', '2026-11-28 01:09:59.741016+00', 'bd05655b-1f2d-4354-9dd7-c9f3c877cb1b', '2026-10-29 01:09:58.533868+00', NULL, 'blocked-1', 'blocked-1@people.example', 'Somebody blocked-1', 'Somebody blocked-1', '{"line1": "1 blocked-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-11-28 01:08:58.587572+00', '2026-11-28 01:10:03.976662+00', '', 'api', '2026-11-28 01:10:04.259535+00', '24bdfad6-2197-4edb-be45-243b5e33bffa', '2026-11-28 01:08:58.587572+00', NULL, 'again-1', 'again-1@people.example', 'Somebody again-1', 'Somebody again-1', '{"line1": "1 again-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:58.590349+00', '2026-11-28 01:10:03.977597+00', '', 'api', '2026-11-28 01:10:04.259535+00', '5eed3195-6a82-4605-b044-ff35f56fd298', '2026-10-29 01:09:58.590349+00', NULL, 'team-1', 'team-1@people.example', 'Somebody team-1', 'Somebody team-1', '{"line1": "1 team-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-11-28 01:10:04.217292+00', '2026-11-28 01:10:04.217521+00', 'cba9349662ca6589bfd47ee42addd106e3f4eac10a03625570610c4a7f56d050', 'customer.state_changed', '2026-11-28 01:10:04.494549+00', '748883c0-8f08-4314-b07f-b25e4da84319', '2026-10-29 01:09:58.539339+00', '2026-11-28 01:10:04.217292+00', 'paused-1', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:10:04.217521+00', 0, NULL);
INSERT INTO public.customer VALUES ('2026-11-28 01:10:04.05228+00', '2026-11-28 01:10:04.230476+00', 'f3fa922da3302f8603d6d271f9200ea5f91b461e8b2f3c78975a7ceed2c105b8', 'customer.state_changed', '2026-11-28 01:10:04.494549+00', '30378250-dedd-4bcc-b0c4-21a725118261', '2026-10-29 01:09:58.538338+00', '2026-11-28 01:10:04.05228+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:10:04.230476+00', 0, '2026-11-28 01:10:04.494549+00');
INSERT INTO public.customer VALUES ('2026-10-29 01:09:58.578945+00', '2026-11-28 01:10:08.201847+00', '', 'api', '2026-11-28 01:10:08.34302+00', '718c4185-418c-4260-852e-60a80c85a0f5', '2026-10-29 01:09:58.578945+00', NULL, 'held-1', 'held-1@people.example', 'Somebody held-1', 'Somebody held-1', '{"line1": "1 held-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:58.585804+00', '2026-11-28 01:10:08.443192+00', '', 'api', '2026-11-28 01:10:08.52141+00', '6e285049-2a5c-4dc1-a3f9-53ba5b2c744e', '2026-10-29 01:09:58.585804+00', NULL, 'held-3', 'held-3@people.example', 'Somebody held-3', 'Somebody held-3', '{"line1": "1 held-3 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:58.584174+00', '2026-11-28 01:10:08.439675+00', '', 'api', '2026-11-28 01:10:08.52141+00', '67d64331-2a80-4b31-b488-488d1040e106', '2026-10-29 01:09:58.584174+00', NULL, 'held-2', 'held-2@people.example', 'Somebody held-2', 'Somebody held-2', '{"line1": "1 held-2 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.customer VALUES ('2026-10-29 01:09:58.53134+00', '2026-11-28 01:10:15.073095+00', '', 'api', '2026-11-28 01:10:15.194576+00', '42bcbfab-543e-4d0d-82b2-eabfb987c936', '2026-10-29 01:09:58.53134+00', NULL, 'deleting-1', 'deleting-1@people.example', 'Somebody deleting-1', 'Somebody deleting-1', '{"line1": "1 deleting-1 street", "line2": null, "postal_code": null, "city": null, "state": null, "country": "FR"}', NULL, '{}', NULL, NULL, NULL);
INSERT INTO public.deletion VALUES (6, '12f0798884d2cf0740b61e8541e3030ae599e6499bcd9169626c23a30b3429d1', NULL, NULL, '987fd74c1af61158c99e81454c57765ea0a8958bb0e2fe5b8dfc911a04648718', NULL, '2026-11-28 01:10:03.739473+00', '2026-11-28 01:10:03.94187+00', 'verified', NULL, NULL, false, NULL, NULL, NULL, NULL, '2026-11-28 01:10:04.450525+00', '2026-11-28 01:10:04.450525+00', '2026-11-28 01:10:04.675163+00', '2026-11-28 01:10:04.675163+00', 0, NULL, 0, NULL, NULL, false, NULL, NULL, 0, NULL);
INSERT INTO public.deletion VALUES (7, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', 'nobody-1', 'nobody-1', 'df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560', NULL, '2026-11-28 01:10:03.952785+00', '2026-11-28 01:10:04.062255+00', 'no_customer', NULL, 'Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:09:59+00:00)', false, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:10:04.432805+00', NULL, 0, '2026-12-05 01:10:04.432805+00', 0, NULL, NULL, false, NULL, NULL, 0, NULL);
INSERT INTO public.deletion VALUES (3, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', 'nobody-1', 'nobody-1', 'df9b3c76338e4f699d678dfbaf29afece87ee25409fb56591a9b48fd46854560', NULL, '2026-11-28 01:10:03.455776+00', '2026-11-28 01:10:03.527884+00', 'no_customer', NULL, 'Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:09:59+00:00)', false, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:10:03.965679+00', NULL, 0, '2026-12-05 01:10:03.965679+00', 0, NULL, NULL, false, NULL, NULL, 0, NULL);
INSERT INTO public.deletion VALUES (8, 'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52', 'held-1', 'held-1', '3f9651e99ccac428f66f1df17c5c876a26975d9e33129bb242dba1e2e478ec83', NULL, '2026-11-28 01:10:07.816665+00', '2026-11-28 01:10:08.017301+00', 'held', 'resolved', 'the brake tripped: 3 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`', false, '718c4185-418c-4260-852e-60a80c85a0f5', '2026-10-29 01:09:58.578945+00', '2026-11-28 01:10:08.172919+00', '2026-11-28 01:10:08.272841+00', NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, true, NULL, NULL, 0, NULL);
INSERT INTO public.deletion VALUES (4, '3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0', 'again-1', 'again-1', '5f5a14cb6647c2e691245fd1e4a48e1b0b1ae5c0e35ceac8075f87a3a0e9a659', NULL, '2026-11-28 00:10:03.505913+00', '2026-11-28 01:10:03.753228+00', 'superseded', NULL, 'customer 24bdfad6-2197-4edb-be45-243b5e33bffa was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted', false, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 01:10:04.259535+00', NULL, 0, NULL, 0, NULL, NULL, false, NULL, NULL, 0, NULL);
INSERT INTO public.deletion VALUES (5, '7fdb1ef38ee168933108fc3b2ac2487a9b08c7699cdb814fbd45ff9abeb47835', 'team-1', 'team-1', '50738aeac6d8e3e02f60f32db18b9115ee665dbd883af1fb10a5c0ad4b7bd63d', NULL, '2026-11-28 01:10:03.63711+00', '2026-11-28 01:10:03.753228+00', 'held', 'resolved', 'customer 5eed3195-6a82-4605-b044-ff35f56fd298 is a team with 1 other person; they would lose subscription 0fd35b4f-f40b-4261-9044-7c7b21dd442e: `polar-sync approve`, `cancel`, or `transfer`', false, '5eed3195-6a82-4605-b044-ff35f56fd298', '2026-10-29 01:09:58.590349+00', '2026-11-28 01:10:03.976076+00', '2026-11-28 01:10:03.99645+00', NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, true, NULL, NULL, 0, 1);
INSERT INTO public.deletion VALUES (1, 'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3', NULL, NULL, '4903347d4e46f955661db33f2d4936d4c6647b6bbd7881ff2c58a30a77a5cbe5', NULL, '2026-11-28 01:10:03.284675+00', '2026-11-28 01:10:03.38405+00', 'verified', NULL, NULL, false, '30378250-dedd-4bcc-b0c4-21a725118261', '2026-10-29 01:09:58.538338+00', '2026-11-28 01:10:03.523154+00', '2026-11-28 01:10:03.676381+00', '2026-11-28 01:10:04.008782+00', '2026-11-28 01:10:04.125685+00', '2026-11-28 01:10:04.494549+00', '2026-11-28 01:10:04.494549+00', 0, NULL, 1, NULL, NULL, true, '2026-11-28 01:10:04.008782+00', NULL, 0, NULL);
INSERT INTO public.deletion VALUES (10, 'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017', 'held-3', 'held-3', '8dc76f1d4145695b4baffb6e49b3cd2766b09ea2b9facd77d64ab907d3093c52', NULL, '2026-11-28 01:10:08.07984+00', '2026-11-28 01:10:08.164932+00', 'canceled', NULL, NULL, false, '6e285049-2a5c-4dc1-a3f9-53ba5b2c744e', '2026-10-29 01:09:58.585804+00', '2026-11-28 01:10:08.435934+00', '2026-11-28 01:10:08.490014+00', NULL, NULL, '2026-11-28 01:10:10.59541+00', NULL, 0, NULL, 0, NULL, NULL, true, NULL, NULL, 0, NULL);
INSERT INTO public.deletion VALUES (9, '4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44', 'held-2', 'held-2', '802ad5b4b6164dcb4539937f20ba387a3def0aed7c31c138d277074a9c7315b3', NULL, '2026-11-28 01:10:07.967563+00', '2026-11-28 01:10:08.164932+00', 'held', 'resolved', 'the brake tripped: 3 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`', false, '67d64331-2a80-4b31-b488-488d1040e106', '2026-10-29 01:09:58.584174+00', '2026-11-28 01:10:08.435934+00', '2026-11-28 01:10:08.490014+00', NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, true, NULL, NULL, 0, NULL);
INSERT INTO public.deletion VALUES (2, 'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592', 'paused-1', 'paused-1', '929b43e8f3ea8f8ea640040ec7f6e0ea100fe60f5397c8824a42f25d7e3f2fad', NULL, '2026-11-28 01:10:03.369603+00', '2026-11-28 01:10:03.527884+00', 'incomplete', NULL, 'the customer is gone, but these are not: subscription e5bd123a-a80a-4dbe-9912-2792516cf0c6 (paused); end them at Polar, then `polar-sync retry`', false, '748883c0-8f08-4314-b07f-b25e4da84319', '2026-10-29 01:09:58.539339+00', '2026-11-28 01:10:03.747946+00', '2026-11-28 01:10:14.797932+00', '2026-11-28 01:10:04.163688+00', '2026-11-28 01:10:04.231532+00', NULL, NULL, 0, '2026-11-28 01:10:15.601007+00', 2, NULL, NULL, true, '2026-11-28 01:10:04.163688+00', NULL, 0, NULL);
INSERT INTO public.deletion VALUES (11, '350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb', 'deleting-1', 'deleting-1', '63b9df2a704c994078cc4a1590c3d6a51a9555bfdd81d392dd66221643747af2', NULL, '2026-11-28 01:10:14.767713+00', '2026-11-28 01:10:14.945631+00', 'deleting', NULL, NULL, false, '42bcbfab-543e-4d0d-82b2-eabfb987c936', '2026-10-29 01:09:58.53134+00', '2026-11-28 01:10:15.072074+00', '2026-11-28 01:10:15.138901+00', '2026-11-28 01:10:15.264062+00', NULL, NULL, NULL, 0, '2026-11-28 01:12:25.264062+00', 0, '274bcb0a06574961a62a90e9ca3ee7e7', '2026-11-28 01:10:45.252822+00', true, '2026-11-28 01:10:15.264062+00', '2026-11-28 01:12:25.264062+00', 0, NULL);
INSERT INTO public.deletion VALUES (12, '6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0', 'blocked-1', 'blocked-1', '0eceeb3db836a091c90ebab8c33b762f3862953bbe740c0768843338a073c070', NULL, '2026-11-28 01:10:15.284244+00', '2026-11-28 01:10:15.403975+00', 'blocked', 'received', 'GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one; if it is valid, the organization''s API access is switched off, which Polar''s support can tell', false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, '2026-11-28 01:10:16.653002+00', 0, NULL, NULL, false, NULL, NULL, 0, NULL);
INSERT INTO public.evidence VALUES (1, 1, 1, '2026-11-28 01:10:03.38405+00', 'event.received', 'app', 'received', '{"event_digest": "a89b27f35c0158c05515257c7d19ff6275ce30324c184215bdc90c42c68c9650", "event_at": "2026-11-28T01:10:03.284675+00:00"}', '08da4f17eea5f3dd16d1536bae3838b4c67e2d7cdcea048871428c205afa1e78');
INSERT INTO public.evidence VALUES (2, 2, 1, '2026-11-28 01:10:03.527884+00', 'event.received', 'app', 'received', '{"event_digest": "b00cd8bd39d3e161b52a4f4242f2a09531e6109e30934af2b40d0ee3a52390d8", "event_at": "2026-11-28T01:10:03.369603+00:00"}', '2dd79165cee28deec1a2a0eeb28013167ab5b0f867933909f8bb8ffada8f88b3');
INSERT INTO public.evidence VALUES (3, 3, 1, '2026-11-28 01:10:03.527884+00', 'event.received', 'app', 'received', '{"event_digest": "4f1b042f69bb7a55d61c602dbe399922c531d4aa7f2ebcc66a7609e8edcd3730", "event_at": "2026-11-28T01:10:03.455776+00:00"}', '9669e41d90ad695782060e196290d3aed5215e6ac40fb7f7edf2afb1f8587af8');
INSERT INTO public.evidence VALUES (4, 4, 1, '2026-11-28 01:10:03.753228+00', 'event.received', 'app', 'received', '{"event_digest": "bb31b2ea5546c7f87899d8061acdd7dfa7f7cde0c0e138e7084d8d43eb54d435", "event_at": "2026-11-28T00:10:03.505913+00:00"}', '277c0154fa77c3c1f09688a9a7d6b8189dedc66667a0bcf8c958e19563b29a3f');
INSERT INTO public.evidence VALUES (5, 5, 1, '2026-11-28 01:10:03.753228+00', 'event.received', 'app', 'received', '{"event_digest": "79fe57062e321a66302b469fdcf3cbc41b296ecfe2ca2f1c9bd2ee0f3ee52657", "event_at": "2026-11-28T01:10:03.637110+00:00"}', '74b8adce94dcbf261cbe1e3bbd421ad290d5bacba9eec4aec7476fff08397d8f');
INSERT INTO public.evidence VALUES (6, 1, 2, '2026-11-28 01:10:03.830644+00', 'customer.found', 'api', 'resolved', '{"customer_id": "30378250-dedd-4bcc-b0c4-21a725118261", "customer_created_at": "2026-10-29T01:09:58.538338+00:00", "subscriptions": [{"id": "d6069bd9-24e6-401d-be13-e783cd261d31", "status": "active"}], "benefit_grants": ["30a1f578-6a36-4980-b3df-b2e3845daf06"], "was": "received"}', 'c08ff02df01aaf3438bdcab67c7d0552121fd74619e0203fe24bc28c9155d2a4');
INSERT INTO public.evidence VALUES (7, 6, 1, '2026-11-28 01:10:03.94187+00', 'event.received', 'app', 'received', '{"event_digest": "c64ea5adf4b03230807becdfb74b448b36ca23a90644ac352b295a5b777c38e2", "event_at": "2026-11-28T01:10:03.739473+00:00"}', '028ebe1457f915d72a3920a56ac4222a6199abd26245a1fdb23fe74a4e596665');
INSERT INTO public.evidence VALUES (8, 2, 2, '2026-11-28 01:10:03.965679+00', 'customer.found', 'api', 'resolved', '{"customer_id": "748883c0-8f08-4314-b07f-b25e4da84319", "customer_created_at": "2026-10-29T01:09:58.539339+00:00", "subscriptions": [{"id": "e5bd123a-a80a-4dbe-9912-2792516cf0c6", "status": "paused"}], "benefit_grants": [], "was": "received"}', 'dbaa0bcac008188552fb6653777c11f29e2380b818bce1cc0e41cdbbc9af5eb1');
INSERT INTO public.evidence VALUES (9, 3, 2, '2026-11-28 01:10:03.965679+00', 'customer.missing', 'api', 'no_customer', '{"reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:09:59+00:00)", "was": "received"}', 'b010c246abfaba670553f7918248f608c0ab357e338867cd07e47ecd9688ee1b');
INSERT INTO public.evidence VALUES (10, 1, 3, '2026-11-28 01:10:04.008782+00', 'delete.sent', 'worker', 'deleting', '{"customer_id": "30378250-dedd-4bcc-b0c4-21a725118261", "by": "external_id", "anonymize": true, "was": "resolved"}', '55327d742f6b5e581e4c3162569b5cdbdf394283cb9dff5290c8364002c2ef07');
INSERT INTO public.evidence VALUES (11, 7, 1, '2026-11-28 01:10:04.062255+00', 'event.received', 'app', 'received', '{"event_digest": "aa9ba0d8a0a8bd9f13f31045a80435c38e4a3c26d999b5ddeda9362a657ec1ab", "event_at": "2026-11-28T01:10:03.952785+00:00"}', '31f50861be47a52cbaf754d5a197d58c1227843957d61c054a62899bc4e3d65d');
INSERT INTO public.evidence VALUES (12, 1, 4, '2026-11-28 01:10:04.125685+00', 'delete.answered', 'api', 'deleted', '{"answer": "204", "was": "deleting"}', '2f7a1f66463a75369c59939eca895f8abcb966b45c402f9060fe77ba016ab266');
INSERT INTO public.evidence VALUES (13, 2, 3, '2026-11-28 01:10:04.163688+00', 'delete.sent', 'worker', 'deleting', '{"customer_id": "748883c0-8f08-4314-b07f-b25e4da84319", "by": "external_id", "anonymize": true, "was": "resolved"}', '939e7049ab784293ac7ee85236594a05334661e4ac3fb66c09e16134256cb1f4');
INSERT INTO public.evidence VALUES (14, 2, 4, '2026-11-28 01:10:04.231532+00', 'delete.answered', 'api', 'deleted', '{"answer": "204", "was": "deleting"}', '8c2f9af3ee7e4e929dd523e296560c84e2388bf62546230d54ab0fac2c2b86c2');
INSERT INTO public.evidence VALUES (15, 4, 2, '2026-11-28 01:10:04.259535+00', 'customer.found', 'api', 'superseded', '{"customer_id": "24bdfad6-2197-4edb-be45-243b5e33bffa", "customer_created_at": "2026-11-28T01:08:58.587572+00:00", "subscriptions": [], "benefit_grants": [], "reason": "customer 24bdfad6-2197-4edb-be45-243b5e33bffa was created after the event, so it is somebody who signed up again; if it must go as well, send a new user.deleted", "was": "received"}', '5d2ba1f326eb887cabcd6b36f883993836fc7c8c8a32e494ebf6addf13e1f16e');
INSERT INTO public.evidence VALUES (16, 5, 2, '2026-11-28 01:10:04.259535+00', 'customer.found', 'api', 'resolved', '{"customer_id": "5eed3195-6a82-4605-b044-ff35f56fd298", "customer_created_at": "2026-10-29T01:09:58.590349+00:00", "subscriptions": [{"id": "0fd35b4f-f40b-4261-9044-7c7b21dd442e", "status": "active"}], "benefit_grants": [], "was": "received"}', '1eb75261124e8fe058edd17c6894aa708f70916b3a9a68d78a46b48db4948f6b');
INSERT INTO public.evidence VALUES (17, 5, 3, '2026-11-28 01:10:04.259535+00', 'team.found', 'api', 'held', '{"others": 1, "reason": "customer 5eed3195-6a82-4605-b044-ff35f56fd298 is a team with 1 other person; they would lose subscription 0fd35b4f-f40b-4261-9044-7c7b21dd442e: `polar-sync approve`, `cancel`, or `transfer`", "was": "resolved"}', '4b639e81ecd1b3fb4d6c62dbfb6574e5ec05e3c6618b1f7d19e394e69b9f99d9');
INSERT INTO public.evidence VALUES (18, 6, 2, '2026-11-28 01:10:04.259535+00', 'customer.missing', 'api', 'resolved', '{"was": "received"}', 'a422c0aa9bb260eb6683a782cd6552e8f59366ec82fe5d831dd50215be9b3eba');
INSERT INTO public.evidence VALUES (19, 1, 5, '2026-11-28 01:10:04.336216+00', 'webhook.member.deleted', 'webhook', 'deleted', '{"payload_digest": "cabf14eb113dbabbd3dac08671a946a903b3aab271417c018d974cd6d4620d7c", "id": "02adcce9-017a-4517-91fa-bd913ec581e0", "role": "owner"}', '637ca255d29973f519b309d5ea01a60aaa7baa568bcbe1e01b6e4d7ad4029ba1');
INSERT INTO public.evidence VALUES (20, 1, 6, '2026-11-28 01:10:04.336216+00', 'webhook.customer.deleted', 'webhook', 'deleted', '{"payload_digest": "2f38f2a6cc0afb26c6412def273e736319ff1d8d3dd84bd309544f9aecca4ecb", "id": "30378250-dedd-4bcc-b0c4-21a725118261"}', 'fb046b81a6348598acbd36593a98622e2006f5713ecfa19175e87bafcecf5f90');
INSERT INTO public.evidence VALUES (21, 1, 7, '2026-11-28 01:10:04.336216+00', 'webhook.customer.state_changed', 'webhook', 'deleted', '{"payload_digest": "b8a661b1b3dea04c1ffb7cfe957b3a9729e2d535d351ca65ae15c9c9127ec2f9", "id": "30378250-dedd-4bcc-b0c4-21a725118261"}', 'e65cc047e99d9d41e541acc36e711a268ed40ec3103f869698d58a4e18f0c4d2');
INSERT INTO public.evidence VALUES (22, 1, 8, '2026-11-28 01:10:04.336216+00', 'webhook.benefit_grant.revoked', 'webhook', 'deleted', '{"payload_digest": "259f199175ccaa6220ca37f7a429379acc2fc643edf090da5aabd8b6863ea3f9", "id": "30a1f578-6a36-4980-b3df-b2e3845daf06", "is_granted": false}', '8abffee18d3a10064e24a9af036fd51203e0e560a4071112fb89f5231656583e');
INSERT INTO public.evidence VALUES (23, 1, 9, '2026-11-28 01:10:04.336216+00', 'webhook.subscription.updated', 'webhook', 'deleted', '{"payload_digest": "bce6fd7b12cdbdcb9a5ee79116d7dbbb5f7f609bff04864e3cbb18c167419373", "id": "d6069bd9-24e6-401d-be13-e783cd261d31", "status": "canceled"}', '36c60b5e0650bedd87d437b9c8d86bd82480ef6a54b873fef1c7c03bb11b7d48');
INSERT INTO public.evidence VALUES (24, 1, 10, '2026-11-28 01:10:04.336216+00', 'webhook.subscription.canceled', 'webhook', 'deleted', '{"payload_digest": "3ab5fa0ced0f72807e937299f47c000336ed5485b3ee575904c438acfaee3047", "id": "d6069bd9-24e6-401d-be13-e783cd261d31", "status": "canceled"}', '2ae81456878568d233100d73ee36882f483869173f414b509dea4a9ab62d80d1');
INSERT INTO public.evidence VALUES (25, 1, 11, '2026-11-28 01:10:04.336216+00', 'webhook.subscription.revoked', 'webhook', 'deleted', '{"payload_digest": "0f0ac7e7b4dcef6a909fdac1d132a7e65e49733dee045b3d629e5c1594edd1a5", "id": "d6069bd9-24e6-401d-be13-e783cd261d31", "status": "canceled"}', '906fca1fdab49776727b3814ff059a5d085a60cd391adf6bf25e815ee3284f69');
INSERT INTO public.evidence VALUES (29, 6, 3, '2026-11-28 01:10:04.450525+00', 'customer.none', 'worker', 'deleted', '{"was": "resolved"}', 'b8e283c0bd2f5f487876c0c619778f251648f46b1db651c823e969446f614f52');
INSERT INTO public.evidence VALUES (26, 2, 5, '2026-11-28 01:10:04.336216+00', 'webhook.member.deleted', 'webhook', 'deleted', '{"payload_digest": "4c4e206cd8d3897e14e188060ab1904b702a2853eedccf36462a9650178d50b2", "id": "31632c3f-8f75-47cd-a258-6a83c4f0b9c0", "role": "owner"}', '3dca4082fd793bcba0e717987e68ac6f93e0d78fbe008339aee376f15b378867');
INSERT INTO public.evidence VALUES (27, 2, 6, '2026-11-28 01:10:04.336216+00', 'webhook.customer.deleted', 'webhook', 'deleted', '{"payload_digest": "5b17584090fa474b34e6510f7d8540521ad5c2ee1a3e6f918162fbc580561e51", "id": "748883c0-8f08-4314-b07f-b25e4da84319"}', '08b9d61c6c75c883f7283dd028768d385d6d86642b4444d17760a5ebb0063973');
INSERT INTO public.evidence VALUES (35, 6, 4, '2026-11-28 01:10:04.57555+00', 'membership.delete.sent', 'worker', 'deleted', '{"member_id": "f11f6c78-6e8d-4a9a-89f2-14ddefc06dc0", "customer_id": "5eed3195-6a82-4605-b044-ff35f56fd298"}', '069f50451e386604c4900bc25ee2caffc725729cd25cc9d73135851aea7bc4ce');
INSERT INTO public.evidence VALUES (28, 7, 2, '2026-11-28 01:10:04.432805+00', 'customer.missing', 'api', 'no_customer', '{"reason": "Polar has no customer under this user''s external id, and the mirror no customer and no member (members were last listed at 2026-11-28T01:09:59+00:00)", "was": "received"}', '6d9a63bf1bf8533bb5e9c7802fc738bf1e8279597021610862bd602ef7f9224a');
INSERT INTO public.evidence VALUES (30, 2, 7, '2026-11-28 01:10:04.494549+00', 'webhook.customer.state_changed', 'webhook', 'deleted', '{"payload_digest": "b073cfb22834a47dac4452d4eb63c4c49eec312950f00a8951c6c1d0d3da1d0d", "id": "748883c0-8f08-4314-b07f-b25e4da84319"}', 'e5d8d9f50afed49d2604bc6bcbf7ade9b6fc5bb5baf0a584f57df55704dfccad');
INSERT INTO public.evidence VALUES (31, 1, 12, '2026-11-28 01:10:04.494549+00', 'webhook.customer.state_changed', 'webhook', 'deleted', '{"payload_digest": "9525aec6fa11568acbb9eabdc26b29fde0525edef112d06f228adc1ba01c6b2a", "id": "30378250-dedd-4bcc-b0c4-21a725118261"}', '1cc5a3fa9afcea490afc9376929778bf00581cc1b334b8e8d6cdd1756dab7705');
INSERT INTO public.evidence VALUES (32, 1, 13, '2026-11-28 01:10:04.494549+00', 'checked', 'webhook', 'verified', '{"was": "deleted", "by": "webhooks", "subscriptions": [{"id": "d6069bd9-24e6-401d-be13-e783cd261d31", "status": "canceled", "ended": true}], "benefit_grants": [{"id": "30a1f578-6a36-4980-b3df-b2e3845daf06", "is_granted": false}]}', '553e20caf3034b78c25c52892e7d7f2bfbbd7e2fa6e51457434d9da7e739c153');
INSERT INTO public.evidence VALUES (33, 1, 14, '2026-11-28 01:10:04.494549+00', 'forgotten', 'worker', 'verified', '{}', '4728c161aefe08355b9ee7d26cadf25e696283a5bca6a8e939c1b391b5b158a7');
INSERT INTO public.evidence VALUES (37, 5, 4, '2026-11-28 01:10:04.62524+00', 'webhook.member.deleted', 'webhook', 'held', '{"payload_digest": "74c2efa13f7b584f8292504c36c073d62596371b9bcaa9964580115fce300d4f", "id": "f11f6c78-6e8d-4a9a-89f2-14ddefc06dc0", "role": "member"}', '828853796205202d0953ec24711c1ecf4edd5b0e3c3d2bdfaf9ed0724103390e');
INSERT INTO public.evidence VALUES (34, 1, 15, '2026-11-28 01:10:04.559088+00', 'checked', 'api', 'verified', '{"by": "api", "subscriptions": [{"id": "d6069bd9-24e6-401d-be13-e783cd261d31", "status": "canceled", "ended": true}], "benefit_grants": [{"id": "30a1f578-6a36-4980-b3df-b2e3845daf06", "is_granted": false}]}', 'e376256f17c7022d84f867e97b8eff27b6ea74773104ead57fc54d768f7922f9');
INSERT INTO public.evidence VALUES (36, 6, 5, '2026-11-28 01:10:04.603926+00', 'membership.ended', 'api', 'deleted', '{"answer": "204", "member_id": "f11f6c78-6e8d-4a9a-89f2-14ddefc06dc0", "customer_id": "5eed3195-6a82-4605-b044-ff35f56fd298"}', 'd193b3152edccb59bed1b3f1ee564dfe0fbd0727f1ff9d30d20d87c7fc6feaf0');
INSERT INTO public.evidence VALUES (38, 6, 6, '2026-11-28 01:10:04.675163+00', 'checked', 'api', 'verified', '{"was": "deleted", "by": "webhooks", "subscriptions": [], "benefit_grants": []}', '419e56daeae9ae15633941fef99cdccbd02f609c591c0f938978613cc1b3d57a');
INSERT INTO public.evidence VALUES (39, 6, 7, '2026-11-28 01:10:04.675163+00', 'forgotten', 'worker', 'verified', '{}', 'fe17d5d6e36e33d5bb89774bf90d169f129a0ac20f005a9a188a86fc62fe0af3');
INSERT INTO public.evidence VALUES (40, 2, 8, '2026-11-28 01:10:04.752333+00', 'checked', 'api', 'incomplete', '{"reason": "the customer is gone, but these are not: subscription e5bd123a-a80a-4dbe-9912-2792516cf0c6 (paused); end them at Polar, then `polar-sync retry`", "was": "deleted", "by": "api", "subscriptions": [{"id": "e5bd123a-a80a-4dbe-9912-2792516cf0c6", "status": "paused", "ended": false}], "benefit_grants": []}', 'f2d9b6efef9eb6bd2907322a5c35c46e15b6ac1abcc7db3cddd82e631c4c213e');
INSERT INTO public.evidence VALUES (41, 2, 9, '2026-11-28 01:10:04.836248+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "e5bd123a-a80a-4dbe-9912-2792516cf0c6", "status": "paused", "ended": false}], "benefit_grants": []}', 'b1c4d66c5643d093165d6b33191703e051a60df4e53ce84b60674b2ec7d25c47');
INSERT INTO public.evidence VALUES (42, 8, 1, '2026-11-28 01:10:08.017301+00', 'event.received', 'app', 'received', '{"event_digest": "1a3f6cb63224fec172f440b33039a1f13a12df087791cedb6e38a6f36a6ce9b5", "event_at": "2026-11-28T01:10:07.816665+00:00"}', '624c9a7812bf4fa49f55fa8da5d80c921769432c50a5db0e5ff487a0d782f744');
INSERT INTO public.evidence VALUES (43, 9, 1, '2026-11-28 01:10:08.164932+00', 'event.received', 'app', 'received', '{"event_digest": "8f87a0f9154c6120b19c4e345c61ec0ca663f4a595deddb58cb0fc073e6ea180", "event_at": "2026-11-28T01:10:07.967563+00:00"}', '7e20cba6f3951c514f66b4ebd6c01dfb5b554164f168b72e2f899fec303fc642');
INSERT INTO public.evidence VALUES (44, 10, 1, '2026-11-28 01:10:08.164932+00', 'event.received', 'app', 'received', '{"event_digest": "010bab27ff4287a95570455d6687c1fee750340de65506de796efecdf592bd50", "event_at": "2026-11-28T01:10:08.079840+00:00"}', '137f1dee75d09c0635492413ac3b440f3b8398a4da9e4b8d46390a21e15e6487');
INSERT INTO public.evidence VALUES (45, 2, 10, '2026-11-28 01:10:08.273563+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "e5bd123a-a80a-4dbe-9912-2792516cf0c6", "status": "paused", "ended": false}], "benefit_grants": []}', 'a6d710e0ec27f826f7466a75577ea11cab410ffc7f2de5cb091dff8e163ad263');
INSERT INTO public.evidence VALUES (46, 8, 2, '2026-11-28 01:10:08.34302+00', 'customer.found', 'api', 'resolved', '{"customer_id": "718c4185-418c-4260-852e-60a80c85a0f5", "customer_created_at": "2026-10-29T01:09:58.578945+00:00", "subscriptions": [{"id": "54b01221-f302-4fb8-9f6f-edcd4e1af701", "status": "active"}], "benefit_grants": [], "was": "received"}', '194f885c61613839aedca8e70d963b262d955d5b7824ed168fa5a064c8c5a467');
INSERT INTO public.evidence VALUES (47, 8, 3, '2026-11-28 01:10:08.503134+00', 'brake.tripped', 'worker', 'held', '{"reason": "the brake tripped: 3 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}', '7b1c46ebf3d5c46108e4c561543cdd99998b82568a18986ced850e207ae8ed14');
INSERT INTO public.evidence VALUES (48, 9, 2, '2026-11-28 01:10:08.52141+00', 'customer.found', 'api', 'resolved', '{"customer_id": "67d64331-2a80-4b31-b488-488d1040e106", "customer_created_at": "2026-10-29T01:09:58.584174+00:00", "subscriptions": [{"id": "2f414356-1351-4cd9-b5a3-554b3a675ea4", "status": "active"}], "benefit_grants": [], "was": "received"}', '58761f032e7619c0ca9a74e621c89e54b68c2e584283b0ee42226e1d05d73090');
INSERT INTO public.evidence VALUES (49, 10, 2, '2026-11-28 01:10:08.52141+00', 'customer.found', 'api', 'resolved', '{"customer_id": "6e285049-2a5c-4dc1-a3f9-53ba5b2c744e", "customer_created_at": "2026-10-29T01:09:58.585804+00:00", "subscriptions": [{"id": "de165dcc-3d23-4cc1-aeb3-8d42c67cf9c8", "status": "active"}], "benefit_grants": [], "was": "received"}', '3303c3be3daa8901274e19c2c7193e142babf6c6fdf9684c6d4c21251ae9ddea');
INSERT INTO public.evidence VALUES (50, 9, 3, '2026-11-28 01:10:08.596225+00', 'brake.tripped', 'worker', 'held', '{"reason": "the brake tripped: 3 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}', 'ea52a4878207331a89ea7087d6571b6bcf00d7ea90ee99b368ed2684958135be');
INSERT INTO public.evidence VALUES (51, 10, 3, '2026-11-28 01:10:08.606118+00', 'brake.tripped', 'worker', 'held', '{"reason": "the brake tripped: 3 deletions within an hour, 1 allowed; `polar-sync approve` or `polar-sync cancel`", "was": "resolved"}', 'cde6254637fd46ddfce59400d887df5c17ee2ce01b47ce91a31a7737afccea84');
INSERT INTO public.evidence VALUES (52, 2, 11, '2026-11-28 01:10:09.348756+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "e5bd123a-a80a-4dbe-9912-2792516cf0c6", "status": "paused", "ended": false}], "benefit_grants": []}', 'f86cd2be21a40df3237905fa41aa8f7b2295fb0548299f4d83a508637bc431a0');
INSERT INTO public.evidence VALUES (53, 2, 12, '2026-11-28 01:10:10.087744+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "e5bd123a-a80a-4dbe-9912-2792516cf0c6", "status": "paused", "ended": false}], "benefit_grants": []}', '0e270180b7ff5786a300ea2e48de93b2cd47587158b33303292e1a16cf196cda');
INSERT INTO public.evidence VALUES (54, 10, 4, '2026-11-28 01:10:10.59541+00', 'canceled', 'operator', 'canceled', '{"was": "held"}', '5f21f389f8adaa4d751f9da6d1722066c93f2ae8ebc07811e3970fda1023f74d');
INSERT INTO public.evidence VALUES (55, 2, 13, '2026-11-28 01:10:10.776247+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "e5bd123a-a80a-4dbe-9912-2792516cf0c6", "status": "paused", "ended": false}], "benefit_grants": []}', '268e542743891d17d876acf136260f2294d3d7a4b7ba465ddc641d50d766c1f2');
INSERT INTO public.evidence VALUES (56, 11, 1, '2026-11-28 01:10:14.945631+00', 'event.received', 'app', 'received', '{"event_digest": "0eb41dcec1b670a074851d897c3eab3da586b03d238e6fe2b37be9b38cfc1d9b", "event_at": "2026-11-28T01:10:14.767713+00:00"}', '98ec7d5a5b5673f7e12d0c943abc4bfff42cb4ab29741b3ac94a714d17f36361');
INSERT INTO public.evidence VALUES (57, 2, 14, '2026-11-28 01:10:15.101007+00', 'checked', 'api', 'incomplete', '{"by": "api", "subscriptions": [{"id": "e5bd123a-a80a-4dbe-9912-2792516cf0c6", "status": "paused", "ended": false}], "benefit_grants": []}', '56f72dca63aa922ababa842ca3926568c54beeed6057368dae6ad2601215e69d');
INSERT INTO public.evidence VALUES (58, 11, 2, '2026-11-28 01:10:15.194576+00', 'customer.found', 'api', 'resolved', '{"customer_id": "42bcbfab-543e-4d0d-82b2-eabfb987c936", "customer_created_at": "2026-10-29T01:09:58.531340+00:00", "subscriptions": [{"id": "16e3efcd-346a-4db4-a251-1980ffc223b1", "status": "active"}], "benefit_grants": [], "was": "received"}', '4f1c17d007f52979fbde250686dd65b6940ade256df9ddc7ab3cb12cf7a17bf9');
INSERT INTO public.evidence VALUES (59, 11, 3, '2026-11-28 01:10:15.264062+00', 'delete.sent', 'worker', 'deleting', '{"customer_id": "42bcbfab-543e-4d0d-82b2-eabfb987c936", "by": "external_id", "anonymize": true, "was": "resolved"}', '264515d87855d58f029c9766e941c375aa9d7775940bd56a192bd72a34459bad');
INSERT INTO public.evidence VALUES (60, 12, 1, '2026-11-28 01:10:15.403975+00', 'event.received', 'app', 'received', '{"event_digest": "eb5387e311df54f978f2e19968dd2dfd01d405729edb507f69e1daf93de8e6ae", "event_at": "2026-11-28T01:10:15.284244+00:00"}', '9d4670a4be73bf62c6c6cf4d92c6bbb1ac1deac13eb00e49538800f3b99a42e1');
INSERT INTO public.evidence VALUES (61, 12, 2, '2026-11-28 01:10:15.54519+00', 'request.failed', 'api', 'blocked', '{"reason": "GET was answered 401: the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one; if it is valid, the organization''s API access is switched off, which Polar''s support can tell", "was": "received"}', '8e107b177a22a3df414efc1600fa2c333257bd8bf791d8e6fd05d742d9395cf9');
INSERT INTO public.inbox VALUES (2, 'app', 'msg_45ac287a27ec49d1bfba75054febbc32', '2026-11-28 01:10:03.447964+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383230332e333639363033322c202264617461223a207b22757365725f6964223a20227061757365642d31227d7d', 'b00cd8bd39d3e161b52a4f4242f2a09531e6109e30934af2b40d0ee3a52390d8', 'applied', 'user.deleted', '2026-11-28 01:10:03.369603+00', NULL, 'c27b9a9913a10cd665c9035960c0c8ce41022aa44a7b7562f5e167d558bd6592', '2026-11-28 01:10:03.527884+00', NULL, NULL);
INSERT INTO public.inbox VALUES (3, 'app', 'msg_130dd392aede4b1aac5bfe8c3a647bf9', '2026-11-28 01:10:03.499756+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383230332e343535373735372c202264617461223a207b22757365725f6964223a20226e6f626f64792d31227d7d', '4f1b042f69bb7a55d61c602dbe399922c531d4aa7f2ebcc66a7609e8edcd3730', 'applied', 'user.deleted', '2026-11-28 01:10:03.455776+00', NULL, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', '2026-11-28 01:10:03.527884+00', NULL, NULL);
INSERT INTO public.inbox VALUES (4, 'app', 'msg_e6aafde9a5e240c48e887b89744efe85', '2026-11-28 01:10:03.629357+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a2022323032362d31312d32385430303a31303a30332e3530353931332b30303a3030222c202264617461223a207b22757365725f6964223a2022616761696e2d31227d7d', 'bb31b2ea5546c7f87899d8061acdd7dfa7f7cde0c0e138e7084d8d43eb54d435', 'applied', 'user.deleted', '2026-11-28 00:10:03.505913+00', NULL, '3c63d413e9ce39c20eab9644176fc60d6bbcc3dc5ca43cb5e50ff5a6d40391d0', '2026-11-28 01:10:03.753228+00', NULL, NULL);
INSERT INTO public.inbox VALUES (5, 'app', 'msg_58b1c0e10568428e991d4dd988dd89cb', '2026-11-28 01:10:03.716848+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383230332e363337313039352c202264617461223a207b22757365725f6964223a20227465616d2d31227d7d', '79fe57062e321a66302b469fdcf3cbc41b296ecfe2ca2f1c9bd2ee0f3ee52657', 'applied', 'user.deleted', '2026-11-28 01:10:03.63711+00', NULL, '7fdb1ef38ee168933108fc3b2ac2487a9b08c7699cdb814fbd45ff9abeb47835', '2026-11-28 01:10:03.753228+00', NULL, NULL);
INSERT INTO public.inbox VALUES (7, 'polar', 'msg_71f306d88d194c52b286f6d34260bd18', '2026-11-28 01:10:03.945795+00', '\x6e6f204a534f4e', '29ecbeb830e3244605e5a88493e4088424a71780e5cf59bb3475f278f294335b', 'dead', NULL, NULL, NULL, NULL, '2026-11-28 01:10:04.062255+00', 'the body is not JSON', NULL);
INSERT INTO public.inbox VALUES (8, 'app', 'msg_used', '2026-11-28 01:10:04.052682+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383230332e393532373835332c202264617461223a207b22757365725f6964223a20226e6f626f64792d31227d7d', 'aa9ba0d8a0a8bd9f13f31045a80435c38e4a3c26d999b5ddeda9362a657ec1ab', 'applied', 'user.deleted', '2026-11-28 01:10:03.952785+00', NULL, 'c6e7d5004885ad7cefa8b69966ee09ee7775d684a3523f5a3a5e66b94b090cd2', '2026-11-28 01:10:04.062255+00', NULL, NULL);
INSERT INTO public.inbox VALUES (17, 'polar', '0b81330d-509a-4bda-852e-ed9dc8869c94', '2026-11-28 01:10:04.324362+00', '\x7b2274797065223a226d656d6265722e64656c65746564222c2274696d657374616d70223a22323032362d31312d32385430313a31303a30342e3231373333385a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2233313633326333662d386637352d343763642d613235382d366138336334663062396330222c22637265617465645f6174223a22323032362d31302d32395430313a30393a35382e3533393333395a222c226d6f6469666965645f6174223a22323032362d31312d32385430313a31303a30342e3231373239325a222c22637573746f6d65725f6964223a2237343838383363302d386630382d343331342d623037662d623235653464613834333139222c22656d61696c223a227061757365642d314070656f706c652e6578616d706c65222c226e616d65223a22536f6d65626f6479207061757365642d31222c2265787465726e616c5f6964223a227061757365642d31222c22726f6c65223a226f776e6572227d7d', '4c4e206cd8d3897e14e188060ab1904b702a2853eedccf36462a9650178d50b2', 'applied', 'member.deleted', '2026-11-28 01:10:04.217338+00', '748883c0-8f08-4314-b07f-b25e4da84319', NULL, '2026-11-28 01:10:04.336216+00', NULL, '31632c3f-8f75-47cd-a258-6a83c4f0b9c0');
INSERT INTO public.inbox VALUES (10, 'polar', '374c81ff-63f1-460f-8c18-660b1d19ee1a', '2026-11-28 01:10:04.22785+00', NULL, 'cabf14eb113dbabbd3dac08671a946a903b3aab271417c018d974cd6d4620d7c', 'applied', 'member.deleted', '2026-11-28 01:10:04.05234+00', '30378250-dedd-4bcc-b0c4-21a725118261', NULL, '2026-11-28 01:10:04.336216+00', NULL, '02adcce9-017a-4517-91fa-bd913ec581e0');
INSERT INTO public.inbox VALUES (11, 'polar', 'c478f18a-fa8b-4c17-9039-1f4eadddde2e', '2026-11-28 01:10:04.236497+00', NULL, '2f38f2a6cc0afb26c6412def273e736319ff1d8d3dd84bd309544f9aecca4ecb', 'applied', 'customer.deleted', '2026-11-28 01:10:04.052536+00', '30378250-dedd-4bcc-b0c4-21a725118261', NULL, '2026-11-28 01:10:04.336216+00', NULL, NULL);
INSERT INTO public.inbox VALUES (1, 'app', 'msg_16bc14efd6454540a66ef90235d3fcbe', '2026-11-28 01:10:03.363469+00', NULL, 'a89b27f35c0158c05515257c7d19ff6275ce30324c184215bdc90c42c68c9650', 'applied', 'user.deleted', '2026-11-28 01:10:03.284675+00', NULL, 'ce795dfec1ecb5091bd088a973cd26d7f501387046394d490fbbf7defbe148a3', '2026-11-28 01:10:03.38405+00', NULL, NULL);
INSERT INTO public.inbox VALUES (6, 'app', 'msg_1ed26a3b89614f8688d827f26848b146', '2026-11-28 01:10:03.829142+00', NULL, 'c64ea5adf4b03230807becdfb74b448b36ca23a90644ac352b295a5b777c38e2', 'applied', 'user.deleted', '2026-11-28 01:10:03.739473+00', NULL, '12f0798884d2cf0740b61e8541e3030ae599e6499bcd9169626c23a30b3429d1', '2026-11-28 01:10:03.94187+00', NULL, NULL);
INSERT INTO public.inbox VALUES (19, 'polar', 'c9a12984-dbfa-42f3-938c-a22f133fec2a', '2026-11-28 01:10:04.345969+00', '\x7b2274797065223a22637573746f6d65722e73746174655f6368616e676564222c2274696d657374616d70223a22323032362d31312d32385430313a31303a30342e3231373532315a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2237343838383363302d386630382d343331342d623037662d623235653464613834333139222c22637265617465645f6174223a22323032362d31302d32395430313a30393a35382e3533393333395a222c226d6f6469666965645f6174223a22323032362d31312d32385430313a31303a30342e3231373239325a222c226d65746164617461223a7b225f5f616e6f6e796d697a65645f6174223a22323032362d31312d32385430313a31303a30342e3231373239322b30303a3030222c225f5f65787465726e616c5f6964223a227061757365642d31227d2c2265787465726e616c5f6964223a227061757365642d31222c22656d61696c223a223434376633313837656231666235613835383931346634663362346562666562633862333239323261316237363937336133353861386436343539393734646240616e6f6e796d697a65642e706f6c61722e7368222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f6e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2235646235333632392d326664632d343164662d396364342d386335643131313138393531222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a22323032362d31312d32385430313a31303a30342e3231373239325a222c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c2c226163746976655f737562736372697074696f6e73223a5b5d2c226772616e7465645f62656e6566697473223a5b5d2c226163746976655f6d6574657273223a5b5d7d7d', 'b073cfb22834a47dac4452d4eb63c4c49eec312950f00a8951c6c1d0d3da1d0d', 'applied', 'customer.state_changed', '2026-11-28 01:10:04.217521+00', '748883c0-8f08-4314-b07f-b25e4da84319', NULL, '2026-11-28 01:10:04.494549+00', NULL, NULL);
INSERT INTO public.inbox VALUES (12, 'polar', '8c9211ef-bafa-4870-83fb-ac97793880ae', '2026-11-28 01:10:04.25234+00', NULL, 'b8a661b1b3dea04c1ffb7cfe957b3a9729e2d535d351ca65ae15c9c9127ec2f9', 'applied', 'customer.state_changed', '2026-11-28 01:10:04.05261+00', '30378250-dedd-4bcc-b0c4-21a725118261', NULL, '2026-11-28 01:10:04.336216+00', NULL, NULL);
INSERT INTO public.inbox VALUES (18, 'polar', 'a777f66b-ebb7-431f-98d8-40d300e7e9dc', '2026-11-28 01:10:04.330121+00', '\x7b2274797065223a22637573746f6d65722e64656c65746564222c2274696d657374616d70223a22323032362d31312d32385430313a31303a30342e3231373437375a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2237343838383363302d386630382d343331342d623037662d623235653464613834333139222c22637265617465645f6174223a22323032362d31302d32395430313a30393a35382e3533393333395a222c226d6f6469666965645f6174223a22323032362d31312d32385430313a31303a30342e3231373239325a222c226d65746164617461223a7b225f5f616e6f6e796d697a65645f6174223a22323032362d31312d32385430313a31303a30342e3231373239322b30303a3030222c225f5f65787465726e616c5f6964223a227061757365642d31227d2c2265787465726e616c5f6964223a227061757365642d31222c22656d61696c223a223434376633313837656231666235613835383931346634663362346562666562633862333239323261316237363937336133353861386436343539393734646240616e6f6e796d697a65642e706f6c61722e7368222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f6e616d65223a2232363333323035393335653532326631386436326466316565386339626230303264626135613061326266313532303165643063353430306136393033316134222c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2235646235333632392d326664632d343164662d396364342d386335643131313138393531222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a22323032362d31312d32385430313a31303a30342e3231373239325a222c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c7d7d', '5b17584090fa474b34e6510f7d8540521ad5c2ee1a3e6f918162fbc580561e51', 'applied', 'customer.deleted', '2026-11-28 01:10:04.217477+00', '748883c0-8f08-4314-b07f-b25e4da84319', NULL, '2026-11-28 01:10:04.336216+00', NULL, NULL);
INSERT INTO public.inbox VALUES (13, 'polar', '31c2fc72-30cf-4dbf-aec3-53c2790c3cc8', '2026-11-28 01:10:04.2672+00', NULL, '259f199175ccaa6220ca37f7a429379acc2fc643edf090da5aabd8b6863ea3f9', 'applied', 'benefit_grant.revoked', '2026-11-28 01:10:04.202067+00', '30378250-dedd-4bcc-b0c4-21a725118261', NULL, '2026-11-28 01:10:04.336216+00', NULL, '02adcce9-017a-4517-91fa-bd913ec581e0');
INSERT INTO public.inbox VALUES (14, 'polar', 'cbea7ac2-bb68-4c84-90a7-39cc9e131ad1', '2026-11-28 01:10:04.282046+00', NULL, 'bce6fd7b12cdbdcb9a5ee79116d7dbbb5f7f609bff04864e3cbb18c167419373', 'applied', 'subscription.updated', '2026-11-28 01:10:04.202249+00', '30378250-dedd-4bcc-b0c4-21a725118261', NULL, '2026-11-28 01:10:04.336216+00', NULL, NULL);
INSERT INTO public.inbox VALUES (15, 'polar', 'b1895062-a474-408f-b463-07c282e840ba', '2026-11-28 01:10:04.296107+00', NULL, '3ab5fa0ced0f72807e937299f47c000336ed5485b3ee575904c438acfaee3047', 'applied', 'subscription.canceled', '2026-11-28 01:10:04.202329+00', '30378250-dedd-4bcc-b0c4-21a725118261', NULL, '2026-11-28 01:10:04.336216+00', NULL, NULL);
INSERT INTO public.inbox VALUES (16, 'polar', '8de0f1fb-4a48-45d1-b748-013c3be0dc5b', '2026-11-28 01:10:04.311326+00', NULL, '0f0ac7e7b4dcef6a909fdac1d132a7e65e49733dee045b3d629e5c1594edd1a5', 'applied', 'subscription.revoked', '2026-11-28 01:10:04.202387+00', '30378250-dedd-4bcc-b0c4-21a725118261', NULL, '2026-11-28 01:10:04.336216+00', NULL, NULL);
INSERT INTO public.inbox VALUES (20, 'polar', 'a5468cdb-4ab3-4bdc-a689-12563d26aa1a', '2026-11-28 01:10:04.359603+00', NULL, '9525aec6fa11568acbb9eabdc26b29fde0525edef112d06f228adc1ba01c6b2a', 'applied', 'customer.state_changed', '2026-11-28 01:10:04.230476+00', '30378250-dedd-4bcc-b0c4-21a725118261', NULL, '2026-11-28 01:10:04.494549+00', NULL, NULL);
INSERT INTO public.inbox VALUES (21, 'polar', 'b67a6655-cd94-432f-9170-0d170ded6319', '2026-11-28 01:10:04.595286+00', NULL, '74c2efa13f7b584f8292504c36c073d62596371b9bcaa9964580115fce300d4f', 'applied', 'member.deleted', '2026-11-28 01:10:04.592963+00', '5eed3195-6a82-4605-b044-ff35f56fd298', NULL, '2026-11-28 01:10:04.62524+00', NULL, 'f11f6c78-6e8d-4a9a-89f2-14ddefc06dc0');
INSERT INTO public.inbox VALUES (22, 'app', 'msg_b0aa4d3b8668439bab652a0093dceebd', '2026-11-28 01:10:07.943864+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383230372e383136363634352c202264617461223a207b22757365725f6964223a202268656c642d31227d7d', '1a3f6cb63224fec172f440b33039a1f13a12df087791cedb6e38a6f36a6ce9b5', 'applied', 'user.deleted', '2026-11-28 01:10:07.816665+00', NULL, 'f7c37c52aa8949525d55ccf3563ae23d2852f30cc0f522f1e36ce3cbdb090d52', '2026-11-28 01:10:08.017301+00', NULL, NULL);
INSERT INTO public.inbox VALUES (23, 'app', 'msg_7a3593ed0a8f45b1baa8e50925afc7b0', '2026-11-28 01:10:08.064325+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383230372e393637353632372c202264617461223a207b22757365725f6964223a202268656c642d32227d7d', '8f87a0f9154c6120b19c4e345c61ec0ca663f4a595deddb58cb0fc073e6ea180', 'applied', 'user.deleted', '2026-11-28 01:10:07.967563+00', NULL, '4a680ecfbc48227979271b4ce107867bc932546c5621caccd37f7de69ce7ca44', '2026-11-28 01:10:08.164932+00', NULL, NULL);
INSERT INTO public.inbox VALUES (24, 'app', 'msg_4be85851fa0e41408e8ce205585b9a7f', '2026-11-28 01:10:08.136202+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383230382e303739383339372c202264617461223a207b22757365725f6964223a202268656c642d33227d7d', '010bab27ff4287a95570455d6687c1fee750340de65506de796efecdf592bd50', 'applied', 'user.deleted', '2026-11-28 01:10:08.07984+00', NULL, 'da4510a40f027a6c8619ec6ffadb1ed6a2bb2ee0ce7f8a5092ea2ac055840017', '2026-11-28 01:10:08.164932+00', NULL, NULL);
INSERT INTO public.inbox VALUES (25, 'app', 'msg_271f6ba3010f4664a59e6cb2765dc84d', '2026-11-28 01:10:14.892142+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383231342e373637373132362c202264617461223a207b22757365725f6964223a202264656c6574696e672d31227d7d', '0eb41dcec1b670a074851d897c3eab3da586b03d238e6fe2b37be9b38cfc1d9b', 'applied', 'user.deleted', '2026-11-28 01:10:14.767713+00', NULL, '350b9c1870e1a2821c6a38ee91ae6f9eeaac41d0cf76e1a79f082f7d1233cedb', '2026-11-28 01:10:14.945631+00', NULL, NULL);
INSERT INTO public.inbox VALUES (26, 'app', 'msg_4a5d223cffb4451da6f4ff02a6cb179b', '2026-11-28 01:10:15.372668+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383231352e323834323434332c202264617461223a207b22757365725f6964223a2022626c6f636b65642d31227d7d', 'eb5387e311df54f978f2e19968dd2dfd01d405729edb507f69e1daf93de8e6ae', 'applied', 'user.deleted', '2026-11-28 01:10:15.284244+00', NULL, '6ddb594a389a16a027d5c94384a63bb5d2427704e45e118943528022da95c1f0', '2026-11-28 01:10:15.403975+00', NULL, NULL);
INSERT INTO public.inbox VALUES (27, 'app', 'msg_b7ebe1eb6a0149eb918e75a8a752ad32', '2026-11-28 01:10:15.44837+00', NULL, '270fae10b2d4b5e6a6b6c25dbf932c09f1d0b06d530f415f013735788290fc66', 'ignored', 'user.updated', NULL, NULL, NULL, '2026-11-28 01:10:15.44837+00', NULL, NULL);
INSERT INTO public.inbox VALUES (28, 'app', 'msg_77e8a9b26cf044128addba060f530d23', '2026-11-28 01:10:19.510047+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383231392e343136342c202264617461223a207b22757365725f6964223a202270656e64696e672d31227d7d', '15ebae447ccc31973a861fd7d0ab9c180969f9ab778abb503722cb3d59d2d92c', 'pending', 'user.deleted', '2026-11-28 01:10:19.4164+00', NULL, '34f5e4d50c2ef4d4a5cce3613c31338e69fb68140bc5df6d51e0475989639c00', NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (29, 'app', 'msg_51ee80c923544903babfc6f6c7048254', '2026-11-28 01:10:19.572668+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383231392e353132393937342c202264617461223a207b22757365725f6964223a202270656e64696e672d6e6f626f6479227d7d', 'b25d06e4f693a71331e5fd4b0d94c6ab74896cf01bc92ad04f72b17be83cc5bc', 'pending', 'user.deleted', '2026-11-28 01:10:19.512997+00', NULL, '538d011938dd4a76d67386aefc4cd46ebbca8ca7e936a61784a8ba9c12bf77a0', NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (30, 'app', 'msg_966214339dd0445982e3b6018cbe1888', '2026-11-28 01:10:19.603339+00', '\x7b2274797065223a2022757365722e64656c65746564222c202274696d657374616d70223a20313739353832383231392e353735303734322c202264617461223a207b22757365725f6964223a2022757365722d6d6170706564227d7d', '63dddc97411da2f7a30e729eb253390eaa2741cecc5c4e78e790e4c8a3c2f0e3', 'pending', 'user.deleted', '2026-11-28 01:10:19.575074+00', NULL, '21e5d13a48c91f644ebd083c9c6e3ab89adb5b7cf6ef06eae0d08b47752cdfeb', NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (31, 'polar', '0e0f66a4-1caf-4451-827c-559d902ca79b', '2026-11-28 01:10:19.624897+00', '\x7b2274797065223a22637573746f6d65722e63726561746564222c2274696d657374616d70223a22323032362d31312d32385430313a31303a31392e3630363432335a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2239363633653261362d616632312d343734332d626137322d333363653464656163633165222c22637265617465645f6174223a22323032362d31312d32385430313a31303a31392e3630363237315a222c226d6f6469666965645f6174223a6e756c6c2c226d65746164617461223a7b7d2c2265787465726e616c5f6964223a226c6976696e672d32222c22656d61696c223a226c6976696e672d324070656f706c652e6578616d706c65222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a6e756c6c2c2262696c6c696e675f6e616d65223a6e756c6c2c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2235646235333632392d326664632d343164662d396364342d386335643131313138393531222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a6e756c6c2c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c7d7d', '5bf5cef71775bf93d9433349d6c92e305561838ce1dce9ebedea7eec50a3fbe9', 'pending', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (32, 'polar', '602347db-f080-4e09-9462-50fa918af2a9', '2026-11-28 01:10:19.629415+00', '\x7b2274797065223a22637573746f6d65722e73746174655f6368616e676564222c2274696d657374616d70223a22323032362d31312d32385430313a31303a31392e3630363531345a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2239363633653261362d616632312d343734332d626137322d333363653464656163633165222c22637265617465645f6174223a22323032362d31312d32385430313a31303a31392e3630363237315a222c226d6f6469666965645f6174223a6e756c6c2c226d65746164617461223a7b7d2c2265787465726e616c5f6964223a226c6976696e672d32222c22656d61696c223a226c6976696e672d324070656f706c652e6578616d706c65222c22656d61696c5f7665726966696564223a66616c73652c2274797065223a22696e646976696475616c222c226e616d65223a6e756c6c2c2262696c6c696e675f6e616d65223a6e756c6c2c2262696c6c696e675f61646472657373223a6e756c6c2c227461785f6964223a6e756c6c2c226c6f63616c65223a6e756c6c2c226f7267616e697a6174696f6e5f6964223a2235646235333632392d326664632d343164662d396364342d386335643131313138393531222c2264656661756c745f7061796d656e745f6d6574686f645f6964223a6e756c6c2c2264656c657465645f6174223a6e756c6c2c2266697273745f757365725f6576656e745f6174223a6e756c6c2c226176617461725f75726c223a6e756c6c2c226163746976655f737562736372697074696f6e73223a5b5d2c226772616e7465645f62656e6566697473223a5b5d2c226163746976655f6d6574657273223a5b5d7d7d', 'a1900a3d3b2a246f605c179072d3a323ac449bd2fef39f68b60fc567a45e2224', 'pending', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.inbox VALUES (33, 'polar', 'ba598261-6739-4633-bad0-5f3aa7a085c3', '2026-11-28 01:10:19.645978+00', '\x7b2274797065223a226d656d6265722e63726561746564222c2274696d657374616d70223a22323032362d31312d32385430313a31303a31392e3630363534325a222c226170695f76657273696f6e223a22323032362d3130222c2264617461223a7b226964223a2264303865353730322d343439612d346663302d613839332d613866363064343337336161222c22637265617465645f6174223a22323032362d31312d32385430313a31303a31392e3630363237315a222c226d6f6469666965645f6174223a6e756c6c2c22637573746f6d65725f6964223a2239363633653261362d616632312d343734332d626137322d333363653464656163633165222c22656d61696c223a226c6976696e672d324070656f706c652e6578616d706c65222c226e616d65223a6e756c6c2c2265787465726e616c5f6964223a226c6976696e672d32222c22726f6c65223a226f776e6572227d7d', '1292022fac64f2f86045e0aa49f79363f0c91c8b7c20fa4e5c2d5cc548defd72', 'pending', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.mapping VALUES ('user-mapped', 'mapped-1', NULL, '2026-11-28 01:10:00.886224+00');
INSERT INTO public.member VALUES ('2026-11-28 01:08:58.587572+00', '2026-11-28 01:09:59.767974+00', '', 'api', '2026-11-28 01:09:59.809382+00', 'c3a697ef-3fa0-4e2f-bbfe-9d78b3d9eb9f', '24bdfad6-2197-4edb-be45-243b5e33bffa', '2026-11-28 01:08:58.587572+00', 'owner', 'again-1', NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:09:58.590349+00', '2026-11-28 01:09:59.767974+00', '', 'api', '2026-11-28 01:09:59.809382+00', '4742739d-6148-439d-a2e7-a432e0634d0b', '5eed3195-6a82-4605-b044-ff35f56fd298', '2026-10-29 01:09:58.590349+00', 'owner', 'team-1', NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:09:58.585804+00', '2026-11-28 01:09:59.767974+00', '', 'api', '2026-11-28 01:09:59.809382+00', 'c2c1c55d-303d-4f42-b477-3c8e01edbd23', '6e285049-2a5c-4dc1-a3f9-53ba5b2c744e', '2026-10-29 01:09:58.585804+00', 'owner', 'held-3', NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:09:58.584174+00', '2026-11-28 01:09:59.767974+00', '', 'api', '2026-11-28 01:09:59.809382+00', '0cacfc06-5d67-40b6-a8e1-17c8572ca5a2', '67d64331-2a80-4b31-b488-488d1040e106', '2026-10-29 01:09:58.584174+00', 'owner', 'held-2', NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:09:58.578945+00', '2026-11-28 01:09:59.767974+00', '', 'api', '2026-11-28 01:09:59.809382+00', '1d52472b-58b0-46c5-aa25-fa23bad57f49', '718c4185-418c-4260-852e-60a80c85a0f5', '2026-10-29 01:09:58.578945+00', 'owner', 'held-1', NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:09:58.537459+00', '2026-11-28 01:09:59.767974+00', '', 'api', '2026-11-28 01:09:59.809382+00', 'a661d8f7-a588-47c2-be3c-ea78b75759fe', 'c26f0461-f97e-4c15-8d30-dacf1b0c28ac', '2026-10-29 01:09:58.537459+00', 'owner', 'living-1', NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:09:58.536393+00', '2026-11-28 01:09:59.767974+00', '', 'api', '2026-11-28 01:09:59.809382+00', 'c4a8a406-69dd-4214-acf8-cc917342f10c', '4b55e730-dc2d-4f2c-bd8b-2a1ba03d7f10', '2026-10-29 01:09:58.536393+00', 'owner', 'pending-1', NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:09:58.53527+00', '2026-11-28 01:09:59.767974+00', '', 'api', '2026-11-28 01:09:59.809382+00', '734e9feb-4151-4c6b-98de-a08e5fa3e9c9', '58ad8dae-be88-41e9-a523-442b842ba431', '2026-10-29 01:09:58.53527+00', 'owner', 'mapped-1', NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:09:58.533868+00', '2026-11-28 01:09:59.767974+00', '', 'api', '2026-11-28 01:09:59.809382+00', '56a5857f-09a3-44de-bd79-04432b61bf40', 'bd05655b-1f2d-4354-9dd7-c9f3c877cb1b', '2026-10-29 01:09:58.533868+00', 'owner', 'blocked-1', NULL, NULL);
INSERT INTO public.member VALUES ('2026-10-29 01:09:58.53134+00', '2026-11-28 01:09:59.767974+00', '', 'api', '2026-11-28 01:09:59.809382+00', '73c87c13-a297-489d-8e5d-b76fa9c55315', '42bcbfab-543e-4d0d-82b2-eabfb987c936', '2026-10-29 01:09:58.53134+00', 'owner', 'deleting-1', NULL, NULL);
INSERT INTO public.member VALUES ('2026-11-28 01:10:04.217292+00', '2026-11-28 01:10:04.217338+00', '96014813b8eb62a59d4851a68df9f4809e11ac2e042c64af7db992fd9b5415d4', 'member.deleted', '2026-11-28 01:10:04.336216+00', '31632c3f-8f75-47cd-a258-6a83c4f0b9c0', '748883c0-8f08-4314-b07f-b25e4da84319', '2026-10-29 01:09:58.539339+00', 'owner', 'paused-1', '2026-11-28 01:10:04.217292+00', NULL);
INSERT INTO public.member VALUES ('2026-11-28 01:10:04.05228+00', '2026-11-28 01:10:04.05234+00', '37a8b1a84d646c12d6b2f030248668a0d3fe1707096b1c6790f9632be53ff365', 'member.deleted', '2026-11-28 01:10:04.336216+00', '02adcce9-017a-4517-91fa-bd913ec581e0', '30378250-dedd-4bcc-b0c4-21a725118261', '2026-10-29 01:09:58.538338+00', 'owner', NULL, '2026-11-28 01:10:04.05228+00', '2026-11-28 01:10:04.494549+00');
INSERT INTO public.member VALUES ('2026-11-28 01:10:04.592917+00', '2026-11-28 01:10:04.592963+00', 'cdc5acb1307d07532024a236bfcdcd4a0d6e25881c300ad0ad6f18eecf0704b1', 'member.deleted', '2026-11-28 01:10:04.62524+00', 'f11f6c78-6e8d-4a9a-89f2-14ddefc06dc0', '5eed3195-6a82-4605-b044-ff35f56fd298', '2026-10-29 01:09:58.590349+00', 'member', NULL, '2026-11-28 01:10:04.592963+00', '2026-11-28 01:10:04.675163+00');
INSERT INTO public.membership VALUES (6, 'f11f6c78-6e8d-4a9a-89f2-14ddefc06dc0', '5eed3195-6a82-4605-b044-ff35f56fd298', '2026-11-28 01:10:04.259535+00', '2026-11-28 01:10:04.603926+00', false, NULL, '[]');
INSERT INTO public.meta VALUES ('hash_key_check', '536b22fac0180a4352845183b5f1dcc793876170486e9e88d464f31afa2d48c0');
INSERT INTO public.meta VALUES ('organization_id', '5db53629-2fdc-41df-9cd4-8c5d11118951');
INSERT INTO public.meta VALUES ('subscription_listed_at', '2026-11-28T01:09:59.751866+00:00');
INSERT INTO public.meta VALUES ('benefit_grant_listed_at', '2026-11-28T01:09:59.751866+00:00');
INSERT INTO public.meta VALUES ('member_listed_at', '2026-11-28T01:09:59.751866+00:00');
INSERT INTO public.reconciliation VALUES (1, NULL, NULL, NULL, '2026-11-28 01:09:59.842696+00');
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:58.537459+00', '2026-11-28 01:09:59.755748+00', '', 'api', '2026-11-28 01:09:59.793156+00', '73edb5ea-e677-4ee2-8408-5ba9718988bb', 'c26f0461-f97e-4c15-8d30-dacf1b0c28ac', '2026-10-29 01:09:58.537459+00', 'active', 'ddbcf945-5fab-4521-b12b-7a5b5902712a', 1000, 'usd', 'month', '2026-11-28 01:09:58.537459+00', false, NULL, NULL, NULL, '2026-10-29 01:09:58.537459+00', NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:58.536393+00', '2026-11-28 01:09:59.755748+00', '', 'api', '2026-11-28 01:09:59.793156+00', 'f5ecdb54-38fe-4bf4-914c-575d97e75c51', '4b55e730-dc2d-4f2c-bd8b-2a1ba03d7f10', '2026-10-29 01:09:58.536393+00', 'active', 'ddbcf945-5fab-4521-b12b-7a5b5902712a', 1000, 'usd', 'month', '2026-11-28 01:09:58.536393+00', false, NULL, NULL, NULL, '2026-10-29 01:09:58.536393+00', NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:58.53527+00', '2026-11-28 01:09:59.755748+00', '', 'api', '2026-11-28 01:09:59.793156+00', '6b34c4bf-6946-4a28-8b07-e84fca6446c5', '58ad8dae-be88-41e9-a523-442b842ba431', '2026-10-29 01:09:58.53527+00', 'active', 'ddbcf945-5fab-4521-b12b-7a5b5902712a', 1000, 'usd', 'month', '2026-11-28 01:09:58.53527+00', false, NULL, NULL, NULL, '2026-10-29 01:09:58.53527+00', NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:58.533868+00', '2026-11-28 01:09:59.755748+00', '', 'api', '2026-11-28 01:09:59.793156+00', 'dcbdf570-1955-40b5-ba56-42182b8ea2a8', 'bd05655b-1f2d-4354-9dd7-c9f3c877cb1b', '2026-10-29 01:09:58.533868+00', 'active', 'ddbcf945-5fab-4521-b12b-7a5b5902712a', 1000, 'usd', 'month', '2026-11-28 01:09:58.533868+00', false, NULL, NULL, NULL, '2026-10-29 01:09:58.533868+00', NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:58.590349+00', '2026-11-28 01:10:04.002627+00', '', 'api', '2026-11-28 01:10:04.259535+00', '0fd35b4f-f40b-4261-9044-7c7b21dd442e', '5eed3195-6a82-4605-b044-ff35f56fd298', '2026-10-29 01:09:58.590349+00', 'active', 'ddbcf945-5fab-4521-b12b-7a5b5902712a', 1000, 'usd', 'month', '2026-11-28 01:09:58.590349+00', false, NULL, NULL, NULL, '2026-10-29 01:09:58.590349+00', NULL);
INSERT INTO public.subscription VALUES ('2026-11-28 01:10:04.202197+00', '2026-11-28 01:10:04.400735+00', '', 'api', '2026-11-28 01:10:04.465486+00', 'd6069bd9-24e6-401d-be13-e783cd261d31', '30378250-dedd-4bcc-b0c4-21a725118261', '2026-10-29 01:09:58.538338+00', 'canceled', 'ddbcf945-5fab-4521-b12b-7a5b5902712a', 1000, 'usd', 'month', '2026-11-28 01:09:58.538338+00', false, '2026-11-28 01:10:04.202197+00', '2026-11-28 01:10:04.202197+00', '2026-11-28 01:10:04.202197+00', '2026-10-29 01:09:58.538338+00', NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:58.578945+00', '2026-11-28 01:10:08.278624+00', '', 'api', '2026-11-28 01:10:08.34302+00', '54b01221-f302-4fb8-9f6f-edcd4e1af701', '718c4185-418c-4260-852e-60a80c85a0f5', '2026-10-29 01:09:58.578945+00', 'active', 'ddbcf945-5fab-4521-b12b-7a5b5902712a', 1000, 'usd', 'month', '2026-11-28 01:09:58.578945+00', false, NULL, NULL, NULL, '2026-10-29 01:09:58.578945+00', NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:58.585804+00', '2026-11-28 01:10:08.490553+00', '', 'api', '2026-11-28 01:10:08.52141+00', 'de165dcc-3d23-4cc1-aeb3-8d42c67cf9c8', '6e285049-2a5c-4dc1-a3f9-53ba5b2c744e', '2026-10-29 01:09:58.585804+00', 'active', 'ddbcf945-5fab-4521-b12b-7a5b5902712a', 1000, 'usd', 'month', '2026-11-28 01:09:58.585804+00', false, NULL, NULL, NULL, '2026-10-29 01:09:58.585804+00', NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:58.584174+00', '2026-11-28 01:10:08.490553+00', '', 'api', '2026-11-28 01:10:08.52141+00', '2f414356-1351-4cd9-b5a3-554b3a675ea4', '67d64331-2a80-4b31-b488-488d1040e106', '2026-10-29 01:09:58.584174+00', 'active', 'ddbcf945-5fab-4521-b12b-7a5b5902712a', 1000, 'usd', 'month', '2026-11-28 01:09:58.584174+00', false, NULL, NULL, NULL, '2026-10-29 01:09:58.584174+00', NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:58.539339+00', '2026-11-28 01:10:14.79973+00', '', 'api', '2026-11-28 01:10:15.012945+00', 'e5bd123a-a80a-4dbe-9912-2792516cf0c6', '748883c0-8f08-4314-b07f-b25e4da84319', '2026-10-29 01:09:58.539339+00', 'paused', 'ddbcf945-5fab-4521-b12b-7a5b5902712a', 1000, 'usd', 'month', '2026-11-28 01:09:58.539339+00', false, NULL, NULL, NULL, '2026-10-29 01:09:58.539339+00', NULL);
INSERT INTO public.subscription VALUES ('2026-10-29 01:09:58.53134+00', '2026-11-28 01:10:15.154113+00', '', 'api', '2026-11-28 01:10:15.194576+00', '16e3efcd-346a-4db4-a251-1980ffc223b1', '42bcbfab-543e-4d0d-82b2-eabfb987c936', '2026-10-29 01:09:58.53134+00', 'active', 'ddbcf945-5fab-4521-b12b-7a5b5902712a', 1000, 'usd', 'month', '2026-11-28 01:09:58.53134+00', false, NULL, NULL, NULL, '2026-10-29 01:09:58.53134+00', NULL);
SELECT pg_catalog.setval('public.budget_id_seq', 1, false);
SELECT pg_catalog.setval('public.deletion_id_seq', 12, true);
SELECT pg_catalog.setval('public.evidence_id_seq', 61, true);
SELECT pg_catalog.setval('public.inbox_id_seq', 33, true);
SELECT pg_catalog.setval('public.reconciliation_id_seq', 1, false);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.benefit_grant
    ADD CONSTRAINT benefit_grant_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.budget
    ADD CONSTRAINT budget_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.customer
    ADD CONSTRAINT customer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.customer_seat
    ADD CONSTRAINT customer_seat_pkey PRIMARY KEY (id);
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
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.membership
    ADD CONSTRAINT membership_pkey PRIMARY KEY (deletion_id, member_id);
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
CREATE INDEX ix_customer_seat_customer_id ON public.customer_seat USING btree (customer_id);
CREATE INDEX ix_customer_seat_member_id ON public.customer_seat USING btree (member_id);
CREATE INDEX ix_customer_seat_subscription_id ON public.customer_seat USING btree (subscription_id);
CREATE INDEX ix_deletion_customer_id ON public.deletion USING btree (customer_id);
CREATE INDEX ix_deletion_delete_sent_at ON public.deletion USING btree (delete_sent_at);
CREATE INDEX ix_deletion_due ON public.deletion USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);
CREATE INDEX ix_deletion_external_hash ON public.deletion USING btree (external_hash);
CREATE INDEX ix_deletion_removable ON public.deletion USING btree (state, ended_at) WHERE ((state)::text = ANY ((ARRAY['verified'::character varying, 'no_customer'::character varying, 'canceled'::character varying])::text[]));
CREATE INDEX ix_deletion_state ON public.deletion USING btree (state);
CREATE INDEX ix_deletion_user_hash ON public.deletion USING btree (user_hash);
CREATE INDEX ix_inbox_customer_id ON public.inbox USING btree (customer_id);
CREATE INDEX ix_inbox_member_id ON public.inbox USING btree (member_id) WHERE (member_id IS NOT NULL);
CREATE INDEX ix_inbox_open ON public.inbox USING btree (status, id) WHERE ((status)::text = ANY ((ARRAY['pending'::character varying, 'dead'::character varying])::text[]));
CREATE INDEX ix_inbox_payload ON public.inbox USING btree (applied_at) WHERE (((status)::text = 'applied'::text) AND (body IS NOT NULL));
CREATE INDEX ix_inbox_user_hash ON public.inbox USING btree (user_hash);
CREATE INDEX ix_member_created_at ON public.member USING btree (created_at);
CREATE INDEX ix_member_customer_id ON public.member USING btree (customer_id);
CREATE INDEX ix_member_external_id ON public.member USING btree (external_id);
CREATE INDEX ix_membership_member_id ON public.membership USING btree (member_id);
CREATE INDEX ix_subscription_customer_id ON public.subscription USING btree (customer_id);
CREATE INDEX ix_subscription_started_at ON public.subscription USING btree (started_at);
